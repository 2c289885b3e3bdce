#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh NAME [BUILD]: runs the sample samples/NAME in simulation on this machine: a Coordinator with its manifest, the
# Marble `server` if there is one, and the Marble `client`, whose output is the sample's. Everything is cleaned up.
# In the manifest @DIR@ is a scratch folder, @PORT@ a free port, @SAMPLE@ the sample's folder, @BUILD@ that of the programs.
set -euo pipefail

here=$(cd -- "$(dirname -- "$0")" && pwd -P)
name=${1:?usage: run.sh NAME [BUILD]}
sample=$here/$name
build=$(cd -- "${2:-$here/../build}" && pwd -P)
[ -f "$sample/manifest.json" ] || { echo "run.sh: there is no sample $name" >&2; exit 2; }
dir=$(mktemp -d)
chmod 755 "$dir" # services that give up root read there
pids=()

leave() {
	status=$?
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
	wait
	[ $status -eq 0 ] || cat "$dir"/*.log >&2
	rm -rf "$dir"
}
trap leave EXIT
trap 'exit 130' INT TERM

read -r mesh client port < <(/usr/bin/python3 -c '
import socket
ports = [socket.socket() for _ in range(3)]
for port in ports:
    port.bind(("127.0.0.1", 0))
print(*(port.getsockname()[1] for port in ports))')

# what the sample needs beside the manifest, as DIR, BUILD and PORT
if [ -f "$sample/prepare.sh" ]; then
	DIR=$dir BUILD=$build PORT=$port sh "$sample/prepare.sh"
fi
sed "s#@DIR@#$dir#g; s#@PORT@#$port#g; s#@SAMPLE@#$sample#g; s#@BUILD@#$build#g; s#@COORDINATOR@#localhost:$client#g" \
	"$sample/manifest.json" >"$dir/manifest.json"

OE_SIMULATION=1 EDG_COORDINATOR_MESH_ADDR="localhost:$mesh" EDG_COORDINATOR_CLIENT_ADDR="localhost:$client" \
	EDG_COORDINATOR_SEAL_DIR="$dir/state" "$build/marblerun-coordinator" >"$dir/coordinator.log" 2>&1 &
pids+=($!)
curl --silent --insecure --output /dev/null --retry 50 --retry-connrefused --retry-delay 1 "https://localhost:$client/api/v2/status"
"$build/marblerun" manifest set "$dir/manifest.json" "localhost:$client" --insecure \
	--coordinator-cert "$dir/coordinator-cert.pem" >"$dir/set.log"

marble() { # TYPE: becomes it
	mkdir -p "$dir/$1"
	cd "$dir/$1"
	exec env EDG_MARBLE_TYPE="$1" EDG_MARBLE_COORDINATOR_ADDR="localhost:$mesh" EDG_MARBLE_RUNTIME=plain \
		"$build/premain-libos"
}

if grep --quiet '"server":' "$dir/manifest.json"; then
	(marble server) >"$dir/server.log" 2>&1 &
	pids+=($!)
	for _ in $(seq 600); do
		if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			break
		fi
		kill -0 "${pids[-1]}" 2>/dev/null || { echo "run.sh: the server has ended" >&2; exit 1; }
		sleep 0.1
	done
fi
(marble client) 2>"$dir/client.log"
