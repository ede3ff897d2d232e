/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The thread that writes: takes exchanges from the ring, and makes frames of
 * them for a Unix socket or a file (Frame Streams, by libfstrm). Where nobody
 * listens it tries again every few seconds; a file that can't be written to,
 * with a full disk for instance, is kept as it is until the next reload. What
 * comes meanwhile is counted as lost.
 */
#ifndef DNSTAP_WRITER_H
#define DNSTAP_WRITER_H

#include "ring.h"

struct dt_writer_conf {
	char *socket; /* "": write to `file` */
	char *file;
	char *identity; /* "": none is told */
	bool queries, responses;
};

/* Copies the texts; NULL: memory is short. */
struct dt_writer_conf *dt_writer_conf_new(const char *socket, const char *file, const char *identity);
void dt_writer_conf_free(struct dt_writer_conf *conf);

struct dt_writer;

/* What has become of frames. Any thread may read. */
struct dt_writer_counts {
	_Atomic uint64_t written;
	_Atomic uint64_t lost; /* nobody listened, or the file failed */
	_Atomic bool is_open;
};

/* `ring` and `counts` outlive it; `conf` is its own on success. */
enum bns_error dt_writer_start(struct dt_writer_conf *conf, struct dt_ring *ring, struct dt_writer_counts *counts,
			       struct dt_writer **out) BNS_MUST_CHECK;

/*
 * From now on by `conf`, which is its own. The stream goes on where socket and file are the same, and the file is still
 * in its place; else another begins.
 */
void dt_writer_change(struct dt_writer *w, struct dt_writer_conf *conf);

/*
 * Writes what is there, ends the stream and the thread. False: a reader that hangs keeps the thread, which ends with
 * the process; what it uses must stay until then.
 */
bool dt_writer_stop(struct dt_writer *w);

#endif
