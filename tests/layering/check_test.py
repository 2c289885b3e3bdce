#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check.py finds what it is for: one violation of each rule in a small tree, and none in a clean one."""
import pathlib
import subprocess
import sys
import tempfile

CHECK = pathlib.Path(__file__).with_name("check.py")
SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
HEADER = SPDX + "#ifndef {0}\n#define {0}\n{1}\n#endif\n"

CLEAN = {
    "meson.build": "# SPDX-License-Identifier: Apache-2.0\nrooms = [\n  'base', 'crypto', 'net', 'store',\n]\n",
    "src/base/a.h": HEADER.format("A_H", "int a(int x);"),
    "src/base/a.c": SPDX + '#include "base/a.h"\n\nint a(int x)\n{\n\treturn x; /* not strtol(x) */\n}\n',
    "src/crypto/key.c": SPDX + '#include <openssl/evp.h>\n#include "base/a.h"\n',
    "src/net/tls.c": SPDX + "#include <openssl/ssl.h>\n",
}

# what is added to the clean tree, and the line that must be reported
CASES = [
    ({"src/base/b.c": SPDX + '#include "net/n.h"\n', "src/net/n.h": HEADER.format("N_H", "")},
     "src/base/b.c:2: base is below net"),
    ({"src/base/b.c": SPDX + '#include "a.h"\n'}, 'src/base/b.c:2: "a.h" is not room/file.h'),
    ({"src/base/b.c": SPDX + '#include "base/none.h"\n'}, 'src/base/b.c:2: "base/none.h" is not'),
    ({"src/base/b.c": SPDX + '#include "base/a.c"\n'}, "src/base/b.c:2: includes a .c file"),
    ({"src/cellar/b.c": SPDX}, "src/cellar/b.c:1: cellar is not in the list"),
    ({"src/base/x.h": HEADER.format("X_H", '#include "base/y.h"'),
      "src/base/y.h": HEADER.format("Y_H", '#include "base/x.h"')}, "src/base/x.h:1: include circle"),
    ({"src/store/b.c": SPDX + "#include <openssl/evp.h>\n"}, "src/store/b.c:2: sees <openssl/evp.h>"),
    ({"src/crypto/leak.h": HEADER.format("LEAK_H", "#include <openssl/evp.h>"),
      "src/store/b.c": SPDX + '#include "crypto/leak.h"\n'}, "src/store/b.c:2: sees <openssl/evp.h> through"),
    ({"src/base/b.c": SPDX + "int b(void)\n{\n\treturn atoi(0);\n}\n"}, "src/base/b.c:4: atoi is banned"),
    ({"tests/unit/b.c": SPDX + "int b(char *x)\n{\n\treturn sprintf(x, 0);\n}\n"}, "b.c:4: sprintf is banned"),
    ({"src/store/b.c": SPDX + "void b(void)\n{\n\tabort();\n}\n"}, "src/store/b.c:4: abort below a main"),
    ({"src/base/b.c": SPDX + "\n" * 400}, "src/base/b.c:401: 401 lines"),
    ({"src/base/b.c": SPDX + "int b(void)\n{\n" + "\n" * 59 + "}\n"}, "src/base/b.c:3: function of 61 lines"),
    ({"src/base/b.c": "int b;\n"}, "src/base/b.c:1: no line"),
    ({"tools/b.sh": "#!/bin/sh\n"}, "tools/b.sh:1: no line"),
    ({"src/base/b.c": SPDX + "/* TO" + "DO */\n"}, "src/base/b.c:2: a mark of something unfinished"),
    ({"src/base/b.h": HEADER.format("B_H", "size_t b(void);")}, "src/base/b.h:4: does not compile alone"),
    ({"src/base/b.h": SPDX + "struct b {\n\tint x;\n};\n"}, "src/base/b.h:2: does not compile alone"),
]


def run(files):
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        for name, text in files.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(text)
        done = subprocess.run([sys.executable, CHECK, "source", top], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def run_exports(flag):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "x.c"
        source.write_text("int SSL_new(void) { return 0; }\nint main(void) { return SSL_new(); }\n")
        program = str(source.with_suffix(""))
        subprocess.run(["cc", flag, "-o", program, source], check=True)
        done = subprocess.run([sys.executable, CHECK, "exports", program], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def main():
    failed = []
    status, output = run(CLEAN)
    if status != 0:
        failed.append(f"a clean tree is refused:\n{output}")
    for added, expected in CASES:
        status, output = run({**CLEAN, **added})
        if status != 1 or expected not in output:
            failed.append(f"not found: {expected}\nin:\n{output}")
    for flag, expected in (("-O1", 0), ("-rdynamic", 1)):
        status, output = run_exports(flag)
        if status != expected:
            failed.append(f"exports with {flag}: {status}, expected {expected}\n{output}")
    for text in failed:
        print(text)
    print(f"{len(CASES) + 3} cases, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
