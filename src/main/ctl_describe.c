/* SPDX-License-Identifier: BSD-3-Clause */
/* What the manual pages are made of, from the tables that also check and help: `make` asks for it. */
#include <limits.h>
#include <string.h>

#include "main/ctl.h"
#include "plugin/describe.h"
#include "plugin/host.h"

static enum ctl_exit describe_plugins(const struct ctl *ctl)
{
	char dir[PATH_MAX];
	struct bns_diag diag = {.text = ""};
	if (bns_plugins_describe(stdout, bns_plugins_default_dir(dir, sizeof(dir)), &diag) == BNS_OK)
		return CTL_DONE;
	ctl_complain_diag(ctl, &diag);
	return CTL_ERROR;
}

enum ctl_exit ctl_describe(const struct ctl *ctl)
{
	if (strcmp(ctl->describe, "plugins") == 0)
		return describe_plugins(ctl);
	if (strcmp(ctl->describe, "online") == 0 || strcmp(ctl->describe, "offline") == 0) {
		bns_verbs_man(stdout, strcmp(ctl->describe, "offline") == 0);
		return CTL_DONE;
	}
	ctl_complain(ctl, "--describe takes online, offline or plugins, not '%s'", ctl->describe);
	return CTL_ERROR;
}
