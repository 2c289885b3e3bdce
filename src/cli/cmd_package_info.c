/* SPDX-License-Identifier: Apache-2.0 */
/* package-info: the signature properties of an enclave, for a manifest's Packages (50 §12, §16). */
#include "cli/commands.h"

#include "cli/cli.h"
#include "codec/base64.h"
#include "package/package.h"

#define TEXT_MAX ((size_t)1 << 20)

static void put_field(struct mr_buf *out, const char *label, struct mr_bytes bytes, const char *end)
{
	mr_buf_put_cstr(out, label);
	mr_hex_encode(out, bytes);
	mr_buf_put_cstr(out, end);
}

static struct mr_bytes signer_of(const struct mr_package *p)
{
	return mr_bytes_of(p->sig.mrsigner, sizeof p->sig.mrsigner);
}

/* --- formats --- */

static void put_text(struct mr_buf *out, const struct mr_package *p, const char *path)
{
	static const char *const kinds[] = {
		[MR_PACKAGE_FILE] = "",
		[MR_PACKAGE_GRAMINE] = "Gramine instance at ",
		[MR_PACKAGE_OCCLUM] = "Occlum image at ",
	};

	if (p->kind == MR_PACKAGE_GRAMINE)
		mr_buf_put_cstr(out, "Detected Gramine instance.\n");
	if (p->kind == MR_PACKAGE_OCCLUM)
		mr_buf_put_cstr(out, "Detected Occlum image.\n");
	mr_buf_printf(out, "PackageProperties for %s'%s':\n", kinds[p->kind], path);
	put_field(out, "UniqueID (MRENCLAVE)      : ", p->sig.mrenclave, "\n");
	put_field(out, "SignerID (MRSIGNER)       : ", signer_of(p), "\n");
	mr_buf_printf(out, "ProductID (ISVPRODID)     : %u\nSecurityVersion (ISVSVN)  : %u\n",
		p->sig.isv_prod_id, p->sig.isv_svn);
}

static void put_json(struct mr_buf *out, const struct mr_package *p, const char *path)
{
	(void)path;
	put_field(out, "{\"UniqueID\":\"", p->sig.mrenclave, "\"");
	put_field(out, ",\"SignerID\":\"", signer_of(p), "\"");
	mr_buf_printf(out, ",\"ProductID\":%u,\"SecurityVersion\":%u,\"Debug\":%s}\n",
		p->sig.isv_prod_id, p->sig.isv_svn,
		mr_sigstruct_is_debug(&p->sig) ? "true" : "false");
}

static void put_eradump(struct mr_buf *out, const struct mr_package *p, const char *path)
{
	bool config = p->has_config;
	bool debug = config ? p->config_debug : mr_sigstruct_is_debug(&p->sig);

	(void)path;
	mr_buf_printf(out, "{\n\t\"SecurityVersion\": %u,\n\t\"ProductID\": %u,\n",
		config ? p->config_security_version : p->sig.isv_svn,
		config ? p->config_product_id : p->sig.isv_prod_id);
	put_field(out, "\t\"UniqueID\": \"", p->sig.mrenclave, "\",\n");
	put_field(out, "\t\"SignerID\": \"", signer_of(p), "\",\n");
	mr_buf_printf(out, "\t\"Debug\": %s\n}\n", debug ? "true" : "false");
}

static void put_sigstruct_view(struct mr_buf *out, const struct mr_package *p, const char *path)
{
	(void)path;
	put_field(out, "Attributes:\n    mr_signer: ", signer_of(p), "\n");
	put_field(out, "    mr_enclave: ", p->sig.mrenclave, "\n");
	mr_buf_printf(out, "    isv_prod_id: %u\n    isv_svn: %u\n    debug_enclave: %s\n",
		p->sig.isv_prod_id, p->sig.isv_svn,
		mr_sigstruct_is_debug(&p->sig) ? "True" : "False");
}

static void put_token(struct mr_buf *out, const struct mr_package *p, const char *path)
{
	const struct mr_sigstruct *s = &p->sig;

	(void)path;
	put_field(out, "Attributes:\n    mr_enclave:  ", s->mrenclave, "\n");
	put_field(out, "    mr_signer:   ", signer_of(p), "\n");
	mr_buf_printf(
		out, "    isv_prod_id: %u\n    isv_svn:     %u\n", s->isv_prod_id, s->isv_svn);
	put_field(out, "    attr.flags:  ", s->flags, "\n");
	put_field(out, "    attr.xfrm:   ", s->xfrm, "\n");
	/* both as numbers: the documented release shows no byte dump of these */
	mr_buf_printf(out, "    misc_select: %08x\n    misc_mask:   %08x\n", s->misc_select,
		s->misc_mask);
	put_field(out, "    modulus:     ", mr_bytes_of(s->modulus.ptr, 16), "...\n");
	mr_buf_printf(out, "    exponent:    %u\n", s->exponent);
	put_field(out, "    signature:   ", mr_bytes_of(s->signature.ptr, 16), "...\n");
	mr_buf_printf(out, "    date:        %04x-%02x-%02x\n", s->date >> 16, s->date >> 8 & 0xff,
		s->date & 0xff);
}

static const struct format {
	const char *name;
	void (*put)(struct mr_buf *out, const struct mr_package *p, const char *path);
} formats[] = {
	{ "text", put_text },
	{ "json", put_json },
	{ "eradump", put_eradump },
	{ "sigstruct-view", put_sigstruct_view },
	{ "token", put_token },
};

static const struct format *chosen(const struct mr_args *args)
{
	for (size_t i = 0; i < MR_COUNT(formats); i++) {
		if (strcmp(mr_args_text(args, "format"), formats[i].name) == 0)
			return &formats[i];
	}
	return NULL;
}

static mr_result precheck(const struct mr_args *args, struct mr_error *err)
{
	if (chosen(args))
		return MR_OK;
	return mr_fail(err, MR_CODE_INVALID,
		"unknown format \"%s\": it is text, json, eradump, sigstruct-view or token",
		mr_args_text(args, "format"));
}

/* --- the command --- */

static void diagnose(struct mr_cli *cli, const struct mr_package_causes *causes, bool text)
{
	mr_out_printf(cli->err,
		"ERROR: Failed to automatically determine SGX package signature properties.\n");
	if (causes->is_directory)
		mr_out_printf(cli->err,
			"Of an application in a directory, name the file that is signed:\n"
			"the .sig file of Gramine, the enclave's binary of Open Enclave or EGo; of Occlum the instance's root.\n"
			"A directory by itself is taken for an instance of Gramine or Occlum only.\n");
	if (text)
		mr_out_printf(cli->out, "\n");
	if (!causes->is_directory)
		mr_out_printf(cli->err, "Open Enclave detection error: %s\n",
			causes->open_enclave.message);
	mr_out_printf(cli->err, "Error - Gramine: %s\nError - Occlum / SGX SDK: %s\n",
		causes->gramine.message, causes->sgx_sdk.message);
}

static mr_result run(struct mr_cli *cli, struct mr_error *err)
{
	const struct format *format = chosen(cli->args);
	const char *path = mr_cli_word(cli, 0);
	MR_AUTO(package) struct mr_package package = { 0 };
	MR_AUTO(buf) struct mr_buf out = { 0 };
	struct mr_package_causes causes;
	struct mr_error unsigned_cause;

	if (!format)
		return precheck(cli->args, err);
	mr_result r = mr_package_read(path, &package, &causes, err);
	if (mr_failed(r)) {
		if (r.code == MR_CODE_NOT_FOUND)
			diagnose(cli, &causes, format == &formats[0]);
		return r;
	}
	mr_buf_init(&out, TEXT_MAX);
	format->put(&out, &package, path);
	MR_TRY(mr_buf_status(&out, err));
	mr_out_put(cli->out, mr_buf_bytes(&out));
	if (mr_failed(mr_sigstruct_verify(&package.sig, &unsigned_cause)))
		mr_cli_warn(cli,
			"no processor will load this enclave: its SIGSTRUCT is not signed by its key (%s)",
			unsigned_cause.message);
	return MR_OK;
}

static const struct mr_flag flags[] = {
	{ .name = "format",
		.type = MR_FLAG_STRING,
		.initial = "text",
		.description = "Form of the output: text, json (an entry for Packages), eradump, "
			       "sigstruct-view or token (as those tools print)" },
};

const struct mr_command mr_cmd_package_info = {
	.name = "package-info",
	.positionals = "<path>",
	.summary = "Show the signature properties of an SGX enclave package",
	.description =
		"Shows the signature properties of an enclave package, as a manifest's Packages have them: of an\n"
		"Open Enclave, EGo or SGX SDK binary, a Gramine or an Occlum instance.",
	.min_words = 1,
	.max_words = 1,
	.flags = flags,
	.flag_count = MR_COUNT(flags),
	.precheck = precheck,
	.run = run,
};

/* The name of old releases, still in documentation (50 §15.1). */
const struct mr_command mr_cmd_sgxsdk_package_info = {
	.name = "sgxsdk-package-info",
	.positionals = "<path>",
	.summary = "Show the signature properties of an SGX enclave package",
	.hidden = true,
	.min_words = 1,
	.max_words = 1,
	.flags = flags,
	.flag_count = MR_COUNT(flags),
	.precheck = precheck,
	.run = run,
};
