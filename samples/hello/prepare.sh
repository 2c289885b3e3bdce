#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the Marble against libmarblerun, as it lies in the build folder.
set -eu
here=$(dirname -- "$0")
"${CC:-cc}" -std=c99 -Wall -Wextra -o "$DIR/hello" -I "$here/../../include" "$here/hello.c" \
	-L "$BUILD" -Wl,-rpath,"$BUILD" -lmarblerun
