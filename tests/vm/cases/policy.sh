# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Chains of tables of rules decide what an endpoint may send and receive.

log='"action":"log"'

# deaf POD: receives, but never answers
deaf() {
	ip -n "$1" address flush dev eth0
	on "$1" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
}

# permanent POD: its node need not ask for it
permanent() {
	local mac address

	mac=$(ip -n "$1" -o link show eth0 | sed 's,.*link/ether \([^ ]*\) .*,\1,')
	for address in ${addresses_of[$1]}; do
		ip -n "${node_of[$1]}" neighbour replace "$address" lladdr "$mac" \
			dev "manx$1" nud permanent
	done
}

policy_each_criterion_and_its_negation_matches() {
	local rules=(
		''							# 1
		'"protocol":"tcp",'					# 2
		'"notProtocol":"tcp",'					# 3
		'"protocol":47,'					# 4
		'"ipVersion":4,'					# 5
		'"ipVersion":6,'					# 6
		'"protocol":"tcp","destination":{"ports":[80]},'	# 7
		'"protocol":"tcp","destination":{"notPorts":[80]},'	# 8
		'"protocol":"udp","destination":{"ports":[53,"8000:8080"]},'	# 9
		'"protocol":"udp","destination":{"notPorts":[53,"8000:8080"]},'	# 10
		'"protocol":"udp","source":{"ports":["1000:1001"]},'	# 11
		'"protocol":"udp","source":{"notPorts":["1000:1001"]},'	# 12
		'"protocol":"sctp","destination":{"ports":[80]},'	# 13
		'"protocol":"udplite","destination":{"ports":[80]},'	# 14
		'"protocol":"icmp","icmp":{"type":8},'			# 15
		'"protocol":"icmp","icmp":{"type":8,"code":1},'		# 16
		'"protocol":"icmp","notICMP":{"type":8},'		# 17
		'"protocol":"icmp","notICMP":{"type":8,"code":1},'	# 18
		'"protocol":"icmpv6","icmp":{"type":128},'		# 19
		'"protocol":"icmpv6","notICMP":{"type":128,"code":0},'	# 20
	)

	one_node
	table n1 out egress pass "${rules[@]/%/$log}"
	table n1 in ingress pass "${rules[@]/%/$log}"
	egress a out any-out
	ingress b in any-in
	commit n1
	deaf b
	permanent b
	python matches a:eth0 n1 out in src4=$a4 src6=$a6 dst4=$b4 dst6=$b6 <<-END
		1 2 5 7	ether(ip4(tcp(1000, 80)))
		1 2 6 7	ether(ip6(tcp(1000, 80)))
		1 2 5 8	ether(ip4(tcp(1000, 79)))
		1 2 6 8	ether(ip6(tcp(80, 81)))
		1 3 5 9 11	ether(ip4(udp(1000, 53)))
		1 3 5 9 11	ether(ip4(udp(1001, 8000)))
		1 3 6 9 12	ether(ip6(udp(999, 8080)))
		1 3 5 10 12	ether(ip4(udp(1002, 8081)))
		1 3 6 10 11	ether(ip6(udp(1000, 7999)))
		1 3 4 5	ether(ip4(bytes(8), proto=47))
		1 3 6	ether(ip6(bytes(8), nexthdr=50))
		1 3 5 13	ether(ip4(bytes([0, 1, 0, 80]) + bytes(12), proto=132))
		1 3 5 14	ether(ip4(bytes([0, 1, 0, 80, 0, 8, 0, 0]), proto=136))
		1 3 5 15 18	ether(ip4(icmp(8)))
		1 3 5 15 16	ether(ip4(icmp(8, 1)))
		1 3 5 17 18	ether(ip4(icmp(13)))
		1 3 6 19	ether(ip6(icmp6(128)))
		1 3 6 19 20	ether(ip6(icmp6(128, 1)))
		1 3 6 20	ether(ip6(icmp6(129)))
		1 2 6 7	ether(ip6(bytes([6, 0, 1, 4]) + bytes(4) + tcp(1, 80), nexthdr=0))
		1 3 6 9 12	ether(ip6(bytes([17, 0, 1, 4]) + bytes(4) + udp(1, 53), nexthdr=60))
	END
}

policy_nets_and_sets_match_by_address() {
	local rules=(
		''							# 1
		'"source":{"nets":["10.65.0.2/32","fd65::2/128"]},'	# 2
		'"source":{"notNets":["10.65.0.0/24","fd65::/64"]},'	# 3
		'"source":{"nets":["198.51.100.0/25","2001:db8::/65"]},'	# 4
		'"destination":{"nets":["0.0.0.0/0"]},'			# 5
		'"destination":{"nets":["::/0"]},'			# 6
		'"destination":{"notNets":["10.65.0.2/31"]},'		# 7
		'"source":{"sets":["mixed"]},'				# 8
		'"source":{"notSets":["mixed"]},'			# 9
		'"source":{"sets":["empty","mixed"]},'			# 10
		'"source":{"sets":["empty"]},'				# 11
		'"source":{"notSets":["empty"]},'			# 12
		'"destination":{"sets":["all"]},'			# 13
		'"source":{"sets":["mixed"],"nets":["198.51.100.0/24"]},'	# 14
		'"source":{"sets":["mixed"]},"destination":{"notSets":["mixed"]},'	# 15
		'"protocol":"udp","source":{"sets":["mixed"],"ports":[7]},'	# 16
	)

	node n1
	ip -n n1 address add $u1/32 dev lo
	pod n1 a $a4 $a6
	pod n1 b $b4 $b6
	endpoint a '"sourcePrefixes":["198.51.100.0/24","2001:db8::/64"]'
	members n1 mixed $a4 198.51.100.128/26 198.51.100.130 2001:db8:0:0:8000::/66 fd65::3
	members n1 empty
	members n1 all 0.0.0.0/1 128.0.0.0/1 ::/0 10.0.0.0/8
	table n1 out egress pass "${rules[@]/%/$log}"
	table n1 in ingress pass "${rules[@]/%/$log}"
	by_address() {
		python matches a:eth0 n1 "$1" src4=$a4 src6=$a6 dst4=$b4 dst6=$b6 <<-END
			1 2 5 8 10 12 13 15	ether(ip4(tcp()))
			1 2 6 7 9 12 13	ether(ip6(tcp()))
			1 3 4 5 9 12 13	ether(ip4(tcp(), src="198.51.100.127"))
			1 3 5 8 10 12 13 14 15	ether(ip4(tcp(), src="198.51.100.128"))
			1 3 5 8 10 12 13 14 15 16	ether(ip4(udp(7), src="198.51.100.130"))
			1 3 5 8 10 12 13 14 15	ether(ip4(udp(8), src="198.51.100.191"))
			1 3 5 9 12 13	ether(ip4(tcp(), src="198.51.100.192"))
			1 3 4 6 7 9 12 13	ether(ip6(tcp(), src="2001:db8::7fff:ffff:ffff:ffff"))
			1 3 6 7 8 10 12 13	ether(ip6(tcp(), src="2001:db8:0:0:8000::"))
			1 3 6 7 9 12 13	ether(ip6(tcp(), src="2001:db8:0:0:c000::"))
		END
	}

	egress a out any-out
	ingress b any-in
	commit n1
	deaf b
	permanent b
	by_address out
	# one table at a time: a packet is counted by no more than sixteen rules
	on n1 manxctl dp flush all > "$scratch/flushed"
	egress a any-out
	ingress b in any-in
	commit n1
	by_address in
}

policy_the_first_match_decides() {
	one_node
	table n1 some egress deny \
		'"action":"deny","protocol":"icmp"' \
		'"action":"allow","protocol":"icmp"' \
		'"action":"allow","protocol":"icmpv6"' \
		'"action":"deny","protocol":"icmpv6"'
	egress a some
	commit n1
	dropping a policy-egress:1 cut_off a $b4
	reaches a $b6
}

policy_pass_and_the_default_ask_the_next_table() {
	one_node
	table n1 passes egress deny '"action":"pass","protocol":"icmp"' '"action":"deny"'
	table n1 silent egress pass '"action":"deny","protocol":"icmpv6"'
	table n1 strict egress deny
	table n1 icmp egress deny '"action":"allow","protocol":"icmp"'

	egress a passes silent icmp
	commit n1
	reaches a $b4
	dropping a policy-egress:1 cut_off a $b6

	egress a silent passes icmp
	commit n1
	reaches a $b4

	egress a passes strict icmp
	commit n1
	dropping a policy-egress:1 cut_off a $b4

	egress a passes silent
	commit n1
	dropping a policy-egress:1 cut_off a $b4
}

refused() { refuse "Connection refused" talks a tcp "$1" 80; }

policy_reject_tells_the_sender() {
	one_node
	echo_server b tcp 80
	talks a tcp $b4 80
	table n1 reject-out egress deny '"action":"reject"'
	egress a reject-out
	commit n1
	dropping a policy-egress:1 tells a $b4 'Packet filtered'
	dropping a policy-egress:1 tells a $b6 'Administratively prohibited'
	dropping a policy-egress:1 refused $b4
	dropping a policy-egress:1 refused $b6

	table n1 reject-in ingress deny '"action":"reject"'
	egress a any-out
	ingress b reject-in
	commit n1
	dropping b policy-ingress:1 tells a $b4 'Packet filtered'
	dropping b policy-ingress:1 tells a $b6 'Administratively prohibited'
	dropping b policy-ingress:1 refused $b4
	dropping b policy-ingress:1 refused $b6
}

policy_replies_pass() {
	one_node
	echo_server b tcp 80
	echo_server b udp 53
	echo_server a tcp 80
	table n1 serve ingress deny \
		'"action":"allow","protocol":"tcp","destination":{"ports":[80]}' \
		'"action":"allow","protocol":"udp","destination":{"ports":[53]}' \
		'"action":"allow","protocol":"icmp","icmp":{"type":8}'
	ingress a
	ingress b serve
	egress b
	commit n1
	talks a tcp $b4 80
	talks a tcp $b6 80
	talks a udp $b4 53
	talks a udp $b6 53
	reaches a $b4
	dropping b policy-ingress:1 cut_off a $b6
	dropping b policy-egress:1 cut_off b $a4
}

# An error quotes a packet of a flow that was allowed, and comes from an end of it.
policy_errors_pass_about_own_flows_only() {
	one_node
	pod n1 c 10.65.0.4 fd65::4
	table n1 udp ingress deny '"action":"allow","protocol":"udp"'
	ingress a
	ingress b udp
	egress b
	egress c
	commit n1
	refuse "Connection refused" talks a udp $b4 7
	refuse "Connection refused" talks a udp $b6 7

	on a socat - UDP4:$b4:7,bind=:1000 < <(echo hello) > /dev/null 2>&1 || true
	on a socat - UDP6:[$b6]:7,bind=:1000 < <(echo hello) > /dev/null 2>&1 || true
	for pod in b c; do
		python frames $pod:eth0 n1:manx$pod a:eth0 "dmac=$gateway_mac" \
			"src4=${addresses_of[$pod]% *}" "src6=${addresses_of[$pod]#* }" dst4=$a4 dst6=$a6 \
			< <(quoting $pod)
	done
}

# Errors that quote a flow from a to b, its port 7 or, as nobody has sent, 8.
quoting() {
	local outcome

	for port in 7 8; do
		outcome=policy-egress
		[ "$1 $port" != "b 7" ] || outcome=ignored
		cat <<-END
			$outcome	ether(ip4(icmp(3, 3, data=ip4(udp(1000, $port), src="$a4", dst="$b4"))))
			$outcome	ether(ip6(icmp6(1, 4, data=ip6(udp(1000, $port), src="$a6", dst="$b6"))))
		END
	done
}

# A connection that is open while the policy changes: lines go in, and come back.
policy_a_flow_ends_with_what_allowed_it() {
	local line

	one_node
	echo_server b tcp 80
	table n1 web ingress deny '"action":"allow","protocol":"tcp","destination":{"ports":[80]}'
	ingress b web
	commit n1
	mkfifo "$scratch/in" "$scratch/out"
	on a socat - "TCP:$b4:80" < "$scratch/in" > "$scratch/out" &
	exec 3> "$scratch/in" 4< "$scratch/out"
	echo one >&3
	read -r -t 5 line <&4
	[ "$line" = one ]

	ingress b
	commit n1
	echo two >&3
	eventually dropped b policy-ingress
	if read -r -t 0.2 line <&4; then fail "came back: $line"; fi

	# TCP sends again
	ingress b web
	commit n1
	read -r -t 20 line <&4
	[ "$line" = two ]
}

dropped() { [ "$(drops "$1" "$2")" -gt 0 ]; }

policy_other_flows_stay_when_it_changes() {
	one_node
	on a ping -n -q -i 0.02 -c 100 $b4 > "$scratch/ping" &
	for port in 1 2 3 4 5; do
		table n1 port$port ingress pass \
			"\"action\":\"deny\",\"protocol\":\"tcp\",\"destination\":{\"ports\":[$port]}"
		ingress b port$port any-in
		commit n1
	done
	wait $!
	grep -q ' 0% packet loss' "$scratch/ping" || fail "$(< "$scratch/ping")"
}

policy_counters_stay_with_the_rules_id() {
	one_node
	table n1 count ingress pass \
		'"action":"log","protocol":"icmp","icmp":{"type":8}' \
		'"action":"deny","protocol":"tcp"' \
		'"action":"allow","protocol":"icmpv6"'
	ingress b count any-in
	commit n1
	reaches a $b4
	reaches a $b6
	[ "$(packets n1 count)" = "1:1 2:0 3:1 default:1" ] || fail "$(packets n1 count)"

	forget_tables n1
	open_tables n1
	add n1 tables '{"name":"count","direction":"ingress","defaultAction":"pass","rules":[
		{"id":3,"action":"allow","protocol":"icmpv6"},
		{"id":7,"action":"log"},
		{"id":1,"action":"log","protocol":"icmp"}]}'
	commit n1
	[ "$(packets n1 count)" = "3:1 7:0 1:1 default:1" ] || fail "$(packets n1 count)"
	reaches a $b4
	[ "$(packets n1 count)" = "3:1 7:1 1:2 default:2" ] || fail "$(packets n1 count)"
}

# monitored PATTERN: a line of what "monitor" has printed
monitored() { grep -qE "$1" "$scratch/monitor"; }

# monitor NODE: from now on
monitor() {
	nsenter --net="/run/netns/$1" -- manxctl dp monitor > "$scratch/monitor" &
	eventually hears "$1"
}

# It has subscribed when it sees a commit.
hears() {
	forget_sets "$1"
	members "$1" "tick$RANDOM"
	commit "$1"
	monitored 'generation [0-9]+$'
}

policy_log_and_drops_are_events() {
	one_node
	table n1 log egress pass '"action":"log","protocol":"icmp","icmp":{"type":8}'
	egress a log any-out
	egress b
	monitor n1
	reaches a $b4
	eventually monitored \
		"log endpoint 2 egress table log rule 1 icmp $a4 8 > $b4 0\$"
	dropping b policy-egress:1 cut_off b $a6
	eventually monitored "drop policy-egress endpoint 3 icmpv6 $b6 128 > $a6 0\$"
	ip -n n1 link delete manxb
	eventually monitored 'endpoint-unbound 3 ifindex [0-9]+$'
	pod n1 c 10.65.0.4
	eventually monitored 'endpoint-bound 4 ifindex [0-9]+$'
}

policy_audit_lets_pass_what_it_reports() {
	one_node
	table n1 strict egress deny '"action":"deny","protocol":"icmp","icmp":{"type":8}'
	egress a strict
	commit n1
	on n1 nft -f - <<-END
		table inet host {
			counter audited { }
			chain forward {
				type filter hook forward priority 10
				meta mark and 0xffff0000 == 0x00050000 counter name audited
			}
		}
	END
	dropping a policy-egress:1 cut_off a $b4
	monitor n1
	on n1 manxctl dp set audit on
	dropping a "" reaches a $b4
	eventually monitored \
		"audit policy-egress endpoint 2 table strict rule 1 icmp $a4 8 > $b4 0\$"
	dropping a "" reaches a $b6
	eventually monitored "audit policy-egress endpoint 2 table strict default icmpv6 $a6 128 > $b6 0\$"
	# the answers too: they are judged as what they answer
	host_counts n1 host audited:4
	on n1 manxctl dp set audit off
	dropping a policy-egress:1 cut_off a $b4
}

policy_between_a_pod_and_its_node() {
	one_node
	echo_server n1 tcp 80
	echo_server a tcp 80
	ingress a
	commit n1
	reaches n1 $a4
	reaches n1 $a6
	talks n1 tcp $a4 80
	dropping a to-node:1 cut_off a $u1
	refuse "" talks a tcp $u1 80

	settings n1 '"endpointToNode":"allow"'
	commit n1
	reaches a $u1
	talks a tcp $u1 80

	egress a
	ingress a any-in
	commit n1
	dropping a policy-egress:1 cut_off a $u1
	reaches n1 $a4

	ingress a
	commit n1
	dropping a policy-ingress:1 cut_off n1 $a4
}

policy_a_pod_reaches_the_nodes_link_local_address() {
	settings n1 '"endpointToNode":"allow"'
	one_node
	reaches a fe80::ecee:eeff:feee:eeee%eth0
	reaches a $b6
}

policy_verdicts_are_marks_for_the_hosts_rules() {
	one_node
	on n1 nft -f - <<-END
		table inet host {
			counter accepted { }
			counter other { }
			chain forward {
				type filter hook forward priority 10
				meta mark and 0xffff0000 == 0x00010000 counter name accepted
				meta mark and 0xffff0000 != 0x00010000 counter name other
			}
		}
	END
	on b nft -f - <<-END
		table inet pod {
			counter marked { }
			chain in {
				type filter hook prerouting priority -500
				meta mark != 0 counter name marked
			}
		}
	END
	reaches a $b4 -m $((0x00120034))
	reaches a $b6 -m $((0x00120034))
	host_counts n1 host accepted:4 other:0
	host_counts b pod marked:0

	settings n1 '"markMask":"0x00000f00"'
	commit n1
	reaches a $b4
	host_counts n1 host accepted:4 other:2
}

# host_counts NAMESPACE TABLE COUNTER:PACKETS...: of nftables
host_counts() {
	local found

	found=$(on "$1" nft list counters table inet "$2" |
		awk '/counter/ { name = $2 } /packets/ { printf " %s:%s", name, $2 }')
	[ "$found" = " ${*:3}" ] || fail "expected ${*:3}, found$found"
}

# The bits of the verdict mean something only if nobody else sets them.
policy_marks_of_others_are_cleared() {
	one_node
	on n1 nft -f - <<-END
		table inet host {
			counter forged { }
			counter kept { }
			chain before {
				type filter hook prerouting priority -460
				meta mark set 0x00f30001
			}
			chain after {
				type filter hook prerouting priority -440
				jump count
			}
			chain output {
				type filter hook output priority -440
				jump count
			}
			chain count {
				ip protocol icmp meta mark and 0xffff0000 != 0 counter name forged
				ip protocol icmp meta mark and 0x0000ffff == 1 counter name kept
			}
		}
	END
	reaches a $b4
	host_counts n1 host forged:0 kept:2
	# the question goes out by the output chain, the answer comes in by the other
	reaches n1 $b4 -m $((0x00f30001))
	host_counts n1 host forged:0 kept:4
}

# outside: r reaches n1, and knows no way to pods
outside() {
	router r
	node n1
	underlay n1 $u1
	pod n1 a $a4 $a6
	pod n1 b $b4 $b6
	commit n1
}

policy_sees_the_tuple_between_the_translations() {
	outside
	on n1 nft -f - <<-END
		table ip nat {
			chain prerouting {
				type nat hook prerouting priority dstnat
				ip daddr 10.96.0.1 tcp dport 80 dnat to $b4:8080
				ip daddr $u1 tcp dport 3080 dnat to $b4:8080
			}
			chain output {
				type nat hook output priority -100
				ip daddr 10.96.0.1 tcp dport 80 dnat to $b4:8080
			}
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname eth0 masquerade
				oifname manxb ip saddr 10.1.0.0/24 masquerade
			}
		}
	END
	echo_server b tcp 8080
	echo_server r tcp 80
	table n1 to-b egress deny \
		"\"action\":\"allow\",\"protocol\":\"tcp\",\"destination\":{\"nets\":[\"$b4/32\"],\"ports\":[8080]}"
	table n1 from-a ingress deny \
		"\"action\":\"allow\",\"source\":{\"nets\":[\"$a4/32\"]}"
	egress a to-b
	ingress a
	ingress b from-a
	egress b
	commit n1
	talks a tcp 10.96.0.1 80
	talks n1 tcp 10.96.0.1 80
	refuse "timed out" talks r tcp $u1 3080

	table n1 from-r ingress deny '"action":"allow","source":{"nets":["10.1.0.254/32"]}'
	table n1 to-r egress deny '"action":"allow","destination":{"nets":["10.1.0.254/32"]}'
	ingress b from-r
	egress a to-r
	commit n1
	refuse "timed out" talks a tcp 10.96.0.1 80
	talks r tcp $u1 3080
	talks a tcp 10.1.0.254 80
}

policy_to_oneself_through_a_service_is_judged() {
	outside
	on n1 nft -f - <<-END
		table ip nat {
			chain prerouting {
				type nat hook prerouting priority dstnat
				ip daddr 10.96.0.1 tcp dport 80 dnat to $a4:8080
			}
			chain postrouting {
				type nat hook postrouting priority srcnat
				ip saddr $a4 ip daddr $a4 masquerade
			}
		}
	END
	echo_server a tcp 8080
	talks a tcp 10.96.0.1 80
	table n1 not-self ingress deny "\"action\":\"allow\",\"source\":{\"notNets\":[\"$a4/32\"]}"
	ingress a not-self
	commit n1
	refuse "timed out" talks a tcp 10.96.0.1 80
	dropped a policy-ingress
}

policy_members_take_effect_at_once() {
	one_node
	table n1 friends ingress deny '"action":"allow","source":{"sets":["friends"]}'
	ingress b friends
	members n1 friends
	commit n1
	cut_off a $b4
	for member in $a4 10.65.0.0/30 0.0.0.0/0; do
		forget_sets n1
		members n1 friends $member 192.0.2.1
		commit n1
		reaches a $b4
		forget_sets n1
		members n1 friends 192.0.2.1
		commit n1
		dropping b policy-ingress:1 cut_off a $b4
	done
}

policy_judges_whole_datagrams() {
	one_node
	table n1 echo egress deny \
		'"action":"allow","protocol":"icmp","icmp":{"type":8}' \
		'"action":"allow","protocol":"icmpv6","icmp":{"type":128}'
	egress a echo
	commit n1
	reaches a $b4 -s 4000
	reaches a $b6 -s 4000
	egress a
	commit n1
	dropping a policy-egress:1 cut_off a $b4 -s 4000
}

# At the choke point nothing puts fragments together: no rule that asks for ports matches.
policy_fragments_without_ports_match_no_port() {
	one_node
	table n1 ports ingress deny \
		'"action":"allow","protocol":"udp","destination":{"ports":["0:65535"]}' \
		'"action":"allow","protocol":"udp","destination":{"notPorts":[7]}' \
		'"action":"allow","protocol":"icmp","notICMP":{"type":7}' \
		'"action":"allow","protocol":"tcp"'
	ingress b ports
	commit n1
	python frames n1:manxb n1:manxb b:eth0 src4=192.0.2.1 dst4=$b4 <<-END
		pass	ether(ip4(udp(), frag=0x2000))
		policy-ingress	ether(ip4(udp(), frag=100))
		policy-ingress	ether(ip4(bytes(8), proto=1, frag=100))
		pass	ether(ip4(bytes(8), proto=6, frag=100))
	END
}

# Inside a VRF hooks see the VRF as the device that packets came in by.
policy_holds_inside_a_vrf() {
	one_node
	echo_server b tcp 80
	ip -n n1 -b - <<-END
		link add red type vrf table 10
		link set red up
		link set manxa master red
		link set manxb master red
		route add $a4 dev manxa table 10
		route add $b4 dev manxb table 10
	END
	reaches a $b4
	talks a tcp $b4 80
	# no answer, which would be judged, too
	permanent b
	deaf b
	egress a
	commit n1
	dropping a policy-egress:1 cut_off a $b4
	egress a any-out
	ingress b
	commit n1
	dropping b policy-ingress:1 cut_off a $b4
}
