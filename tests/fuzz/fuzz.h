/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every fuzz target has: libFuzzer's two entries, which replay.c calls
 * too, and a check that ends the process where the program broke a promise.
 * Refused input is no finding; a broken promise, a crash or a leak is.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Room for a path below the folder that `top_srcdir` or `top_builddir` names. */
#define FUZZ_PATH_MAX 4096

#define FUZZ_REQUIRE(promise)                                                                                          \
	do {                                                                                                           \
		if (!(promise))                                                                                        \
			fuzz_broken(__FILE__, __LINE__, #promise);                                                     \
	} while (0)

static inline _Noreturn void fuzz_broken(const char *file, int line, const char *promise)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, promise);
	abort();
}

/* "FOLDER/path", with the folder from the environment; returns `out`. */
static inline const char *fuzz_path(const char *folder, const char *path, char out[FUZZ_PATH_MAX])
{
	const char *top = getenv(folder);
	snprintf(out, FUZZ_PATH_MAX, "%s/%s", top ? top : ".", path);
	return out;
}

#endif
