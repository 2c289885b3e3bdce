#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fuzz.sh SECONDS [TARGET...]: runs fuzz targets for SECONDS each, two at a time, from the seeds in
# tests/fuzz/corpus and what earlier runs found (build-fuzz/found). Ends with `PASSED FAILED 0`.
set -eu

tools=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cd "$tools/.."
seconds=$1
shift
build="build-fuzz"

CC=clang "$tools/build.sh" $build -Dfuzz=true -Dcrypto="${CRYPTO:-aws-lc}" -Dbuildtype=debugoptimized

if [ $# -eq 0 ]; then
	for source in tests/fuzz/fuzz_*.c; do
		[ -e "$source" ] || { echo "fuzz: no target" >&2; exit 1; }
		name=${source##*/fuzz_}
		set -- "$@" "${name%.c}"
	done
fi

rm -rf $build/result
mkdir -p $build/result
# shellcheck disable=SC2016 # expanded by the inner shell
printf '%s\n' "$@" | xargs -P 2 -I '{}' sh -eu -c '
	name=$1 seconds=$2 build=$3
	mkdir -p $build/found/$name $build/crash
	[ -n "$(ls tests/fuzz/corpus/$name)" ] || { echo "fuzz: $name has no seeds" >&2; exit 0; }
	if ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 \
		$build/tests/fuzz/fuzz_$name -seed=1 -max_total_time=$seconds -timeout=20 \
		-rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=$build/crash/$name- \
		$build/found/$name tests/fuzz/corpus/$name >$build/result/$name.log 2>&1; then
		execs=$(sed -n "s/^stat::number_of_executed_units: *//p" $build/result/$name.log)
		echo "fuzz: $name ${execs:-0} inputs" >&2
		[ "${execs:-0}" -eq 0 ] || : >$build/result/$name.passed
	else
		echo "fuzz: $name FAILED" >&2
		tail -n 60 $build/result/$name.log >&2
	fi
' fuzz '{}' "$seconds" $build

passed=$(find $build/result -name '*.passed' | wc -l)
echo "$passed $(($# - passed)) 0"
[ "$passed" -eq $# ]
