/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfer/acl.h"

#include <string.h>

enum bns_error bns_acl_key(const struct bns_conf_key *conf, struct bns_tsig_key *key)
{
	enum bns_error err = bns_name_from_text(conf->id, NULL, key->name, NULL);

	if (err)
		return err;
	bns_name_lower(key->name);
	err = bns_tsig_algorithm_from_text(conf->algorithm, &key->algorithm);
	if (err)
		return err;
	if (conf->secret_len > sizeof(key->secret))
		return BNS_EINVAL;
	memcpy(key->secret, conf->secret, conf->secret_len);
	key->secret_len = conf->secret_len;
	return BNS_OK;
}

/* A key is known by its name, which is unique in a configuration. */
static bool key_matches(const struct bns_conf_key *wanted, const struct bns_tsig_key *key)
{
	uint8_t name[BNS_NAME_MAX];

	if (!wanted)
		return true;
	return key && !bns_name_from_text(wanted->id, NULL, name, NULL) && bns_name_equal(name, key->name);
}

static bool address_matches(const struct bns_conf_acl *acl, const union bns_addr *client)
{
	for (size_t i = 0; i < acl->address_count; i++)
		if (bns_prefix_covers(&acl->address[i], client))
			return true;
	return acl->address_count == 0;
}

static bool protocol_matches(const struct bns_conf_acl *acl, enum bns_transport transport)
{
	return !acl->protocols || (acl->protocols & (1u << transport));
}

bool bns_acl_allows(const struct bns_conf_settings *zone, enum bns_acl_action action,
		    const struct bns_acl_client *client, const struct bns_tls_peers *peers)
{
	for (size_t i = 0; i < zone->acl_count; i++) {
		const struct bns_conf_acl *acl = zone->acl[i];
		if ((acl->actions & (unsigned)action) && address_matches(acl, client->addr) &&
		    protocol_matches(acl, client->transport) && key_matches(acl->key, client->key) &&
		    bns_tls_peers_match(peers, acl, client->tls))
			return true;
	}
	return false;
}

bool bns_acl_must_sign(const struct bns_conf_settings *zone, const union bns_addr *client)
{
	bool must = false;

	for (size_t i = 0; i < zone->primary_count; i++) {
		const struct bns_conf_remote *remote = zone->primary[i];
		for (size_t j = 0; j < remote->address_count; j++) {
			if (!bns_addr_same_host(&remote->address[j], client))
				continue;
			if (!remote->key)
				return false;
			must = true;
		}
	}
	return must;
}

bool bns_acl_is_primary(const struct bns_conf_settings *zone, const union bns_addr *client,
			const struct bns_tsig_key *key)
{
	for (size_t i = 0; i < zone->primary_count; i++) {
		const struct bns_conf_remote *remote = zone->primary[i];
		for (size_t j = 0; j < remote->address_count; j++)
			if (bns_addr_same_host(&remote->address[j], client) && key_matches(remote->key, key))
				return true;
	}
	return false;
}
