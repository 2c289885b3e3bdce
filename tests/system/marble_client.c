/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmarblerun from outside: a Marble that talks with the application's own OpenSSL. `serve PORT` answers each
 * connection with the peer's common name, `ask PORT NAME` prints what it gets, `count ENDPOINT NAME VALUE` prints the value
 * before, `write FOLDER` writes the credentials. Compiled as C and as C++.
 */
#include <marblerun/openssl.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int failed(const char *what)
{
	(void)fprintf(stderr, "%s\n", what);
	return 1;
}

static unsigned long long number(const char *digits)
{
	unsigned long long value = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		value = value * 10 + (unsigned long long)(*digits - '0');
	return value;
}

static struct sockaddr_in loopback(const char *port)
{
	struct sockaddr_in address;

	memset(&address, 0, sizeof address);
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((unsigned short)number(port));
	return address;
}

static void answer(SSL *ssl)
{
	char name[64] = "nobody";
	X509 *peer = SSL_get_peer_certificate(ssl);

	if (peer)
		(void)X509_NAME_get_text_by_NID(
			X509_get_subject_name(peer), NID_commonName, name, sizeof name);
	X509_free(peer);
	(void)SSL_write(ssl, name, (int)strlen(name));
	(void)SSL_shutdown(ssl);
}

static int serve(SSL_CTX *ctx, const char *port)
{
	struct sockaddr_in address = loopback(port);
	const int on = 1;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
		listen(listener, 8) != 0)
		return failed("cannot listen");
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		SSL *ssl = SSL_new(ctx);
		if (fd >= 0 && ssl && SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1)
			answer(ssl);
		SSL_free(ssl);
		(void)close(fd);
	}
}

static int ask(SSL_CTX *ctx, const char *port, const char *name)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	SSL *ssl = SSL_new(ctx);
	char got[64];
	int n = -1;

	if (ssl && SSL_set1_host(ssl, name) == 1 &&
		connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
		SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1)
		n = SSL_read(ssl, got, (int)sizeof got);
	SSL_free(ssl);
	(void)close(fd);
	if (n <= 0)
		return failed("no answer");
	(void)printf("%.*s\n", n, got);
	return 0;
}

static int count(const marblerun_credentials *credentials, char **argv)
{
	marblerun_error error;
	uint64_t previous;

	if (marblerun_monotonic_counter(
		    credentials, argv[0], argv[1], number(argv[2]), &previous, &error) != 0) {
		(void)fprintf(stderr, "%d %s\n", error.code, error.message);
		return 1;
	}
	(void)printf("%llu\n", (unsigned long long)previous);
	return 0;
}

static int talk(const marblerun_credentials *credentials, int argc, char **argv)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());

	if (!ctx || !marblerun_ssl_ctx_use(ctx, credentials))
		return failed("the credentials do not fit");
	int status = argc == 3 ? serve(ctx, argv[2]) : ask(ctx, argv[2], argv[3]);
	SSL_CTX_free(ctx);
	return status;
}

int main(int argc, char **argv)
{
	marblerun_error error;
	marblerun_credentials *credentials = marblerun_credentials_from_env(&error);
	int status = 1;

	if (!credentials) {
		(void)fprintf(stderr, "%d %s\n", error.code, error.message);
		return 1;
	}
	if (argc == 5 && strcmp(argv[1], "count") == 0)
		status = count(credentials, argv + 2);
	else if (argc == 3 && strcmp(argv[1], "write") == 0)
		status = marblerun_credentials_write(credentials, argv[2], &error) == 0
				 ? 0
				 : failed(error.message);
	else if (argc >= 3)
		status = talk(credentials, argc, argv);
	marblerun_credentials_free(credentials);
	return status;
}
