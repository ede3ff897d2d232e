/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a fuzz target over files and folders, one TAP line each, without
 * libFuzzer. Without arguments: over tests/fuzz/corpus/NAME for a program
 * called fuzz_NAME.
 */
#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define INPUTS_MAX 4096

static char *inputs[INPUTS_MAX];
static size_t input_count;

/* Targets that have nothing to set up leave it out. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static void add(const char *path);

static void add_folder(const char *path)
{
	char below[FUZZ_PATH_MAX];
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort);
	FUZZ_REQUIRE(n >= 0);
	for (int i = 0; i < n; i++) {
		int len = snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && (size_t)len < sizeof(below))
			add(below);
		free(entries[i]);
	}
	free(entries);
}

static void add(const char *path)
{
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		add_folder(path);
		return;
	}
	FUZZ_REQUIRE(input_count < INPUTS_MAX);
	inputs[input_count] = strdup(path);
	FUZZ_REQUIRE(inputs[input_count]);
	input_count++;
}

/* A copy of the very size, so that a sanitizer sees one octet too many. */
static bool replay(const char *path)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	uint8_t *data = f && fstat(fileno(f), &st) == 0 ? malloc(st.st_size > 0 ? (size_t)st.st_size : 1) : NULL;
	bool whole = data && fread(data, 1, (size_t)st.st_size, f) == (size_t)st.st_size;
	if (f)
		fclose(f);
	if (whole)
		LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
	free(data);
	return whole;
}

/* "fuzz_query", whatever libtool put before it. */
static const char *target_name(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = strstr(slash ? slash : program, "fuzz_");
	return name ? name : "fuzz_";
}

static void report(const char *target)
{
	for (size_t i = 0; i < input_count; i++) {
		const char *slash = strrchr(inputs[i], '/');
		bool read = replay(inputs[i]);
		printf("%s %zu - %s survives %s\n", read ? "ok" : "not ok", i + 1, target,
		       slash ? slash + 1 : inputs[i]);
		fflush(stdout);
		free(inputs[i]);
	}
}

int main(int argc, char **argv)
{
	const char *target = target_name(argv[0]);
	char corpus[FUZZ_PATH_MAX], below[128];
	snprintf(below, sizeof(below), "tests/fuzz/corpus/%s", target + strlen("fuzz_"));
	for (int i = 1; i < argc; i++)
		add(argv[i]);
	if (argc == 1)
		add(fuzz_path("top_srcdir", below, corpus));
	printf("1..%zu\n", input_count);
	fflush(stdout);
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	report(target);
	return input_count > 0 ? 0 : 1;
}
