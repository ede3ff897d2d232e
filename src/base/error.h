/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One error type for every fallible call, and the diagnostic a person reads.
 * Thread: any.
 */
#ifndef BNS_BASE_ERROR_H
#define BNS_BASE_ERROR_H

#include <stdarg.h>
#include <stddef.h>

#define BNS_MUST_CHECK        __attribute__((warn_unused_result))
#define BNS_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* One source for the codes and their texts. */
#define BNS_ERRORS(X)                                                                                                  \
	X(BNS_OK, "success")                                                                                           \
	X(BNS_ENOMEM, "out of memory")                                                                                 \
	X(BNS_EINVAL, "invalid value")                                                                                 \
	X(BNS_ESYNTAX, "syntax error")                                                                                 \
	X(BNS_ENOENT, "not found")                                                                                     \
	X(BNS_EEXIST, "already exists")                                                                                \
	X(BNS_EIO, "input/output error")                                                                               \
	X(BNS_EFULL, "no space left in the store")                                                                     \
	X(BNS_ERANGE, "value out of range")                                                                            \
	X(BNS_ESHORT, "data ends early")                                                                               \
	X(BNS_ENAME, "malformed domain name")                                                                          \
	X(BNS_EFORMAT, "malformed message")                                                                            \
	X(BNS_EBADKEY, "unknown TSIG key")                                                                             \
	X(BNS_EBADSIG, "bad TSIG signature")                                                                           \
	X(BNS_EBADTIME, "TSIG time out of window")                                                                     \
	X(BNS_EDENIED, "denied")                                                                                       \
	X(BNS_ETIMEOUT, "timed out")                                                                                   \
	X(BNS_EVERSION, "version not supported")                                                                       \
	X(BNS_ECRYPTO, "cryptographic library failed")                                                                 \
	X(BNS_ECANCELED, "canceled")                                                                                   \
	X(BNS_EBUSY, "busy")                                                                                           \
	X(BNS_EDAMAGED, "damaged on the disk")

enum bns_error {
#define X(code, text) code,
	BNS_ERRORS(X)
#undef X
};

/* Static text of a code; never NULL. */
const char *bns_strerror(enum bns_error err);

/*
 * What a person is told: which file, where in it, and a sentence with the way
 * out. `line` and `column` count from 1; 0 means "not known".
 */
struct bns_diag {
	char file[256];
	unsigned line;
	unsigned column;
	char text[512];
};

/* Fills `diag` (NULL is allowed and does nothing); `file` may be NULL. */
void bns_diag_set(struct bns_diag *diag, const char *file, unsigned line, unsigned column, const char *fmt, ...)
	BNS_PRINTF(5, 6);

/*
 * Writes "file:line:column: text", with the parts that are known, into `out`.
 * Returns `out`.
 */
char *bns_diag_format(const struct bns_diag *diag, char *out, size_t cap);

#endif
