/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/frame.h"

struct heard {
	size_t count;
	char last[64];
};

static void hear(void *arg, const uint8_t *msg, size_t len)
{
	struct heard *h = arg;
	assert_true(len < sizeof(h->last));
	memcpy(h->last, msg, len);
	h->last[len] = '\0';
	h->count++;
}

static void frames_come_whole_however_they_are_cut(void **state)
{
	static const char stream[] = "\0\0\0\3one\0\0\0\0\0\0\0\5three";
	const size_t len = sizeof(stream) - 1;
	(void)state;
	for (size_t step = 1; step <= len; step++) {
		struct bns_frames f = {0};
		struct heard h = {0};
		for (size_t at = 0; at < len; at += step) {
			size_t n = len - at < step ? len - at : step;
			assert_int_equal(bns_frames_take(&f, stream + at, n, 5, hear, &h), BNS_OK);
		}
		assert_int_equal(h.count, 3);
		assert_string_equal(h.last, "three");
		assert_int_equal(f.len, 0);
		bns_frames_free(&f);
	}
}

static void frames_longer_than_allowed_lose_the_stream(void **state)
{
	struct bns_frames f = {0};
	struct heard h = {0};
	(void)state;
	assert_int_equal(bns_frames_take(&f, "\0\0\0\1x\0\0\0\6", 9, 5, hear, &h), BNS_ERANGE);
	assert_int_equal(h.count, 1);
	bns_frames_free(&f);
}

static void frame_make_is_taken_again(void **state)
{
	struct bns_frames f = {0};
	struct heard h = {0};
	uint8_t *frame = bns_frame_make("hello", 5);
	(void)state;
	assert_non_null(frame);
	assert_int_equal(bns_frames_take(&f, frame, BNS_FRAME_HEAD + 5, 5, hear, &h), BNS_OK);
	assert_string_equal(h.last, "hello");
	free(frame);
	bns_frames_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_whole_however_they_are_cut),
		cmocka_unit_test(frames_longer_than_allowed_lose_the_stream),
		cmocka_unit_test(frame_make_is_taken_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
