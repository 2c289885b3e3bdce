#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a compiler does not check.

check.py source TOP             rooms include only rooms below them, no circles, headers that compile
                                alone, OpenSSL in its place, banned functions, sizes, SPDX lines
check.py exports PROGRAM...     no program exports a symbol of the TLS library linked into it

Prints `file:line: text` for each violation, then a plain count.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
BANNED = re.compile(
    r"(?<![\w.>])(strcpy|strcat|strncat|sprintf|vsprintf|gets|atoi|atol|atoll|atof|strtol|strtoll|strtoul"
    r"|strtoull|sscanf|fscanf|scanf|alloca|system|popen|strtok|rand|srand|tmpnam|tempnam|mktemp"
    r"|strerror|localtime|gmtime|asctime|ctime|inet_ntoa)\s*\(")
# assert on input and an end of the process belong to no room below its main
ENDING = re.compile(r"(?<![\w.>])(exit|_exit|_Exit|abort|quick_exit|assert)\s*\(")
ENDING_ALLOWED = re.compile(r"^src/([a-z]+/main\w*\.c|marble/|cli/|base/|ttls/setup\.c)")
OPENSSL_ALLOWED = re.compile(r"^(src/(crypto/[^/]+|net/tls[^/]*\.c)|include/marblerun/openssl\.h)$")
UNFINISHED = re.compile("|".join([r"\bTO" r"DO\b", r"\bFIX" r"ME\b", r"\bXX" r"X\b", r"\bHA" r"CK\b", "not " "implemented"]))
EXPORTED = re.compile(r"^(SSL|EVP|X509|RSA|EC|BN|ASN1|BIO|CRYPTO|ERR|OPENSSL|AES|SHA\d*|HMAC|PEM|d2i|i2d|bssl|_ZN4bssl)(_|$)")

# what must begin with an SPDX line, by name; data, texts and the files of others do not
SPDX_NAMES = re.compile(r"(\.(c|h|py|sh|service\.in|proto)|/meson\.build|^meson\.build|meson_options\.txt|Makefile|^\.ci/run)$")
SPDX_LINE = "SPDX-License-Identifier: Apache-2.0"


def without_comments(text):
    """The code with comments and the contents of literals blanked, its lines kept."""
    def blank(match):
        found = match.group(0)
        if found[0] == "/":
            return re.sub(r"[^\n]", " ", found)
        return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[-1]

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


class House:
    def __init__(self, top):
        self.top = pathlib.Path(top)
        self.found = []
        rooms = re.search(r"^rooms = \[(.*?)\]", (self.top / "meson.build").read_text(), re.S | re.M)
        self.rooms = re.findall(r"'(\w+)'", rooms.group(1))
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                cwd=top, capture_output=True, check=False)
        if listed.returncode == 0 and listed.stdout:
            names = listed.stdout.decode().rstrip("\0").split("\0")
        else:  # an unpacked source archive
            names = [str(path.relative_to(self.top)) for path in self.top.rglob("*")
                     if not re.match(r"(build[^/]*|deps)/", str(path.relative_to(self.top)) + "/")]
        self.files = sorted({name for name in names if (self.top / name).is_file()})
        self.source = {name: (self.top / name).read_text() for name in self.files
                       if re.match(r"(src|include|tests)/.*\.[ch]$", name)}
        self.includes = {name: list(self.includes_of(text)) for name, text in self.source.items()}

    def report(self, name, line, text):
        self.found.append((name, line, text))

    @staticmethod
    def includes_of(text):
        for number, line in enumerate(text.splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1), match.group(2)

    def resolve(self, name, target):
        """The file of the tree that an #include names, or None for one of the system's."""
        for folder in (pathlib.PurePath(name).parent, pathlib.PurePath("src"), pathlib.PurePath("include")):
            path = os.path.normpath(folder / target)
            if path in self.source:
                return path
        return None

    def check_rooms(self):
        for name, includes in self.includes.items():
            if not name.startswith("src/"):
                continue
            room = name.split("/")[1]
            if room not in self.rooms:
                self.report(name, 1, f"{room} is not in the list of rooms (meson.build)")
                continue
            for line, kind, target in includes:
                other = target.split("/")[0]
                if target.endswith(".c"):
                    self.report(name, line, f"includes a .c file, {target}")
                elif kind == '"' and (other not in self.rooms or self.resolve(name, target) is None):
                    self.report(name, line, f'"{target}" is not room/file.h of the tree')
                elif other in self.rooms and self.rooms.index(other) > self.rooms.index(room):
                    self.report(name, line, f"{room} is below {other} and must not include it")

    def check_openssl(self):
        for name in self.source:
            if not name.startswith(("src/", "include/")) or OPENSSL_ALLOWED.match(name):
                continue
            seen, todo = {name}, [(name, None)]
            while todo:
                at, through = todo.pop()
                for line, _, target in self.includes[at]:
                    first = through or (line, target)
                    if target.startswith("openssl/"):
                        self.report(name, first[0], f"sees <{target}> through {first[1]}")
                    path = self.resolve(at, target)
                    if path and path not in seen:
                        seen.add(path)
                        todo.append((path, first))

    def check_circles(self):
        done, path = set(), []

        def visit(name):
            if name in path:
                circle = path[path.index(name):] + [name]
                self.report(name, 1, "include circle: " + " -> ".join(circle))
            elif name not in done:
                path.append(name)
                for _, _, target in self.includes[name]:
                    other = self.resolve(name, target)
                    if other:
                        visit(other)
                path.pop()
                done.add(name)

        for name in self.source:
            visit(name)

    def check_functions(self):
        for name, text in self.source.items():
            code = without_comments(text)
            for number, line in enumerate(code.splitlines(), 1):
                banned = BANNED.search(line)
                if banned:
                    self.report(name, number, f"{banned.group(1)} is banned")
                ending = ENDING.search(line)
                if ending and name.startswith("src/") and not ENDING_ALLOWED.match(name):
                    self.report(name, number, f"{ending.group(1)} below a main")

    def check_sizes(self):
        for name, text in self.source.items():
            if not name.startswith("src/"):
                continue
            lines = text.splitlines()
            if len(lines) > MAX_FILE_LINES:
                self.report(name, len(lines), f"{len(lines)} lines, at most {MAX_FILE_LINES} are allowed")
            start = None
            for number, line in enumerate(lines, 1):
                if line == "{":
                    start = number
                elif line.startswith("}") and start is not None:
                    if number - start + 1 > MAX_FUNCTION_LINES:
                        self.report(name, start, f"function of {number - start + 1} lines, "
                                                 f"at most {MAX_FUNCTION_LINES} are allowed")
                    start = None

    def check_texts(self):
        for name in self.files:
            if name.startswith(("tests/conformance/", "tests/fuzz/corpus/", "tests/vectors/")):
                continue
            if SPDX_NAMES.search(name):
                head = (self.top / name).read_text().splitlines()[:2]
                if not any(SPDX_LINE in line for line in head):
                    self.report(name, 1, f"no line `{SPDX_LINE}`")
            if re.search(r"\.(c|h|py|sh|md|build|service|yaml|txt)$|Makefile$", name):
                for number, line in enumerate((self.top / name).read_text().splitlines(), 1):
                    if UNFINISHED.search(line):
                        self.report(name, number, "a mark of something unfinished")

    @staticmethod
    def outside_includes():
        """Where headers of libraries lie that are in folders of their own."""
        found = subprocess.run(["pkg-config", "--cflags-only-I", "p11-kit-1"], capture_output=True, text=True, check=False)
        return found.stdout.split()

    def check_headers_alone(self):
        headers = [name for name in self.source if name.endswith(".h") and name.startswith(("src/", "include/"))]
        compiler = os.environ.get("CC", "cc").split()
        flags = ["-std=c17", "-D_GNU_SOURCE", "-DMR_VERSION=\"0\"", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                 "-fsyntax-only", f"-I{self.top}/src", f"-I{self.top}/include", *self.outside_includes()]
        with tempfile.TemporaryDirectory() as folder:
            units = []
            for number, name in enumerate(headers):
                unit = pathlib.Path(folder) / f"{number}.c"
                include = f'#include "{(self.top / name).resolve()}"\n'
                unit.write_text(include + include + "extern int one_declaration;\n")
                units.append(str(unit))
            if not units:
                return
            run = subprocess.run(compiler + flags + units, capture_output=True, text=True, check=False)
        for line in run.stderr.splitlines():
            match = re.match(rf"{re.escape(str(self.top.resolve()))}/(\S+?):(\d+):\d+: (?:fatal )?error: (.*)", line)
            if match:
                self.report(match.group(1), int(match.group(2)), "does not compile alone: " + match.group(3))
        if run.returncode and not any("compile alone" in text for _, _, text in self.found):
            self.report("src", 0, "headers do not compile alone: " + run.stderr.strip()[:2000])


def check_source(top):
    house = House(top)
    checks = [getattr(house, name) for name in dir(house) if name.startswith("check_")]
    for check in checks:
        check()
    for name, line, text in sorted(set(house.found)):
        print(f"{name}:{line}: {text}")
    print(f"{len(checks)} checks of {len(house.files)} files, {len(set(house.found))} violations")
    return not house.found and len(house.source) > 0


def check_exports(programs):
    bad = 0
    for program in programs:
        listed = subprocess.run(["nm", "-D", "--defined-only", program], capture_output=True, text=True, check=True)
        for line in listed.stdout.splitlines():
            symbol = line.split()[-1]
            if EXPORTED.match(symbol):
                print(f"{program}: exports {symbol}")
                bad += 1
    print(f"{len(programs)} programs, {bad} violations")
    return bad == 0 and len(programs) > 0


def main():
    mode, arguments = sys.argv[1], sys.argv[2:]
    good = check_source(arguments[0]) if mode == "source" else check_exports(arguments)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
