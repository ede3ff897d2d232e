/* SPDX-License-Identifier: BSD-3-Clause */
/* A helper program that says what it is told; told to "die", it dies; to "garble", it says nothing sensible. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/frame.h"

static void put(const void *data, size_t len)
{
	if (write(STDOUT_FILENO, data, len) != (ssize_t)len)
		exit(1);
}

static void reflect(void *arg, const uint8_t *msg, size_t len)
{
	(void)arg;
	if (len == 3 && memcmp(msg, "die", 3) == 0)
		raise(SIGKILL);
	if (len == 6 && memcmp(msg, "garble", 6) == 0) {
		put("\xff\xff\xff\xff", 4);
		return;
	}
	uint8_t *frame = bns_frame_make(msg, len);
	if (!frame)
		exit(1);
	put(frame, BNS_FRAME_HEAD + len);
	free(frame);
}

int main(void)
{
	struct bns_frames frames = {0};
	char buf[4096];
	ssize_t n;
	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (bns_frames_take(&frames, buf, (size_t)n, 1 << 30, reflect, NULL))
			return 1;
	bns_frames_free(&frames);
	return 0;
}
