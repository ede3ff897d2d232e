/* SPDX-License-Identifier: BSD-3-Clause */
/* brandnsctl(1): control of a running daemon, and offline work on zone files. */

#include "base/log.h"
#include "main/ctl.h"

static enum ctl_exit begin(struct ctl *ctl)
{
	if (ctl->help) {
		ctl_help(stdout);
		return CTL_DONE;
	}
	if (ctl->complete)
		return ctl_complete(ctl);
	if (ctl->describe)
		return ctl_describe(ctl);
	if (ctl->batch)
		return ctl_batch(ctl, stdin);
	return ctl_run(ctl, ctl->words, ctl->word_count);
}

/* A result that couldn't be written is no result: a full disk must not look like success. */
static enum ctl_exit flush(const struct ctl *ctl)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CTL_DONE;
	ctl_complain(ctl, "can't write the result");
	return CTL_ERROR;
}

int main(int argc, char **argv)
{
	struct ctl ctl;
	bns_log_set_level(BNS_LOG_WARN); /* the floors below speak for a daemon */
	if (!ctl_options(&ctl, argc, argv))
		return CTL_ERROR;
	enum ctl_exit code = begin(&ctl);
	code = ctl_worse(code, flush(&ctl));
	bns_client_close(ctl.client);
	return (int)code;
}
