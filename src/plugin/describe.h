/* SPDX-License-Identifier: BSD-3-Clause */
/* Plugins as their own tables describe them. Thread: main; nothing is opened. */
#ifndef BNS_PLUGIN_DESCRIBE_H
#define BNS_PLUGIN_DESCRIBE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

/* Every plugin of the folder, by name, as sections of a manual page: what it is, its options, its verbs. */
enum bns_error bns_plugins_describe(FILE *out, const char *dir, struct bns_diag *diag) BNS_MUST_CHECK;

/* The plugin of the folder whose name is nearest to a mistyped one; false: none is near. */
bool bns_plugins_nearest(const char *dir, const char *id, char *out, size_t cap);

#endif
