# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What policies of either kind mean for pods, as seen from the pods.

# shellcheck source=tests/vm/programs.sh
. "$here/programs.sh"

services=(tcp/80 tcp/443 tcp/8080 udp/53 ping)

# serve POD: on all its services
serve() {
	exec_python "$1" serve "${services[@]:0:4}" > "$work/$1.serve" &
	eventually grep -q ready "$work/$1.serve"
}

# sees FROM TO SERVICE[@4|@6]...: of the services of TO exactly these answer, by IPv4 and
# IPv6 unless it says by which
sees() {
	(exec_python "$1" probe "$(address "$2")" "$(address "$2" 6)" "${services[@]}" -- "${@:3}")
}
sees_all() { sees "$1" "$2" "${services[@]}"; }

# policy NAME SPEC: a NetworkPolicy of the namespace default; global: of all
policy() {
	apply n1 <<-END
		apiVersion: projectcalico.org/v3
		kind: NetworkPolicy
		metadata: {name: $1, namespace: default}
		spec: {$2}
	END
}
global() {
	apply n1 <<-END
		apiVersion: projectcalico.org/v3
		kind: GlobalNetworkPolicy
		metadata: {name: $1}
		spec: {$2}
	END
}
without() { in_node n1 manxctl delete "$@"; }

# one_house: web, which serves, client and guest, on one node
one_house() {
	lone_node
	both_pools n1
	add_pod n1 web app=web
	add_pod n1 client app=client
	add_pod n1 guest app=guest
	serve web
}

networkpolicy_ingress_is_by_selector_and_port() {
	# limit: 120
	one_house
	sees_all guest web
	policy web "selector: app == 'web', ingress: [{action: Allow, protocol: TCP,
		source: {selector: app == 'client'}, destination: {ports: [80, '8000:8100']}}]"
	eventually sees guest web
	sees client web tcp/80 tcp/8080
	on n1 ping -n -q -c 1 -W 2 "$(address web)"
	# what web asks for itself is none of its ingress
	reaches web "$(address guest)"

	policy web "selector: app == 'web', ingress: [{action: Allow, protocol: TCP,
		source: {notSelector: app == 'client'}, destination: {notPorts: [80]}},
		{action: Allow, protocol: ICMP, icmp: {type: 8}},
		{action: Allow, protocol: UDP, source: {selector: app == 'nobody'}}]"
	eventually sees guest web tcp/443 tcp/8080 ping@4
	sees client web ping@4

	without networkpolicy web
	eventually sees_all guest web
	sees_all client web
}

networkpolicy_ingress_is_by_net() {
	# limit: 120
	one_house
	policy web "selector: app == 'web', ingress: [{action: Allow, protocol: TCP,
		source: {nets: [$(address client)/32, 192.0.2.0/24]}},
		{action: Allow, protocol: UDP, source: {notNets: [$(address client)/32]}},
		{action: Allow, protocol: ICMPv6, source: {nets: ['fd00:10:244::/48'],
			notNets: ['$(address guest 6)/128']}}]"
	eventually sees guest web udp/53@4
	sees client web tcp/80@4 tcp/443@4 tcp/8080@4 ping@6
}

networkpolicy_order_decides() {
	# limit: 120
	one_house
	global late "order: 100, selector: all(), types: [Ingress],
		ingress: [{action: Allow, protocol: TCP}]"
	eventually sees guest web tcp/80 tcp/443 tcp/8080
	policy web "order: 50, selector: app == 'web', ingress: [
		{action: Log}, {action: Deny, protocol: TCP, destination: {ports: [443]}},
		{action: Allow, protocol: UDP}]"
	eventually sees guest web tcp/80 tcp/8080 udp/53
	global first "order: 1, selector: app == 'web', ingress: [
		{action: Pass, source: {selector: app == 'guest'}}, {action: Deny}]"
	eventually sees client web
	# passed on to the profile, which allows
	sees_all guest web
	global first "order: 200, selector: app == 'web', ingress: [{action: Deny}]"
	eventually sees guest web tcp/80 tcp/8080 udp/53
	sees client web tcp/80 tcp/8080 udp/53
}

networkpolicy_egress_and_types() {
	# limit: 120
	one_house
	serve guest
	# egress rules alone: ingress is not touched
	policy client "selector: app == 'client', egress: [{action: Allow, protocol: TCP,
		destination: {selector: app == 'web', ports: [80]}}]"
	eventually sees client web tcp/80
	sees client guest
	reaches guest "$(address client)"
	sees_all guest web

	# no rules and no types: nothing may come in
	policy client "selector: app == 'client'"
	eventually cut_off guest "$(address client)"
	sees_all client web

	policy client "selector: app == 'client', types: [Ingress, Egress]"
	eventually sees client web
	cut_off guest "$(address client)"
	policy client "selector: app == 'client', types: [Ingress, Egress],
		ingress: [{action: Allow}], egress: [{action: Allow, ipVersion: 6}]"
	eventually sees client web "${services[@]/%/@6}"
	reaches guest "$(address client)"
}

networkpolicy_follows_labels() {
	# limit: 120
	one_house
	policy web "selector: app == 'web', ingress: [{action: Allow,
		source: {selector: app == 'client'}}]"
	eventually sees guest web
	sees_all client web
	del_pod n1 guest
	add_pod n1 guest app=client
	sees_all guest web
	del_pod n1 client
	add_pod n1 client app=other
	sees client web
	# it is closed when ADD returns, not some time later
	del_pod n1 web
	add_pod n1 web app=web
	cut_off client "$(address web)"
	reaches guest "$(address web)"
}

networkpolicy_keeps_to_its_namespace() {
	# limit: 120
	one_house
	new_netns shop
	netconf app=client | cni ADD n1 shop \
		CNI_ARGS="K8S_POD_NAMESPACE=shop;K8S_POD_NAME=shop" > "$work/shop.json"
	serve shop
	policy all "selector: all(), ingress: [{action: Allow, source: {selector: app == 'client'}}]"
	eventually sees guest web
	sees_all client web
	sees shop web
	sees_all guest shop
	policy all "selector: all(), ingress: [{action: Allow,
		source: {selector: app == 'client', namespaceSelector: all()}}]"
	eventually sees_all shop web
	sees guest web
	policy all "selector: all(), ingress: [{action: Allow,
		source: {namespaceSelector: projectcalico.org/name == 'shop'}}]"
	eventually sees client web
	sees_all shop web
	without networkpolicy all
	global shop "namespaceSelector: projectcalico.org/name == 'shop', types: [Ingress]"
	eventually sees guest shop
	sees_all shop web
}

networkpolicy_holds_across_nodes() {
	# limit: 120
	make_underlay
	join n1 n3
	both_pools n1 'ipipMode: Always'
	add_pod n1 web app=web
	add_pod n3 client app=client
	add_pod n3 guest app=guest
	serve web
	eventually sees_all guest web
	policy web "selector: app == 'web', ingress: [{action: Allow, protocol: TCP,
		source: {selector: app == 'client'}}]"
	eventually sees guest web
	sees client web tcp/80 tcp/443 tcp/8080
	policy client "selector: app == 'client', egress: [{action: Deny, protocol: TCP,
		destination: {selector: app == 'web', ports: [443]}}, {action: Allow}]"
	eventually sees client web tcp/80 tcp/8080
	# another node learns of a pod that comes
	add_pod n3 late app=client
	policy client "selector: app == 'nobody'"
	eventually sees late web tcp/80 tcp/443 tcp/8080
}

# of a flow that hold.py prints
grows() {
	local size

	size=$(stat -c %s "$1")
	eventually bigger "$1" "$size"
}
bigger() { [ "$(stat -c %s "$1")" -gt $(($2 + 5)) ]; } # FILE SIZE
stopped() {
	local size

	size=$(stat -c %s "$1")
	sleep 0.2
	[ "$(stat -c %s "$1")" = "$size" ]
}

# hold FROM TO PORT: a flow that goes on
hold() {
	exec_python "$1" hold "$(address "$2")" "$3" > "$work/$1.flow" &
	eventually grep -q . "$work/$1.flow"
}

networkpolicy_edits_end_the_flows_they_forbid() {
	# limit: 120
	local size

	one_house
	policy web "selector: app == 'web', ingress: [{action: Allow, protocol: TCP}]"
	hold client web 80
	hold guest web 443
	policy web "selector: app == 'web', ingress: [{action: Allow, protocol: TCP,
		destination: {ports: [80]}}]"
	eventually stopped "$work/guest.flow"
	size=$(stat -c %s "$work/guest.flow")
	grows "$work/client.flow"
	grows "$work/client.flow"
	[ "$(stat -c %s "$work/guest.flow")" = "$size" ]
	in_node n1 manxctl dp show tables > "$work/tables"
	grep -q 'ingress, default deny ([1-9][0-9]* packets), .*, endpoints 2$' "$work/tables"
	grep -q '^[0-9]* *[1-9][0-9]* *allow tcp' "$work/tables" || fail "$(< "$work/tables")"
	in_node n1 manxctl dp show endpoints | has 'sandbox-web.*policy-ingress [1-9]'
	without networkpolicy web
	grows "$work/guest.flow"
	grows "$work/client.flow"
}

# --- pods and their node ---

networkpolicy_a_pod_may_not_reach_its_node() {
	one_house
	cut_off client 172.18.1.11
	cut_off web 172.18.1.11
	on n1 ping -n -q -c 1 -W 2 "$(address web)"
	# also where policy denies everything else
	policy web "selector: app == 'web', types: [Ingress, Egress]"
	eventually cut_off client "$(address web)"
	on n1 ping -n -q -c 1 -W 2 "$(address web)"
	on n1 ping -n -q -c 1 -W 2 "$(address web 6)"
}

networkpolicy_a_pod_may_reach_its_node_if_told() {
	make_lone_node n1
	start_manxd n1 env MANX_DEFAULT_ENDPOINT_TO_HOST_ACTION=Accept
	both_pools n1
	add_pod n1 web app=web
	reaches web 172.18.1.11
	policy web "selector: app == 'web', egress: [{action: Deny, protocol: ICMP}, {action: Allow}]"
	eventually cut_off web 172.18.1.11
}
