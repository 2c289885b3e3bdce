#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fresh-root.sh [-k] [-o] [COMMAND...]: runs COMMAND (default: bash .ci/run) as root in a new,
# minimal Debian 12 made by debootstrap, on a clone of the last commit. It shows which package is
# missing from the lists. How the machine reaches Debian's packages and the crates (mirror, proxy,
# certificates) is taken over from the machine at run time.
#   -k  keep the root and print where it is; FRESH_ROOT=FOLDER uses a kept one again
#   -o  run COMMAND without network (a new network namespace with loopback alone)
set -eu

keep=false
offline=
while getopts ko option; do
	case $option in
	k) keep=true ;;
	o) offline=--net ;;
	*) exit 2 ;;
	esac
done

# Mounts and processes live in namespaces of their own and end with them.
if [ -z "${FRESH_INSIDE:-}" ]; then
	[ "$(id -u)" -eq 0 ] || { echo "fresh-root: must run as root" >&2; exit 2; }
	exec env FRESH_INSIDE=1 unshare --mount --propagation private --pid --fork --kill-child \
		$offline -- "$0" "$@"
fi

shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- bash .ci/run
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)

root=${FRESH_ROOT:-}
if [ -n "$root" ]; then
	keep=true
else
	root=$(mktemp -d /var/tmp/fresh-root.XXXXXX)
	chmod 755 "$root" # it becomes /, which is not root's alone
fi

# shellcheck disable=SC2317 # called by the trap
leave() {
	if $keep; then
		echo "fresh-root: kept in $root" >&2
	else
		for mounted in dev/shm dev/pts dev proc; do
			umount "$root/$mounted" || true
		done
		rm -rf --one-file-system "$root"
	fi
}
trap leave EXIT
trap 'exit 130' INT TERM HUP

if [ ! -d "$root/usr" ]; then
	# shellcheck disable=SC2016 # a format of apt's
	mirror=$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)
	debootstrap --variant=minbase --include=ca-certificates,git,make bookworm "$root" "$mirror" \
		>"$root.log" || { cat "$root.log" >&2; exit 1; }
	rm -f "$root.log"
fi

# how this machine reaches packages
rm -f "$root/etc/apt/sources.list"
cp -aL /etc/apt/. "$root/etc/apt/"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
mkdir -p "$root/usr/share/keyrings" "$root/etc/ssl/certs" "$root/root/.cargo"
cp -aL /usr/share/keyrings/. "$root/usr/share/keyrings/"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
if [ -d /usr/local/share/ca-certificates ]; then
	mkdir -p "$root/usr/local/share/ca-certificates"
	cp -aL /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
fi
for config in "${CARGO_HOME:-$HOME/.cargo}/config.toml" "${CARGO_HOME:-$HOME/.cargo}/config"; do
	[ ! -f "$config" ] || cp "$config" "$root/root/.cargo/"
done
env | grep -iE '^(https?_proxy|no_proxy|all_proxy|cargo_(http|net|registries)_[a-z_]*)=' \
	>"$root/root/environment" || true

mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount --bind /dev/pts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
[ -z "$offline" ] || ip link set lo up

# a clone as CI has it; what `make deps` made in a kept root stays
mkdir -p "$root/root/tree"
rm -rf "$root/root/clone"
git clone -q "file://$top" "$root/root/clone"
if [ -d "$root/root/tree/deps" ]; then
	mv "$root/root/tree/deps" "$root/root/clone/deps"
fi
rm -rf "$root/root/tree"
mv "$root/root/clone" "$root/root/tree"
if [ -d "$top/../shared" ]; then
	rm -rf "$root/root/shared"
	mkdir "$root/root/shared"
	cp -a "$top/../shared/." "$root/root/shared/"
fi

cat >"$root/root/start" <<'END'
set -a
. /root/environment
set +a
cd /root/tree
exec "$@"
END

# Not chroot: a process in one may not make namespaces, as some tests do.
# shellcheck disable=SC2016 # expanded inside
unshare --mount --propagation private -- sh -euc '
	root=$1
	shift
	mount --rbind "$root" "$root"
	cd "$root"
	mkdir -p before
	pivot_root . before
	umount -l /before
	exec env -i HOME=/root LANG=C.UTF-8 CI=true \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh /root/start "$@"
' sh "$root" "$@" </dev/null
