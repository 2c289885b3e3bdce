#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the HTTP request parser with h11.

compare.py DRIVER [COUNT [SEED]]: COUNT requests, made by rule and then damaged, go to the driver (http_driver.c) and to
h11. What we accept must mean the same to h11, and what only h11 accepts must have a reason that is listed here.
"""
import random
import re
import struct
import subprocess
import sys

import h11

METHODS = [b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"X-Y", b"get"]
TARGETS = [b"/", b"/api/v2/status", b"/a?b=c&d", b"*", b"https://h/x", b"/%41%zz", b"/a;b", b"//x/../y"]
VERSIONS = [b"HTTP/1.1"] * 8 + [b"HTTP/1.0"] * 2 + [b"HTTP/1.2", b"HTTP/2.0", b"http/1.1", b"HTTP/1"]
FIELDS = [b"Accept: */*", b"X-Empty:", b"X-Blank: \t ", b"Cookie: a=b; c=\"d\"", b"X-High: \xff\xfe", b"x_y: 1",
          b"Connection: keep-alive", b"Connection: close, x", b"Expect: 100-continue", b"User-Agent: t/1 (x)",
          b"Content-Length: 5", b"Content-Length: 05", b"Content-Length: +5", b"Content-Length: 5, 5",
          b"Content-Length: 0", b"Transfer-Encoding: chunked", b"Transfer-Encoding: Chunked",
          b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, chunked", b"Host: b"]
BODIES = [b"", b"hello", b"hello, more than that", b"5\r\nhello\r\n0\r\n\r\n", b"5;x=\"y\"\r\nhello\r\n0\r\n\r\nGET",
          b"0\r\n\r\n", b"0\r\nT: v\r\n\r\n", b"A\r\n0123456789\r\n3\r\nabc\r\n0\r\n\r\n", b"5\r\nhell", b"zz\r\n",
          b"5\r\nhelloX\r\n0\r\n\r\n", b"00005\r\nhello\r\n00\r\nA:\r\nB: c\r\n\r\n"]
DAMAGE = [b"\0", b"\r", b"\n", b"\r\n", b" ", b"\t", b":", b"\x01", b"\x7f", b"\x80", b",", b";", b"0", b"\r\n ", b"/"]


def make(rng):
    lines = [b" ".join([rng.choice(METHODS), rng.choice(TARGETS), rng.choice(VERSIONS)])]
    if rng.random() < 0.9:
        lines.append(rng.choice([b"Host: a", b"host:a:80", b"HOST: [::1]", b"Host:"]))
    lines += rng.sample(FIELDS, rng.choice([0, 0, 1, 1, 2, 3, 5]))
    request = bytearray(b"\r\n".join(lines) + b"\r\n\r\n" + rng.choice(BODIES))
    for _ in range(rng.choice([0, 0, 1, 1, 1, 2, 3])):
        at, what = rng.randrange(len(request) + 1), rng.random()
        if what < 0.4:
            request[at:at] = rng.choice(DAMAGE)
        elif what < 0.7:
            del request[at:at + rng.randrange(1, 4)]
        elif what < 0.9 and at < len(request):
            request[at] = rng.choice(rng.choice(DAMAGE)) if rng.random() < 0.7 else rng.randrange(256)
        else:
            request[at:at] = request[at:at + rng.randrange(1, 20)]
    return bytes(request)


def ask_h11(data):
    """`partial`, `refused`, or the parts of the request in the driver's form."""
    peer = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    peer.receive_data(data)
    try:
        request = peer.next_event()
    except h11.RemoteProtocolError:
        return "refused"
    if request is h11.NEED_DATA:
        return "partial"
    content, end = b"", "more"
    try:
        while True:
            event = peer.next_event()
            if isinstance(event, h11.Data):
                content += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                end = "end"
                break
            else:
                break
    except h11.RemoteProtocolError:
        end = "broken"
    fields = [(bytes(name), bytes(value)) for name, value in request.headers]
    used = len(data) - len(peer.trailing_data[0]) if end == "end" else None
    return bytes(request.method), bytes(request.target), bytes(request.http_version), fields, content, end, used


def read_ours(line, data):
    words = line.split(" ")
    if words[0] != "request":
        return words[0]
    fields = [tuple(bytes.fromhex(x) for x in pair.split("=")) for pair in words[4][1:].split(",") if pair]
    seen = []  # h11 makes one of equal lengths
    for field in fields:
        field = (field[0].lower(), field[1])
        if field[0] != b"content-length" or field not in seen:
            seen.append(field)
    fields = seen
    head = data.index(b"\r\n\r\n") + 4
    used = head + int(words[7]) if words[6] == "end" else None
    return (bytes.fromhex(words[1]), bytes.fromhex(words[2]), b"1." + words[3].encode(),
            [(name, value.lower() if name == b"transfer-encoding" else value) for name, value in fields], bytes.fromhex(words[5][1:]), words[6], used)


def stricter(data):
    """Why we refuse what h11 takes; None if there is no reason."""
    head = data.split(b"\r\n\r\n")[0]
    line, _, rest = head.partition(b"\r\n")
    fields = re.findall(rb"(?:^|\n)([^:\r\n]*):[ \t]*([^\r\n]*?)[ \t]*(?=\r|\n|$)", rest)
    values = {}
    for name, value in fields:
        values.setdefault(name.lower(), []).append(value)
    reasons = [
        ("a line that ends with LF alone", re.search(rb"(?<!\r)\n", head)),
        ("a folded line", re.search(rb"\n[ \t]", head)),
        ("a control character", re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)", rest)),
        ("a version that is not 1.x", not re.search(rb" HTTP/1\.\d$", line)),
        ("Host with other characters", any(re.search(rb"[^A-Za-z0-9!$%&'()*+,.:;=\[\]_~-]", h)
                                           for h in values.get(b"host", []))),
        ("an expectation", any(v.lower() != b"100-continue" for v in values.get(b"expect", []))),
        ("a list of lengths", any(b"," in v for v in values.get(b"content-length", []))),
        ("chunks and a length", b"transfer-encoding" in values and b"content-length" in values),
        ("chunks in HTTP/1.0", b"transfer-encoding" in values and line.endswith(b"1.0")),
        ("no Host above HTTP/1.1", b"host" not in values and not line.endswith(b"1.0")),
        ("Content-Length above 2^63", any(len(v) > 18 for v in values.get(b"content-length", []))),
    ]
    return next((text for text, holds in reasons if holds), None)


def differs(data, ours, theirs):
    """What is wrong, or None."""
    if ours == theirs:
        return None
    if isinstance(ours, str) and isinstance(theirs, str):
        # a broken line is seen early by one, late by the other
        return None if "refused" in (ours, theirs) else f"{ours} / {theirs}"
    if isinstance(ours, str):
        return None if ours == "refused" and stricter(data) else f"refused by us alone: {theirs}"
    if isinstance(theirs, str):
        # bytes above ASCII in a target are taken as they are
        return None if re.search(rb"[\x80-\xff]", ours[1]) else f"taken by us alone: {ours}"
    head, body = ours[:4], ours[4:]
    minor = {b"1.0": b"1.0"}.get(theirs[2], b"1.1")
    if head != (theirs[0], theirs[1], minor, theirs[3]):
        return f"other head: {ours} / {theirs}"
    if body == theirs[4:] or (body[1] == theirs[5] == "broken" and (body[0].startswith(theirs[4]) or theirs[4].startswith(body[0]))):
        return None
    chunks = data[data.index(b"\r\n\r\n") + 4:]
    if body[1] == "broken" and theirs[5] != "broken":
        # sizes, extensions and trailers of chunks are looked at more closely, or earlier
        return None if (theirs[5] == "more" or re.search(rb"(?<!\r)\n|\r(?!\n)|[\x00-\x08\x0b-\x1f\x7f]|\n[ \t]", chunks)
                        or re.search(rb"(^|\n)[0-9a-fA-F]{16,}", chunks)) else f"broken for us alone: {theirs}"
    if theirs[5] == "broken":
        # blanks between a chunk's size and its extension are nothing to break off for
        return None if (body[1] == "more" or re.search(rb"[0-9a-fA-F][ \t]+[^\r\n]*\r\n", chunks)) \
            else f"broken for h11 alone: {ours}"
    return f"other body: {ours} / {theirs}"


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    driver = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    kinds, failures = {}, 0
    for _ in range(count):
        data = make(rng)
        driver.stdin.write(struct.pack("<I", len(data)) + data)
        driver.stdin.flush()
        ours, theirs = read_ours(driver.stdout.readline().decode().rstrip("\n"), data), ask_h11(data)
        kind = "both" if not isinstance(ours, str) and not isinstance(theirs, str) else "neither" \
            if isinstance(ours, str) and isinstance(theirs, str) else "one"
        kinds[kind] = kinds.get(kind, 0) + 1
        if (wrong := differs(data, ours, theirs)) is not None:
            failures += 1
            print(f"{data!r}\n  {wrong}")
    driver.stdin.close()
    status = driver.wait()
    print(f"{count} requests: taken by {kinds}, {failures} differences without a reason")
    return status != 0 or failures > 0 or min(kinds.get(k, 0) for k in ("both", "neither")) < count // 20


if __name__ == "__main__":
    sys.exit(main())
