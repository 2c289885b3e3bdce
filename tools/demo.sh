#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh FOLDER: a whole mesh on this machine, in simulation. A Coordinator starts and gets
# samples/mesh/manifest.json; nginx, redis and a client, unchanged programs of the system, get their
# credentials from it as Marbles and talk mutual TLS; a Marble that the manifest does not allow is
# refused; and the state outlives a killed Coordinator.
set -euo pipefail

build=$(cd -- "$1" && pwd -P)
samples=$(cd -- "$(dirname -- "$0")/../samples/mesh" && pwd -P)
dir=$(mktemp -d)
pids=()

leave() {
	status=$?
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
	wait
	if [ $status -ne 0 ]; then
		echo "demo: failed, the Coordinator said:" >&2
		cat "$dir"/*.log >&2
	fi
	rm -rf "$dir"
}
trap leave EXIT
trap 'exit 130' INT TERM

say() {
	printf '\n== %s\n' "$*"
}

run() {
	local words="${*//"$build/"/}"
	printf '$ %s\n' "${words//"$dir/"/}"
	"$@"
}

marble() { # TYPE: becomes the launcher, with what a Marble's host sets
	cd "$dir/$1"
	exec env EDG_MARBLE_TYPE="$1" EDG_MARBLE_COORDINATOR_ADDR="localhost:$mesh" \
		EDG_MARBLE_RUNTIME=plain OE_SIMULATION=1 "$build/premain-libos"
}

read -r mesh client store web < <(/usr/bin/python3 -c '
import socket
ports = [socket.socket() for _ in range(4)]
for port in ports:
    port.bind(("127.0.0.1", 0))
print(*(port.getsockname()[1] for port in ports))')
mkdir "$dir/store" "$dir/web" "$dir/client"
sed "s#@DIR@#$dir#g; s#@STORE@#$store#g; s#@WEB@#$web#g" "$samples/manifest.json" >"$dir/manifest.json"
flags=(--insecure --coordinator-cert "$dir/coordinator-cert.pem")

coordinator() { # starts it and waits until it answers
	OE_SIMULATION=1 EDG_COORDINATOR_MESH_ADDR="localhost:$mesh" \
		EDG_COORDINATOR_CLIENT_ADDR="localhost:$client" EDG_COORDINATOR_SEAL_DIR="$dir/state" \
		"$build/marblerun-coordinator" >>"$dir/coordinator.log" 2>&1 &
	coordinator=$!
	pids+=("$coordinator")
	curl --silent --insecure --output /dev/null --retry 50 --retry-connrefused --retry-delay 1 \
		"https://localhost:$client/api/v2/status"
}

say "A Coordinator, in simulation: no enclave protects it and no quote is checked"
coordinator
echo "It is ready on port $client for people and on port $mesh for Marbles."

say "The owner sets the manifest; anybody can check which one is in force"
run "$build/marblerun" manifest set "$dir/manifest.json" "localhost:$client" "${flags[@]}"
run "$build/marblerun" manifest verify "$dir/manifest.json" "localhost:$client" "${flags[@]}"
run "$build/marblerun" status "localhost:$client" "${flags[@]}"

say "Marbles 'store' (redis) and 'web' (nginx) are activated and started"
marble store >"$dir/store.log" 2>&1 &
pids+=($!)
marble web >"$dir/web.log" 2>&1 &
pids+=($!)

say "Marble 'client' shows its certificate to both, and they show theirs to it"
(marble client) 2>"$dir/client.log"

say "Another 'client' comes, but the manifest allows one"
if (marble client) >"$dir/refused.log" 2>&1; then
	echo "demo: the second activation was not refused" >&2
	exit 1
fi
grep -v '^$' "$dir/refused.log" | tail -n 1

say "The Coordinator is killed and started again: state and root certificate are there"
kill -KILL "$coordinator"
wait "$coordinator" 2>/dev/null || true
coordinator
run "$build/marblerun" status "localhost:$client" "${flags[@]}"

say "Done"
