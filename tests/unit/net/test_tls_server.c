/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of TLS (20 §1, 30 §1.2), with a client that is told to do this and that. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/tls_internal.h"
#include "server_rig.h"

#define ALPN(text) .alpn = text, .alpn_len = sizeof(text) - 1

enum { V12 = 0x0303, V13 = 0x0304 };

static int set_up(void **state)
{
	static struct rig rig;

	rig_init(&rig);
	rig_start(&rig);
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	rig_stop(*state);
	return 0;
}

static void assert_served(const struct rig *rig, const struct peer_options *options)
{
	MR_AUTO(buf) struct mr_buf body = { 0 };
	struct peer p;

	mr_buf_init(&body, 1000);
	assert_true(peer_connect(&p, rig, options));
	assert_true(peer_get(&p, "/x", &body));
	assert_true(mr_str_eq(mr_buf_str(&body), MR_STR("/x")));
	peer_close(&p);
}

static void assert_refused(const struct rig *rig, const struct peer_options *options)
{
	struct peer p;

	assert_true(!peer_connect(&p, rig, options) || peer_is_closed(&p));
	peer_close(&p);
	/* others are served all the same */
	assert_true(rig_get(rig, "/y", NULL));
}

static void test_versions(void **state)
{
	assert_served(*state, &(struct peer_options){ .version = V12 });
	assert_served(*state, &(struct peer_options){ .version = V13 });
	assert_refused(*state, &(struct peer_options){ .version = 0x0302, .ciphers = "ALL" });
	assert_refused(*state, &(struct peer_options){ .version = 0x0301, .ciphers = "ALL" });
}

static void test_suites(void **state)
{
	static const char *const good[] = { "ECDHE-ECDSA-AES128-GCM-SHA256",
		"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305" };
	static const char *const bad[] = { "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA",
		"AES128-GCM-SHA256", "AES128-SHA" };

	for (size_t i = 0; i < MR_COUNT(good); i++)
		assert_served(*state, &(struct peer_options){ .version = V12, .ciphers = good[i] });
	for (size_t i = 0; i < MR_COUNT(bad); i++)
		assert_refused(*state, &(struct peer_options){ .version = V12, .ciphers = bad[i] });
}

static void test_groups(void **state)
{
	static const char *const groups[] = { "X25519", "P-256", "P-384", "P-521" };
	/* with TLS 1.2 the certificate's curve has to be among them */
	static const char *const pairs[] = { "X25519:P-256", "P-256", "P-384:P-256",
		"P-521:P-256" };

	for (size_t i = 0; i < MR_COUNT(groups); i++) {
		assert_served(
			*state, &(struct peer_options){ .version = V13, .groups = groups[i] });
		assert_served(*state, &(struct peer_options){ .version = V12, .groups = pairs[i] });
	}
}

static void test_alpn(void **state)
{
	struct peer p;
	const uint8_t *chosen = NULL;
	unsigned len = 0;

	assert_served(*state, &(struct peer_options){ ALPN("\x08http/1.1") });
	assert_served(*state, &(struct peer_options){ ALPN("\x06spdy/9\x08http/1.1") });
	assert_refused(*state, &(struct peer_options){ ALPN("\x06spdy/9") });
	assert_refused(*state, &(struct peer_options){ ALPN("\x08http/1.0\x07http/1.") });
	assert_true(peer_connect(&p, *state, &(struct peer_options){ ALPN("\x02h2\x08http/1.1") }));
	SSL_get0_alpn_selected(p.ssl, &chosen, &len);
	assert_int_equal(len, 8);
	assert_memory_equal(chosen, "http/1.1", 8);
	peer_close(&p);
}

static void test_required_alpn(void **state)
{
	struct rig rig;
	struct peer p;

	(void)state;
	rig_init(&rig);
	rig.tls_config.alpn_required = true;
	rig_start(&rig);
	assert_served(&rig, &(struct peer_options){ ALPN("\x08http/1.1") });
	for (int version = V12; version <= V13; version++) {
		bool connected = peer_connect(
			&p, &rig, &(struct peer_options){ .version = version });
		if (connected)
			assert_true(peer_is_closed(&p));
		peer_close(&p);
	}
	rig_stop(&rig);
}

/* --- certificates --- */

static void assert_seen(const struct rig *rig, struct mr_tls_identity *identity, int version)
{
	MR_AUTO(buf) struct mr_buf body = { 0 };
	struct peer p;

	mr_buf_init(&body, 100000);
	assert_true(peer_connect(
		&p, rig, &(struct peer_options){ .version = version, .identity = identity }));
	assert_true(peer_get(&p, "/cert", &body));
	assert_true(mr_bytes_eq(mr_buf_bytes(&body),
		identity ? mr_tls_identity_leaf(identity) : mr_bytes_of(NULL, 0)));
	peer_close(&p);
}

static void test_client_certificates_of_every_kind(void **state)
{
	static const struct {
		enum mr_key_type type;
		unsigned bits;
	} kinds[] = { { MR_KEY_EC_P256, 0 }, { MR_KEY_EC_P384, 0 }, { MR_KEY_EC_P521, 0 },
		{ MR_KEY_ED25519, 0 }, { MR_KEY_RSA, 2048 }, { MR_KEY_RSA, 3072 } };

	for (size_t i = 0; i < MR_COUNT(kinds); i++) {
		struct mr_tls_identity *identity = rig_identity(kinds[i].type, kinds[i].bits);
		assert_seen(*state, identity, V12);
		assert_seen(*state, identity, V13);
		mr_tls_identity_unref(identity);
	}
	assert_seen(*state, NULL, V12);
	assert_seen(*state, NULL, V13);
}

static BIGNUM *mersenne(int bits)
{
	BIGNUM *n = BN_new();

	assert_non_null(n);
	assert_true(BN_set_bit(n, bits) && BN_sub_word(n, 1));
	return n;
}

/* An RSA key of 8,676 bits, without the time it takes to find one: its primes are 2^4253 - 1 and
 * 2^4423 - 1. */
static struct mr_key *long_rsa_key(void)
{
	BIGNUM *p = mersenne(4253), *q = mersenne(4423), *n = BN_new(), *e = BN_new(),
	       *d = BN_new();
	BIGNUM *p1 = BN_dup(p), *q1 = BN_dup(q), *phi = BN_new(), *dp = BN_new(), *dq = BN_new();
	BIGNUM *inverse = BN_new();
	BN_CTX *c = BN_CTX_new();
	RSA *rsa = RSA_new();
	EVP_PKEY *pkey = EVP_PKEY_new();
	struct mr_key *key = NULL;
	struct mr_error err;

	assert_true(BN_mul(n, p, q, c) && BN_set_word(e, 65537) && BN_sub_word(p1, 1) &&
		    BN_sub_word(q1, 1) && BN_mul(phi, p1, q1, c) && BN_mod_inverse(d, e, phi, c) &&
		    BN_div(NULL, dp, d, p1, c) && BN_div(NULL, dq, d, q1, c) &&
		    BN_mod_inverse(inverse, q, p, c));
	assert_true(RSA_set0_key(rsa, n, e, d) && RSA_set0_factors(rsa, p, q) &&
		    RSA_set0_crt_params(rsa, dp, dq, inverse) && EVP_PKEY_assign_RSA(pkey, rsa));
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(pkey);
	unsigned char *der = NULL;
	int len = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);
	assert_true(len > 0);
	assert_false(mr_failed(mr_key_from_pkcs8(mr_bytes_of(der, (size_t)len), &key, &err)));
	OPENSSL_free(der);
	PKCS8_PRIV_KEY_INFO_free(p8);
	EVP_PKEY_free(pkey);
	BN_free(p1);
	BN_free(q1);
	BN_free(phi);
	BN_CTX_free(c);
	return key;
}

/* 20 §1: RSA keys over 8192 bits are refused. */
static void test_long_client_keys(void **state)
{
	MR_AUTO(key) struct mr_key *key = long_rsa_key();
	MR_AUTO(buf) struct mr_buf leaf = { 0 };
	struct mr_tls_identity *identity = NULL;
	struct mr_error err;

	mr_buf_init(&leaf, 10000);
	rig_certificate(key, &leaf);
	struct mr_bytes chain = mr_buf_bytes(&leaf);
	assert_false(mr_failed(mr_tls_identity_new(&chain, 1, key, &identity, &err)));
	assert_refused(*state, &(struct peer_options){ .version = V12, .identity = identity });
	assert_refused(*state, &(struct peer_options){ .version = V13, .identity = identity });
	mr_tls_identity_unref(identity);
}

/* More certificates than anybody needs are not taken. */
static void test_long_client_chains(void **state)
{
	enum { COUNT = 16 };
	MR_AUTO(key) struct mr_key *key = NULL, *filler = NULL;
	MR_AUTO(buf) struct mr_buf leaf = { 0 }, large = { 0 };
	struct mr_tls_identity *identity = NULL;
	struct mr_bytes chain[COUNT];
	struct mr_error err;

	mr_buf_init(&leaf, 10000);
	mr_buf_init(&large, 10000);
	assert_false(mr_failed(mr_key_generate(MR_KEY_EC_P256, 0, &key, &err)));
	filler = long_rsa_key();
	rig_certificate(key, &leaf);
	rig_certificate(filler, &large);
	chain[0] = mr_buf_bytes(&leaf);
	for (size_t i = 1; i < COUNT; i++)
		chain[i] = mr_buf_bytes(&large);
	assert_false(mr_failed(mr_tls_identity_new(chain, COUNT, key, &identity, &err)));
	assert_refused(*state, &(struct peer_options){ .version = V13, .identity = identity });
	mr_tls_identity_unref(identity);
	assert_false(mr_failed(mr_tls_identity_new(chain, 4, key, &identity, &err)));
	assert_seen(*state, identity, V13);
	mr_tls_identity_unref(identity);
}

static void test_required_client_certificates(void **state)
{
	struct rig rig;
	struct mr_tls_identity *identity = rig_identity(MR_KEY_EC_P384, 0);

	(void)state;
	rig_init(&rig);
	rig.tls_config.client_auth = MR_TLS_CLIENT_REQUIRED;
	rig_start(&rig);
	for (int version = V12; version <= V13; version++) {
		struct peer p;
		bool connected = peer_connect(
			&p, &rig, &(struct peer_options){ .version = version });
		/* with TLS 1.3 the client is done before the server judges */
		assert_true(connected == (version == V13));
		if (connected)
			assert_true(peer_is_closed(&p));
		peer_close(&p);
		assert_seen(&rig, identity, version);
	}
	rig_wait_event(&rig, "TLS handshake error from 127.0.0.1:");
	rig_wait_event(&rig, "peer did not return a certificate");
	mr_tls_identity_unref(identity);
	rig_stop(&rig);
}

static void assert_presented(const struct rig *rig, struct mr_bytes leaf)
{
	MR_AUTO(buf) struct mr_buf chain = { 0 };
	struct peer p;
	size_t count = 0;

	mr_buf_init(&chain, 100000);
	assert_true(peer_connect(&p, rig, &(struct peer_options){ .version = 0 }));
	peer_chain(&p, &chain, &count);
	assert_int_equal(count, 1);
	assert_true(mr_bytes_eq(mr_buf_bytes(&chain), leaf));
	peer_close(&p);
}

static void test_the_identity_is_looked_up_in_every_handshake(void **state)
{
	struct rig *rig = *state;
	struct mr_tls_identity *first = rig_identity(MR_KEY_EC_P384, 0);
	struct mr_tls_identity *second = rig_identity(MR_KEY_EC_P256, 0);
	struct peer kept, refused;

	rig_set_identity(rig, mr_tls_identity_ref(first));
	assert_presented(rig, mr_tls_identity_leaf(first));
	assert_true(peer_connect(&kept, rig, &(struct peer_options){ .version = 0 }));
	rig_set_identity(rig, mr_tls_identity_ref(second));
	assert_presented(rig, mr_tls_identity_leaf(second));
	assert_true(peer_get(&kept, "/", NULL));
	peer_close(&kept);

	rig_set_identity(rig, NULL);
	assert_false(peer_connect(&refused, rig, &(struct peer_options){ .version = 0 }));
	peer_close(&refused);
	rig_wait_event(rig, "TLS handshake error from 127.0.0.1:");
	rig_set_identity(rig, mr_tls_identity_ref(first));
	assert_presented(rig, mr_tls_identity_leaf(first));
	mr_tls_identity_unref(first);
	mr_tls_identity_unref(second);
}

static void test_chains(void **state)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	MR_AUTO(buf) struct mr_buf leaf = { 0 }, expected = { 0 }, chain = { 0 };
	struct mr_tls_identity *issuer = rig_identity(MR_KEY_EC_P256, 0), *both = NULL;
	struct mr_error err;
	struct peer p;
	size_t count = 0;

	mr_buf_init(&leaf, 10000);
	mr_buf_init(&expected, 10000);
	mr_buf_init(&chain, 10000);
	assert_false(mr_failed(mr_key_generate(MR_KEY_EC_P256, 0, &key, &err)));
	rig_certificate(key, &leaf);
	struct mr_bytes parts[] = { mr_buf_bytes(&leaf), mr_tls_identity_leaf(issuer) };
	mr_buf_put_bytes(&expected, parts[0]);
	mr_buf_put_bytes(&expected, parts[1]);
	assert_false(mr_failed(mr_tls_identity_new(parts, 2, key, &both, &err)));
	rig_set_identity(*state, both);
	assert_true(peer_connect(&p, *state, &(struct peer_options){ .version = 0 }));
	peer_chain(&p, &chain, &count);
	assert_int_equal(count, 2);
	assert_true(mr_bytes_eq(mr_buf_bytes(&chain), mr_buf_bytes(&expected)));
	peer_close(&p);
	mr_tls_identity_unref(issuer);
}

static void test_incomplete_identities(void **state)
{
	MR_AUTO(key) struct mr_key *key = NULL, *public = NULL;
	MR_AUTO(buf) struct mr_buf leaf = { 0 };
	struct mr_tls_identity *identity = NULL;
	struct mr_error err;

	(void)state;
	mr_buf_init(&leaf, 10000);
	assert_false(mr_failed(mr_key_generate(MR_KEY_EC_P256, 0, &key, &err)));
	assert_false(mr_failed(mr_key_from_spki(mr_key_spki(key), &public, &err)));
	rig_certificate(key, &leaf);
	struct mr_bytes parts[17];
	for (size_t i = 0; i < MR_COUNT(parts); i++)
		parts[i] = mr_buf_bytes(&leaf);
	assert_true(mr_failed(mr_tls_identity_new(parts, 0, key, &identity, &err)));
	assert_true(mr_failed(mr_tls_identity_new(parts, MR_COUNT(parts), key, &identity, &err)));
	assert_true(mr_failed(mr_tls_identity_new(parts, 1, public, &identity, &err)));
	mr_tls_identity_unref(NULL);
}

/* A certificate that is not this key's is a fault of the configuration: no handshake succeeds. */
static void test_identity_with_another_key(void **state)
{
	MR_AUTO(key) struct mr_key *key = NULL;
	struct mr_tls_identity *other = rig_identity(MR_KEY_EC_P256, 0), *identity = NULL;
	struct mr_error err;
	struct peer p;

	assert_false(mr_failed(mr_key_generate(MR_KEY_EC_P256, 0, &key, &err)));
	struct mr_bytes leaf = mr_tls_identity_leaf(other);
	assert_false(mr_failed(mr_tls_identity_new(&leaf, 1, key, &identity, &err)));
	rig_set_identity(*state, identity);
	assert_false(peer_connect(&p, *state, &(struct peer_options){ .version = 0 }));
	peer_close(&p);
	mr_tls_identity_unref(other);
}

static void test_invalid_alpn_lists(void **state)
{
	static const char *const empty[] = { "" };
	static const char *many[17];
	static char longest[257];
	struct mr_tls_server *server = NULL;
	struct mr_error err;

	(void)state;
	memset(longest, 'a', 256);
	for (size_t i = 0; i < MR_COUNT(many); i++)
		many[i] = longest;
	struct mr_tls_server_config config = { .alpn = empty, .alpn_count = 1 };
	assert_true(mr_failed(mr_tls_server_new(&config, &server, &err)));
	config.alpn = many;
	assert_true(mr_failed(mr_tls_server_new(&config, &server, &err)));
	config.alpn_count = MR_COUNT(many);
	assert_true(mr_failed(mr_tls_server_new(&config, &server, &err)));
}

/* --- sessions --- */

static void test_offered_sessions_get_full_handshakes(void **state)
{
	struct rig *rig = *state;
	struct mr_tls_identity *identity = rig_identity(MR_KEY_EC_P256, 0);

	for (int version = V12; version <= V13; version++) {
		struct peer p;
		struct peer_options options = { .version = version, .identity = identity };
		assert_true(peer_connect(&p, rig, &options));
		assert_true(peer_get(&p, "/x", NULL));
		SSL_SESSION *session = SSL_get1_session(p.ssl);
		peer_close(&p);
		MR_AUTO(buf) struct mr_buf body = { 0 };
		mr_buf_init(&body, 100000);
		options.session = session;
		assert_true(peer_connect(&p, rig, &options));
		assert_int_equal(SSL_session_reused(p.ssl), 0);
		assert_true(peer_get(&p, "/cert", &body));
		assert_true(mr_bytes_eq(mr_buf_bytes(&body), mr_tls_identity_leaf(identity)));
		peer_close(&p);
		SSL_SESSION_free(session);
	}
	mr_tls_identity_unref(identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_versions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_suites, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_groups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_alpn, set_up, tear_down),
		cmocka_unit_test(test_required_alpn),
		cmocka_unit_test_setup_teardown(
			test_client_certificates_of_every_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_client_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_client_chains, set_up, tear_down),
		cmocka_unit_test(test_required_client_certificates),
		cmocka_unit_test_setup_teardown(
			test_the_identity_is_looked_up_in_every_handshake, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_chains, set_up, tear_down),
		cmocka_unit_test(test_incomplete_identities),
		cmocka_unit_test_setup_teardown(test_identity_with_another_key, set_up, tear_down),
		cmocka_unit_test(test_invalid_alpn_lists),
		cmocka_unit_test_setup_teardown(
			test_offered_sessions_get_full_handshakes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
