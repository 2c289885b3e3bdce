#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [--quick] [--json FILE] [BUILD...]: measures builds and shows their figures beside the
# targets (docs/benchmarks.md). Without a BUILD: build/ by $CRYPTO, made if need be, and
# build-openssl/ where it is there or CRYPTO=all. The figures go to FILE as a JSON array.
# Fails when a workload fails, not when a target is missed.
set -eu

bench=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
quick=
json=
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=--quick ;;
	--json)
		[ $# -gt 1 ] || { echo "run.sh: --json needs a file" >&2; exit 2; }
		json=$2
		shift
		;;
	-*) sed -n 's/^# \(run\.sh .*\)/\1/p' "$0" >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done

if [ $# -eq 0 ]; then
	cd "$bench/.."
	crypto=${CRYPTO:-aws-lc}
	[ "$crypto" != all ] || crypto=aws-lc
	tools/build.sh build -Dcrypto="$crypto" -Dprefix="${PREFIX:-/usr/local}"
	set -- build
	if [ "${CRYPTO:-}" = all ] || { [ "$crypto" = aws-lc ] && [ -d build-openssl ]; }; then
		tools/build.sh build-openssl -Dcrypto=openssl
		set -- build build-openssl
	fi
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

status=0
number=0
for build in "$@"; do
	ninja -C "$build" --quiet marblerun-coordinator bench/load bench/crypto_raw bench/verify_quote bench/slow_sync.so >&2
	number=$((number + 1))
	/usr/bin/python3 "$bench/measure.py" "$build" "$scratch/$number.json" $quick || status=1
done
/usr/bin/python3 "$bench/report.py" "$scratch"/*.json
# Transparent TLS needs no second library to compare
ninja -C "$1" --quiet libmarblerun-ttls.so >&2
/usr/bin/python3 "$bench/ttls.py" "$1" $quick || status=1
if [ -n "$json" ]; then
	/usr/bin/python3 -c 'import json, sys
json.dump([json.load(open(name)) for name in sys.argv[1:]], sys.stdout, indent=1)' "$scratch"/*.json >"$json"
fi
exit $status
