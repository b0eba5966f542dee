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

# flushed NODE NUMBER FILTER...: that many entries are ended
flushed() {
	local found

	found=$(on "$1" manxctl dp flush "${@:3}")
	[[ $found =~ (^|[^0-9])$2([^0-9]|$) ]] || fail "flushed $found, expected $2"
}

# tracked NODE: entries of the host's connection tracking; tracks NODE NUMBER
tracked() { on "$1" cat /proc/sys/net/netfilter/nf_conntrack_count; }
tracks() { [ "$(tracked "$1")" = "$2" ]; }

# stream NAMESPACE ADDRESS PORT: opens a connection; what goes into 3 comes back from 4
stream() {
	mkfifo "$scratch/in" "$scratch/out"
	nsenter --net="/run/netns/$1" -- socat - "TCP:$2:$3" < "$scratch/in" > "$scratch/out" &
	exec 3> "$scratch/in" 4< "$scratch/out"
	echoes one
}

# echoes WORD: through the open stream
echoes() {
	local line

	echo "$1" >&3
	read -r -t 10 line <&4
	[ "$line" = "$1" ]
}

# stuck WORD: nothing comes back
stuck() {
	local line

	echo "$1" >&3
	if read -r -t 0.5 line <&4; then fail "came back: $line"; fi
}

flows_are_listed_and_flushed() {
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
	[ -z "$(flows n1 state established)" ]
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
	sleep 1.5
	[ -z "$(flows n1)" ] || fail "$(flows n1)"
	read -r -t 10 line <&"${COPROC[0]}"
	[ "$line" = two ]
	ingress b
	commit n1
	if read -r -t 5 line <&"${COPROC[0]}"; then fail "came back: $line"; fi
	[ "$(drops b policy-ingress)" -gt 0 ]
}

flows_end_with_their_endpoint() {
	one_node
	echo_server b tcp 80
	stream a $b4 80
	reaches n1 $a4
	forget b
	commit n1
	[ "$(flows n1)" = "1>2 icmp $u1 $a4:0 replied" ] || fail "$(flows n1)"
	eventually tracks n1 1
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
	[ "$(flows n1)" = "2>3 udp $a6 $b6:53 replied" ] || fail "$(flows n1)"
}

# service KIND: 10.96.0.1:80, and port 3080 of the node, lead to b:8080; who comes from
# outside gets the node's address
service() {
	case $1 in
	iptables)
		on n1 iptables -t nat -A PREROUTING -d 10.96.0.1 -p tcp --dport 80 \
			-j DNAT --to-destination $b4:8080
		on n1 iptables -t nat -A OUTPUT -d 10.96.0.1 -p tcp --dport 80 \
			-j DNAT --to-destination $b4:8080
		on n1 iptables -t nat -A PREROUTING -d $u1 -p tcp --dport 3080 \
			-j DNAT --to-destination $b4:8080
		on n1 iptables -t nat -A POSTROUTING -s 10.1.0.254 -o manxb -j MASQUERADE
		;;
	nftables)
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
					ip saddr 10.1.0.254 oifname manxb masquerade
				}
			}
		END
		;;
	ipvs)
		ip -n n1 link add ipvs type dummy
		ip -n n1 address add 10.96.0.1/32 dev ipvs
		on n1 ipvsadm -A -t 10.96.0.1:80 -s rr
		on n1 sysctl -qw net.ipv4.vs.conntrack=1
		on n1 ipvsadm -a -t 10.96.0.1:80 -r $b4:8080 -m
		on n1 ipvsadm -A -t $u1:3080 -s rr
		on n1 ipvsadm -a -t $u1:3080 -r $b4:8080 -m
		on n1 iptables -t nat -A POSTROUTING -s 10.1.0.254 -d $b4 -j MASQUERADE
		;;
	esac
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

# red and blue have the same addresses, and the same ports.
flows_of_two_vrfs_do_not_meet() {
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
	for vrf in red blue; do
		echo hello | on a$vrf socat -T 1 -t 1 - UDP:$b4:53,bind=:1000 > "$scratch/answer"
		grep -q hello "$scratch/answer"
	done
	[ "$(flows n1)" = "2>3 udp $a4 $b4:53 replied
4>5 udp $a4 $b4:53 replied" ] || fail "$(flows n1)"
	ingress bred
	commit n1
	echo hello | on ared socat -T 0.5 -t 0.5 - UDP:$b4:53,bind=:1000 > "$scratch/answer"
	[ ! -s "$scratch/answer" ]
	echo hello | on ablue socat -T 1 -t 1 - UDP:$b4:53,bind=:1000 > "$scratch/answer"
	grep -q hello "$scratch/answer"
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
