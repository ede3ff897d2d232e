/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One line per event to standard error or syslog. Thread: any; a line is
 * written by one write(2), so lines of two threads never mix.
 */
#ifndef BNS_BASE_LOG_H
#define BNS_BASE_LOG_H

#include "base/error.h"

/* syslog(3) severities, which systemd's <N> prefix uses too. */
enum bns_log_level {
	BNS_LOG_CRIT = 2,
	BNS_LOG_ERR = 3,
	BNS_LOG_WARN = 4,
	BNS_LOG_NOTICE = 5,
	BNS_LOG_INFO = 6,
	BNS_LOG_DEBUG = 7,
};

/* The words of server.log-format, in this order. */
enum bns_log_format { BNS_LOG_TEXT, BNS_LOG_JSON };

extern const char *const bns_log_formats[]; /* ends with NULL */

enum bns_log_target { BNS_LOG_STDERR, BNS_LOG_SYSLOG };

/* Call once before other threads start. A `<N>` prefix is added where stderr is the journal (JOURNAL_STREAM). */
void bns_log_open(enum bns_log_target target, const char *program);

/*
 * BNS_LOG_JSON: each line is an object with "time", "level", "event" where the
 * line begins with one, its key=value pairs, and "text". Any thread, any time.
 */
void bns_log_set_format(enum bns_log_format format);

void bns_log_set_level(enum bns_log_level level);
enum bns_log_level bns_log_get_level(void);

/* "error" → BNS_LOG_ERR ...; BNS_EINVAL for a word it doesn't know. */
enum bns_error bns_log_level_from_text(const char *text, enum bns_log_level *level) BNS_MUST_CHECK;
const char *bns_log_level_to_text(enum bns_log_level level);

void bns_log(enum bns_log_level level, const char *fmt, ...) BNS_PRINTF(2, 3);

/*
 * For what strangers can cause: of one place, as `fmt` tells it, 20 lines in
 * ten seconds are written, and then how many more there were.
 */
void bns_log_limited(enum bns_log_level level, const char *fmt, ...) BNS_PRINTF(2, 3);
void bns_vlog(enum bns_log_level level, const char *fmt, va_list args);

/* A line's text as such an object, without its end; `cap` is at least 64. What doesn't fit is cut. */
size_t bns_log_to_json(enum bns_log_level level, const char *time, const char *text, char *out, size_t cap);

#endif
