#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh FOLDER: a whole mesh on this machine, in simulation. A Coordinator starts and gets
# samples/mesh/manifest.json; nginx, redis and a client, unchanged programs of the system, get their
# credentials from it as Marbles and talk mutual TLS; callers without a certificate and activations
# beyond the manifest's are refused; and the mesh outlives a killed Coordinator.
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

say "Marble 'client' gets a page from nginx and keeps it in redis, both over mutual TLS"
(marble client) 2>"$dir/client.log"

say "A caller without a certificate of this mesh is refused by both"
page=$(curl --silent --cacert "$dir/client/ca.pem" "https://localhost:$web/")
grep --quiet '400 No required SSL certificate' <<<"$page"
echo "nginx> $(grep --only-matching '<title>.*</title>' <<<"$page")"
if redis-cli -h localhost -p "$store" --tls --cacert "$dir/client/ca.pem" ping >"$dir/stranger.log" 2>&1 &&
	grep --quiet PONG "$dir/stranger.log"; then
	echo "demo: redis served a stranger" >&2
	exit 1
fi
echo "redis> $(head -n 1 "$dir/stranger.log")"

say "The Coordinator is killed with -9 and started again: its state is there"
root=$(openssl x509 -in "$dir/client/ca.pem" -noout -fingerprint -sha256)
kill -KILL "$coordinator"
wait "$coordinator" 2>/dev/null || true
coordinator
run "$build/marblerun" status "localhost:$client" "${flags[@]}"

say "Marble 'client' is activated again, under the same root"
(marble client) 2>>"$dir/client.log"
[ "$root" = "$(openssl x509 -in "$dir/client/ca.pem" -noout -fingerprint -sha256)" ]
echo "mesh root, before and after: $root"

say "A third activation is refused: the manifest allows two"
if (marble client) >"$dir/refused.log" 2>&1; then
	echo "demo: the activation was not refused" >&2
	exit 1
fi
grep '^Error' "$dir/refused.log"

say "Done; everything is cleaned up"
