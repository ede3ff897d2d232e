/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HTTP by libmicrohttpd, on the main loop: its epoll descriptor is watched, and
 * nothing of it waits. What costs something is made once a second at most, and
 * each connection has one request and a minute for it.
 * Thread: main loop.
 */
#ifndef METRICS_HTTP_H
#define METRICS_HTTP_H

#include "metrics.h"

struct mt_http;

/* Takes `fd` over, also on failure. */
enum bns_error mt_http_open(struct mt *mt, int fd, struct mt_http **out, struct bns_diag *diag) BNS_MUST_CHECK;
void mt_http_close(struct mt_http *http);

/* Something has come. */
void mt_http_ready(struct mt_http *http);

/* About once a second: who takes too long is hung up on. */
void mt_http_tick(struct mt_http *http, int64_t now_s);

#endif
