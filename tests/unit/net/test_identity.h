/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for the tests of TLS: each good but for what a test wants wrong. */
#ifndef MR_TESTS_NET_TEST_IDENTITY_H
#define MR_TESTS_NET_TEST_IDENTITY_H

#include "crypto/cert.h"
#include "crypto/key.h"
#include "net/tls.h"

struct test_identity {
	struct mr_key *key;
	struct mr_cert cert;
	struct mr_tls_identity
		*tls; /* shows the certificate, and those of its issuers but for a root */
};

/* What differs from a self-signed leaf for `localhost`, 127.0.0.1 and ::1, valid now, for
 * servers and clients. */
struct test_profile {
	const struct test_identity *issuer; /* NULL: self-signed */
	const char *name;                   /* commonName; "test" if NULL */
	const char *dns;                    /* instead of localhost; no addresses then */
	bool ca;
	bool clients_only; /* extendedKeyUsage without serverAuth */
	int days_old;      /* 1 if 0; negative: not valid yet */
	int days_left;     /* 10 if 0; negative: expired */
	bool alone;        /* shows no issuer */
};

/* Asserts that all goes well. */
void test_identity_make(struct test_identity *ret, const struct test_profile *profile);
void test_identity_done(struct test_identity *identity);

#endif
