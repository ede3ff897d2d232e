/* SPDX-License-Identifier: BSD-3-Clause */
/* The option tables in words, for help and the manual page. Thread: any. */
#ifndef BNS_CONF_DESCRIBE_H
#define BNS_CONF_DESCRIBE_H

#include <stdio.h>

enum bns_describe_format {
	BNS_DESCRIBE_TEXT,
	BNS_DESCRIBE_MAN, /* man(7) macros: the body of a section, from .SS on */
};

/* Every section and option with its kind of value, its default and what it is for. */
void bns_conf_describe(FILE *out, enum bns_describe_format format);

#endif
