# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the cases of manxd, manxctl and the CNI plugin share: to be sourced by them,
# after tests/vm/lib.sh. Nodes and pods are those of tests/vm/cluster.sh.
# shellcheck disable=SC2034,SC2154	# variables of the files before and after this one

MANX_WORK=$scratch/cluster
# shellcheck source=tests/vm/cluster.sh
. "$here/cluster.sh"
mkdir "$work"
trap '[ $? = 0 ] || tail -n 10 "$work"/*/manxd.log 2> /dev/null || :' EXIT

data=$here/data

# --- clusters ---

lone_node() { # n1, alone
	make_lone_node n1
	start_manxd n1
}

# join NODE...: n1 and n2 are in one subnet, n3 and n4 in another
join() {
	local node

	for node; do
		make_node "$node" $(((${node#n} + 1) / 2))
		start_manxd "$node"
	done
}

# apply NODE: resources on standard input
apply() { in_node "$1" manxctl apply -f -; }

# pool NODE NAME CIDR [FIELD: VALUE, ...]
pool() {
	apply "$1" <<-END
		apiVersion: projectcalico.org/v3
		kind: IPPool
		metadata: {name: $2}
		spec: {cidr: "$3"${4+, $4}}
	END
}

# both_pools NODE [FIELD: VALUE, ...]: those that netconf wants; fields of the IPv4 one
both_pools() {
	apply "$1" <<-END
		apiVersion: projectcalico.org/v3
		kind: IPPool
		metadata: {name: pods-v4}
		spec: {cidr: 10.244.0.0/16${2+, $2}}
		---
		apiVersion: projectcalico.org/v3
		kind: IPPool
		metadata: {name: pods-v6}
		spec: {cidr: "fd00:10:244::/48"}
	END
}

# exec_python POD SCRIPT ARGUMENT...: one of tests/vm/py, in the place of this shell
exec_python() {
	exec nsenter --net="/run/netns/$1" /usr/bin/python3 -s -S "$here/py/$2.py" "${@:3}"
}

# open_way NODE: for other users, to its directories
open_way() { chmod 755 "${scratch%/*}" "$scratch" "$work" "$work/$1"; }

# --- what the plugin answers ---

# refused CODE WORDS COMMAND...: the plugin fails with one document, an error with them
refused() {
	local lines status=0
	local text='"([^"\\]|\\.)*"'
	local error="^\\{\"cniVersion\":\"[0-9.]+\",\"code\":$1,\"msg\":$text(,\"details\":$text)?\\}\$"

	"${@:3}" > "$scratch/document" 2> "$scratch/stderr" || status=$?
	mapfile -t lines < "$scratch/document"
	if [ $status != 1 ] || [ ${#lines[@]} != 1 ] || [[ ! ${lines[0]} =~ $error ]] ||
	   [[ ${lines[0]} != *"$2"* ]]; then
		fail "expected error $1, '$2', of ${*:3}; status $status, printed: ${lines[*]-}"
	fi
}

# with_result POD: the configuration of CHECK, and of DEL by a runtime that keeps results
with_result() {
	local conf

	conf=$(netconf)
	printf '{"prevResult": %s, %s\n' "$(< "$work/$1.json")" "${conf#\{}"
}

# --- what is there ---

# nothing_left NODE: no link, no endpoint in the kernel; no endpoint and no address in
# the store but those of tunnels
nothing_left() {
	local links endpoints keys

	links=$(ip -n "$1" -o link show type manx) || return
	endpoints=$(in_node "$1" manxctl dp show endpoints -o json) || return
	keys=$(store_keys a/ e/ h/) || return
	if [[ $links = *manx[0-9a-f]* ]] || [[ $endpoints = *'"id"'* ]] ||
	   grep -q '^e/\|^h/[^i]' <<< "$keys" ||
	   [ "$(grep -c ^a/ <<< "$keys")" != "$(grep -c ^h/ <<< "$keys")" ]; then
		fail "left behind: $links" "$endpoints" "$keys"
	fi
}
