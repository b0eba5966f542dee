# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The fast way: which packets leave the host's stack aside, and what leads them back to it.

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
	eventually closes 1
	stream a $b4 80,linger=0
	by_stack 0 echoes two
	kill -9 $streaming
	eventually closes 2
}

# closes NUMBER: of connections that end
closes() {
	[ "$(on n1 manxctl dp flows to 3 protocol tcp -o json | grep -cE '"state":\s*"clos')" = $1 ]
}

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
	leaves b direct
	ip netns add b
	plug_in b
	mode established
	leaves b established
}

# leaves POD WAY: while a's packets to it go that way
leaves() {
	local pings

	nsenter --net=/run/netns/a -- ping -q -n -i 0.005 $b4 > "$scratch/pings" &
	pings=$!
	eventually pinging $2
	ip netns delete $1
	eventually gone manx$1
	kill $pings
}

pinging() { [ "$(ways n1 protocol icmp)" = "icmp $1 $1" ]; }

gone() { ! ip -n n1 link show dev "$1"; }

# ends NAMESPACE:LINK...: what they have counted
ends() {
	local end

	for end; do
		# shellcheck disable=SC2016
		on ${end%:*} awk -v dev="${end#*:}:" '$1 == dev { print $2, $3, $10, $11 }' /proc/net/dev
	done
}

# adds ADDRESS NAMESPACE:LINK...: what a given traffic adds to them, and to the flow
adds() {
	ends "${@:2}" > "$scratch/before"
	pings $1 10 -s 100
	ends "${@:2}" | paste -d' ' "$scratch/before" - |
		awk '{ print $5 - $1, $6 - $2, $7 - $3, $8 - $4 }'
	on n1 manxctl dp flows from 2 -o json | grep -oE '"(replyP|p)ackets":[0-9]+|"(replyB|b)ytes":[0-9]+'
}

# counts_alike ADDRESS NAMESPACE:LINK...: what the same packets add is the same on each way
counts_alike() {
	local mode

	for mode in off established direct; do
		[ -z "${pods_of[n2]-}" ] || { settings n2 "\"fast\":\"$mode\""; commit n2; }
		mode $mode
		pings "$1" 1
		on n1 manxctl dp flush all > "$scratch/flushed"
		adds "$@" > "$scratch/$mode"
	done
	diff "$scratch/off" "$scratch/established" && diff "$scratch/off" "$scratch/direct"
}

fast_counts_as_the_stack_does() {
	local address

	served
	for address in $b4 $b6; do
		counts_in_the_end $address a:eth0 n1:manxa n1:manxb b:eth0
	done
}

fast_counts_across_nodes_as_the_stack_does() {
	local address

	two_nodes
	for address in $c4 $c6; do
		counts_in_the_end $address a:eth0 n1:manxa n1:tunl n2:tunl n2:manxc c:eth0
	done
}

# A pod's kernel may report its groups meanwhile.
counts_in_the_end() {
	counts_alike "$@" || counts_alike "$@" || counts_alike "$@"
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
	local burst=(/usr/bin/python3 -s -S "$here/py/burst.py")

	served
	on a ethtool -K eth0 tx-udp-segmentation off gso off > "$scratch/ethtool"
	mode established '"queuePackets":8'
	dropping b backlog:32 on a "${burst[@]}" $b4 53 40
	mode direct '"queuePackets":8'
	dropping b backlog:32 on a "${burst[@]}" $b6 53 40
}

# something_runs: a timer or work of the module's, within a second
something_runs() {
	local tracing=/sys/kernel/tracing

	echo > $tracing/trace
	echo 1 > $tracing/tracing_on
	sleep 1
	echo 0 > $tracing/tracing_on
	grep 'function[ =]manx_' $tracing/trace
}

nothing_runs() { ! something_runs; }

# Links and policy cost nothing without traffic. What looks for it does see what there is:
# while there are flows, old ones are looked for.
fast_costs_nothing_while_idle() {
	local event

	served
	warm
	for event in timer/timer_expire_entry timer/hrtimer_expire_entry \
		     workqueue/workqueue_execute_start; do
		echo 1 > /sys/kernel/tracing/events/$event/enable
	done
	something_runs
	on n1 manxctl dp flush all > "$scratch/flushed"
	eventually nothing_runs
	echo > /sys/kernel/tracing/set_event
	echo 1 > /sys/kernel/tracing/tracing_on
}

# tunnelled: two nodes that leave their stacks aside, c answers
tunnelled() {
	settings n1 '"fast":"direct"'
	settings n2 '"fast":"direct"'
	two_nodes
	watch n1
	echo_server c udp 53
}

# Between both nodes the tunnel and the wire.
fast_crosses_the_tunnel() {
	local mode address

	tunnelled
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
	# what is attached to the host's device sees it as from the stack
	on n1 nft 'table netdev t { chain c {
		type filter hook egress device eth0 priority 0; drop; }; }'
	stuck lost
	on n1 nft flush ruleset
	echoes wire
}

# kept_by COMMAND: what is so begun drops what crosses the tunnel, until the ruleset is empty
kept_by() {
	by_stack 0 echoes fast
	"$@"
	stuck lost
	on n1 nft flush ruleset
	on n1 tc qdisc delete dev tunl clsact 2> "$scratch/none" || true
	on n1 tc qdisc delete dev eth0 clsact 2> "$scratch/none" || true
	echoes one
	echoes two
}

# classify LINK ingress|egress: tc drops
classify() {
	on n1 tc qdisc add dev $1 clsact
	on n1 tc filter add dev $1 $2 matchall action drop
}

fast_tunnels_pass_nothing_that_is_attached() {
	local address hook dev end

	tunnelled
	for address in $c4 "[$c6]"; do
		warm $address
		for hook in prerouting input output postrouting; do
			kept_by on n1 nft "table ip host { chain c {
				type filter hook $hook priority 1; meta l4proto { 4, 41 } drop; }; }"
		done
		for dev in tunl eth0; do
			for hook in ingress egress; do
				[ $dev$hook = eth0ingress ] || kept_by on n1 nft "table netdev host { chain c {
					type filter hook $hook device $dev priority 0; drop; }; }"
				kept_by classify $dev $hook
			done
		done
	done
	# the tunnel's own tap, and the wire's
	for end in tunl eth0; do
		nsenter --net=/run/netns/n1 -- timeout $((10 * slow)) tcpdump -n -i $end \
			--immediate-mode -c 2 'udp port 53 or proto 4 or proto 41' > "$scratch/$end" 2>&1 &
		eventually grep -q 'listening on' "$scratch/$end"
		echoes seen
		eventually grep -q '2 packets captured' "$scratch/$end"
		grep -q "$c6.53:" "$scratch/$end" && grep -q "$c6.53 >" "$scratch/$end" ||
			fail "$(< "$scratch/$end")"
	done
}
