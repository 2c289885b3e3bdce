#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# test.sh [SECTION...]: what `make test` runs; without names all sections below, in order.
#
#   unit           unit, fault, corpus and layering tests of build/ (gcc, the default crypto)
#   openssl        unit tests and the main end-to-end cases with the system's OpenSSL
#   asan           the same with clang, AddressSanitizer and UndefinedBehaviorSanitizer
#   tsan           unit tests and the concurrent end-to-end cases with ThreadSanitizer
#   fuzz           every fuzz target for a few seconds
#   reproducible   a build in another folder gives the same programs, byte for byte
#   lint           what is quick of tools/lint.sh; `make lint` runs all of it
#   conformance    the end-to-end suite against build/
#
# Logs are in build-test/. The last line is `N passed, N failed`, counted from the reports of the
# runners; a section that ran nothing, or skipped a case it claims (tests/claims.txt), has failed.
set -eu

tools=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cd "$tools/.."
top=$PWD
results=$top/build-test
export PYTHONDONTWRITEBYTECODE=1
sections='lint unit openssl asan tsan fuzz reproducible conformance'

if [ -z "${MR_VECTORS:-}" ] && [ -d "$top/../shared/vectors" ]; then
	MR_VECTORS=$(cd "$top/../shared/vectors" && pwd -P)
	export MR_VECTORS
fi
suite=${MR_SUITE:-$top/tests/conformance}
[ -d "$suite" ] || suite=$top/../shared/conformance

meson_tests() { # FOLDER [ARGUMENT...]
	folder=$1
	shift
	rm -f "$folder/meson-logs/testlog.json"
	meson test -C "$folder" --no-rebuild --timeout-multiplier 4 "$@" || true
	/usr/bin/python3 "$tools/tally.py" meson "$folder/meson-logs/testlog.json" >>"$count"
}

# The case files of tests/claims.txt that are in a set, or all of them.
claimed() { # all|main|concurrent
	awk -v set="$1" '/^#/ || NF == 0 || $1 ~ /^(may-skip|not-yet)$/ { next }
		set == "all" { print $1; next }
		{ for (i = 2; i <= NF; i++) if ($i == set) print $1 }' tests/claims.txt
}

end_to_end() { # FOLDER SET
	folder=$top/$1
	for program in MR_COORDINATOR:marblerun-coordinator MR_CLI:marblerun \
		MR_PREMAIN:premain-libos MR_INJECTOR:marble-injector MR_TTLS:libmarblerun-ttls.so; do
		if [ -e "$folder/${program#*:}" ]; then
			export "${program%%:*}=$folder/${program#*:}"
		fi
	done
	cases=$(claimed "$2")
	[ -n "$cases" ] || { echo "tests/claims.txt names no case for '$2'" >&2; exit 1; }
	[ -d "$suite" ] || { echo "no end-to-end suite: tests/conformance, or MR_SUITE=FOLDER" >&2; exit 1; }
	junit=$results/$name-junit.xml
	rm -f "$junit"
	not_yet=$(awk '$1 == "not-yet" { print "--deselect=" $2 }' tests/claims.txt)
	# shellcheck disable=SC2086 # lists of names without blanks
	(cd "$suite" && /usr/bin/python3 -m pytest -q -p no:cacheprovider -n 2 --dist loadfile \
		-o junit_family=xunit2 --junit-xml="$junit" $not_yet $cases) || true
	/usr/bin/python3 "$tools/tally.py" junit "$junit" tests/claims.txt >>"$count"
}

sanitizer_logs() { # folder for reports of sanitizers, in $logs
	logs=$results/$name-reports
	rm -rf "$logs"
	mkdir -p "$logs"
}

test_roots() { # FOLDER OPTION...: the three programs with test roots, beside those of the folder
	BUILD_TARGETS='marblerun-coordinator premain-libos marblerun' "$tools/build.sh" "$@" -Dtest_roots=true
	export MR_COORDINATOR_TESTROOTS="$top/$1/marblerun-coordinator"
	export MR_PREMAIN_TESTROOTS="$top/$1/premain-libos"
	export MR_CLI_TESTROOTS="$top/$1/marblerun"
}

section_unit() {
	"$tools/build.sh" build -Dcrypto="${CRYPTO:-aws-lc}" -Dprefix="${PREFIX:-/usr/local}"
	meson_tests build
}

section_openssl() {
	"$tools/build.sh" build-openssl -Dcrypto=openssl
	meson_tests build-openssl --no-suite layering
	test_roots build-openssl-roots -Dcrypto=openssl
	end_to_end build-openssl main
}

section_asan() {
	CC=clang "$tools/build.sh" build-asan -Dcrypto=aws-lc -Db_sanitize=address,undefined
	sanitizer_logs
	export ASAN_OPTIONS="log_path=$logs/report:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1"
	export UBSAN_OPTIONS="log_path=$logs/report:print_stacktrace=1"
	meson_tests build-asan --no-suite layering
	CC=clang test_roots build-asan-roots -Dcrypto=aws-lc -Db_sanitize=address,undefined
	end_to_end build-asan main
	/usr/bin/python3 "$tools/tally.py" logs "$logs" >>"$count"
}

section_tsan() {
	CC=clang "$tools/build.sh" build-tsan -Dcrypto=openssl -Db_sanitize=thread
	sanitizer_logs
	export TSAN_OPTIONS="log_path=$logs/report:second_deadlock_stack=1:suppressions=$top/tests/tsan.supp"
	meson_tests build-tsan --no-suite layering --no-suite corpus
	CC=clang test_roots build-tsan-roots -Dcrypto=openssl -Db_sanitize=thread
	end_to_end build-tsan concurrent
	/usr/bin/python3 "$tools/tally.py" logs "$logs" >>"$count"
}

section_fuzz() {
	"$tools/fuzz.sh" "${FUZZ_SMOKE_SECONDS:-4}" | tail -n 1 >>"$count"
}

section_reproducible() {
	"$top/tests/reproducible/check.sh" >>"$count"
}

section_lint() {
	"$tools/lint.sh" format shell man layering >>"$count"
}

section_conformance() {
	"$tools/build.sh" build -Dcrypto="${CRYPTO:-aws-lc}" -Dprefix="${PREFIX:-/usr/local}"
	test_roots build-testroots -Dcrypto="${CRYPTO:-aws-lc}"
	end_to_end build all
}

if [ "${1:-}" = --end-to-end ]; then # FOLDER SET: for tools/coverage.sh
	mkdir -p "$results"
	name=coverage
	count=$results/$name.count
	: >"$count"
	end_to_end "$2" "$3"
	exec awk '$2 > 0 { exit 1 }' "$count"
fi

if [ "${1:-}" = --section ]; then
	name=$2
	count=$results/$name.count
	"section_$name"
	exit
fi

# shellcheck disable=SC2086 # a list of names
[ $# -gt 0 ] || set -- $sections
mkdir -p "$results"
all_passed=0
all_failed=0
for name in "$@"; do
	case " $sections " in
	*" $name "*) ;;
	*) echo "no section '$name': $sections" >&2; exit 2 ;;
	esac
	: >"$results/$name.count"
	began=$(date +%s)
	status=0
	"$tools/test.sh" --section "$name" >"$results/$name.log" 2>&1 </dev/null || status=$?
	sums=$(awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }' "$results/$name.count")
	passed=${sums%% *}
	skipped=${sums##* }
	failed=${sums#* }
	failed=${failed% *}
	# it broke off, or ran nothing
	if [ "$failed" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$passed" -eq 0 ]; }; then
		failed=1
	fi
	printf '%-14s %6d passed %5d failed %5d skipped %5d s\n' "$name" "$passed" "$failed" "$skipped" \
		"$(($(date +%s) - began))"
	if [ "$failed" -ne 0 ]; then
		echo "---- the end of build-test/$name.log:"
		tail -n 100 "$results/$name.log"
		echo "----"
	fi
	all_passed=$((all_passed + passed))
	all_failed=$((all_failed + failed))
done
# what failed, by name, where the end of a long log is looked at first
for name in "$@"; do
	grep -hE '^(FAIL|ERROR|TIMEOUT|INTERRUPT|ran no case|skipped|skipped cases|skipped but claimed): ' \
		"$results/$name.log" | sed "s/^/$name: /" || true
done
echo "$all_passed passed, $all_failed failed"
[ "$all_failed" -eq 0 ] && [ "$all_passed" -gt 0 ]
