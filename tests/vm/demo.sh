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
bold='' green='' red='' plain=''
if [ "${MANX_DEMO_COLOUR-}" ]; then
	bold=$'\033[1m' green=$'\033[32m' red=$'\033[31m' plain=$'\033[0m'
fi

# --- what the audience sees ---

title() {
	step=$((step + 1))
	printf '\n%s%2d. %s%s\n' "$bold" "$step" "$*" "$plain"
}
note() { printf '    %s\n' "$*"; }
indent() { sed 's/^/      /'; }
show() { # COMMAND...: what an operator would type, and what it prints
	local words="$*"

	case $1 in
	in_node) words="on ${words#in_node }" ;;
	esac
	note "\$ $words"
	"$@" 2>&1 | indent
	[ "${PIPESTATUS[0]}" = 0 ] || bad "$words"
}
good() { printf '    %sok%s  %s\n' "$green" "$plain" "$*"; }
bad() {
	printf '    %sNOT SO: %s%s\n' "$red" "$*" "$plain"
	tail -n 20 "$work"/n*/manxd.log
	exit 1
}
holds() { # WORDS COMMAND...
	if "${@:2}" > "$work/out" 2>&1; then good "$1"; else cat "$work/out"; bad "$1"; fi
}
soon() { # WORDS COMMAND...: within 10 seconds
	wait_for 10 "${@:2}" || holds "$@"
	good "$1"
}

# --- what is asked ---

ping_pod() { # FROM TO [4|6]
	in_pod "$1" ping -n -c 2 -i 0.1 -W 1 "$(address "$2" "${3-4}")"
}
not() { ! "$@"; }
empty() { # COMMAND...: it succeeds and prints nothing
	local printed

	printed=$("$@") || return
	echo "$printed"
	[ -z "$printed" ]
}

# seen_outside FILTER COMMAND...: does the router see such packets meanwhile? The
# first of them stays in $work/capture.
seen_outside() {
	local tcpdump status=0

	nsenter --net=/run/netns/router tcpdump -nlv -c 1 -i eth2 "$1" \
		> "$work/capture" 2> "$work/capture.err" &
	tcpdump=$!
	wait_for 5 grep -q listening "$work/capture.err"
	"${@:2}" || status=1
	wait_for 3 grep -q . "$work/capture" || status=1
	kill "$tcpdump" 2> /dev/null
	wait "$tcpdump"
	return $status
}

# transfer FROM TO FILE: by TCP, from pod to pod; what arrives is FILE.received
transfer() {
	local receiver status=0

	nsenter --net="/run/netns/$2" timeout 60 \
		socat -u -b 262144 TCP-LISTEN:8000 "CREATE:$3.received" &
	receiver=$!
	wait_for 5 sh -c "nsenter --net=/run/netns/$2 ss -Hltn sport = :8000 | grep -q ."
	in_pod "$1" timeout 60 socat -u -b 262144 "FILE:$3" "TCP:$(address "$2"):8000" || status=1
	wait "$receiver" || status=1
	return $status
}

# dropped NODE POD REASON: packets that the pod's link did
dropped() {
	ip netns exec "$1" ethtool -S "$(node_end "$2")" |
		awk -v name="drop_$3:" '$1 == name { print $2 }'
}
some_dropped() { [ "$(dropped "$@")" -gt 0 ]; }

pod_links() { ip -n "$1" -o link show type manx | grep -v ': manx.ipip'; true; }
pod_routes() { { ip -n "$1" route; ip -n "$1" -6 route; } | grep -E 'dev manx[0-9a-f]'; true; }
kernel_endpoints() { in_node "$1" manxctl dp show endpoints -o json | grep '"id"'; true; }
pod_addresses() { store_keys e/ h/ | grep -v '^h/ipip-tunnel-addr-'; true; }

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
cat > "$work/pools.yaml" <<'END'
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
show in_node n1 manxctl apply -f "$work/pools.yaml"
show in_node n1 manxctl get ippools
show in_node n1 manxctl get nodes -o wide

title "Pods, added as a container runtime adds them"
add_pod n1 web app=web || bad "ADD of web"
add_pod n1 client app=client || bad "ADD of client"
add_pod n1 guest app=guest || bad "ADD of guest"
add_pod n2 near app=near || bad "ADD of near"
add_pod n3 far app=far || bad "ADD of far"
note "what the plugin answered for web:"
sed 's/"\(ips\|routes\|cniVersion\)"\|{"name"/\n &/g' "$work/web.json" | indent
show in_node n2 manxctl get workloadendpoints -A
show ip -n n1 route

title "One node: client to web"
holds "IPv4: $(address client) -> $(address web)" ping_pod client web
holds "IPv6: $(address client 6) -> $(address web 6)" ping_pod client web 6

title "Across nodes of one subnet: near (n2) to web (n1), no encapsulation"
show ip -n n2 route get "$(address web)"
holds "no tunnel on the way" not grep -q manx <(ip -n n2 route get "$(address web)")
soon "IPv4" ping_pod near web
soon "IPv6, whose packets travel in IPv4, as the nodes have no IPv6" ping_pod near web 6

title "Across subnets: far (n3) to web (n1), IPIP"
show ip -n n3 route get "$(address web)"
soon "IPv4" ping_pod far web
holds "the router sees IPIP" seen_outside "ip proto 4" ping_pod far web
indent < "$work/capture"
soon "IPv6" ping_pod far web 6
holds "the router sees IPv6 in IPv4" seen_outside "ip proto 41" ping_pod far web 6
indent < "$work/capture"

title "50 MB by TCP from far (n3) to web (n1) through the tunnel"
head -c 50M /dev/urandom > "$work/sent"
sum=$(sha256sum < "$work/sent")
began=$(date +%s%N)
transfer far web "$work/sent" || bad "the transfer ends"
took=$((($(date +%s%N) - began) / 1000000))
note "$((50 * 1000 / (took + 1))) MB/s, in a machine that is emulated"
holds "checksums agree: ${sum:0:32}..." [ "$(sha256sum < "$work/sent.received")" = "$sum" ]
rm -f "$work"/sent*

title "Policy while a client is running: web lets client in, nobody else"
nsenter --net=/run/netns/guest ping -n -i 0.2 "$(address web)" > "$work/guest.ping" 2>&1 &
pinger=$!
soon "guest reaches web, and goes on pinging" grep -q 'bytes from' "$work/guest.ping"
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
indent < "$work/policy.yaml"
show in_node n2 manxctl apply -f "$work/policy.yaml"
soon "guest is cut off" not ping_pod guest web
holds "client is not" ping_pod client web
kill -INT "$pinger"
wait "$pinger"
note "the client that was running all the time:"
tail -n 2 "$work/guest.ping" | head -n 1 | indent
show in_node n1 manxctl dp show tables
holds "$(dropped n1 web policy-ingress) packets to web were dropped, and are counted" \
	some_dropped n1 web policy-ingress
show in_node n1 manxctl delete networkpolicy web
soon "without the policy guest is back" ping_pod guest web

title "What an operator sees on n1"
show in_node n1 manxctl status
show in_node n1 manxctl dp show

title "Deletion leaves nothing behind"
for pod in n1/web n1/client n1/guest n2/near n3/far; do
	del_pod "${pod%/*}" "${pod#*/}" || bad "DEL of ${pod#*/}"
done
for node in n1 n2 n3; do
	holds "$node: no link of a pod" empty pod_links "$node"
	holds "$node: no route to a pod" empty pod_routes "$node"
	holds "$node: no endpoint in the kernel" empty kernel_endpoints "$node"
done
holds "no endpoint and no address of a pod in the datastore" empty pod_addresses
for node in n1 n2 n3; do
	stop_manxd "$node"
done

printf '\n%sEverything held, in %d seconds.%s\n' "$bold" "$SECONDS" "$plain"
