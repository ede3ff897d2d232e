/* SPDX-License-Identifier: BSD-3-Clause */
/* A plugin lets a CNAME of a primary zone point elsewhere: in its file and through the gate, as `apply` does. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/seccomp.h"
#include "gate/work.h"
#include "zone/repoint.h"
#include "zone/text.h"

struct point {
	uv_work_t work;
	struct bns_gate *gate;
	uint8_t apex[BNS_NAME_MAX]; /* found again behind the pool: the zone may be gone by then */
	uint8_t owner[BNS_NAME_MAX];
	uint8_t target[BNS_NAME_MAX];
	char by[128];
	char *path;
	struct bns_contents *served;
	char *text;
	struct bns_contents *contents;
	enum bns_error err;
	struct bns_diag diag;
	bns_pointed_fn done;
	void *arg;
};

static void point_end(struct point *p, const char *outcome, const char *reason)
{
	p->done(p->arg, outcome, reason);
	bns_contents_free(p->served);
	bns_contents_free(p->contents);
	free(p->path);
	free(p->text);
	free(p);
}

static void edit_in_pool(uv_work_t *work)
{
	bns_seccomp_thread(BNS_SECCOMP_POOL);
	struct point *p = work->data;
	char *text = NULL;
	size_t len;
	int fd = open(p->path, O_RDONLY | O_CLOEXEC);
	p->err = BNS_EIO;
	if (fd < 0) {
		bns_diag_set(&p->diag, p->path, 0, 0, "%s", strerror(errno));
		return;
	}
	p->err = bns_text_read_file(fd, p->path, &text, &len, &p->diag);
	close(fd);
	char *whole = p->err ? NULL : strndup(text, len);
	if (!p->err && !whole)
		p->err = BNS_ENOMEM;
	if (!p->err)
		p->err = bns_zone_repoint(whole, p->path, p->served, p->owner, p->target, &p->text, &p->contents,
					  &p->diag);
	free(whole);
	free(text);
}

static void on_judged(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	(void)zone;
	point_end(arg, bns_outcome_to_text(result->outcome), result->reason);
}

static void after_edit(uv_work_t *work, int status)
{
	struct point *p = work->data;
	char text[sizeof(p->diag.file) + sizeof(p->diag.text) + 32];
	struct bns_zone *zone = status == 0 ? bns_gate_zone_find(p->gate, p->apex) : NULL;
	if (p->err || !zone || !zone->conf->file || strcmp(zone->conf->file, p->path) != 0) {
		point_end(p, "failed",
			  p->err && p->diag.text[0] ? bns_diag_format(&p->diag, text, sizeof(text))
						    : "the zone isn't served from that file any more");
		return;
	}
	struct bns_submission sub = {
		.contents = p->contents,
		.origin = BNS_ORIGIN_CONTROL,
		.by = p->by,
		.file_text = p->text,
	};
	p->contents = NULL;
	p->text = NULL;
	snprintf(sub.source, sizeof(sub.source), "%.*s", BNS_SOURCE_MAX - 1, p->path);
	bns_gate_submit(p->gate, zone, &sub, on_judged, p);
}

void bns_point(struct bns_gate *g, const uint8_t *apex, const uint8_t *owner, const uint8_t *target, const char *by,
	       bns_pointed_fn done, void *arg)
{
	struct bns_zone *zone = bns_gate_zone_find(g, apex);
	struct point *p = calloc(1, sizeof(*p));
	if (!p) {
		done(arg, "failed", bns_strerror(BNS_ENOMEM));
		return;
	}
	*p = (struct point){.gate = g, .done = done, .arg = arg, .err = BNS_ECANCELED};
	memcpy(p->apex, apex, bns_name_len(apex));
	memcpy(p->owner, owner, bns_name_len(owner));
	memcpy(p->target, target, bns_name_len(target));
	snprintf(p->by, sizeof(p->by), "%s", by);
	p->path = zone && zone->conf->file ? strdup(zone->conf->file) : NULL;
	if (!p->path || bns_zone_is_secondary(zone) || bns_gate_served(g, zone, &p->served)) {
		point_end(p, "failed", "no zone is served from a file here that could be written");
		return;
	}
	p->work.data = p;
	if (uv_queue_work(g->loop, &p->work, edit_in_pool, after_edit))
		point_end(p, "failed", bns_strerror(BNS_ENOMEM));
}
