# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The module goes and comes back while packets, dumps and sockets are on their way.

unloads=${MANX_UNLOADS:-30}	# on each kernel
module=$here/../../build/kmod/$(uname -r)/manx.ko

# traffic FROM ADDRESS: until the case ends, whether there is a link or not
traffic() {
	(
		while :; do
			nsenter --net="/run/netns/$1" -- ping -q -i 0.01 -c 1000 "$2" || sleep 0.1
		done
	) > /dev/null 2>&1 &
}

# dumps NODE: of all objects, over and over
dumps() {
	(
		while :; do
			nsenter --net="/run/netns/$1" -- manxctl dp show -o json
			sleep 0.1
		done
	) > /dev/null 2>&1 &
}

links_are_back() {
	insmod "$module"
	tunnel n1 $u1 $u2
	tunnel n2 $u2 $u1
	commit n1
	commit n2
	plug_in a
	plug_in b
	plug_in c
}

unload_over_and_over_under_traffic() {
	# limit: 1500
	two_nodes
	pod n1 b $b4 $b6
	commit n1
	reaches a $c4
	reaches c $b6
	traffic a $b4
	traffic b $c6
	traffic c $a4
	dumps n1
	for ((i = 0; i < unloads; i++)); do
		# a dump that is going on holds the module for a moment
		eventually rmmod manx
		links_are_back
		[ $((i % 10)) != 0 ] || eventually reaches a $c4
	done
	eventually reaches a $c4
	eventually reaches b $a6
}

unload_takes_every_link_of_every_namespace() {
	two_nodes
	rmmod manx
	for name in n1 n2 a c; do
		[ -z "$(ip -n "$name" -o link show type manx)" ]
	done
	refuse modprobe on n1 manxctl dp show
	insmod "$module"
}
