#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every test of the project: what `make check` runs. Each check is a command whose output
# goes to build/check/<name>.log; one that closes with "N passed, N failed" counts as
# that many, another as one. A check that cannot run has failed; none is left out.
#
#	tests/check.sh [NAME...]   all checks, or those named
#
# Last line: N passed, N failed.

set -uo pipefail
cd "$(dirname "$(dirname "$(readlink -f "$0")")")" || exit 1
unset MAKEFLAGS MAKELEVEL	# the checks call make themselves

logs=build/check
limit=3000	# seconds: no check may wait for ever
jobs=-j$(nproc)
passed=0 failed=0
wanted=("$@")
declare -A running=() started=()	# a check's name by its process, its start by its name

selected() {
	[ ${#wanted[@]} = 0 ] || [[ " ${wanted[*]} " == *" $1 "* ]]
}

# start NAME COMMAND...: in the background
start() {
	local name=$1

	shift
	timeout "$limit" "$@" > "$logs/$name.log" 2>&1 < /dev/null &
	running[$!]=$name
	started[$name]=$SECONDS
}

# finish: waits for one of those that run, counts and tells.
finish() {
	local status=0 pid name log good bad

	wait -n -p pid "${!running[@]}" || status=$?
	name=${running[$pid]} log=$logs/${running[$pid]}.log
	unset "running[$pid]"
	read -r good bad < <(awk '/^[0-9]+ passed, [0-9]+ failed$/ { good += $1; bad += $3 }
				  END { print good + 0, bad + 0 }' "$log")
	if [ $status = 0 ] && ! grep -qxE '[0-9]+ passed, [0-9]+ failed' "$log"; then
		good=1
	elif [ $status != 0 ] && [ "$bad" = 0 ] || [ $((good + bad)) = 0 ]; then
		bad=1
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	if [ "$bad" = 0 ]; then
		echo "ok $name ($((SECONDS - started[$name])) s)"
	else
		echo "FAIL $name (status $status, all of it in $log)"
		{ failures "$log"; tail -n 8 "$log"; } | sed 's/^/     /'
	fi
}

# failures LOG: what failed and what was said about it, up to the next test's line
failures() {
	awk '/^(FAIL|not ok)/ { shown = 1; left = 12 }
	     /^(ok|\[ +OK)/ { shown = 0 }
	     shown && left-- > 0' "$1" | head -n 60
}

# beside N NAME COMMAND...: as soon as fewer than N others run
beside() {
	selected "$2" || return 0
	while [ ${#running[@]} -ge "$1" ]; do
		finish
	done
	start "${@:2}"
}

# check NAME COMMAND...: alone, with all processors
check() { beside 1 "$@"; }

# lane NAME COMMAND...: with one processor, beside another
lane() { beside 2 "$@"; }

# e2e KERNEL [MODE TOPIC...]: with the module's default, or another mode of the fast way
e2e() {
	local name=e2e-$1${2+-$2}

	lane "$name" env MANX_FAST="${2-}" tests/vm/run --kernel "$1" --timeout $((limit - 60)) \
		--log "$logs/$name.kernel.log" -- tests/vm/e2e.sh "${@:3}"
}

trap 'kill $(jobs -p) 2> /dev/null' EXIT
trap 'exit 130' INT TERM
mkdir -p $logs
check deps		tests/deps.sh
check programs		make "$jobs" all
check modules		make "$jobs" modules
check modules-debug	make "$jobs" modules KDIR=debug
check modules-check	make "$jobs" modules-check
check regen-check	make regen-check
check checkpatch	make checkpatch
check unit		make "$jobs" unit
check fuzz		make "$jobs" fuzz
check bench-ipam	make QUICK=1 bench-ipam
check kunit		tests/kunit/run
# Long ones first, so that both processors have work to the end.
e2e 6.12
e2e 6.1
# What is about packets and takes what mode there is.
topics=(closed entry flows ipip links networkpolicy policy)
e2e 6.12 direct "${topics[@]}"
e2e 6.1 off "${topics[@]}"
# All cases take two hours of one processor there (make e2e-debug): the way of packets.
lane e2e-debug		tests/vm/run --kernel debug --timeout $((limit - 60)) \
	--log $logs/e2e-debug.kernel.log -- tests/vm/e2e.sh closed entry fast
lane vm			tests/vm/selftest.sh
lane dkms		tests/dkms.sh
lane stress		tests/vm/run --kernel debug --log $logs/stress.kernel.log -- tests/vm/stress 60
lane model		tests/model/run
lane bench-policy	make QUICK=1 bench-policy
lane profile		bench/profile-test
lane bench		bench/forward-test
lane no-module		tests/vm/run --no-module -- tests/vm/no-module.sh
while [ ${#running[@]} -gt 0 ]; do
	finish
done

echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
