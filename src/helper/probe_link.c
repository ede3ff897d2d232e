/* SPDX-License-Identifier: BSD-3-Clause */
/* The last test before one writes to Support: the http link of a test mail, tried as https. */
#include <stdio.h>

#include "helper/probe.h"

#define REMEDY "see `branding check` for the step that fails"

static void try_at(struct bns_probe *p, const char *scheme, const union bns_addr *addr, const char *path,
		   struct bns_probe_http *got)
{
	char where[BNS_ADDR_TEXT_MAX];
	bns_addr_to_text(addr, where);
	bns_probe_asking(p, "GET %s://%s%.300s at %s", scheme, p->host, path, where);
	bns_probe_http(p->settings,
		       &(struct bns_probe_request){.scheme = scheme,
						   .connect = p->host,
						   .addr = addr,
						   .host = p->host,
						   .path = path,
						   .user_agent = BNS_PROBE_BROWSER},
		       got);
}

static bool is_answer(const struct bns_probe_http *got)
{
	return got->status > 0 && got->status < 400;
}

void bns_probe_link(struct bns_probe *p, const char *path)
{
	struct bns_probe_addrs addrs;
	struct bns_probe_http http, https;
	char said[BNS_PROBE_SAID_MAX];
	if (!bns_probe_resolve(p, p->host, &addrs))
		return;
	union bns_addr tls_addr = bns_probe_at_port(&addrs.list[0], p->settings->https_port);
	union bns_addr plain_addr = bns_probe_at_port(&addrs.list[0], p->settings->http_port);
	try_at(p, "http", &plain_addr, path, &http);
	if (is_answer(&http))
		bns_probe_good(p, "as http: %s", bns_probe_say(&http, said));
	else
		bns_probe_bad(p, "LB06", 'H', "take the link from a test mail, whole; then " REMEDY, "as http: %s",
			      bns_probe_say(&http, said));
	enum bns_probe_reach reach = bns_probe_handshake(p, &tls_addr);
	if (reach == BNS_PROBE_UNSEEN)
		bns_probe_bad(p, "LB05", 'C', "try it from a machine that has a route to it",
			      "nothing could be seen of it from here");
	if (reach != BNS_PROBE_UP)
		return;
	try_at(p, "https", &tls_addr, path, &https);
	if (is_answer(&https) || https.status == http.status)
		bns_probe_good(p, "as https: %s", bns_probe_say(&https, said));
	else
		bns_probe_bad(p, "LB09", 'C', REMEDY, "as https: %s", bns_probe_say(&https, said));
}
