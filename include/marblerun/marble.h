/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmarblerun inside a Marble: what the Coordinator has handed over to this process, and its monotonic counters.
 *
 * The library has a TLS library of its own inside, hidden. An application that uses OpenSSL itself takes
 * <marblerun/openssl.h>, which puts the credentials into the application's own contexts.
 *
 * All functions are thread-safe on different objects. Strings are UTF-8 and NUL-terminated; PEM texts may hold several
 * blocks. Nothing here prints, ends the process or keeps global state.
 */
#ifndef MARBLERUN_MARBLE_H
#define MARBLERUN_MARBLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What went wrong; filled in by a function that fails. May be NULL everywhere. */
typedef struct marblerun_error {
	int code; /* of marblerun_code */
	char message[512];
} marblerun_error;

enum marblerun_code {
	MARBLERUN_OK = 0,
	MARBLERUN_INVALID = 1,   /* an argument, or what was handed over, is wrong */
	MARBLERUN_NOT_FOUND = 2, /* an environment variable is not set: this is no Marble */
	MARBLERUN_DENIED = 3,    /* the Coordinator refuses */
	MARBLERUN_UNAVAILABLE =
		4,           /* the Coordinator cannot be reached, or is not the one of this mesh */
	MARBLERUN_SYSTEM = 5 /* memory, files */
};

/* The version of the library, as in `0.1.0`. */
const char *marblerun_version(void);

/* The Marble's credentials. Immutable; the private key is wiped when it is freed. */
typedef struct marblerun_credentials marblerun_credentials;

/*
 * Reads MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN, MARBLE_PREDEFINED_PRIVATE_KEY, MARBLE_PREDEFINED_ROOT_CA and
 * MARBLE_PREDEFINED_COORDINATOR_ROOT_CA and checks that they fit together. NULL on failure: `environment variable not set:
 * NAME`, or what cannot be read. To be freed by marblerun_credentials_free.
 */
marblerun_credentials *marblerun_credentials_from_env(marblerun_error *error);
void marblerun_credentials_free(marblerun_credentials *credentials);

/* PEM texts; they live as long as the object. */
/* Own certificate, then the intermediate: what to show to others. */
const char *marblerun_credentials_chain(const marblerun_credentials *credentials);
/* Own key, PKCS#8 without encryption. */
const char *marblerun_credentials_key(const marblerun_credentials *credentials);
/* The only root for the certificates of other Marbles. */
const char *marblerun_credentials_root(const marblerun_credentials *credentials);
/* The only root for the Coordinator. */
const char *marblerun_credentials_coordinator_root(const marblerun_credentials *credentials);

/*
 * Writes cert.pem, key.pem, ca.pem and coordinator-ca.pem into a folder, which must exist; mode 0600, existing files are
 * replaced as wholes. For programs that take their credentials from files. Returns 0, or -1.
 */
int marblerun_credentials_write(
	const marblerun_credentials *credentials, const char *folder, marblerun_error *error);

/*
 * Raises a monotonic counter of this Marble at the Coordinator's client API (`host:port`), if `value` is greater than
 * what is stored; *previous gets the value before the call. A call with 0 reads. The Coordinator must have this mesh's
 * root. Returns 0, or -1.
 */
int marblerun_monotonic_counter(const marblerun_credentials *credentials, const char *endpoint,
	const char *name, uint64_t value, uint64_t *previous, marblerun_error *error);

#ifdef __cplusplus
}
#endif

#endif
