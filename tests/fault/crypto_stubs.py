#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""crypto_stubs.py LIBRARY LIST.h OBJECT: the crypto room with wrapped calls into the crypto library.

Reads which functions the objects of LIBRARY (libcrypto.a of this tree) need of AWS-LC or OpenSSL, writes a line for
each that can fail by returning 0 or NULL, and makes OBJECT of LIBRARY, in which exactly these calls go to wrappers.
(The linker's --wrap would also catch the calls that a static AWS-LC makes to itself, and some of these must not fail.)
So no call is forgotten, in neither build.
"""
import re
import subprocess
import sys

LIBRARY = re.compile(r"^(ASN1|BIO|BN|CBB|CBS|CRYPTO|EC|ECDSA|ED25519|EVP|HMAC|OBJ|OPENSSL|PEM|PKCS8|RAND|RSA|X509|d2i|i2d)_"
                     r"|^HMAC$")
# Release, ask for a property, give a constant, return a structure by value, or mean a number by 0: these have no
# failure to inject.
CANNOT_FAIL = re.compile(r"_free$|_clear_free$|_cleanse$|_cmp$|^CRYPTO_|^OPENSSL_|^OBJ_nid2sn$|_bits$|^OSSL_PARAM_"
                         r"|_get0_|_curve_name$|^BN_(is|num|mod_word|div_word|bn2bin$)|^EVP_(sha\d+|aes_\w+)$")


def main():
    library, stubs, target = sys.argv[1:]
    listed = subprocess.run(["nm", "-u", library], capture_output=True, text=True, check=True).stdout
    names = sorted({line.split()[-1] for line in listed.splitlines() if " U " in line})
    names = [name for name in names if LIBRARY.search(name) and not CANNOT_FAIL.search(name)]
    if len(names) < 20:
        sys.exit(f"only {len(names)} calls into the crypto library found in {library}")
    with open(stubs, "w", encoding="ascii") as out:
        out.writelines(f"MR_FAULT_STUB({name})\n" for name in names)
    subprocess.run(["ld", "-r", "-o", target, "--whole-archive", library], check=True)
    redefined = [part for name in names for part in ("--redefine-sym", f"{name}=mr_faulty_{name}")]
    subprocess.run(["objcopy", *redefined, target], check=True)


if __name__ == "__main__":
    main()
