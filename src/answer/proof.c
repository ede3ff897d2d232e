/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/proof.h"

#include <assert.h>
#include <string.h>

#include "zone/image_denial.h"

static void add(struct bns_decision *d, const struct bns_node *node)
{
	for (unsigned i = 0; i < d->proof_count; i++)
		if (d->proof[i] == node)
			return;
	assert(d->proof_count < BNS_PROOF_MAX);
	d->proof[d->proof_count++] = node;
}

static bool uses_nsec3(const struct bns_image *img)
{
	const struct bns_denial *denial = bns_image_at(img, img->denial);
	return denial->is_nsec3;
}

static const struct bns_node *find_nsec3(const struct bns_image *img, const uint8_t *name, bool *matches)
{
	uint8_t hash[BNS_NSEC3_HASH_LEN];
	bns_denial_hash(img, name, bns_name_len(name), hash);
	return bns_denial_nsec3(img, hash, matches);
}

/* The record at or covering the name. */
static void add_nearest(const struct bns_image *img, const uint8_t *name, struct bns_decision *d)
{
	bool matches;
	add(d, uses_nsec3(img) ? find_nsec3(img, name, &matches) : bns_denial_nsec(img, name));
}

/* `*` below the encloser, which something else was asked for below: so it isn't too long. */
static void add_wildcard(const struct bns_image *img, const uint8_t *encloser, struct bns_decision *d)
{
	uint8_t name[BNS_NAME_MAX] = {1, '*'};
	memcpy(name + 2, encloser, bns_name_len(encloser));
	add_nearest(img, name, d);
}

/* The suffix with one label more than the ancestor of `encloser_len` octets has (RFC 5155 §1.3). */
static const uint8_t *next_closer(const uint8_t *name, size_t encloser_len)
{
	size_t left = bns_name_len(name);
	while (left - (1u + name[0]) > encloser_len) {
		left -= 1u + name[0];
		name += 1u + name[0];
	}
	return name;
}

/*
 * RFC 5155 §7.2.1: the nearest encloser that has an NSEC3, and that the name
 * next closer has none. Opt-out leaves enclosers without one. NULL where not
 * even the apex has one: such a chain proves nothing.
 */
static const uint8_t *prove_encloser(const struct bns_image *img, const uint8_t *name, size_t encloser_len,
				     struct bns_decision *d)
{
	for (;;) {
		bool matches, next_matches;
		const uint8_t *next = next_closer(name, encloser_len);
		const uint8_t *encloser = bns_name_parent(next);
		const struct bns_node *node = find_nsec3(img, encloser, &matches);
		if (matches) {
			add(d, node);
			add(d, find_nsec3(img, next, &next_matches));
			return encloser;
		}
		if (encloser_len <= img->apex_len)
			return NULL;
		encloser_len -= 1u + encloser[0];
	}
}

/* The name exists, the type doesn't. Without an NSEC3 of its own it lies in an opt-out span (RFC 5155 §7.2.3, §7.2.4).
 */
static void prove_no_type(const struct bns_image *img, const uint8_t *name, struct bns_decision *d)
{
	bool matches = true;
	const struct bns_node *node = uses_nsec3(img) ? find_nsec3(img, name, &matches) : bns_denial_nsec(img, name);
	if (matches)
		add(d, node);
	else if (bns_name_len(name) > img->apex_len)
		(void)prove_encloser(img, name, bns_name_len(bns_name_parent(name)), d);
}

/* What neither exists nor has a wildcard (RFC 4035 §3.1.3.2, RFC 5155 §7.2.2), or has one without the type (§7.2.5). */
static void prove_no_name(const struct bns_image *img, const struct bns_decision_name *name, struct bns_decision *d)
{
	const uint8_t *encloser = bns_image_at(img, name->node->name);
	if (uses_nsec3(img))
		encloser = prove_encloser(img, name->name, name->node->name_len, d);
	else
		add_nearest(img, name->name, d);
	if (encloser)
		add_wildcard(img, encloser, d);
}

/* Signed or not: DS, or the proof that there is none (RFC 4035 §3.1.4, RFC 5155 §7.2.7). */
static void prove_referral(const struct bns_image *img, const struct bns_node *cut, struct bns_decision *d)
{
	d->ds = bns_node_rrset(img, cut, BNS_TYPE_DS);
	if (!d->ds && img->denial > 0)
		prove_no_type(img, bns_image_at(img, cut->name), d);
}

static bool is_itself(const struct bns_decision_name *name)
{
	return name->len == name->node->name_len;
}

/* A wildcard answers for the name; that nothing closer does is to be shown (RFC 4035 §3.1.3.3, RFC 5155 §7.2.6). */
static bool comes_from_wildcard(const struct bns_decision_name *name)
{
	return !is_itself(name) &&
	       (name->node->flags & (BNS_NODE_WILDCARD | BNS_NODE_CUT | BNS_NODE_DNAME)) == BNS_NODE_WILDCARD;
}

static void prove_wildcards(const struct bns_image *img, struct bns_decision *d)
{
	for (unsigned i = 0; i < d->name_count; i++)
		if (comes_from_wildcard(&d->names[i]))
			add_nearest(img, next_closer(d->names[i].name, d->names[i].node->name_len), d);
}

static void prove_denial(const struct bns_image *img, const struct bns_decision_name *name, struct bns_decision *d)
{
	if (d->kind == BNS_DECISION_NODATA && is_itself(name))
		prove_no_type(img, name->name, d);
	else if (d->kind == BNS_DECISION_NODATA || d->kind == BNS_DECISION_NXDOMAIN)
		prove_no_name(img, name, d);
}

void bns_proof_add(const struct bns_image *img, struct bns_decision *d)
{
	const struct bns_decision_name *last = &d->names[d->name_count - 1];
	d->ds = NULL;
	d->proof_count = 0;
	if (d->kind == BNS_DECISION_REFERRAL && last->node->flags & BNS_NODE_CUT)
		prove_referral(img, last->node, d);
	if (img->denial == 0)
		return;
	prove_wildcards(img, d);
	prove_denial(img, last, d);
}
