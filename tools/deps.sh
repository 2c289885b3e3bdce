#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what building and testing need: the Debian packages of packages.txt and, with
# CRYPTO=aws-lc (the default), the pinned AWS-LC. Asks the network only for what is missing.
set -eu

tools=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
crypto=${CRYPTO:-aws-lc}
cargo_needed=1.85

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo -- "$@"
	fi
}

installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Packages start their services when they are installed; tests start their own and on free ports.
install() {
	echo "deps: installing $*" >&2
	as_root apt-get update -q || echo "deps: keeping the old lists of packages" >&2
	guard=/usr/sbin/policy-rc.d
	if [ -e $guard ]; then
		guard=
	else
		printf '#!/bin/sh\nexit 101\n' | as_root tee $guard >/dev/null
		trap 'as_root rm -f $guard' EXIT
		trap 'exit 130' INT TERM HUP
		as_root chmod 755 $guard
	fi
	status=0
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends --no-remove "$@" </dev/null || status=$?
	for service in nginx redis-server memcached postgresql; do
		case " $* " in
		*" $service "*)
			as_root update-rc.d "$service" disable || true ;;
		esac
	done
	[ -z "$guard" ] || as_root rm -f $guard
	trap - EXIT INT TERM HUP
	return $status
}

cargo_is_new_enough() {
	have=$(cargo --version 2>/dev/null | cut -d' ' -f2) && [ -n "$have" ] &&
		[ "$(printf '%s\n' "$cargo_needed" "$have" | sort -V | head -n 1)" = "$cargo_needed" ]
}

missing=
while read -r package; do
	case $package in
	'' | '#'*) ;;
	*) installed "$package" || missing="$missing $package" ;;
	esac
done <"$tools/packages.txt"
# shellcheck disable=SC2086 # a list of names
[ -z "$missing" ] || install $missing

if [ "$crypto" = aws-lc ]; then
	if [ ! -d "$tools/../deps/aws-lc/src" ] && ! cargo_is_new_enough; then
		install cargo-web || {
			echo "deps: needs cargo $cargo_needed or newer, such as package cargo-web" >&2
			exit 1
		}
	fi
	"$tools/aws-lc.sh"
fi
