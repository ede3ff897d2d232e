/* SPDX-License-Identifier: BSD-3-Clause */
/* What the plugin keeps in the store is lines of words: here they are taken off one by one. */
#ifndef BRANDING_WORDS_H
#define BRANDING_WORDS_H

#include <stdbool.h>

/* The line at `*text` without its end; moves on. NULL at the end. */
char *lb_take_line(char **text);

/* The decimal number at `*text`; moves to the word behind it. False where there is none, or one too large. */
bool lb_take_number(char **text, long long *number);

#endif
