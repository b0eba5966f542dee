# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the host has of its own, beside flows that go past its stack: rules, filters at
# devices, taps, IPsec, zones, routes.

# Each of the two ways with another family, where both would be alike.
each_way=("established $b4" "direct [$b6]")

# counted: packets that the rule of n1's FORWARD chain has counted
counted() { on n1 iptables -n -v -x -L FORWARD 2 | awk '{ print $1 }'; }

# uncounted COMMAND...: the rule sees nothing of it
uncounted() {
	local before

	before=$(counted)
	"$@"
	[ "$(counted)" = "$before" ]
}

host_rules_see_first_packets_only_or_all() {
	local before

	served
	mode established '"markStay":"0x00000100"'
	on n1 iptables -A FORWARD -p udp
	on n1 iptables -A FORWARD -p udp
	warm
	goes established established
	[ "$(counted)" -gt 0 ]
	eventually uncounted echoes more
	by_stack 0 echoes more
	# a flow that is marked stays, and is counted
	on n1 iptables -t mangle -A FORWARD -p udp -j MARK --set-mark 0x100/0x100
	by_stack 0 echoes more
	warm
	[[ $(ways n1 protocol udp) = *"stack:stay stack:stay"* ]] || fail "$(ways n1)"
	before=$(counted)
	by_stack 2 echoes more
	[ "$(counted)" = $((before + 2)) ]
	on n1 iptables -t mangle -F
	echoes more
	by_stack 2 echoes more
	# one that runs does, too, when a packet of it comes by the stack
	pings $b4 3
	goes established established icmp
	on n1 iptables -t mangle -A FORWARD -p icmp -j MARK --set-mark 0x100/0x100
	by_stack 2 pings $b4 1 -R
	goes stack:stay stack:stay icmp
}

# A chain at any hook sees the next packet, of its own family.
host_chains_take_flows_back_to_the_stack() {
	local hook family

	served
	for family in ip ip6; do
		mode direct
		warm "$([ $family = ip ] && echo $b4 || echo "[$b6]")"
		for hook in prerouting forward postrouting; do
			by_stack 0 echoes direct
			on n1 nft "table $([ $family = ip ] && echo ip6 || echo ip) other {
				chain c { type filter hook $hook priority 1; drop; }; }"
			by_stack 0 echoes direct
			on n1 nft "flush ruleset; table $family host {
				chain c { type filter hook $hook priority 1; udp dport 53 drop; }; }"
			stuck lost
			on n1 nft "flush ruleset; table $family host {
				chain c { type filter hook $hook priority 1; }; }"
			echoes one
			goes stack:untracked stack:untracked
			on n1 nft flush ruleset
			echoes two
		done
	done
}

# attach WHAT IN [OUT], detach WHAT IN [OUT]: it drops what comes in, or goes out
attach() {
	case $1 in
	tc-in)
		on n1 tc qdisc add dev $2 clsact
		on n1 tc filter add dev $2 ingress matchall action drop
		;;
	tc-out)
		on n1 tc qdisc add dev $3 clsact
		on n1 tc filter add dev $3 egress matchall action drop
		;;
	xdp) on n1 /usr/bin/python3 -s -S "$here/py/xdp.py" $2 ;;
	nft-in)
		on n1 nft "table netdev t { chain c {
			type filter hook ingress device $2 priority 0; drop; }; }"
		;;
	nft-out)
		on n1 nft "table netdev t { chain c {
			type filter hook egress device $3 priority 0; drop; }; }"
		;;
	esac
}

detach() {
	case $1 in
	tc-in) on n1 tc qdisc delete dev $2 clsact ;;
	tc-out) on n1 tc qdisc delete dev $3 clsact ;;
	xdp) ip -n n1 link set $2 xdpgeneric off ;;
	nft-*) on n1 nft delete table netdev t ;;
	esac
}

host_filters_at_devices_see_the_next_packet() {
	local way what

	served
	for way in "${each_way[@]}"; do
		mode ${way% *}
		warm ${way#* }
		for what in tc-in tc-out xdp nft-in nft-out; do
			by_stack 0 echoes fast
			attach $what manxa manxb
			stuck lost
			detach $what manxa manxb
			# the kernel may have begun its routes anew
			echoes first
		done
		by_stack 0 echoes fast
		# a queue, which delays and lets pass
		on n1 tc qdisc add dev manxb root pfifo limit 100
		by_stack 1 echoes slow
		on n1 tc qdisc delete dev manxb root
		by_stack 0 echoes fast
		# somebody who takes what comes in, but not this
		ip -n n1 link add other link manxa type macvlan mode bridge
		by_stack 1 echoes slow
		ip -n n1 link delete other
		echoes first
		by_stack 0 echoes fast
		on n1 /usr/bin/python3 -s -S "$here/py/xdp.py" manxa pass
		echoes first
		by_stack 1 echoes slow
		detach xdp manxa
		echoes first
		by_stack 0 echoes fast
	done
}

# listen NAMESPACE:LINK FILTER: a tap that ends with the second packet
listen() {
	nsenter --net=/run/netns/${1%:*} -- timeout $((10 * slow)) tcpdump -n -i ${1#*:} \
		--immediate-mode -c 2 "$2" > "$scratch/$1" 2>&1 &
	eventually grep -q 'listening on' "$scratch/$1"
}

# heard NAMESPACE:LINK ADDRESS: one packet to it, and one from there
heard() {
	eventually grep -q '2 packets captured' "$scratch/$1"
	grep -q "$2.53:" "$scratch/$1"
	grep -q "$2.53 >" "$scratch/$1"
}

host_taps_see_both_directions() {
	local way end address

	served
	for way in "${each_way[@]}"; do
		mode ${way% *}
		address=${way#* }
		warm $address
		by_stack 0 echoes unseen
		for end in a:eth0 b:eth0; do listen $end 'udp port 53'; done
		by_stack 0 echoes seen
		for end in a:eth0 b:eth0; do heard $end ${address//[][]}; done
		for end in n1:manxa n1:manxb; do listen $end 'udp port 53'; done
		echoes seen
		for end in n1:manxa n1:manxb; do heard $end ${address//[][]}; done
		by_stack 0 echoes unseen
	done
}

host_ipsec_keeps_what_it_may_judge() {
	local way policy
	local -A nets=(
		[established]="192.0.2.0/24 dst 192.0.2.0/24" [direct]="fd92::/64 dst fd92::/64"
	)

	served
	for way in "${each_way[@]}"; do
		mode ${way% *}
		warm ${way#* }
		for policy in fwd out; do
			by_stack 0 echoes fast
			policy="dir $policy src ${nets[${way% *}]}"
			ip -n n1 xfrm policy add $policy action block
			by_stack 2 echoes slow
			by_stack 2 echoes slow
			goes stack:ipsec stack:ipsec
			ip -n n1 xfrm policy delete $policy
			# every change of it ends the routes that are known
			echoes first
		done
		for policy in fwd out; do
			by_stack 0 echoes fast
			# of everybody
			ip -n n1 xfrm policy setdefault $policy block
			stuck lost
			ip -n n1 xfrm policy setdefault $policy accept
			echoes first
		done
	done
}

# twice_wired: r is outside, as $o4 and $o6, by two cables; n1 and r know the first
o4=192.0.2.1 o6=fd92::1
twice_wired() {
	local i

	router r
	served
	ip -n r -b - <<-END
		address add $o4/32 dev lo
		address add $o6/128 dev lo
	END
	echo_server r udp 53 "bind=[::ffff:$o4]"
	echo_server r udp 56 "bind=[$o6]"
	for i in 1 2; do
		ip link add eth$i netns n1 type veth peer name eth$i netns r
		ip -n n1 -b - <<-END
			address add 10.$i.1.1/24 dev eth$i
			address add fd0$i::1/64 dev eth$i
			link set eth$i up
		END
		ip -n r -b - <<-END
			address add 10.$i.1.2/24 dev eth$i
			address add fd0$i::2/64 dev eth$i
			link set eth$i up
		END
	done
	out_by 1
	back_by 1
	# both ends know their neighbours
	reaches r 10.2.1.1
	reaches r fd02::1
}

# out_by I, back_by I: the cable that packets to r, and from there, take
out_by() {
	ip -n n1 -b - <<-END
		route replace $o4 via 10.$1.1.2
		route replace $o6 via fd0$1::2
	END
}

back_by() {
	ip -n r -b - <<-END
		route replace $a4 via 10.$1.1.1
		route replace $a6 via fd0$1::1
	END
}

# settles: after at most two packets of each direction nothing is left to the stack
settles() {
	echoes one
	echoes two
	by_stack 0 echoes three
}

host_reverse_path_filters_hold_for_running_flows() {
	local mode

	twice_wired
	for mode in established direct; do
		out_by 1
		back_by 1
		# shellcheck disable=SC2046
		on n1 sysctl -qw $(printf 'net.ipv4.conf.%s.rp_filter=1 ' all eth1 eth2)
		mode $mode
		stream a $o4 53 UDP
		settles
		back_by 2
		stuck asymmetric
		out_by 2
		settles
		# what is loose lets pass as long as there is a way back
		# shellcheck disable=SC2046
		on n1 sysctl -qw $(printf 'net.ipv4.conf.%s.rp_filter=2 ' all eth1 eth2)
		back_by 1
		settles
		stream a "[$o6]" 56 UDP
		settles
		back_by 2
		settles
	done
}

# both_ways NODE ADDRESS GATEWAY...: a route with as many next hops
both_ways() {
	# shellcheck disable=SC2046	# words
	ip -n $1 route replace $2 $(printf 'nexthop via %s ' "${@:3}")
}

host_next_hops_are_followed() {
	local way address

	twice_wired
	for way in "established $o4 53" "direct [$o6] 56"; do
		both_ways r $a4 10.1.1.1 10.2.1.1
		both_ways r $a6 fd01::1 fd02::1
		both_ways n1 $o4 10.1.1.2 10.2.1.2
		both_ways n1 $o6 fd01::2 fd02::2
		mode ${way%% *}
		# shellcheck disable=SC2086	# address and port
		stream a ${way#* } UDP
		settles
		# one of several goes, whichever it was
		for address in 1 2; do
			out_by $address
			settles
		done
		both_ways n1 $o4 10.1.1.2 10.2.1.2
		both_ways n1 $o6 fd01::2 fd02::2
		back_by 2
		settles
		# and its cable
		ip -n n1 link set eth1 down
		settles
		ip -n n1 link set eth1 up
		ip -n n1 address replace fd01::1/64 dev eth1
	done
}

# Two nf_conns of a flow, one for each direction, if the zones are such.
host_zones_tell_connections_apart() {
	local mode

	served
	for mode in established direct; do
		on n1 nft -f - <<-END
			table inet host {
				chain prerouting {
					type filter hook prerouting priority raw
					iifname { manxa, manxb } ct zone set 1
				}
			}
		END
		mode $mode
		warm
		by_stack 0 echoes fast
		goes established established
		on n1 nft -f - <<-END
			flush ruleset
			table inet host {
				chain prerouting {
					type filter hook prerouting priority raw
					iifname manxa ct zone set 2
					iifname manxb ct zone set 3
				}
			}
		END
		mode $mode
		warm
		by_stack 1 echoes slow
		goes established stack:new
		on n1 nft flush ruleset
	done
}

host_helpers_of_conntrack_see_every_packet() {
	served
	echo_server b tcp 21
	modprobe -a nf_conntrack_ftp sctp
	on n1 nft -f - <<-END
		table ip host {
			ct helper ftp { type "ftp" protocol tcp; }
			chain prerouting {
				type filter hook prerouting priority 0
				tcp dport 21 ct helper set "ftp"
			}
		}
	END
	stream a $b4 21
	echoes two
	goes stack:helper stack:helper tcp
	# for as long as the flow lives
	on n1 nft flush ruleset
	on n1 conntrack -D -p tcp > "$scratch/deleted" 2>&1
	echoes three
	echoes four
	goes stack:helper stack:helper tcp
	# chunks and packets of these say more than a state that is learned
	nsenter --net=/run/netns/b -- socat SCTP-LISTEN:7 PIPE &
	eventually stream a $b4 7 SCTP
	echoes two
	goes stack:helper stack:helper sctp
	python frames a:eth0 n1:manxa n1:lo src4=$a4 dst4=$b4 <<-'END'
		ignored	ether(ip4(Layer(bytes.fromhex("03e80007050000000100000000000001" "00000000"), sum_at=6), proto=33))
		ignored	ether(ip4(Layer(bytes.fromhex("03e80007050000000100000000000001" "00000000"), sum_at=6), proto=33))
	END
	[ "$(ways n1 protocol 33)" = "33 stack:helper stack:helper" ] || fail "$(on n1 manxctl dp flows)"
}

# sender: a sends datagrams that nobody answers to b
sender() {
	nsenter --net=/run/netns/b -- socat -u UDP-RECV:99 OPEN:/dev/null &
	eventually grep -q ':0063 0*:0000 07' "/proc/$!/net/udp"
	# shellcheck disable=SC2016	# the words are for that shell
	coproc SENDER { on a bash -c '
		exec 3<> /dev/udp/$0/99
		while read -r; do echo octets >&3; echo sent; done' $b4; }
}

sends() {
	echo >&"${SENDER[1]}"
	read -r -t 10 <&"${SENDER[0]}"
}

# The rules that decide about source NAT have not been asked when a first packet is forwarded.
host_source_nat_is_seen_from_the_first_packet_on() {
	served
	on n1 nft -f - <<-END
		table ip nat {
			chain postrouting {
				type nat hook postrouting priority srcnat
				udp dport 99 snat to $u1
			}
		}
	END
	sender
	for _ in 1 2 3; do by_stack 1 sends; done
	[ "$(ways n1 to 3)" = "udp stack:translated stack:translated" ] || fail "$(ways n1)"
}

# A service and what is behind it, asked from one port: an entry for two connections.
host_connections_of_one_entry_keep_apart() {
	served
	on n1 nft -f - <<-END
		table ip nat {
			chain prerouting {
				type nat hook prerouting priority dstnat
				ip daddr 10.96.0.1 udp dport 53 dnat to $b4:53
			}
		}
	END
	stream a $b4 53,sourceport=1000,reuseaddr UDP
	settles
	goes established established
	[ "$(echo hello | on a socat -T 0.5 -t 0.5 - UDP:10.96.0.1:53,sourceport=1000,reuseaddr)" = hello ]
	goes stack:translated stack:translated
	echoes more
	on n1 conntrack -D -p udp > "$scratch/deleted" 2>&1
	echoes more
	echoes more
	goes stack:translated stack:translated
}

# What conntrack forgets, or lets expire, the stack sees; what goes on past it stays.
host_conntrack_keeps_what_it_does_not_see() {
	local i

	served
	warm
	settles
	on n1 conntrack -D -p udp > "$scratch/deleted" 2>&1
	by_stack 2 echoes forgotten
	settles
	on n1 sysctl -qw net.netfilter.nf_conntrack_udp_timeout_stream=3
	sleep 1.1
	# refreshed, with the new time
	by_stack 0 echoes fast
	for i in 1 2 3 4; do
		sleep 0.9
		by_stack 0 echoes $i
	done
	on n1 conntrack -L -p udp 2> "$scratch/listed" | has ASSURED
	sleep 3.3
	by_stack 2 echoes expired
	settles
}

# lasts PROTOCOL SECONDS: its nf_conn will
lasts() {
	local family=ipv4 left

	[ $1 != icmpv6 ] || family=ipv6
	left=$(on n1 conntrack -L -f $family -p $1 2> "$scratch/listed" | awk '{ print $3; exit }')
	[ $(($2 - left)) -ge 0 ]
	[ $(($2 - left)) -lt 20 ]
}

host_conntrack_expires_by_its_own_times() {
	served
	echo_server b tcp 80
	sender
	stream a $b4 80
	pings $b4 3
	pings $b6 3
	echoes two
	for _ in 1 2 3; do sends; done
	on n1 sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=1100 \
		net.netfilter.nf_conntrack_udp_timeout=1200 \
		net.netfilter.nf_conntrack_icmp_timeout=1300 \
		net.netfilter.nf_conntrack_icmpv6_timeout=1400 \
		net.netfilter.nf_conntrack_udp_timeout_stream=1500
	sleep 1.1
	by_stack 0 echoes three
	by_stack 0 pings $b4 1
	by_stack 0 pings $b6 1
	by_stack 0 sends
	lasts tcp 1100
	lasts udp 1200
	lasts icmp 1300
	lasts icmpv6 1400
	warm
	sleep 1.1
	by_stack 0 echoes more
	on n1 conntrack -D -p udp --dport 99 > "$scratch/deleted" 2>&1
	lasts udp 1500
}

# Conntrack's window has stood still meanwhile.
host_conntrack_follows_what_comes_back_to_it() {
	local long

	served
	echo_server b tcp 80
	on n1 nft -f - <<-END
		table ip host {
			chain forward {
				type filter hook forward priority -1
				ct state invalid drop
			}
		}
	END
	stream a $b4 80
	echoes two
	goes established established tcp
	long=$(head -c 60000 /dev/zero | tr '\0' x)
	for _ in {1..20}; do echoes "$long"; done
	on n1 tc qdisc add dev manxb root pfifo limit 1000
	on n1 tc qdisc add dev manxa root pfifo limit 1000
	echoes slow
}

# learns WAY ADDRESS: what becomes of a pod's datagrams to an address that does not answer
learns() {
	on n1 manxctl dp flush all > "$scratch/flushed"
	python frames a:eth0 n1:manxa n1:lo src4=$a4 dst4=$2 <<-'END'
		ignored	ether(ip4(udp(9, 9)))
		ignored	ether(ip4(udp(9, 9)))
	END
	[ "$(ways n1 from 2)" = "udp $1 stack:new" ] || fail "$2: $(on n1 manxctl dp flows)"
}

# Routes that do more than to lead to a device.
host_routes_that_are_not_plain_are_left_to_it() {
	local i

	served
	ip -n n1 -b - <<-END
		link add red type vrf table 10
		link set red up
		link add wide type dummy
		link add deep type dummy master red
		link set wide up
		link set deep up
		address add 198.18.0.1/24 dev wide
		route add default dev deep table 10
		route add 198.18.1.1 dev wide
		route add 198.18.1.2 encap ip id 5 dst 10.1.0.9 dev wide
		route add 198.18.1.3 dev lo
		route add 198.18.1.4 dev red
		route add 198.18.1.5 dev manxa
	END
	on n1 sysctl -qw net.ipv4.conf.all.bc_forwarding=1 net.ipv4.conf.manxa.bc_forwarding=1
	learns established 198.18.1.1
	for i in 2 3 4 5; do learns stack:route 198.18.1.$i; done
	# to all of a network
	learns stack:route 198.18.0.255
}
