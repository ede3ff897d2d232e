/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static enum bns_error append(struct bns_frames *f, const void *data, size_t len)
{
	if (len > f->cap - f->len) {
		size_t cap = f->cap * 2 > f->len + len ? f->cap * 2 : f->len + len;
		uint8_t *wider = realloc(f->data, cap);
		if (!wider)
			return BNS_ENOMEM;
		f->data = wider;
		f->cap = cap;
	}
	memcpy(f->data + f->len, data, len);
	f->len += len;
	return BNS_OK;
}

enum bns_error bns_frames_take(struct bns_frames *f, const void *data, size_t len, size_t max, bns_frame_fn each,
			       void *arg)
{
	enum bns_error err = append(f, data, len);
	size_t at = 0;
	while (!err && f->len - at >= BNS_FRAME_HEAD) {
		size_t msg_len = bns_get_u32(f->data + at);
		if (msg_len > max)
			err = BNS_ERANGE;
		if (err || f->len - at - BNS_FRAME_HEAD < msg_len)
			break;
		each(arg, f->data + at + BNS_FRAME_HEAD, msg_len);
		at += BNS_FRAME_HEAD + msg_len;
	}
	if (at > 0) {
		f->len -= at;
		memmove(f->data, f->data + at, f->len);
	}
	return err;
}

void bns_frames_free(struct bns_frames *f)
{
	free(f->data);
	*f = (struct bns_frames){0};
}

uint8_t *bns_frame_make(const void *msg, size_t len)
{
	uint8_t *frame = len <= UINT32_MAX ? malloc(BNS_FRAME_HEAD + len) : NULL;
	if (!frame)
		return NULL;
	bns_put_u32(frame, (uint32_t)len);
	memcpy(frame + BNS_FRAME_HEAD, msg, len);
	return frame;
}
