#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# manx at work, for the eyes: nodes, pods, tunnels, policy. Every step says what
# it shows and checks it; the first that does not hold ends the show.

set -uo pipefail
cd "$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")" || exit 1
. tests/vm/cluster.sh

mkdir -p "$work"
step=0

title() { step=$((step + 1)); printf '\n\033[1m%2d. %s\033[0m\n' "$step" "$*"; }
note() { printf '    %s\n' "$*"; }
show() { # COMMAND...: what an operator would type, and what it prints
	printf '    $ %s\n' "${*/#in_node/on}"
	"$@" 2>&1 | sed 's/^/      /'
	return "${PIPESTATUS[0]}"
}
good() { printf '    \033[32mok\033[0m  %s\n' "$*"; }
bad() {
	printf '    \033[31mNOT SO: %s\033[0m\n' "$*"
	tail -n 20 "$work"/n*/manxd.log
	exit 1
}
holds() { # WORDS COMMAND...
	local words=$1

	shift
	if "$@" > "$work/out" 2>&1; then good "$words"; else cat "$work/out"; bad "$words"; fi
}
fails() { # WORDS COMMAND...
	local words=$1

	shift
	if "$@" > "$work/out" 2>&1; then cat "$work/out"; bad "$words"; else good "$words"; fi
}

ping_pod() { # FROM TO [4|6]
	in_pod "$1" ping -c 2 -i 0.2 -W 2 "$(address "$2" "${3:-4}")"
}

# outer PROTOCOL-FILTER COMMAND...: does the router see such packets meanwhile?
outer() {
	local filter=$1 tcpdump status

	shift
	nsenter --net=/run/netns/router tcpdump -nlv -c 1 -i eth2 "$filter" \
		> "$work/capture" 2> "$work/capture.err" &
	tcpdump=$!
	wait_for 5 grep -q listening "$work/capture.err"
	"$@" > /dev/null
	status=$?
	wait_for 3 grep -q . "$work/capture" || status=1
	kill "$tcpdump" 2> /dev/null
	wait "$tcpdump" 2> /dev/null
	return $status
}

apply() { # NODE: manxctl apply, resources on standard input
	in_node "$1" manxctl apply -f -
}

# --------------------------------------------------------------------------

title "Three nodes: n1 and n2 in one subnet, n3 in another, a router between"
make_underlay
make_node n1 1
make_node n2 1
make_node n3 2
sed -n '/^#  *subnet/,/^#   n2/s/^#//p' tests/vm/cluster.sh | sed 's/+--- n4 (.14)/+/'
for node in n1 n2 n3; do
	start_manxd "$node" || bad "manxd of $node comes up"
done
good "manxd runs on each"

title "Pools: IPIP where nodes are in different subnets, plain routes where not"
apply n1 <<'END' > "$work/out" 2>&1 || bad "pools are accepted: $(cat "$work/out")"
apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: pods-v4}
spec: {cidr: 10.244.0.0/16, ipipMode: CrossSubnet, blockSize: 26}
---
apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: pods-v6}
spec: {cidr: "fd00:10:244::/48"}
END
show in_node n1 manxctl get ippools
show in_node n1 manxctl get nodes

title "Pods, added as a container runtime adds them"
add_pod n1 web app=web || bad "ADD of web"
add_pod n1 client app=client || bad "ADD of client"
add_pod n1 guest app=guest || bad "ADD of guest"
add_pod n2 near app=near || bad "ADD of near"
add_pod n3 far app=far || bad "ADD of far"
note "what the plugin answered for web:"
sed 's/^/      /' "$work/web.json"
show in_node n2 manxctl get workloadendpoints -A
show ip -n n1 route

title "One node: client to web"
wait_for 10 ping_pod client web
holds "IPv4: $(address client) -> $(address web)" ping_pod client web
holds "IPv6: $(address client 6) -> $(address web 6)" ping_pod client web 6

title "Across nodes of one subnet: near (n2) to web (n1), no encapsulation"
wait_for 10 ping_pod near web
show ip -n n2 route get "$(address web)"
holds "IPv4" ping_pod near web
fails "no route of n2 to that block leads into the tunnel" \
	sh -c "ip -n n2 route get $(address web) | grep manx"

title "Across subnets: far (n3) to web (n1), IPIP"
wait_for 10 ping_pod far web
show ip -n n3 route get "$(address web)"
holds "IPv4, and the router sees IPIP" outer "ip proto 4" ping_pod far web
sed 's/^/      /' "$work/capture"
holds "IPv6 in IPv4" outer "ip proto 41" ping_pod far web 6
sed 's/^/      /' "$work/capture"

title "50 MB by TCP from far (n3) to web (n1) through the tunnel"
head -c 50M /dev/urandom > "$work/sent"
in_pod web timeout 120 nc -l -p 8000 > "$work/received" &
receiver=$!
wait_for 5 sh -c "nsenter --net=/run/netns/web ss -Hltn sport = :8000 | grep -q ."
began=$(date +%s%N)
in_pod far timeout 120 nc -N "$(address web)" 8000 < "$work/sent" || bad "the transfer ends"
wait "$receiver"
took=$((($(date +%s%N) - began) / 1000000))
note "$((50 * 1000 / (took + 1))) MB/s in this emulated machine"
holds "checksums agree: $(sha256sum < "$work/sent" | cut -c 1-32)..." \
	cmp "$work/sent" "$work/received"
rm -f "$work/sent" "$work/received"

title "Policy while a client is running: web lets client in, nobody else"
in_pod guest ping -i 0.2 -W 1 "$(address web)" > "$work/guest.ping" 2>&1 &
pinger=$!
wait_for 5 grep -q 'bytes from' "$work/guest.ping"
good "guest reaches web, and goes on pinging"
cat > "$work/policy.yaml" <<'END'
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: web, namespace: default}
spec:
  selector: app == 'web'
  types: [Ingress]
  ingress:
  - action: Allow
    source: {selector: app == 'client'}
END
sed 's/^/      /' "$work/policy.yaml"
show in_node n2 manxctl apply -f "$work/policy.yaml"
wait_for 10 sh -c "! nsenter --net=/run/netns/guest ping -c 1 -W 1 $(address web)"
fails "guest is cut off" ping_pod guest web
holds "client is not" ping_pod client web
kill "$pinger"
wait "$pinger" 2> /dev/null
note "counters of the rules on n1:"
show in_node n1 manxctl dp show tables
holds "the drops are counted" sh -c "ethtool -S $(ip -n n1 -o link show | sed -n 's/^[0-9]*: \(manx[0-9a-f]*\)@.*/\1/p' | head -1) 2> /dev/null; \
	nsenter --net=/run/netns/n1 env MANX_RUN_DIR=$work/n1/run manxctl dp show endpoints | grep policy-ingress"
show in_node n1 manxctl delete networkpolicy web
wait_for 10 ping_pod guest web
holds "without the policy guest is back" ping_pod guest web

title "What an operator sees on n1"
show in_node n1 manxctl status
show in_node n1 manxctl dp show

title "Deletion leaves nothing behind"
for pod in n1/web n1/client n1/guest n2/near n3/far; do
	del_pod "${pod%/*}" "${pod#*/}" || bad "DEL of ${pod#*/}"
done
show in_node n1 manxctl get workloadendpoints -A
for node in n1 n2 n3; do
	fails "$node: no link of a pod" sh -c "ip -n $node -o link | grep -E ': manx[0-9a-f]{11}'"
	fails "$node: no route to a pod" sh -c "ip -n $node route | grep -E 'dev manx[0-9a-f]{11}'"
done
holds "no endpoint in the kernel" sh -c \
	"nsenter --net=/run/netns/n1 manxctl dp show -o json endpoints | grep -q '\"endpoints\":[[:space:]]*\[\]'"
holds "no address in the store" sh -c \
	"[ \$(python3 -c \"import sqlite3; print(sqlite3.connect('$work/manx.db').execute(\\\"select count(*) from kv where key like 'a/%'\\\").fetchone()[0])\") = 2 ]"
for node in n1 n2 n3; do
	stop_manxd "$node"
done

printf '\n\033[1mEverything held.\033[0m\n'
