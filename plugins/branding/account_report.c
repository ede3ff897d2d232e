/* SPDX-License-Identifier: BSD-3-Clause */
/* `account readiness` in words: for whoever works on it, and for the ESP's Support. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"

static const char *word(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static bool is_true(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

/* Of a user what Support does is left out where `wants_support` isn't. */
static void put_missing(FILE *out, const json_t *of, const char *indent, bool wants_support)
{
	const json_t *row;
	size_t i;

	json_array_foreach (json_object_get(of, "missing"), i, row) {
		if (wants_support || strcmp(word(row, "kind"), "support") != 0)
			fprintf(out, "%s%s\n", indent, word(row, "text"));
	}
}

static void put_user(FILE *out, const json_t *root, const json_t *user)
{
	if (word(user, "user")[0])
		fprintf(out, "subuser %s of ", word(user, "user"));
	fprintf(out, "account %s", word(root, "account"));
}

/* ---- the list ---- */

char *lb_account_summary(const json_t *root)
{
	const json_t *user, *b;
	char *text = NULL;
	size_t len, i, k;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	fprintf(out, "account %s (%s, region %s): %s\n", word(root, "account"), word(root, "title"),
		word(root, "region"),
		is_true(root, "complete") ? "ready, and https is on"
		: is_true(root, "ready")  ? "ready: ask Support, with what --report writes"
					  : "not ready");
	put_missing(out, root, "  - ", true);
	json_array_foreach (json_object_get(root, "users"), i, user) {
		fputc('\n', out);
		put_user(out, root, user);
		fprintf(out, ": https is %s\n", is_true(user, "ssl") ? "on" : "off");
		put_missing(out, user, "  - ", true);
		json_array_foreach (json_object_get(user, "brandings"), k, b) {
			fprintf(out, "  %s (%s): %s\n", word(b, "host"), word(b, "state"),
				is_true(b, "ready") ? "ready" : "not ready");
			put_missing(out, b, "    - ", true);
		}
	}
	return fclose(out) == 0 ? text : (free(text), NULL);
}

/* ---- the message ---- */

/* The CNAMEs as the probe met them, beyond what is served here; else as far as that shows them. */
static void put_way(FILE *out, const json_t *b)
{
	const json_t *chain = json_object_get(json_object_get(json_object_get(b, "probe"), "details"), "chain");
	const json_t *name;
	size_t i;

	fputs("   CNAMEs: ", out);
	if (json_array_size(chain) < 2) {
		chain = json_object_get(b, "resolves");
		fprintf(out, "%s%s", word(b, "host"), json_array_size(chain) > 0 ? " -> " : "");
	}
	json_array_foreach (chain, i, name) {
		fprintf(out, "%s%s", i > 0 ? " -> " : "", json_string_value(name) ? json_string_value(name) : "");
	}
	fputc('\n', out);
	if (word(b, "owner")[0])
		fprintf(out, "   Account CNAME: %s\n", word(b, "owner"));
}

/* One request's end: a status, where it leads, or why nothing came back. */
static void put_http(FILE *out, const char *name, const json_t *answer)
{
	const json_t *status = json_object_get(answer, "status");

	if (json_is_integer(status))
		fprintf(out, "     %s: status %lld%s%s\n", name, (long long)json_integer_value(status),
			word(answer, "location")[0] ? ", to " : "", word(answer, "location"));
	else if (json_is_object(answer))
		fprintf(out, "     %s: %s\n", name, word(answer, "error"));
}

static void put_address(FILE *out, const json_t *address)
{
	const json_t *tls = json_object_get(address, "tls");

	fprintf(out, "   At %s:\n", word(address, "address"));
	if (word(tls, "error")[0])
		fprintf(out, "     certificate: %s\n", word(tls, "error"));
	else if (json_is_object(tls))
		fprintf(out,
			"     certificate: subject %s, for %s, issuer %s, not before %s, not after %s%s%s%s (%s)\n",
			word(tls, "subject"), word(tls, "names"), word(tls, "issuer"), word(tls, "not_before"),
			word(tls, "not_after"), is_true(tls, "name_fits") ? "" : ", WRONG NAME",
			is_true(tls, "chain_verifies") ? "" : ", CHAIN: ",
			is_true(tls, "chain_verifies") ? "" : word(tls, "chain"), word(tls, "version"));
	put_http(out, "https (443)", json_object_get(address, "https"));
	put_http(out, "http (80)", json_object_get(address, "http"));
}

static void put_probe(FILE *out, const json_t *b)
{
	const json_t *probe = json_object_get(b, "probe"), *address;
	size_t i;

	if (!json_is_object(probe)) {
		fputs("   Certificate: not looked at yet\n", out);
		return;
	}
	fprintf(out, "   Checked at %s against %s: %s\n", word(probe, "at"), word(probe, "target"),
		word(probe, "text"));
	json_array_foreach (json_object_get(json_object_get(probe, "details"), "addresses"), i, address) {
		put_address(out, address);
	}
}

static void put_esp(FILE *out, const json_t *root, const json_t *b)
{
	const json_t *esp = json_object_get(b, "esp"), *valid = json_object_get(esp, "valid");

	if (!json_is_boolean(valid))
		return;
	fprintf(out, "   At %s: branding %lld is %s", word(root, "title"),
		(long long)json_integer_value(json_object_get(esp, "id")), json_is_true(valid) ? "valid" : "not valid");
	if (word(esp, "checked")[0])
		fprintf(out, " (checked at %s)", word(esp, "checked"));
	fputc('\n', out);
}

static void put_branding(FILE *out, const json_t *root, const json_t *b, size_t number)
{
	fprintf(out, "\n%zu. %s\n", number, word(b, "host"));
	put_way(out, b);
	put_probe(out, b);
	put_esp(out, root, b);
	put_missing(out, b, "   MISSING: ", false);
}

/* Those for whom Support has something to do; false: none. */
static bool put_request(FILE *out, const json_t *root)
{
	const json_t *user;
	const char *comma = "Please switch on SSL (https) for click tracking of our ";
	bool any = false;
	size_t i;

	json_array_foreach (json_object_get(root, "users"), i, user) {
		if (is_true(user, "ssl"))
			continue;
		fputs(comma, out);
		put_user(out, root, user);
		comma = ", and of ";
		any = true;
	}
	if (any)
		fprintf(out, " (%s, region %s).\n", word(root, "title"), word(root, "region"));
	return any;
}

char *lb_account_report(const json_t *root)
{
	const json_t *user, *b;
	char *text = NULL;
	size_t len, i, k, number = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	if (!is_true(root, "ready"))
		fputs("NOT READY: something is missing below; don't send this yet.\n\n", out);
	if (!put_request(out, root))
		fprintf(out, "SSL (https) for click tracking is on for all of account %s (%s, region %s).\n",
			word(root, "account"), word(root, "title"), word(root, "region"));
	fprintf(out, "This is what our checks show, as of %s.\n", word(root, "at"));
	put_missing(out, root, "MISSING: ", false);
	json_array_foreach (json_object_get(root, "users"), i, user) {
		fputs("\nLink brandings of ", out);
		put_user(out, root, user);
		fputs(":\n", out);
		put_missing(out, user, "MISSING: ", false);
		json_array_foreach (json_object_get(user, "brandings"), k, b) {
			put_branding(out, root, b, ++number);
		}
	}
	return fclose(out) == 0 ? text : (free(text), NULL);
}
