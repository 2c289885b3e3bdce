#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Line coverage of src/ by unit, fault, corpus and end-to-end tests, into build-coverage/report.
set -eu

tools=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cd "$tools/.."
build="build-coverage"

"$tools/build.sh" $build -Dcrypto="${CRYPTO:-aws-lc}" -Db_coverage=true -Dbuildtype=debug \
	-Dc_args=-fprofile-update=atomic
find $build -name '*.gcda' -delete
status=0
meson test -C $build --no-rebuild --no-suite layering --timeout-multiplier 4 >$build/meson-test.log 2>&1 || status=1
[ "${1:-}" = unit ] || "$tools/test.sh" --end-to-end $build all >$build/end-to-end.log 2>&1 || status=1
[ $status -eq 0 ] || echo "coverage: some tests failed, see $build/*.log" >&2

mkdir -p $build/report
gcovr --root . --filter src/ --object-directory $build --gcov-ignore-parse-errors --delete -j 2 \
	--html-details $build/report/index.html --txt $build/report/report.txt --print-summary
exit $status
