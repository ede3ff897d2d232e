/* SPDX-License-Identifier: BSD-3-Clause */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "main/ctl.h"
#include "main/mistyped.h"

#define KEY_USAGE      0x100
#define KEY_DESCRIBE   0x101
#define DEFAULT_SOCKET "/run/brandns/control.sock"

static const struct argp_option options[] = {
	{"socket", 's', "PATH", 0, "the daemon's control socket (" DEFAULT_SOCKET ")", 0},
	{"json", 'j', NULL, 0, "results as JSON, with a \"schema\" key", 0},
	{"batch", 'b', NULL, 0, "read commands from standard input, one per line", 0},
	{"keep-going", 'k', NULL, 0, "with -b: go on after an error", 0},
	{"timeout", 't', "SECONDS", 0, "wait no longer for an answer (0: as long as it takes)", 0},
	{"help", 'h', NULL, 0, "this list", 0},
	{"usage", KEY_USAGE, NULL, OPTION_HIDDEN, NULL, 0},
	{"describe", KEY_DESCRIBE, "WHAT", OPTION_HIDDEN, NULL, 0},
	{"version", 'V', NULL, 0, "print the version", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t take_timeout(struct argp_state *state, struct ctl *ctl, const char *text)
{
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || seconds > 86400) {
		argp_error(state, "--timeout takes seconds from 0 to 86400, not '%s'", text);
		return EINVAL;
	}
	ctl->timeout_s = (unsigned)seconds;
	return 0;
}

/* The verb's own options are the table's to read: argp's work ends at the first word. */
static error_t take_words(struct argp_state *state, struct ctl *ctl)
{
	ctl->words = (const char *const *)state->argv + state->next - 1;
	ctl->word_count = (size_t)(state->argc - state->next + 1);
	state->next = state->argc;
	return 0;
}

static error_t take(int key, char *arg, struct argp_state *state)
{
	struct ctl *ctl = state->input;
	switch (key) {
	case 's':
		ctl->socket = arg;
		ctl->socket_given = true;
		return 0;
	case 'j':
		ctl->json = true;
		return 0;
	case 'b':
		ctl->batch = true;
		return 0;
	case 'k':
		ctl->keep_going = true;
		return 0;
	case 't':
		return take_timeout(state, ctl, arg);
	case 'h':
	case KEY_USAGE:
		ctl->help = true;
		return 0;
	case KEY_DESCRIBE:
		ctl->describe = arg;
		return 0;
	case 'V':
		printf("brandnsctl %s\n", PACKAGE_VERSION);
		exit(0);
	case ARGP_KEY_ARG:
		return take_words(state, ctl);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = take,
	.args_doc = "VERB [WORD...]",
	.doc = "Control a running brandnsd, or work on zone files.",
};

bool ctl_options(struct ctl *ctl, int argc, char **argv)
{
	static char program[] = "brandnsctl";
	const char *no_colour = getenv("NO_COLOR");
	*ctl = (struct ctl){.socket = DEFAULT_SOCKET};
	ctl->colour = isatty(STDOUT_FILENO) && !(no_colour && *no_colour);
	if (argc > 1 && strcmp(argv[1], "--complete") == 0) {
		ctl->complete = true;
		ctl->words = (const char *const *)argv + 2;
		ctl->word_count = (size_t)(argc - 2);
		return true;
	}
	const char *meant, *word = bns_mistyped(options, argc, argv, true, &meant);
	if (word) {
		ctl_complain(ctl, "there is no option '%s'; did you mean '--%s'?", word, meant);
		return false;
	}
	argp_err_exit_status = CTL_ERROR;
	argv[0] = program; /* every message begins alike, wherever the program lies */
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, NULL, ctl) != 0)
		return false;
	if (ctl->help || ctl->describe || ctl->batch == (ctl->word_count == 0))
		return true;
	ctl_complain(ctl,
		     ctl->batch ? "-b reads commands from standard input; '%s' is one too many"
				: "which verb%s? `brandnsctl --help` lists them",
		     ctl->batch ? ctl->words[0] : "");
	return false;
}

void ctl_offer_options(FILE *out, const char *partial)
{
	for (const struct argp_option *o = options; o->name; o++) {
		char word[32];
		snprintf(word, sizeof(word), "--%s", o->name);
		if (!(o->flags & OPTION_HIDDEN) && strncmp(word, partial, strlen(partial)) == 0)
			fprintf(out, "%s\t%s\n", word, o->doc);
	}
}

void ctl_help(FILE *out)
{
	char name[] = "brandnsctl";
	argp_help(&argp, out, ARGP_HELP_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_LONG, name);
	fputs("\nVerbs (plugins may add more: `brandnsctl verbs`):\n", out);
	bns_verbs_help(out);
	fputs("\nExit status: 0 done or no difference, 1 error, 2 differences that policy allows,\n"
	      "3 policy holds or denies, 4 the daemon can't be reached.\n",
	      out);
}
