# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# How packets get from node to node: what manxd makes of pools, nodes and blocks.

# shellcheck source=tests/vm/programs.sh
. "$here/programs.sh"

# goes NODE DEVICE POD: that way the node sends packets to the pod
goes() { ip -n "$1" route get "$(address "$3")" | has " dev $2 "; }

goes6() { ip -n "$1" route get "$(address "$3" 6)" | has " dev $2 "; }

# block_of POD: the IPv4 block that its address is in
block_of() { echo "$(address "$1" | sed 's/\.[0-9]*$/.0/')/24"; }

peers_are() { # NODE ADDRESS...
	[ "$(in_node "$1" manxctl dp show peers)" = "$(printf '%s\n' PEER "${@:2}")" ]
}

mtu_is() { ip -n "$1" link show eth0 | has "mtu $2 "; } # POD MTU

# three_nodes MODE: with a pod each, web, near and far, of IPv4 alone; blocks are /24
three_nodes() {
	make_underlay
	join n1 n2 n3
	pool n1 pods 10.244.0.0/16 "blockSize: 24, ipipMode: $1"
	netconf() { printf '{"cniVersion": "1.0.0", "name": "pods"}\n'; }
	add_pod n1 web
	add_pod n2 near
	add_pod n3 far
}

mode() { pool n1 pods 10.244.0.0/16 "blockSize: 24, ipipMode: $1"; }

routes_follow_the_mode_of_the_pool() {
	# limit: 120
	three_nodes Always
	eventually reaches near "$(address web)"
	eventually reaches far "$(address web)"
	goes n2 manx.ipip web
	goes n3 manx.ipip web
	goes n1 manx.ipip near
	peers_are n1 172.18.1.12 172.18.2.13
	mtu_is web 1480

	mode CrossSubnet
	eventually goes n2 eth0 web
	eventually goes n1 eth0 near
	reaches near "$(address web)"
	reaches far "$(address web)"
	goes n3 manx.ipip web
	goes n1 manx.ipip far

	# beyond the subnet it is up to the underlay then
	mode Never
	eventually goes n3 eth0 web
	eventually goes n1 eth0 far
	reaches near "$(address web)"
	reaches far "$(address web)" -W 0.3 && fail "the router knows the way"
	eventually refuse "does not exist" ip -n n1 link show manx.ipip
	eventually peers_are n1
	ip -n router route add "$(block_of web)" via 172.18.1.11
	ip -n router route add "$(block_of far)" via 172.18.2.13
	reaches far "$(address web)"
	add_pod n1 late
	mtu_is late 1500
	reaches far "$(address late)"

	mode Always
	eventually goes n2 manx.ipip web
	eventually goes n1 manx.ipip near
	reaches near "$(address web)"
	eventually goes n3 manx.ipip web
	eventually goes n1 manx.ipip far
	reaches far "$(address web)"
}

routes_of_ipv6_take_the_tunnel_where_nodes_have_none() {
	# limit: 90
	local node

	make_underlay
	join n1 n2
	both_pools n1 "ipipMode: Never"
	add_pod n1 web
	add_pod n2 near
	eventually reaches near "$(address web 6)"
	goes6 n2 manx.ipip web
	goes n2 eth0 web

	# with IPv6 of their own the nodes of one subnet need none
	for node in n1 n2; do
		stop_manxd "$node"
		ip -n "$node" address add fd00:18:1::${node#n}/64 dev eth0 nodad
		start_manxd "$node"
	done
	eventually goes6 n2 eth0 web
	eventually goes6 n1 eth0 near
	reaches near "$(address web 6)"
	eventually refuse "does not exist" ip -n n1 link show manx.ipip
}

routes_lead_to_a_node_that_joins() {
	# limit: 90
	make_underlay
	join n1
	both_pools n1 "ipipMode: CrossSubnet"
	add_pod n1 web
	peers_are n1
	join n4
	add_pod n4 new
	eventually reaches web "$(address new)"
	eventually reaches web "$(address new 6)"
	reaches new "$(address web)"
	reaches new "$(address web 6)"
	peers_are n1 172.18.2.14
	in_node n1 manxctl get nodes -o wide | has 'n4 .* 172.18.2.14/24'
}

routes_end_with_their_node() {
	# limit: 90
	make_underlay
	join n1 n3
	both_pools n1 "ipipMode: CrossSubnet"
	add_pod n1 web
	add_pod n3 far
	eventually reaches web "$(address far)"
	refuse "Node(n3): has endpoints" in_node n1 manxctl delete node n3
	reaches web "$(address far)"
	del_pod n3 far
	stop_manxd n3
	[ -n "$(store_keys h/ipip-tunnel-addr-n3)" ] || fail "n3 has no tunnel address"
	in_node n1 manxctl delete node n3
	[ -z "$(store_keys h/ipip-tunnel-addr-n3 i/n3/)" ] ||
		fail "left in the store: $(store_keys h/ipip-tunnel-addr-n3 i/n3/)"
	refuse "Node(n3): not found" in_node n1 manxctl delete node n3
	eventually peers_are n1
	ip -n n1 route > "$work/routes"
	ip -n n1 -6 route >> "$work/routes"
	grep -q "$(address web)" "$work/routes"
	grep 'manx.ipip proto 80' "$work/routes" && fail "routes are left"
	reaches n1 "$(address web)"

	# and it may come back
	start_manxd n3
	add_pod n3 again
	eventually reaches web "$(address again)"
}

routes_of_others_stay() {
	# limit: 90
	make_underlay
	join n1 n2
	pool n1 pods 10.244.0.0/26 'ipipMode: Never'
	netconf() { printf '{"cniVersion": "1.0.0", "name": "pods"}\n'; }
	ip -n n1 route add blackhole 10.244.0.0/26 proto static
	add_pod n2 far
	eventually told n1 'route to 10.244.0.0/26: another one is there that manx has not made'
	ip -n n1 route | has '^blackhole 10.244.0.0/26 proto static'
	ip -n n1 route del blackhole 10.244.0.0/26
	eventually goes n1 eth0 far
	eventually well n1
}

# told NODE WORDS: by its status, which is not well
told() { ! in_node "$1" manxctl status > "$work/status" 2>&1 && grep -F "$2" "$work/status"; }
well() { in_node "$1" manxctl status > "$work/status" 2>&1; } # NODE

routes_lead_to_borrowed_addresses() {
	# limit: 90
	make_underlay
	join n1 n2
	pool n1 tiny 10.30.0.0/30 'blockSize: 30'
	netconf() { printf '{"cniVersion": "1.0.0", "name": "pods"}\n'; }
	add_pod n1 owner
	add_pod n2 borrower
	store_keys b/ | has -x 'b/4/0a1e0000.*'
	[ "$(store_keys b/ | wc -l)" = 1 ]
	eventually reaches owner "$(address borrower)"
	reaches borrower "$(address owner)"
	ip -n n1 route | has "$(address borrower) via 172.18.1.12 dev eth0"
	ip -n n2 route | has "10.30.0.0/30 via 172.18.1.11 dev eth0"
	del_pod n2 borrower
	eventually gone n1 "$(address borrower)"
}

gone() { [[ $(ip -n "$1" route) != *"$2"* ]]; } # NODE ADDRESS: no route of its own
