#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# DKMS builds the module from dkms.conf and the sources that an installed package would
# hold, for each kernel of tests/kernels.sh, in trees of its own: nothing of the machine
# changes. Last line: N passed, N failed.

set -euo pipefail

tree=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$tree/tests/kernels.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

name=$(sed -n 's/^PACKAGE_NAME="\(.*\)"/\1/p' "$tree/dkms.conf")
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$tree/dkms.conf")
source=$scratch/src/$name-$version
mkdir -p "$source" "$scratch/tree" "$scratch/modules"
cp -r "$tree/Kbuild" "$tree/dkms.conf" "$tree/kmod" "$tree/uapi" "$source"

# No signature: that would make a key for the machine.
dkms() {
	sign_file=none command dkms "$1" "$name/$version" \
		--dkmstree "$scratch/tree" --sourcetree "$scratch/src" "${@:2}"
}

try_kernel() {
	local modules=$scratch/modules/$kernel_release
	local file

	dkms install -k "$kernel_release" --kernelsourcedir "$kernel_headers" \
		--installtree "$scratch/modules" --no-depmod || return
	file=$(find "$modules/updates/dkms" -name 'manx.ko*')
	[ "$(modinfo -F vermagic "$file" | cut -d ' ' -f 1)" = "$kernel_release" ]
}

passed=0 failed=0
dkms add
for label in "${MANX_KERNELS[@]}"; do
	manx_kernel "$label"
	mkdir "$scratch/modules/$kernel_release"
	if try_kernel; then
		echo "ok $label ($kernel_release)"
		passed=$((passed + 1))
	else
		echo "FAIL $label ($kernel_release)"
		find "$scratch/tree" -name make.log -exec cat {} +
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
