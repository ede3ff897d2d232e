/* SPDX-License-Identifier: BSD-3-Clause */
/* --tls, --tls-ca and --tls-pin: whom to ask for zones by TLS. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "main/ctl_sides.h"

#define DNS_OVER_TLS_PORT 853

static bool pin_from_text(const struct ctl *ctl, const char *text, struct bns_conf_pin *pin)
{
	uint8_t raw[BNS_BASE64_ROOM(64)];
	size_t len = 0;
	if (strlen(text) <= 64 && bns_base64_decode(text, raw, sizeof(raw), &len) == BNS_OK &&
	    len == sizeof(pin->sha256)) {
		memcpy(pin->sha256, raw, len);
		return true;
	}
	ctl_complain(ctl, "--tls-pin: it is the SHA-256 of a public key in base64, 44 characters");
	return false;
}

/* The paths that a person writes are relative to where he is. */
bool ctl_tls_open(const struct ctl *ctl, const char *name, const char *ca_file, const char *pin_text,
		  struct bns_tls_client **out)
{
	char text[sizeof((struct bns_diag){0}.file) + sizeof((struct bns_diag){0}.text) + 32];
	struct bns_conf_pin pin;
	struct bns_conf_tls conf = {.server_name = name, .ca_file = ca_file};
	struct bns_diag diag = {.text = ""};
	*out = NULL;
	if (!name && !pin_text) {
		if (ca_file)
			ctl_complain(ctl, "--tls-ca needs the name to look for, --tls NAME");
		return !ca_file;
	}
	if (pin_text) {
		if (!pin_from_text(ctl, pin_text, &pin))
			return false;
		conf.pin = &pin;
		conf.pin_count = 1;
	}
	enum bns_error err = bns_tls_client_open(&conf, out, &diag);
	if (err)
		ctl_complain(ctl, "%s", *diag.text ? bns_diag_format(&diag, text, sizeof(text)) : bns_strerror(err));
	return err == BNS_OK;
}

void ctl_tls_port(struct ctl_side *side)
{
	/* The port is at the same place in both kinds of address. */
	if (side->kind == CTL_SIDE_SERVER && !strpbrk(side->name + 1, "#@"))
		side->server.in4.sin_port = htons(DNS_OVER_TLS_PORT);
}
