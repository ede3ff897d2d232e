/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * probe-helper: looks at targets of branded hosts from outside, over DNS, TLS
 * and HTTP, for the plugin `probe`. It is a process of its own and may wait:
 * a few threads take orders one after the other (probe.c), each order is a
 * list of steps (probe_route.c, probe_check.c), and every step says what was
 * asked, what came back and what to do.
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

struct bns_probe_settings {
	union bns_addr resolvers[4];
	size_t resolver_count; /* 0: the system's */
	const char *ca_file;   /* NULL: the system's */
	const char *user_agent;
	const char *path; /* of a tracked link, without the query */
	uint16_t https_port, http_port;
	unsigned timeout_ms;  /* of one connection or question */
	unsigned interval_ms; /* between two connections to one address */
	unsigned warn_days, alarm_days;
	json_t *caa_issuers; /* array of domains, maybe empty */
};

struct bns_probe {
	const struct bns_probe_settings *settings;
	const char *host;   /* names without the final dot */
	const char *target; /* NULL: what DNS says */
	const char *origin; /* the ESP's host; NULL: nothing to compare with */
	const char *zone;   /* NULL: not known */
	bool plain;         /* the ESP's own name is the lawful target */
	json_t *steps;
	bool tls_bad, bad;
};

/*
 * Adds a step. `rule` NULL: in order. A bad one with severity C or H makes the
 * whole bad; M is told.
 */
void bns_probe_good(struct bns_probe *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void bns_probe_bad(struct bns_probe *p, const char *rule, char severity, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Waits until the address may be connected to again; for every connection. */
void bns_probe_pace(const struct bns_probe_settings *s, const union bns_addr *addr);

/* ---- DNS ---- */

enum bns_probe_dns { BNS_PROBE_DNS_OK, BNS_PROBE_DNS_NODATA, BNS_PROBE_DNS_NXDOMAIN, BNS_PROBE_DNS_FAILED };

struct bns_probe_addrs {
	union bns_addr list[BNS_PROBE_ADDRS_MAX]; /* port 0 */
	size_t count;
	char name[BNS_PROBE_NAME_MAX]; /* where the aliases end */
	char why[128];                 /* where it isn't OK */
};

/* A and AAAA through the resolver. */
enum bns_probe_dns bns_probe_addresses(const struct bns_probe_settings *s, const char *name,
				       struct bns_probe_addrs *out);

struct bns_probe_answer {
	bool aa;
	unsigned rcode;
	char cname[BNS_PROBE_NAME_MAX]; /* the name's own; "" none */
	char all[1024];                 /* names in answer and authority, apart by a space, lower-case */
	uint32_t serial;                /* of a SOA in the answer */
	char why[128];                  /* "" it answered */
};

/* One question, to one server (NULL: the resolver). */
void bns_probe_ask(const struct bns_probe_settings *s, const union bns_addr *server, const char *name, unsigned type,
		   bool checking_disabled, struct bns_probe_answer *out);

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

/* The CAA set that decides about the name: issuers, "" for "nobody". False: none, everybody may. */
struct bns_probe_caa {
	char at[BNS_PROBE_NAME_MAX];
	char issuers[512]; /* apart by a space */
};
bool bns_probe_caa_of(const struct bns_probe_settings *s, const char *name, struct bns_probe_caa *out);

/* ---- TLS ---- */

struct bns_probe_tls {
	bool connected; /* over TLS */
	bool name_fits, chain_holds;
	char subject[256]; /* what the certificate is for: its names */
	char issuer[256];
	char chain_why[128];
	char version[16];
	int days_left; /* below 0: over */
	char not_after[32];
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

union bns_addr bns_probe_at_port(const union bns_addr *addr, uint16_t port);

/* ---- the steps ---- */

/* Would the host, at `target`, work over TLS and HTTP? */
void bns_probe_route(struct bns_probe *p);
/* All that can be seen from outside, in the order of a set-up. */
void bns_probe_check(struct bns_probe *p);
/* One link of a test mail, as http and as https. `host` is the link's. */
void bns_probe_link(struct bns_probe *p, const char *path);

#endif
