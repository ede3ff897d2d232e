/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * probe-helper: looks at targets of branded hosts from outside, over DNS, TLS
 * and HTTP, for the plugin `probe`. It is a process of its own and may wait:
 * a few threads take orders one after the other (probe.c), each order is a
 * list of steps (probe_route.c, probe_compare.c, probe_check.c, probe_link.c),
 * and every step says what was asked, what came back and what to do.
 * Thread: an order belongs to one thread; settings are read-only.
 */
#ifndef BNS_HELPER_PROBE_H
#define BNS_HELPER_PROBE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/addr.h"

#define BNS_PROBE_ADDRS_MAX   16
#define BNS_PROBE_SERVERS_MAX 16
#define BNS_PROBE_TEXT_MAX    512
#define BNS_PROBE_NAME_MAX    256
#define BNS_PROBE_SAID_MAX    300
#define BNS_PROBE_QUERY       "?upn=u001.brandns-probe" /* of a tracked link */
#define BNS_PROBE_BROWSER     "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

struct bns_probe_settings {
	union bns_addr resolvers[4];
	size_t resolver_count; /* 0: the system's */
	const char *ca_file;   /* NULL: the system's */
	const char *user_agent;
	json_t *user_agents; /* array of those that must not be turned away; empty: the built-in ones */
	const char *path;    /* of a tracked link, without the query */
	uint16_t https_port, http_port;
	unsigned timeout_ms;  /* of one connection or question */
	unsigned interval_ms; /* between two connections to one address */
	unsigned warn_days, alarm_days;
	json_t *caa_issuers; /* array of domains, maybe empty */
};

struct bns_probe {
	const struct bns_probe_settings *settings;
	const char *host;          /* names without the final dot */
	const char *target;        /* NULL: what DNS says */
	const char *origin;        /* the ESP's host; NULL: nothing to compare with */
	const char *zone;          /* NULL: not known */
	uint32_t serial;           /* of the zone as the daemon serves it; 0: not known */
	const char *here;          /* where the daemon takes questions, "127.0.0.1@53"; NULL: not known */
	bool held;                 /* a change of the zone waits there */
	const json_t *caa_issuers; /* those of the host's certificate; NULL or empty: the settings' */
	bool http_only;            /* links are http still: the ESP's own name is the lawful target */
	uint64_t until_ms;         /* on the monotonic clock; 0: no end */
	json_t *steps;
	char asked[BNS_PROBE_TEXT_MAX]; /* what the next steps answer */
	json_t *chain;                  /* names from the host on, each a CNAME to the next */
	json_t *addresses;              /* what was seen at each */
	json_t *seen;                   /* the one of `addresses` that is looked at; borrowed */
	bool tls_bad, bad;
	bool reached; /* one address at least could be looked at */
};

/* What is asked from here on: the next steps say what came back. */
void bns_probe_asking(struct bns_probe *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * Adds a step. `rule` NULL: in order. A bad one with severity C or H makes the
 * whole bad; M is told.
 */
void bns_probe_good(struct bns_probe *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void bns_probe_bad(struct bns_probe *p, const char *rule, char severity, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Waits until the address may be connected to again; for every connection. */
void bns_probe_pace(const struct bns_probe_settings *s, const union bns_addr *addr);

/* From here on that address is looked at. */
void bns_probe_at(struct bns_probe *p, const union bns_addr *addr);
/* Keeps a fact of it, for reports; `value` is taken over. */
void bns_probe_fact(struct bns_probe *p, const char *name, json_t *value);

/* In printable ASCII, maybe cut; null for "" and NULL. */
json_t *bns_probe_text(const char *text);

/* ---- DNS ---- */

enum bns_probe_dns { BNS_PROBE_DNS_OK, BNS_PROBE_DNS_NODATA, BNS_PROBE_DNS_NXDOMAIN, BNS_PROBE_DNS_FAILED };

struct bns_probe_addrs {
	union bns_addr list[BNS_PROBE_ADDRS_MAX]; /* port 0 */
	size_t count;
	char name[BNS_PROBE_NAME_MAX]; /* where the aliases end */
	char way[1024];                /* the aliases before, apart by a space */
	char why[128];                 /* where it isn't OK */
};

/* A and AAAA through the resolver. */
enum bns_probe_dns bns_probe_addresses(const struct bns_probe_settings *s, const char *name,
				       struct bns_probe_addrs *out);

struct bns_probe_answer {
	bool aa;
	unsigned rcode;
	char cname[BNS_PROBE_NAME_MAX]; /* the name's own; "" none */
	uint32_t ttl_s;                 /* its own, too */
	char all[1024];                 /* names in answer and authority, apart by a space, lower-case */
	uint32_t serial;                /* of a SOA in the answer */
	char why[128];                  /* "" it answered */
};

/* One question, to one server (NULL: the resolver). */
void bns_probe_ask(const struct bns_probe_settings *s, const union bns_addr *server, const char *name, unsigned type,
		   bool checking_disabled, struct bns_probe_answer *out);

/* Do the CNAMEs from there go round, or on for too long? `meets`: the name where that is seen. */
bool bns_probe_chase(const struct bns_probe_settings *s, const char *name, char meets[BNS_PROBE_NAME_MAX]);

struct bns_probe_servers {
	struct {
		char name[BNS_PROBE_NAME_MAX];
		struct bns_probe_addrs addrs;
	} list[BNS_PROBE_SERVERS_MAX];
	size_t count;
};

/* The name servers of a zone, as the resolver knows them. False: none. */
bool bns_probe_servers_of(const struct bns_probe_settings *s, const char *zone, struct bns_probe_servers *out);
/* As the parent delegates it: names alone. False: it can't be found out. */
bool bns_probe_delegation(const struct bns_probe_settings *s, const char *zone, struct bns_probe_servers *out);

/* What the parent vouches for, and whether the zone has such a key at `server`. */
struct bns_probe_ds {
	bool asked; /* both answered */
	size_t ds_count, key_count;
	bool fits; /* one of the keys is one of the DS's */
};
void bns_probe_ds_of(const struct bns_probe_settings *s, const char *zone, const union bns_addr *server,
		     struct bns_probe_ds *out);

/* The CAA set that decides about the name: issuers, "" for "nobody". False: none, everybody may. */
struct bns_probe_caa {
	char at[BNS_PROBE_NAME_MAX];
	char issuers[512]; /* apart by a space */
};
bool bns_probe_caa_of(const struct bns_probe_settings *s, const char *name, struct bns_probe_caa *out);

/* ---- TLS ---- */

struct bns_probe_tls {
	bool connected; /* over TLS */
	bool no_route;  /* this machine has no way there: that says nothing about the target */
	bool name_fits, chain_holds;
	char names[256]; /* what the certificate is for */
	char subject[256], issuer[256];
	char chain_why[128];
	char version[16];
	int days_left; /* below 0: over */
	char not_before[32], not_after[32];
	char why[160]; /* where it isn't connected */
};

void bns_probe_tls(const struct bns_probe_settings *s, const union bns_addr *addr, const char *host,
		   struct bns_probe_tls *out);

/* ---- HTTP ---- */

struct bns_probe_http {
	long status;         /* 0: none, see `why` */
	char location[1024]; /* "" none */
	char hsts[256], age[32], cache[128];
	uint64_t digest; /* of the body */
	char why[160];
};

struct bns_probe_request {
	const char *scheme;         /* "https", "http" */
	const char *connect;        /* the host in the URL and of the certificate's name */
	const union bns_addr *addr; /* with its port */
	const char *host;           /* Host header */
	const char *path;           /* with its query */
	const char *user_agent;     /* NULL: the settings' */
};

void bns_probe_http(const struct bns_probe_settings *s, const struct bns_probe_request *r, struct bns_probe_http *out);

/* As one word, for steps; and for reports. */
char *bns_probe_say(const struct bns_probe_http *a, char out[BNS_PROBE_SAID_MAX]);
json_t *bns_probe_http_facts(const struct bns_probe_http *a);

char *bns_probe_addr_text(const union bns_addr *addr, char out[BNS_ADDR_TEXT_MAX]); /* without its port */
union bns_addr bns_probe_at_port(const union bns_addr *addr, uint16_t port);

/* ---- the steps ---- */

/* Is the time for all of them over? */
bool bns_probe_is_over(const struct bns_probe *p);

/* Each is a step or more. False: what comes after makes no sense. */
bool bns_probe_resolve(struct bns_probe *p, const char *name, struct bns_probe_addrs *out);
enum bns_probe_reach { BNS_PROBE_UNSEEN, BNS_PROBE_DEAD, BNS_PROBE_UP };
enum bns_probe_reach bns_probe_handshake(struct bns_probe *p, const union bns_addr *addr);
/* `with_agents`: also as all those who follow links in mail. */
void bns_probe_compare(struct bns_probe *p, const union bns_addr *addr, const struct bns_probe_addrs *origin,
		       bool with_agents);

/* Would the host, at `target`, work over TLS and HTTP? */
void bns_probe_route(struct bns_probe *p);
/* All that can be seen from outside, in the order of a set-up. */
void bns_probe_check(struct bns_probe *p);
/* HSTS of the ancestors, CAA, app-link files. */
void bns_probe_around(struct bns_probe *p);
/* One link of a test mail, as http and as https. `host` is the link's. */
void bns_probe_link(struct bns_probe *p, const char *path);

#endif
