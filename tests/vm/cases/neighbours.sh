# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# ARP and neighbour discovery are answered by the module, at both ends of a pair.

# Whatever the node's own stack would say about the question.
mute_node() {
	on n1 sysctl -qw net.ipv4.conf.all.arp_ignore=8 net.ipv4.conf.all.proxy_arp=0 \
		net.ipv6.conf.all.proxy_ndp=0
}

neighbours_a_pod_is_told_of_everything_but_itself() {
	one_node
	mute_node
	frames_of a <<-END
		answer	who_has("$b4")
		answer	who_has("169.254.1.1")
		answer	who_has("192.0.2.77")
		answer	who_is("$b6")
		answer	who_is("2001:db8::77")
		answer	who_is("fe80::ecee:eeff:feee:eeee")
		answer	who_is("$b6", unicast=True)
		answer	who_is("$b6", source="fe80::1")
		answer	who_is("$b6", options=b"")
		answer	who_is("$b6", options=bytes([14, 1]) + bytes(6))
		neighbour	who_has("$a4", source="$a4")[0]
		neighbour	ether(arp(1, "$a4", "$a4"), dst=b"\xff" * 6)
		neighbour	ether(arp(2, "$a4", "$a4"), dst=b"\xff" * 6)
		neighbour	who_is("$a6")[0]
		neighbour	who_is("$a6", source="fe80::1")[0]
	END
}

neighbours_probes_for_duplicates_get_no_answer() {
	one_node
	frames_of a <<-END
		neighbour	ether(arp(1, "0.0.0.0", "$a4"), dst=b"\xff" * 6)
		neighbour	ether(arp(1, "0.0.0.0", "$b4"), dst=b"\xff" * 6)
		neighbour	who_is("$a6", source="::", options=b"")[0]
		neighbour	who_is("$b6", source="::", options=b"")[0]
		neighbour	who_is("fe80::1", source="::", options=b"")[0]
	END
}

neighbours_nobody_is_told_by_a_pod() {
	one_node
	frames_of a <<-END
		neighbour	ether(arp(2, "$a4", "169.254.1.1", tha=default["dmac"]))
		neighbour	ether(arp(2, "$b4", "169.254.1.1", tha=default["dmac"]))
		neighbour	ether(ip6(advertise("$a6", default["smac"], 0x60), dst="ff02::1", hops=255))
		neighbour	ether(ip6(advertise("$b6", default["smac"], 0x60), dst="ff02::1", hops=255))
	END
	ip -n n1 neighbour show dev manxa | grep -v REACHABLE || true
	[ -z "$(ip -n n1 neighbour show $b4 dev manxa)" ]
}

neighbours_malformed_arp_gets_no_answer() {
	one_node
	frames_of a <<-END
		neighbour	ether(arp(1, "$a4", "$b4")[:27], kind=0x806)
		neighbour	ether(b"", kind=0x806)
		neighbour	ether(arp(1, "$a4", "$b4", hln=5))
		neighbour	ether(arp(1, "$a4", "$b4", hln=0))
		neighbour	ether(arp(1, "$a4", "$b4", pln=16))
		neighbour	ether(arp(1, "$a4", "$b4", hrd=6))
		neighbour	ether(arp(1, "$a4", "$b4", pro=0x86dd))
		neighbour	ether(arp(0, "$a4", "$b4"))
		neighbour	ether(arp(3, "$a4", "$b4"))
		neighbour	ether(arp(256, "$a4", "$b4"))
		neighbour	ether(arp(1, "$a4", "$b4", sha="02:00:00:00:00:09"))
		neighbour	ether(arp(1, "$a4", "$b4", sha="ff:ff:ff:ff:ff:ff"))
		neighbour	ether(arp(1, "10.65.0.9", "$b4"))
		neighbour	ether(arp(1, "127.0.0.1", "$b4"))
		neighbour	ether(arp(1, "224.0.0.1", "$b4"))
		neighbour	ether(arp(1, "$a4", "0.0.0.0"))
		neighbour	ether(arp(1, "$a4", "127.0.0.1"))
		neighbour	ether(arp(1, "$a4", "224.0.0.1"))
		neighbour	ether(arp(1, "$a4", "255.255.255.255"))
	END
}

neighbours_malformed_nd_gets_no_answer() {
	one_node
	frames_of a src6=$a6 dst6=$b6 <<-END
		neighbour	ether(ip6(solicit("$b6"), hops=254))
		neighbour	ether(ip6(solicit("$b6"), hops=1))
		neighbour	ether(ip6(solicit("$b6", code=1), hops=255))
		neighbour	ether(ip6(solicit("$b6")[:2] + b"xx" + solicit("$b6")[4:], nexthdr=58, hops=255))
		neighbour	ether(ip6(solicit("$b6", options=bytes([1, 0]) + bytes(6)), hops=255))
		neighbour	ether(ip6(solicit("$b6", options=bytes([1, 2]) + bytes(6)), hops=255))
		neighbour	ether(ip6(solicit("$b6", options=bytes([1, 255]) + bytes(6)), hops=255))
		neighbour	ether(ip6(solicit("$b6", options=bytes([1, 1, 0, 0])), hops=255))
		neighbour	ether(ip6(solicit("$b6", options=b"\x01"), hops=255))
		neighbour	ether(ip6(solicit("$b6", options=bytes([1, 1]) + b"\xff" * 6), hops=255))
		neighbour	ether(ip6(solicit("$b6")[:23], nexthdr=58, hops=255))
		neighbour	ether(ip6(solicit("$b6")[:8], nexthdr=58, hops=255))
		malformed	ether(ip6(solicit("$b6"), length=100, hops=255))
		neighbour	ether(ip6(solicit("$b6"), length=16, hops=255))
		neighbour	ether(ip6(bytes([58, 0, 1, 4]) + bytes(4) + solicit("$b6"), nexthdr=0, hops=255))
		neighbour	ether(ip6(solicit("::"), hops=255))
		neighbour	ether(ip6(solicit("::1"), hops=255))
		neighbour	ether(ip6(solicit("ff02::1"), hops=255))
		source-address	ether(ip6(solicit("$b6"), src="fd65::9", hops=255))
		source-address	ether(ip6(solicit("$b6"), src="ff02::1", hops=255))
	END
}

neighbours_a_node_is_told_of_its_pod() {
	local mac

	one_node
	mac=$(ip -n a -o link show eth0 | sed 's,.*link/ether \([^ ]*\) .*,\1,')
	python frames n1:manxa n1:manxa a:eth0 "dmac=$mac" src4=$u1 src6=fe80::ecee:eeff:feee:eeee \
		<<-END
		answer	who_has("$a4")
		answer	who_is("$a6", flags=0x60)
		answer	who_is("$a6", flags=0x60, unicast=True)
		answer	who_is("fe80::1", flags=0x60)
		neighbour	who_has("$b4")[0]
		neighbour	who_has("192.0.2.77")[0]
		neighbour	who_is("$b6")[0]
		neighbour	ether(arp(2, "$u1", "$a4"))
		neighbour	ether(arp(1, "$u1", "$u1"), dst=b"\xff" * 6)
		neighbour	ether(ip6(advertise("$b6", default["smac"], 0x60), dst="ff02::1", hops=255))
	END
}

neighbours_do_without_routes_and_settings() {
	one_node
	mute_node
	ip -n n1 address flush dev lo
	ip -n n1 address add 127.0.0.1/8 dev lo
	ip -n n1 address add $u1/32 dev lo
	reaches a $b4
	reaches a $b6
	reaches n1 $a6
	ip -n a neighbour | has "169.254.1.1 .*$gateway_mac"
	ip -n a neighbour | has "fe80::ecee:eeff:feee:eeee .*$gateway_mac"
}
