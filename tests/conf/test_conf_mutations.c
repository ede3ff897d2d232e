/* SPDX-License-Identifier: BSD-3-Clause */
/* Whatever stands in the file, it is accepted or refused with a place and a sentence; sanitizers watch. */
#include "conf_fixture.h"

#define MUTATIONS 3000

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* One edit: an octet changed, a piece removed, or a piece copied elsewhere. */
static size_t mutate(char *text, size_t len, size_t cap, uint32_t *random)
{
	static const char alphabet[] = ":-[]{}#'\"%\\\n, 0aZ@/.\x80";
	char piece[24];
	size_t at = next_random(random) % len, to = next_random(random) % len;
	size_t size = next_random(random) % sizeof(piece) + 1;
	size = size > len - at ? len - at : size;
	switch (next_random(random) % 3) {
	case 0:
		text[at] = alphabet[next_random(random) % (sizeof(alphabet) - 1)];
		return len;
	case 1:
		memmove(text + at, text + at + size, len - at - size);
		return len - size ? len - size : 1;
	default:
		if (len + size > cap)
			return len;
		memcpy(piece, text + at, size);
		memmove(text + to + size, text + to, len - to);
		memcpy(text + to, piece, size);
		return len + size;
	}
}

static bool load_octets(struct conf_fixture *f, const char *text, size_t len)
{
	FILE *file = fopen("main.yaml", "w");
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
	f->diag = (struct bns_diag){0};
	if (bns_conf_load("main.yaml", &f->conf, &f->diag)) {
		assert_true(strlen(f->diag.text) > 0);
		assert_true(f->diag.line > 0);
		return false;
	}
	bns_conf_free(f->conf);
	f->conf = NULL;
	return true;
}

static void random_edits_are_accepted_or_refused_with_a_sentence(void **state)
{
	char original[8192], text[8192];
	size_t len = read_example(original, sizeof(original)), accepted = 0;
	uint32_t random = 20261123;
	assert_int_equal(mkdir("zones", 0700), 0);
	write_file("zones/example.com.zone", "");
	for (int i = 0; i < MUTATIONS; i++) {
		size_t n = len;
		memcpy(text, original, len);
		for (uint32_t edits = next_random(&random) % 6; edits > 0; edits--)
			n = mutate(text, n, sizeof(text), &random);
		accepted += load_octets(*state, text, n);
	}
	/* Edits of comments and values leave many of them valid: both ways are walked. */
	assert_in_range(accepted, MUTATIONS / 20, MUTATIONS - MUTATIONS / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONF_TEST(random_edits_are_accepted_or_refused_with_a_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
