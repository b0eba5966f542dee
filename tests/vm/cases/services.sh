# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Addresses of services, translated by the host to one of a pod: they are reached from
# everywhere, whatever has been forgotten meanwhile, and none of their packets goes past
# the stack. One service, that both nodes translate:
#
#	10.96.0.1:80, [fd96::1]:80		for pods and nodes
#	port 3080 of the nodes			for who is outside
#
# lead to b:8080. Who is not a pod, and b itself, come to b from an address of the node.

# both_nodes: with b; every node has an address in the blocks of its pods, and by IPv6
both_nodes() {
	local i

	two_nodes
	pod n1 b $b4 $b6
	commit n1
	for i in 1 2; do
		ip -n r address add fd0$i::254/64 dev n$i
		ip -n n$i -b - <<-END
			address add fd0$i::1/64 dev eth0
			route add default via fd0$i::254
			address add 10.65.$((i - 1)).1/32 dev tunl
			address add fd65:$((i - 1))::1/128 dev tunl
		END
	done
}

# offer NODE KIND: the node translates
offer() {
	case $2 in
	iptables|iptables-legacy) by_iptables "$@" ;;
	nftables) by_nftables "$1" ;;
	ipvs) by_ipvs "$1" ;;
	esac
}

# nat_rules SERVICE NODE-ADDRESS B: in the words of iptables-restore
nat_rules() {
	cat <<-END
		*nat
		-A PREROUTING -d $1 -p tcp --dport 80 -j DNAT --to-destination $3:8080
		-A PREROUTING -d $2 -p tcp --dport 3080 -j DNAT --to-destination $3:8080
		-A OUTPUT -d $1 -p tcp --dport 80 -j DNAT --to-destination $3:8080
		$(masquerade_rules "$3")
		COMMIT
	END
}

# masquerade_rules B
masquerade_rules() {
	local b=${1//[][]} pods=10.65.0.0/16

	[[ $b != *:* ]] || pods=fd65::/16
	cat <<-END
		-A POSTROUTING -s $b -d $b -p tcp --dport 8080 -j MASQUERADE
		-A POSTROUTING ! -s $pods -d $b -p tcp --dport 8080 -j MASQUERADE
	END
}

by_iptables() {
	local legacy=${2#iptables} i=${1#n}

	nat_rules 10.96.0.1 10.$i.0.1 $b4 | on "$1" "iptables$legacy-restore"
	nat_rules fd96::1 fd0$i::1 "[$b6]" | on "$1" "ip6tables$legacy-restore"
}

by_nftables() {
	local i=${1#n}

	on "$1" nft -f - <<-END
		table inet nat {
			chain services {
				ip daddr 10.96.0.1 tcp dport 80 dnat ip to $b4:8080
				ip6 daddr fd96::1 tcp dport 80 dnat ip6 to [$b6]:8080
				ip daddr 10.$i.0.1 tcp dport 3080 dnat ip to $b4:8080
				ip6 daddr fd0$i::1 tcp dport 3080 dnat ip6 to [$b6]:8080
			}
			chain prerouting {
				type nat hook prerouting priority dstnat
				jump services
			}
			chain output {
				type nat hook output priority -100
				jump services
			}
			chain postrouting {
				type nat hook postrouting priority srcnat
				tcp dport != 8080 return
				ip saddr $b4 ip daddr $b4 masquerade
				ip6 saddr $b6 ip6 daddr $b6 masquerade
				ip saddr != 10.65.0.0/16 ip daddr $b4 masquerade
				ip6 saddr != fd65::/16 ip6 daddr $b6 masquerade
			}
		}
	END
}

by_ipvs() {
	local i=${1#n}

	ip -n "$1" -b - <<-END
		link add ipvs type dummy
		address add 10.96.0.1/32 dev ipvs
		address add fd96::1/128 dev ipvs
	END
	on "$1" ipvsadm -R <<-END
		-A -t 10.96.0.1:80 -s rr
		-a -t 10.96.0.1:80 -r $b4:8080 -m
		-A -t 10.$i.0.1:3080 -s rr
		-a -t 10.$i.0.1:3080 -r $b4:8080 -m
		-A -t [fd96::1]:80 -s rr
		-a -t [fd96::1]:80 -r [$b6]:8080 -m
		-A -t [fd0$i::1]:3080 -s rr
		-a -t [fd0$i::1]:3080 -r [$b6]:8080 -m
	END
	on "$1" sysctl -qw net.ipv4.vs.conntrack=1
	printf '%s\n' '*nat' "$(masquerade_rules $b4)" COMMIT | on "$1" iptables-restore
	printf '%s\n' '*nat' "$(masquerade_rules $b6)" COMMIT | on "$1" ip6tables-restore
}

# connect: connections from everywhere, by both families, that do what they are told
connect() {
	coproc ENDS { python ends b 8080 \
		pod4:a:10.96.0.1:80	pod6:a:fd96::1:80 \
		far4:c:10.96.0.1:80	far6:c:fd96::1:80 \
		self4:b:10.96.0.1:80	self6:b:fd96::1:80 \
		node4:n1:10.96.0.1:80	node6:n1:fd96::1:80 \
		other4:n2:10.96.0.1:80	other6:n2:fd96::1:80 \
		out4:r:$u1:3080		out6:r:fd01::1:3080 \
		by4:r:$u2:3080		by6:r:fd02::1:3080; } 2>&1
}

# tell WHAT [NAME]...: they do, see ends.py
tell() {
	local line

	echo "$*" >&"${ENDS[1]}"
	read -r -t 60 line <&"${ENDS[0]}"
	[ "$line" = well ] || fail "$*: $line"
}

# modes WAY [JSON]: of both nodes, with further settings
modes() {
	local node

	for node in n1 n2; do
		settings $node "\"fast\":\"$1\"${2+,$2}"
		commit $node
	done
}

# ways_are NODE WAYS...: of its connections, both directions, sorted
ways_are() {
	local found

	found=$(ways "$1" protocol tcp state established | sed 's/tcp //')
	[ "$found" = "$(printf "%s\n" "${@:2}")" ] || fail "$1: $(on "$1" manxctl dp flows)"
}

# Where it translates nothing, a node keeps no connection in its stack.
stays_translated() {
	local far=('established established'{,,,,,})
	local own=('stack:new stack:new'{,})
	local here=('stack:translated stack:translated'{,,,,,})

	ways_are n1 "${far[@]}" "${own[@]}" "${here[@]}"
	ways_are n2 'stack:translated stack:translated'{,}
}

no_entries() {
	local node

	for node in n1 n2; do
		[ -z "$(ways $node protocol tcp)" ] || on $node manxctl dp flows protocol tcp
	done | fails grep .
}

# flush: the nodes' tables of flows forget everything
flush() {
	local node

	for node in n1 n2; do on $node manxctl dp flush all > "$scratch/flushed"; done
}

# untrack: the nodes' conntrack forgets everything
untrack() {
	local node family

	for node in n1 n2; do
		for family in ipv4 ipv6; do
			on $node conntrack -F -f $family > "$scratch/untracked" 2>&1
		done
	done
}

# behind KIND
behind() {
	local mode unasked=cut

	[ "$1" != ipvs ] || unasked=back
	both_nodes
	offer n1 "$1"
	offer n2 "$1"
	connect
	for mode in established direct; do
		modes $mode
		tell end
		flush
		untrack
		tell again
		tell back
		stays_translated
		# the manx entries go, conntrack's stay
		modes $mode '"timeouts":{"tcpEstablished":1}'
		tell forth
		eventually no_entries
		modes $mode '"timeouts":{"tcpEstablished":432000}'
		tell back
		tell forth
		stays_translated
		# conntrack's go, the manx entries stay
		untrack
		tell forth
		tell back
		stays_translated
		# both go
		flush
		untrack
		tell forth
		tell back
		stays_translated
		# conntrack's, and the server is the first to speak: it was a translation of
		# conntrack's, so nobody knows the packet; but IPVS has a table of its own
		untrack
		tell $unasked pod4 pod6
	done
}

services_by_iptables_go_through_the_stack() {
	behind iptables
}
services_by_older_iptables_go_through_the_stack() {
	behind iptables-legacy
}
services_by_nftables_go_through_the_stack() {
	behind nftables
}
services_by_ipvs_go_through_the_stack() {
	behind ipvs
}
