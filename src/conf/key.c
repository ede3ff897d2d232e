/* SPDX-License-Identifier: BSD-3-Clause */
/* TSIG keys: where the secret stands, who else can read it, what it says. */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "conf/conf_internal.h"

#define SECRET_TEXT_MAX 4096

static enum bns_error decode(struct bns_conf_reader *r, const char *text, struct bns_conf_key *key)
{
	size_t len = strlen(text);
	if (len > SECRET_TEXT_MAX)
		return BNS_ESYNTAX;
	uint8_t *secret = bns_arena_bytes(r->arena, BNS_BASE64_ROOM(len) + 1);
	if (!secret)
		return BNS_ENOMEM;
	key->secret = secret;
	return bns_base64_decode(text, secret, BNS_BASE64_ROOM(len), &key->secret_len);
}

bool bns_conf_is_exposed(const struct bns_yaml *value)
{
	struct stat st;
	return stat(value->file, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH));
}

static enum bns_error read_inline(struct bns_conf_reader *r, const struct bns_yaml *map, const struct bns_key_draft *d,
				  struct bns_conf_key *key)
{
	const struct bns_yaml *value = bns_yaml_get(map, "secret");
	enum bns_error err = decode(r, d->secret, key);
	if (err == BNS_ESYNTAX)
		return bns_conf_fail(r, value, "the secret of key '%s' is not base64", key->id);
	if (err)
		return bns_conf_no_memory(r);
	if (bns_conf_is_exposed(value))
		bns_conf_warn(
			r, value->file, value,
			"the secret of key '%s' stands in a file that others can read; use secret-file, or chmod 600",
			key->id);
	return BNS_OK;
}

/* Everything up to the end, without the blanks around it. */
static char *read_trimmed(int fd, char buf[SECRET_TEXT_MAX + 2])
{
	size_t len = 0;
	ssize_t n;
	while (len < SECRET_TEXT_MAX + 1 && (n = read(fd, buf + len, SECRET_TEXT_MAX + 1 - len)) != 0) {
		if (n < 0)
			return NULL;
		len += (size_t)n;
	}
	while (len > 0 && isspace((unsigned char)buf[len - 1]))
		len--;
	buf[len] = '\0';
	return buf + strspn(buf, " \t\r\n");
}

/* The permissions looked at are those of what is read, not of what the path names a moment before. */
static enum bns_error read_open(struct bns_conf_reader *r, int fd, const struct bns_yaml *value,
				const struct bns_key_draft *d, struct bns_conf_key *key)
{
	char buf[SECRET_TEXT_MAX + 2];
	struct stat st;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return bns_conf_fail(r, value, "%s is not a regular file", d->secret_file);
	if (st.st_mode & (S_IROTH | S_IWOTH))
		return bns_conf_fail(r, value,
				     "%s can be read or changed by others; chmod 640 or 600 it, and change the secret",
				     d->secret_file);
	char *text = read_trimmed(fd, buf);
	enum bns_error err = text ? decode(r, text, key) : BNS_EIO;
	OPENSSL_cleanse(buf, sizeof(buf));
	switch (err) {
	case BNS_OK:
		return BNS_OK;
	case BNS_ENOMEM:
		return bns_conf_no_memory(r);
	case BNS_ESYNTAX:
		return bns_conf_fail(r, value, "the secret in %s is not base64", d->secret_file);
	default:
		return bns_conf_fail(r, value, "%s can't be read", d->secret_file);
	}
}

static enum bns_error read_file(struct bns_conf_reader *r, const struct bns_yaml *map, const struct bns_key_draft *d,
				struct bns_conf_key *key)
{
	const struct bns_yaml *value = bns_yaml_get(map, "secret-file");
	/* A named pipe in its place must not stop the start. */
	int fd = open(d->secret_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return bns_conf_fail(r, value, "%s can't be opened: %s", d->secret_file, strerror(errno));
	enum bns_error err = read_open(r, fd, value, d, key);
	close(fd);
	return err;
}

static enum bns_error make_key(struct bns_conf_reader *r, const struct bns_yaml *map, const struct bns_key_draft *d,
			       struct bns_conf_key *key)
{
	key->id = d->id;
	key->algorithm = bns_key_algorithms[d->algorithm];
	if (!d->secret == !d->secret_file)
		return bns_conf_fail(r, map, "key '%s' needs either 'secret' or 'secret-file'", d->id);
	return d->secret ? read_inline(r, map, d, key) : read_file(r, map, d, key);
}

enum bns_error bns_conf_keys(struct bns_conf_reader *r)
{
	const struct bns_conf_nodes *nodes = &r->nodes[BNS_SECTION_KEY];
	struct bns_conf_index *index = &r->index[BNS_SECTION_KEY];
	enum bns_error err = bns_item_read_all(r, BNS_SECTION_KEY);
	if (err || nodes->count == 0)
		return err;
	const struct bns_key_draft *drafts = r->objects[BNS_SECTION_KEY];
	struct bns_conf_key *keys = bns_arena_alloc(r->arena, nodes->count * sizeof(*keys));
	if (!keys)
		return bns_conf_no_memory(r);
	for (size_t i = 0; i < nodes->count && !err; i++)
		err = make_key(r, nodes->list[i], &drafts[i], &keys[i]);
	/* Who refers to a key gets the key, not its draft. */
	for (size_t i = 0; i < index->count; i++)
		index->items[i].object = &keys[index->items[i].position];
	r->conf->keys = keys;
	r->conf->key_count = nodes->count;
	return err;
}
