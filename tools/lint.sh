#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# lint.sh [CHECK...]: format tidy analyzer cppcheck shell man layering; without names all of them.
# Each must find nothing. What is switched off, and why, is in .clang-tidy and
# tools/cppcheck-suppressions.txt. Ends with `PASSED FAILED 0`, counted in checks.
set -eu

tools=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cd "$tools/.."
crypto=${CRYPTO:-aws-lc}

files() { # PATTERN...: of the tree, whether committed or not
	git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while read -r file; do
		[ ! -e "$file" ] || printf '%s\n' "$file"
	done
}

compile_commands() { # a folder configured by clang, for the tools that read its commands
	if [ ! -f build-lint/build.ninja ] || [ -n "$(find src tests -name meson.build -newer build-lint/build.ninja)" ]; then
		rm -rf build-lint
		mkdir -p build-test
		CC=clang meson setup build-lint -Dcrypto="$crypto" >build-test/configure.log || { tail -n 5 build-test/configure.log; exit 1; }
	fi
}

check_format() {
	files 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]' | xargs clang-format --dry-run -Werror
}

check_tidy() {
	compile_commands
	/usr/bin/python3 - >build-lint/files <<-'END'
		import json, os
		entries = json.load(open("build-lint/compile_commands.json"))
		for name in sorted({os.path.normpath(os.path.join(e["directory"], e["file"])) for e in entries}):
		    print(name)
	END
	xargs -P 2 -n 6 clang-tidy -p build-lint --quiet <build-lint/files 2>build-lint/tidy.err ||
		{ grep -v 'warnings generated\.$' build-lint/tidy.err; return 1; }
}

# The analyzer of gcc 12 follows free and leaks well; taint and C++ are not its trade yet, and a struct that
# a function returns in registers it takes for uninitialized (clang's analyzer watches over that).
check_analyzer() {
	CC=gcc "$tools/build.sh" build-analyzer -Dcrypto="$crypto" \
		-Dc_args="-fanalyzer -Wno-analyzer-too-complex -Wno-analyzer-use-of-uninitialized-value -DMR_GCC_ANALYZER"
}

check_cppcheck() {
	compile_commands
	cppcheck --project=build-lint/compile_commands.json --quiet --std=c11 -j 2 --error-exitcode=1 \
		--enable=warning,performance,portability --inline-suppr -D__x86_64__=1 --suppress='*:*/deps/*' \
		--suppressions-list=tools/cppcheck-suppressions.txt
}

check_shell() {
	files '*.sh' .ci/run | xargs shellcheck
}

check_man() {
	pages=$(files 'docs/man/*.[1-8]')
	# shellcheck disable=SC2086 # a list of names without blanks
	[ -z "$pages" ] || mandoc -T lint -W warning $pages
}

check_layering() {
	/usr/bin/python3 tests/layering/check.py source .
}

# a process each, in which a failing command ends the check
if [ "${1:-}" = --check ]; then
	"check_$2"
	exit
fi

[ $# -gt 0 ] || set -- format tidy analyzer cppcheck shell man layering
passed=0
failed=0
for name in "$@"; do
	began=$(date +%s)
	if "$tools/lint.sh" --check "$name" >&2; then
		passed=$((passed + 1))
		verdict=ok
	else
		failed=$((failed + 1))
		verdict=FAILED
	fi
	echo "lint: $name $verdict, $(($(date +%s) - began)) s" >&2
done
echo "$passed $failed 0"
[ "$failed" -eq 0 ]
