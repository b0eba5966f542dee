# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The agent: what it undoes, survives, cleans up and refuses.

# shellcheck source=tests/vm/programs.sh
. "$here/programs.sh"

node_for_pods() {
	lone_node
	both_pools n1 "ipipMode: Always"
}

# --- a plugin of our own, on file descriptor 7 ---

agent_socket() { echo "UNIX-CONNECT:$work/$1/run/agent.sock,type=5"; }

# dial NODE: a connection; answers go to $work/answers
dial() {
	exec 7> >(exec socat -t 5 - "$(agent_socket "$1")" > "$work/answers" 2> "$work/socat")
}
# one write, so one message: bash writes line by line
say() { printf '%s' "${1//$'\n'/ }" >&7; }
hang_up() { exec 7>&-; }
answered() { grep -q -e "$1" "$work/answers"; }

# add_request CONTAINER
add_request() {
	printf '{"version": 1, "op": "add", "network": "pods", "containerID": "%s",
		"ifname": "eth0", "uid": "%032x", "netnsCookie": "1", "labels": {},
		"orchestrator": "cni", "ipv4": true, "ipv6": true, "mtu": 0}' "$1" 7
}

# ask NODE REQUEST: one request on a connection of its own, and the answer
ask() { printf '%s' "${2//$'\n'/ }" | socat -t 5 - "$(agent_socket "$1")"; }

knows_endpoints() { # NODE N: the kernel does
	[ "$(in_node "$1" manxctl dp show endpoints -o json | grep -c '"id"')" = "$2" ]
}

# --- ADD that is not finished ---

manxd_undoes_an_add_whose_plugin_dies() {
	local id

	node_for_pods
	dial n1
	say "$(add_request ghost)"
	eventually answered endpointID
	knows_endpoints n1 1
	store_keys a/ e/ h/ > "$work/keys"
	grep -q '^h/pods.ghost.eth0$' "$work/keys"
	grep -q '^e/n1/' "$work/keys"
	[ "$(grep -c ^a/ "$work/keys")" = 3 ] || fail "$(< "$work/keys")"	# with the tunnel's
	hang_up
	eventually nothing_left n1

	# once more, with the pair already there
	dial n1
	say "$(add_request ghost)"
	eventually answered endpointID
	id=$(sed 's/.*"endpointID":\([0-9]*\).*/\1/' "$work/answers")
	in_node n1 manxctl dp link add manx00000000000 endpoint "$id"
	hang_up
	eventually nothing_left n1
	add_pod n1 ghost
}

manxd_undoes_an_add_that_is_interrupted() {
	local add status=0

	node_for_pods
	new_netns web
	kill -STOP "${daemon[n1]}"
	netconf > "$work/conf"
	exec_cni ADD n1 web < "$work/conf" > "$work/document" &
	add=$!
	# it has sent its request when it waits for the answer
	eventually grep -q poll "/proc/$add/wchan"
	kill -TERM $add
	wait $add || status=$?
	[ $status = 1 ]
	grep -q '"code":11,.*interrupted' "$work/document"

	exec_cni ADD n1 web < "$work/conf" > "$work/document" &
	add=$!
	eventually grep -q poll "/proc/$add/wchan"
	kill -KILL $add
	wait $add || :
	kill -CONT "${daemon[n1]}"
	eventually nothing_left n1
	grep -q 'was not finished' "$work/n1/manxd.log"
	[ "$(ip -n web -o link | wc -l)" = 1 ]
}

# --- manxd away, and back ---

manxd_may_be_away() {
	# limit: 90
	local start

	node_for_pods
	add_pod n1 web
	add_pod n1 client
	new_netns late
	stop_manxd n1
	[ ! -e "$work/n1/run/agent.sock" ] || fail "the socket is left"

	start=$SECONDS
	refused 11 "is manxd running?" cni ADD n1 late < <(netconf)
	[ $((SECONDS - start)) -le 14 ] || fail "ADD took $((SECONDS - start)) s"
	[ "$(ip -n late -o link | wc -l)" = 1 ]

	reaches client "$(address web)"
	start=$SECONDS
	netconf | cni DEL n1 web
	[ $((SECONDS - start)) -le 9 ] || fail "DEL took $((SECONDS - start)) s"
	[ "$(ip -n web -o link | wc -l)" = 1 ]
	store_keys h/ | has 'h/pods.sandbox-web.eth0'

	start_manxd n1
	store_keys h/ | grep 'h/pods.sandbox-web.eth0' && fail "the address is not free"
	knows_endpoints n1 1
	reaches client "$(address client)"
	netconf | cni ADD n1 late > "$work/late.json"
	reaches client "$(address late)"
}

# what the kernel has, without what counts
kernel_state() {
	in_node "$1" manxctl dp show -o json |
		sed '/"\(drops\|use\)":/,/}/d
			/"\(packets\|bytes\|defaultPackets\|generation\|memory\|flowsFrom\|flowsTo\)":/d'
	ip -n "$1" -o link
	ip -n "$1" route
	ip -n "$1" -6 route
}

manxd_may_be_killed_under_traffic() {
	# limit: 120
	local ping pings=() how

	make_underlay
	join n1 n3
	both_pools n1 "ipipMode: CrossSubnet"
	add_pod n1 web
	add_pod n1 client
	add_pod n3 far
	apply n1 <<-END
		apiVersion: projectcalico.org/v3
		kind: GlobalNetworkPolicy
		metadata: {name: all}
		spec: {selector: all(), ingress: [{action: Allow, protocol: ICMP},
			{action: Allow, protocol: ICMPv6}], egress: [{action: Allow}]}
	END
	eventually reaches far "$(address web)"
	for ping in client/4 client/6 far/4 far/6; do
		nsenter --net="/run/netns/${ping%/*}" ping -n -q -i 0.05 \
			"$(address web "${ping#*/}")" > "$work/${ping/\//-}.ping" &
		pings+=($!)
	done
	kernel_state n1 > "$work/before"
	for how in KILL TERM; do
		stop_manxd n1 $how
		kernel_state n1 > "$work/without"
		diff "$work/before" "$work/without"
		start_manxd n1
		kernel_state n1 > "$work/after"
		diff "$work/before" "$work/after"
	done
	kill -INT "${pings[@]}"
	wait "${pings[@]}"
	for ping in "$work"/*.ping; do
		grep -q ' 0% packet loss' "$ping" || fail "$(< "$ping")"
	done
}

manxd_takes_its_place_after_a_crash() {
	node_for_pods
	add_pod n1 web
	stop_manxd n1 KILL
	[ -S "$work/n1/run/agent.sock" ]
	refuse "is manxd running?" in_node n1 manxctl status
	start_manxd n1
	del_pod n1 web
	nothing_left n1
}

# --- pods that come and go ---

manxd_releases_a_pod_whose_namespace_is_gone() {
	node_for_pods
	add_pod n1 web
	ip netns delete web
	eventually nothing_left n1
	netconf | cni DEL n1 web CNI_NETNS=

	# also one that went while manxd was away
	add_pod n1 web
	stop_manxd n1
	ip netns delete web
	start_manxd n1
	eventually nothing_left n1
}

manxd_attaches_twenty_pods_at_once() {
	# limit: 120
	local i adds=() pods=(p{1..20})

	node_for_pods
	netconf > "$work/conf"
	for i in "${pods[@]}"; do
		new_netns "$i"
	done
	for i in "${pods[@]}"; do
		cni ADD n1 "$i" < "$work/conf" > "$work/$i.json" &
		adds+=($!)
	done
	for i in "${adds[@]}"; do
		wait "$i" || fail "an ADD failed: $(cat "$work"/p*.json)"
	done
	for i in "${pods[@]}"; do
		address "$i"
		address "$i" 6
	done | sort -u > "$work/addresses"
	[ "$(wc -l < "$work/addresses")" = 40 ] || fail "$(< "$work/addresses")"
	knows_endpoints n1 20
	reaches p1 "$(address p20)"
	reaches p13 "$(address p7 6)"

	adds=()
	for i in "${pods[@]}"; do
		cni DEL n1 "$i" < "$work/conf" &
		adds+=($!)
	done
	for i in "${adds[@]}"; do
		wait "$i"
	done
	nothing_left n1
}

only_ipv4() { sed 's/"assign_ipv6": "true"/"assign_ipv6": "false"/'; }

manxd_names_the_pool_that_is_exhausted() {
	local first

	lone_node
	in_node n1 manxctl apply -f "$data/ippool-two-addresses.yaml"
	netconf | only_ipv4 > "$work/conf"
	new_netns a
	refused 11 "IPv6" cni ADD n1 a < <(netconf)
	new_netns b
	new_netns c
	cni ADD n1 a < "$work/conf" > "$work/a.json"
	cni ADD n1 b < "$work/conf" > "$work/b.json"
	first=$(address a)
	[ "$(printf '%s\n' "$first" "$(address b)" | sort)" = "10.21.0.0
10.21.0.1" ]
	reaches a "$(address b)"
	refused 11 pool-1 cni ADD n1 c < "$work/conf"
	[ "$(ip -n c -o link | wc -l)" = 1 ]
	knows_endpoints n1 2

	cni DEL n1 a < "$work/conf"
	cni ADD n1 c < "$work/conf" > "$work/c.json"
	[ "$(address c)" = "$first" ]
	reaches b "$first"
}

# --- what is not as it should be ---

manxd_repairs_what_others_change() {
	node_for_pods
	add_pod n1 web
	kernel_state n1 > "$work/before"
	ip -n n1 route delete "$(address web)"
	ip -n n1 -6 route delete "$(address web 6)"
	ip -n n1 link delete manx.ipip
	eventually reaches n1 "$(address web)"
	eventually reaches n1 "$(address web 6)"
	eventually ip -n n1 link show up dev manx.ipip
}

manxd_answers_bad_requests() {
	node_for_pods
	dial n1
	say 'no json'
	eventually answered '"code":6'
	# whoever does not speak the language is hung up on
	eventually refuse "" kill -0 "$!"
	hang_up
	ask n1 '["version", 1]' | grep '"error"'
	ask n1 '{"op": "status"}' | grep '"code":1,'
	ask n1 '{"version": 2, "op": "status"}' | grep '"code":1,'
	ask n1 '{"version": 1}' | grep '"code":2,'
	ask n1 '{"version": 1, "op": "reboot"}' | grep '"code":2,'
	ask n1 '{"version": 1, "op": "done"}' | grep '"code":7,"msg":"done without an ADD'
	ask n1 '{"version": 1, "op": "add"}' | grep '"code":7,"msg":"network'
	ask n1 '{"version": 1, "op": "del", "network": "pods", "containerID": "a/b",
		"ifname": "eth0"}' | grep '"code":7,"msg":"containerID'
	ask n1 "$(add_request ghost | sed 's/"uid": "[0-9]*"/"uid": "x"/')" | grep '"msg":"uid'
	ask n1 "$(add_request ghost | sed 's/"ipv4": true/"ipv4": 1/')" | grep '"msg":"ipv4'
	dial n1
	say "$(add_request ghost)"
	eventually answered endpointID
	say "$(add_request another)"
	eventually answered 'one ADD a connection'
	hang_up
	eventually nothing_left n1
	add_pod n1 web
}

manxd_is_for_root_alone() {
	node_for_pods
	[ "$(stat -c %a "$work/n1/run")" = 700 ]
	[ "$(stat -c %a "$work/n1/run/agent.sock")" = 600 ]
	[ "$(stat -c %a "$work/manx.db")" = 600 ]
	open_way n1
	chmod 755 "$work/n1/run"
	chmod 666 "$work/n1/run/agent.sock"
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		socat -u "$(agent_socket n1)" - | grep 'only root may talk to manxd'

	stop_manxd n1
	exec_in_node n1 env -u MANX_SQLITE manxd &
	eventually [ -S "$work/n1/run/agent.sock" ]
	[ "$(stat -c %a "$work/n1/state")" = 700 ]
	[ "$(stat -c %a "$work/n1/state/manx.db")" = 600 ]
}

# agent_number KEY: a number of its status
agent_number() {
	in_node n1 manxctl status -o json |
		sed -n '/"status":/,$s/.*"'"$1"'":[^0-9]*\([0-9]*\).*/\1/p'
}
settled() { in_node n1 manxctl status > "$work/status"; }
is_client() { in_node n1 manxctl dp show sets | has -wF "$(address "$1")"; }

manxd_sends_only_what_changed() {
	local changes requests generation

	node_for_pods
	apply n1 <<-END
		apiVersion: projectcalico.org/v3
		kind: GlobalNetworkPolicy
		metadata: {name: web}
		spec:
		  selector: app == 'web'
		  ingress: [{action: Allow, source: {selector: app == 'client'}}]
	END
	add_pod n1 web app=web
	add_pod n1 client app=client
	add_pod n1 guest app=guest
	eventually settled
	is_client guest && fail "guest is a client already"
	changes=$(agent_number changes)
	requests=$(agent_number requests)
	generation=$(agent_number generation)
	in_node n1 manxctl get wep -A -o yaml | sed 's/app: guest/app: client/' |
		in_node n1 manxctl apply -f - | grep configured
	eventually is_client guest
	eventually settled
	# one set's members; what the kernel had was known and is not read
	[ $(($(agent_number changes) - changes)) = 1 ]
	[ $(($(agent_number generation) - generation)) = 1 ]
	[ $(($(agent_number requests) - requests)) -le 4 ] ||
		fail "$(($(agent_number requests) - requests)) requests"

	# what others did meanwhile is found, and undone
	in_node n1 manxctl dp load - <<< '{}'
	knows_endpoints n1 0
	add_pod n1 late app=client
	knows_endpoints n1 4
	is_client guest
	is_client late
	reaches late "$(address web)"
}

# goes_fast MODE: what the module's option says
goes_fast() { on n1 manxctl dp show -o json | has -E "\"fast\":\s*\"$1\""; }

manxd_sets_the_way_of_packets() {
	local mode

	make_lone_node n1
	for mode in direct off established; do
		start_manxd n1 env MANX_FAST=$mode
		goes_fast $mode
		stop_manxd n1
	done
	start_manxd n1 env MANX_FAST=
	goes_fast established
	on n1 manxctl dp set fast off > "$scratch/set"
	both_pools n1
	add_pod n1 web app=web
	goes_fast established
}

# start_refused WORDS NODE [COMMAND...]
start_refused() { refuse "$1" in_node "$2" "${@:3}" timeout 10 manxd; }

manxd_refuses_bad_settings() {
	lone_node
	new_netns n2
	mkdir "$work/n2"
	start_refused "another manxd runs" n1
	start_refused "set MANX_IP" n2
	start_refused 'MANX_IP: "192.0.2"' n2 env MANX_IP=192.0.2
	start_refused 'MANX_IP6: "192.0.2.1"' n2 env MANX_IP6=192.0.2.1
	start_refused 'MANX_NODENAME: "a b"' n2 env MANX_NODENAME="a b"
	start_refused 'ACTION: "Perhaps"' n2 env MANX_DEFAULT_ENDPOINT_TO_HOST_ACTION=Perhaps
	start_refused 'MANX_FAST: "on" is none of off, established and direct' n2 env MANX_FAST=on
	start_refused "is no directory" n2 env MANX_RUN_DIR=/etc/passwd
	refuse "unexpected argument" in_node n2 manxd now
	refuse "--help" in_node n2 manxd --frobnicate
	echo "no database" > "$work/other.db"
	start_refused other.db n2 env MANX_SQLITE="$work/other.db"
	[ "$(< "$work/other.db")" = "no database" ]
}
