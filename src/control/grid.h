/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows and columns for people: aligned, two spaces apart, no trailing blanks. Thread: one at a time. */
#ifndef BNS_CONTROL_GRID_H
#define BNS_CONTROL_GRID_H

#include <stdbool.h>
#include <stdio.h>

/* ANSI colours, written only where `colour` is set. */
#define BNS_BOLD   "1"
#define BNS_RED    "31"
#define BNS_GREEN  "32"
#define BNS_YELLOW "33"

void bns_paint(FILE *out, bool colour, const char *code, const char *text);

/* `text` with control characters as '?', so that a name or reason can't drive the terminal. */
void bns_print_clean(FILE *out, const char *text);

/* Characters, not octets, of UTF-8 text. */
size_t bns_text_width(const char *text);

struct bns_grid;

/* NULL when memory is short, which the calls below take as an empty grid. */
struct bns_grid *bns_grid_new(const char *const *titles, size_t columns);
void bns_grid_free(struct bns_grid *g);

/* Copies the cells; a NULL cell is shown as "-". */
void bns_grid_add(struct bns_grid *g, const char *const *cells);

/* Titles first; nothing at all without rows. */
void bns_grid_print(const struct bns_grid *g, FILE *out, bool colour);

#endif
