/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "base/error.h"

const char *bns_strerror(enum bns_error err)
{
	switch (err) {
#define X(code, text)                                                                                                  \
	case code:                                                                                                     \
		return text;
		BNS_ERRORS(X)
#undef X
	}
	return "unknown error";
}

void bns_diag_set(struct bns_diag *diag, const char *file, unsigned line, unsigned column, const char *fmt, ...)
{
	va_list args;

	if (!diag)
		return;
	snprintf(diag->file, sizeof(diag->file), "%s", file ? file : "");
	diag->line = line;
	diag->column = column;
	va_start(args, fmt);
	vsnprintf(diag->text, sizeof(diag->text), fmt, args);
	va_end(args);
}

char *bns_diag_format(const struct bns_diag *diag, char *out, size_t cap)
{
	const char *file = diag->file;
	const char *text = diag->text;

	if (!file[0])
		snprintf(out, cap, "%s", text);
	else if (!diag->line)
		snprintf(out, cap, "%s: %s", file, text);
	else if (!diag->column)
		snprintf(out, cap, "%s:%u: %s", file, diag->line, text);
	else
		snprintf(out, cap, "%s:%u:%u: %s", file, diag->line, diag->column, text);
	return out;
}
