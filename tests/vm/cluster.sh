# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A cluster in network namespaces, for scripts that run in the virtual machine:
# nodes with manxd, pods made through the CNI plugin as a container runtime
# makes them. To be sourced.
#
#        subnet 172.18.1.0/24                     subnet 172.18.2.0/24
#   n1 (.11) ---+                                            +--- n3 (.13)
#               +--- bridge lan1 --- router --- bridge lan2 -+
#   n2 (.12) ---+                   .1    .1                 +--- n4 (.14)
#
# A node is a network namespace with directories of its own under $work; all
# nodes share one database, as they would share an etcd.

work=${MANX_WORK:-/run/cluster}
network=pods		# name of the CNI network
cni_version=1.0.0	# of its configuration
plugin=$(command -v manx)

declare -A daemon	# node -> process id of its manxd

# exec_in_node NODE COMMAND...: in its namespace, with its directories, in the place
# of this shell, so that behind a "&" $! is the command's own
exec_in_node() {
	export MANX_NODENAME=$1 MANX_STATE_DIR=$work/$1/state MANX_RUN_DIR=$work/$1/run \
		MANX_CONF_DIR=$work/$1/conf MANX_SQLITE=$work/manx.db
	exec nsenter --net="/run/netns/$1" "${@:2}"
}

in_node() { # NODE COMMAND...
	(exec_in_node "$@")
}

in_pod() { # POD COMMAND...
	nsenter --net="/run/netns/$1" "${@:2}"
}

# wait_for SECONDS COMMAND...: until it succeeds; slow kernels get longer
wait_for() {
	local until=$((SECONDS + $1 * ${MANX_SLOW:-1}))

	shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.1
	done
}

new_netns() { # NAME
	ip netns add "$1"
	ip -n "$1" link set lo up
}

# cable NETNS NAME ADDRESS LAN: a link from a namespace to a LAN's bridge
cable() {
	ip -n "$1" -b - <<-END
		link add $2 type veth peer name p$1 netns $4
		address add $3 dev $2
		link set $2 up
	END
	ip -n "$4" link set "p$1" master br0 up
}

make_underlay() {
	local lan

	new_netns router
	ip netns exec router sysctl -qw net.ipv4.ip_forward=1
	for lan in 1 2; do
		new_netns "lan$lan"
		ip -n "lan$lan" -b - <<-END
			link add br0 type bridge
			link set br0 up
		END
		cable router "eth$lan" "172.18.$lan.1/24" "lan$lan"
	done
}

# make_node NAME LAN: namespace, address and default route
make_node() {
	new_netns "$1"
	cable "$1" eth0 "172.18.$2.1${1#n}/24" "lan$2"
	ip -n "$1" route add default via "172.18.$2.1"
	mkdir "$work/$1"
}

make_lone_node() { # NAME: on a link that leads nowhere
	new_netns "$1"
	ip -n "$1" -b - <<-END
		link add eth0 type dummy
		address add 172.18.1.1${1#n}/24 dev eth0
		link set eth0 up
	END
	mkdir "$work/$1"
}

start_manxd() { # NODE [COMMAND...]: and waits until it serves
	exec_in_node "$1" "${@:2}" manxd >> "$work/$1/manxd.log" 2>&1 < /dev/null &
	daemon[$1]=$!
	wait_for 20 in_node "$1" manxctl status || { tail -n 20 "$work/$1/manxd.log"; return 1; }
}

stop_manxd() { # NODE [SIGNAL]
	kill "-${2:-TERM}" "${daemon[$1]}"
	wait "${daemon[$1]}" 2> /dev/null || :
	unset "daemon[$1]"
}

# netconf [KEY=VALUE LABEL...]: the configuration a runtime hands to the plugin
netconf() {
	local label labels=

	for label in "$@"; do
		labels+="${labels:+,}{\"key\":\"${label%%=*}\",\"value\":\"${label#*=}\"}"
	done
	printf '{"cniVersion": "%s", "name": "%s", "type": "manx", "mtu": 0, "ipam": {
		"type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true"},
		"args": {"cni": {"labels": [%s]}}}\n' "$cni_version" "$network" "$labels"
}

# exec_cni COMMAND NODE POD [VARIABLE=VALUE...]: calls the plugin, in the place of
# this shell; configuration on standard input
exec_cni() {
	export CNI_COMMAND=$1 CNI_CONTAINERID=sandbox-$3 CNI_IFNAME=eth0 \
		CNI_NETNS=/run/netns/$3 CNI_PATH=${plugin%/*} \
		CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=$3" "${@:4}"
	exec_in_node "$2" manx
}

cni() {
	(exec_cni "$@")
}

# add_pod NODE POD [KEY=VALUE...]: namespace and ADD; the result stays in a file
add_pod() {
	new_netns "$2"
	netconf "${@:3}" | cni ADD "$1" "$2" > "$work/$2.json" || { cat "$work/$2.json"; return 1; }
}

del_pod() { # NODE POD: as a runtime does: DEL, then the namespace
	netconf | cni DEL "$1" "$2" && ip netns delete "$2"
}

# address POD [4|6]: what ADD answered
address() {
	local length=32 result

	[ "${2-4}" = 4 ] || length=128
	result=$(< "$work/$1.json")
	[[ $result =~ '"address":"'([^\"]*)/$length\" ]] && echo "${BASH_REMATCH[1]}"
}

# node_end POD: the node's end of its pair, as ADD answered
node_end() {
	local result

	result=$(< "$work/$1.json")
	[[ $result =~ '"interfaces":[{"name":"'([^\"]*) ]] && echo "${BASH_REMATCH[1]}"
}

# store_keys PREFIX...: of what the database holds
store_keys() {
	python3 -s -S - "$work/manx.db" "$@" <<-'END'
	import sqlite3, sys
	database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
	for (key,) in database.execute("select key from kv order by key"):
	    if key.startswith(tuple(sys.argv[2:])):
	        print(key)
	END
}
