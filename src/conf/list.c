/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of the file → arrays in the arena. A scalar stands for a list of itself. */

#include <string.h>

#include "base/base64.h"
#include "conf/conf_internal.h"

#define DNS_PORT 53

typedef enum bns_error (*item_fn)(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *item,
				  void *out);

size_t bns_list_count(const struct bns_yaml *v)
{
	if (v->kind == BNS_YAML_SCALAR)
		return *v->text || v->quoted ? 1 : 0;
	return v->count;
}

const struct bns_yaml *bns_list_first(const struct bns_yaml *v)
{
	return v->kind == BNS_YAML_SCALAR ? v : v->child;
}

static enum bns_error read_items(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				 item_fn read_item, char *out, size_t item_size)
{
	const struct bns_yaml *item = bns_list_first(v);
	for (size_t n = bns_list_count(v); n > 0; n--, item = item->next, out += item_size) {
		if (item->kind != BNS_YAML_SCALAR)
			return bns_conf_fail(r, item, "'%s' takes a list of single values", o->name);
		enum bns_error err = read_item(r, o, item, out);
		if (err)
			return err;
	}
	return BNS_OK;
}

static enum bns_error read_list(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				void *object, item_fn read_item, size_t item_size)
{
	size_t count = bns_list_count(v);
	void *list = NULL;
	if (count < o->min)
		return bns_conf_fail(r, v, "'%s' takes at least one element", o->name);
	if (count > 0) {
		list = bns_arena_alloc(r->arena, count * item_size);
		if (!list)
			return bns_conf_no_memory(r);
	}
	enum bns_error err = read_items(r, o, v, read_item, list, item_size);
	memcpy((char *)object + o->offset, &list, sizeof(list));
	*(size_t *)((char *)object + o->count_offset) = count;
	return err;
}

static enum bns_error item_text(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *item,
				void *out)
{
	if (!*item->text)
		return bns_conf_fail(r, item, "'%s' takes no empty element", o->name);
	const char *text = bns_arena_strdup(r->arena, item->text);
	*(const char **)out = text;
	return text ? BNS_OK : bns_conf_no_memory(r);
}

static enum bns_error item_address(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *item,
				   void *out)
{
	if (bns_addr_from_text(item->text, o->port ? o->port : DNS_PORT, out))
		return bns_conf_fail(r, item,
				     "'%s' takes an address such as 192.0.2.1, 192.0.2.1@5300 or ::1@53, not '%.64s'",
				     o->name, item->text);
	return BNS_OK;
}

static enum bns_error item_prefix(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *item,
				  void *out)
{
	if (bns_prefix_from_text(item->text, out))
		return bns_conf_fail(
			r, item, "'%s' takes an address or prefix such as 192.0.2.0/24 or 2001:db8::/32, not '%.64s'",
			o->name, item->text);
	return BNS_OK;
}

/* Who can read it can make cookies that every server of the fleet takes for its own. */
static enum bns_error item_secret(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *item,
				  void *out)
{
	struct bns_conf_cookie_secret *secret = out;
	if (!bns_hex_decode(item->text, sizeof(secret->octets), secret->octets))
		return bns_conf_fail(r, item, "'%s' takes %zu hexadecimal digits, such as openssl rand -hex %zu prints",
				     o->name, 2 * sizeof(secret->octets), sizeof(secret->octets));
	if (bns_conf_is_exposed(item))
		bns_conf_warn(r, item->file, item, "'%s' stands in a file that others can read; chmod 600 it", o->name);
	return BNS_OK;
}

static enum bns_error item_pin(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *item,
			       void *out)
{
	struct bns_conf_pin *pin = out;
	uint8_t octets[BNS_BASE64_ROOM(64)];
	size_t len;
	if (strlen(item->text) > 64 || bns_base64_decode(item->text, octets, sizeof(octets), &len) ||
	    len != sizeof(pin->sha256))
		return bns_conf_fail(r, item,
				     "'%s' takes the SHA-256 of a public key in base64, 44 characters, not '%.64s'",
				     o->name, item->text);
	memcpy(pin->sha256, octets, sizeof(pin->sha256));
	return BNS_OK;
}

static enum bns_error item_ref(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *item,
			       void *out)
{
	return bns_item_find(r, o->ref, item, out);
}

static enum bns_error read_texts(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				 void *object)
{
	return read_list(r, o, v, object, item_text, sizeof(const char *));
}

static enum bns_error read_addresses(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				     void *object)
{
	return read_list(r, o, v, object, item_address, sizeof(union bns_addr));
}

static enum bns_error read_prefixes(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				    void *object)
{
	return read_list(r, o, v, object, item_prefix, sizeof(struct bns_prefix));
}

static enum bns_error read_secrets(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				   void *object)
{
	if (v->kind == BNS_YAML_SCALAR && !*v->text)
		return BNS_OK;
	if (bns_list_count(v) > o->max)
		return bns_conf_fail(r, v,
				     "'%s' takes at most two secrets: the one in use, and the one before or after it",
				     o->name);
	return read_list(r, o, v, object, item_secret, sizeof(struct bns_conf_cookie_secret));
}

static enum bns_error read_pins(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				void *object)
{
	return read_list(r, o, v, object, item_pin, sizeof(struct bns_conf_pin));
}

static enum bns_error read_refs(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				void *object)
{
	return read_list(r, o, v, object, item_ref, sizeof(void *));
}

static enum bns_error read_words(struct bns_conf_reader *r, const struct bns_option *o, const struct bns_yaml *v,
				 void *object)
{
	const struct bns_yaml *item = bns_list_first(v);
	unsigned *bits = (unsigned *)((char *)object + o->offset), position = 0;
	*bits = 0;
	for (size_t n = bns_list_count(v); n > 0; n--, item = item->next) {
		if (item->kind != BNS_YAML_SCALAR)
			return bns_conf_fail(r, item, "'%s' takes a list of single values", o->name);
		enum bns_error err = bns_value_word(r, o, item, &position);
		if (err)
			return err;
		*bits |= 1u << position;
	}
	return *bits || !o->required ? BNS_OK : bns_conf_fail(r, v, "'%s' takes at least one element", o->name);
}

bns_value_fn bns_list_reader(enum bns_option_type type)
{
	switch (type) {
	case BNS_OPTION_TEXTS:
		return read_texts;
	case BNS_OPTION_SECRETS:
		return read_secrets;
	case BNS_OPTION_PINS:
		return read_pins;
	case BNS_OPTION_ADDRESSES:
		return read_addresses;
	case BNS_OPTION_PREFIXES:
		return read_prefixes;
	case BNS_OPTION_REFS:
		return read_refs;
	case BNS_OPTION_WORDS:
		return read_words;
	default:
		return NULL;
	}
}
