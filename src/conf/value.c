/* SPDX-License-Identifier: BSD-3-Clause */
/* One scalar of the file → its C type. What is wrong is said with what was expected. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/size.h"
#include "conf/conf_internal.h"

static void *field(const struct bns_option *o, void *object)
{
	return (char *)object + o->offset;
}

static uint64_t upper(const struct bns_option *o, uint64_t of_type)
{
	return o->max ? o->max : of_type;
}

static enum bns_error read_text(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				void *object)
{
	if (o->required && !*v->text)
		return bns_conf_fail(r, v, "'%s' must not be empty", o->name);
	if (o->max && strlen(v->text) > o->max)
		return bns_conf_fail(r, v, "'%s' takes at most %" PRIu64 " octets, this text has %zu", o->name, o->max,
				     strlen(v->text));
	const char *text = bns_arena_strdup(r->arena, v->text);
	*(const char **)field(o, object) = text;
	if (!text)
		return bns_conf_no_memory(r);
	return BNS_OK;
}

static enum bns_error read_octets(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				  void *object)
{
	struct bns_conf_octets *out = field(o, object);
	bool is_hex = strncmp(v->text, "0x", 2) == 0;
	size_t len = is_hex ? strlen(v->text + 2) / 2 : strlen(v->text);
	if (len > o->max)
		return bns_conf_fail(r, v, "'%s' takes at most %" PRIu64 " octets, this has %zu", o->name, o->max, len);
	uint8_t *data = bns_arena_bytes(r->arena, len + 1);
	if (!data)
		return bns_conf_no_memory(r);
	if (!is_hex)
		memcpy(data, v->text, len);
	else if (len == 0 || !bns_hex_decode(v->text + 2, len, data))
		return bns_conf_fail(r, v, "'%s' takes pairs of hexadecimal digits behind 0x, or a text without it",
				     o->name);
	*out = (struct bns_conf_octets){.data = data, .len = len};
	return BNS_OK;
}

static enum bns_error read_name(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				void *object)
{
	char name[BNS_CONF_NAME_MAX];
	if (!*v->text && o->default_text && !*o->default_text) {
		*(const char **)field(o, object) = NULL;
		return BNS_OK;
	}
	if (!bns_conf_name(v->text, name))
		return bns_conf_fail(
			r, v,
			"'%s' takes a domain name (labels of 1 to 63 octets, 253 in all, an international one "
			"in its xn-- form), not '%.64s'",
			o->name, v->text);
	char *copy = bns_arena_strdup(r->arena, name);
	if (!copy)
		return bns_conf_no_memory(r);
	*(const char **)field(o, object) = copy;
	return BNS_OK;
}

static enum bns_error read_path(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				void *object)
{
	bool may_be_none = o->default_text && !*o->default_text;
	if (!*v->text && may_be_none) {
		*(const char **)field(o, object) = NULL;
		return BNS_OK;
	}
	if (!*v->text)
		return bns_conf_fail(r, v, "'%s' takes a path, not nothing", o->name);
	const char *path = bns_path_absolute(r, v->text, v->file, false);
	if (!path)
		return bns_conf_no_memory(r);
	if (o->max && strlen(path) > o->max)
		return bns_conf_fail(r, v, "'%s' takes a path of at most %" PRIu64 " octets, this one has %zu", o->name,
				     o->max, strlen(path));
	*(const char **)field(o, object) = path;
	return BNS_OK;
}

static enum bns_error read_pattern(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				   void *object)
{
	const char **out = field(o, object);
	for (const char *c = v->text; (c = strchr(c, '%')); c += 2) {
		if (c[1] != 's' && c[1] != '%')
			return bns_conf_fail(
				r, v, "'%s' knows %%s for the zone's name and %%%% for a percent sign, not '%.2s'",
				o->name, c);
	}
	/* Empty takes back what a template says. */
	*out = *v->text ? bns_path_absolute(r, v->text, v->file, true) : NULL;
	return *v->text && !*out ? bns_conf_no_memory(r) : BNS_OK;
}

/* Plain digits, no sign, no blanks, no unit. */
static bool parse_number(const char *text, uint64_t *out)
{
	return strspn(text, "0123456789") == strlen(text) && bns_size_from_text(text, out) == BNS_OK;
}

static enum bns_error number_within(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				    uint64_t max, uint64_t *out)
{
	if (!parse_number(v->text, out) || *out < o->min || *out > max)
		return bns_conf_fail(r, v, "'%s' takes a number from %" PRIu64 " to %" PRIu64 ", not '%.64s'", o->name,
				     o->min, max, v->text);
	return BNS_OK;
}

static enum bns_error read_number(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				  void *object)
{
	uint64_t n = 0;
	enum bns_error err = number_within(r, o, v, upper(o, UINT32_MAX), &n);
	*(unsigned *)field(o, object) = (unsigned)n;
	return err;
}

static enum bns_error read_number16(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				    void *object)
{
	uint64_t n = 0;
	enum bns_error err = number_within(r, o, v, upper(o, UINT16_MAX), &n);
	*(uint16_t *)field(o, object) = (uint16_t)n;
	return err;
}

static enum bns_error read_size(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				void *object)
{
	uint64_t bytes = 0, max = upper(o, UINT64_MAX);
	char min_text[BNS_SIZE_TEXT_MAX], max_text[BNS_SIZE_TEXT_MAX];
	enum bns_error err = bns_size_from_text(v->text, &bytes);
	if (err && err != BNS_ERANGE)
		return bns_conf_fail(r, v, "'%s' takes a size such as 512M or 4G, not '%.64s'", o->name, v->text);
	if (err || bytes < o->min || bytes > max)
		return bns_conf_fail(r, v, "'%s' takes a size from %s to %s, not '%.64s'", o->name,
				     bns_size_to_text(o->min, min_text), bns_size_to_text(max, max_text), v->text);
	*(uint64_t *)field(o, object) = bytes;
	return BNS_OK;
}

static enum bns_error seconds_within(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				     uint64_t max, uint64_t *out)
{
	char min_text[BNS_TIME_TEXT_MAX], max_text[BNS_TIME_TEXT_MAX];
	enum bns_error err = bns_duration_from_text(v->text, out);
	if (err == BNS_OK && *out >= o->min && *out <= max)
		return BNS_OK;
	if (err && err != BNS_ERANGE)
		return bns_conf_fail(r, v, "'%s' takes a duration such as 10s, 5m, 2h or 1d, not '%.64s'", o->name,
				     v->text);
	return bns_conf_fail(r, v, "'%s' takes a duration from %s to %s, not '%.64s'", o->name,
			     bns_duration_to_text(o->min, min_text), bns_duration_to_text(max, max_text), v->text);
}

static enum bns_error read_seconds(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				   void *object)
{
	/* Far below the limit of a signed count of milliseconds. */
	return seconds_within(r, o, v, upper(o, UINT32_MAX), field(o, object));
}

static enum bns_error read_seconds32(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				     void *object)
{
	uint64_t seconds = 0;
	enum bns_error err = seconds_within(r, o, v, upper(o, UINT32_MAX), &seconds);
	*(uint32_t *)field(o, object) = (uint32_t)seconds;
	return err;
}

static enum bns_error read_limit32(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				   void *object)
{
	uint32_t *seconds = field(o, object);
	enum bns_error err = read_seconds32(r, o, v, object);
	if (!err && *seconds == 0)
		*seconds = UINT32_MAX;
	return err;
}

static enum bns_error read_share(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				 void *object)
{
	char digits[16];
	uint64_t n = 0;
	size_t len = strlen(v->text);
	bool is_percent = len > 0 && v->text[len - 1] == '%';
	if (is_percent)
		len--;
	snprintf(digits, sizeof(digits), "%.*s", (int)(len < sizeof(digits) ? len : sizeof(digits) - 1), v->text);
	if (len == 0 || len >= sizeof(digits) || !parse_number(digits, &n) || n > (is_percent ? 100 : UINT32_MAX))
		return bns_conf_fail(r, v, "'%s' takes a number, or 0%% to 100%%, not '%.64s'", o->name, v->text);
	*(struct bns_conf_share *)field(o, object) =
		(struct bns_conf_share){.value = (uint32_t)n, .is_percent = is_percent};
	return BNS_OK;
}

static enum bns_error read_word(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				void *object)
{
	return bns_value_word(r, o, v, field(o, object));
}

static enum bns_error read_switch(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				  void *object)
{
	unsigned position = 0;
	enum bns_error err = bns_value_word(r, o, v, &position);
	*(bool *)field(o, object) = position == 1;
	return err;
}

static enum bns_error read_ref(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
			       void *object)
{
	if (*v->text)
		return bns_item_find(r, o->ref, v, field(o, object));
	/* Empty takes back what a template says. */
	memset(field(o, object), 0, sizeof(void *));
	return BNS_OK;
}

/* "a, b or c" */
static void print_words(const char *const *words, char *out, size_t cap)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; words[i] && used < cap; i++) {
		const char *before = i == 0 ? "" : words[i + 1] ? ", " : " or ";
		used += (size_t)snprintf(out + used, cap - used, "%s%s", before, words[i]);
	}
}

enum bns_error bns_value_word(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
			      unsigned *position)
{
	char words[128];
	for (unsigned i = 0; o->words[i]; i++) {
		if (strcmp(o->words[i], v->text) == 0) {
			*position = i;
			return BNS_OK;
		}
	}
	print_words(o->words, words, sizeof(words));
	return bns_conf_fail(r, v, "'%s' takes %s, not '%.64s'", o->name, words, v->text);
}

bns_value_fn bns_value_reader(enum bns_option_type type)
{
	static const bns_value_fn readers[] = {
		[BNS_OPTION_TEXT] = read_text,         [BNS_OPTION_OCTETS] = read_octets,
		[BNS_OPTION_NAME] = read_name,         [BNS_OPTION_PATH] = read_path,
		[BNS_OPTION_PATTERN] = read_pattern,   [BNS_OPTION_NUMBER] = read_number,
		[BNS_OPTION_NUMBER16] = read_number16, [BNS_OPTION_SIZE] = read_size,
		[BNS_OPTION_SECONDS] = read_seconds,   [BNS_OPTION_SECONDS32] = read_seconds32,
		[BNS_OPTION_LIMIT32] = read_limit32,   [BNS_OPTION_WORD] = read_word,
		[BNS_OPTION_SHARE] = read_share,       [BNS_OPTION_SWITCH] = read_switch,
		[BNS_OPTION_REF] = read_ref,           [BNS_OPTION_MAPPING] = NULL,
	};
	return readers[type];
}
