/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/download.h"

#include <curl/curl.h>
#include <dlfcn.h>

#include "base/env.h"

enum { REDIRECTS_MAX = 10, CONNECT_SECONDS = 20, TOTAL_SECONDS = 120 };

/* What of the library is used. */
struct library {
	void *handle;
	CURL *(*init)(void);
	CURLcode (*setopt)(CURL *curl, CURLoption option, ...);
	CURLcode (*perform)(CURL *curl);
	CURLcode (*getinfo)(CURL *curl, CURLINFO info, ...);
	const char *(*text)(CURLcode code);
	void (*cleanup)(CURL *curl);
};

static mr_result open_library(struct library *l, struct mr_error *err)
{
	static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
	const struct {
		const char *name;
		void *into;
	} functions[] = {
		{ "curl_easy_init", &l->init },
		{ "curl_easy_setopt", &l->setopt },
		{ "curl_easy_perform", &l->perform },
		{ "curl_easy_getinfo", &l->getinfo },
		{ "curl_easy_strerror", &l->text },
		{ "curl_easy_cleanup", &l->cleanup },
	};

	for (size_t i = 0; i < MR_COUNT(names) && !l->handle; i++)
		l->handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!l->handle)
		return mr_fail(err, MR_CODE_UNAVAILABLE,
			"libcurl is not installed: get the file by other means and name it with "
			"--era-config");
	for (size_t i = 0; i < MR_COUNT(functions); i++) {
		void *found = dlsym(l->handle, functions[i].name);

		if (!found)
			return mr_fail(
				err, MR_CODE_UNAVAILABLE, "libcurl has no %s", functions[i].name);
		memcpy(functions[i].into, &found, sizeof found);
	}
	return MR_OK;
}

static size_t take(char *data, size_t size, size_t count, void *context)
{
	struct mr_buf *out = context;

	mr_buf_put(out, data, size * count);
	/* less than was given ends the transfer */
	return out->failure == MR_CODE_OK ? size * count : 0;
}

static bool set_up(const struct library *l, CURL *curl, const char *url, struct mr_buf *out)
{
	const char *file = mr_env_get("SSL_CERT_FILE", NULL);
	const char *folder = mr_env_get("SSL_CERT_DIR", NULL);
	bool good = l->setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
		    l->setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
		    l->setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https") == CURLE_OK &&
		    l->setopt(curl, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
		    l->setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX) == CURLE_OK &&
		    l->setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS) == CURLE_OK &&
		    l->setopt(curl, CURLOPT_TIMEOUT, (long)TOTAL_SECONDS) == CURLE_OK &&
		    l->setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		    l->setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
		    l->setopt(curl, CURLOPT_WRITEDATA, out) == CURLE_OK &&
		    l->setopt(curl, CURLOPT_USERAGENT, "marblerun-c/" MR_VERSION) == CURLE_OK;

	if (file)
		good = good && l->setopt(curl, CURLOPT_CAINFO, file) == CURLE_OK;
	if (folder)
		good = good && l->setopt(curl, CURLOPT_CAPATH, folder) == CURLE_OK;
	return good;
}

static mr_result transfer(const struct library *l, CURL *curl, const char *url, struct mr_buf *out,
	long *ret_status, struct mr_error *err)
{
	size_t before = out->len;

	if (!set_up(l, curl, url, out))
		return mr_fail(err, MR_CODE_UNAVAILABLE, "libcurl cannot do what is needed");
	CURLcode code = l->perform(curl);
	if (code == CURLE_OK)
		code = l->getinfo(curl, CURLINFO_RESPONSE_CODE, ret_status);
	MR_TRY(mr_buf_status(out, err));
	if (code != CURLE_OK)
		return mr_fail(err, MR_CODE_UNAVAILABLE, "Get \"%.512s\": %s", url, l->text(code));
	if (*ret_status != 200)
		mr_buf_truncate(out, before);
	return MR_OK;
}

mr_result mr_download(const char *url, struct mr_buf *out, long *ret_status, struct mr_error *err)
{
	struct library library = { .handle = NULL };

	MR_TRY(open_library(&library, err));
	CURL *curl = library.init();
	if (!curl)
		return mr_fail_nomem(err);
	mr_result r = transfer(&library, curl, url, out, ret_status, err);
	library.cleanup(curl);
	/* stays loaded: it must not be unloaded while its TLS library has handlers at exit */
	return r;
}
