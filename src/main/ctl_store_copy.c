/* SPDX-License-Identifier: BSD-3-Clause */
/* store backup, compact: copies of the file, with a look at how much is written by now. */
#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#include "base/size.h"
#include "main/ctl.h"
#include "store/store_copy.h"

#define LOOK_EVERY_NS 50000000
#define LARGE_KB      ((size_t)1 << 20)

/* LMDB writes a copy in one call: a thread looks at how long the file is meanwhile. */
struct copying {
	struct ctl *ctl;
	struct ctl_progress progress;
	char part[PATH_MAX];
	unsigned shift; /* from octets to what is told */
	bool is_watched;
	pthread_t thread;
	_Atomic bool is_over;
};

static void *watch(void *arg)
{
	static const struct timespec pause = {.tv_nsec = LOOK_EVERY_NS};
	struct copying *c = arg;
	struct stat st;
	ctl_progress_reach(c->ctl, &c->progress, 0);
	while (!c->is_over) {
		if (stat(c->part, &st) == 0)
			ctl_progress_reach(c->ctl, &c->progress, (size_t)st.st_size >> c->shift);
		nanosleep(&pause, NULL);
	}
	ctl_progress_hide(&c->progress);
	return NULL;
}

static void copying_begin(struct copying *c, struct ctl *ctl, const char *folder, const char *dest)
{
	char path[PATH_MAX];
	struct stat st;
	*c = (struct copying){.ctl = ctl, .shift = 10};
	snprintf(c->part, sizeof(c->part), "%s/" BNS_STORE_PART_NAME, dest);
	snprintf(path, sizeof(path), "%s/data.mdb", folder);
	if (stat(path, &st))
		return;
	size_t total = (size_t)st.st_size >> c->shift;
	if (total >= LARGE_KB)
		c->shift = 20;
	ctl_progress_begin(&c->progress, c->shift == 10 ? "KB copied" : "MB copied", (size_t)st.st_size >> c->shift);
	c->is_watched = pthread_create(&c->thread, NULL, watch, c) == 0;
}

static void copying_end(struct copying *c)
{
	c->is_over = true;
	if (c->is_watched)
		pthread_join(c->thread, NULL);
}

enum ctl_exit ctl_store_backup(struct ctl *ctl, json_t *params)
{
	const char *folder = ctl_store_folder(params);
	const char *dest = json_string_value(json_object_get(params, "dest"));
	struct bns_diag diag = {.text = "out of memory"};
	struct copying c;
	copying_begin(&c, ctl, folder, dest);
	enum bns_error err = bns_store_backup(folder, dest, &diag);
	copying_end(&c);
	if (err) {
		ctl_complain_diag(ctl, &diag);
		return CTL_ERROR;
	}
	/* A backup that can't be read is better known today. */
	json_t *copy = json_pack("{s:s}", "folder", dest);
	enum ctl_exit code = ctl_store_check(ctl, copy);
	json_decref(copy);
	return code;
}

enum ctl_exit ctl_store_compact(struct ctl *ctl, json_t *params)
{
	const char *folder = ctl_store_folder(params);
	struct bns_diag diag = {.text = "out of memory"};
	uint64_t before = 0, after = 0;
	struct copying c;
	copying_begin(&c, ctl, folder, folder);
	enum bns_error err = bns_store_compact(folder, &before, &after, &diag);
	copying_end(&c);
	if (err) {
		ctl_complain_diag(ctl, &diag);
		return CTL_ERROR;
	}
	if (ctl->json) {
		json_t *result = json_pack("{s:i, s:s, s:I, s:I}", "schema", 1, "folder", folder, "before_bytes",
					   (json_int_t)before, "after_bytes", (json_int_t)after);
		ctl_print_json(ctl, result);
		json_decref(result);
	} else {
		char from[BNS_SIZE_TEXT_MAX], to[BNS_SIZE_TEXT_MAX];
		printf("%s: %s became %s\n", folder, bns_size_to_text(before, from), bns_size_to_text(after, to));
	}
	return CTL_DONE;
}
