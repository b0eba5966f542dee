# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the cases of tests/vm/cases share. Sourced by tests/vm/e2e.sh, one process a case;
# a case needs no cleaning up, its namespaces end with it. Nodes, pods and the router
# are network namespaces, called by their names:
#
#	one_node		two_nodes
#
#	  n1			  n1 ............ tunl ............. n2
#	  | \			  | \eth0 10.1.0.1    10.2.0.1 eth0/ |
#	  |  \			  |  `-------- n1 [ r ] n2 --------' |
#	manxa manxb		manxa				    manxc
#	  |    |		  |				     |
#	eth0  eth0		eth0				    eth0
#	  a    b		  a				     c
#
#	a	10.65.0.2  fd65::2	endpoint 2 of n1
#	b	10.65.0.3  fd65::3	endpoint 3 of n1
#	c	10.65.1.2  fd65:1::2	endpoint 2 of n2
#
# r is a router of the underlay; its links are called as what they lead to.

# shellcheck disable=SC2034	# most of these are for the cases
a4=10.65.0.2 a6=fd65::2 b4=10.65.0.3 b6=fd65::3 c4=10.65.1.2 c6=fd65:1::2
u1=10.1.0.1 u2=10.2.0.1			# the nodes on the underlay
gateway_mac=ee:ee:ee:ee:ee:ee		# of every primary

declare -A pods_of			# of nodes
declare -A node_of id_of addresses_of	# of pods
declare -A chain			# "POD ingress", "POD egress": names of tables
declare -A more				# of a pod's endpoint: further JSON
declare -A objects			# "NODE sets|tables|peers|node": JSON

slow=${MANX_SLOW:-1}			# by what to wait longer under this kernel
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
scratch=$MANX_SCRATCH			# a directory of the case's own
BASH_LOADABLES_PATH=$here/../../build/tests:/usr/lib/bash
enable -f setns.so setns		# and no programs to start for what is asked for most:
for command in mkdir mkfifo rm sleep; do enable -f $command $command; done
trap 'whereabouts $? >&2' ERR
mount -t tmpfs netns /run/netns

# whereabouts STATUS: the command that failed, and from where it was called
whereabouts() {
	local depth=0 line file

	echo "status $1: $BASH_COMMAND"
	while read -r line _ file < <(caller $depth); do
		echo "	${file##*/}:$line"
		depth=$((depth + 1))
	done
}

fail() { echo "$*"; return 1; }

# --- namespaces ---

# on NAMESPACE PROGRAM...
on() { (setns "/run/netns/$1" && exec "${@:2}"); }

# with NAMESPACE FUNCTION...
with() { (setns "/run/netns/$1" && "${@:2}"); }

# python SCRIPT ARGUMENT...: one of tests/vm/py, without what it does not need at start
python() { /usr/bin/python3 -s -S "$here/py/$1.py" "${@:2}"; }

router() {
	ip netns add "$1"
	ip -n "$1" link set lo up
	with "$1" forward
}

forward() {
	echo 1 > /proc/sys/net/ipv4/ip_forward
	echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
}

# node NAME: a router with a state of the module
node() {
	router "$1"
	open_tables "$1"
}

# open_tables NODE: those that pods have unless they are given others
open_tables() {
	table "$1" any-in ingress deny '"action":"allow"'
	table "$1" any-out egress deny '"action":"allow"'
}

# pod NODE NAME ADDRESS...: open in both directions, from the next commit on
pod() {
	local node=$1 name=$2 siblings

	read -ra siblings <<< "${pods_of[$node]-}"
	id_of[$name]=$((2 + ${#siblings[@]}))
	pods_of[$node]+=" $name"
	node_of[$name]=$node
	addresses_of[$name]=${*:3}
	ingress "$name" any-in
	egress "$name" any-out
	ip netns add "$name"
	plug_in "$name"
}

# plug_in POD: makes its pair, with addresses and routes at both ends
plug_in() {
	local name=$1 node=${node_of[$1]} address

	on "$node" manxctl dp link add "manx$name" peer eth0 netns "$name" \
		endpoint "${id_of[$name]}"
	{
		printf '%s\n' 'link set lo up' 'link set eth0 up'
		for address in ${addresses_of[$name]}; do
			echo address add "$address" dev eth0
		done
		printf 'route add %s\n' '169.254.1.1 dev eth0 scope link' \
			'default via 169.254.1.1' \
			'default via fe80::ecee:eeff:feee:eeee dev eth0'
	} | ip -n "$name" -b -
	{
		echo link set "manx$name" up
		for address in ${addresses_of[$name]}; do
			echo route add "$address" dev "manx$name"
		done
	} | ip -n "$node" -b -
	eventually with "$name" has_link_local eth0
	eventually with "$node" has_link_local "manx$name"
}

# has_link_local DEVICE: IPv6 can be used, which is a moment after the carrier; in the words of
# the file, the scope of links is 20 and what is tentative has the flag 40
has_link_local() {
	local scope flags device

	while read -r _ _ _ scope flags device; do
		[ "$device $scope" != "$1 20" ] || [ $((0x$flags & 0x40)) != 0 ] || return 0
	done < /proc/self/net/if_inet6
	return 1
}

one_node() {
	node n1
	ip -n n1 address add $u1/32 dev lo
	pod n1 a $a4 $a6
	pod n1 b $b4 $b6
	commit n1
}

# underlay NODE ADDRESS: joins a node to the router
underlay() {
	ip link add eth0 netns "$1" type veth peer name "$1" netns r
	ip -n r -b - <<-END
		address add ${2%.*}.254/24 dev $1
		link set $1 up
	END
	ip -n "$1" -b - <<-END
		address add $2/24 dev eth0
		link set eth0 up
		route add default via ${2%.*}.254
	END
}

# tunnel NODE LOCAL PEER [OPTION...]: with routes to the pods of the other node
tunnel() {
	local node=$1 block4=10.65.0.0/24 block6=fd65::/64

	[ "$node" = n2 ] || block4=10.65.1.0/24 block6=fd65:1::/64
	on "$node" manxctl dp tunnel add tunl local "$2" "${@:4}"
	ip -n "$node" -b - <<-END
		link set tunl up
		route add $block4 via $3 dev tunl onlink
		route add $block6 via ::ffff:$3 dev tunl onlink
	END
	peers "$node" "$3"
}

two_nodes() {
	router r
	node n1
	node n2
	underlay n1 $u1
	underlay n2 $u2
	tunnel n1 $u1 $u2
	tunnel n2 $u2 $u1
	pod n1 a $a4 $a6
	pod n2 c $c4 $c6
	commit n1
	commit n2
}

# --- the module's state ---

# numbered RULE...: their JSON, with ids from 1 on
numbered() {
	local rule id=0 comma=

	for rule; do
		printf '%s{"id":%d,%s}' "$comma" $((id += 1)) "$rule"
		comma=,
	done
}

# add NODE KIND JSON
add() { objects[$1 $2]+="${objects[$1 $2]+,}$3"; }

# ingress POD [TABLE...], egress POD [TABLE...]: the chain of its endpoint
ingress() { chain[$1 ingress]=${*:2}; }
egress() { chain[$1 egress]=${*:2}; }

# endpoint POD JSON, settings NODE JSON: more members of these objects, without braces
endpoint() { more[$1]=$2; }
settings() { objects[$1 node]=$2; }

# forget POD: its endpoint
forget() { pods_of[${node_of[$1]}]=${pods_of[${node_of[$1]}]/ $1/}; }

# forget_tables NODE, forget_sets NODE: all of them
forget_tables() { unset "objects[$1 tables]"; }
forget_sets() { unset "objects[$1 sets]"; }

# table NODE NAME DIRECTION DEFAULT RULE...: a rule is JSON without braces and id
table() {
	add "$1" tables "{\"name\":\"$2\",\"direction\":\"$3\",\"defaultAction\":\"$4\",
		\"rules\":[$(numbered "${@:5}")]}"
}

# list NAME WORD...: sets it to JSON
list() {
	local words=' '

	[ $# = 1 ] || printf -v words ',"%s"' "${@:2}"
	printf -v "$1" '[%s]' "${words:1}"
}

# peers NODE [ADDRESS...]: all of them
peers() {
	local peers

	list peers "${@:2}"
	objects[$1 peers]=${peers:1:-1}
}

# members NODE SET MEMBER...
members() {
	local members

	list members "${@:3}"
	add "$1" sets "{\"name\":\"$2\",\"members\":$members}"
}

# Does a node follow connections, with the mode that MANX_FAST names? A case that needs it
# sets that to another one. And the flag of flows where it does not.
tracking() { [ "${MANX_FAST-}" != direct ]; }
untracked=
tracking || untracked=" untracked"

# settings_of NODE: with the way that MANX_FAST names, unless the case names one itself
settings_of() {
	local settings=${objects[$1 node]-}

	if [ "${MANX_FAST-}" ] && [[ $settings != *'"fast"'* ]]; then
		settings="\"fast\":\"$MANX_FAST\"${settings:+,$settings}"
	fi
	echo "$settings"
}

# state NODE: what the module is to have, as JSON
state() {
	local pod endpoints= addresses ingress egress

	# shellcheck disable=SC2086	# lists of words
	for pod in ${pods_of[$1]-}; do
		list addresses ${addresses_of[$pod]}
		list ingress ${chain[$pod ingress]}
		list egress ${chain[$pod egress]}
		endpoints+="${endpoints:+,}{\"id\":${id_of[$pod]},\"name\":\"$pod\",
			\"addresses\":$addresses,\"ingress\":$ingress,
			\"egress\":$egress${more[$pod]+,${more[$pod]}}}"
	done
	printf '{"node":{%s},"sets":[%s],"tables":[%s],"peers":[%s],"endpoints":[%s]}' \
		"$(settings_of "$1")" "${objects[$1 sets]-}" "${objects[$1 tables]-}" \
		"${objects[$1 peers]-}" "$endpoints"
}

# commit NODE: the module gets, in one transaction, what was said about the node
commit() { state "$1" | on "$1" manxctl dp load - > /dev/null; }

# link_of POD | NODE: where drops are counted
link_of() { [ "${node_of[$1]-}" ] && echo "${node_of[$1]} manx$1" || echo "$1 tunl"; }

# drops POD|NODE [REASON]: a count, or all that are not zero; of a node, its tunnel's
drops() {
	local node link

	read -r node link < <(link_of "$1")
	on "$node" ethtool -S "$link" | awk -v reason="${2-}" '
		reason == "" && sub(/drop_/, "") && $2 { print $1 $2 }
		$1 == "drop_" reason ":" { print $2 }'
}

# dropping POD|NODE REASON:N COMMAND...: meanwhile exactly that is dropped there, no more
dropping() {
	local before after

	before=$(drops "$1")
	"${@:3}"
	after=$(drops "$1")
	awk -F: '
		NR == FNR { count[$1] = $2; next }
		{ if ($2 != count[$1]) print $1 ":" $2 - count[$1] }
	' <(echo "$before") <(echo "$after") > "$scratch/dropped"
	[ "$(< "$scratch/dropped")" = "$2" ] ||
		fail "expected drops of $1: $2, found: $(tr '\n' ' ' < "$scratch/dropped")"
}

# packets NODE TABLE: what its rules and the default have counted
packets() {
	on "$1" manxctl dp show -o json | /usr/bin/python3 -S -c '
import json, sys
table = next(t for t in json.load(sys.stdin)["tables"] if t["name"] == sys.argv[1])
print(*[str(r["id"]) + ":" + str(r["packets"]) for r in table["rules"]],
      "default:" + str(table["defaultPackets"]))' "$2"
}

# --- ways of flows ---

# ways NODE [FILTER VALUE]...: of its flows, both directions: "tcp established stack:new"
ways() {
	on "$1" manxctl dp flows "${@:2}" -o json | sed -nE '
		s/.*"protocol":"?([^",]*)"?,.*"way":"([^"]*)"(.*)"replyWay":"([^"]*)"(.*)/\1 \2\3 \4\5/
		s/,"(why|replyWhy)":"([^"]*)"/:\2/g
		s/[]},]*//g
		/^[a-z0-9]+ /p' | sort
}

# watch NODE: what its stack forwards, from now on for by_stack()
watch() {
	nsenter --net="/run/netns/$1" -- sleep inf &
	watching=$!
	# the process is there before its namespace is
	until [ "/proc/$watching/ns/net" -ef "/run/netns/$1" ]; do sleep 0.02; done
}

# forwarded: sets it to the packets that the stack of the node has, by both families
forwarded() {
	local words

	while read -ra words; do
		[[ ${words[0]-} != Ip: ]] || forwarded=${words[6]}
	done < "/proc/$watching/net/snmp"
	while read -ra words; do
		[ "${words[0]-}" != Ip6OutForwDatagrams ] || forwarded=$((forwarded + words[1]))
	done < "/proc/$watching/net/snmp6"
}

# by_stack N COMMAND...: meanwhile it forwards exactly that many. Where that is none, one that
# it does may be chance, as it looks at everything anew when any link or route changes.
by_stack() {
	local before tries=1

	[ "$1" != 0 ] || tries=3
	while
		forwarded
		before=$forwarded
		"${@:2}"
		forwarded
		[ $((forwarded - before)) != "$1" ] && [ $((--tries)) -gt 0 ]
	do
		echo "forwarded $((forwarded - before)) once: $(ways n1)" >&2
	done
	[ $((forwarded - before)) = "$1" ] ||
		fail "forwarded $((forwarded - before)), not $1: ${*:2}; flows: $(ways n1)"
}

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

# pings ADDRESS COUNT [OPTION...]: all with one identity, so that they are one flow
pings() { on a ping -n -q -e 77 -i 0.02 -W 2 -c $2 "${@:3}" $1 > "$scratch/ping"; }

# --- expectations ---

# refuse WORDS COMMAND...: it fails, and says them
refuse() {
	if "${@:2}" > "$scratch/refused" 2>&1; then
		fail "accepted: ${*:2}"
	elif ! grep -qF -e "$1" "$scratch/refused"; then
		fail "expected '$1' from ${*:2}, found: $(< "$scratch/refused")"
	fi
}

# fails COMMAND...: it does not succeed
fails() {
	if "$@" > "$scratch/fails" 2>&1; then fail "succeeded: $*"; fi
}

# has PATTERN, in a pipe: grep -q would not read to the end, and pipefail blame the writer
has() { grep "$@" > /dev/null; }

# eventually COMMAND...: within 10 seconds it succeeds; slow kernels get longer
eventually() {
	local end=$((SECONDS + 10 * slow))

	until "$@" > "$scratch/eventually" 2>&1; do
		[ $SECONDS -lt $end ] || fail "never: $*: $(< "$scratch/eventually")"
		sleep 0.05
	done
}

# --- traffic ---

# reaches FROM ADDRESS [PING OPTION...]: is there an answer
reaches() { on "$1" ping -n -q -c 1 -W 2 "${@:3}" "$2" > /dev/null; }

# cut_off FROM ADDRESS [PING OPTION...]: there is none, and no error either
cut_off() {
	local status=0

	on "$1" ping -n -c 1 -W 0.3 "${@:3}" "$2" > "$scratch/ping" || status=$?
	if [ $status != 1 ] || grep -q From "$scratch/ping"; then
		fail "$1 is not cut off from $2: $(< "$scratch/ping")"
	fi
}

# tells FROM ADDRESS PATTERN [PING OPTION...]: the error that comes back
tells() {
	on "$1" ping -n -c 1 -W 2 "${@:4}" "$2" > "$scratch/ping" && fail "no error from $2"
	grep -qE "$3" "$scratch/ping" || fail "$(< "$scratch/ping")"
}

# echo_server NAMESPACE tcp|udp PORT [SOCAT OPTION]: answers with what it got; both families
echo_server() {
	local protocol=$2 port=$3 state=0A

	[ "$protocol" = tcp ] || state=07
	nsenter --net="/run/netns/$1" -- \
		socat "${protocol^^}6-LISTEN:$port,fork,reuseaddr,ipv6only=0${4+,$4}" PIPE &
	printf -v port ':%04X' "$port"
	eventually grep -q "$port 0*:0000 $state" "/proc/$!/net/${protocol}6"
}

# talks FROM tcp|udp ADDRESS PORT: is an echo_server there
talks() {
	local address=$3

	[[ $address != *:* ]] || address=[$address]
	[ "$(echo hello | on "$1" socat -T 1 -t 1 - \
		"${2^^}:$address:$4$([ "$2" = udp ] || echo ,connect-timeout=1)")" = hello ]
}

# capture NAMESPACE DEVICE FILTER: from now on, until captured
capture() {
	nsenter --net="/run/netns/$1" -- tcpdump -i "$2" -U --immediate-mode \
		-w "$scratch/capture" "$3" 2> "$scratch/tcpdump" &
	capturing=$!
	eventually grep -q 'listening on' "$scratch/tcpdump"
}

# captured: ends the capture and prints it in tcpdump's words
captured() {
	# it ends without a look at what it has not taken over yet
	sleep 0.2
	kill -INT "$capturing"
	while kill -0 "$capturing" 2> /dev/null; do sleep 0.02; done
	tcpdump -n -v -r "$scratch/capture" 2> /dev/null
}

# frames_of POD [NAME=VALUE]...: sends what standard input says, see frames.py
frames_of() {
	local address family

	set -- "$@" "dmac=$gateway_mac"
	for address in ${addresses_of[$1]}; do
		family=4
		[[ $address != *:* ]] || family=6
		set -- "$@" "src$family=$address"
	done
	python frames "$1:eth0" "${node_of[$1]}:manx$1" "${node_of[$1]}:manx$1" "${@:2}"
}

# stream NAMESPACE ADDRESS PORT [PROTOCOL]: to an echo_server, in place of the one before;
# what goes into 3 comes back from 4
stream() {
	rm -f "$scratch/in" "$scratch/out"
	mkfifo "$scratch/in" "$scratch/out"
	nsenter --net="/run/netns/$1" -- socat - "${4-TCP}:$2:$3" \
		< "$scratch/in" > "$scratch/out" &
	streaming=$!
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
	if read -r -t 0.2 line <&4; then fail "came back: $line"; fi
}

# flushed NODE NUMBER FILTER...: that many entries are ended
flushed() {
	local found

	found=$(on "$1" manxctl dp flush "${@:3}")
	[[ $found =~ (^|[^0-9])$2([^0-9]|$) ]] || fail "flushed $found, expected $2"
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
