/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration file → checked, resolved structures. One option table per
 * section checks the file and makes help, manual and messages. A zone carries
 * its settings with its template's already merged in.
 * Thread: main; read-only once loaded.
 */
#ifndef BNS_CONF_CONF_H
#define BNS_CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/seccomp.h"
#include "base/yaml.h"

/* Octets that need not be text. */
struct bns_conf_octets {
	const uint8_t *data;
	size_t len;
};

#define BNS_CONF_COOKIE_SECRET_LEN 16

struct bns_conf_cookie_secret {
	uint8_t octets[BNS_CONF_COOKIE_SECRET_LEN];
};

struct bns_conf_key {
	const char *id;
	const char *algorithm; /* "hmac-sha256", "hmac-sha384", "hmac-sha512" */
	const uint8_t *secret; /* decoded */
	size_t secret_len;
};

/* SHA-256 of a public key as a certificate carries it (SubjectPublicKeyInfo, RFC 7858 §4.2). */
#define BNS_CONF_PIN_LEN 32

struct bns_conf_pin {
	uint8_t sha256[BNS_CONF_PIN_LEN];
};

/* How a remote is spoken to by TLS. It must have the name, and one of the pins: each where there is one. */
struct bns_conf_tls {
	const char *server_name; /* NULL: none */
	const char *ca_file;     /* absolute; NULL: the authorities that the system trusts */
	const struct bns_conf_pin *pin;
	size_t pin_count;
	const char *cert_file; /* absolute, or NULL: none is shown; with key_file or not at all */
	const char *key_file;
	bool opportunistic; /* neither name nor pin: whoever answers will do */
	bool alpn_optional; /* a server that selects no protocol will do */
};

struct bns_conf_remote {
	const char *id;
	const union bns_addr *address;
	size_t address_count;
	const struct bns_conf_key *key; /* NULL: none */
	const struct bns_conf_tls *tls; /* NULL: in the clear */
};

enum bns_acl_action { BNS_ACL_TRANSFER = 1, BNS_ACL_NOTIFY = 2 };

struct bns_conf_acl {
	const char *id;
	const struct bns_prefix *address; /* none: any address */
	size_t address_count;
	const struct bns_conf_key *key; /* NULL: none needed */
	unsigned protocols;             /* bits 1 << enum bns_transport; 0: any */
	/* The client's certificate must have one of these keys, and one of these names: each where there are any. */
	const struct bns_conf_pin *cert_key;
	size_t cert_key_count;
	const char *const *cert_hostname;
	size_t cert_hostname_count;
	const char *ca_file; /* absolute; NULL: the authorities that the system trusts */
	unsigned actions;    /* of enum bns_acl_action */
};

enum bns_serial_policy { BNS_SERIAL_INCREMENT, BNS_SERIAL_UNIXTIME };

enum bns_catalog_role { BNS_CATALOG_NONE, BNS_CATALOG_INTERPRET, BNS_CATALOG_GENERATE, BNS_CATALOG_MEMBER };

/* So many, or so many of a hundred. */
struct bns_conf_share {
	uint32_t value;
	bool is_percent;
};

/* What a zone has to do with catalog zones (RFC 9432). */
struct bns_conf_catalog {
	enum bns_catalog_role role;
	const char *const *templates; /* INTERPRET: their ids, the first for who is in no group of another's name */
	size_t template_count;
	struct bns_conf_share removals_max; /* INTERPRET, GENERATE */
	const char *zone;                   /* MEMBER: the catalog that lists it, lower-case, no final dot */
	const char *group;                  /* MEMBER: NULL: none */
};

/*
 * Settings that several use go with the last of them: a configuration is used
 * by who loaded it and by every zone that has its settings from it.
 */
struct bns_conf_owner {
	size_t users;
	void (*unused)(struct bns_conf_owner *owner);
};

/* What a million zones of one template have in common, once. */
struct bns_conf_settings {
	struct bns_conf_owner *owner; /* see bns_conf_zone_hold; NULL: nobody counts */
	const struct bns_conf_remote *const *primary;
	size_t primary_count; /* 0: a primary zone, served from `file` */
	const struct bns_conf_remote *const *notify;
	size_t notify_count;
	const struct bns_conf_acl *const *acl;
	size_t acl_count;
	uint32_t refresh_min_s, refresh_max_s;
	uint32_t retry_min_s, retry_max_s;
	uint32_t expire_min_s, expire_max_s;
	enum bns_serial_policy serial;
	uint64_t primary_pin_s; /* primary-pin; 0: the order alone decides */
	uint64_t transfer_max_bytes;
	unsigned transfer_max_records;
	uint64_t transfer_timeout_s;            /* without progress */
	uint64_t transfer_max_s;                /* transfer-max-time */
	uint64_t held_limit_s;                  /* 0: none */
	bool held_limit_keep;                   /* held-limit-action: keep */
	bool signed_hold_serve;                 /* signed-hold-limit: serve */
	const struct bns_conf_catalog *catalog; /* NULL: nothing; else its role isn't NONE */
};

struct bns_conf_zone {
	const char *domain; /* presentation form, lower-case, no final dot */
	const char *file;   /* absolute path with %s resolved, or NULL */
	const struct bns_conf_settings *set;
	unsigned line; /* where it is written; 0: found in a zone-directory */
};

struct bns_conf_plugin {
	const char *id;
	const struct bns_yaml *options; /* the whole mapping, `id` included */
};

struct bns_conf_kept; /* what zones that are made later may name */

struct bns_conf {
	struct bns_conf_owner owner;
	struct bns_arena arena;
	const struct bns_conf_kept *kept;
	const char *path; /* absolute */

	const union bns_addr *listen;
	size_t listen_count;
	const union bns_addr *listen_tls;
	size_t listen_tls_count;   /* if any, both files are there */
	const char *tls_cert_file; /* absolute, or NULL: none; with tls_key_file or not at all */
	const char *tls_key_file;
	unsigned workers;
	const char *user;     /* NULL: don't change */
	const char *identity; /* "": refuse */
	const char *version;  /* "": refuse */
	struct bns_conf_octets nsid;
	const struct bns_conf_cookie_secret *cookie_secrets; /* none: a random one */
	size_t cookie_secret_count;
	const char *report_channel; /* NULL: none */
	uint16_t udp_max_payload;
	unsigned tcp_max_clients;
	uint64_t tcp_idle_timeout_s;
	enum bns_log_format log_format;
	enum bns_seccomp_mode seccomp;
	const char *plugin_dir; /* NULL: the built-in one */

	const char *storage; /* absolute */
	uint64_t max_size_bytes;
	unsigned journal_depth;

	const char *control_listen; /* absolute path of the socket */
	const char *const *control_admin;
	size_t control_admin_count;

	const struct bns_conf_zone *zones; /* as written, then those found in folders by domain */
	size_t zone_count;
	const uint32_t *zone_slots; /* bns_conf_zone's */
	size_t zone_mask;
	const struct bns_conf_plugin *plugins;
	size_t plugin_count;
	const struct bns_conf_key *keys;
	size_t key_count;
	const struct bns_conf_remote *remotes;
	size_t remote_count;
	const struct bns_conf_acl *acls;
	size_t acl_count;

	const struct bns_diag *warnings; /* inline secret in a file others can read, ... */
	size_t warning_count;
};

/* Reads and checks; on failure `diag` has file:line:column and what was expected. Folders of zone-directory are read.
 */
enum bns_error bns_conf_load(const char *path, struct bns_conf **out, struct bns_diag *diag) BNS_MUST_CHECK;

/* Whoever loaded it needs it no more; its memory goes once no zone has its settings from it. NULL is allowed. */
void bns_conf_free(struct bns_conf *c);

/* By domain in presentation form without final dot, lower-case; NULL where it isn't configured. */
const struct bns_conf_zone *bns_conf_zone(const struct bns_conf *c, const char *domain);

/* A key of `zone` and its value as a file would have it; the elements of a list with commas between them. */
struct bns_conf_setting {
	const char *key;
	const char *value;
};

/*
 * The settings of a zone that the file doesn't have: its template's (key
 * "template"; `default` or the built-in ones where none is named), above them
 * its own. `domain` is any name in presentation form, lower-case, without final
 * dot. Relative paths are relative to the configuration's folder. The result
 * is held once for the caller, see below. `diag` has a sentence, no place.
 */
enum bns_error bns_conf_zone_make(struct bns_conf *c, const char *domain, const struct bns_conf_setting *settings,
				  size_t count, const struct bns_conf_zone **out, struct bns_diag *diag) BNS_MUST_CHECK;

/* Settings with a name alone: no file, no primary. For what is served as it is. NULL when memory is short. */
const struct bns_conf_zone *bns_conf_zone_bare(const char *domain);

/* Who keeps a zone's settings holds them, and releases them once: the last one frees them. */
void bns_conf_zone_hold(const struct bns_conf_zone *zone);
void bns_conf_zone_release(const struct bns_conf_zone *zone);

#endif
