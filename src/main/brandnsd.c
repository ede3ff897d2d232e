/* SPDX-License-Identifier: BSD-3-Clause */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/describe.h"
#include "main/daemon.h"
#include "main/mistyped.h"

const char *argp_program_version = PACKAGE_STRING;

struct arguments {
	struct bns_daemon_options options;
	bool check_only;
};

static const struct argp_option options[] = {
	{"config", 'c', "FILE", 0, "Read the configuration from FILE (required)", 0},
	{"check", 'C', NULL, 0, "Check the configuration and the policies it names, then exit", 0},
	{"verbose", 'v', NULL, 0, "Log everything that happens", 0},
	{"describe", 'D', "FORMAT", OPTION_ARG_OPTIONAL, "Describe every key of the configuration, as text or man", 0},
	{"syslog", 'l', NULL, 0, "Log to syslog instead of standard error", 0},
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0},
	{0},
};

static void describe(const char *format, const struct argp_state *state)
{
	if (format && strcmp(format, "text") != 0 && strcmp(format, "man") != 0)
		argp_error(state, "--describe takes text or man, not '%s'", format);
	bns_conf_describe(stdout, format && strcmp(format, "man") == 0 ? BNS_DESCRIBE_MAN : BNS_DESCRIBE_TEXT);
	exit(BNS_EXIT_CLEAN);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	switch (key) {
	case 'c':
		a->options.conf_path = arg;
		return 0;
	case 'C':
		a->check_only = true;
		return 0;
	case 'v':
		a->options.verbose = true;
		return 0;
	case 'D':
		describe(arg, state);
		return 0;
	case 'l':
		a->options.use_syslog = true;
		return 0;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return 0;
	case ARGP_KEY_END:
		if (!a->options.conf_path)
			argp_error(state, "no configuration given: use -c FILE");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = {options, parse, NULL, "Authoritative DNS server for branded links.", 0, 0, 0};
	struct arguments a = {0};
	const char *meant, *word = bns_mistyped(options, argc, argv, false, &meant);
	argp_err_exit_status = BNS_EXIT_CONF;
	if (word) {
		fprintf(stderr, "brandnsd: there is no option '%s'; did you mean '--%s'?\n", word, meant);
		return BNS_EXIT_CONF;
	}
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	return a.check_only ? bns_daemon_check(&a.options) : bns_daemon_run(&a.options);
}
