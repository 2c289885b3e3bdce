#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the initial RAM disk of a TDX or SEV-SNP guest that runs the Coordinator and nothing else (docs/attestation.md).
# The same inputs give the same bytes, so that who verifies can make it, too.
#
#   packaging/guest/make-initrd.sh [-e ENVIRONMENT] [-k KERNEL] COORDINATOR OUTPUT
#
#   -e   lines of NAME=VALUE for the Coordinator; they are part of what is measured
#   -k   version of a kernel in /lib/modules whose modules for virtio, ext4 and evidence go along; not needed for one
#        that has them built in
set -eu
cd_here=$(dirname "$0")
environment='' kernel=''
while getopts e:k: option; do
	case $option in
	e) environment=$OPTARG ;;
	k) kernel=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 2 ] || {
	echo "usage: make-initrd.sh [-e ENVIRONMENT] [-k KERNEL] COORDINATOR OUTPUT" >&2
	exit 2
}
coordinator=$1
output=$2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

copy() { # FILE MODE NAME
	mkdir -p "$root/$(dirname "$3")"
	install -m "$2" "$1" "$root/$3"
}

mkdir -p "$root/bin" "$root/dev" "$root/etc" "$root/proc" "$root/run" "$root/state" "$root/sys" "$root/lib64"
copy "$coordinator" 755 bin/marblerun-coordinator
copy /bin/busybox 755 bin/busybox
for name in ip modprobe mount sh udhcpc; do
	ln -s busybox "$root/bin/$name"
done
copy "$cd_here/init" 755 init
copy "$cd_here/udhcpc" 755 etc/udhcpc
ln -s /run/resolv.conf "$root/etc/resolv.conf"
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
	copy /etc/ssl/certs/ca-certificates.crt 644 etc/ssl/certs/ca-certificates.crt
fi
{
	echo EDG_COORDINATOR_SEAL_DIR=/state
	if [ -n "$environment" ]; then
		cat "$environment"
	fi
} >"$root/etc/coordinator.env"

# the loader and the libraries, where the Coordinator looks for them
ldd "$coordinator" | sed -n 's|^[^/]*\(/[^ ]*\) (0x.*|\1|p' | LC_ALL=C sort -u | while read -r library; do
	copy "$library" 755 "${library#/}"
done

: >"$root/etc/modules"
if [ -n "$kernel" ]; then
	for module in virtio_pci virtio_net virtio_blk ext4 configfs tsm sev-guest tdx-guest; do
		modprobe -S "$kernel" --show-depends "$module" 2>/dev/null | while read -r what file _; do
			[ "$what" = insmod ] && copy "$file" 644 "${file#/}"
		done || true
		echo "$module" >>"$root/etc/modules"
	done
	depmod -b "$root" "$kernel"
fi

# order, owners and times are fixed; so is what gzip writes of them
find "$root" -exec touch -h -d @0 {} +
chmod -R u=rwX,go=rX "$root"
(cd "$root" && find . -print0 | LC_ALL=C sort -z |
	cpio --null --create --format=newc --reproducible --owner=+0:+0 --quiet) | gzip -9 -n >"$output"
