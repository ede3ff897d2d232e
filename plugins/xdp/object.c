/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's program inside the plugin: one file to install, and never another one's version. */
#include "kernel.h"

__asm__(".pushsection .rodata\n"
	".balign 8\n"
	".globl xdp_object_begin\n"
	".hidden xdp_object_begin\n"
	"xdp_object_begin:\n"
	".incbin \"" XDP_OBJECT "\"\n"
	".globl xdp_object_end\n"
	".hidden xdp_object_end\n"
	"xdp_object_end:\n"
	".popsection\n");
