#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh FOLDER: a whole mesh on this machine, in simulation. A Coordinator starts and gets
# samples/mesh/manifest.json; two Marbles, unchanged programs of the system, get their credentials
# from it and talk mutual TLS to each other; a third, that the manifest does not allow, is refused.
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
	printf '$ %s\n' "${*//"$build/"/}"
	"$@"
}

marble() { # TYPE: what a Marble's host sets, and the launcher
	(cd "$dir/$1" && exec env EDG_MARBLE_TYPE="$1" EDG_MARBLE_COORDINATOR_ADDR="localhost:$mesh" \
		EDG_MARBLE_RUNTIME=plain OE_SIMULATION=1 "$build/premain-libos")
}

read -r mesh client page < <(/usr/bin/python3 -c '
import socket
ports = [socket.socket() for _ in range(3)]
for port in ports:
    port.bind(("127.0.0.1", 0))
print(*(port.getsockname()[1] for port in ports))')
mkdir "$dir/server" "$dir/client"
sed "s#@DIR@#$dir#g; s#@PORT@#$page#g" "$samples/manifest.json" >"$dir/manifest.json"
flags=(--insecure --coordinator-cert "$dir/coordinator-cert.pem")

say "A Coordinator, in simulation: no enclave protects it and no quote is checked"
OE_SIMULATION=1 EDG_COORDINATOR_MESH_ADDR="localhost:$mesh" EDG_COORDINATOR_CLIENT_ADDR="localhost:$client" \
	EDG_COORDINATOR_SEAL_DIR="$dir/state" "$build/marblerun-coordinator" >"$dir/coordinator.log" 2>&1 &
pids+=($!)
curl --silent --insecure --output /dev/null --retry 50 --retry-connrefused --retry-delay 1 \
	"https://localhost:$client/api/v2/status"

say "The owner sets the manifest; anybody can check which one is in force"
run "$build/marblerun" manifest set "$dir/manifest.json" "localhost:$client" "${flags[@]}"
run "$build/marblerun" manifest verify "$dir/manifest.json" "localhost:$client" "${flags[@]}"
run "$build/marblerun" status "localhost:$client" "${flags[@]}"

say "Marble 'server': activated, then runs openssl s_server with its certificate from the mesh"
marble server >"$dir/server.log" 2>&1 &
pids+=($!)

say "Marble 'client': activated, then runs curl, which authenticates to the server and it to curl"
marble client
echo "The page came over mutual TLS:"
grep -aE '(Protocol|Cipher) *:|^ *(TLSv1\.[23])' "$dir/page" | head -n 3

say "Another 'client': the manifest allows one activation"
if marble client >"$dir/refused.log" 2>&1; then
	echo "demo: the second activation was not refused" >&2
	exit 1
fi
tail -n 1 "$dir/refused.log"

say "Done"
