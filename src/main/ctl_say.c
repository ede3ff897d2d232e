/* SPDX-License-Identifier: BSD-3-Clause */
/* How brandnsctl speaks: messages, JSON, exit codes. */
#include <stdarg.h>

#include "control/rpc.h"
#include "main/ctl.h"

void ctl_complain(const struct ctl *ctl, const char *fmt, ...)
{
	va_list args;
	if (ctl->said && !ctl->said->complaint[0]) {
		va_start(args, fmt);
		vsnprintf(ctl->said->complaint, sizeof(ctl->said->complaint), fmt, args);
		va_end(args);
	}
	va_start(args, fmt);
	fflush(stdout);
	fputs("brandnsctl: ", stderr);
	if (ctl->line > 0)
		fprintf(stderr, "line %u: ", ctl->line);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

void ctl_complain_diag(const struct ctl *ctl, const struct bns_diag *diag)
{
	char text[sizeof(diag->file) + sizeof(diag->text) + 32];
	ctl_complain(ctl, "%s", bns_diag_format(diag, text, sizeof(text)));
}

/* In a batch one line per command, so that a reader can tell them apart. */
void ctl_print_json(const struct ctl *ctl, const json_t *value)
{
	json_dumpf(value, stdout, ctl->batch ? JSON_COMPACT : JSON_INDENT(2));
	fputc('\n', stdout);
	if (ctl->said)
		ctl->said->result = true;
}

/* Of the server's own errors, which the specification of JSON-RPC leaves to whoever implements it. */
#define CODE_OF_OUR_OWN (-32000)

void ctl_end_json(const struct ctl *ctl, enum ctl_exit code)
{
	if (!ctl->json || !ctl->said || ctl->said->result || (code != CTL_ERROR && code != CTL_UNREACHABLE))
		return;
	json_t *error = json_pack("{s:i, s:{s:i, s:o}}", "schema", 1, "error", "code", CODE_OF_OUR_OWN, "message",
				  bns_rpc_text(ctl->said->complaint));
	ctl_print_json(ctl, error);
	json_decref(error);
}

enum ctl_exit ctl_worse(enum ctl_exit a, enum ctl_exit b)
{
	static const int rank[] = {
		[CTL_DONE] = 0, [CTL_DIFFERS] = 1, [CTL_HELD] = 2, [CTL_ERROR] = 3, [CTL_UNREACHABLE] = 4};
	return rank[a] >= rank[b] ? a : b;
}
