# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# No packet enters or leaves a pod unless its policy is in place and allows it.

closed_until_the_endpoint_is_known() {
	node n1
	ip -n n1 address add $u1/32 dev lo
	pod n1 a $a4 $a6
	pod n1 b $b4 $b6
	cut_off a $b4
	cut_off n1 $a4
	cut_off n1 $a6
	commit n1
	# the node asks for its pods again
	eventually reaches a $b4
	eventually reaches n1 $a4
	eventually reaches n1 $a6
}

closed_when_the_endpoint_is_gone() {
	one_node
	reaches a $b4
	forget a
	commit n1
	cut_off b $a4
	cut_off n1 $a4
	frames_of a dst4=$b4 dst6=$b6 <<-END
		closed	ether(ip4(udp()))
		closed	ether(ip6(udp()))
		closed	who_has("$b4")[0]
		closed	who_is("$b6")[0]
	END
	python frames n1:manxa n1:manxa a:eth0 "src4=$u1" dst4=$a4 <<-END
		closed	ether(ip4(udp()))
		closed	who_has("$a4")[0]
	END
}

closed_without_an_endpoint_id() {
	one_node
	ip netns add c
	on n1 manxctl dp link add manxc peer eth0 netns c
	on n1 sysctl -qw net.ipv6.conf.manxc.disable_ipv6=1
	ip -n n1 link set manxc up
	ip -n c link set eth0 up
	python frames c:eth0 n1:manxc n1:manxc src4=$a4 dst4=$b4 <<-END
		closed	ether(ip4(udp()))
		closed	who_has("$b4")[0]
	END
	python frames n1:manxc n1:manxc c:eth0 src4=$u1 dst4=$a4 <<-END
		closed	ether(ip4(udp()))
		closed	who_has("$a4")[0]
	END
}

closed_without_tables() {
	one_node
	egress a
	ingress b
	commit n1
	dropping a policy-egress:1 cut_off a $b4
	dropping a policy-egress:1 cut_off a $b6
	egress a any-out
	commit n1
	dropping b policy-ingress:1 cut_off a $b4
	reaches n1 $b4
	reaches n1 $a4
}

# AF_PACKET on a primary stands for every way that leads around the hooks.
closed_to_frames_that_no_hook_has_seen() {
	one_node
	table n1 web-in ingress deny \
		'"action":"allow","protocol":"udp","destination":{"ports":[80]},
		  "source":{"nets":["192.0.2.0/24","2001:db8::/32"]}'
	ingress b web-in
	commit n1
	python frames n1:manxb n1:manxb b:eth0 src4=192.0.2.1 src6=2001:db8::1 dst4=$b4 dst6=$b6 \
		<<-END
		pass	ether(ip4(udp(1000, 80)))
		pass	ether(ip6(udp(1000, 80)))
		policy-ingress	ether(ip4(udp(1000, 81)))
		policy-ingress	ether(ip6(tcp(1000, 80)))
		policy-ingress	ether(ip4(udp(1000, 80), src="$a4"))
		policy-ingress	ether(ip6(udp(1000, 80), src="$a6"))
		malformed	ether(ip4(udp(1000, 80), total=100))
		malformed	ether(ip4(b"", proto=17))
		ethertype	ether(vlan(ip4(udp(1000, 80))))
		ethertype	ether(bytes(50), kind=0x88b5)
	END
}

closed_to_mirrored_frames() {
	one_node
	ingress b
	commit n1
	ip link add side netns n1 type veth peer name side netns a
	ip -n n1 link set side up
	ip -n a link set side up
	on n1 tc qdisc add dev side clsact
	on n1 tc filter add dev side ingress matchall action mirred egress redirect dev manxb
	python frames a:side n1:manxb b:eth0 src4=192.0.2.1 dst4=$b4 <<-END
		policy-ingress	ether(ip4(udp()))
	END
	ingress b any-in
	commit n1
	python frames a:side n1:manxb b:eth0 src4=192.0.2.1 dst4=$b4 <<-END
		pass	ether(ip4(udp()))
	END
}

closed_to_bridges() {
	one_node
	ip -n n1 link add bridge type bridge
	refuse "not allow enslaving" ip -n n1 link set manxa master bridge
	reaches a $b4
}
