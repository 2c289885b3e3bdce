#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A database of its own, owned by who may run it (PostgreSQL refuses to be root), and the library where that user can
# read it.
set -eu
bin=$(dirname -- "$(find /usr/lib/postgresql -path '*/bin/postgres' | sort -V | tail -n 1)")
ln -s "$bin/postgres" "$DIR/postgres"
cp "$BUILD/libmarblerun-ttls.so" "$DIR/"
mkdir -m 700 "$DIR/data"
if [ "$(id -u)" -eq 0 ]; then
	owner="setpriv --reuid=postgres --regid=postgres --clear-groups"
	chown postgres:postgres "$DIR/data"
else
	owner=
fi
# shellcheck disable=SC2086 # a list of words
(cd / && $owner "$bin/initdb" -D "$DIR/data" -U mesh -A trust --no-sync >"$DIR/initdb.log")
printf 'exec %s "$@"\n' "$owner" >"$DIR/as-owner.sh"
