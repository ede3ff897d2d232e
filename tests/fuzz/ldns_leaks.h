/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ldns 1.8.3 forgets a field of a few octets where it refuses the words of a
 * CERT or an IPSECKEY record; nothing of ours can free it. It keeps no frame
 * pointers, so a stack ends with the call that makes a field. A record that we
 * forgot would still be reported: it is made elsewhere.
 */
#ifndef TESTS_FUZZ_LDNS_LEAKS_H
#define TESTS_FUZZ_LDNS_LEAKS_H

#include "fuzz_zone.h"

const char *__lsan_default_suppressions(void)
{
	return "leak:ldns_rdf_new_frm_data\nleak:ldns_str2rdf_ipseckey\nleak:ldns_str2rdf_cert_alg\n";
}

#endif
