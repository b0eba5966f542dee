# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The operator's tool: files in, tables and files out, and what it says of mistakes.

# shellcheck source=tests/vm/programs.sh
. "$here/programs.sh"

# A node without manxd: only the datastore is needed.
desk() {
	new_netns n1
	mkdir "$work/n1"
}

ctl() { in_node n1 manxctl "$@"; }

# exits STATUS COMMAND...: what it prints stays in $work/said
exits() {
	local status=0

	"${@:2}" > "$work/said" 2>&1 || status=$?
	[ $status = "$1" ] || fail "status $status, expected $1, of ${*:2}: $(< "$work/said")"
}
said() { grep -qF -e "$1" "$work/said" || fail "expected '$1', found: $(< "$work/said")"; }

# --- files in and out ---

manxctl_applies_calicos_pools() {
	local file files=()

	desk
	for file in "$data"/ippool-*.yaml; do
		files+=(-f "$file")
	done
	exits 0 ctl apply "${files[@]}"
	[ "$(grep -c ' created$' "$work/said")" = 5 ]
	said "$data/ippool-default.yaml:11: spec.natOutgoing: has no effect"
	exits 0 ctl apply "${files[@]}"
	[ "$(grep -c ' unchanged$' "$work/said")" = 5 ]
	said "Successfully applied 5 'IPPool' resource(s)"
	exits 0 ctl get ippools
	said 'NAME                 CIDR            SELECTOR'
	said 'default-ipv4-ippool  10.244.0.0/16   all()'
	exits 0 ctl get ippools -o custom-columns=NAME,BLOCKSIZE,IPIPMODE,NAT,SELECTOR
	said 'rack-1-ippool        26         Always    true  rack == "1"'
	said 'pool-1               31         Never     true  all()'
}

manxctl_prints_what_it_takes() {
	local form

	desk
	ctl apply -f "$data/ippool-racks.yaml" -f "$data/policies.yaml" -f - <<-END
		{"apiVersion": "projectcalico.org/v3", "kind": "Node", "metadata":
			{"name": "n7", "labels": {"rack": "0"}},
			"spec": {"bgp": {"ipv4Address": "192.0.2.7/24"}}}
	END
	for form in yaml json; do
		ctl get ippools -o $form > "$work/1"
		ctl get gnp -o $form > "$work/2"
		ctl get networkpolicies -A -o $form > "$work/3"
		ctl get node n7 -o $form > "$work/4"
		exits 0 ctl apply -f "$work/1" -f "$work/2" -f "$work/3" -f "$work/4"
		[ "$(grep -c ' unchanged$' "$work/said")" = 6 ] || fail "$(< "$work/said")"
		grep -v 'warning.*natOutgoing\|unchanged$\|^Successfully' "$work/said" && fail "said too"
		exits 0 ctl delete -f "$work/1" -f "$work/2" -f "$work/3" -f "$work/4"
		[ "$(grep -c ' deleted$' "$work/said")" = 6 ] || fail "$(< "$work/said")"
		store_keys r/ | grep . && fail "left in the store"
		exits 0 ctl apply -f "$work/1" -f "$work/2" -f "$work/3" -f "$work/4"
		[ "$(grep -c ' created$' "$work/said")" = 6 ] || fail "$(< "$work/said")"
		ctl get np -n shop -o $form > "$work/5"
		# made anew, it has another revision
		cmp <(grep -v resourceVersion "$work/3") <(grep -v resourceVersion "$work/5")
	done
}

manxctl_finds_and_deletes() {
	desk
	exits 1 ctl get ippools
	said "MANX_SQLITE: $work/manx.db does not exist"
	exits 1 ctl delete ippool nix
	said "MANX_SQLITE: $work/manx.db does not exist"
	exits 1 in_node n1 env -u MANX_SQLITE manxctl get ippools
	said 'does not exist: start manxd, apply a resource, or set MANX_SQLITE'
	[ ! -e "$work/manx.db" ] || fail "looking made a datastore"
	ctl apply -f "$data/ippool-racks.yaml" -f "$data/policies.yaml"
	exits 1 ctl get ippool nix
	said 'IPPool(nix): not found'
	exits 1 ctl get np checkout
	said 'NetworkPolicy(default/checkout): not found'
	exits 0 ctl get np checkout -n shop
	exits 1 ctl delete ippool rack-0-ippool nix rack-1-ippool
	said 'IPPool(rack-0-ippool) deleted'
	said 'IPPool(nix)'
	said 'IPPool(rack-1-ippool) deleted'
	exits 0 ctl get ippools
	[ "$(wc -l < "$work/said")" = 1 ]
	exits 1 ctl delete np checkout
	exits 0 ctl delete np checkout -n shop
	exits 1 ctl delete -f "$data/ippool-racks.yaml"
}

manxctl_keeps_pools_apart() {
	desk
	pool n1 large 10.0.0.0/8
	pool n1 six fd00::/48
	exits 1 pool n1 inside 10.1.0.0/16
	said 'IPPool(inside): spec.cidr: 10.1.0.0/16 overlaps IPPool(large) with 10.0.0.0/8'
	exits 1 pool n1 around 8.0.0.0/6
	said 'overlaps IPPool(large)'
	exits 1 pool n1 six-again fd00::/64
	said 'overlaps IPPool(six)'
	exits 1 pool n1 large 11.0.0.0/8
	said 'spec.cidr'
	pool n1 beside 11.0.0.0/8
	exits 0 ctl get ippools
	[ "$(wc -l < "$work/said")" = 4 ]
}

manxctl_keeps_a_pool_in_use() {
	lone_node
	both_pools n1
	add_pod n1 web
	exits 1 ctl delete ippool pods-v4
	said 'pods-v4'
	new_netns late
	refused 11 pods-v4 cni ADD n1 late < <(netconf)
	del_pod n1 web
	exits 0 ctl delete ippool pods-v4 pods-v6
	eventually no_blocks
	nothing_left n1
}

no_blocks() { [ -z "$(store_keys b/ i/)" ]; }

# What an operator types of a cluster with route reflectors and racks.
manxctl_patches_and_labels() {
	local node

	desk
	for node in n4 n1; do
		ctl apply -f - <<< "{apiVersion: projectcalico.org/v3, kind: Node, metadata: {name: $node}}"
	done
	ctl create -f "$data/ippool-default.yaml"
	exits 1 ctl create -f "$data/ippool-default.yaml"
	said 'IPPool(default-ipv4-ippool): exists already'
	exits 0 ctl patch node n4 -p '{"spec": {"bgp": {"routeReflectorClusterID": "244.0.0.1"}}}'
	said "Successfully patched 1 'Node' resource(s)"
	exits 0 ctl patch node n1 -p '{"spec": {"bgp": {"asNumber": "64514"}}}'
	exits 0 ctl get nodes -o wide
	said 'n1    64514'
	exits 0 ctl patch ippool default-ipv4-ippool -p '{"spec": {"disabled": true}}'
	exits 0 ctl get pool -o wide
	said 'true      false'
	exits 0 ctl label nodes n4 route-reflector=true
	said 'Successfully set label route-reflector on nodes n4'
	exits 1 ctl label nodes n4 route-reflector=false
	exits 0 ctl label nodes n4 route-reflector-
	ctl get ippool -o yaml > "$work/pools"
	ctl patch ippool default-ipv4-ippool -p '{"spec": {"disabled": null}}'
	exits 1 ctl apply -f "$work/pools"
	said 'is not the present one'
	exits 0 ctl validate -f "$data"
}

# --- mistakes ---

# wrong LINE WORDS: about the resource on standard input, which has that mistake
wrong() {
	cat > "$work/wrong.yaml"
	exits 1 ctl apply -f "$work/wrong.yaml"
	[ "$(wc -l < "$work/said")" = 1 ] || fail "more than an error: $(< "$work/said")"
	said "manxctl: $work/wrong.yaml:$1: "
	said "$2"
}

# wrong_pool WORDS SPEC: in line 4
wrong_pool() {
	wrong 4 "$1" <<-END
		apiVersion: projectcalico.org/v3
		kind: IPPool
		metadata: {name: x}
		spec: {$2}
	END
}

# wrong_policy WORDS SPEC: in line 4
wrong_policy() {
	wrong 4 "$1" <<-END
		apiVersion: projectcalico.org/v3
		kind: GlobalNetworkPolicy
		metadata: {name: x}
		spec: {$2}
	END
}

manxctl_names_the_line_of_a_mistake() {
	desk
	wrong 3 'metadata.nam: unknown field: did you mean "name"?' <<-END
		apiVersion: projectcalico.org/v3
		kind: IPPool
		metadata: {nam: x}
		spec: {cidr: 10.0.0.0/16}
	END
	wrong 7 'document 2: kind: "IPPol"' <<-END
		apiVersion: projectcalico.org/v3
		kind: IPPool
		metadata: {name: good}
		spec: {cidr: 10.0.0.0/16}
		---
		apiVersion: projectcalico.org/v3
		kind: IPPol
	END
	[ ! -e "$work/manx.db" ] || fail "half a file was applied"
	wrong 1 'apiVersion: "v1": allowed is projectcalico.org/v3' <<< '{apiVersion: v1, kind: Node}'
	wrong 2 'neither YAML nor JSON' <<< $'a: 1\n\tb: 2'
	wrong 2 'neither YAML nor JSON' <<< 'a: [1, 2'
	wrong 2 '"a" is given twice, first in line 1' <<< $'a: 1\na: 2'
	wrong 1 'an object with apiVersion' <<< '- 1'
	wrong_pool 'spec.cdir: unknown field: did you mean "cidr"?' 'cdir: 10.0.0.0/16'
	wrong_pool 'spec.cidr: "10.0.0.0/33"' 'cidr: 10.0.0.0/33'
	wrong_pool 'did you mean "10.0.0.0/16"?' 'cidr: 10.0.0.1/16'
	wrong_pool 'spec.cidr' 'blockSize: 26'
	wrong_pool 'allowed are 20 to 32' 'cidr: 10.0.0.0/16, blockSize: 33'
	wrong_pool 'allowed are Never, Always, CrossSubnet' 'cidr: 10.0.0.0/16, ipipMode: Now'
	wrong_pool 'spec.nodeSelector: "rack = 0": position 6' 'cidr: 10.0.0.0/16, nodeSelector: rack = 0'
	wrong_pool 'use ipipMode' 'cidr: 10.0.0.0/16, vxlanMode: Always'
	exits 1 ctl apply -f "$work/absent.yaml"
	said 'absent.yaml: No such file'
	exits 1 ctl apply -f /dev/null
	said 'no resource in it'
}

manxctl_names_the_mistake_of_a_policy() {
	desk
	wrong_policy 'spec.selector: "app == web": position 8' 'selector: app == web'
	wrong_policy 'spec.ingress[0].action: "Alow"' 'ingress: [{action: Alow}]'
	wrong_policy 'spec.ingress[0].protocol: "TPC"' 'ingress: [{action: Allow, protocol: TPC}]'
	wrong_policy 'spec.ingress[1].destination.ports[0]: "http": named ports' \
		'ingress: [{action: Deny}, {action: Allow, protocol: TCP, destination: {ports: [http]}}]'
	wrong_policy 'spec.ingress[0].protocol: destination.ports needs TCP' \
		'ingress: [{action: Allow, destination: {ports: [80]}}]'
	wrong_policy '"65536": allowed are 0 to 65535' \
		'egress: [{action: Allow, protocol: UDP, destination: {ports: [65536]}}]'
	wrong_policy 'a rule for each family' \
		'ingress: [{action: Allow, source: {nets: [10.0.0.0/8, "fd00::/8"]}}]'
	wrong_policy 'spec.tier: "A": allowed are at most 253' 'tier: A'
	wrong_policy 'spec.types[1]: "Sideways"' 'types: [Ingress, Sideways]'
	wrong_policy 'use selector' 'egress: [{action: Allow, source: {serviceAccounts: {names: [a]}}}]'
	[ ! -e "$work/manx.db" ] || fail "something was applied"
	exits 1 ctl apply -f - <<-END
		apiVersion: projectcalico.org/v3
		kind: WorkloadEndpoint
		metadata: {name: n1-cni-x-eth0, namespace: default}
		spec: {node: n1, orchestrator: cni, containerID: x, endpoint: eth0}
	END
	said 'made by the container runtime'
}

manxctl_explains_its_usage() {
	desk
	exits 2 ctl
	exits 2 ctl gte ippools
	said 'did you mean "get"?'
	exits 2 ctl get ipool
	said 'did you mean "IPPool"?'
	exits 2 ctl patch node n1
	said '-p PATCH is missing'
	exits 2 ctl get ippools -o xml
	said 'table, wide, json, yaml'
	exits 2 ctl apply
	said '-f FILE is missing'
	exits 2 ctl apply -f
	exits 2 ctl apply --frobnicate
	exits 2 ctl delete ippool
	exits 2 ctl dp
	exits 2 ctl dp show elephants
	exits 0 ctl --help
	exits 0 ctl get --help
	exits 0 ctl version
	said manxctl
}

manxctl_is_for_root() {
	local user=(setpriv --reuid 65534 --regid 65534 --clear-groups)

	lone_node
	both_pools n1
	open_way n1
	exits 1 in_node n1 "${user[@]}" manxctl get ippools
	said root
	exits 1 in_node n1 "${user[@]}" manxctl apply -f "$data/ippool-racks.yaml"
	said root
	exits 1 in_node n1 "${user[@]}" manxctl status
	said root
	exits 1 in_node n1 "${user[@]}" manxctl dp load - <<< '{}'
	said root
}

# --- the dataplane, without a datastore ---

# the example of the manual
example() { sed -n '/^\.nf$/,/^\.fi$/{/^\./d;p}' "$here/../../man/manx-dp.5"; }

manxctl_loads_the_example_of_the_manual() {
	desk
	example > "$work/example.json"
	exits 0 ctl dp load "$work/example.json"
	said generation
	mv "$work/said" "$work/generation"
	exits 0 ctl dp show
	said '1 endpoints, 2 tables with 6 rules, 2 sets with 3 members, 1 peers'
	exits 0 ctl dp show tables
	said 'table web-in: ingress, default deny (0 packets), '
	said 'allow tcp from set administrators and not 192.0.2.1 to port 22'
	# what is printed loads, and changes nothing
	ctl dp show -o json > "$work/shown.json"
	exits 0 ctl dp load "$work/shown.json"
	cmp "$work/said" "$work/generation"
	exits 0 ctl dp load "$work/example.json"
	cmp "$work/said" "$work/generation"
}

manxctl_explains_its_usage_of_the_dataplane() {
	desk
	exits 2 ctl dp set
	said 'expected OPTION VALUE'
	exits 2 ctl dp set audit
	said 'audit: its value is missing'
	exits 2 ctl dp set audit maybe
	said 'audit: "maybe": expected on or off'
	exits 2 ctl dp set max-flow 1
	said 'did you mean "max-flows"?'
	exits 2 ctl dp set max-memory 1X
	said 'expected octets, perhaps with K, M, G or T,'
	exits 2 ctl dp flows from
	exits 2 ctl dp flows src 10.0.0.1
	said 'expected from, to, endpoint,'
	exits 2 ctl dp flush
	said 'expected all, or what the flows have'
	exits 2 ctl dp flush all from 1
	exits 2 ctl dp monitor --flow-s
	exits 2 ctl dp monitor all
	exits 0 ctl dp --help
	said 'timeout.tcp-opening'
}

manxctl_changes_options_of_the_dataplane() {
	desk
	exits 0 ctl dp set max-flows 1000 max-memory 512M audit on timeout.udp 60 \
		fast direct mark-stay 0x100 queue-packets 64
	said 'generation 2'
	exits 0 ctl dp show node
	said ' flows of 1000,'
	said ' of 512 MiB'
	said 'audit on'
	said 'keep-established off'
	said 'fast direct, mark-stay 0x00000100, queue-packets 64'
	said 'udp 60,'
	said 'tcp-established 432000,'
	exits 0 ctl dp set audit off endpoint-to-node allow
	exits 0 ctl dp show
	said 'audit off'
	said 'udp 60,'
	said 'to node    allow'
	# all of it, or nothing
	exits 1 ctl dp set audit on mark-mask 0x7
	said 'mark-mask, audit: a mark mask needs at least four bits'
	exits 1 ctl dp set mark-stay 0x80000000
	said 'mark-stay 0x80000000 and mark-mask 0xffff0000 have bits in common'
	exits 0 ctl dp show node
	said 'audit off'
	# a file that does not give them sets them back
	ctl dp show -o json > "$work/shown.json"
	exits 0 ctl dp load --sync - <<< '{}'
	exits 0 ctl dp show node
	said ' flows of 262144,'
	said 'udp 30,'
	said 'fast established, mark-stay 0x00000000, queue-packets 256'
	exits 0 ctl dp load "$work/shown.json"
	exits 0 ctl dp show node
	said ' flows of 1000,'
	said 'udp 60,'
	said 'fast direct, mark-stay 0x00000100, queue-packets 64'
}

manxctl_leaves_limits_to_the_host() {
	desk
	exits 0 in_node n1 unshare -Urn manxctl dp set max-flows 5
	exits 0 in_node n1 unshare -Urn manxctl dp set max-flows 262144
	exits 1 in_node n1 unshare -Urn manxctl dp set max-flows 262145
	said 'max-flows: raising a limit above its default takes CAP_NET_ADMIN on the host'
	exits 0 ctl dp set max-flows 262145
}

# flows_are N FILTER...: so many have all of that
flows_are() { [ "$(ctl dp flows "${@:2}" -o json | grep -c '"protocol"')" = "$1" ]; }

manxctl_lists_and_ends_flows() {
	local id

	export MANX_FAST=off
	lone_node
	both_pools n1
	add_pod n1 web
	add_pod n1 client
	in_node n1 manxctl dp monitor --flows > "$work/monitor" &
	id=$(ctl dp show endpoints | awk '/sandbox-client/ { print $1 }')
	reaches client "$(address web)"
	reaches client "$(address web 6)"
	exits 0 ctl dp show flows protocol icmp
	said "$(address client)"
	said "$(address web)"
	said 'replied'
	flows_are 2 from "$id"
	flows_are 1 from "$id" protocol icmpv6
	flows_are 1 endpoint "$id" source "$(address client)" destination "$(address web)"
	flows_are 0 to "$id"
	flows_are 0 from "$id" state established
	said 'stack (off)'
	ctl dp flows protocol icmp -o json | grep -qF '"way":"stack","why":"off","replyWay":"stack","replyWhy":"off"'
	flows_are 0 way direct
	# what is told of flows follows the option at once, without a packet of theirs
	exits 0 ctl dp set fast established
	exits 0 ctl dp flows protocol icmp
	said 'stack (new)'
	exits 0 ctl dp set fast off
	ctl dp flows -o json | /usr/bin/python3 -S -c 'import json, sys
flow = [f for f in json.load(sys.stdin)["flows"] if f["protocol"] == "icmp"][0]
assert flow["state"] == "replied", flow
assert (flow["packets"], flow["replyPackets"]) == (1, 1), flow
assert 0 < flow["expires"] <= 30000, flow'
	exits 0 ctl dp flush from "$id" protocol icmp
	said '1 flow ended'
	flows_are 1 from "$id"
	exits 0 ctl dp flush all
	flows_are 0
	exits 0 ctl dp flush all
	said '0 flows ended'
	reaches client "$(address web)"
	eventually grep -q "flow-new from $id .* $(address client) > $(address web) " "$work/monitor"
	eventually grep -q "flow-end from $id .* $(address client) > $(address web) " "$work/monitor"
}

monitored() { grep -qE "$1" "$work/monitor"; } # PATTERN: of a line

manxctl_monitors_what_would_be_dropped() {
	local from to

	lone_node
	both_pools n1
	apply n1 <<-END
		apiVersion: projectcalico.org/v3
		kind: GlobalNetworkPolicy
		metadata: {name: web}
		spec: {selector: app == 'web', ingress: [{action: Deny, protocol: ICMP}]}
	END
	add_pod n1 web app=web
	add_pod n1 client
	from=$(address client) to=$(address web)
	in_node n1 manxctl dp monitor > "$work/monitor" &
	eventually subscribed
	cut_off client "$to"
	eventually monitored "drop policy-ingress endpoint 2 table [^ ]+ rule [0-9]+ icmp $from 8 > $to 0"
	cut_off client "$(address web 6)"
	eventually monitored "drop policy-ingress endpoint 2 table [^ ]+ default icmpv6 "
	exits 0 ctl dp set audit on
	reaches client "$to"
	eventually monitored "audit policy-ingress endpoint 2 table [^ ]+ rule [0-9]+ icmp $from 8 > $to 0"
}
subscribed() { ctl dp set fragment-rate $((1000 + RANDOM)) && monitored 'generation [0-9]+$'; }

manxctl_status_says_what_is_wrong() {
	lone_node
	exits 0 ctl status
	said 'manxd      ok'
	ctl status -o json | has '"ok":	true'
	ip -n n1 link add manx.ipip type dummy
	pool n1 pods 10.244.0.0/16 'ipipMode: Always'
	eventually refuse 'ip link delete manx.ipip' ctl status
	ip -n n1 link delete manx.ipip
	eventually ctl status
	stop_manxd n1
	exits 1 ctl status
	said 'manxd      NOT OK'
	said 'module     ok'
	said 'datastore  ok'
	exits 1 in_node n1 env MANX_SQLITE="$work/absent.db" manxctl status
	said 'datastore  NOT OK'
	[ ! -e "$work/absent.db" ]
}
