#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The programs of build/ are what a build of the same files gives in another folder, AWS-LC and all:
# an enclave's measurement, made from source by its user, depends on it. `PASSED FAILED 0`.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
cd "$top"
crypto=${CRYPTO:-aws-lc}
tools/build.sh build -Dcrypto="$crypto" -Dprefix="${PREFIX:-/usr/local}"

other=$(mktemp -d "${TMPDIR:-/tmp}/reproducible.XXXXXX")
trap 'rm -rf "$other"' EXIT
trap 'exit 130' INT TERM HUP
tree=$other/a/longer/path
mkdir -p "$tree"
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
	git ls-files -z --cached --others --exclude-standard
else
	find . -path ./deps -prune -o -path './build*' -prune -o -type f -print0
fi | tar -c --null --ignore-failed-read -T - | tar -x -C "$tree"
if [ "$crypto" = aws-lc ]; then
	# the source without the result: no network, and built anew
	mkdir -p "$tree/deps/aws-lc"
	cp -R deps/aws-lc/src "$tree/deps/aws-lc/src"
fi
"$tree/tools/build.sh" build -Dcrypto="$crypto" -Dprefix="${PREFIX:-/usr/local}" >&2

passed=0
failed=0
for program in build/*; do
	case $(head -c 8 "$program" 2>/dev/null | tr -d '\0') in
	*ELF* | '!<arch>') [ -f "$program" ] || continue ;;
	*) continue ;;
	esac
	if cmp "$program" "$tree/$program" >&2; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	if strings -a "$program" | grep -qF "$top"; then
		echo "$program: holds the path of the folder it was built in" >&2
		failed=$((failed + 1))
	fi
done
echo "$passed $failed 0"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
