/* SPDX-License-Identifier: BSD-3-Clause */
/* What the generator's two halves share. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <linux/types.h>

#define LOAD_FRAME_MAX 124

struct load_frame {
	__u32 len;
	__u8 data[LOAD_FRAME_MAX];
};

struct load_state {
	__u64 sent;
	__u64 received;
	__u32 window;
	__u32 count; /* of frames */
	__u32 interface;
	__u32 pad;
};

#endif
