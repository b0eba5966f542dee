#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of tests/vm/run itself: all machines are run first, two at a time, then what
# they left is judged. Last line: N passed, N failed.

set -uo pipefail

tree=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
. "$tree/tests/kernels.sh"
scratch=$(mktemp -d)
passed=0 failed=0

# vm NAME ARGUMENT...: tests/vm/run in the background, at most two at once.
running=0
vm() {
	local name=$1

	if [ $running = 2 ]; then
		wait -n
		running=1
	fi
	shift
	running=$((running + 1))
	{
		"$tree/tests/vm/run" "$@" > "$scratch/$name.out" 2> "$scratch/$name.err"
		echo $? > "$scratch/$name.status"
	} &
}

# check WHAT COMMAND...
check() {
	local what=$1

	shift
	if "$@"; then
		passed=$((passed + 1))
		echo "ok $what"
	else
		failed=$((failed + 1))
		echo "FAIL $what"
	fi
}

status() { [ "$(< "$scratch/$1.status")" = "$2" ]; }
says() { grep -qE -e "$3" "$scratch/$1.$2"; }
silent() { [ ! -s "$scratch/$1.$2" ]; }
has() { [ "$(printf "$3")" = "$(cat "$scratch/$1.$2")" ]; }

marker=$(mktemp /tmp/manx-marker.XXXXXX)
trap 'kill $(jobs -p) 2> /dev/null; wait; rm -rf "$scratch" "$marker"' EXIT
mkdir -p "$scratch/deep/er"
cd "$scratch/deep/er" || exit 1

MANX_SELFTEST='a "b' vm plain --kernel 6.1 --no-module -- bash -c '
	printf "%s\n" "$PWD" "$1" "$MANX_SELFTEST" "${PATH%%:*}" "$(uname -r)"
	printf "error\n" >&2
	setsid sleep 1000 &
	[ ! -d /sys/module/manx ] || exit 8
	[ ! -e "$2" ] || exit 9
	exit 7' name 'x  $y'\' "$marker" < /dev/null
vm module --kernel 6.12 --icount --out "$scratch/out" -- bash -ec '
	cat /proc/modules > "$0"/modules
	nproc
	ip -o link show up dev lo | wc -l
	ip netns add one
	ip link add type veth
	nft add table inet t
	seq 1 20000' "$scratch/out" <&-
vm warning --no-module -- sh -c 'echo "<4>WARNING: selftest" > /dev/kmsg'
vm failing --no-module -- sh -c 'echo "<4>WARNING: selftest" > /dev/kmsg; exit 5'
vm panic --no-module --log "$scratch/panic.log" -- sh -c 'echo c > /proc/sysrq-trigger'
vm stuck --kernel 6.1 --no-module --timeout 40 -- sh -c 'echo alive; exec sleep 1000'
vm absent --no-module -- /nonexistent
vm kernel --kernel 2.4 -- true
vm empty --no-module --
vm option --frobnicate -- true
# What the debug kernel is for, each alone: the one complaint is the only reason.
cp -r "$tree/tests/vm/bugs" .
manx_kernel debug
make -s -C "$kernel_headers" M="$PWD/bugs" modules > "$scratch/bugs.log" 2>&1
for bug in freed atomic leak none; do
	vm $bug --kernel debug --no-module -- insmod bugs/bugs.ko kind=$bug
done
vm plugin --no-module --plugin /nonexistent.so -- true
wait

manx_kernel 6.1
check 'the status is the command'\''s; --no-module and an empty /tmp hold' status plain 7
check 'directory, arguments, environment, PATH and kernel arrive; nothing else is said' \
	has plain out "$scratch/deep/er\nx  \$y'\na \"b\n$tree/build/bin\n$kernel_release\n"
check 'errors come apart' has plain err 'error\n'
check 'success with the module, icount' status module 0
check 'one processor, lo up, 20000 lines' \
	has module out "1\n1\n$(seq 1 20000)\n"
check 'no errors' silent module err
check 'the module was there; --out brings files back' grep -q '^manx ' "$scratch/out/modules"
check 'a warning of the kernel fails the run' status warning 99
check 'and is shown' says warning err 'WARNING: selftest'
check 'a command that failed keeps its status' status failing 5
check 'and the warning is shown all the same' says failing err 'WARNING: selftest'
check 'a panic has its status' status panic 97
check 'and is shown' says panic err 'Kernel panic'
check '--log keeps the kernel'\''s log' grep -q 'Kernel panic' "$scratch/panic.log"
check 'a hang ends by timeout' status stuck 98
check 'output is live' has stuck out 'alive\n'
check 'a command that is not there' status absent 127
check 'an unknown kernel' status kernel 96
check 'no command' status empty 96
check 'an unknown option' status option 96
check 'a plugin that is not there' status plugin 96

for bug in freed:KASAN 'atomic:BUG: sleeping function' leak:kmemleak; do
	check "the debug kernel: ${bug%%:*} fails the run" status "${bug%%:*}" 99
	check "and is shown" says "${bug%%:*}" err "${bug#*:}"
done
check 'the debug kernel: no mistake, no complaint' status none 0

# Who stops the run stops the machine. Both outputs in one file: their order is kept.
"$tree/tests/vm/run" --no-module -- sh -c '
	for i in 1 3 5 7 9; do echo $i; echo $((i + 1)) >&2; done
	exec sleep 1000' > "$scratch/term" 2>&1 &
run=$!
for _ in $(seq 300); do
	[ "$(wc -l < "$scratch/term")" -lt 10 ] || break
	sleep 0.1
done
check 'one file for both outputs keeps their order' cmp -s "$scratch/term" <(seq 10)
timeout=$(pgrep -P $run -x timeout)
qemu=$(pgrep -P "$timeout")
kill $run
wait $run
check 'SIGTERM ends the run' [ $? = 143 ]
check 'and with it the machine' [ -n "$qemu" -a ! -e "/proc/$qemu" ]

echo "$passed passed, $failed failed"
[ $failed = 0 ]
