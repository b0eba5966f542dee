# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What a pod sends is checked, by the frame itself, before the node's stack sees it.

entry_source_addresses_are_the_endpoints() {
	settings n1 '"endpointToNode":"allow"'
	one_node
	frames_of a dst4=$b4 dst6=$b6 <<-END
		pass	ether(ip4(udp()))
		pass	ether(ip6(udp()))
		source-address	ether(ip4(udp(), src="10.65.0.9"))
		source-address	ether(ip4(udp(), src="$b4"))
		source-address	ether(ip4(udp(), src="127.0.0.1"))
		source-address	ether(ip4(udp(), src="169.254.1.1"))
		source-address	ether(ip4(udp(), src="255.255.255.255"))
		source-address	ether(ip4(udp(68, 67), src="0.0.0.0", dst="255.255.255.255"))
		source-address	ether(ip6(udp(), src="fd65::9"))
		source-address	ether(ip6(udp(), src="$b6"))
		source-address	ether(ip6(udp(), src="::"))
		source-address	ether(ip6(udp(), src="::1"))
		source-address	ether(ip6(udp(), src="::ffff:$a4"))
		source-address	ether(ip6(udp(), src="fe80::1"))
		source-address	ether(ip6(udp(), src="ff02::1", dst="fe80::ecee:eeff:feee:eeee"))
		pass	ether(ip6(udp(), src="fe80::1", dst="fe80::ecee:eeff:feee:eeee"))
		pass	ether(ip6(icmp6(133), src="::", dst="ff02::2", hops=255))
		pass	ether(ip6(icmp6(143), src="::", dst="ff02::16", hops=1))
		source-address	ether(ip6(icmp6(128), src="::", dst="ff02::1"))
	END
}

entry_attributes_of_the_endpoint_allow_more() {
	endpoint a '"sourcePrefixes":["198.51.100.0/24","2001:db8::/64"],"mac":"02:00:00:00:00:05",
		"flags":["allow-encap","allow-dhcp"]'
	settings n1 '"endpointToNode":"allow"'
	one_node
	frames_of a dst4=$b4 dst6=$b6 smac=02:00:00:00:00:05 <<-END
		pass	ether(ip4(udp(), src="198.51.100.7"))
		source-address	ether(ip4(udp(), src="198.51.101.7"))
		pass	ether(ip6(udp(), src="2001:db8::7"))
		source-address	ether(ip6(udp(), src="2001:db8:0:1::7"))
		pass	ether(ip4(udp(68, 67), src="0.0.0.0", dst="255.255.255.255"))
		source-address	ether(ip4(udp(68, 68), src="0.0.0.0", dst="255.255.255.255"))
		source-address	ether(ip4(tcp(68, 67), src="0.0.0.0", dst="255.255.255.255"))
		pass	ether(ip4(ip4(udp())))
		pass	ether(ip4(udp(1000, 4789)))
		source-mac	ether(ip4(udp()), src="02:00:00:00:00:06")
	END
}

entry_mac_addresses_are_those_of_the_link() {
	settings n1 '"endpointToNode":"allow"'
	one_node
	frames_of a dst4=$b4 dst6=$b6 <<-END
		source-mac	ether(ip4(udp()), src="02:00:00:00:00:09")
		source-mac	ether(ip6(udp()), src="ee:ee:ee:ee:ee:ee")
		source-mac	ether(ip4(udp()), src="ff:ff:ff:ff:ff:ff")
		source-mac	ether(arp(1, "$a4", "$b4"), dst="ff:ff:ff:ff:ff:ff", src=bytes(6))
		dest-mac	ether(ip4(udp()), dst="02:00:00:00:00:09")
		dest-mac	ether(ip6(udp()), dst=bytes(6))
		dest-mac	ether(arp(1, "$a4", "$b4"), dst="02:00:00:00:00:09")
		pass	ether(ip4(udp(), dst="255.255.255.255"), dst="ff:ff:ff:ff:ff:ff")
		pass	ether(ip6(udp(), dst="ff02::1"), dst="33:33:00:00:00:01")
	END
}

entry_mac_address_may_follow_the_peer() {
	one_node
	ip -n a link set eth0 address 02:00:00:00:00:0a
	reaches a $b4
	frames_of a dst4=$b4 <<-END
		pass	ether(ip4(udp()), src="02:00:00:00:00:0a")
		source-mac	ether(ip4(udp()), src="02:00:00:00:00:0b")
	END
}

entry_only_ip_and_arp_go_on() {
	one_node
	frames_of a dst4=$b4 dst6=$b6 <<-END
		ethertype	ether(vlan(ip4(udp())))
		ethertype	ether(vlan(ip4(udp()), vid=5))
		ethertype	ether(vlan(ip6(udp()), vid=5, tpid=0x88a8))
		ethertype	ether(vlan(vlan(ip4(udp()))))
		ethertype	ether(bytes(50), kind=0x88b5)
		ethertype	ether(bytes(50), kind=0x8847)
		ethertype	ether(bytes(50), kind=0x0000)
		ethertype	ether(bytes(50), kind=0x0026)
		ethertype	ether(ip4(udp()), kind=0x8864)
		malformed	ether(ip4(udp()), kind=0x86dd)
		malformed	ether(ip6(udp()), kind=0x0800)
	END
}

entry_the_senders_word_on_the_type_counts_for_nothing() {
	one_node
	for claim in 0x88b5 0x0806 0x86dd 0x0000 0x8100; do
		frames_of a dst4=$b4 dst6=$b6 as=$claim <<-END
			source-address	ether(ip4(udp(), src="10.65.0.9"))
			source-address	ether(ip6(udp(), src="fd65::9"))
			pass	ether(ip4(udp()))
		END
	done
	frames_of a dst4=$b4 as=0x0800 <<-END
		ethertype	ether(ip4(udp()), kind=0x88b5)
		ethertype	ether(vlan(ip4(udp())))
	END
}

entry_malformed_headers_end_there() {
	one_node
	frames_of a dst4=$b4 dst6=$b6 <<-END
		malformed	ether(b"", kind=0x0800)
		malformed	ether(b"", kind=0x86dd)
		malformed	ether(ip4(udp())[:19], kind=0x0800)
		malformed	ether(ip4(udp(), version=5))
		malformed	ether(ip4(udp(), version=0))
		malformed	ether(ip4(udp(), ihl=4))
		malformed	ether(ip4(udp(), ihl=15))
		malformed	ether(ip4(udp(), total=19))
		malformed	ether(ip4(udp(), total=0))
		malformed	ether(ip4(udp(), total=100))
		malformed	ether(ip4(udp(), options=bytes(8))[:24], kind=0x0800)
		malformed	ether(ip4(b"abc", proto=17))
		malformed	ether(ip4(b"abc", proto=6))
		malformed	ether(ip4(b"a", proto=1))
		malformed	ether(ip4(udp(), total=20))
		malformed	ether(ip4(udp(), total=23))
		pass	ether(ip4(b"", proto=253))
		pass	ether(ip4(udp()) + bytes(20), kind=0x0800)
		pass	ether(ip4(udp(), options=bytes(8)))
		pass	ether(ip4(b"a", proto=17, frag=100))
		malformed	ether(ip6(udp())[:39], kind=0x86dd)
		malformed	ether(ip6(udp(), version=4))
		malformed	ether(ip6(udp(), length=100))
		malformed	ether(ip6(udp(), length=3))
		malformed	ether(ip6(udp(), length=0))
		malformed	ether(ip6(b"abc", nexthdr=17))
		malformed	ether(ip6(b"a", nexthdr=58))
		malformed	ether(ip6(bytes([17, 0, 1]), nexthdr=0))
		malformed	ether(ip6(bytes([17, 9]) + bytes(6) + udp(), nexthdr=60))
		malformed	ether(ip6(bytes([17, 0, 0, 1]) + bytes(4) + b"ab", nexthdr=44))
		pass	ether(ip6(bytes([17, 0, 1, 4]) + bytes(4) + udp(), nexthdr=0))
		pass	ether(ip6(bytes([17, 0, 1, 1]) + bytes(4) + b"ab", nexthdr=44))
	END
}

entry_tunnels_from_a_pod_end_there() {
	one_node
	frames_of a dst4=$u2 dst6=$b6 <<-END
		encap	ether(ip4(ip4(udp())))
		encap	ether(ip4(ip6(udp())))
		encap	ether(ip6(ip4(udp())))
		encap	ether(ip6(ip6(udp())))
		encap	ether(ip6(bytes([4, 0, 1, 4]) + bytes(4) + ip4(udp()), nexthdr=0))
		encap	ether(ip4(b"", proto=4))
		encap	ether(ip4(udp(1000, 4789)))
		encap	ether(ip6(udp(1000, 4789)))
		pass	ether(ip4(udp(4789, 1000)))
	END
}

# Nothing but the frames themselves may be counted: the pod's own stack keeps quiet, and
# the node need not ask for the pod.
entry_every_mutated_frame_is_counted_once() {
	local mac address

	one_node
	mac=$(ip -n a -o link show eth0 | sed 's,.*link/ether \([^ ]*\) .*,\1,')
	for address in $a4 $a6; do
		ip -n n1 neighbour replace $address lladdr "$mac" dev manxa nud permanent
	done
	on a sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip -n a address flush dev eth0
	python storm a:eth0 n1:manxa $a4 $b4 $a6 $b6 3000
}
