# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets between pods of two nodes travel in IPIP between the nodes.

ipip_pods_of_two_nodes_reach_each_other() {
	two_nodes
	reaches a $c4
	reaches a $c6
	reaches c $a4
	reaches c $a6
	reaches n1 $c4
	echo_server c udp 53
	talks a udp $c4 53
	talks a udp $c6 53
}

# sent NODE: packets that its tunnel has sent; of a train of segments, one
sent() { ip -n "$1" -s link show tunl | awk 'NR == 6 { print $2 }'; }

# transfers FROM ADDRESS: a megabyte to c, which must get the same; sets $packets
transfers() {
	local address=$2 before

	[[ $address != *:* ]] || address=[$address]
	rm -f "$scratch/received"
	nsenter --net=/run/netns/c -- socat -u TCP6-LISTEN:9,reuseaddr,ipv6only=0 \
		"CREATE:$scratch/received" &
	eventually grep -q ':0009 0*:0000 0A' "/proc/$!/net/tcp6"
	before=$(sent n1)
	on "$1" socat -u "OPEN:$scratch/sent" "TCP:$address:9"
	wait $!
	cmp "$scratch/sent" "$scratch/received"
	packets=$(($(sent n1) - before))
}

ipip_carries_a_megabyte() {
	local packets

	two_nodes
	head -c 1000000 /dev/urandom > "$scratch/sent"
	for address in $c4 $c6; do
		transfers a $address
		# 700 segments
		[ $packets -lt 500 ] || fail "$packets packets: not sent in trains"
	done
	# segmented, and checksums computed, before the underlay
	on n1 ethtool -K eth0 tx off tso off gso off sg off > /dev/null
	on n2 ethtool -K tunl rx off > /dev/null 2>&1 || true
	for address in $c4 $c6; do
		transfers a $address
	done
}

# outer OPTION...: of a ping from a to c, as the router sees it: first what the outer
# header says, then the inner one
outer() {
	capture r n1 'ip proto 4 or ip proto 41'
	reaches a "$@"
	captured | sed 3q | tr -s ' \n' ' '
}

# shows TEXT PATTERN
shows() { grep -qE "$2" <<< "$1" || fail "expected $2 in $1"; }

ipip_the_outer_header_is_right() {
	local seen

	two_nodes
	seen=$(outer $c4 -Q 0xb8 -t 9 -s 56)
	shows "$seen" "tos 0xb8, ttl 64, id 0, offset 0, flags \[DF\], proto IPIP \(4\), length 104\) $u1 > $u2: "
	shows "$seen" "tos 0xb8, ttl 8, .*proto ICMP \(1\), length 84\) $a4 > $c4: ICMP echo request"
	seen=$(outer $c4 -Q 0x01 -M dont)
	shows "$seen" "tos 0x1,ECT\(1\), ttl 64, id 0, offset 0, flags \[DF\], proto IPIP"
	seen=$(outer $c4 -Q 0x02)
	shows "$seen" "tos 0x2,ECT\(0\), ttl 64, .* IP \(tos 0x2"
	seen=$(outer $c4 -Q 0x03)
	shows "$seen" "tos 0x3,CE, ttl 64, .* IP \(tos 0x3"
	seen=$(outer $c6 -t 9 -s 56)
	shows "$seen" "tos 0x0, ttl 64, id 0, offset 0, flags \[DF\], proto IPv6 \(41\), length 124\) $u1 > $u2: "
	shows "$seen" "hlim 8, next-header ICMPv6 .*$a6 > $c6: .*echo request"
}

ipip_the_outer_ttl_can_be_chosen() {
	local seen

	two_nodes
	ip -n n1 link delete tunl
	tunnel n1 $u1 $u2 ttl 17 mtu 1400
	seen=$(outer $c4)
	shows "$seen" 'ttl 17, id 0'
	ip -n n1 -o link show tunl | has 'mtu 1400'
	tells a $c4 'Frag needed and DF set \(mtu = 1400\)' -M "do" -s 1400
}

# Whether c saw the mark of congestion that the router set on the outer header.
ipip_congestion_reaches_the_pod() {
	two_nodes
	reaches a $c4
	capture a eth0 'ip[1] & 3 = 3 and src host 10.65.1.2'
	python frames r:n1 n1:tunl n1:tunl "$(mac_of n1 eth0)" src4=$u2 dst4=$u1 <<-END
		ignored	ether(ip4(ip4(udp(1, 2), src="$c4", dst="$a4", tos=2), tos=3))
		malformed	ether(ip4(ip4(udp(1, 2), src="$c4", dst="$a4", tos=0), tos=3))
	END
	shows "$(captured)" 'tos 0x3,CE.*'
}

# mac_of NAMESPACE LINK: as the default of frames
mac_of() {
	ip -n "$1" -o link show "$2" | sed 's,.*link/ether \([^ ]*\) .*,dmac=\1,'
}

ipip_a_narrow_path_is_told_to_the_sender() {
	local packets

	two_nodes
	ip -n r link set n2 mtu 1400
	ip -n n2 link set eth0 mtu 1400
	# the router tells n1, n1 tells the pod, now and from then on
	on a ping -n -q -c 3 -i 0.1 -W 1 -M "do" -s 1400 $c4 > "$scratch/ping" && fail "it fits"
	on a ping -n -q -c 3 -i 0.1 -W 1 -M "do" -s 1400 $c6 > "$scratch/ping6" && fail "it fits"
	ip -n a route get $c4 | has 'mtu 1380'
	ip -n a route get $c6 | has 'mtu 1380'
	reaches a $c4 -M "do" -s 1352
	reaches a $c6 -M "do" -s 1332
	[ "$(drops n1 too-big)" -ge 2 ]
	head -c 300000 /dev/urandom > "$scratch/sent"
	transfers a $c4
	transfers a $c6
}

# fast WAY: both nodes may let packets take it
fast() {
	settings n1 "\"fast\":\"$1\""
	settings n2 "\"fast\":\"$1\""
	commit n1
	commit n2
}

# goes NODE WAY: a flow's packets take it in both directions
goes() {
	on "$1" manxctl dp flows protocol tcp -o json |
		grep -q "\"way\":\"$2\",.*\"replyWay\":\"$2\""
}

ipip_fast_flows_outlive_a_narrow_path() {
	local way address mtu=1400 long

	two_nodes
	echo_server c tcp 80
	long=$(head -c 6000 /dev/zero | tr '\0' x)
	for way in established direct; do
		fast $way
		for address in $c4 $c6; do
			[[ $address != *:* ]] || address=[$address]
			on n1 manxctl dp flush all > /dev/null
			on n2 manxctl dp flush all > /dev/null
			stream a $address 80
			echoes $long
			echoes $long
			goes n1 $way || fail "$(on n1 manxctl dp flows)"
			goes n2 $way || fail "$(on n2 manxctl dp flows)"
			ip -n r link set n2 mtu $mtu
			ip -n n2 link set eth0 mtu $mtu
			echoes $long
			echoes $long
			goes n1 $way || fail "$(on n1 manxctl dp flows)"
			mtu=$((mtu - 20))
		done
	done
}

ipip_fast_carries_a_megabyte() {
	local way packets

	two_nodes
	head -c 1000000 /dev/urandom > "$scratch/sent"
	for way in established direct; do
		fast $way
		transfers a $c4
		[ $packets -lt 500 ] || fail "$packets packets: not sent in trains"
		transfers a $c6
	done
	on n1 ethtool -K eth0 tx off tso off gso off sg off > /dev/null
	for way in established direct; do
		fast $way
		transfers a $c4
		transfers a $c6
	done
}

# past_stack COMMAND...: meanwhile the stack of n1 delivers nothing and sends nothing
past_stack() {
	local before after

	before=$(stack_packets)
	"$@"
	after=$(stack_packets)
	[ "$after" = "$before" ] || fail "in and out were $before, are $after: $*"
}
stack_packets() { on n1 awk '$1 == "Ip:" { in_ = $10; out = $11 } END { print in_, out }' /proc/net/snmp; }

# nothing but our hooks and conntrack's: the stack does not see outer packets. A rule for
# them sees the next one.
ipip_fast_outer_packets_are_seen_by_rules() {
	local way hook

	two_nodes
	echo_server c udp 53
	for way in established direct; do
		fast $way
		on n1 manxctl dp flush all > /dev/null
		stream a $c4 53 UDP
		echoes one
		echoes two
		past_stack echoes three
		for hook in "output -300" "output 0" "postrouting 100" "prerouting -300" \
			    "prerouting -150" "input 0"; do
			on n1 nft "table ip t { chain c {
				type filter hook ${hook% *} priority ${hook#* }
				ip protocol 4 counter; }; }"
			echoes seen
			echoes again
			on n1 nft list table ip t | has 'counter packets 2 '
			on n1 nft delete table ip t
			# in "direct" the flow itself has been in the stack meanwhile
			echoes first
			past_stack echoes more
		done
		# rules that say how it is to be tracked
		on n1 iptables -t raw -A PREROUTING -p 4 -j CT --zone 7
		on n1 iptables -t raw -A OUTPUT -p 4 -j CT --zone 7
		echoes zoned
		[ "$(on n1 conntrack -L -p 4 2> /dev/null | wc -l)" = 0 ]
		on n1 nft flush ruleset
		echoes first
		past_stack echoes more
		exec 3>&-
	done
}

# Whose source is not behind the node is dropped, be it of a flow that goes the fast way.
ipip_fast_packets_are_checked() {
	two_nodes
	fast direct
	echo_server c udp 53
	stream a $c4 53,sourceport=5000 UDP
	echoes once
	echoes again
	ip -n n1 route replace 10.65.1.0/24 via 10.1.0.254
	python frames r:n1 n1:tunl n1:tunl "$(mac_of n1 eth0)" src4=$u2 dst4=$u1 <<-END
		inner-source	ether(ip4(ip4(udp(53, 5000), src="$c4", dst="$a4")))
	END
	stuck lost
}

ipip_too_long_without_df_is_fragmented_outside() {
	two_nodes
	ip -n r link set n2 mtu 1400
	ip -n n2 link set eth0 mtu 1400
	on a ping -n -q -c 2 -i 0.1 -W 1 -M "do" -s 1400 $c4 > "$scratch/ping" && fail "it fits"
	ip -n a route flush cache
	capture r n1 'src host 10.1.0.1 and ip proto 4'
	reaches a $c4 -M dont -s 1400
	captured > "$scratch/seen"
	grep -qE 'id [1-9][0-9]*, offset 0, flags \[\+\], proto IPIP' "$scratch/seen" ||
		fail "$(< "$scratch/seen")"
	grep -qE 'id [1-9][0-9]*, offset 1376, flags \[none\], proto IPIP' "$scratch/seen" ||
		fail "$(< "$scratch/seen")"
	grep -q 'length 1428' "$scratch/seen" || fail "$(< "$scratch/seen")"
}

# IPv6 asks for 1280 octets: where the path has less, outer fragments carry them.
ipip_1280_octets_of_ipv6_pass_every_path() {
	two_nodes
	ip -n r link set n2 mtu 1290
	ip -n n2 link set eth0 mtu 1290
	on a ping -n -q -c 3 -i 0.1 -W 1 -M "do" -s 1300 $c6 > "$scratch/ping" && fail "it fits"
	eventually reaches a $c6 -M "do" -s 1232
}

ipip_is_taken_only_from_peers() {
	two_nodes
	python frames r:n1 n1:tunl n1:tunl "$(mac_of n1 eth0)" src4=$u2 dst4=$u1 <<-END
		pass	ether(ip4(ip4(udp(1, 2), src="$c4", dst="$a4")))
		pass	ether(ip4(ip6(udp(1, 2), src="$c6", dst="$a6")))
		ignored	ether(ip4(ip4(udp(1, 2), src="$c4", dst="$a4"), src="10.2.0.9"))
		ignored	ether(ip4(ip6(udp(1, 2), src="$c6", dst="$a6"), src="10.2.0.9"))
		ignored	ether(ip4(udp(1, 2)))
	END
	peers n1
	commit n1
	python frames r:n1 n1:tunl n1:tunl "$(mac_of n1 eth0)" src4=$u2 dst4=$u1 <<-END
		ignored	ether(ip4(ip4(udp(1, 2), src="$c4", dst="$a4")))
	END
	dropping n1 no-peer:1 tells a $c4 'Unreachable'
	peers n1 $u2
	commit n1
	reaches a $c4
}

ipip_inner_packets_are_checked() {
	two_nodes
	python frames r:n1 n1:tunl n1:tunl "$(mac_of n1 eth0)" src4=$u2 dst4=$u1 <<-END
		pass	ether(ip4(ip4(udp(1, 2), dst="$a4")))
		inner-source	ether(ip4(ip4(udp(1, 2), src="$a4", dst="$a4")))
		inner-source	ether(ip4(ip4(udp(1, 2), src="$u1", dst="$a4")))
		inner-source	ether(ip4(ip4(udp(1, 2), src="10.65.2.2", dst="$a4")))
		inner-source	ether(ip4(ip4(udp(1, 2), src="10.1.0.254", dst="$a4")))
		inner-source	ether(ip4(ip4(udp(1, 2), src="0.0.0.0", dst="$a4")))
		inner-source	ether(ip4(ip4(udp(1, 2), src="127.0.0.1", dst="$a4")))
		inner-source	ether(ip4(ip4(udp(1, 2), src="224.0.0.1", dst="$a4")))
		inner-source	ether(ip4(ip6(udp(1, 2), src="$a6", dst="$a6")))
		inner-source	ether(ip4(ip6(udp(1, 2), src="fd65:2::2", dst="$a6")))
		inner-source	ether(ip4(ip6(udp(1, 2), src="fe80::1", dst="$a6")))
		inner-source	ether(ip4(ip6(udp(1, 2), src="::", dst="$a6")))
		inner-source	ether(ip4(ip6(udp(1, 2), src="::ffff:$u2", dst="$a6")))
		inner-source	ether(ip4(ip6(udp(1, 2), src="ff02::1", dst="$a6")))
		malformed	ether(ip4(ip4(udp(1, 2), src="$c4", dst="$a4", version=6)))
		malformed	ether(ip4(ip4(udp(1, 2), src="$c4", dst="$a4", ihl=4)))
		malformed	ether(ip4(ip4(udp(1, 2), src="$c4", dst="$a4", total=100)))
		malformed	ether(ip4(ip6(udp(1, 2), src="$c6", dst="$a6"), proto=4))
		malformed	ether(ip4(ip4(udp(1, 2, bytes(20)), src="$c4", dst="$a4"), proto=41))
		malformed	ether(ip4(ip6(udp(1, 2), src="$c6", dst="$a6", length=100)))
	END
	# the core takes these away
	python frames r:n1 n1:tunl n1:tunl "$(mac_of n1 eth0)" src4=$u2 dst4=$u1 <<-END
		ignored	ether(ip4(b"", proto=4))
		ignored	ether(ip4(ip4(udp(1, 2), src="$c4", dst="$a4")[:19], proto=4))
		ignored	ether(ip4(ip6(udp(1, 2), src="$c6", dst="$a6")[:39], proto=41))
	END
	reaches a $c4
}

# IPIP in IPIP to the node itself: each layer is taken off, and checked.
ipip_nested_packets_end_somewhere() {
	two_nodes
	capture a eth0 'udp port 7777'
	python frames r:n1 n1:tunl a:eth0 "$(mac_of n1 eth0)" src4=$u2 dst4=$u1 <<-END
		inner-source	ether(ip4(ip4(ip4(ip4(udp(1, 2), src="$a4", dst="$a4")))))
		ignored	ether(ip4(ip4(ip4(udp(1, 7777), src="$c4", dst="$a4"))))
		inner-source	ether(ip4(ip4(ip4(udp(1, 2), src="$c4", dst="$a4"), src="$a4")))
	END
	shows "$(captured)" "$c4.1 > $a4.7777"
	reaches a $c4
}

# Off the wire, too, nobody speaks for a local pod or the node.
ipip_sources_off_the_wire_are_checked() {
	two_nodes
	on n1 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
	pod n1 b $b4 $b6
	commit n1
	python frames r:n1 n1:manxa a:eth0 "$(mac_of n1 eth0)" dst4=$a4 dst6=$a6 <<-END
		inner-source	ether(ip4(udp(1, 2), src="$b4"))
		inner-source	ether(ip4(udp(1, 2), src="$a4"))
		inner-source	ether(ip6(udp(1, 2), src="$b6"))
		ignored	ether(ip4(udp(1, 2), src="192.0.2.1"))
	END
}

ipip_the_kernels_own_works_beside() {
	two_nodes
	modprobe ipip
	ip -n n1 -b - <<-END
		link add other type ipip local $u1 remote 10.1.0.254
		address add 192.0.2.1/24 dev other
		link set other up
	END
	ip -n r -b - <<-END
		link add other type ipip local 10.1.0.254 remote $u1
		address add 192.0.2.2/24 dev other
		link set other up
	END
	reaches n1 192.0.2.2
	reaches r 192.0.2.1
	reaches a $c4
	reaches a $c6
	# a peer's packets stay ours
	ip -n n1 link add more type ipip local $u1 remote $u2
	ip -n n1 link set more up
	reaches c $a4
}

ipip_outer_packets_are_not_tracked() {
	# else nothing would be
	tracking || MANX_FAST=established
	two_nodes
	for node in n1 n2; do
		[ "$(on $node cat /proc/sys/net/netfilter/nf_conntrack_count)" = 0 ]
	done
	reaches a $c4
	for node in n1 n2; do
		[ "$(on $node cat /proc/sys/net/netfilter/nf_conntrack_count)" = 1 ]
	done
}

ipip_without_a_route_is_told_to_the_sender() {
	two_nodes
	ip -n n1 route delete default
	dropping n1 no-route:1 tells a $c4 'Unreachable'
	dropping n1 no-route:1 tells a $c6 'unreachable|Unreachable'
	# and never into itself
	ip -n n1 route add 10.2.0.0/24 dev tunl
	dropping n1 no-route:1 tells a $c4 'Unreachable'
	ip -n n1 route delete 10.2.0.0/24 dev tunl
	ip -n n1 route add default via 10.1.0.254
	reaches a $c4
}

ipip_is_dropped_while_the_tunnel_is_down() {
	two_nodes
	reaches a $c4
	ip -n n1 link set tunl down
	python frames r:n1 n1:tunl a:eth0 "$(mac_of n1 eth0)" src4=$u2 dst4=$u1 <<-END
		link-down	ether(ip4(ip4(udp(1, 2), src="$c4", dst="$a4")))
	END
	ip -n n1 -b - <<-END
		link set tunl up
		route add 10.65.1.0/24 via $u2 dev tunl onlink
	END
	reaches a $c4
}

ipip_hops_are_counted_once_a_node() {
	two_nodes
	on a ping -n -c 1 -W 2 -t 1 $c4 > "$scratch/ping" && fail "went too far"
	grep -q "From $u1 .*Time to live exceeded" "$scratch/ping" || fail "$(< "$scratch/ping")"
	on a ping -n -c 1 -W 2 -t 2 $c4 > "$scratch/ping" && fail "went too far"
	grep -q "From $u2 .*Time to live exceeded" "$scratch/ping" || fail "$(< "$scratch/ping")"
	reaches a $c4 -t 3
}

ipip_policy_holds_across_nodes() {
	two_nodes
	echo_server c tcp 80
	table n2 web ingress deny \
		"\"action\":\"allow\",\"protocol\":\"tcp\",\"source\":{\"nets\":[\"$a4/32\"]}"
	ingress c web
	commit n2
	talks a tcp $c4 80
	refuse "timed out" talks a tcp $c6 80
	dropping c policy-ingress:1 cut_off a $c4
	dropping c policy-ingress:1 cut_off n1 $c4
	egress a
	commit n1
	dropping a policy-egress:1 cut_off a $c4
}

# Between nodes of one subnet a route may do without the tunnel: the module needs no word.
ipip_routes_decide_who_is_encapsulated() {
	two_nodes
	ip -n n1 route replace 10.65.1.0/24 via 10.1.0.254
	ip -n n2 route replace 10.65.0.0/24 via 10.2.0.254
	ip -n r route add 10.65.0.0/24 via $u1
	ip -n r route add 10.65.1.0/24 via $u2
	capture r n1 "host $c4"
	reaches a $c4
	shows "$(captured)" "$a4 > $c4: ICMP echo request"
	reaches a $c6
}
