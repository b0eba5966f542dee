# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Whichever way packets go, and whatever the devices compute, the same becomes of them.

# prepare FROM TO LINK...: what py/ways.py is told; a pod that is sent to has the policy
prepare() {
	local node pod

	from=$1 to=$2
	links=("${@:3}")
	for node in "${node_of[$from]}" "${node_of[$to]}" "$from" "$to"; do
		on "$node" sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 \
			net.ipv4.tcp_early_retrans=0
	done
	table "${node_of[$from]}" keeps egress pass "$(denies 5003)"
	table "${node_of[$to]}" refuses ingress pass "$(denies 5001)" \
		'"action":"reject","protocol":"udp","destination":{"ports":[5002]}' \
		'"action":"reject","protocol":"tcp","destination":{"ports":[5002]}'
	table "${node_of[$to]}" closed ingress pass "$(denies 5000)"
	egress "$from" keeps any-out
	for pod in "$from" "$to"; do known "$pod"; done
}

denies() { echo "\"action\":\"deny\",\"protocol\":\"udp\",\"destination\":{\"ports\":[$1]}"; }

# known POD: nobody asks for addresses meanwhile, which would be counted
known() {
	local address

	for address in 169.254.1.1 fe80::ecee:eeff:feee:eeee; do
		ip -n "$1" neigh replace $address lladdr $gateway_mac dev eth0 nud permanent
	done
	for address in ${addresses_of[$1]}; do
		ip -n "${node_of[$1]}" neigh replace "$address" dev "manx$1" nud permanent \
			lladdr "$(ip -n "$1" -o link show eth0 | sed 's/.*ether \([^ ]*\).*/\1/')"
	done
}

# states MODE: of the nodes, where py/ways.py finds them
states() {
	local node

	for node in "${!pods_of[@]}"; do
		settings "$node" "\"fast\":\"$1\""
		ingress "$to" refuses any-in
		state "$node" > "$scratch/open.$node"
		ingress "$to" closed any-in
		state "$node" > "$scratch/closed.$node"
		settings "$node" "\"fast\":\"$1\",\"audit\":true"
		state "$node" > "$scratch/audit.$node"
	done
}

# offload FEATURES: of all links
offload() {
	local link

	for link in "${links[@]}"; do
		# shellcheck disable=SC2086	# a list
		on "${link%:*}" ethtool -K "${link#*:}" $1 > "$scratch/ethtool" 2>&1
	done
}

# facts MODE: what becomes of the traffic
facts() {
	local pod nodes=() pods=() link

	for pod in "$from" "$to"; do
		ip -n "$pod" route flush cache
		ip -n "$pod" -6 route flush cache
	done
	for link in "${links[@]}"; do
		[[ $link == n?:* ]] && nodes+=("$link") || pods+=("$link")
	done
	# shellcheck disable=SC2086	# two addresses
	python ways "${1/off/stack}" "$from" ${addresses_of[$from]} "$to" ${addresses_of[$to]} \
		"$scratch" "${nodes[@]}" -- "${pods[@]}"
}

# the_same MODE FEATURES: as the first facts; what kernels say of themselves may disturb
the_same() {
	local i

	for i in 1 2 3; do
		if facts "$1" > "$scratch/facts" &&
		   diff -u "$scratch/expected" "$scratch/facts" > "$scratch/differences"; then
			return
		fi
	done
	cat "$scratch/differences"
	fail "$1, $2: expected -, found +"
}

# The traffic once more until it had the same result twice.
expected() {
	facts off > "$scratch/expected"
	until facts off > "$scratch/facts" && cmp -s "$scratch/expected" "$scratch/facts"; do
		mv "$scratch/facts" "$scratch/expected"
	done
}

all_the_same() {
	local mode features all="rx on tx on sg on tso on gso on tx-udp-segmentation on gro on"

	offload "$all"
	states off
	expected
	for features in "$all" "${all// on/ off}" "gro off" "tx off" "gso off tso off tx-udp-segmentation off"; do
		offload "$all"
		offload "$features"
		for mode in off established direct; do
			states $mode
			the_same $mode "$features"
		done
	done
}

# For the route to b some packets are too long, not for its link.
ways_within_a_node_are_the_same() {
	# limit: 300
	one_node
	prepare a b a:eth0 n1:manxa n1:manxb b:eth0
	ip -n n1 link set manxb mtu 1400
	ip -n b route change default via 169.254.1.1 mtu 1400
	ip -n b route change default via fe80::ecee:eeff:feee:eeee dev eth0 mtu 1400
	all_the_same
}

# And the path is congested for some.
ways_across_nodes_are_the_same() {
	# limit: 300
	two_nodes
	prepare a c a:eth0 n1:manxa n1:tunl n2:tunl n2:manxc c:eth0
	on r nft 'table ip congestion { chain forward {
		type filter hook forward priority 0;
		ip protocol { 4, 41 } ip ecn ect0 ip ecn set ce; }; }'
	all_the_same
}
