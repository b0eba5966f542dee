# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The CNI plugin as a container runtime sees it.

# shellcheck source=tests/vm/programs.sh
. "$here/programs.sh"

node_for_pods() {
	lone_node
	both_pools n1
}

cni_results_are_those_of_their_version() {
	node_for_pods
	new_netns web
	for cni_version in 0.3.1 0.4.0 1.0.0; do
		netconf | cni ADD n1 web > "$work/web.json"
		python cni_result $cni_version /run/netns/web eth0 < "$work/web.json"
		if [ $cni_version = 0.3.1 ]; then
			refused 1 CHECK cni CHECK n1 web < <(with_result web)
		else
			with_result web | cni CHECK n1 web > "$work/out"
			[ ! -s "$work/out" ] || fail "CHECK printed $(< "$work/out")"
		fi
		with_result web | cni DEL n1 web > "$work/out"
		[ ! -s "$work/out" ] || fail "DEL printed $(< "$work/out")"
	done
	nothing_left n1
	netconf | cni VERSION n1 web > "$work/out"
	grep -qxF '{"cniVersion":"1.0.0","supportedVersions":["0.3.0","0.3.1","0.4.0","1.0.0"]}' \
		"$work/out"
}

cni_a_pod_works_when_add_returns() {
	node_for_pods
	add_pod n1 web
	add_pod n1 client
	reaches client "$(address web)" -c 2 -i 0.01
	reaches client "$(address web 6)"
	reaches web "$(address client)"
	on n1 ping -n -q -c 1 -W 2 "$(address web)"
	on n1 ping -n -q -c 1 -W 2 "$(address web 6)"
	in_node n1 manxctl get wep -A | has "default *web *n1 *$(address web)/32,$(address web 6)/128"
	ip -n n1 link show "$(node_end web)" | has 'altname default.web.eth0'
	del_pod n1 web
	cut_off client "$(address web)"
	del_pod n1 client
	nothing_left n1
}

unknown_to_check() {
	refused 3 "no such attachment" cni CHECK n1 web < <(with_result web)
}

cni_check_finds_what_differs() {
	node_for_pods
	add_pod n1 web
	add_pod n1 other
	with_result web | cni CHECK n1 web
	refused 7 prevResult cni CHECK n1 web < <(netconf)
	refused 3 "no such attachment" cni CHECK n1 web CNI_CONTAINERID=strange < <(with_result web)
	refused 7 "no interface" cni CHECK n1 web CNI_IFNAME=eth1 < <(with_result web)
	mount --bind /run/netns/other /run/netns/web
	refused 100 "not the namespace" cni CHECK n1 web < <(with_result web)
	umount /run/netns/web

	ip -n web route delete default
	refused 100 "default route is missing, expected 169.254.1.1" cni CHECK n1 web < <(with_result web)
	ip -n web route add default via 169.254.1.1 dev eth0
	with_result web | cni CHECK n1 web

	ip -n web address delete "$(address web)/32" dev eth0
	refused 100 "missing, expected $(address web)" cni CHECK n1 web < <(with_result web)
	ip -n web -b - <<-END
		address add $(address web)/32 dev eth0
		route replace 169.254.1.1 dev eth0 scope link
		route replace default via 169.254.1.1 dev eth0
	END
	with_result web | cni CHECK n1 web

	ip -n web link set eth0 down
	refused 100 "is down" cni CHECK n1 web < <(with_result web)
	ip -n web link delete eth0
	eventually unknown_to_check
	with_result other | cni CHECK n1 other
}

cni_del_succeeds_whatever_is_left() {
	node_for_pods
	netconf | cni DEL n1 never
	add_pod n1 web
	netconf | cni DEL n1 web
	netconf | cni DEL n1 web
	nothing_left n1

	netconf | cni ADD n1 web > "$work/web.json"
	netconf | cni DEL n1 web CNI_NETNS=
	nothing_left n1
	ip -n web -o link show | grep eth0 && fail "eth0 is still there"

	netconf | cni ADD n1 web > "$work/web.json"
	with_result web > "$work/conf"
	ip netns delete web
	cni DEL n1 web < "$work/conf"
	nothing_left n1
	cni DEL n1 web < "$work/conf"

	# the path is another container's by now
	add_pod n1 first
	touch /run/netns/reused
	mount --bind /run/netns/first /run/netns/reused
	netconf | cni DEL n1 reused
	reaches first "$(address first)"
	with_result first | cni CHECK n1 first
}

cni_add_twice_is_refused() {
	node_for_pods
	add_pod n1 web
	refused 4 'CNI_IFNAME \"eth0\": the container has an interface of this name' \
		cni ADD n1 web < <(netconf)
	with_result web | cni CHECK n1 web
	ip -n web -b - <<-END
		link set eth0 down
		link set eth0 name other
		link set other up
	END
	refused 7 "attached already" cni ADD n1 web < <(netconf)
	[ "$(ip -n web -o link | wc -l)" = 2 ]
	del_pod n1 web

	new_netns web
	ip -n web link add eth0 type dummy
	refused 4 'CNI_IFNAME \"eth0\"' cni ADD n1 web < <(netconf)
	nothing_left n1
}

cni_a_container_may_have_two_interfaces() {
	node_for_pods
	add_pod n1 web
	add_pod n1 client
	netconf | cni ADD n1 web CNI_IFNAME=eth1 > "$work/second.json"
	reaches client "$(address web)"
	reaches web "$(address client)" -I eth1
	netconf | cni DEL n1 web
	cut_off client "$(address web)"
	netconf | cni DEL n1 web CNI_IFNAME=eth1
	del_pod n1 client
	nothing_left n1
}

cni_bad_environment_is_refused() {
	local name

	node_for_pods
	new_netns web
	netconf > "$work/conf"
	refused 4 "CNI_NETNS" cni ADD n1 web CNI_NETNS= < "$work/conf"
	refused 4 "/run/netns/absent" cni ADD n1 web CNI_NETNS=/run/netns/absent < "$work/conf"
	refused 4 "/etc/passwd" cni ADD n1 web CNI_NETNS=/etc/passwd < "$work/conf"
	refused 4 "/run/netns" cni ADD n1 web CNI_NETNS=/run/netns < "$work/conf"
	refused 4 "/proc/self/ns/mnt" cni ADD n1 web CNI_NETNS=/proc/self/ns/mnt < "$work/conf"
	refused 4 "own network namespace" cni ADD n1 web CNI_NETNS=/run/netns/n1 < "$work/conf"
	refused 4 "own network namespace" cni ADD n1 web CNI_NETNS=/proc/self/ns/net < "$work/conf"
	for name in '' ../x 'a b' -x "$(printf 'x%.0s' {1..300})"; do
		refused 4 CNI_CONTAINERID cni ADD n1 web CNI_CONTAINERID="$name" < "$work/conf"
	done
	for name in '' . a/b 'a b' a:b eth%d sixteen-letters-; do
		refused 4 CNI_IFNAME cni ADD n1 web CNI_IFNAME="$name" < "$work/conf"
	done
	refused 4 CNI_COMMAND cni REMOVE n1 web < "$work/conf"
	refused 4 CNI_ARGS cni ADD n1 web CNI_ARGS=K8S_POD_NAME < "$work/conf"
	refused 2 MAC=02:00:00:00:00:01 cni ADD n1 web CNI_ARGS=MAC=02:00:00:00:00:01 < "$work/conf"
	refused 7 IP=10.244.0 cni ADD n1 web CNI_ARGS=IP=10.244.0 < "$work/conf"
	refused 7 "lies in no pool" cni ADD n1 web CNI_ARGS=IP=10.99.0.9 < "$work/conf"
	nothing_left n1
	[ "$(ip -n web -o link | wc -l)" = 1 ]
}

# bad CODE WORDS CONFIGURATION
bad() {
	refused "$1" "$2" cni ADD n1 web <<< "$3"
}

cni_bad_configuration_is_refused() {
	node_for_pods
	new_netns web
	bad 6 "network configuration" ''
	bad 6 "network configuration" 'cniVersion: 1.0.0'
	bad 6 "network configuration" '{"cniVersion": "1.0.0", "name": "pods"'
	bad 6 "expected a JSON object" '["cniVersion", "1.0.0"]'
	bad 7 'name' '{"cniVersion": "1.0.0"}'
	bad 7 'name' '{"cniVersion": "1.0.0", "name": "a/b"}'
	bad 7 'name' '{"cniVersion": "1.0.0", "name": 5}'
	bad 1 'this plugin supports 0.3.0' '{"cniVersion": "9.9.9", "name": "pods"}'
	bad 1 '0.1.0' '{"name": "pods"}'
	bad 2 'ipam.type: \"host-local\"' \
		'{"cniVersion": "1.0.0", "name": "pods", "ipam": {"type": "host-local"}}'
	bad 7 'ipam.assign_ipv4' '{"cniVersion": "1.0.0", "name": "pods", "ipam":
		{"type": "calico-ipam", "assign_ipv4": "perhaps"}}'
	bad 7 'assign_ipv6' '{"cniVersion": "1.0.0", "name": "pods", "ipam":
		{"assign_ipv4": "false", "assign_ipv6": "false"}}'
	bad 7 'nowhere' '{"cniVersion": "1.0.0", "name": "pods", "ipam":
		{"type": "calico-ipam", "ipv4_pools": ["nowhere"]}}'
	bad 7 'mtu: 67' '{"cniVersion": "1.0.0", "name": "pods", "mtu": 67}'
	bad 7 'mtu' '{"cniVersion": "1.0.0", "name": "pods", "mtu": "large"}'
	bad 7 'n1' '{"cniVersion": "1.0.0", "name": "pods", "nodename": "n9"}'
	bad 7 'etcd_endpoints' \
		'{"cniVersion": "1.0.0", "name": "pods", "etcd_endpoints": "https://192.0.2.1:2379"}'
	bad 7 'labels' '{"cniVersion": "1.0.0", "name": "pods", "args": {"cni": {"labels": ["a"]}}}'
	bad 7 'a b' '{"cniVersion": "1.0.0", "name": "pods", "args": {"cni": {"labels":
		[{"key": "a b", "value": "c"}]}}}'
	nothing_left n1
	[ "$(ip -n web -o link | wc -l)" = 1 ]
}

# with_ips ADDRESS...: args.cni.ips in the configuration on standard input
with_ips() {
	local list

	list=$(printf ',"%s"' "$@")
	sed "s#\"labels\":#\"ips\": [${list#,}], &#"
}

# of_pod POD [VARIABLE=VALUE...]: CNI_ARGS of a sandbox of it
of_pod() {
	echo "CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=$1${2+;$2}"
}

cni_requested_addresses_are_given() {
	local conf

	node_for_pods
	new_netns web
	new_netns client
	new_netns other
	netconf | cni ADD n1 web "$(of_pod web IP=10.244.3.9,fd00:10:244::39)" > "$work/web.json"
	[ "$(address web)" = 10.244.3.9 ]
	[ "$(address web 6)" = fd00:10:244::39 ]
	netconf | with_ips 10.244.3.8 | cni ADD n1 client > "$work/client.json"
	[ "$(address client)" = 10.244.3.8 ]
	conf=$(netconf)
	cni ADD n1 other > "$work/other.json" <<-END
		{"runtimeConfig": {"ips": ["10.244.77.1/16"]}, ${conf#\{}
	END
	[ "$(address other)" = 10.244.77.1 ]
	reaches client 10.244.3.9
	reaches other 10.244.3.9

	new_netns late
	refused 7 10.244.3.9 cni ADD n1 late < <(netconf | with_ips 10.244.3.9)
	refused 7 "one address a family" cni ADD n1 late < <(netconf | with_ips 10.244.3.1 10.244.3.2)
	del_pod n1 web
	netconf | with_ips 10.244.3.9 | cni ADD n1 late > "$work/late.json"
	[ "$(address late)" = 10.244.3.9 ]
	reaches client 10.244.3.9
	del_pod n1 late
	del_pod n1 client
	del_pod n1 other
	nothing_left n1
}

cni_a_dead_sandbox_gives_its_address_to_the_next_one() {
	node_for_pods
	new_netns first
	new_netns second
	new_netns stranger
	netconf | with_ips 10.244.3.9 | cni ADD n1 first "$(of_pod web)" > "$work/first.json"
	refused 11 10.244.3.9 cni ADD n1 second "$(of_pod web)" < <(netconf | with_ips 10.244.3.9)
	reaches first "$(address first)"

	# the link goes with the namespace; nobody calls DEL before the ADD
	kill -STOP "${daemon[n1]}"
	ip netns delete first
	netconf | with_ips 10.244.3.9 > "$work/conf"
	cni ADD n1 second "$(of_pod web)" < "$work/conf" > "$work/second.json" &
	sleep 0.5
	kill -CONT "${daemon[n1]}"
	wait $!
	[ "$(address second)" = 10.244.3.9 ]
	refused 7 10.244.3.9 cni ADD n1 stranger < "$work/conf"
	netconf | cni DEL n1 first "$(of_pod web)" CNI_NETNS=
	netconf | cni ADD n1 stranger > "$work/stranger.json"
	reaches stranger 10.244.3.9
	del_pod n1 second
	del_pod n1 stranger
	nothing_left n1
}

# what_is ADDRESS
what_is() { in_node n1 manxctl ipam show --ip "$1"; }

cni_an_address_of_the_node_is_given_to_nobody() {
	lone_node
	apply n1 < "$data/ippool-two-addresses.yaml"
	netconf | sed 's/"assign_ipv6": "true"/"assign_ipv6": "false"/' > "$work/conf"
	ip -n n1 address add 10.21.0.1/32 dev lo
	new_netns a
	new_netns b
	refused 7 10.21.0.1 cni ADD n1 b < <(with_ips 10.21.0.1 < "$work/conf")
	cni ADD n1 a < "$work/conf" > "$work/a.json"
	[ "$(address a)" = 10.21.0.0 ]
	refused 11 pool-1 cni ADD n1 b < "$work/conf"
	what_is 10.21.0.1 | has "is node n1's own"
	on n1 ping -n -q -c 1 -W 2 10.21.0.1

	# asked again when manxd begins, for one
	ip -n n1 address delete 10.21.0.1/32 dev lo
	stop_manxd n1
	start_manxd n1
	cni ADD n1 b < "$work/conf" > "$work/b.json"
	[ "$(address b)" = 10.21.0.1 ]
	reaches a 10.21.0.1
}
