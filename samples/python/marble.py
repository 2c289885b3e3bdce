#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A Marble in Python: libmarblerun by ctypes, TLS by Python's own ssl module.

Started by the premain, with the Coordinator's client API as its argument:

    EDG_MARBLE_RUNTIME=plain EDG_MARBLE_TYPE=python premain-libos
"""
import ctypes
import ssl
import sys
import tempfile


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 512)]


class Marble:
    def __init__(self, library="libmarblerun.so.0"):
        self.lib = ctypes.CDLL(library)
        self.lib.marblerun_credentials_from_env.restype = ctypes.c_void_p
        self.lib.marblerun_credentials_root.restype = ctypes.c_char_p
        self.error = Error()
        self.credentials = ctypes.c_void_p(self.lib.marblerun_credentials_from_env(ctypes.byref(self.error)))
        if not self.credentials:
            raise RuntimeError(self.error.message.decode())

    def close(self):
        self.lib.marblerun_credentials_free(self.credentials)

    def ssl_context(self, server=False):
        """Own certificate, and the mesh's root as the only one that counts, at both ends."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=self.lib.marblerun_credentials_root(self.credentials).decode())
        with tempfile.TemporaryDirectory() as folder:  # Python takes certificates and keys from files only
            if self.lib.marblerun_credentials_write(self.credentials, folder.encode(), ctypes.byref(self.error)):
                raise RuntimeError(self.error.message.decode())
            context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        return context

    def count(self, endpoint, name, value):
        previous = ctypes.c_uint64()
        if self.lib.marblerun_monotonic_counter(self.credentials, endpoint.encode(), name.encode(), ctypes.c_uint64(value),
                                                ctypes.byref(previous), ctypes.byref(self.error)):
            raise RuntimeError(self.error.message.decode())
        return previous.value


def main():
    marble = Marble()
    context = marble.ssl_context()
    print("roots:", len(context.get_ca_certs()))
    if len(sys.argv) > 1:
        print(f"counter starts: {marble.count(sys.argv[1], 'starts', 1)}, then {marble.count(sys.argv[1], 'starts', 0)}")
    marble.close()


if __name__ == "__main__":
    main()
