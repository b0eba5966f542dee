# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Ways from a pod to another, a function each, for bench/forward-vm. Sourced, never run.
#
# Some kernels have not all of them: can_NAME, where there is one, says so. Each layout_NAME
# leaves two namespaces, a and b, with a device eth0 and the addresses below, which
# reach each other, and a file neigh with the Ethernet address that a's packets go to; and
# one node n, or two, n1 and n2. No address is resolved: every neighbour is a fixed one.
# Where pods are on one node and reached through it, there are as many as $pods names.

# shellcheck disable=SC2034	# bench/forward-vm uses them
a4=10.65.0.2 b4=10.65.0.3 far4=10.65.1.2	# b has far4 where it is on another node
c4=10.65.0.4 d4=10.65.0.5
pods=(a b)
gateway=169.254.1.1
underlay=10.1.0					# .1 and .2 are the nodes
flows_at_most=262144				# of manx, also of one endpoint, and of conntrack

on() { nsenter --net="/run/netns/$1" -- "${@:2}"; }
mac() { ip -n "$1" -o link show "$2" | sed 's|.*link/ether \([^ ]*\).*|\1|'; }

# space NAME: a namespace
space() {
	ip netns add "$1"
	ip -n "$1" link set lo up
}

node() {
	space "$1"
	on "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0
	# the entries of many flows outlive the first packets of all
	on "$1" sysctl -qw net.netfilter.nf_conntrack_udp_timeout=300
}

# wire A DEVICE B DEVICE: a veth pair
wire() {
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

# point NODE POD ADDRESS DEVICE: routes between a pod's eth0 and DEVICE of the node
point() {
	ip -n "$2" -b - <<-END
		address add $3/32 dev eth0
		route add $gateway dev eth0 scope link
		neigh add $gateway lladdr $(mac "$1" "$4") dev eth0
		route add default via $gateway
	END
	ip -n "$1" -b - <<-END
		route add $3 dev $4
		neigh replace $3 lladdr $(mac "$2" eth0) dev $4
	END
	[ "$2" != a ] || mac "$1" "$4" > "$scratch/neigh"
}

# pod NODE POD ADDRESS
pod() {
	space "$2"
	wire "$1" "cali$2" "$2" eth0
	point "$@" "cali$2"
}

# --- one node ---

layout_floor() {
	space a
	space b
	wire a eth0 b eth0
	same_net
}

# same_net: a and b can send Ethernet frames to each other
same_net() {
	ip -n a address add $a4/24 dev eth0
	ip -n b address add $b4/24 dev eth0
	ip -n a neigh add $b4 lladdr "$(mac b eth0)" dev eth0
	ip -n b neigh add $a4 lladdr "$(mac a eth0)" dev eth0
	mac b eth0 > "$scratch/neigh"
}

layout_routed() {
	local pod address

	node n
	for pod in "${pods[@]}"; do
		address=${pod}4
		pod n $pod "${!address}"
	done
}

layout_bridge() {
	space n
	space a
	space b
	ip -n n link add name bridge0 type bridge
	ip -n n link set bridge0 up
	wire n calia a eth0
	wire n calib b eth0
	ip -n n link set calia master bridge0
	ip -n n link set calib master bridge0
	same_net
}

layout_ipvlan() {
	local pod

	space n
	ip -n n link add eth0 type dummy
	ip -n n link set eth0 up
	for pod in a b; do
		space $pod
		ip -n n link add link eth0 name ip$pod type ipvlan mode l2
		ip -n n link set ip$pod netns $pod name eth0
		ip -n $pod link set eth0 up
	done
	same_net
}

# An old iproute2 can make pairs with the default options, which are those of IP without
# Ethernet: no addresses to be known.
can_netkit() { grep -q ' netkit_xmit$' /proc/kallsyms; }
layout_netkit() {
	local pod address

	node n
	for pod in "${pods[@]}"; do
		space $pod
		ip -n $pod link add cali$pod type netkit
		ip -n $pod link set cali$pod netns n
		ip -n $pod link set nk0 name eth0
		ip -n n link set cali$pod up
		ip -n $pod link set eth0 up
		address=${pod}4
		ip -n $pod address add "${!address}/32" dev eth0
		ip -n $pod route add default dev eth0
		ip -n n route add "${!address}" dev cali$pod
	done
	echo 00:00:00:00:00:00 > "$scratch/neigh"
}

layout_conntrack() {
	layout_routed
	on n iptables-legacy -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
}

# layout_calico RULES
layout_calico() {
	layout_routed
	calico n "$1" "${pods[@]/#/cali}"
}

# layout_nft-sets RULES
layout_nft-sets() {
	layout_routed
	nft_chains "$1" | on n nft -f -
}

# layout_manx RULES
layout_manx() {
	local endpoints=() pod address id=2

	node n
	for pod in "${pods[@]}"; do
		address=${pod}4
		manx_pod n $pod $id "${!address}"
		endpoints+=("$id ${!address}")
		id=$((id + 1))
	done
	manx_load n "$1" "${endpoints[@]}"
}

# layout_manx-established RULES, layout_manx-direct RULES: with the fast way
layout_manx-established() { fast=established layout_manx "$1"; }
layout_manx-direct() { fast=direct layout_manx "$1"; }

# layout_manx-unqueued RULES: delivery into pods through the host's receive backlog
layout_manx-unqueued() { fast=established queue=0 layout_manx "$1"; }

# --- two nodes, IPIP between them ---

# nodes: n1 and n2, joined
nodes() {
	node n1
	node n2
	wire n1 eth0 n2 eth0
	ip -n n1 address add $underlay.1/24 dev eth0
	ip -n n2 address add $underlay.2/24 dev eth0
	ip -n n1 neigh add $underlay.2 lladdr "$(mac n2 eth0)" dev eth0
	ip -n n2 neigh add $underlay.1 lladdr "$(mac n1 eth0)" dev eth0
}

layout_tunl0() {
	nodes
	pod n1 a $a4
	pod n2 b $far4
	ip -n n1 link set tunl0 up
	ip -n n2 link set tunl0 up
	ip -n n1 route add 10.65.1.0/24 via $underlay.2 dev tunl0 onlink
	ip -n n2 route add 10.65.0.0/24 via $underlay.1 dev tunl0 onlink
}

# layout_tunl0-calico RULES
layout_tunl0-calico() {
	layout_tunl0
	calico n1 "$1" calia
	calico n2 "$1" calib
}

# layout_manx-far RULES
layout_manx-far() {
	local i

	nodes
	for i in 1 2; do
		on n$i manxctl dp tunnel add tunl local $underlay.$i
		ip -n n$i link set tunl up
	done
	ip -n n1 route add 10.65.1.0/24 via $underlay.2 dev tunl onlink
	ip -n n2 route add 10.65.0.0/24 via $underlay.1 dev tunl onlink
	manx_pod n1 a 2 $a4
	manx_pod n2 b 2 $far4
	manx_load n1 "$1" "2 $a4" $underlay.2
	manx_load n2 "$1" "2 $far4" $underlay.1
}

layout_manx-far-established() { fast=established layout_manx-far "$1"; }
layout_manx-far-direct() { fast=direct layout_manx-far "$1"; }

# --- policy: RULES rules in each direction, of which the last allows ---

# peer_of I: in $peer, the address that set I holds; the last one has the pods' too
peer_of() { peer=10.66.$(($1 / 250)).$(($1 % 250 + 1)); }

# calico NODE RULES DEVICE...: Felix' chains for these endpoints, as its iptables mode
# renders them: an IPIP device, no host endpoints, one tier, one policy, one profile
calico() {
	local node=$1 rules=$2 i

	{
		for ((i = 1; i <= rules; i++)); do
			echo "create cali40s:$i hash:net maxelem 1048576"
			peer_of $i
			echo "add cali40s:$i $peer/32"
		done
		echo "add cali40s:$rules 10.65.0.0/16"
		echo "create cali40all-hosts-net hash:net"
		echo "add cali40all-hosts-net $underlay.0/24"
	} | on "$node" ipset restore
	calico_chains "$rules" "${@:3}" | on "$node" iptables-legacy-restore
}

# marks: accept 0x10000, pass 0x20000, from a workload 0x40000
calico_chains() {
	local rules=$1 device

	shift
	cat <<-END
		*raw
		:cali-PREROUTING -
		:cali-rpf-skip -
		:cali-from-host-endpoint -
		-A PREROUTING -j cali-PREROUTING
		-A cali-PREROUTING -j MARK --set-xmark 0x0/0xf0000
		-A cali-PREROUTING -i cali+ -j MARK --set-xmark 0x40000/0x40000
		-A cali-PREROUTING -m mark --mark 0x40000/0x40000 -j cali-rpf-skip
		-A cali-PREROUTING -m mark --mark 0x40000/0x40000 -m rpfilter --validmark --invert -j DROP
		-A cali-PREROUTING -m mark --mark 0x0/0x40000 -j cali-from-host-endpoint
		-A cali-PREROUTING -m mark --mark 0x10000/0x10000 -j ACCEPT
		COMMIT
		*mangle
		:cali-PREROUTING -
		:cali-POSTROUTING -
		:cali-from-host-endpoint -
		:cali-to-host-endpoint -
		-A PREROUTING -j cali-PREROUTING
		-A POSTROUTING -j cali-POSTROUTING
		-A cali-PREROUTING -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A cali-PREROUTING -m mark --mark 0x10000/0x10000 -j ACCEPT
		-A cali-PREROUTING -j cali-from-host-endpoint
		-A cali-PREROUTING -m mark --mark 0x10000/0x10000 -j ACCEPT
		-A cali-POSTROUTING -m mark --mark 0x10000/0x10000 -j RETURN
		-A cali-POSTROUTING -j MARK --set-xmark 0x0/0xf0000
		-A cali-POSTROUTING -m conntrack --ctstate DNAT -j cali-to-host-endpoint
		-A cali-POSTROUTING -m mark --mark 0x10000/0x10000 -j RETURN
		COMMIT
		*nat
		:cali-PREROUTING -
		:cali-POSTROUTING -
		:cali-fip-dnat -
		:cali-fip-snat -
		:cali-nat-outgoing -
		-A PREROUTING -j cali-PREROUTING
		-A POSTROUTING -j cali-POSTROUTING
		-A cali-PREROUTING -j cali-fip-dnat
		-A cali-POSTROUTING -j cali-fip-snat
		-A cali-POSTROUTING -j cali-nat-outgoing
		COMMIT
		*filter
		:cali-FORWARD -
		:cali-INPUT -
		:cali-from-hep-forward -
		:cali-to-hep-forward -
		:cali-from-wl-dispatch -
		:cali-to-wl-dispatch -
		:cali-cidr-block -
		:cali-pi-policy -
		:cali-po-policy -
		-A INPUT -j cali-INPUT
		-A cali-INPUT -p 4 -m set --match-set cali40all-hosts-net src -m addrtype --dst-type LOCAL -j ACCEPT
		-A cali-INPUT -p 4 -j DROP
		-A FORWARD -j cali-FORWARD
		-A FORWARD -m mark --mark 0x10000/0x10000 -j ACCEPT
		-A FORWARD -j MARK --set-xmark 0x10000/0x10000
		-A cali-FORWARD -j MARK --set-xmark 0x0/0xe0000
		-A cali-FORWARD -m mark --mark 0x0/0x10000 -j cali-from-hep-forward
		-A cali-FORWARD -i cali+ -j cali-from-wl-dispatch
		-A cali-FORWARD -o cali+ -j cali-to-wl-dispatch
		-A cali-FORWARD -j cali-to-hep-forward
		-A cali-FORWARD -j cali-cidr-block
	END
	for device; do
		calico_endpoint fw from o "$device" -i
		calico_endpoint tw to i "$device" -o
	done
	echo '-A cali-from-wl-dispatch -j DROP'
	echo '-A cali-to-wl-dispatch -j DROP'
	calico_rules "$rules" cali-po-policy dst
	calico_rules "$rules" cali-pi-policy src
	echo COMMIT
}

# calico_endpoint fw|tw from|to o|i DEVICE -i|-o
calico_endpoint() {
	local chain=cali-$1-$4

	cat <<-END
		:$chain -
		-A cali-$2-wl-dispatch $5 $4 -g $chain
		-A $chain -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
		-A $chain -m conntrack --ctstate INVALID -j DROP
		-A $chain -j MARK --set-xmark 0x0/0x30000
	END
	[ "$1" = tw ] || cat <<-END
		-A $chain -p udp -m multiport --dports 4789 -j DROP
		-A $chain -p 4 -j DROP
	END
	cat <<-END
		-A $chain -j MARK --set-xmark 0x0/0x20000
		-A $chain -m mark --mark 0x0/0x20000 -j cali-p$3-policy
		-A $chain -m mark --mark 0x10000/0x10000 -j RETURN
		-A $chain -m mark --mark 0x0/0x20000 -j DROP
		-A $chain -j DROP
	END
}

# calico_rules RULES CHAIN src|dst
calico_rules() {
	local i

	for ((i = 1; i <= $1; i++)); do
		echo "-A $2 -m set --match-set cali40s:$i $3 -j MARK --set-xmark 0x10000/0x10000"
		echo "-A $2 -m mark --mark 0x10000/0x10000 -j RETURN"
	done
}

# the same rules as calico_rules, without marks and dispatch
nft_chains() { # RULES
	local i

	echo 'table ip bench {'
	for ((i = 1; i <= $1; i++)); do
		peer_of $i
		[ $i != "$1" ] || peer+=', 10.65.0.0/16'
		echo "set s$i { type ipv4_addr; flags interval; elements = { $peer }; }"
	done
	for i in 'from daddr return' 'to saddr accept'; do
		nft_chain "$1" $i
	done
	cat <<-END
		chain forward {
			type filter hook forward priority 0;
			ct state established,related accept
			iif calia jump from
			iif calib jump from
			oif calia jump to
			oif calib jump to
		}
	}
	END
}

nft_chain() { # RULES CHAIN saddr|daddr VERDICT
	local i

	echo "chain $2 {"
	for ((i = 1; i <= $1; i++)); do
		echo "ip $3 @s$i $4"
	done
	echo 'drop; }'
}

# manx_pod NODE POD ENDPOINT ADDRESS
manx_pod() {
	space "$2"
	on "$1" manxctl dp link add "manx$2" peer eth0 netns "$2" endpoint "$3"
	ip -n "$1" link set "manx$2" up
	ip -n "$2" link set eth0 up
	point "$1" "$2" "$4" "manx$2"
}

# manx_load NODE RULES [PEER | 'ENDPOINT ADDRESS']...
manx_load() {
	local node=$1 rules=$2 i sets='' in='' out='' peers='' endpoints='' word

	for ((i = 1; i <= rules; i++)); do
		peer_of $i
		word=\"$peer\"
		[ $i != "$rules" ] || word+=',"10.65.0.0/16"'
		sets+=",{\"name\":\"s$i\",\"members\":[$word]}"
		in+=",{\"id\":$i,\"action\":\"allow\",\"source\":{\"sets\":[\"s$i\"]}}"
		out+=",{\"id\":$i,\"action\":\"allow\",\"destination\":{\"sets\":[\"s$i\"]}}"
	done
	for word in "${@:3}"; do
		case $word in
		*' '*) endpoints+=",{\"id\":${word% *},\"name\":\"e${word% *}\",
			\"addresses\":[\"${word#* }\"],\"ingress\":[\"in\"],\"egress\":[\"out\"]}" ;;
		*) peers+=",\"$word\"" ;;
		esac
	done
	on "$node" manxctl dp load - > /dev/null <<-END
		{"node":{"fast":"${fast:-off}","queuePackets":${queue:-256},"maxFlows":$flows_at_most,
			 "maxFlowsFrom":$flows_at_most,"maxFlowsTo":$flows_at_most},
		 "sets":[${sets:1}],"peers":[${peers:1}],"endpoints":[${endpoints:1}],
		 "tables":[{"name":"in","direction":"ingress","defaultAction":"deny","rules":[${in:1}]},
		           {"name":"out","direction":"egress","defaultAction":"deny","rules":[${out:1}]}]}
	END
}
