# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Nodes that share an etcd instead of a database: the same pods, policy and routes; an
# etcd that goes away and comes back.

# shellcheck source=tests/vm/programs.sh
. "$here/programs.sh"

export ETCDCTL_API=3
etcd_url=http://172.18.1.1:2379

start_etcd() { # on the router, which every node reaches
	nsenter --net=/run/netns/router etcd --data-dir "$work/etcd" --log-level error \
		--listen-client-urls "$etcd_url" --advertise-client-urls "$etcd_url" \
		> "$work/etcd.log" 2>&1 &
	etcd=$!
	wait_for 30 etcdctl_get m/
}

stop_etcd() {
	kill -KILL "$etcd"
	wait "$etcd" 2> /dev/null || :
}

etcdctl_get() { # PREFIX: keys below it
	nsenter --net=/run/netns/router etcdctl --endpoints "$etcd_url" \
		get --keys-only --prefix "/manx/v1/$1"
}

etcd_holds() { etcdctl_get "$1" | has .; }

etcd_carries_a_cluster() {
	# limit: 300
	make_underlay
	start_etcd
	export DATASTORE_TYPE=etcdv3 ETCD_ENDPOINTS=$etcd_url
	join n1 n2 n3
	[ ! -e "$work/manx.db" ]
	etcd_holds n/n1
	both_pools n1 "ipipMode: Always"
	add_pod n1 web
	add_pod n3 far
	eventually reaches far "$(address web)"
	eventually reaches far "$(address web 6)"
	etcd_holds h/pods.
	in_node n2 manxctl get wep -A | has web

	# policy is in force on the other node, by its watch
	apply n2 <<-END
		apiVersion: projectcalico.org/v3
		kind: GlobalNetworkPolicy
		metadata: {name: closed}
		spec: {selector: all(), types: [Ingress]}
	END
	eventually fails reaches far "$(address web)" -W 0.3
	in_node n2 manxctl delete globalnetworkpolicy closed
	eventually reaches far "$(address web)"

	# without etcd what is there goes on; what is new fails, and works again with it
	stop_etcd
	reaches far "$(address web)"
	new_netns late
	netconf | cni ADD n2 late > "$work/late.json" && fail "ADD without a store"
	start_etcd
	eventually add_late
	eventually reaches far "$(address late)"

	del_pod n1 web
	del_pod n2 late
	del_pod n3 far
	eventually fails etcd_holds h/pods.
	stop_manxd n1
	fails etcd_holds n/n1
}

add_late() { netconf | cni ADD n2 late > "$work/late.json"; }
