/* SPDX-License-Identifier: BSD-3-Clause */
/* Descriptors that the main loop watches for a plugin. Thread: main loop. */
#include <stdlib.h>
#include <unistd.h>

#include "plugin/internal.h"

struct bns_watch {
	uv_poll_t poll;
	struct bns_plugin *plugin;
	void (*ready)(struct bns_plugin *p);
	struct bns_watch *next;
};

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct bns_watch *w = poll->data;

	(void)events;
	/* libuv stops at an error; the plugin sees it for itself. */
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, on_ready);
	w->ready(w->plugin);
}

enum bns_error bns_watch(struct bns_plugin *p, int fd, void (*ready)(struct bns_plugin *p))
{
	uv_loop_t *loop = p->all->services.loop;

	if (!loop)
		return BNS_OK; /* offline */
	struct bns_watch *w = calloc(1, sizeof(*w));
	if (!w)
		return BNS_ENOMEM;
	*w = (struct bns_watch){.plugin = p, .ready = ready, .next = p->watches};
	if (uv_poll_init(loop, &w->poll, fd) != 0) {
		free(w);
		return BNS_EIO;
	}
	w->poll.data = w;
	p->watches = w;
	uv_poll_start(&w->poll, UV_READABLE, on_ready);
	return BNS_OK;
}

static void closed(uv_handle_t *handle)
{
	free(handle->data);
}

void bns_watches_stop(struct bns_plugin *p)
{
	while (p->watches) {
		struct bns_watch *w = p->watches;
		p->watches = w->next;
		uv_close((uv_handle_t *)&w->poll, closed);
	}
}
