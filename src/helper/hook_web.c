/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * POST of an event. With a secret, X-Brandns-Signature is "sha256=" and the
 * HMAC-SHA256, in hex, of X-Brandns-Time, a dot, and the body: an old one can't
 * be sent again by somebody else.
 */
#include <curl/curl.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "helper/hook.h"

#define SECRET_MAX 4096

/* The file's first line. Its length, or -1. */
static int read_secret(const char *path, char secret[SECRET_MAX])
{
	FILE *file = fopen(path, "r");
	size_t n = file ? fread(secret, 1, SECRET_MAX - 1, file) : 0;
	if (file)
		fclose(file);
	secret[n] = '\0';
	secret[strcspn(secret, "\r\n")] = '\0';
	return *secret ? (int)strlen(secret) : -1;
}

static bool sign(const struct bns_hook_settings *s, const struct bns_hook_event *e, const char *time_text,
		 struct curl_slist **headers)
{
	char secret[SECRET_MAX], line[160];
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len = 0;
	char *text = NULL;
	int secret_len = read_secret(s->secret_file, secret);
	int len = secret_len > 0 ? asprintf(&text, "%s.%s", time_text, e->body) : -1;
	bool good =
		len > 0 && HMAC(EVP_sha256(), secret, secret_len, (unsigned char *)text, (size_t)len, mac, &mac_len);
	explicit_bzero(secret, sizeof(secret));
	if (len > 0)
		free(text);
	int at = snprintf(line, sizeof(line), "X-Brandns-Signature: sha256=");
	for (unsigned i = 0; i < mac_len && (size_t)at + 3 < sizeof(line); i++)
		at += snprintf(line + at, sizeof(line) - (size_t)at, "%02x", mac[i]);
	*headers = curl_slist_append(*headers, line);
	return good;
}

static struct curl_slist *headers_of(const struct bns_hook_settings *s, const struct bns_hook_event *e, bool *good)
{
	char line[320], time_text[32];
	struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
	snprintf(time_text, sizeof(time_text), "%lld", (long long)bns_clock_wall_s());
	snprintf(line, sizeof(line), "X-Brandns-Time: %s", time_text);
	list = curl_slist_append(list, line);
	snprintf(line, sizeof(line), "X-Brandns-Event: %.64s", e->kind);
	list = curl_slist_append(list, line);
	snprintf(line, sizeof(line), "X-Brandns-Delivery: %" JSON_INTEGER_FORMAT, e->id);
	list = curl_slist_append(list, line);
	*good = !*s->secret_file || sign(s, e, time_text, &list);
	return list;
}

static size_t ignore(char *data, size_t size, size_t count, void *arg)
{
	(void)data;
	(void)arg;
	return size * count;
}

static void set_options(CURL *c, const struct bns_hook_settings *s, const struct bns_hook_event *e,
			struct curl_slist *headers)
{
	curl_easy_setopt(c, CURLOPT_URL, s->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	if (*s->socket)
		curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, s->socket);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "127.0.0.1,::1,localhost");
	curl_easy_setopt(c, CURLOPT_USERAGENT, "brandns/" PACKAGE_VERSION);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, e->body);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)e->len);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, s->timeout_ms);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, ignore);
}

bool bns_hook_web(const struct bns_hook_settings *s, const struct bns_hook_event *e, char why[BNS_HOOK_WHY_MAX])
{
	CURL *c = curl_easy_init();
	bool is_signed = false;
	long status = 0;
	struct curl_slist *headers = headers_of(s, e, &is_signed);
	CURLcode code = CURLE_OUT_OF_MEMORY;
	if (c && is_signed) {
		set_options(c, s, e, headers);
		code = curl_easy_perform(c);
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	}
	curl_slist_free_all(headers);
	if (c)
		curl_easy_cleanup(c);
	if (!is_signed)
		snprintf(why, BNS_HOOK_WHY_MAX, "the secret can't be read from %.160s", s->secret_file);
	else if (code != CURLE_OK)
		snprintf(why, BNS_HOOK_WHY_MAX, "%s", curl_easy_strerror(code));
	else
		snprintf(why, BNS_HOOK_WHY_MAX, "it answered with status %ld", status);
	return is_signed && code == CURLE_OK && status >= 200 && status < 300;
}
