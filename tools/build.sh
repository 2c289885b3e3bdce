#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# build.sh FOLDER [MESON OPTION...]: configures the folder when it is new or was configured with
# other options (or another CC), and builds it, or of it what is named in BUILD_TARGETS.
set -eu

tools=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cd "$tools/.."
folder=$1
shift

for tool in meson ninja pkg-config; do
	command -v $tool >/dev/null || { echo "$tool is missing: run 'make deps'" >&2; exit 1; }
done
want="${CC:-cc} $*"
case " $* " in
*' -Dcrypto=aws-lc '*)
	"$tools/aws-lc.sh"
	# ninja does not know these libraries: another build of them means another folder
	want="$want $(cat deps/aws-lc/stamp)"
	;;
esac

if [ ! -f "$folder/build.ninja" ] || [ "$(cat "$folder/.configured" 2>/dev/null)" != "$want" ]; then
	if [ -f "$folder/.configured" ] || [ -f "$folder/build.ninja" ]; then
		rm -rf "$folder"
	fi
	log=$(meson setup "$folder" "$@" 2>&1) || { echo "$log" >&2; exit 1; }
	printf '%s\n' "$want" >"$folder/.configured"
fi
# shellcheck disable=SC2086 # a list of names
exec ninja -C "$folder" --quiet ${BUILD_TARGETS:-} >&2
