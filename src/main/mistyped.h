/* SPDX-License-Identifier: BSD-3-Clause */
/* A mistyped option of a program itself; argp says only that it doesn't know it. Thread: main. */
#ifndef BNS_MAIN_MISTYPED_H
#define BNS_MAIN_MISTYPED_H

#include <argp.h>
#include <stdbool.h>

/*
 * The first long option that isn't in the table, where one that is comes near: `meant`. NULL: there is none. What
 * follows a word that is no option belongs to others, where `ends_at_word`.
 */
const char *bns_mistyped(const struct argp_option *options, int argc, char *const *argv, bool ends_at_word,
			 const char **meant);

#endif
