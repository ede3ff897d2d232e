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

enum bns_log_target { BNS_LOG_STDERR, BNS_LOG_SYSLOG };

/* Call once before other threads start. A `<N>` prefix is added where stderr is the journal (JOURNAL_STREAM). */
void bns_log_open(enum bns_log_target target, const char *program);

void bns_log_set_level(enum bns_log_level level);
enum bns_log_level bns_log_get_level(void);

/* "error" → BNS_LOG_ERR ...; BNS_EINVAL for a word it doesn't know. */
enum bns_error bns_log_level_from_text(const char *text, enum bns_log_level *level) BNS_MUST_CHECK;
const char *bns_log_level_to_text(enum bns_log_level level);

void bns_log(enum bns_log_level level, const char *fmt, ...) BNS_PRINTF(2, 3);
void bns_vlog(enum bns_log_level level, const char *fmt, va_list args);

#endif
