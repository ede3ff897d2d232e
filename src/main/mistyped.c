/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/mistyped.h"

#include <string.h>

#include "base/nearest.h"

/* By its name, or by the beginning of it, as argp takes it. */
static const struct argp_option *long_option(const struct argp_option *o, const char *name, size_t len)
{
	while (o->name && strncmp(o->name, name, len) != 0)
		o++;
	return o->name && len > 0 ? o : NULL;
}

static const struct argp_option *short_option(const struct argp_option *o, int key)
{
	while (o->name && o->key != key)
		o++;
	return o->name ? o : NULL;
}

static const char *nearest(const struct argp_option *options, const char *name, size_t len)
{
	char word[BNS_NEAREST_WORD_MAX + 1];
	const char *found = NULL;
	unsigned best = 3;
	if (len >= sizeof(word))
		return NULL;
	memcpy(word, name, len);
	word[len] = '\0';
	for (const struct argp_option *o = options; o->name; o++)
		if (!(o->flags & OPTION_HIDDEN) && bns_is_nearer(word, o->name, &best))
			found = o->name;
	return found;
}

/* Is the next word the option's value? */
static bool takes_next(const struct argp_option *o)
{
	return o && o->arg && !(o->flags & OPTION_ARG_OPTIONAL);
}

const char *bns_mistyped(const struct argp_option *options, int argc, char *const *argv, bool ends_at_word,
			 const char **meant)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *word = argv[i];
		if (word[0] != '-' && ends_at_word)
			return NULL;
		if (word[0] == '-' && word[1] != '-') {
			i += word[1] && !word[2] && takes_next(short_option(options, word[1]));
			continue;
		}
		if (word[0] != '-')
			continue;
		size_t len = strcspn(word + 2, "=");
		const struct argp_option *o = long_option(options, word + 2, len);
		if (!o && (*meant = nearest(options, word + 2, len)))
			return word;
		i += word[2 + len] == '\0' && takes_next(o);
	}
	return NULL;
}
