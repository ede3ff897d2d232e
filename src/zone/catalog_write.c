/* SPDX-License-Identifier: BSD-3-Clause */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "zone/catalog.h"

/* A catalog is looked at by who transfers it, not by resolvers; its members outlive a primary that is away. */
#define TTL_S        0
#define REFRESH_S    3600
#define RETRY_S      600
#define EXPIRE_S     2147483646
#define LABEL_OCTETS 16 /* of the digest, as hexadecimal digits */

/* §4.1: there is no name server, and the absolute name `invalid.` says so. */
static const uint8_t invalid[] = {7, 'i', 'n', 'v', 'a', 'l', 'i', 'd', 0};

struct writer {
	struct bns_contents *c;
	uint8_t owner[BNS_NAME_MAX];
};

static enum bns_error add(struct writer *w, uint16_t type, const void *rdata, size_t rdlen)
{
	return bns_contents_add(w->c, w->owner, type, TTL_S, rdata, (uint16_t)rdlen, 0, 0);
}

/* Puts one label before the owner. */
static enum bns_error descend(struct writer *w, const char *label)
{
	size_t len = strlen(label), rest = bns_name_len(w->owner);
	if (1 + len + rest > BNS_NAME_MAX)
		return BNS_ENAME;
	memmove(w->owner + 1 + len, w->owner, rest);
	w->owner[0] = (uint8_t)len;
	memcpy(w->owner + 1, label, len);
	return BNS_OK;
}

static enum bns_error add_text(struct writer *w, const char *text)
{
	uint8_t rdata[256];
	size_t len = strlen(text);
	if (len > 255)
		return BNS_ERANGE;
	rdata[0] = (uint8_t)len;
	memcpy(rdata + 1, text, len);
	return add(w, BNS_TYPE_TXT, rdata, 1 + len);
}

static enum bns_error write_apex(struct writer *w, uint32_t serial)
{
	uint8_t soa[2 * sizeof(invalid) + 20], *p = soa;
	const uint32_t numbers[] = {serial, REFRESH_S, RETRY_S, EXPIRE_S, TTL_S};
	for (int i = 0; i < 2; i++, p += sizeof(invalid))
		memcpy(p, invalid, sizeof(invalid));
	for (size_t i = 0; i < 5; i++, p += 4)
		bns_put_u32(p, numbers[i]);
	enum bns_error err = add(w, BNS_TYPE_SOA, soa, sizeof(soa));
	if (!err)
		err = add(w, BNS_TYPE_NS, invalid, sizeof(invalid));
	if (!err)
		err = descend(w, "version");
	return err ? err : add_text(w, "2");
}

static enum bns_error member_label(const uint8_t *zone, char out[2 * LABEL_OCTETS + 1])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	if (!EVP_Digest(zone, bns_name_len(zone), digest, NULL, EVP_sha256(), NULL))
		return BNS_ECRYPTO;
	for (size_t i = 0; i < LABEL_OCTETS; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	return BNS_OK;
}

static enum bns_error write_member(struct writer *w, const struct bns_catalog_entry *entry)
{
	uint8_t zone[BNS_NAME_MAX];
	char label[2 * LABEL_OCTETS + 1];
	size_t len = bns_name_len(entry->zone);
	memcpy(zone, entry->zone, len);
	bns_name_lower(zone);
	enum bns_error err = member_label(zone, label);
	if (!err)
		err = descend(w, "zones");
	if (!err)
		err = descend(w, label);
	if (!err)
		err = add(w, BNS_TYPE_PTR, zone, len);
	if (!err && entry->group)
		err = descend(w, "group");
	if (!err && entry->group)
		err = add_text(w, entry->group);
	return err;
}

/* Two entries for one zone share their node, and one of the records is dropped as a duplicate. */
static bool has_all(const struct bns_contents *c, size_t members)
{
	for (size_t i = 0; i < c->count; i++)
		members -= c->records[i].type == BNS_TYPE_PTR;
	return members == 0;
}

enum bns_error bns_catalog_write(const uint8_t *apex, uint32_t serial, const struct bns_catalog_entry *entries,
				 size_t count, struct bns_contents **out)
{
	struct writer w = {.c = bns_contents_new(apex)};
	if (!w.c)
		return BNS_ENOMEM;
	memcpy(w.owner, apex, bns_name_len(apex));
	enum bns_error err = write_apex(&w, serial);
	for (size_t i = 0; i < count && !err; i++) {
		memcpy(w.owner, apex, bns_name_len(apex));
		err = write_member(&w, &entries[i]);
	}
	if (!err)
		err = bns_contents_finish(w.c);
	if (!err && !has_all(w.c, count))
		err = BNS_EINVAL;
	if (err)
		bns_contents_free(w.c);
	else
		*out = w.c;
	return err;
}
