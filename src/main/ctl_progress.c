/* SPDX-License-Identifier: BSD-3-Clause */
/* Progress of the tool's own work: a bar on a terminal, elsewhere a line every few seconds. Both on standard error. */
#include <unistd.h>

#include "base/clock.h"
#include "main/ctl.h"

#define BAR_TOTAL_MIN 100 /* less is over before one reads it */
#define BAR_EVERY_MS  100
#define LINE_EVERY_MS 5000

void ctl_progress_begin(struct ctl_progress *p, const char *what, size_t total)
{
	p->shown = false;
	p->bar = isatty(STDERR_FILENO) && total >= BAR_TOTAL_MIN;
	if (p->bar)
		bns_progress_begin(&p->at, what, total, 0, BAR_EVERY_MS, bns_clock_mono_ms());
	else
		bns_progress_begin(&p->at, what, total, LINE_EVERY_MS, LINE_EVERY_MS, bns_clock_mono_ms());
}

void ctl_progress_step(const struct ctl *ctl, struct ctl_progress *p)
{
	ctl_progress_reach(ctl, p, p->at.done + 1);
}

void ctl_progress_reach(const struct ctl *ctl, struct ctl_progress *p, size_t done)
{
	char text[BNS_PROGRESS_TEXT_MAX];
	if (!bns_progress_reach(&p->at, done, bns_clock_mono_ms()))
		return;
	if (!p->bar) {
		ctl_complain(ctl, "%s", bns_progress_text(&p->at, text));
		return;
	}
	fprintf(stderr, "\r%s\033[K", bns_progress_bar(&p->at, text));
	fflush(stderr);
	p->shown = true;
}

void ctl_progress_hide(struct ctl_progress *p)
{
	if (!p->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	p->shown = false;
}
