# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The fast way: which packets leave the host's stack aside, and what leads them back to it.

# mode off|established|direct [JSON]: of n1, with further settings; flows begin anew
mode() {
	settings n1 "\"fast\":\"$1\"${2+,$2}"
	commit n1
	on n1 manxctl dp flush all > "$scratch/flushed"
}

# goes WAY REPLY-WAY [PROTOCOL]: the flow to b does, a stream of datagrams if none is named
goes() {
	local found

	found=$(ways n1 to 3 protocol ${3-udp})
	[ "${found#* }" = "$1 $2" ] || fail "expected $1 $2, found: $found"
}

# served: n1 with b answering
served() {
	settings n1 '"fast":"established"'
	one_node
	watch n1
	echo_server b udp 53
}

# warm [ADDRESS]: a stream of datagrams, which goes the way it may
warm() {
	stream a "${1-$b4}" 53 UDP
	echoes warm
	echoes warm
}

fast_flows_show_their_way() {
	local mode address pings

	served
	echo_server b tcp 80
	mode off
	stream a $b4 80
	goes stack:off stack:off tcp
	on a ping -q -n -i 0.02 -c 200 $b4 > "$scratch/pings" &
	pings=$!
	# while it runs
	for mode in established direct established off direct; do
		settings n1 "\"fast\":\"$mode\""
		commit n1
		echoes $mode
		echoes again
		echoes third
		goes ${mode/off/stack:off} ${mode/off/stack:off} tcp
	done
	for mode in established direct; do
		mode $mode
		for address in $b4 "[$b6]"; do
			warm $address
			[[ $(ways n1 dport 53) = *"udp $mode $mode" ]] || fail "$(ways n1)"
			by_stack 0 echoes more
		done
	done
	wait $pings
	grep -q ' 0% packet loss' "$scratch/pings" || fail "$(< "$scratch/pings")"
}

# counted: packets that the rule of n1's FORWARD chain has counted
counted() { on n1 iptables -n -v -x -L FORWARD 2 | awk '{ print $1 }'; }

fast_passes_host_rules_with_first_packets_only() {
	local before

	served
	mode established '"markStay":"0x00000100"'
	on n1 iptables -A FORWARD -p udp
	on n1 iptables -A FORWARD -p udp
	warm
	goes established established
	before=$(counted)
	[ "$before" -gt 0 ]
	by_stack 0 echoes more
	[ "$(counted)" = "$before" ]
	# a flow that is marked stays, and is counted
	on n1 iptables -t mangle -A FORWARD -p udp -j MARK --set-mark 0x100/0x100
	by_stack 0 echoes more
	warm
	[[ $(ways n1) = *stack:stay*stack:stay* ]] || fail "$(ways n1)"
	before=$(counted)
	by_stack 2 echoes more
	[ "$(counted)" = $((before + 2)) ]
	on n1 iptables -t mangle -F
	by_stack 2 echoes more
	# direct: the rule holds for the next packet of every flow
	on n1 iptables -F
	on n1 nft flush ruleset
	mode direct
	warm
	goes direct direct
	by_stack 0 echoes more
	on n1 nft -f - <<-END
		table ip host {
			chain forward {
				type filter hook forward priority 0
				udp dport 53 drop
			}
		}
	END
	stuck lost
	on n1 nft flush ruleset
	echoes first
	by_stack 0 echoes more
}

# attach WHAT, detach WHAT: it drops what comes in from a, or goes out to b
attach() {
	case $1 in
	tc-in)
		on n1 tc qdisc add dev manxa clsact
		on n1 tc filter add dev manxa ingress matchall action drop
		;;
	tc-out)
		on n1 tc qdisc add dev manxb clsact
		on n1 tc filter add dev manxb egress matchall action drop
		;;
	xdp) on n1 /usr/bin/python3 -s -S "$here/py/xdp.py" manxa ;;
	nft-in)
		on n1 nft 'table netdev t { chain c {
			type filter hook ingress device manxa priority 0; drop; }; }'
		;;
	nft-out)
		on n1 nft 'table netdev t { chain c {
			type filter hook egress device manxb priority 0; drop; }; }'
		;;
	esac
}

detach() {
	case $1 in
	tc-in) on n1 tc qdisc delete dev manxa clsact ;;
	tc-out) on n1 tc qdisc delete dev manxb clsact ;;
	xdp) ip -n n1 link set manxa xdpgeneric off ;;
	nft-*) on n1 nft delete table netdev t ;;
	esac
}

fast_passes_nothing_that_is_attached_to_a_device() {
	local mode what

	served
	for mode in established direct; do
		mode $mode
		warm
		for what in tc-in tc-out xdp nft-in nft-out; do
			by_stack 0 echoes fast
			attach $what
			stuck lost
			detach $what
			# the kernel may have begun its routes anew
			echoes first
		done
		by_stack 0 echoes fast
		# a queue, which delays and lets pass
		on n1 tc qdisc add dev manxb root pfifo limit 100
		by_stack 1 echoes slow
		on n1 tc qdisc delete dev manxb root
		by_stack 0 echoes fast
	done
}

fast_packets_are_seen_by_taps() {
	local end

	served
	warm
	goes established established
	for end in a:eth0 n1:manxa n1:manxb b:eth0; do
		nsenter --net=/run/netns/${end%:*} -- timeout 10 tcpdump -n -i ${end#*:} \
			--immediate-mode -c 2 'udp port 53' > "$scratch/$end" 2>&1 &
		eventually grep -q 'listening on' "$scratch/$end"
	done
	echoes seen
	for end in a:eth0 n1:manxa n1:manxb b:eth0; do
		eventually grep -q '2 packets captured' "$scratch/$end"
		grep -q "$b4.53:" "$scratch/$end"
		grep -q "$b4.53 >" "$scratch/$end"
	done
}

# moved ID: the stream's next packets go to that endpoint
moved() {
	echoes moved
	echoes moved
	[ "$(ways n1 to $1 protocol udp)" ] || fail "$(on n1 manxctl dp flows)"
	by_stack 0 echoes moved
}

# An address that two pods have; routes say who gets what is sent to it.
fast_follows_routes_and_rules() {
	local mode address family name by_b by_c

	served
	pod n1 c 10.65.0.4 fd65::4
	for name in b c; do
		endpoint $name '"sourcePrefixes":["10.99.0.1/32","fd99::1/128"]'
		ip -n $name address add 10.99.0.1/32 dev lo
		ip -n $name address add fd99::1/128 dev lo
		echo_server $name udp 54 "bind=[::ffff:10.99.0.1]"
		echo_server $name udp 56 "bind=[fd99::1]"
	done
	for mode in established direct; do
		mode $mode
		for family in 4 6; do
			if [ $family = 4 ]; then
				address=10.99.0.1 by_b=$b4 by_c=10.65.0.4
			else
				address=fd99::1 by_b=$b6 by_c=fd65::4
			fi
			by_b="via $by_b dev manxb onlink" by_c="via $by_c dev manxc onlink"
			ip -n n1 route replace $address $by_b
			if [ $family = 4 ]; then
				stream a $address 54 UDP
			else
				stream a "[$address]" 56 UDP
			fi
			moved 3
			ip -n n1 route replace $address $by_c
			moved 4
			ip -n n1 route replace $address $by_b table 100
			ip -n n1 -$family rule add iif manxa lookup 100 priority 50
			moved 3
			ip -n n1 -$family rule delete priority 50
			moved 4
			ip -n n1 route delete $address $by_c
			stuck lost
			on n1 manxctl dp flush all > "$scratch/flushed"
		done
	done
}

fast_leaves_ipsec_to_the_stack() {
	local mode

	served
	for mode in established direct; do
		mode $mode
		warm
		by_stack 0 echoes fast
		ip -n n1 xfrm policy add dir fwd src 192.0.2.0/24 dst 192.0.2.0/24 action block
		by_stack 2 echoes slow
		by_stack 2 echoes slow
		ip -n n1 xfrm policy delete dir fwd src 192.0.2.0/24 dst 192.0.2.0/24
		# every change of it ends the routes that are known
		echoes first
		by_stack 0 echoes fast
		# of everybody
		ip -n n1 xfrm policy add dir fwd action block
		stuck lost
		ip -n n1 xfrm policy flush
		echoes first
		by_stack 0 echoes fast
	done
}

fast_works_inside_a_vrf() {
	local mode

	served
	ip -n n1 -b - <<-END
		link add red type vrf table 10
		link set red up
		link set manxa master red
		link set manxb master red
		route add $a4 dev manxa table 10
		route add $b4 dev manxb table 10
		route add $a6 dev manxa table 10
		route add $b6 dev manxb table 10
	END
	for mode in established direct; do
		for address in $b4 "[$b6]"; do
			mode $mode
			ingress b any-in
			commit n1
			warm $address
			goes $mode $mode
			by_stack 0 echoes fast
			ingress b
			commit n1
			stuck lost
			ingress b any-in
			commit n1
		done
	done
}

# pings ADDRESS COUNT [OPTION...]: all with one identity, so that they are one flow
pings() { on a ping -n -q -e 77 -i 0.02 -W 2 -c $2 "${@:3}" $1 > "$scratch/ping"; }

# too_long ADDRESS: the sender is told what length would do
too_long() {
	if pings $1 1 -M "do" -s 1400 2> "$scratch/error"; then fail "it fits"; fi
	cat "$scratch/error" >> "$scratch/ping"
	ip -n a route get $1 | has 'mtu 1300' || fail "$(< "$scratch/ping")"
}

fast_leaves_exceptions_to_the_stack() {
	local mode address

	served
	for mode in established direct; do
		mode $mode
		for address in $b4 $b6; do
			ip -n a route flush cache
			pings $address 4
			by_stack 0 pings $address 2
			tells a $address 'Time to live exceeded|Hop limit' -t 1 -e 77
			# fragments are put together by the stack
			by_stack 2 pings $address 1 -s 4000
			ip -n n1 link set manxb mtu 1300
			too_long $address
			ip -n n1 link set manxb mtu 1500
			pings $address 4
			by_stack 0 pings $address 2
		done
		# record route
		by_stack 2 pings $b4 1 -R
		by_stack 0 pings $b4 1
	done
	python frames a:eth0 n1:manxb b:eth0 dmac=$gateway_mac src4=$a4 src6=$a6 <<-END
		ignored	ether(ip4(udp(), dst="239.1.1.1"))
		ignored	ether(ip6(udp(), dst="ff0e::1"))
	END
}

fast_ends_with_the_connection() {
	served
	echo_server b tcp 80
	stream a $b4 80
	echoes two
	goes established established tcp
	exec 3>&-
	eventually goes stack:closing stack:closing tcp
	mode established
	stream a $b4 80,linger=0
	echoes two
	goes established established tcp
	kill -9 $streaming
	eventually goes stack:closing stack:closing tcp
	# direct: there is nobody else to see it
	mode direct
	stream a $b4 80
	by_stack 0 echoes two
	exec 3>&-
	eventually closes
}

closes() { on n1 manxctl dp flows to 3 protocol tcp -o json | grep -E '"state":\s*"clos'; }

fast_flows_are_cut_by_policy() {
	local mode address pings

	served
	table n1 no-udp ingress pass '"action":"deny","protocol":"udp"'
	for mode in established direct; do
		mode $mode
		for address in $b4 "[$b6]"; do
			warm $address
			by_stack 0 echoes fast
			on a ping -q -n -i 0.02 -c 40 $b4 > "$scratch/pings" &
			pings=$!
			ingress b no-udp any-in
			commit n1
			dropping b policy-ingress:1 stuck lost
			ingress b any-in
			commit n1
			echoes again
			echoes again
			by_stack 0 echoes fast
			wait $pings
			grep -q ' 0% packet loss' "$scratch/pings" || fail "$(< "$scratch/pings")"
		done
	done
}

fast_flows_end_with_what_they_lead_to() {
	local mode

	served
	for mode in established direct; do
		mode $mode
		warm
		by_stack 0 echoes fast
		ip -n n1 link set manxb down
		stuck lost
		ip -n n1 link set manxb up
		ip -n n1 route add $b4 dev manxb
		eventually reaches a $b4
		warm
		by_stack 0 echoes fast
		ip -n b link set eth0 down
		stuck lost
		ip -n b link set eth0 up
		ip -n b route add 169.254.1.1 dev eth0 scope link
		ip -n b route add default via 169.254.1.1
		eventually reaches a $b4
	done
	warm
	forget b
	commit n1
	stuck lost
	[ -z "$(ways n1 to 3)" ] || fail "$(ways n1)"
	pods_of[n1]+=" b"
	commit n1
	# without the servers nothing holds the namespace
	ip netns pids b | xargs kill
	nsenter --net=/run/netns/a -- ping -q -n -i 0.005 $b4 > "$scratch/pings" &
	eventually pinging
	ip netns delete b
	eventually gone manxb
}

pinging() { [ "$(ways n1 protocol icmp)" = "icmp direct direct" ]; }

gone() { ! ip -n n1 link show dev "$1"; }

# ends: what the four ends of the two pairs have counted, and the flow
ends() {
	local end

	for end in a:eth0 n1:manxa n1:manxb b:eth0; do
		# shellcheck disable=SC2016
		on ${end%:*} awk -v dev="${end#*:}:" '$1 == dev { print $2, $3, $10, $11 }' /proc/net/dev
	done
}

# adds ADDRESS: what a given traffic adds to them
adds() {
	ends > "$scratch/before"
	pings $1 10 -s 100
	ends | paste -d' ' "$scratch/before" - | awk '{ print $5 - $1, $6 - $2, $7 - $3, $8 - $4 }'
	on n1 manxctl dp flows endpoint 3 -o json | grep -oE '"(replyP|p)ackets":[0-9]+|"(replyB|b)ytes":[0-9]+'
}

# counts_alike ADDRESS: what the same packets add is the same on each way
counts_alike() {
	local mode

	for mode in off established direct; do
		mode $mode
		pings "$1" 1
		on n1 manxctl dp flush all > "$scratch/flushed"
		adds "$1" > "$scratch/$mode"
	done
	diff "$scratch/off" "$scratch/established" && diff "$scratch/off" "$scratch/direct"
}

fast_counts_as_the_stack_does() {
	local address

	served
	for address in $b4 $b6; do
		# a pod's kernel may report its groups meanwhile
		counts_alike $address || counts_alike $address || counts_alike $address
	done
}

fast_carries_what_was_sent() {
	local mode address features

	served
	head -c 1000000 /dev/urandom > "$scratch/sent"
	for features in "" "a tx off tso off gso off sg off" "b gro off rx off"; do
		[ -z "$features" ] || on ${features%% *} ethtool -K eth0 ${features#* } > "$scratch/ethtool"
		for mode in established direct; do
			mode $mode
			for address in $b4 "[$b6]"; do
				transfers $address
			done
		done
	done
}

# transfers ADDRESS: from a to b, which gets the same
transfers() {
	nsenter --net=/run/netns/b -- socat -u TCP6-LISTEN:9,reuseaddr,ipv6only=0 \
		"CREATE:$scratch/received" &
	eventually grep -q ':0009 0*:0000 0A' "/proc/$!/net/tcp6"
	on a socat -u "OPEN:$scratch/sent" "TCP:$1:9"
	wait $!
	cmp "$scratch/sent" "$scratch/received"
	rm "$scratch/received"
}

fast_queues_have_an_end() {
	served
	mode established '"queuePackets":8'
	on a ethtool -K eth0 tx-udp-segmentation off gso off > "$scratch/ethtool"
	dropping b backlog:32 on a /usr/bin/python3 -s -S "$here/py/burst.py" $b4 53 40
}

# Both nodes leave their stacks aside, the tunnel and the wire between them.
fast_crosses_the_tunnel() {
	local mode address

	settings n1 '"fast":"established"'
	settings n2 '"fast":"established"'
	two_nodes
	watch n1
	echo_server c udp 53
	for mode in established direct; do
		settings n2 "\"fast\":\"$mode\""
		commit n2
		mode $mode
		for address in $c4 "[$c6]"; do
			warm $address
			[ "$(ways n1 dport 53)" = "udp $mode $mode" ] || fail "$(ways n1)"
			by_stack 0 echoes far
			on n1 manxctl dp flush all > "$scratch/flushed"
		done
	done
	ip -n n1 route replace 10.65.1.0/24 via 10.1.0.254
	ip -n n2 route replace 10.65.0.0/24 via 10.2.0.254
	ip -n r route add 10.65.0.0/24 via $u1
	ip -n r route add 10.65.1.0/24 via $u2
	warm $c4
	[ "$(ways n1 dport 53)" = "udp direct direct" ] || fail "$(ways n1)"
	by_stack 0 echoes wire
}
