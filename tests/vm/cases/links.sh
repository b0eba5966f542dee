# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Links of kind manx come and go, in any order, under traffic.

absent() { ! ip -n "$1" link show "$2"; }

# flood FROM ADDRESS: until the case ends
flood() {
	nsenter --net="/run/netns/$1" -- ping -q -i 0.002 "$2" > /dev/null 2>&1 &
}

links_either_end_takes_the_other_along() {
	one_node
	ip -n n1 link delete manxa
	absent a eth0
	ip -n b link delete eth0
	absent n1 manxb
	plug_in a
	plug_in b
	reaches a $b4
}

links_the_peer_moves_and_comes_back() {
	one_node
	ip netns add elsewhere
	flood b $a4
	for _ in 1 2 3; do
		ip -n a link set eth0 netns elsewhere
		absent a eth0
		ip -n elsewhere link set eth0 up name eth7
		ip -n elsewhere link set eth7 netns a name eth0
	done
	ip -n a -b - <<-END
		address add $a4 dev eth0
		link set eth0 up
		route add 169.254.1.1 dev eth0 scope link
		route add default via 169.254.1.1
	END
	eventually reaches a $b4
	eventually reaches b $a4
}

links_the_peer_may_stay_with_its_primary() {
	one_node
	on n1 manxctl dp link add manxc peer eth7 endpoint 9
	ip -n n1 link set manxc up
	ip -n n1 link set eth7 up
	python frames n1:eth7 n1:manxc n1:manxc src4=10.65.0.9 <<-END
		closed	ether(ip4(udp()))
	END
	ip -n n1 link delete eth7
	absent n1 manxc
}

links_a_pods_namespace_ends_under_traffic() {
	one_node
	flood b $a4
	ip netns delete a
	eventually absent n1 manxa
	reaches n1 $b4
}

links_a_nodes_namespace_ends_under_traffic() {
	two_nodes
	flood c $a4
	ip netns delete n1
	eventually absent a eth0
	ip netns delete n2
	eventually absent c eth0
}

links_pods_go_before_their_node() {
	two_nodes
	flood c $a4
	ip netns delete a
	ip netns delete n1
	reaches n2 $c4
	kill %1
	wait %1 || true
	ip netns delete c
	eventually absent n2 manxc
	ip netns delete n2
	ip netns delete r
}

links_bad_requests_are_refused_with_words() {
	local before

	one_node
	before=$(ip -n n1 -o link show | wc -l)
	python requests n1 <<-'END'
		EEXIST another link has this endpoint id	link("x", (IFLA_MANX_ENDPOINT, 2))
		OK	link("x", (IFLA_MANX_ENDPOINT, 9), peer=[(IFLA_IFNAME, "y")])
		EEXIST another link has this endpoint id	link("z", (IFLA_MANX_ENDPOINT, 9))
		ERANGE endpoint ids are	link("z", (IFLA_MANX_ENDPOINT, 0))
		ERANGE endpoint ids are	link("z", (IFLA_MANX_ENDPOINT, 1))
		ERANGE endpoint ids are	link("z", (IFLA_MANX_ENDPOINT, 0xffffffff))
		EINVAL length	link("z", (IFLA_MANX_ENDPOINT, b"\1\0"))
		ERANGE 	link("z", (IFLA_MANX_MODE, 2))
		EINVAL 	link("z", (IFLA_MANX_ROLE, 0))
		EINVAL unknown attribute	link("z", (IFLA_MANX_ROLE + 1, 0))
		EINVAL unknown attribute	link("z", (1000, b""))
		EINVAL only a tunnel has	link("z", (IFLA_MANX_LOCAL, b"\1\2\3\4"))
		EINVAL only a tunnel has	link("z", (IFLA_MANX_TTL, 5))
		ERANGE 	link("z", (IFLA_MANX_PEER, b"short"))
		EADDRNOTAVAIL unicast MAC	link("z", extra=[(IFLA_ADDRESS, b"\1" * 6)])
		EADDRNOTAVAIL unicast MAC	link("z", extra=[(IFLA_ADDRESS, b"\2")])
		EADDRNOTAVAIL unicast MAC	link("z", peer=[(IFLA_ADDRESS, bytes(6))])
		EINVAL maximum	link("z", extra=[(IFLA_MTU, 70000)])
		EINVAL a tunnel needs its local address	link("t", (IFLA_MANX_MODE, 1))
		EINVAL not a unicast address	link("t", (IFLA_MANX_MODE, 1), (IFLA_MANX_LOCAL, bytes(4)))
		EINVAL not a unicast address	link("t", (IFLA_MANX_MODE, 1), (IFLA_MANX_LOCAL, b"\xe0\0\0\1"))
		EINVAL not a unicast address	link("t", (IFLA_MANX_MODE, 1), (IFLA_MANX_LOCAL, b"\xff" * 4))
		EINVAL neither endpoint nor peer	link("t", (IFLA_MANX_MODE, 1), (IFLA_MANX_LOCAL, b"\1\2\3\4"), (IFLA_MANX_ENDPOINT, 5))
		EINVAL neither endpoint nor peer	link("t", (IFLA_MANX_MODE, 1), (IFLA_MANX_LOCAL, b"\1\2\3\4"), peer=[])
		ERANGE 	link("t", (IFLA_MANX_MODE, 1), (IFLA_MANX_LOCAL, b"\1\2\3\4"), (IFLA_MANX_TTL, 256))
		EINVAL local attribute	link("t", (IFLA_MANX_MODE, 1), (IFLA_MANX_LOCAL, b"\1\2\3\4"), extra=[(IFLA_ADDRESS, b"\2" * 6)])
		OK	link("t", (IFLA_MANX_MODE, 1), (IFLA_MANX_LOCAL, b"\1\2\3\4"), (IFLA_MANX_TTL, 255))
		EEXIST has a tunnel already	link("t2", (IFLA_MANX_MODE, 1), (IFLA_MANX_LOCAL, b"\1\2\3\4"))
		EOPNOTSUPP fixed when it is made	link("t", (IFLA_MANX_MODE, 1), (IFLA_MANX_LOCAL, b"\1\2\3\5"), flags=0)
		EOPNOTSUPP fixed when it is made	link("x", (IFLA_MANX_ENDPOINT, 10), flags=0)
		EOPNOTSUPP belong to its primary	link("y", (IFLA_MANX_ENDPOINT, 10), flags=0)
	END
	# y, x and t
	[ "$(ip -n n1 -o link show | wc -l)" = $((before + 3)) ] || fail "left over: $(ip -n n1 -o link show)"
	ip -n n1 link delete dev t
	ip -n n1 link delete dev x
	on n1 manxctl dp tunnel add tunl local $u1
	refuse "" ip -n n1 link set manxa netns a
	refuse "" ip -n n1 link set tunl netns a
	reaches a $b4
}

links_an_endpoint_id_is_free_again() {
	one_node
	ip -n n1 link delete manxa
	plug_in a
	node n2
	pod n2 c $c4
	[ "${id_of[c]}" = "${id_of[a]}" ]
	reaches a $b4
}

# link_is NAMESPACE LINK FLAG
link_is() { ip -n "$1" -o link show "$2" | has "[<,]$3[,>]"; }

links_carrier_follows_both_ends() {
	one_node
	eventually link_is n1 manxa LOWER_UP
	ip -n a link set eth0 down
	eventually link_is n1 manxa NO-CARRIER
	ip -n a link set eth0 up
	eventually link_is n1 manxa LOWER_UP
	ip -n n1 link set manxa down
	eventually link_is a eth0 NO-CARRIER
	ip -n n1 link set manxa up
	eventually link_is a eth0 LOWER_UP
}

# traffic POD: packets and bytes into and out of it, as the module and both ends say
traffic() {
	on n1 manxctl dp show -o json | /usr/bin/python3 -S -c '
import json, sys
e = next(e for e in json.load(sys.stdin)["endpoints"] if e["name"] == sys.argv[1])
print(e["rx"]["packets"], e["rx"]["bytes"], e["tx"]["packets"], e["tx"]["bytes"])' "$1"
	ip -n n1 -s link show "manx$1" | awk 'NR == 4 { out = $2 " " $1 }
		NR == 6 { print $2, $1, out }'
	ip -n "$1" -s link show eth0 | awk 'NR == 4 { in_ = $2 " " $1 }
		NR == 6 { print in_, $2, $1 }'
}

links_count_what_passes() {
	local witness before after

	one_node
	reaches a $b4
	# nor may either end report its multicast groups meanwhile
	on a sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
	on n1 sysctl -qw net.ipv6.conf.manxa.disable_ipv6=1
	mapfile -t before < <(traffic a)
	on a ping -q -n -c 5 -i 0.01 -s 100 $b4 > /dev/null
	mapfile -t after < <(traffic a)
	for witness in 0 1 2; do
		paste -d ' ' <(tr ' ' '\n' <<< "${before[witness]}") \
			<(tr ' ' '\n' <<< "${after[witness]}") |
			awk '{ print $2 - $1 }' | paste -s -d ' ' | has -x '5 710 5 710' ||
			fail "witness $witness: ${before[witness]} -> ${after[witness]}"
	done
	refuse "no stats" on a ethtool -S eth0
	# nor does the kernel complain about who asks otherwise than ethtool does
	refuse "Operation not supported" on a env PYTHONPATH="$here/py" \
		/usr/bin/python3 -s -S -c 'import links; links.Link("eth0").drops()'
}

links_a_packet_longer_than_the_receivers_mtu_ends_there() {
	one_node
	reaches a $b4 -s 1400
	ip -n b link set eth0 mtu 1300
	dropping b too-big:1 cut_off a $b4 -s 1400
	reaches a $b4 -s 1200
}

links_mtu_is_that_of_both_ends() {
	one_node
	ip netns add c
	on n1 manxctl dp link add manxc peer eth0 netns c mtu 1234
	ip -n c -o link show eth0 | has 'mtu 1234'
	ip -n n1 -o link show manxc | has 'mtu 1234'
}

links_need_the_right_to_both_namespaces() {
	one_node
	# shellcheck disable=SC2016	# for that shell
	unshare --user --map-root-user --net -- bash -euc '
		manxctl dp link add x peer y
		manxctl dp show > /dev/null
		! manxctl dp link add x2 peer y2 netns a 2> '"$scratch/refused"'
		grep -q CAP_NET_ADMIN '"$scratch/refused"
	absent a y2
}
