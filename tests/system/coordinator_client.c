/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user of libmarblerun's client part, in C and in C++: coordinator_client ENDPOINT COMMAND ARGUMENT... Prints results on
 * stdout; on failure `CODE MESSAGE` on stderr, and ends with 1. A user's key is behind callbacks, on an OpenSSL of its own.
 */
#include <marblerun/client.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static marblerun_error error;

static int fail(void)
{
	(void)fprintf(stderr, "%d %s\n", error.code, error.message);
	return 1;
}

static char *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data = (char *)calloc(1, 1 << 20);

	*size = f && data ? fread(data, 1, (1 << 20) - 1, f) : 0;
	if (f)
		(void)fclose(f);
	return data;
}

/* --- a key that is elsewhere --- */

static const EVP_MD *digest_of(const char *hash)
{
	return strcmp(hash, "SHA-256") == 0   ? EVP_sha256()
	       : strcmp(hash, "SHA-384") == 0 ? EVP_sha384()
					      : EVP_sha512();
}

static int sign_ec(EVP_PKEY *key, const unsigned char *input, size_t input_size,
	unsigned char *output, size_t *size)
{
	int field = (EVP_PKEY_bits(key) + 7) / 8;
	unsigned char der[512];
	size_t der_size = sizeof der;
	const unsigned char *at = der;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	int good = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
		   EVP_PKEY_sign(ctx, der, &der_size, input, input_size) == 1;
	ECDSA_SIG *pair = good ? d2i_ECDSA_SIG(NULL, &at, (long)der_size) : NULL;

	good = pair && *size >= (size_t)(2 * field) &&
	       BN_bn2binpad(ECDSA_SIG_get0_r(pair), output, field) == field &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(pair), output + field, field) == field;
	*size = (size_t)(2 * field);
	ECDSA_SIG_free(pair);
	EVP_PKEY_CTX_free(ctx);
	return good ? 0 : -1;
}

static int sign_rsa(EVP_PKEY *key, int scheme, const char *hash, const unsigned char *input,
	size_t input_size, unsigned char *output, size_t *size)
{
	int padding = scheme == MARBLERUN_RSA_PSS   ? RSA_PKCS1_PSS_PADDING
		      : scheme == MARBLERUN_RSA_RAW ? RSA_NO_PADDING
						    : RSA_PKCS1_PADDING;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	int good = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
		   EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1;

	if (good && scheme == MARBLERUN_RSA_PSS)
		good = EVP_PKEY_CTX_set_signature_md(ctx, digest_of(hash)) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
	good = good && EVP_PKEY_sign(ctx, output, size, input, input_size) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good ? 0 : -1;
}

static int sign(void *context, int scheme, const char *hash, const unsigned char *input,
	size_t input_size, unsigned char *output, size_t *size)
{
	EVP_PKEY *key = (EVP_PKEY *)context;

	if (scheme == MARBLERUN_ECDSA)
		return sign_ec(key, input, input_size, output, size);
	return sign_rsa(key, scheme, hash, input, input_size, output, size);
}

static int decrypt(void *context, const unsigned char *input, size_t input_size,
	unsigned char *output, size_t *size)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new((EVP_PKEY *)context, NULL);
	int good = ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
		   EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
		   EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
		   EVP_PKEY_decrypt(ctx, output, size, input, input_size) == 1;

	EVP_PKEY_CTX_free(ctx);
	return good ? 0 : -1;
}

static void release(void *context)
{
	EVP_PKEY_free((EVP_PKEY *)context);
}

static marblerun_key *open_key(const char *path)
{
	static const marblerun_key_callbacks callbacks = { sign, decrypt, release };
	char public_pem[8192] = "";
	FILE *f = fopen(path, "r");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	BIO *bio = BIO_new(BIO_s_mem());

	if (f)
		(void)fclose(f);
	if (key && bio && PEM_write_bio_PUBKEY(bio, key) == 1)
		(void)BIO_read(bio, public_pem, sizeof public_pem - 1);
	BIO_free(bio);
	return marblerun_key_from_callbacks(public_pem, &callbacks, key, &error);
}

/* --- commands --- */

static void put_list(const char *title, marblerun_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		(void)printf("%s %s", title, list->items[i].name);
		if (list->items[i].data)
			(void)printf(" ");
		for (size_t k = 0; k < list->items[i].size; k++)
			(void)printf("%02x", list->items[i].data[k]);
		(void)printf("\n");
	}
	marblerun_list_free(list);
}

static int show(marblerun_coordinator *c)
{
	marblerun_bytes text = { NULL, 0 }, manifest = { NULL, 0 }, hash = { NULL, 0 };
	int code = 0;

	if (marblerun_status(c, &code, &text, &error) != 0)
		return fail();
	(void)printf("status %d %s\n", code, (char *)text.data);
	marblerun_bytes_free(&text);
	if (marblerun_manifest_get(c, &manifest, &hash, NULL, &error) != 0)
		return fail();
	(void)printf("manifest %zu %s\n", manifest.size, (char *)hash.data);
	marblerun_bytes_free(&manifest);
	marblerun_bytes_free(&hash);
	return 0;
}

static int change(marblerun_coordinator *c, const char *command, const char *path)
{
	marblerun_list users = { NULL, 0, NULL }, secrets = { NULL, 0, NULL };
	int missing = -1;
	int result = -1;
	size_t size;
	char *manifest = read_file(path, &size);

	if (strcmp(command, "set") == 0)
		result = marblerun_manifest_set(c, manifest, size, &secrets, &error);
	else if (strcmp(command, "verify") == 0)
		result = marblerun_manifest_verify(c, manifest, size, &error);
	else if (strcmp(command, "update") == 0)
		result = marblerun_update_apply(
			c, manifest, size, &missing, &users, &secrets, &error);
	else
		result = marblerun_update_acknowledge(
			c, manifest, size, &missing, &users, &secrets, &error);
	free(manifest);
	if (result != 0)
		return fail();
	(void)printf("missing %d\n", missing);
	put_list("user", &users);
	put_list("secret", &secrets);
	return 0;
}

static int pending(marblerun_coordinator *c)
{
	marblerun_bytes manifest = { NULL, 0 };
	marblerun_list users = { NULL, 0, NULL };

	if (marblerun_update_get(c, &manifest, &users, &error) != 0)
		return fail();
	(void)printf("pending %zu\n", manifest.size);
	put_list("user", &users);
	marblerun_bytes_free(&manifest);
	return 0;
}

static int secrets(marblerun_coordinator *c, int count, char **arguments)
{
	marblerun_list list = { NULL, 0, NULL };

	if (count == 1)
		return marblerun_secrets_set(c, arguments[0], &error) == 0 ? 0 : fail();
	if (marblerun_secrets_get(
		    c, (const char *const *)arguments, (size_t)count, &list, &error) != 0)
		return fail();
	for (size_t i = 0; i < list.count; i++)
		(void)printf("%s %s\n", list.items[i].name, (const char *)list.items[i].data);
	marblerun_list_free(&list);
	return 0;
}

/* The secret as it was given out is decrypted with the key, and sent encrypted once more for the Coordinator. */
static int recover(marblerun_coordinator *c, const char *key_path, const char *data_path)
{
	marblerun_bytes secret = { NULL, 0 }, pem = { NULL, 0 }, encrypted = { NULL, 0 };
	marblerun_key *key = open_key(key_path);
	int remaining = -1;
	size_t size;
	char *data = read_file(data_path, &size);
	int bad = !key || marblerun_decrypt_recovery_data(data, size, key, &secret, &error) != 0 ||
		  marblerun_recovery_public_key(c, &pem, &error) != 0 ||
		  marblerun_encrypt_recovery_secret(
			  secret.data, secret.size, (char *)pem.data, &encrypted, &error) != 0 ||
		  marblerun_recover(c, secret.data, secret.size, key, &remaining, &error) != 0;

	if (!bad)
		(void)printf("remaining %d, %zu bytes encrypted\n", remaining, encrypted.size);
	free(data);
	marblerun_bytes_free(&secret);
	marblerun_bytes_free(&pem);
	marblerun_bytes_free(&encrypted);
	marblerun_key_free(key);
	return bad ? fail() : 0;
}

static int log_lines(marblerun_coordinator *c)
{
	marblerun_list lines = { NULL, 0, NULL };

	if (marblerun_manifest_log(c, &lines, &error) != 0)
		return fail();
	put_list("log", &lines);
	return 0;
}

static int run(marblerun_coordinator *c, int argc, char **argv)
{
	const char *command = argv[0];

	if (strcmp(command, "show") == 0)
		return show(c);
	if (strcmp(command, "log") == 0)
		return log_lines(c);
	if (strcmp(command, "pending") == 0)
		return pending(c);
	if (strcmp(command, "cancel") == 0)
		return marblerun_update_cancel(c, &error) == 0 ? 0 : fail();
	if (strcmp(command, "secrets") == 0 && argc > 1)
		return secrets(c, argc - 1, argv + 1);
	if (strcmp(command, "recover") == 0 && argc == 3)
		return recover(c, argv[1], argv[2]);
	if (strcmp(command, "save") == 0 && argc == 2)
		return marblerun_coordinator_save(c, argv[1], &error) == 0 ? 0 : fail();
	return argc == 2 ? change(c, command, argv[1]) : 2;
}

/* POLICY is a file, `insecure`, or `cache:FILE`; USER is `-`, or the common beginning of NAME.crt and NAME.key. */
static marblerun_coordinator *open_coordinator(const char *endpoint, const char *how)
{
	int insecure = strcmp(how, "insecure") == 0;
	marblerun_policy *policy;
	marblerun_coordinator *c;

	if (strncmp(how, "cache:", 6) == 0)
		return marblerun_coordinator_load(endpoint, how + 6, &error);
	policy = insecure ? marblerun_policy_from_json("{}", &error)
			  : marblerun_policy_from_file(how, &error);
	if (!policy)
		return NULL;
	if (insecure)
		marblerun_policy_skip_verification(policy);
	c = marblerun_coordinator_verify(endpoint, policy, &error);
	marblerun_policy_free(policy);
	return c;
}

static int use(marblerun_coordinator *c, const char *user)
{
	char path[4096];
	size_t size;

	if (strcmp(user, "-") == 0)
		return 0;
	(void)snprintf(path, sizeof path, "%s.key", user);
	marblerun_key *key = open_key(path);
	(void)snprintf(path, sizeof path, "%s.crt", user);
	char *pem = read_file(path, &size);
	int result = key ? marblerun_coordinator_use_identity(c, pem, key, &error) : -1;

	free(pem);
	marblerun_key_free(key);
	return result;
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		(void)fprintf(
			stderr, "usage: coordinator_client ENDPOINT POLICY USER COMMAND ...\n");
		return 2;
	}
	marblerun_coordinator *c = open_coordinator(argv[1], argv[2]);
	if (!c)
		return fail();
	int status = use(c, argv[3]) == 0 ? run(c, argc - 4, argv + 4) : fail();
	marblerun_coordinator_free(c);
	return status;
}
