#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTPS service in Python, and its client, both Marbles: `serve PORT`, `ask PORT`."""
import http.client
import http.server
import sys

import marble


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        peer = dict(field[0] for field in self.connection.getpeercert()["subject"])
        text = f"Python, to Marble {peer['commonName']}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def serve(port, context):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    # the handshake is the connection's thread's business, so that a silent client stops nobody
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


def ask(port, context):
    connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=30)
    connection.request("GET", "/")
    print(connection.getresponse().read().decode(), end="")


if __name__ == "__main__":
    me = marble.Marble()
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]), me.ssl_context(server=True))
    else:
        ask(int(sys.argv[2]), me.ssl_context())
