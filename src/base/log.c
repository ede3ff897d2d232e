/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define LINE_MAX_BYTES 4096
#define JSON_MAX_BYTES (2 * LINE_MAX_BYTES)

const char *const bns_log_formats[] = {"text", "json", NULL};

/* Written by bns_log_open before threads start, and by a level change at any time. */
static atomic_int log_level = BNS_LOG_INFO;
static atomic_int log_format = BNS_LOG_TEXT;
static enum bns_log_target log_target = BNS_LOG_STDERR;
static bool log_to_journal;

static const struct {
	enum bns_log_level level;
	const char *text;
} level_names[] = {
	{BNS_LOG_CRIT, "critical"}, {BNS_LOG_ERR, "error"}, {BNS_LOG_WARN, "warning"},
	{BNS_LOG_NOTICE, "notice"}, {BNS_LOG_INFO, "info"}, {BNS_LOG_DEBUG, "debug"},
};

#define LEVEL_NAMES (sizeof(level_names) / sizeof(level_names[0]))

/* systemd names the device and inode of its stream: a redirected standard error isn't the journal any more. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char *end;
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) != 0)
		return false;
	unsigned long long device = strtoull(stream, &end, 10);
	if (*end != ':')
		return false;
	return device == st.st_dev && strtoull(end + 1, NULL, 10) == st.st_ino;
}

void bns_log_open(enum bns_log_target target, const char *program)
{
	log_target = target;
	log_to_journal = target == BNS_LOG_STDERR && stderr_is_journal();
	if (target == BNS_LOG_SYSLOG)
		openlog(program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void bns_log_set_format(enum bns_log_format format)
{
	atomic_store_explicit(&log_format, (int)format, memory_order_relaxed);
}

void bns_log_set_level(enum bns_log_level level)
{
	atomic_store_explicit(&log_level, (int)level, memory_order_relaxed);
}

enum bns_log_level bns_log_get_level(void)
{
	return (enum bns_log_level)atomic_load_explicit(&log_level, memory_order_relaxed);
}

enum bns_error bns_log_level_from_text(const char *text, enum bns_log_level *level)
{
	for (size_t i = 0; i < LEVEL_NAMES; i++) {
		if (strcmp(text, level_names[i].text) == 0) {
			*level = level_names[i].level;
			return BNS_OK;
		}
	}
	return BNS_EINVAL;
}

const char *bns_log_level_to_text(enum bns_log_level level)
{
	for (size_t i = 0; i < LEVEL_NAMES; i++) {
		if (level_names[i].level == level)
			return level_names[i].text;
	}
	return "unknown";
}

/* What stands before the text; returns its length. */
static size_t put_prefix(char *line, size_t cap, enum bns_log_level level)
{
	char now[BNS_TIME_TEXT_MAX];
	int n;

	if (log_to_journal)
		n = snprintf(line, cap, "<%d>", (int)level);
	else
		n = snprintf(line, cap, "%s %s: ", bns_time_to_text(bns_clock_wall_s(), now),
			     bns_log_level_to_text(level));
	return n > 0 ? (size_t)n : 0;
}

/* A line stays one line, whatever a name or a peer put into it. */
static void blank_controls(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
	}
}

static void write_line(const char *line, size_t len)
{
	ssize_t n;

	do {
		n = write(STDERR_FILENO, line, len);
	} while (n < 0 && errno == EINTR);
}

static void write_text(enum bns_log_level level, const char *text)
{
	char line[LINE_MAX_BYTES];
	size_t start = put_prefix(line, sizeof(line), level);
	size_t len = strlen(text);

	if (len > sizeof(line) - start - 1)
		len = sizeof(line) - start - 1;
	memcpy(line + start, text, len); /* NOLINT(bugprone-not-null-terminated-result): written by its length */
	line[start + len] = '\n';
	write_line(line, start + len + 1);
}

static void write_json(enum bns_log_level level, const char *text)
{
	char line[JSON_MAX_BYTES], now[BNS_TIME_TEXT_MAX];
	int start = log_to_journal ? snprintf(line, sizeof(line), "<%d>", (int)level) : 0;
	size_t len = bns_log_to_json(level, bns_time_to_text(bns_clock_wall_s(), now), text, line + start,
				     sizeof(line) - (size_t)start - 1);

	line[(size_t)start + len] = '\n';
	write_line(line, (size_t)start + len + 1);
}

void bns_vlog(enum bns_log_level level, const char *fmt, va_list args)
{
	char text[LINE_MAX_BYTES];
	int saved_errno = errno;

	if (level > bns_log_get_level())
		return;
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	blank_controls(text);
	if (log_target == BNS_LOG_SYSLOG)
		syslog((int)level, "%s", text);
	else if (atomic_load_explicit(&log_format, memory_order_relaxed) == BNS_LOG_JSON)
		write_json(level, text);
	else
		write_text(level, text);
	errno = saved_errno;
}

void bns_log(enum bns_log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	bns_vlog(level, fmt, args);
	va_end(args);
}
