#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the pinned, static AWS-LC into deps/aws-lc/install (why and how: docs/building.md).
# Does nothing when it is there already. Everything is made in a temporary folder and renamed at
# the end: an interrupted run leaves nothing that a later one could take for complete.
set -eu

version=0.47.0
package_sha256=8bfbe32ac36b3c428696ce315464181bc4029d689fd58e3f2a4e58c252242f52
flags='-ffunction-sections -fdata-sections -fstack-protector-strong -D_FORTIFY_SOURCE=2'
[ "$(uname -m)" != x86_64 ] || flags="$flags -fcf-protection=full"

# Seeds come from the kernel and, beside it, from the CPU's generator, not from the jitter of a timer:
# measuring that takes 25 ms at every start, ends the process where the timer is coarse, and in an
# enclave it is the host that has the timer.
options='-DDISABLE_CPU_JITTER_ENTROPY=ON'

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
tools=$top/tools
deps=$top/deps
want="aws-lc-sys $version $package_sha256 $(cc -dumpfullversion) $flags $options"

mkdir -p "$deps"
exec 9>"$deps/.lock"
flock 9

if [ -f "$deps/aws-lc/stamp" ] && [ "$(cat "$deps/aws-lc/stamp")" = "$want" ]; then
	exit 0
fi

tmp=$deps/.aws-lc.tmp
rm -rf "$tmp"
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$tmp/fetch" "$tmp/done"

if ! /usr/bin/python3 "$tools/crate-verify.py" "$deps/aws-lc/src" "$package_sha256" 2>/dev/null; then
	echo "aws-lc: fetching the source, aws-lc-sys $version" >&2
	cat >"$tmp/fetch/Cargo.toml" <<-EOF
		[package]
		name = "fetch"
		version = "0.0.0"
		edition = "2021"
		[lib]
		path = "lib.rs"
		[dependencies]
		aws-lc-sys = "=$version"
	EOF
	: >"$tmp/fetch/lib.rs"
	(cd "$tmp/fetch" && cargo vendor --quiet vendor >/dev/null)
	mv "$tmp/fetch/vendor/aws-lc-sys" "$tmp/done/src"
	/usr/bin/python3 "$tools/crate-verify.py" "$tmp/done/src" "$package_sha256"
else
	cp -a "$deps/aws-lc/src" "$tmp/done/src"
fi

echo "aws-lc: building" >&2
flags="$flags -ffile-prefix-map=$tmp/done/src/aws-lc=aws-lc -ffile-prefix-map=$tmp/build=aws-lc"
cmake -S "$tmp/done/src/aws-lc" -B "$tmp/build" -G Ninja \
	-DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=cc -DCMAKE_CXX_COMPILER=c++ \
	-DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_ASM_FLAGS="$flags" \
	-DCMAKE_POSITION_INDEPENDENT_CODE=ON -DBUILD_SHARED_LIBS=OFF \
	-DBUILD_TESTING=OFF -DBUILD_TOOL=OFF -DDISABLE_GO=ON -DDISABLE_PERL=ON $options \
	>"$tmp/cmake.log" 2>&1 || { cat "$tmp/cmake.log" >&2; exit 1; }
ninja -C "$tmp/build" crypto ssl >"$tmp/ninja.log" 2>&1 || { tail -n 60 "$tmp/ninja.log" >&2; exit 1; }

mkdir -p "$tmp/done/install/lib"
cp -R "$tmp/done/src/aws-lc/include" "$tmp/done/install/include"
for lib in crypto ssl; do
	cp "$tmp/build/$lib/lib$lib.a" "$tmp/done/install/lib/"
done
cp "$tmp/done/src/aws-lc/LICENSE" "$tmp/done/install/"
printf '%s\n' "$want" >"$tmp/done/stamp"

rm -rf "$deps/aws-lc"
mv "$tmp/done" "$deps/aws-lc"
echo "aws-lc: $version is in deps/aws-lc/install" >&2
