/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ldns 1.8.3 forgets a few octets when it refuses the words of these types;
 * the input is refused all the same, and nothing of ours can free them.
 */
#ifndef TESTS_FUZZ_LDNS_LEAKS_H
#define TESTS_FUZZ_LDNS_LEAKS_H

#include "fuzz_zone.h"

const char *__lsan_default_suppressions(void)
{
	return "leak:ldns_str2rdf_ipseckey\nleak:ldns_str2rdf_cert_alg\n";
}

#endif
