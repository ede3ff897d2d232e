/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands from standard input. */
#include <stdlib.h>
#include <string.h>

#include "main/ctl.h"

/* A line on its way into words. */
struct split {
	const char *at;
	char **words;
	size_t count;
	char *word; /* the one being read: never longer than the line */
	size_t len;
	bool open; /* a word has begun; it may still be empty, as '' is */
	struct bns_diag *diag;
};

static enum bns_error end_word(struct split *s)
{
	if (!s->open)
		return BNS_OK;
	char **grown = realloc(s->words, (s->count + 1) * sizeof(*grown));
	if (!grown)
		return BNS_ENOMEM;
	s->words = grown;
	s->words[s->count] = strndup(s->word, s->len);
	if (!s->words[s->count])
		return BNS_ENOMEM;
	s->count++;
	s->len = 0;
	s->open = false;
	return BNS_OK;
}

static void add(struct split *s, char c)
{
	s->open = true;
	s->word[s->len++] = c;
}

static enum bns_error quoted(struct split *s)
{
	char quote = *s->at++;
	s->open = true;
	while (*s->at && *s->at != quote) {
		if (quote == '"' && *s->at == '\\' && s->at[1])
			s->at++;
		add(s, *s->at++);
	}
	if (*s->at == quote) {
		s->at++;
		return BNS_OK;
	}
	bns_diag_set(s->diag, NULL, 0, 0, "the quote %c isn't closed", quote);
	return BNS_ESYNTAX;
}

static enum bns_error step(struct split *s)
{
	char c = *s->at;
	if (c == '\'' || c == '"')
		return quoted(s);
	s->at++;
	if (strchr(" \t\r\n", c))
		return end_word(s);
	if (c == '\\' && *s->at && *s->at != '\n')
		add(s, *s->at++);
	else
		add(s, c);
	return BNS_OK;
}

enum bns_error ctl_words_split(const char *line, char ***words, size_t *count, struct bns_diag *diag)
{
	struct split s = {.at = line, .word = malloc(strlen(line) + 1), .diag = diag};
	enum bns_error err = s.word ? BNS_OK : BNS_ENOMEM;
	while (err == BNS_OK && *s.at && !(*s.at == '#' && !s.open))
		err = step(&s);
	if (err == BNS_OK)
		err = end_word(&s);
	free(s.word);
	if (err != BNS_OK) {
		ctl_words_free(s.words, s.count);
		return err;
	}
	*words = s.words;
	*count = s.count;
	return BNS_OK;
}

void ctl_words_free(char **words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(words[i]);
	free(words);
}

static enum ctl_exit run_line(struct ctl *ctl, const char *line)
{
	struct bns_diag diag = {.text = "out of memory"};
	char **words;
	size_t count;
	if (ctl_words_split(line, &words, &count, &diag) != BNS_OK) {
		ctl_complain(ctl, "%s", diag.text);
		return CTL_ERROR;
	}
	enum ctl_exit code = count > 0 ? ctl_run(ctl, (const char *const *)words, count) : CTL_DONE;
	ctl_words_free(words, count);
	fflush(stdout);
	return code;
}

/* What is held or differs isn't an error: the batch goes on, and its exit code remembers. */
enum ctl_exit ctl_batch(struct ctl *ctl, FILE *in)
{
	enum ctl_exit worst = CTL_DONE;
	char *line = NULL;
	size_t capacity = 0;
	bool go_on = true;
	for (ctl->line = 1; go_on && getline(&line, &capacity, in) >= 0; ctl->line++) {
		enum ctl_exit code = run_line(ctl, line);
		worst = ctl_worse(worst, code);
		go_on = ctl->keep_going || (code != CTL_ERROR && code != CTL_UNREACHABLE);
	}
	ctl->line = 0;
	if (ferror(in)) {
		ctl_complain(ctl, "can't read the commands from standard input");
		worst = ctl_worse(worst, CTL_ERROR);
	}
	free(line);
	return worst;
}
