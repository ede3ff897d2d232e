/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/progress.h"

#include <stdio.h>
#include <string.h>

#define BAR_CELLS 20

void bns_progress_begin(struct bns_progress *p, const char *what, size_t total, uint64_t first_ms, uint64_t interval_ms,
			uint64_t now_ms)
{
	*p = (struct bns_progress){
		.what = what, .total = total, .interval_ms = interval_ms, .next_ms = now_ms + first_ms};
}

bool bns_progress_step(struct bns_progress *p, uint64_t now_ms)
{
	return bns_progress_reach(p, p->done + 1, now_ms);
}

bool bns_progress_reach(struct bns_progress *p, size_t done, uint64_t now_ms)
{
	p->done = done;
	if (now_ms < p->next_ms)
		return false;
	p->next_ms = now_ms + p->interval_ms;
	return true;
}

/* Never more than all, though the total may have been an estimate. */
static size_t share_of(const struct bns_progress *p, size_t whole)
{
	if (p->total == 0 || p->done >= p->total)
		return whole;
	return (size_t)((double)p->done / (double)p->total * (double)whole);
}

char *bns_progress_text(const struct bns_progress *p, char out[BNS_PROGRESS_TEXT_MAX])
{
	if (p->total == BNS_PROGRESS_UNKNOWN)
		snprintf(out, BNS_PROGRESS_TEXT_MAX, "%zu %s", p->done, p->what);
	else
		snprintf(out, BNS_PROGRESS_TEXT_MAX, "%zu of %zu %s, %zu %%", p->done, p->total, p->what,
			 share_of(p, 100));
	return out;
}

char *bns_progress_bar(const struct bns_progress *p, char out[BNS_PROGRESS_TEXT_MAX])
{
	char cells[BAR_CELLS + 1];
	if (p->total == BNS_PROGRESS_UNKNOWN)
		return bns_progress_text(p, out);
	size_t full = share_of(p, BAR_CELLS);
	memset(cells, '#', full);
	memset(cells + full, ' ', BAR_CELLS - full);
	cells[BAR_CELLS] = '\0';
	snprintf(out, BNS_PROGRESS_TEXT_MAX, "[%s] %zu %%  %zu of %zu %s", cells, share_of(p, 100), p->done, p->total,
		 p->what);
	return out;
}
