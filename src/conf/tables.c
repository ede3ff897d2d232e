/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The option tables: the one source for what is accepted, for its defaults, for
 * help and messages. In a section of many items the first option is the id.
 */

#include "conf/conf_internal.h"

#define COUNT_OF(array)             (sizeof(array) / sizeof((array)[0]))
#define AT(type, field)             .offset = offsetof(struct type, field)
#define LIST_AT(type, field, count) .offset = offsetof(struct type, field), .count_offset = offsetof(struct type, count)

_Static_assert(sizeof(enum bns_log_format) == sizeof(unsigned), "a WORD option is stored as unsigned");
_Static_assert(sizeof(enum bns_seccomp_mode) == sizeof(unsigned), "a WORD option is stored as unsigned");
_Static_assert(sizeof(enum bns_serial_policy) == sizeof(unsigned), "a WORD option is stored as unsigned");
_Static_assert(sizeof(enum bns_catalog_role) == sizeof(unsigned), "a WORD option is stored as unsigned");

const char *const bns_key_algorithms[] = {"hmac-sha256", "hmac-sha384", "hmac-sha512", NULL};
static const char *const acl_actions[] = {"transfer", "notify", NULL};  /* bits of enum bns_acl_action */
static const char *const acl_protocols[] = {"udp", "tcp", "tls", NULL}; /* bits 1 << enum bns_transport */
static const char *const tls_profiles[] = {"strict", "opportunistic", NULL};
static const char *const tls_alpn[] = {"required", "optional", NULL};
static const char *const serial_policies[] = {"increment", "unixtime", NULL};
static const char *const catalog_roles[] = {"none", "interpret", "generate", "member", NULL}; /* bns_catalog_role */
static const char *const held_limit_actions[] = {"expire", "keep", NULL};
static const char *const signed_hold_limits[] = {"keep", "serve", NULL};

static const struct bns_option server_options[] = {
	{.name = "listen",
	 .type = BNS_OPTION_ADDRESSES,
	 LIST_AT(bns_conf, listen, listen_count),
	 .min = 1,
	 .default_text = "[127.0.0.1@5300, \"::1@5300\"]",
	 .help = "Addresses to answer on, by UDP and TCP; port 53 where none is written"},
	{.name = "listen-tls",
	 .type = BNS_OPTION_ADDRESSES,
	 LIST_AT(bns_conf, listen_tls, listen_tls_count),
	 .port = 853,
	 .default_text = "[]",
	 .help = "Addresses to answer on by TLS (RFC 7858); port 853 where none is written"},
	{.name = "tls-cert-file",
	 .type = BNS_OPTION_PATH,
	 AT(bns_conf, tls_cert_file),
	 .default_text = "",
	 .help = "PEM certificate chain for listen-tls, the server's own certificate first; read again on reload"},
	{.name = "tls-key-file",
	 .type = BNS_OPTION_PATH,
	 AT(bns_conf, tls_key_file),
	 .default_text = "",
	 .help = "PEM private key of that certificate; refused where others can read or change it"},
	{.name = "workers",
	 .type = BNS_OPTION_NUMBER,
	 AT(bns_conf, workers),
	 .max = 1024,
	 .default_text = "0",
	 .help = "Threads that answer; 0 is one per core"},
	{.name = "user",
	 .type = BNS_OPTION_TEXT,
	 AT(bns_conf, user),
	 .help = "User to become after binding; empty to stay who started it. Where it isn't written: brandnsd, if "
		 "there is such a user"},
	{.name = "identity",
	 .type = BNS_OPTION_TEXT,
	 AT(bns_conf, identity),
	 .max = 255,
	 .default_text = "",
	 .help = "Answer to the CHAOS names id.server and hostname.bind; empty refuses them"},
	{.name = "version",
	 .type = BNS_OPTION_TEXT,
	 AT(bns_conf, version),
	 .max = 255,
	 .default_text = "",
	 .help = "Answer to the CHAOS names version.server and version.bind; empty refuses them"},
	{.name = "nsid",
	 .type = BNS_OPTION_OCTETS,
	 AT(bns_conf, nsid),
	 .max = 128,
	 .default_text = "",
	 .help = "Name server identifier (RFC 5001) for who asks for it; empty sends none"},
	{.name = "udp-max-payload",
	 .type = BNS_OPTION_NUMBER16,
	 AT(bns_conf, udp_max_payload),
	 .min = 512,
	 .default_text = "1232",
	 .help = "Octets of the largest UDP answer"},
	{.name = "tcp-max-clients",
	 .type = BNS_OPTION_NUMBER,
	 AT(bns_conf, tcp_max_clients),
	 .min = 1,
	 .max = 1000000,
	 .default_text = "1000",
	 .help = "TCP connections at a time, TLS included; when all are taken, the client address (IPv6: /64) that "
		 "holds the most loses its most silent one to a newcomer"},
	{.name = "tcp-idle-timeout",
	 .type = BNS_OPTION_SECONDS,
	 AT(bns_conf, tcp_idle_timeout_s),
	 .min = 1,
	 .max = 3600,
	 .default_text = "10s",
	 .help = "A TCP connection that says nothing for so long is closed"},
	{.name = "cookie-secret",
	 .type = BNS_OPTION_SECRETS,
	 LIST_AT(bns_conf, cookie_secrets, cookie_secret_count),
	 .max = 2,
	 .default_text = "",
	 .help = "Secret of DNS cookies (RFC 9018), shared by a fleet; of two the first makes cookies and both check "
		 "them; empty is a random one with every start"},
	{.name = "report-channel",
	 .type = BNS_OPTION_NAME,
	 AT(bns_conf, report_channel),
	 .default_text = "",
	 .help = "Agent domain to which resolvers may report errors (RFC 9567), told in every answer with EDNS; empty "
		 "tells none"},
	{.name = "log-format",
	 .type = BNS_OPTION_WORD,
	 AT(bns_conf, log_format),
	 .words = bns_log_formats,
	 .default_text = "text",
	 .help = "One line per event on standard error, as text or as a JSON object; syslog gets text"},
	{.name = "seccomp",
	 .type = BNS_OPTION_WORD,
	 AT(bns_conf, seccomp),
	 .words = bns_seccomp_modes,
	 .default_text = "yes",
	 .help = "System calls that no part has a use for are refused, and running a program ends the process; `log` "
		 "refuses nothing and leaves what it would have to the kernel's log"},
	{.name = "plugin-dir",
	 .type = BNS_OPTION_PATH,
	 AT(bns_conf, plugin_dir),
	 .help = "Folder of the plugins' shared objects; the one of the installation where it isn't written"},
};

static const struct bns_option database_options[] = {
	{.name = "storage",
	 .type = BNS_OPTION_PATH,
	 AT(bns_conf, storage),
	 .default_text = "/var/lib/brandns",
	 .help = "Folder of the embedded store; it is created where its parent exists"},
	{.name = "max-size",
	 .type = BNS_OPTION_SIZE,
	 AT(bns_conf, max_size_bytes),
	 .min = (uint64_t)1 << 20,
	 .max = (uint64_t)16 << 40,
	 .default_text = "4G",
	 .help = "Largest size of the store; once reached, changes are refused with that reason and service goes on"},
	{.name = "journal-depth",
	 .type = BNS_OPTION_NUMBER,
	 AT(bns_conf, journal_depth),
	 .min = 1,
	 .max = 100000,
	 .default_text = "20",
	 .help = "Versions kept per zone"},
};

static const struct bns_option control_options[] = {
	{.name = "listen",
	 .type = BNS_OPTION_PATH,
	 AT(bns_conf, control_listen),
	 .max = 107,
	 .default_text = "/run/brandns/control.sock",
	 .help = "Path of the control socket"},
	{.name = "admin",
	 .type = BNS_OPTION_TEXTS,
	 LIST_AT(bns_conf, control_admin, control_admin_count),
	 .default_text = "[root]",
	 .help = "Users and @groups that may change things; others that can connect may only read"},
};

static const struct bns_option key_options[] = {
	{.name = "id",
	 .type = BNS_OPTION_NAME,
	 AT(bns_key_draft, id),
	 .required = true,
	 .help = "Name of the TSIG key, a domain name"},
	{.name = "algorithm",
	 .type = BNS_OPTION_WORD,
	 AT(bns_key_draft, algorithm),
	 .words = bns_key_algorithms,
	 .default_text = "hmac-sha256",
	 .help = "HMAC of the key"},
	{.name = "secret",
	 .type = BNS_OPTION_TEXT,
	 AT(bns_key_draft, secret),
	 .help = "The secret in base64; in a file that others can read this is a warning"},
	{.name = "secret-file",
	 .type = BNS_OPTION_PATH,
	 AT(bns_key_draft, secret_file),
	 .help = "File with the secret in base64; refused where others can read or change it"},
};

static const struct bns_option remote_options[] = {
	{.name = "id",
	 .type = BNS_OPTION_TEXT,
	 AT(bns_conf_remote, id),
	 .required = true,
	 .help = "Name of the remote server"},
	{.name = "address",
	 .type = BNS_OPTION_ADDRESSES,
	 LIST_AT(bns_conf_remote, address, address_count),
	 .min = 1,
	 .required = true,
	 .help = "Its addresses, tried in this order; where no port is written it is 53, or 853 with `tls`"},
	{.name = "key",
	 .type = BNS_OPTION_REF,
	 AT(bns_conf_remote, key),
	 .ref = BNS_SECTION_KEY,
	 .help = "TSIG key for messages to and from it"},
	{.name = "tls",
	 .type = BNS_OPTION_MAPPING,
	 AT(bns_conf_remote, tls),
	 .ref = BNS_SECTION_REMOTE_TLS,
	 .help = "Serial checks, transfers and NOTIFY go by TLS 1.3 (RFC 9103), never in the clear; without it, they "
		 "are not encrypted"},
};

static const struct bns_option remote_tls_options[] = {
	{.name = "server-name",
	 .type = BNS_OPTION_NAME,
	 AT(bns_conf_tls, server_name),
	 .help = "Name that its certificate must be for"},
	{.name = "ca-file",
	 .type = BNS_OPTION_PATH,
	 AT(bns_conf_tls, ca_file),
	 .help = "PEM file with the authorities one of which must have signed for `server-name`; without it, those "
		 "that the system trusts. Read again on reload"},
	{.name = "pin",
	 .type = BNS_OPTION_PINS,
	 LIST_AT(bns_conf_tls, pin, pin_count),
	 .help = "SHA-256 of the public keys (SPKI, RFC 7858) one of which its certificate must have. Alone it "
		 "suffices, whoever signed the certificate and whatever its dates are; with `server-name` both must "
		 "hold"},
	{.name = "cert-file",
	 .type = BNS_OPTION_PATH,
	 AT(bns_conf_tls, cert_file),
	 .help = "PEM certificate chain to show to it (mutual TLS); read again on reload"},
	{.name = "key-file",
	 .type = BNS_OPTION_PATH,
	 AT(bns_conf_tls, key_file),
	 .help = "Private key of `cert-file`, PEM; refused where others can read or change it"},
	{.name = "profile",
	 .type = BNS_OPTION_SWITCH,
	 AT(bns_conf_tls, opportunistic),
	 .words = tls_profiles,
	 .default_text = "strict",
	 .help = "Strict: it must prove who it is. Opportunistic: whoever answers is taken for it, so that only those "
		 "who merely listen are kept out"},
	{.name = "alpn",
	 .type = BNS_OPTION_SWITCH,
	 AT(bns_conf_tls, alpn_optional),
	 .words = tls_alpn,
	 .default_text = "required",
	 .help = "Must it select the protocol `dot`, as RFC 9103 wants? NSD up to 4.6 at least doesn't"},
};

static const struct bns_option acl_options[] = {
	{.name = "id", .type = BNS_OPTION_TEXT, AT(bns_conf_acl, id), .required = true, .help = "Name of the rule"},
	{.name = "address",
	 .type = BNS_OPTION_PREFIXES,
	 LIST_AT(bns_conf_acl, address, address_count),
	 .help = "Addresses and prefixes it is for; none is any address"},
	{.name = "key",
	 .type = BNS_OPTION_REF,
	 AT(bns_conf_acl, key),
	 .ref = BNS_SECTION_KEY,
	 .help = "TSIG key that is needed; none where it isn't written"},
	{.name = "protocol",
	 .type = BNS_OPTION_WORDS,
	 AT(bns_conf_acl, protocols),
	 .words = acl_protocols,
	 .help = "How the request must have come; none is any"},
	{.name = "cert-key",
	 .type = BNS_OPTION_PINS,
	 LIST_AT(bns_conf_acl, cert_key, cert_key_count),
	 .help = "SHA-256 of public keys (SPKI) one of which the client's TLS certificate must have, whoever "
		 "signed it"},
	{.name = "cert-hostname",
	 .type = BNS_OPTION_TEXTS,
	 LIST_AT(bns_conf_acl, cert_hostname, cert_hostname_count),
	 .help = "Names for one of which the client's TLS certificate must be, signed by an authority of `ca-file`"},
	{.name = "ca-file",
	 .type = BNS_OPTION_PATH,
	 AT(bns_conf_acl, ca_file),
	 .help = "PEM file with the authorities for `cert-hostname`; without it, those that the system trusts. Read "
		 "again on reload"},
	{.name = "action",
	 .type = BNS_OPTION_WORDS,
	 AT(bns_conf_acl, actions),
	 .words = acl_actions,
	 .required = true,
	 .help = "What is allowed"},
};

/* What a template takes, a zone takes. */
#define ZONE_OPTIONS                                                                                                   \
	{.name = "file",                                                                                               \
	 .type = BNS_OPTION_PATTERN,                                                                                   \
	 AT(bns_zone_draft, pattern),                                                                                  \
	 .help = "Zone file; %s is the zone's name without the final dot, with what doesn't belong in a file name "    \
		 "as %XX, and %% a percent sign. A zone with `primary` needs none; with one, accepted versions are "   \
		 "also written there"},                                                                                \
		{.name = "primary",                                                                                    \
		 .type = BNS_OPTION_REFS,                                                                              \
		 LIST_AT(bns_zone_draft, zone.primary, zone.primary_count),                                            \
		 .ref = BNS_SECTION_REMOTE,                                                                            \
		 .help = "Remotes the zone is fetched from, in this order; none: it is served from its file"},         \
		{.name = "notify",                                                                                     \
		 .type = BNS_OPTION_REFS,                                                                              \
		 LIST_AT(bns_zone_draft, zone.notify, zone.notify_count),                                              \
		 .ref = BNS_SECTION_REMOTE,                                                                            \
		 .help = "Remotes that are told of new versions"},                                                     \
		{.name = "acl",                                                                                        \
		 .type = BNS_OPTION_REFS,                                                                              \
		 LIST_AT(bns_zone_draft, zone.acl, zone.acl_count),                                                    \
		 .ref = BNS_SECTION_ACL,                                                                               \
		 .help = "Rules for transfers and NOTIFY; none: nobody may transfer, and NOTIFY is taken from the "    \
			 "primaries"},                                                                                 \
		{.name = "refresh-min-interval",                                                                       \
		 .type = BNS_OPTION_SECONDS32,                                                                         \
		 AT(bns_zone_draft, zone.refresh_min_s),                                                               \
		 .min = 1,                                                                                             \
		 .default_text = "2s",                                                                                 \
		 .help = "Lower bound of the SOA's REFRESH"},                                                          \
		{.name = "refresh-max-interval",                                                                       \
		 .type = BNS_OPTION_LIMIT32,                                                                           \
		 AT(bns_zone_draft, zone.refresh_max_s),                                                               \
		 .default_text = "0",                                                                                  \
		 .help = "Upper bound of the SOA's REFRESH; 0 is none"},                                               \
		{.name = "retry-min-interval",                                                                         \
		 .type = BNS_OPTION_SECONDS32,                                                                         \
		 AT(bns_zone_draft, zone.retry_min_s),                                                                 \
		 .min = 1,                                                                                             \
		 .default_text = "1s",                                                                                 \
		 .help = "Lower bound of the SOA's RETRY"},                                                            \
		{.name = "retry-max-interval",                                                                         \
		 .type = BNS_OPTION_LIMIT32,                                                                           \
		 AT(bns_zone_draft, zone.retry_max_s),                                                                 \
		 .default_text = "0",                                                                                  \
		 .help = "Upper bound of the SOA's RETRY; 0 is none"},                                                 \
		{.name = "expire-min-interval",                                                                        \
		 .type = BNS_OPTION_SECONDS32,                                                                         \
		 AT(bns_zone_draft, zone.expire_min_s),                                                                \
		 .min = 1,                                                                                             \
		 .default_text = "3s",                                                                                 \
		 .help = "Lower bound of the SOA's EXPIRE"},                                                           \
		{.name = "expire-max-interval",                                                                        \
		 .type = BNS_OPTION_LIMIT32,                                                                           \
		 AT(bns_zone_draft, zone.expire_max_s),                                                                \
		 .default_text = "0",                                                                                  \
		 .help = "Upper bound of the SOA's EXPIRE; 0 is none"},                                                \
		{.name = "serial",                                                                                     \
		 .type = BNS_OPTION_WORD,                                                                              \
		 AT(bns_zone_draft, zone.serial),                                                                      \
		 .words = serial_policies,                                                                             \
		 .default_text = "increment",                                                                          \
		 .help = "How serials are made once our contents have differed from the primary's"},                   \
		{.name = "primary-pin",                                                                                \
		 .type = BNS_OPTION_SECONDS,                                                                           \
		 AT(bns_zone_draft, zone.primary_pin_s),                                                               \
		 .default_text = "0",                                                                                  \
		 .help = "Stay with the primary the last version came from, until another has had a newer "            \
			 "one for so long; 0: whoever has it is followed at once"},                                    \
		{.name = "transfer-max-size",                                                                          \
		 .type = BNS_OPTION_SIZE,                                                                              \
		 AT(bns_zone_draft, zone.transfer_max_bytes),                                                          \
		 .min = 512,                                                                                           \
		 .default_text = "4G",                                                                                 \
		 .help = "Octets that a transfer of the zone may have; a larger one is refused"},                      \
		{.name = "transfer-max-records",                                                                       \
		 .type = BNS_OPTION_NUMBER,                                                                            \
		 AT(bns_zone_draft, zone.transfer_max_records),                                                        \
		 .min = 1,                                                                                             \
		 .default_text = "50000000",                                                                           \
		 .help = "Records that the zone may have when it is transferred; a larger one is refused"},            \
		{.name = "transfer-timeout",                                                                           \
		 .type = BNS_OPTION_SECONDS,                                                                           \
		 AT(bns_zone_draft, zone.transfer_timeout_s),                                                          \
		 .min = 1,                                                                                             \
		 .max = 86400,                                                                                         \
		 .default_text = "30s",                                                                                \
		 .help = "A transfer is given up when the primary sends neither a whole message nor 4 KiB "            \
			 "of one for so long"},                                                                        \
		{.name = "transfer-max-time",                                                                          \
		 .type = BNS_OPTION_SECONDS,                                                                           \
		 AT(bns_zone_draft, zone.transfer_max_s),                                                              \
		 .min = 1,                                                                                             \
		 .default_text = "2h",                                                                                 \
		 .help = "A transfer that takes longer is given up, whatever its progress"},                           \
		{.name = "held-limit",                                                                                 \
		 .type = BNS_OPTION_SECONDS,                                                                           \
		 AT(bns_zone_draft, zone.held_limit_s),                                                                \
		 .default_text = "0",                                                                                  \
		 .help = "When a change has been held for so long, held-limit-action applies; 0: the zone "            \
			 "is served as long as a primary answers the serial check"},                                   \
		{.name = "held-limit-action",                                                                          \
		 .type = BNS_OPTION_SWITCH,                                                                            \
		 AT(bns_zone_draft, zone.held_limit_keep),                                                             \
		 .words = held_limit_actions,                                                                          \
		 .default_text = "expire",                                                                             \
		 .help = "What follows at held-limit: expire, serial checks don't prolong the zone any "               \
			 "more; keep, it is served on with a critical alarm"},                                         \
		{.name = "signed-hold-limit",                                                                          \
		 .type = BNS_OPTION_SWITCH,                                                                            \
		 AT(bns_zone_draft, zone.signed_hold_serve),                                                           \
		 .words = signed_hold_limits,                                                                          \
		 .default_text = "serve",                                                                              \
		 .help = "When a held signed zone's signatures run out: serve the newest sound candidate, or keep "    \
			 "the held version"},                                                                          \
		{.name = "catalog-role",                                                                               \
		 .type = BNS_OPTION_WORD,                                                                              \
		 AT(bns_zone_draft, catalog.role),                                                                     \
		 .words = catalog_roles,                                                                               \
		 .default_text = "none",                                                                               \
		 .help = "Catalog zones (RFC 9432). interpret: the zone's members become zones here; generate: the "   \
			 "zone is made here and lists those whose catalog-zone it is; member: it is such a zone"},     \
		{.name = "catalog-template",                                                                           \
		 .type = BNS_OPTION_TEXTS,                                                                             \
		 LIST_AT(bns_zone_draft, catalog.templates, catalog.template_count),                                   \
		 .default_text = "[]",                                                                                 \
		 .help = "Templates of an interpreted catalog's members: a member that is in a group gets the "        \
			 "template of that name, others get the first. Where none is written, `default`"},             \
		{.name = "catalog-removals-max",                                                                       \
		 .type = BNS_OPTION_SHARE,                                                                             \
		 AT(bns_zone_draft, catalog.removals_max),                                                             \
		 .default_text = "10",                                                                                 \
		 .help = "Members, or percent of them, that may leave a catalog at once; a version with more is "      \
			 "held"},                                                                                      \
		{.name = "catalog-zone",                                                                               \
		 .type = BNS_OPTION_NAME,                                                                              \
		 AT(bns_zone_draft, catalog.zone),                                                                     \
		 .default_text = "",                                                                                   \
		 .help = "Zone with `catalog-role: generate` that lists this one; empty is none"},                     \
	{                                                                                                              \
		.name = "catalog-group", .type = BNS_OPTION_TEXT, AT(bns_zone_draft, catalog.group), .max = 255,       \
		.default_text = "", .help = "Group of the zone in that catalog; empty is none"                         \
	}

static const struct bns_option template_options[] = {
	{.name = "id",
	 .type = BNS_OPTION_TEXT,
	 AT(bns_zone_draft, name),
	 .required = true,
	 .help = "Name of the template; `default` is for every zone that names no other"},
	ZONE_OPTIONS,
};

static const struct bns_option zone_options[] = {
	{.name = "domain",
	 .type = BNS_OPTION_NAME,
	 AT(bns_zone_draft, name),
	 .required = true,
	 .help = "Name of the zone"},
	{.name = "template",
	 .type = BNS_OPTION_REF,
	 AT(bns_zone_draft, template),
	 .ref = BNS_SECTION_TEMPLATE,
	 .help = "Template whose settings the zone begins with"},
	ZONE_OPTIONS,
};

static const struct bns_option zone_directory_options[] = {
	{.name = "path",
	 .type = BNS_OPTION_PATH,
	 AT(bns_zone_directory, path),
	 .required = true,
	 .help = "Folder in which every NAME.zone is a zone; a zone that is configured by itself goes first"},
	{.name = "template",
	 .type = BNS_OPTION_REF,
	 AT(bns_zone_directory, template),
	 .ref = BNS_SECTION_TEMPLATE,
	 .help = "Template for the zones in it"},
};

static const struct bns_option plugin_options[] = {
	{.name = "id",
	 .type = BNS_OPTION_TEXT,
	 AT(bns_conf_plugin, id),
	 .required = true,
	 .help = "Name of the plugin; further keys are its own options"},
};

#define OPTIONS(array) .options = array, .option_count = COUNT_OF(array)

const struct bns_section bns_sections[BNS_SECTION_COUNT] = {
	[BNS_SECTION_SERVER] = {.name = "server", .help = "How queries are answered", OPTIONS(server_options)},
	[BNS_SECTION_DATABASE] = {.name = "database",
				  .help = "Where versions and decisions are kept",
				  OPTIONS(database_options)},
	[BNS_SECTION_CONTROL] = {.name = "control",
				 .help = "Who may say what to the running daemon",
				 OPTIONS(control_options)},
	[BNS_SECTION_KEY] = {.name = "key",
			     .help = "TSIG keys (RFC 8945)",
			     .item = "a key",
			     .many = true,
			     .item_size = sizeof(struct bns_key_draft),
			     OPTIONS(key_options)},
	[BNS_SECTION_REMOTE] = {.name = "remote",
				.help = "Other servers",
				.item = "a remote",
				.many = true,
				.item_size = sizeof(struct bns_conf_remote),
				OPTIONS(remote_options)},
	[BNS_SECTION_ACL] = {.name = "acl",
			     .help = "Rules of who may transfer or notify",
			     .item = "an acl",
			     .many = true,
			     .item_size = sizeof(struct bns_conf_acl),
			     OPTIONS(acl_options)},
	[BNS_SECTION_TEMPLATE] = {.name = "template",
				  .help = "Settings shared by zones",
				  .item = "a template",
				  .many = true,
				  .item_size = sizeof(struct bns_zone_draft),
				  OPTIONS(template_options)},
	[BNS_SECTION_ZONE_DIRECTORY] = {.name = "zone-directory",
					.help = "Folders of zone files",
					.item = "a zone-directory",
					.many = true,
					.item_size = sizeof(struct bns_zone_directory),
					OPTIONS(zone_directory_options)},
	[BNS_SECTION_ZONE] = {.name = "zone",
			      .help = "Zones",
			      .item = "a zone",
			      .many = true,
			      .item_size = sizeof(struct bns_zone_draft),
			      OPTIONS(zone_options)},
	[BNS_SECTION_PLUGIN] = {.name = "plugin",
				.help = "Plugins to load, in this order",
				.item = "a plugin",
				.many = true,
				.open = true,
				.item_size = sizeof(struct bns_conf_plugin),
				OPTIONS(plugin_options)},
	[BNS_SECTION_REMOTE_TLS] = {.name = "remote.tls",
				    .help = "How a remote is spoken to by TLS",
				    .item_size = sizeof(struct bns_conf_tls),
				    OPTIONS(remote_tls_options)},
};
