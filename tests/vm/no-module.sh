#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the programs say while manx.ko is not loaded, and that loading it is enough:
#
#	tests/vm/run --no-module [--kernel K] -- tests/vm/no-module.sh
#
# Last line: N passed, N failed.

set -uo pipefail

tree=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
. "$tree/tests/vm/cluster.sh"
# shellcheck disable=SC2016	# the words themselves
remedy='run `modprobe manx`'
passed=0 failed=0

check() { # WHAT COMMAND...
	if "${@:2}" > "$work/printed" 2>&1; then
		passed=$((passed + 1))
		echo "ok $1"
	else
		failed=$((failed + 1))
		echo "FAIL $1"
		sed 's/^/     /' "$work/printed"
	fi
}

# says WORDS STATUS COMMAND...: with that status, and the remedy
says() {
	local status=0

	"${@:3}" > "$work/said" 2>&1 || status=$?
	cat "$work/said"
	[ $status = "$2" ] && grep -qF "$1" "$work/said" && grep -qF "$remedy" "$work/said"
}

mkdir "$work"
make_lone_node n1
new_netns pod
netconf > "$work/conf"

add() { cni ADD n1 pod < "$work/conf" | tee "$work/pod.json"; }
del() { cni DEL n1 pod < "$work/conf"; }
pools() { in_node n1 manxctl apply -f "$tree/tests/vm/data/ippool-default.yaml"; }
only_loopback() { [ "$(ip -n pod -o link | wc -l)" = 1 ]; }
only_ipv4() { sed -i 's/"assign_ipv6": "true"/"assign_ipv6": "false"/' "$work/conf"; }

load() {
	local file=${MANX_MODULE:-$tree/build/kmod/$(uname -r)/manx.ko} needed

	needed=$(modinfo -F depends "$file") || return
	for needed in ${needed//,/ }; do
		modprobe "$needed" || return
	done
	insmod "$file"
}

check "ADD says so, as code 50" says '"code":50,' 1 add
check "and leaves nothing in the pod" only_loopback
check "DEL succeeds" del
check "manxd does not start, and says so" says 'not loaded' 1 in_node n1 timeout 20 manxd
check "manxctl status says so" says 'module     NOT OK' 1 in_node n1 manxctl status
check "manxctl dp show says so" says 'not loaded' 1 in_node n1 manxctl dp show
check "manxctl dp link add says so" says 'not loaded' 1 \
	in_node n1 manxctl dp link add one
check "resources need no module" pools
check "the module loads" load
check "manxd starts" start_manxd n1
only_ipv4
check "ADD succeeds" add
check "the pod has its interface" ip -n pod link show up dev eth0
check "and its node reaches it" in_node n1 ping -n -c 1 -W 2 "$(address pod)"
check "DEL succeeds again" del
check "nothing is left" only_loopback
stop_manxd n1

echo "$passed passed, $failed failed"
[ $failed = 0 ]
