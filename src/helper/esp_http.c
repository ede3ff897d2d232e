/* SPDX-License-Identifier: BSD-3-Clause */
/* One request to the API, by libcurl. Redirections aren't followed: the key is for one host. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "helper/esp.h"

#define BODY_MAX    ((size_t)8 << 20)
#define TRIES_MAX   4
#define WAIT_MAX_S  60 /* longer than that the order is given back */
#define WAIT_S      2  /* where the provider doesn't say how long */
#define CONNECT_MS  10000L
#define TOO_MANY    429
#define UNAVAILABLE 503

struct body {
	char *data;
	size_t len;
	bool too_long;
};

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct body *b = arg;
	size_t n = size * count;
	b->too_long = b->len + n > BODY_MAX;
	char *wider = b->too_long ? NULL : realloc(b->data, b->len + n + 1);
	if (!wider)
		return 0;
	memcpy(wider + b->len, data, n);
	b->data = wider;
	b->len += n;
	return n;
}

static struct curl_slist *headers_of(const struct bns_esp *e, const struct bns_esp_request *r)
{
	char line[BNS_ESP_KEY_MAX + 64];
	snprintf(line, sizeof(line), "Authorization: Bearer %s", e->key);
	struct curl_slist *list = curl_slist_append(NULL, line);
	explicit_bzero(line, sizeof(line));
	if (r->subuser) {
		snprintf(line, sizeof(line), "on-behalf-of: %s", r->subuser);
		list = curl_slist_append(list, line);
	}
	return curl_slist_append(list, "Accept: application/json");
}

static void set_options(CURL *c, const struct bns_esp *e, const struct bns_esp_request *r, struct curl_slist *headers,
			struct body *body)
{
	char url[2048];
	uint64_t now_ms = bns_clock_mono_ms();
	uint64_t left_ms = e->deadline_ms > now_ms ? e->deadline_ms - now_ms : 1;
	snprintf(url, sizeof(url), "%s%s", e->base, r->path);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_NOPROXY, "127.0.0.1,::1,localhost");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "brandns/" PACKAGE_VERSION);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(e->timeout_ms < left_ms ? e->timeout_ms : left_ms));
	curl_easy_setopt(c, CURLOPT_MAXFILESIZE, (long)BODY_MAX);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, body);
	if (strcmp(r->method, "POST") == 0) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, 0L);
	}
}

/* ---- what came back ---- */

/* {"errors":[{"message":"…"}]}; nothing where it would tell the key. */
static void take_message(const struct bns_esp *e, const struct body *b, char *out, size_t cap)
{
	json_t *root = b->len > 0 ? json_loadb(b->data, b->len, 0, NULL) : NULL;
	const json_t *first = json_array_get(json_object_get(root, "errors"), 0);
	const char *text = json_string_value(json_object_get(first, "message"));
	out[0] = '\0';
	if (text && !strstr(text, e->key))
		snprintf(out, cap, ": %.160s", text);
	json_decref(root);
}

static json_t *refuse(struct bns_esp *e, const struct bns_esp_request *r, long status, const struct body *b)
{
	char message[200];
	take_message(e, b, message, sizeof(message));
	const char *hint = status == 401   ? "; is the key right, and for this region?"
			   : status == 403 ? "; the key must be allowed to read link brandings, and subusers' too"
					   : "";
	bns_esp_fail(e, "%s %s%s%s: status %ld%s%s", r->method, r->path, r->subuser ? " on behalf of " : "",
		     r->subuser ? r->subuser : "", status, message, hint);
	return NULL;
}

static json_t *parse(struct bns_esp *e, const struct bns_esp_request *r, const struct body *b)
{
	json_error_t error;
	json_t *root = json_loadb(b->data ? b->data : "", b->len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		bns_esp_fail(e, "%s %s: the answer is no JSON (line %d: %.120s)", r->method, r->path, error.line,
			     error.text);
	return root;
}

/* Waits as the provider wants; false: that is too long. */
static bool wait_for_turn(struct bns_esp *e, curl_off_t retry_after_s)
{
	e->retry_s = retry_after_s > 0 ? (long)retry_after_s : WAIT_S;
	if (e->retry_s > WAIT_MAX_S || bns_clock_mono_ms() + (uint64_t)e->retry_s * 1000 > e->deadline_ms)
		return false;
	const struct timespec pause = {.tv_sec = e->retry_s};
	nanosleep(&pause, NULL);
	return true;
}

/* One try. `*again`: it may be tried once more now. */
static json_t *try_once(struct bns_esp *e, const struct bns_esp_request *r, bool *again)
{
	struct body body = {0};
	json_t *answer = NULL;
	long status = 0;
	curl_off_t retry_after_s = 0;
	CURL *c = curl_easy_init();
	struct curl_slist *headers = headers_of(e, r);
	*again = false;
	if (c && headers) {
		set_options(c, e, r, headers, &body);
		CURLcode code = curl_easy_perform(c);
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &retry_after_s);
		if (body.too_long || code == CURLE_FILESIZE_EXCEEDED)
			bns_esp_fail(e, "%s %s: the answer is longer than 8 MiB", r->method, r->path);
		else if (code != CURLE_OK)
			bns_esp_fail(e, "%s %s at %s: %s", r->method, r->path, e->base, curl_easy_strerror(code));
		else if (status == 200)
			answer = parse(e, r, &body);
		else if (status == 404 && r->may_be_missing)
			answer = json_null();
		else
			answer = refuse(e, r, status, &body);
		if (code == CURLE_OK && (status == TOO_MANY || status == UNAVAILABLE))
			*again = wait_for_turn(e, retry_after_s);
	} else {
		bns_esp_fail(e, "memory is short");
	}
	free(body.data);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return answer;
}

json_t *bns_esp_ask(struct bns_esp *e, const struct bns_esp_request *request)
{
	json_t *answer = NULL;
	bool again = true;
	for (unsigned i = 0; i < TRIES_MAX && again && !answer; i++) {
		e->why[0] = '\0';
		e->retry_s = 0;
		answer = try_once(e, request, &again);
	}
	return answer;
}
