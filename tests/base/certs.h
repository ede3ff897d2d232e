/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates made for a test, as files in a folder of its own. */
#ifndef TESTS_BASE_CERTS_H
#define TESTS_BASE_CERTS_H

#include <stdint.h>
#include <stdio.h>

/* certs_folder_remove takes the folder away with what the calls below put into it. */
void certs_folder_make(void);
void certs_folder_remove(void);

/* The path of a file in the folder; lives until the test's end. */
const char *certs_path(const char *name);

void certs_write_file(const char *name, const char *text);

/*
 * Writes NAME.crt and NAME.key (mode 600), for the host NAME, signed by what
 * was made as `issuer` (NULL: by itself, and good as an authority). Valid from
 * now for `seconds`; below 0 it has run out.
 */
void certs_make(const char *name, const char *issuer, long seconds);

/* SHA-256 of the public key in NAME.crt. */
void certs_pin(const char *name, uint8_t pin[32]);

#endif
