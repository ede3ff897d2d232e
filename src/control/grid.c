/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct row {
	struct row *next;
	const char *cells[];
};

struct bns_grid {
	struct bns_arena arena;
	size_t columns;
	struct row *titles;
	struct row *first;
	struct row *last;
};

void bns_print_clean(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

void bns_paint(FILE *out, bool colour, const char *code, const char *text)
{
	if (colour)
		fprintf(out, "\033[%sm", code);
	bns_print_clean(out, text);
	if (colour)
		fputs("\033[0m", out);
}

/* Continuation octets (RFC 3629 §3) begin with 10. */
size_t bns_text_width(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static struct row *make_row(struct bns_grid *g, const char *const *cells)
{
	struct row *row = bns_arena_alloc(&g->arena, sizeof(*row) + g->columns * sizeof(char *));
	for (size_t i = 0; row && i < g->columns; i++) {
		row->cells[i] = bns_arena_strdup(&g->arena, cells[i] ? cells[i] : "-");
		if (!row->cells[i])
			return NULL;
	}
	return row;
}

struct bns_grid *bns_grid_new(const char *const *titles, size_t columns)
{
	struct bns_grid *g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	bns_arena_init(&g->arena);
	g->columns = columns;
	g->titles = make_row(g, titles);
	if (g->titles)
		return g;
	bns_grid_free(g);
	return NULL;
}

void bns_grid_free(struct bns_grid *g)
{
	if (!g)
		return;
	bns_arena_free(&g->arena);
	free(g);
}

void bns_grid_add(struct bns_grid *g, const char *const *cells)
{
	struct row *row = g ? make_row(g, cells) : NULL;
	if (!row)
		return;
	if (g->last)
		g->last->next = row;
	else
		g->first = row;
	g->last = row;
}

static size_t column_width(const struct bns_grid *g, size_t column)
{
	size_t width = bns_text_width(g->titles->cells[column]);
	for (const struct row *row = g->first; row; row = row->next) {
		size_t w = bns_text_width(row->cells[column]);
		width = w > width ? w : width;
	}
	return width;
}

static void print_row(const struct bns_grid *g, const struct row *row, const size_t *widths, FILE *out, bool bold)
{
	for (size_t i = 0; i < g->columns; i++) {
		bns_paint(out, bold, BNS_BOLD, row->cells[i]);
		if (i + 1 < g->columns)
			fprintf(out, "%*s", (int)(widths[i] - bns_text_width(row->cells[i]) + 2), "");
	}
	fputc('\n', out);
}

void bns_grid_print(const struct bns_grid *g, FILE *out, bool colour)
{
	size_t *widths = g && g->first ? calloc(g->columns, sizeof(*widths)) : NULL;
	if (!widths)
		return;
	for (size_t i = 0; i < g->columns; i++)
		widths[i] = column_width(g, i);
	print_row(g, g->titles, widths, out, colour);
	for (const struct row *row = g->first; row; row = row->next)
		print_row(g, row, widths, out, false);
	free(widths);
}
