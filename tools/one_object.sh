#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# one_object.sh ARCHIVE SYMBOL LIBRARY...: makes an archive of one relocatable object with what SYMBOL needs of the
# libraries, in which SYMBOL is the only global name: nothing of it can clash with what an application brings.
set -eu

archive=$1
symbol=$2
shift 2
object=$archive.o
# -d: names of common storage are defined here, too, and can be hidden
${CC:-cc} -r -nostdlib -Wl,-d -o "$object" -Wl,-u,"$symbol" -Wl,-u,OPENSSL_memory_alloc -Wl,--gc-sections -Wl,--gc-keep-exported -Wl,--wrap=free \
	-Wl,--start-group "$@" -Wl,--end-group
objcopy --keep-global-symbol="$symbol" --strip-debug "$object"
rm -f "$archive"
ar Drc "$archive" "$object"
rm -f "$object"
