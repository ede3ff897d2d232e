/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A plugin that has been taken over: told to, it tries what the daemon's
 * filters of system calls are there for. A name that begins with a word of
 * `attempts` has a packet thread try it, a verb has the main loop.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/plugin.h"

static bool run(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return false;
}

static bool read_file(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool connect_out(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}

static bool sniff(void)
{
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) >= 0;
}

static bool have_cores(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

static const struct {
	const char *word;
	bool (*works)(void);
} attempts[] = {
	{"run", run}, {"read", read_file}, {"connect", connect_out}, {"sniff", sniff}, {"core", have_cores},
};

static bool succeeds(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (len == strlen(attempts[i].word) && memcmp(word, attempts[i].word, len) == 0)
			return attempts[i].works();
	return false;
}

static enum bns_error offend(struct bns_plugin *p, const char *const *args, size_t count, char **json,
			     struct bns_diag *diag)
{
	(void)p;
	(void)diag;
	bool works = count > 0 && succeeds(args[0], strlen(args[0]));
	return asprintf(json, "{\"schema\":1,\"works\":%s}", works ? "true" : "false") > 0 ? BNS_OK : BNS_ENOMEM;
}

/* What could be done is refused, so that who asks can tell. */
static enum bns_query_verdict query(struct bns_plugin *p, enum bns_query_stage stage, const struct bns_query_view *q)
{
	(void)p;
	if (stage != BNS_QUERY_BEFORE)
		return BNS_QUERY_CONTINUE;
	return succeeds((const char *)q->qname + 1, q->qname[0]) ? BNS_QUERY_REFUSE : BNS_QUERY_CONTINUE;
}

static const struct bns_plugin_command commands[] = {
	{.verb = "offend", .usage = "WORD", .help = "try it", .admin = true, .run = offend},
	{.verb = NULL},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "offender",
	.summary = "Does what no plugin should.",
	.commands = commands,
	.query = query,
};
