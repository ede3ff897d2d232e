/* SPDX-License-Identifier: BSD-3-Clause */
/* A large policy, read once and saved as it was read. */
#include "world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT 3000
#define FIRST "url1.z00000.example.com"
#define LAST  "url1.z02999.example.com"

static const char permissions[] =
	"override:\n"
	"  - {host: " FIRST ", rule: LB01, reason: moved, by: ops, until: 2099-12-01T00:00:00Z}\n"
	"approve:\n"
	"  - {id: \"example.com@2-0a1b2c3d\", reason: agreed, by: ops}\n";

/* So many brandings of zones of their own, and what else is written behind them. */
static char *large_policy(const char *behind)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	fputs("account:\n  - {id: acme, ssl: enabled, subuser: [one, two]}\nbranding:\n", f);
	for (int i = COUNT - 1; i >= 0; i--)
		fprintf(f,
			"  - {host: url1.z%05d.example.com, owner: 777.z%05d.example.com, account: acme, mode: cdn, "
			"target: [d%d.cdn.example, e%d.cdn.example], issuer: [ca.example], esp: {id: %d, valid: "
			"true}}\n",
			i, i, i, i, i + 1);
	fputs(behind, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static struct world *open_large(const char *behind)
{
	char *text = large_policy(behind);
	struct world *w = world_open_saving(text);

	free(text);
	return w;
}

/* Its number and when it was written; zeros where there is none. */
static struct stat saved(const struct world *w)
{
	char path[128];
	struct stat st = {0};

	snprintf(path, sizeof(path), "%s/branding.policy", w->cache_folder);
	if (stat(path, &st))
		st.st_ino = 0;
	return st;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void assert_shown(struct world *w, const char *host, const char *part)
{
	static char text[16384];

	assert_int_equal(world_verb(w, "branding show", &host, 1, text, sizeof(text)), BNS_OK);
	if (!strstr(text, part))
		fail_msg("%s has no %s", text, part);
}

/* Everything that the policy says. */
static void assert_whole(struct world *w)
{
	assert_shown(w, FIRST, "\"d0.cdn.example\",\"e0.cdn.example\"");
	assert_shown(w, LAST, "\"d2999.cdn.example\",\"e2999.cdn.example\"");
	assert_shown(w, LAST, "\"account\":\"acme\"");
	assert_shown(w, LAST, "\"id\":3000");
	assert_shown(w, FIRST, "moved");
}

static void a_large_policy_is_read_once(void **state)
{
	(void)state;
	struct world *w = open_large(permissions);
	struct stat first = saved(w), again;
	assert_true(first.st_ino != 0);
	assert_whole(w);
	world_restart(w);
	again = saved(w);
	assert_true(is_same_file(&first, &again));
	assert_whole(w);
	/* Permissions are acted on as if they had just been read. */
	bns_plugins_tick(w->plugins, w->now_s);
	assert_int_equal(w->approval_count, 1);
	struct bns_diag diag;
	assert_int_equal(world_reload(w, &diag), BNS_OK);
	again = saved(w);
	assert_true(is_same_file(&first, &again));
	assert_whole(w);
	world_close(w);
}

static void a_policy_that_changed_is_read_again(void **state)
{
	(void)state;
	struct world *w = open_large(permissions);
	struct stat first = saved(w);
	char *text = large_policy("");
	world_write_policy(w, text);
	free(text);
	struct bns_diag diag;
	assert_int_equal(world_reload(w, &diag), BNS_OK);
	struct stat again = saved(w);
	assert_false(is_same_file(&first, &again));
	assert_shown(w, FIRST, "\"d0.cdn.example\"");
	bns_plugins_tick(w->plugins, w->now_s);
	assert_int_equal(w->approval_count, 0);
	world_close(w);
}

static void a_saved_policy_that_the_disk_changed_is_not_used(void **state)
{
	(void)state;
	struct world *w = open_large(permissions);
	struct stat first = saved(w);
	char path[128], octet;
	snprintf(path, sizeof(path), "%s/branding.policy", w->cache_folder);
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	/* The plugin has let go of it by then: what is mapped is never written to. */
	bns_plugins_free(w->plugins);
	w->plugins = NULL;
	assert_int_equal(pread(fd, &octet, 1, first.st_size / 2), 1);
	octet = (char)(octet ^ 1);
	assert_int_equal(pwrite(fd, &octet, 1, first.st_size / 2), 1);
	close(fd);
	world_restart(w);
	assert_whole(w);
	struct stat again = saved(w);
	assert_false(is_same_file(&first, &again));
	world_close(w);
}

static void a_small_policy_is_not_saved(void **state)
{
	(void)state;
	struct world *w = world_open_saving(CDN_POLICY);
	assert_true(saved(w).st_ino == 0);
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_large_policy_is_read_once),
		cmocka_unit_test(a_policy_that_changed_is_read_again),
		cmocka_unit_test(a_saved_policy_that_the_disk_changed_is_not_used),
		cmocka_unit_test(a_small_policy_is_not_saved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
