/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * brandnsd put together: configuration, store, gate, plugins, transfers,
 * packet workers and control socket on one main loop. Thread: main.
 */
#ifndef BNS_MAIN_DAEMON_H
#define BNS_MAIN_DAEMON_H

#include <stdbool.h>

#include "base/error.h"

/* Exit codes, as interface and manual page promise. */
enum { BNS_EXIT_CLEAN = 0, BNS_EXIT_FAILURE = 1, BNS_EXIT_CONF = 2 };

struct bns_daemon_options {
	const char *conf_path;
	bool verbose;
	bool use_syslog;
};

/* Runs until it is told to stop; returns the exit code. Messages went to the log. */
int bns_daemon_run(const struct bns_daemon_options *options);

/* -C: reads configuration and plugins' policies, says what is wrong; returns the exit code. */
int bns_daemon_check(const struct bns_daemon_options *options);

#endif
