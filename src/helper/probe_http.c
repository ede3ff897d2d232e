/* SPDX-License-Identifier: BSD-3-Clause */
/* One request to one address, by libcurl; redirections are told, not followed. */
#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "helper/probe.h"

#define BODY_MAX ((size_t)256 * 1024) /* of which the digest is made */

struct reading {
	struct bns_probe_http *out;
	XXH3_state_t *digest;
	size_t body_bytes;
};

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct reading *r = arg;
	size_t n = size * count;
	if (r->body_bytes + n > BODY_MAX)
		return 0; /* enough is known */
	r->body_bytes += n;
	XXH3_64bits_update(r->digest, data, n);
	return n;
}

static void take_header(const char *line, size_t len, const char *name, char *out, size_t cap)
{
	size_t n = strlen(name);
	if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
		return;
	while (++n < len && isspace((unsigned char)line[n]))
		;
	while (len > n && isspace((unsigned char)line[len - 1]))
		len--;
	snprintf(out, cap, "%.*s", (int)(len - n), line + n);
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
	struct reading *r = arg;
	size_t n = size * count;
	take_header(data, n, "location", r->out->location, sizeof(r->out->location));
	take_header(data, n, "strict-transport-security", r->out->hsts, sizeof(r->out->hsts));
	take_header(data, n, "age", r->out->age, sizeof(r->out->age));
	take_header(data, n, "x-cache", r->out->cache, sizeof(r->out->cache));
	return n;
}

/* The URL's host is at this very address, whatever DNS says. */
static struct curl_slist *resolve_to(const struct bns_probe_request *r)
{
	char address[BNS_ADDR_TEXT_MAX], line[BNS_PROBE_NAME_MAX + BNS_ADDR_TEXT_MAX + 16];
	bns_addr_to_text(r->addr, address);
	*strchrnul(address, '@') = '\0';
	snprintf(line, sizeof(line), "%s:%u:%s", r->connect, (unsigned)bns_addr_port(r->addr), address);
	return curl_slist_append(NULL, line);
}

static void set_options(CURL *c, const struct bns_probe_settings *s, const struct bns_probe_request *r,
			struct curl_slist *resolve, struct curl_slist *headers, struct reading *reading)
{
	char url[2048];
	snprintf(url, sizeof(url), "%s://%s:%u%s", r->scheme, r->connect, (unsigned)bns_addr_port(r->addr), r->path);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_PROXY, ""); /* what a recipient meets, not what a proxy of ours makes of it */
	curl_easy_setopt(c, CURLOPT_RESOLVE, resolve);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, r->user_agent ? r->user_agent : s->user_agent);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)s->timeout_ms);
	/* Whether the certificate is good is a step of its own; here it is what comes behind it. */
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, reading);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, reading);
}

void bns_probe_http(const struct bns_probe_settings *s, const struct bns_probe_request *r, struct bns_probe_http *out)
{
	char host[BNS_PROBE_NAME_MAX + 8];
	*out = (struct bns_probe_http){0};
	struct reading reading = {.out = out, .digest = XXH3_createState()};
	CURL *c = curl_easy_init();
	snprintf(host, sizeof(host), "Host: %s", r->host);
	struct curl_slist *headers = curl_slist_append(NULL, host), *resolve = resolve_to(r);
	if (c && headers && resolve && reading.digest) {
		XXH3_64bits_reset(reading.digest);
		set_options(c, s, r, resolve, headers, &reading);
		bns_probe_pace(s, r->addr);
		CURLcode code = curl_easy_perform(c);
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &out->status);
		out->digest = XXH3_64bits_digest(reading.digest);
		if (out->status == 0)
			snprintf(out->why, sizeof(out->why), "%s", curl_easy_strerror(code));
	} else {
		snprintf(out->why, sizeof(out->why), "memory is short");
	}
	XXH3_freeState(reading.digest);
	curl_slist_free_all(headers);
	curl_slist_free_all(resolve);
	curl_easy_cleanup(c);
}
