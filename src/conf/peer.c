/* SPDX-License-Identifier: BSD-3-Clause */
/* Remotes and acls: what their options mean together. */

#include <string.h>

#include "conf/conf_internal.h"

#define DNS_OVER_TLS_PORT 853

static enum bns_error check_profile(struct bns_conf_reader *r, const struct bns_conf_tls *tls,
				    const struct bns_yaml *node)
{
	bool identified = tls->server_name || tls->pin_count > 0;
	if (tls->opportunistic && (identified || tls->ca_file))
		return bns_conf_fail(r, node,
				     "with 'profile: opportunistic' nobody is authenticated; leave it out, or leave "
				     "'server-name', 'ca-file' and 'pin' out");
	if (!tls->opportunistic && !identified)
		return bns_conf_fail(r, node,
				     "'tls' needs 'server-name' or 'pin' to know the remote by, or 'profile: "
				     "opportunistic'");
	if (tls->ca_file && !tls->server_name)
		return bns_conf_fail_key(r, bns_yaml_get(node, "ca-file"),
					 "'ca-file' needs the name to look for in 'server-name'");
	return BNS_OK;
}

static enum bns_error check_tls(struct bns_conf_reader *r, const struct bns_conf_tls *tls, const struct bns_yaml *node)
{
	if (tls->cert_file && !tls->key_file)
		return bns_conf_fail_key(r, bns_yaml_get(node, "cert-file"),
					 "'cert-file' needs its private key in 'key-file'");
	if (tls->key_file && !tls->cert_file)
		return bns_conf_fail_key(r, bns_yaml_get(node, "key-file"),
					 "'key-file' needs its certificate in 'cert-file'");
	return check_profile(r, tls, node);
}

/* The addresses were read before it was known that TLS has a port of its own. */
static void set_tls_port(const struct bns_conf_remote *remote, const struct bns_yaml *node)
{
	union bns_addr *address = (union bns_addr *)remote->address;
	const struct bns_yaml *item = bns_list_first(bns_yaml_get(node, "address"));
	for (size_t i = 0; i < remote->address_count; i++, item = item->next) {
		/* The same place in both kinds of address. */
		if (!strchr(item->text, '@'))
			address[i].in4.sin_port = htons(DNS_OVER_TLS_PORT);
	}
}

enum bns_error bns_conf_remotes(struct bns_conf_reader *r)
{
	const struct bns_conf_nodes *nodes = &r->nodes[BNS_SECTION_REMOTE];
	enum bns_error err = bns_item_read_all(r, BNS_SECTION_REMOTE);
	const struct bns_conf_remote *remotes = r->objects[BNS_SECTION_REMOTE];
	for (size_t i = 0; i < nodes->count && !err; i++) {
		if (!remotes[i].tls)
			continue;
		set_tls_port(&remotes[i], nodes->list[i]);
		err = check_tls(r, remotes[i].tls, bns_yaml_get(nodes->list[i], "tls"));
	}
	r->conf->remotes = remotes;
	r->conf->remote_count = nodes->count;
	return err;
}

static enum bns_error check_acl(struct bns_conf_reader *r, const struct bns_conf_acl *acl, const struct bns_yaml *node)
{
	bool by_cert = acl->cert_key_count > 0 || acl->cert_hostname_count > 0;
	if (acl->ca_file && acl->cert_hostname_count == 0)
		return bns_conf_fail_key(r, bns_yaml_get(node, "ca-file"),
					 "'ca-file' needs the names to look for in 'cert-hostname'");
	if (by_cert && acl->protocols && !(acl->protocols & (1u << BNS_TRANSPORT_TLS)))
		return bns_conf_fail_key(r, bns_yaml_get(node, "protocol"),
					 "only TLS has client certificates: add 'tls', or leave 'protocol' out");
	if (by_cert && r->conf->listen_tls_count == 0)
		bns_conf_warn(
			r, node->file, node,
			"acl '%.64s' wants a client certificate, which nobody can show: server.listen-tls is empty",
			acl->id);
	if (acl->address_count == 0 && !acl->key && !by_cert)
		bns_conf_warn(r, node->file, node,
			      "acl '%.64s' names neither address nor key nor certificate: it is open to everyone",
			      acl->id);
	return BNS_OK;
}

enum bns_error bns_conf_acls(struct bns_conf_reader *r)
{
	const struct bns_conf_nodes *nodes = &r->nodes[BNS_SECTION_ACL];
	enum bns_error err = bns_item_read_all(r, BNS_SECTION_ACL);
	const struct bns_conf_acl *acls = r->objects[BNS_SECTION_ACL];
	for (size_t i = 0; i < nodes->count && !err; i++)
		err = check_acl(r, &acls[i], nodes->list[i]);
	r->conf->acls = acls;
	r->conf->acl_count = nodes->count;
	return err;
}
