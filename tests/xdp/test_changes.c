/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions while zones change. */
#include "rig.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include <linux/bpf.h>

struct versions {
	struct xdp_set sets[2];
	__u64 key[XDP_NAME_WORDS];
	bool stop;
	unsigned changes;
};

static void *change_for_ever(void *arg)
{
	struct versions *v = arg;

	while (!__atomic_load_n(&v->stop, __ATOMIC_ACQUIRE)) {
		const struct xdp_set *set = &v->sets[v->changes++ % 2];
		xdp_tables_replace(&rig.tables, v->key, set->records, set->count);
		nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
	return NULL;
}

static const char *const changing[] = {
	"$ORIGIN flip.example.\n@ 300 SOA a b 1111 2 3 4 600\n@ 300 NS ns1.one.example.\nurl 300 CNAME one.example.\n",
	"$ORIGIN flip.example.\n@ 300 SOA a b 2222 2 3 4 600\n@ 300 NS ns2.two.example.\nurl 300 CNAME two.example.\n"
	"new 300 CNAME two.example.\n",
};

/* The daemon's answers of both versions, by question. */
static void answers_of(struct rig_question *qs, size_t count, uint8_t out[][512], size_t *lens)
{
	for (size_t i = 0; i < count; i++)
		lens[i] = rig_daemon_answer(NULL, qs[i].message, qs[i].len, out[i], 512);
}

#define FLIPPED 4

static void readers_see_one_version_or_the_other(void **state)
{
	static const char *const flipped[FLIPPED] = {"url.flip.example", "new.flip.example", "flip.example",
						     "none.flip.example"};
	static uint8_t expected[2][FLIPPED][512];
	static struct rig_frame in, out;
	size_t lens[2][FLIPPED];
	struct rig_question qs[FLIPPED];
	struct versions v = {.stop = false};
	uint8_t apex[BNS_NAME_MAX], key_len;
	size_t len;
	pthread_t thread;
	unsigned answered = 0;

	(void)state;
	assert_int_equal(bns_name_from_text("flip.example", NULL, apex, &len), BNS_OK);
	assert_true(xdp_name_key(apex, v.key, &key_len));
	for (size_t i = 0; i < FLIPPED; i++)
		rig_question(&qs[i], flipped[i], i == 2 ? 6 : 1, 0);
	for (int side = 0; side < 2; side++) {
		rig_load(changing[side]);
		v.sets[side] = rig.set;
		rig.set = (struct xdp_set){0};
		answers_of(qs, FLIPPED, expected[side], lens[side]);
	}
	assert_int_equal(pthread_create(&thread, NULL, change_for_ever, &v), 0);
	for (unsigned i = 0; i < 40000; i++) {
		size_t k = i % FLIPPED;
		rig_frame(&in, RIG_IPV4, qs[k].message, qs[k].len);
		if (rig_run(&in, &out) != XDP_TX)
			continue;
		answered++;
		size_t got = out.len - in.message;
		bool is_first = got == lens[0][k] && memcmp(out.data + in.message, expected[0][k], got) == 0;
		bool is_second = got == lens[1][k] && memcmp(out.data + in.message, expected[1][k], got) == 0;
		if (!is_first && !is_second) {
			rig_show("mixed", out.data + in.message, got);
			fail_msg("%s: neither version's answer", flipped[k]);
		}
	}
	__atomic_store_n(&v.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	assert_true(v.changes > 10);
	assert_true(answered > 1000);
	for (int side = 0; side < 2; side++)
		xdp_set_free(&v.sets[side]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_see_one_version_or_the_other),
	};

	return rig_main(tests, sizeof(tests) / sizeof(tests[0]));
}
