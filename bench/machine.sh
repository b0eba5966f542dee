# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The virtual machine of the benchmarks that build layouts (bench/layouts.sh). Sourced by
# them in it; $here is the directory of this file.

scratch=/tmp/bench
. "$here/layouts.sh"

set_up() {
	mkdir -p $scratch
	mount -t tmpfs netns /run/netns
	modprobe -a pktgen ipip sch_netem ip_tables iptable_raw iptable_mangle iptable_nat iptable_filter \
		xt_set xt_multiport xt_conntrack xt_mark xt_addrtype ipt_rpfilter ip_set_hash_net
	# room for what waits in b until it is counted
	sysctl -qw net.ipv4.udp_mem='300000 400000 500000'
	sysctl -qw net.netfilter.nf_conntrack_max=$flows_at_most \
		net.netfilter.nf_conntrack_buckets=$flows_at_most
}

tear_down() {
	local ns

	for ns in $(ip netns list | awk '{ print $1 }'); do
		on "$ns" ipset destroy 2> /dev/null || :
		ip netns delete "$ns"
	done
	# what they held is freed, and their processor time spent, before the next begins
	sleep 2
}

# address: of b
address() { on b ip -4 -o address show dev eth0 | awk '{ sub("/.*", "", $4); print $4 }'; }

# can LAYOUT[:ARGUMENT]: can this kernel?
can() { ! declare -F "can_${1%:*}" > /dev/null || "can_${1%:*}"; }

# build LAYOUT[:ARGUMENT]
build() {
	local argument=

	[ "${1%:*}" = "$1" ] || argument=${1#*:}
	"layout_${1%:*}" $argument
}

# online 0|1: the second processor, where there is one
online() {
	local state=/sys/devices/system/cpu/cpu1/online

	[ ! -e $state ] || echo "$1" > $state
}
