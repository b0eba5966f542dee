#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The end-to-end tests of the kernel module, inside the virtual machine:
#
#	tests/vm/run [--kernel K] -- tests/vm/e2e.sh [--part I/N] [TOPIC | CASE]...
#
# --part is for machines that share the cases: this one takes each Nth, from the Ith on.
# A case is a function in tests/vm/cases/TOPIC.sh whose name begins with the topic; it
# has failed when one of its commands has. Each runs alone, in mount, process and
# network namespaces of its own (tests/vm/lib.sh), which end with it, and for a bounded
# time. A case has failed also when the kernel logged a warning meanwhile.
#
# MANX_FAST=off, established or direct says which way packets may take, in cases that do
# not say it themselves.
#
# Last line: N passed, N failed.

set -uo pipefail

here=$(dirname "$(readlink -f "$0")")
limit=${MANX_CASE_LIMIT:-120}	# seconds a case may take, unless it says more itself
passed=0 failed=0
work=$(mktemp -d)
log=$work/log
trap 'rm -rf "$work"' EXIT
enable -f /usr/lib/bash/mkdir mkdir
enable -f /usr/lib/bash/rm rm

# The cases of a topic, in the order of the file.
cases_of() {
	sed -n "s/^\(${1}_[a-z0-9_]*\)() {\$/\1/p" "$here/cases/$1.sh"
}

topics() {
	local file

	for file in "$here"/cases/*.sh; do
		basename "$file" .sh
	done
}

# What the command line names, one case a line, or everything.
selected() {
	local topic name names=("$@")

	[ $# -gt 0 ] || mapfile -t names < <(topics)
	for name in "${names[@]}"; do
		topic=${name%%_*}
		if [ ! -e "$here/cases/$topic.sh" ]; then
			echo "e2e: there is no $here/cases/$topic.sh" >&2
			return 1
		elif [ "$topic" = "$name" ]; then
			cases_of "$topic"
		else
			cases_of "$topic" | grep -x "$name" ||
				{ echo "e2e: $topic has no case $name" >&2; return 1; }
		fi
	done
}

# All but what a slow emulator causes, and what the core says about malformed attributes.
kernel_warnings() {
	dmesg --level emerg,alert,crit,err,warn |
		grep -viE 'hrtimer: interrupt took|clocksource|tsc |netlink: .*attribute|callbacks suppressed'
}

# A "# limit: S" beneath the case's first line gives it S seconds: sets limit_of.
declare -A limit_of
read_limits() {
	local name seconds

	while read -r name seconds; do
		limit_of[$name]=$seconds
	done < <(sed -n '/^[a-z0-9_]*() {$/{N;s/() {\n.*# limit: / /p}' "$here"/cases/*.sh)
}

run_case() {
	local seconds=$((${limit_of[$1]:-$limit} * ${MANX_SLOW:-1}))

	rm -rf "$work/case"
	mkdir "$work/case"
	# shellcheck disable=SC2016	# the words are for that shell
	MANX_SCRATCH=$work/case timeout --kill-after=5 "$seconds" \
		unshare --mount --pid --fork --kill-child --mount-proc --net -- \
		bash -euE -o pipefail -c '. "$0"; . "$1"; $2' \
		"$here/lib.sh" "$here/cases/${1%%_*}.sh" "$1" > "$log" 2>&1 < /dev/null
	case $? in
	0) ;;
	124|137) echo "no end after $seconds s" >> "$log"; return 1 ;;
	*) return 1 ;;
	esac
}

# judge NAME: runs a case, counts and tells.
judge() {
	local start=$SECONDS good=1 said
	local name=${1#*_} topic=${1%%_*}

	run_case "$1" || good=
	mapfile -s "$warnings" -t said < <(kernel_warnings)
	if [ ${#said[@]} != 0 ]; then
		good=
		warnings=$((warnings + ${#said[@]}))
		printf '%s\n' 'the kernel said:' "${said[@]}" >> "$log"
	fi
	if [ $good ]; then
		passed=$((passed + 1))
		echo "ok $topic: ${name//_/ } ($((SECONDS - start)) s)"
	else
		failed=$((failed + 1))
		echo "FAIL $topic: ${name//_/ } ($((SECONDS - start)) s)"
		sed 's/^/     /' "$log"
	fi
}

# Every namespace made from now on starts with this one's: no duplicate address
# detection and no solicitations of routers, so that links are usable and quiet at once.
# None gets a tunl0 because a case before it has loaded ipip: cases count links.
set_up() {
	echo 1 > /proc/sys/net/core/fb_tunnels_only_for_init_net
	echo 1 > /proc/sys/net/core/devconf_inherit_init_net
	for which in all default; do
		echo 0 > /proc/sys/net/ipv6/conf/$which/accept_dad
		echo 0 > /proc/sys/net/ipv6/conf/$which/router_solicitations
	done
}

part=1/1
if [ "${1-}" = --part ]; then
	part=$2
	shift 2
fi
wanted=$(selected "$@" | awk -v k="${part%/*}" -v n="${part#*/}" 'NR % n == k % n') || exit 1
read_limits
set_up
mapfile -t said < <(kernel_warnings)
warnings=${#said[@]}	# those of before
for name in $wanted; do
	judge "$name"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
