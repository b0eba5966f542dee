# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The flow table: which packets pass because of those before them, and for how long.

# flows NODE [FILTER VALUE]...: entries of the table, sorted, one a line
flows() {
	on "$1" manxctl dp flows "${@:2}" -o json | /usr/bin/python3 -S -c '
import json, sys
found = json.load(sys.stdin)
for f in found if isinstance(found, list) else found["flows"]:
	print("{from}>{to} {protocol} {source} {destination}:{destinationPort} {state}".format(**f),
	      *f["flags"])' | sort
}

# has_flows NODE LINE...: exactly these
has_flows() {
	local found

	found=$(flows "$1")
	[ "$found" = "$(printf '%s\n' "${@:2}")" ] || fail "found: $found"
}

lists_none() { [ -z "$(flows "$1")" ]; }

# tracked NODE: entries of the host's connection tracking; tracks NODE NUMBER
tracked() { on "$1" cat /proc/sys/net/netfilter/nf_conntrack_count; }
tracks() { [ "$(tracked "$1")" = "$2" ]; }
# remembers NODE NUMBER: it tracks as many, if any
remembers() { if tracking; then tracks "$1" "$2"; else tracks "$1" 0; fi; }

flows_are_listed_and_flushed() {
	settings n1 '"fast":"off","timeouts":{"udp":600,"icmp":600}'
	one_node
	echo_server b tcp 80
	echo_server b udp 53
	stream a $b4 80
	talks a udp $b6 53
	reaches a $b4
	reaches n1 $b6
	has_flows n1 \
		"1>3 icmpv6 fe80::ecee:eeff:feee:eeee $b6:0 replied" \
		"2>3 icmp $a4 $b4:0 replied" \
		"2>3 tcp $a4 $b4:80 established" \
		"2>3 udp $a6 $b6:53 replied"
	[ "$(flows n1 protocol tcp)" = "2>3 tcp $a4 $b4:80 established" ] || fail "$(flows n1)"
	[ "$(flows n1 source $a6)" = "2>3 udp $a6 $b6:53 replied" ]
	[ "$(flows n1 endpoint 2 protocol icmp)" = "2>3 icmp $a4 $b4:0 replied" ]
	[ "$(flows n1 from node | wc -l)" = 1 ]
	[ "$(flows n1 to 3 dport 53 | wc -l)" = 1 ]
	[ -z "$(flows n1 state new)" ]
	[ "$(flows n1 way stack | wc -l)" = 4 ]
	[ -z "$(flows n1 way established)" ]
	flushed n1 0 way direct
	on n1 manxctl dp show endpoints -o json | has -E '"flowsFrom":\s3' ||
		fail "$(on n1 manxctl dp show endpoints -o json)"
	flushed n1 0 source 192.0.2.1
	flushed n1 1 protocol udp
	[ "$(flows n1 | wc -l)" = 3 ]
	flushed n1 3 all
	[ -z "$(flows n1)" ]
	eventually tracks n1 0
	echoes two
	[ "$(flows n1)" = "2>3 tcp $a4 $b4:80 established picked-up" ] || fail "$(flows n1)"
}

flows_are_told_when_they_begin_and_end() {
	one_node
	nsenter --net=/run/netns/n1 -- manxctl dp monitor --flows > "$scratch/monitor" &
	eventually begun
	on n1 manxctl dp flush all > "$scratch/flushed"
	eventually grep -qE "flow.*end" "$scratch/monitor"
}

begun() {
	reaches a $b4
	grep -qE "flow.*new|new.*flow|begin" "$scratch/monitor"
}

# Neither pod answers by itself.
quiet() {
	for pod in a b; do
		ip -n $pod address flush dev eth0
		on $pod sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
	done
}

flows_follow_the_state_of_tcp() {
	local addresses

	one_node
	quiet
	for addresses in "a:eth0 $a4 b:eth0 $b4" "a:eth0 $a6 b:eth0 $b6"; do
		# shellcheck disable=SC2086	# a list
		python segments n1 $addresses <<-END
			a S new
			b SA replied
			a A established
			b A established
			b FA closing
			a A closing
			a FA closed
			b A closed
			next
			a S new
			b RA closed
			next
			a S new
			b S replied
			a SA replied
			b SA replied
			a A established
			a R closed
			next
			a S new
			b SA replied
			a A established
			a FA closing
			b R closed
			a S new
			b SA replied
			next
			a A new
			b A established
			next
			a R -
			next
			a S new
			b R replied
			b A replied
			b SA replied
		END
		on n1 manxctl dp flush all > "$scratch/flushed"
	done
}

# A connection that began before the table knew it.
flows_are_picked_up_or_not() {
	one_node
	echo_server b tcp 80
	stream a $b4 80
	flushed n1 1 all
	echoes two
	settings n1 '"refusePickup":true'
	commit n1
	flushed n1 1 all
	stuck three
	[ "$(drops a not-syn)" -gt 0 ]
	# conntrack was told nothing of it either
	[ -z "$(flows n1)" ]
	talks a tcp $b4 80
}

flows_are_cut_when_forbidden_unless_they_are_kept() {
	one_node
	echo_server b tcp 80
	stream a $b4 80
	settings n1 '"keepEstablished":true'
	ingress b
	commit n1
	echoes two
	refuse "timed out" talks a tcp $b4 80
	settings n1 '"keepEstablished":false'
	commit n1
	stuck three
	# without an nf_conn the entry stays for what is still sent
	! tracking || [ -z "$(flows n1 state established)" ]
	# the answer alone would have been forbidden, too
	ingress b any-in
	egress b
	ingress a
	commit n1
	read -r -t 20 line <&4
	[ "$line" = three ]
}

# A reply is the first that a new policy meets.
flows_are_judged_in_their_own_direction() {
	local line

	# which is all that knows the direction then
	tracking || MANX_FAST=established
	one_node
	nsenter --net=/run/netns/b -- socat TCP-LISTEN:80,reuseaddr,fork \
		SYSTEM:'read x; echo one; sleep 3; echo two; sleep 3; echo three' &
	sleep 0.5
	table n1 from-a ingress deny "\"action\":\"allow\",\"source\":{\"nets\":[\"$a4/32\"]}"
	ingress a
	egress b
	ingress b from-a
	settings n1 '"timeouts":{"tcpEstablished":1}'
	commit n1
	coproc on a socat -T 20 - TCP:$b4:80
	echo >&"${COPROC[1]}"
	read -r -t 5 line <&"${COPROC[0]}"
	[ "$line" = one ]
	# the entry has expired, conntrack's has not
	eventually lists_none n1
	read -r -t 10 line <&"${COPROC[0]}"
	[ "$line" = two ]
	ingress b
	commit n1
	if read -r -t 5 line <&"${COPROC[0]}"; then fail "came back: $line"; fi
	[ "$(drops b policy-ingress)" -gt 0 ]
}

# What the server still says does not begin the flow anew, its way, which is allowed.
flows_forbidden_are_not_taken_up_by_their_server() {
	local line

	MANX_FAST=direct
	one_node
	nsenter --net=/run/netns/b -- socat TCP-LISTEN:80,reuseaddr,fork \
		SYSTEM:'read x; while echo tick; do sleep 0.2; done' &
	sleep 0.5
	coproc on a socat -T 60 - TCP:$b4:80
	echo >&"${COPROC[1]}"
	read -r -t 5 line <&"${COPROC[0]}"
	ingress b
	commit n1
	while read -r -t 4 line <&"${COPROC[0]}"; do :; done
	[ "$(drops b policy-ingress)" -gt 1 ]
	[ "$(flows n1 protocol tcp)" = "2>3 tcp $a4 $b4:80 established untracked" ] ||
		fail "$(flows n1)"
	ingress b any-in
	commit n1
	read -r -t 20 line <&"${COPROC[0]}"
}

# Without conntrack nobody knows who began it: who speaks next.
flows_that_nobody_knows_begin_anew() {
	local line

	MANX_FAST=direct
	one_node
	egress b
	commit n1
	nsenter --net=/run/netns/b -- socat TCP-LISTEN:81,reuseaddr \
		SYSTEM:'read x; echo one; sleep 2; echo two; sleep 60' &
	sleep 0.5
	coproc on a socat -T 20 - TCP:$b4:81
	echo >&"${COPROC[1]}"
	read -r -t 5 line <&"${COPROC[0]}"
	[ "$line" = one ]
	on n1 manxctl dp flush all > "$scratch/flushed"
	eventually refused b policy-egress
	[ -z "$(flows n1 protocol tcp)" ] || fail "$(flows n1)"
	echo >&"${COPROC[1]}"
	read -r -t 10 line <&"${COPROC[0]}"
	[ "$line" = two ]
	[ "$(flows n1 protocol tcp)" = "2>3 tcp $a4 $b4:81 established picked-up untracked" ] ||
		fail "$(flows n1)"
}

refused() { [ "$(drops "$1" "$2")" -gt 0 ]; }

flows_end_with_their_endpoint() {
	one_node
	echo_server b tcp 80
	stream a $b4 80
	reaches n1 $a4
	forget b
	commit n1
	[ "$(flows n1)" = "1>2 icmp $u1 $a4:0 replied$untracked" ] || fail "$(flows n1)"
	eventually remembers n1 1
	ip -n n1 link delete manxa
	[ -z "$(flows n1)" ]
	eventually tracks n1 0
}

flows_end_when_the_address_changes() {
	one_node
	echo_server b udp 53
	talks a udp $b4 53
	talks a udp $b6 53
	addresses_of[b]="10.65.0.9 $b6"
	commit n1
	[ "$(flows n1)" = "2>3 udp $a6 $b6:53 replied$untracked" ] || fail "$(flows n1)"
}

# served KIND: policy and table see the tuple between the translations, from everywhere
served() {
	router r
	node n1
	underlay n1 $u1
	pod n1 a $a4 $a6
	pod n1 b $b4 $b6
	service "$1"
	echo_server b tcp 8080
	table n1 to-b egress deny \
		"\"action\":\"allow\",\"destination\":{\"nets\":[\"$b4/32\"],\"ports\":[8080]},\"protocol\":\"tcp\""
	table n1 from-a ingress deny "\"action\":\"allow\",\"source\":{\"nets\":[\"$a4/32\"]}"
	table n1 from-r ingress deny '"action":"allow","source":{"nets":["10.1.0.254/32"]}'
	egress a to-b
	ingress a
	ingress b from-a
	egress b
	commit n1
	stream a 10.96.0.1 80
	[ "$(flows n1)" = "2>3 tcp $a4 $b4:8080 established translated" ] || fail "$(flows n1)"
	flushed n1 1 all
	echoes two
	[ "$(flows n1)" = "2>3 tcp $a4 $b4:8080 established picked-up translated" ] ||
		fail "$(flows n1)"
	talks n1 tcp 10.96.0.1 80
	[[ $(flows n1 from node) = "1>3 tcp "*" $b4:8080 "*" translated" ]] || fail "$(flows n1)"
	refuse "timed out" talks r tcp $u1 3080
	ingress b from-r
	commit n1
	talks r tcp $u1 3080
	[[ $(flows n1 from outside) = "0>3 tcp 10.1.0.254 $b4:8080 "*" translated" ]] ||
		fail "$(flows n1)"
	stuck three
}

flows_through_a_service_by_iptables() {
	served iptables
}
flows_through_a_service_by_nftables() {
	served nftables
}
flows_through_a_service_by_ipvs() {
	served ipvs
}

# Without connection tracking the headers tell the flow.
flows_without_conntrack() {
	one_node
	on n1 nft -f - <<-END
		table inet raw {
			chain prerouting { type filter hook prerouting priority raw; notrack; }
			chain output { type filter hook output priority raw; notrack; }
		}
	END
	echo_server b tcp 80
	table n1 from-a ingress deny \
		"\"action\":\"allow\",\"source\":{\"nets\":[\"$a4/32\",\"$a6/128\"]}"
	ingress a
	egress b
	ingress b from-a
	commit n1
	stream a $b4 80
	[ "$(flows n1)" = "2>3 tcp $a4 $b4:80 established untracked" ] || fail "$(flows n1)"
	reaches a $b6
	refuse "Connection refused" talks a udp $b4 7
	refuse "Connection refused" talks a udp $b6 7
	ingress b
	commit n1
	stuck two
	tracks n1 0
}

# red_and_blue: pods ared and bred, ablue and bblue, in VRFs with the same addresses
red_and_blue() {
	local vrf table=10 one two

	node n1
	for vrf in red blue; do
		one=a$vrf two=b$vrf
		pod n1 $one $a4
		pod n1 $two $b4
		ip -n n1 -b - <<-END
			link add $vrf type vrf table $table
			link set $vrf up
			link set manx$one master $vrf
			link set manx$two master $vrf
			route replace $a4 dev manx$one table $table
			route replace $b4 dev manx$two table $table
		END
		ip -n n1 route flush table main
		echo_server $two udp 53
		table=$((table + 10))
	done
}

# asks NAMESPACE: one datagram from port 1000 to $b4:53; is there an answer
asks() {
	echo hello | on "$1" socat -T 1 -t 1 - UDP:$b4:53,bind=:1000 > "$scratch/answer"
	grep -q hello "$scratch/answer"
}

# The same ports, too.
flows_of_two_vrfs_do_not_meet() {
	red_and_blue
	# conntrack tells them apart only by zones
	on n1 nft -f - <<-END
		table ip raw {
			chain prerouting {
				type filter hook prerouting priority raw
				iifname { manxared, manxbred } ct zone set 1
				iifname { manxablue, manxbblue } ct zone set 2
			}
		}
	END
	egress bred
	ingress ared
	egress bblue
	ingress ablue
	commit n1
	asks ared
	asks ablue
	[ "$(flows n1)" = "2>3 udp $a4 $b4:53 replied
4>5 udp $a4 $b4:53 replied" ] || fail "$(flows n1)"
	ingress bred
	commit n1
	fails asks ared
	asks ablue
}

# To conntrack a question in blue is the answer to one in red.
flows_of_two_vrfs_without_zones_do_not_meet() {
	red_and_blue
	ingress bblue
	commit n1
	python frames bred:eth0 n1:manxbred ared:eth0 src4=$b4 dst4=$a4 <<-END
		ignored	ether(ip4(udp(53, 1000)))
	END
	python frames ablue:eth0 n1:manxbblue bblue:eth0 src4=$a4 dst4=$b4 <<-END
		policy-ingress	ether(ip4(udp(1000, 53)))
	END
	ingress bblue any-in
	commit n1
	asks ablue
}

# flooded KIND REASON: a floods, b serves, c talks to b
flooded() {
	one_node
	pod n1 c 10.65.0.4 fd65::4
	settings n1 '"maxFlowsFrom":100,"maxFlows":250,"fragmentRate":50'
	# what a sends goes nowhere, so that nothing answers
	ip -n n1 route add blackhole 198.18.0.0/15
	ip -n n1 link add sink type dummy
	ip -n n1 link set sink up
	ip -n n1 route replace 198.18.0.0/15 dev sink
	on n1 sysctl -qw net.netfilter.nf_conntrack_max=4000
	commit n1
	echo_server b tcp 80
	stream c $b4 80
	python flood "$1" a:eth0 $a4 198.18.0.1 3000 &
	for _ in 1 2 3; do
		talks c tcp $b4 80
		echoes more
	done
	wait $!
	talks c tcp $b4 80
	echoes end
	echo "$1: tracked $(tracked n1), flows $(flows n1 from 2 | wc -l), drops $(drops a | tr '\n' ' ')"
	[ "$(flows n1 from 2 | wc -l)" -le 100 ]
	[ "$(tracked n1)" -le 250 ]
}

flows_of_a_udp_flood_displace_each_other() {
	flooded udp
	[ "$(flows n1 from 2 | wc -l)" -ge 50 ]
}
flows_of_a_syn_flood_displace_each_other() {
	flooded syn
	[ "$(flows n1 from 2 | wc -l)" -ge 50 ]
}
flows_of_a_fragment_flood_are_few() {
	flooded fragments
	[ "$(drops a fragment-rate)" -gt 1000 ]
}

# Flows that are answered stay; the next one does not come in.
flows_that_are_answered_are_not_evicted() {
	one_node
	echo_server b tcp 80
	settings n1 '"maxFlowsFrom":3'
	commit n1
	stream a $b4 80
	reaches a $b4
	reaches a $b6
	dropping a flow-limit:1 cut_off a $b4
	echoes two
	reaches b $a4
	on n1 manxctl dp flush protocol icmp > "$scratch/flushed"
	reaches a $b4
}

# In a zone of conntrack's, and translated: the packet shows neither.
flows_that_conntrack_knows_find_the_share_used_up() {
	one_node
	on n1 nft -f - <<-END
		table ip host {
			chain raw {
				type filter hook prerouting priority raw
				iifname { manxa, manxb } ct zone set 1
			}
			chain prerouting {
				type nat hook prerouting priority dstnat
				ip daddr 10.96.0.1 tcp dport 80 dnat to $b4:8080
			}
		}
	END
	echo_server b tcp 8080
	settings n1 '"maxFlowsFrom":2'
	commit n1
	stream a 10.96.0.1 80
	reaches a $b6
	dropping a flow-limit:1 cut_off a $b4
	echoes two
}

# What is only audited is charged to a share, and each packet is judged and counted.
flows_are_audited_as_they_would_be_refused() {
	one_node
	echo_server b tcp 80
	echo_server b udp 53
	table n1 strict egress deny '"action":"deny","protocol":"tcp"' \
		'"action":"allow","protocol":"icmp"'
	egress a strict
	settings n1 '"audit":true,"maxFlowsFrom":3,"keepEstablished":true'
	commit n1
	talks a udp $b4 53
	[ "$(flows n1)" = "2>3 udp $a4 $b4:53 replied$untracked" ] || fail "$(flows n1)"
	# the question and the answer
	[ "$(packets n1 strict)" = "1:0 2:0 default:2" ] || fail "$(packets n1 strict)"
	stream a $b4 80
	echoes two
	[ "$(flows n1 protocol tcp)" = "2>3 tcp $a4 $b4:80 established$untracked" ] ||
		fail "$(flows n1)"
	# they give way to each other, and to what policy allows
	talks a udp $b4 53
	talks a udp $b4 53
	talks a udp $b4 53
	reaches a $b4
	[ "$(flows n1 | wc -l)" = 3 ] || fail "$(flows n1)"
	[ "$(flows n1 protocol icmp)" = "2>3 icmp $a4 $b4:0 replied$untracked" ]
	echoes three
	settings n1 '"maxFlowsFrom":3,"keepEstablished":true'
	commit n1
	stuck four
	fails talks a udp $b4 53
	# without an nf_conn the entry stays for what is still sent
	! tracking || [ -z "$(flows n1 protocol tcp)" ] || fail "$(flows n1)"
	[ "$(flows n1 protocol icmp)" = "2>3 icmp $a4 $b4:0 replied$untracked" ]
	[ "$(drops a policy-egress)" -gt 1 ]
}

# What was allowed once is forbidden, but only audited, then again allowed.
flows_live_on_when_audited() {
	one_node
	echo_server b tcp 80
	stream a $b4 80
	ingress b
	settings n1 '"audit":true'
	commit n1
	echoes two
	[ "$(flows n1)" = "2>3 tcp $a4 $b4:80 established$untracked" ] || fail "$(flows n1)"
	ingress b any-in
	settings n1 ''
	commit n1
	echoes three
	[ "$(flows n1)" = "2>3 tcp $a4 $b4:80 established$untracked" ] || fail "$(flows n1)"
}

# wired: r is off the wire of n1, where nothing but the module checks sources
wired() {
	router r
	node n1
	underlay n1 $u1
	pod n1 a $a4 $a6
	pod n1 b $b4 $b6
	on n1 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
	commit n1
	node_mac=dmac=$(ip -n n1 -o link show eth0 | sed 's/.*ether \([^ ]*\).*/\1/')
}

# The route comes after the commit that names the address.
flows_from_outside_end_when_the_address_is_ours() {
	local both

	both='ether(ip4(udp(1000, 2000)))
		%s	ether(ip6(udp(1000, 2000)))\n'
	wired
	from_x() {
		# shellcheck disable=SC2059	# a format
		printf "$1	$both" "$1" | python frames r:n1 n1:manxa a:eth0 "$node_mac" \
			src4=192.0.2.1 src6=2001:db8::1 dst4=$a4 dst6=$a6
	}
	from_x ignored
	# shellcheck disable=SC2034	# commit reads it
	addresses_of[b]="$b4 $b6 192.0.2.1 2001:db8::1"
	commit n1
	from_x ignored
	ip -n n1 route add 192.0.2.1 dev manxb
	ip -n n1 route add 2001:db8::1 dev manxb
	from_x inner-source
	ip -n n1 route delete 192.0.2.1 dev manxb
	ip -n n1 route delete 2001:db8::1 dev manxb
	from_x ignored
	# the node's own addresses the kernel accepts from nobody
	ip -n n1 address add 192.0.2.1/32 dev lo
	printf 'ignored\tether(ip4(udp(1000, 2000)))\n' | python frames r:n1 n1:manxa a:eth0 \
		"$node_mac" src4=192.0.2.1 dst4=$a4
}

# From one port to a service and to what is behind it.
flows_of_two_connections_keep_to_the_first() {
	local i

	one_node
	on n1 nft -f - <<-END
		table ip nat {
			chain prerouting {
				type nat hook prerouting priority dstnat
				ip daddr 10.96.0.1 udp dport 53 dnat to $b4:53
			}
		}
	END
	echo_server b udp 53
	for i in $b4 10.96.0.1 $b4 10.96.0.1; do
		[ "$(echo hello | on a socat -T 0.5 -t 0.5 - UDP:$i:53,bind=:1000)" = hello ]
		[ "$(flows n1)" = "2>3 udp $a4 $b4:53 replied" ] || fail "$i: $(flows n1)"
	done
	on n1 conntrack -D -d $b4 > "$scratch/deleted"
	[ "$(echo hello | on a socat -T 0.5 -t 0.5 - UDP:10.96.0.1:53,bind=:1000)" = hello ]
	[ "$(flows n1)" = "2>3 udp $a4 $b4:53 replied translated" ] || fail "$(flows n1)"
}

# What conntrack has forgotten is not kept.
flows_let_go_what_conntrack_forgets() {
	tracking || MANX_FAST=established
	one_node
	echo_server b tcp 80
	stream a $b4 80
	reaches a $b6
	tracks n1 2
	on n1 conntrack -F > "$scratch/forgotten"
	on n1 conntrack -F -f ipv6 > "$scratch/forgotten"
	eventually tracks n1 0
	[ "$(flows n1 | wc -l)" = 2 ]
	echoes two
}

flows_go_with_their_namespace() {
	one_node
	echo_server b tcp 80
	stream a $b4 80
	ip link add mark type veth peer name mark netns n1
	python flood udp a:eth0 $a4 $b4 2000
	[ "$(flows n1 | wc -l)" -gt 1000 ]
	ip netns delete n1
	eventually gone mark
	# namespaces go one after the other
	ip netns add last
	ip link add last type veth peer name last netns last
	ip netns delete last
	eventually gone last
}

gone() { ! ip link show dev "$1"; }

# Others do not notice that thousands of entries go.
flows_of_a_busy_endpoint_end_in_slices() {
	local times

	one_node
	pod n1 c 10.65.0.4 fd65::4
	ip -n n1 link add sink type dummy
	ip -n n1 link set sink up
	ip -n n1 route add 198.18.0.0/15 dev sink
	commit n1
	echo_server b tcp 80
	stream c $b4 80
	python flood udp a:eth0 $a4 198.18.0.1 8000
	[ "$(flows n1 from 2 | wc -l)" -gt 7000 ]
	forget a
	commit n1
	[ -z "$(flows n1 from 2)" ]
	on c ping -q -n -i 0.02 -c 100 $b4 > "$scratch/pings"
	grep ' 0% packet loss' "$scratch/pings" || fail "$(< "$scratch/pings")"
	grep rtt "$scratch/pings"
	times=$(awk -F/ '/rtt/ { print int($6) }' "$scratch/pings")
	[ "$times" -lt 100 ]
	echoes two
	eventually few_tracked
}

few_tracked() { [ "$(tracked n1)" -le 5 ]; }

# An entry that IPVS made of a refused packet lets none of the next ones pass.
flows_refused_behind_ipvs_stay_refused() {
	local conntrack

	router r
	node n1
	underlay n1 $u1
	pod n1 a $a4 $a6
	pod n1 b $b4 $b6
	service ipvs
	echo_server b tcp 8080
	ingress b
	commit n1
	for conntrack in 1 0; do
		on n1 sysctl -qw net.ipv4.vs.conntrack=$conntrack
		python frames a:eth0 n1:manxb b:eth0 src4=$a4 dst4=10.96.0.1 <<-END
			policy-ingress	ether(ip4(tcp(100$conntrack, 80)))
			policy-ingress	ether(ip4(tcp(100$conntrack, 80)))
			policy-ingress	ether(ip4(tcp(100$conntrack, 80, 16)))
			policy-ingress	ether(ip4(tcp(100$conntrack, 80, 24)))
		END
		on n1 ipvsadm -L -n -c | has "$a4:100$conntrack "
		[ -z "$(flows n1 protocol tcp)" ] || fail "$(flows n1)"
	done
	refuse "timed out" talks a tcp 10.96.0.1 80
	ingress b any-in
	commit n1
	talks a tcp 10.96.0.1 80
}

flows_through_ipvs_without_conntrack() {
	router r
	node n1
	underlay n1 $u1
	pod n1 a $a4 $a6
	pod n1 b $b4 $b6
	service ipvs
	on n1 sysctl -qw net.ipv4.vs.conntrack=0
	echo_server b tcp 8080
	ingress a
	egress b
	commit n1
	stream a 10.96.0.1 80
	echoes two
	[[ $(flows n1) = "2>3 tcp $a4 $b4:8080 established untracked" ]] || fail "$(flows n1)"
	ingress b
	commit n1
	stuck three
}

# Who comes off the wire to a service does not speak for a pod.
flows_behind_ipvs_have_their_sources_checked() {
	wired
	service ipvs
	echo_server b tcp 8080
	python frames r:n1 n1:manxb b:eth0 "$node_mac" dst4=$u1 <<-END
		inner-source	ether(ip4(tcp(1000, 3080), src="$a4"))
		inner-source	ether(ip4(tcp(1000, 3080, 16), src="$a4"))
		inner-source	ether(ip4(tcp(1000, 3080), src="$b4"))
		ignored	ether(ip4(tcp(1000, 3080), src="192.0.2.1"))
	END
	[[ $(flows n1 from outside) = "0>3 tcp 192.0.2.1 $b4:8080 "* ]] || fail "$(flows n1)"
}

# An error about a flow that policy has cut is cut, too.
flows_have_errors_only_as_long_as_they_are_allowed() {
	errors() {
		python frames b:eth0 n1:manxb a:eth0 src4=$b4 dst4=$a4 src6=$b6 dst6=$a6 <<-END
			$1	ether(ip4(icmp(3, 3, data=ip4(udp(), src="$a4", dst="$b4"))))
			$1	ether(ip6(icmp6(1, 4, data=ip6(udp(), src="$a6", dst="$b6"))))
		END
	}

	one_node
	table n1 udp-in ingress deny '"action":"allow","protocol":"udp"'
	ingress a
	egress b
	ingress b udp-in
	commit n1
	errors policy-egress
	python frames a:eth0 n1:manxa b:eth0 src4=$a4 dst4=$b4 src6=$a6 dst6=$b6 <<-END
		ignored	ether(ip4(udp()))
		ignored	ether(ip6(udp()))
	END
	errors ignored
	on n1 manxctl dp flush all > "$scratch/flushed"
	python frames a:eth0 n1:manxa b:eth0 src4=$a4 dst4=$b4 src6=$a6 dst6=$b6 <<-END
		ignored	ether(ip4(udp()))
		ignored	ether(ip6(udp()))
	END
	errors ignored
	ingress b
	commit n1
	errors policy-egress
	# the entries have ended; conntrack knows the flows still, or else the entries stay
	! tracking || [ -z "$(flows n1 protocol udp)" ] || fail "$(flows n1)"
	errors policy-egress
}

# Copies of what goes to one pod, in another's primary: judged for that, as from outside.
flows_copied_to_another_pod_are_judged_there() {
	local copy

	one_node
	pod n1 c 10.65.0.4
	ingress c
	commit n1
	for copy in "manxa ingress" "manxb egress"; do
		# shellcheck disable=SC2086	# a list
		on n1 tc qdisc add dev ${copy% *} clsact
		# shellcheck disable=SC2086
		on n1 tc filter add dev $copy protocol ip matchall action mirred egress mirror dev manxc
		python frames a:eth0 n1:manxc c:eth0 src4=$a4 dst4=$b4 <<-END
			policy-ingress	ether(ip4(udp()))
		END
		on n1 tc qdisc delete dev ${copy% *} clsact
	done
}

# served6 KIND: like served, over IPv6
served6() {
	one_node
	if [ "$1" = iptables ]; then
		on n1 ip6tables -t nat -A PREROUTING -d fd96::1 -p tcp --dport 80 \
			-j DNAT --to-destination "[$b6]:8080"
	else
		on n1 nft -f - <<-END
			table ip6 nat {
				chain prerouting {
					type nat hook prerouting priority dstnat
					ip6 daddr fd96::1 tcp dport 80 dnat to [$b6]:8080
				}
			}
		END
	fi
	echo_server b tcp 8080
	table n1 to-b egress deny \
		"\"action\":\"allow\",\"destination\":{\"nets\":[\"$b6/128\"],\"ports\":[8080]},\"protocol\":\"tcp\""
	egress a to-b
	ingress a
	egress b
	commit n1
	stream a "[fd96::1]" 80
	[ "$(flows n1)" = "2>3 tcp $a6 $b6:8080 established translated" ] || fail "$(flows n1)"
	flushed n1 1 all
	echoes two
	[ "$(flows n1)" = "2>3 tcp $a6 $b6:8080 established picked-up translated" ] ||
		fail "$(flows n1)"
	ingress b
	commit n1
	stuck three
}

flows_through_a_service_over_ipv6_by_iptables() {
	served6 iptables
}
flows_through_a_service_over_ipv6_by_nftables() {
	served6 nftables
}
