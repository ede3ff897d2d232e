/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon's end of the launcher (src/helper/launcher.c): a process that is
 * started before system calls are filtered, and starts the plugins' helper
 * programs from then on, the same one again when it has died.
 * Thread: main loop.
 */
#ifndef BNS_PLUGIN_LAUNCHER_H
#define BNS_PLUGIN_LAUNCHER_H

#include "plugin/internal.h"

struct bns_launcher;

/* How a program ended, in words. Never called before bns_launcher_start has returned. */
typedef void (*bns_launched_fn)(void *arg, const char *how);

/* Starts it with the first helper; the same one afterwards. */
enum bns_error bns_launcher_get(struct bns_plugins *ps, struct bns_launcher **out,
				struct bns_diag *diag) BNS_MUST_CHECK;

/* The pipes' ends are the program's standard input and output; they stay open here. `id` is of this one life. */
enum bns_error bns_launcher_start(struct bns_launcher *l, const char *program, const int pipes[2],
				  bns_launched_fn ended, void *arg, uint32_t *id) BNS_MUST_CHECK;

void bns_launcher_kill(struct bns_launcher *l, uint32_t id, int signal);

/* `ended` isn't called for that one any more. */
void bns_launcher_forget(struct bns_launcher *l, uint32_t id);

/* Ends it; the loop frees what is left. NULL is allowed. */
void bns_launcher_close(struct bns_launcher *l);

/* The program's file in `dir`, or above it where `dir` is the hidden folder of a build tree. */
bool bns_launcher_find(const char *dir, const char *program, char *path, size_t cap);

#endif
