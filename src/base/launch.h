/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the daemon and its launcher say to each other, on a pair of sockets that
 * keep messages apart. A helper program's ends of its two pipes come with
 * START. The daemon names a program, never a path or an argument.
 */
#ifndef BNS_BASE_LAUNCH_H
#define BNS_BASE_LAUNCH_H

#include <stdint.h>

#define BNS_LAUNCH_NAME_MAX 64

enum bns_launch_verb { BNS_LAUNCH_START, BNS_LAUNCH_KILL };

struct bns_launch_order {
	uint32_t id; /* of the helper's one life */
	uint32_t verb;
	int32_t signal;                 /* KILL */
	char name[BNS_LAUNCH_NAME_MAX]; /* START; ends with an octet 0 */
};

struct bns_launch_end {
	uint32_t id;
	int32_t error;  /* errno of a start that failed, or 0 */
	int32_t status; /* as waitpid gives it */
};

#endif
