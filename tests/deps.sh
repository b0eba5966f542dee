#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Provides what building, the demo and the checks need on Debian 12 (amd64): packages,
# by apt; and Debian's 6.1 and 6.12 kernels with their headers, unpacked into a cache
# outside the tree and not installed (see tests/kernels.sh for what is where).
#
#	tests/deps.sh           provide what is missing; at once done when nothing is
#	tests/deps.sh --update  also fetch the kernels again if Debian has newer ones
#
# Only installing packages needs root. Status: 0 all there, 1 something is not.

set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
me=deps
. "$here/kernels.sh"
. "$here/fetch.sh"

packages=(
	# programs and libraries
	build-essential pkg-config libmnl-dev libcjson-dev libsqlite3-dev libyaml-dev
	libcurl4-openssl-dev libprotobuf-c-dev protobuf-c-compiler
	# unit tests
	libcmocka-dev etcd-server etcd-client openssl
	# the model of address management; libFuzzer
	spin clang libclang-rt-dev bash-builtins
	# kernel modules: objtool links libelf; BTF of 6.12; sparse is "make C=2"; dkms is tested
	libelf1 pahole sparse kmod dkms
	# the kernel of the KUnit suites
	bc bison flex
	# what address management is measured beside
	containernetworking-plugins
	# netlink-gen.[ch] from the YNL specification; unpacking the kernel's sources
	python3-yaml python3-jsonschema xz-utils
	# the virtual machine and its initramfs
	qemu-system-x86 busybox-static cpio
	# what the tests run, most of them in the virtual machine
	procps iproute2 iputils-ping nftables iptables ipset ipvsadm ethtool tcpdump socat python3-scapy
)

# What is used of linux-source: the YNL generator with its schemas, and checkpatch.
source_files=(
	tools/net/ynl Documentation/netlink
	scripts/checkpatch.pl scripts/spelling.txt scripts/const_structs.checkpatch
)

missing_packages() {
	local package
	declare -A present

	while read -r package; do
		present[$package]=1
	done < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^ii *//p')
	for package in "${packages[@]}"; do
		[ "${present[$package]-}" ] || echo "$package"
	done
}

install_packages() {
	local missing

	mapfile -t missing < <(missing_packages)
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		die "missing packages, run as root: apt-get install ${missing[*]}"
	fi
	apt_update
	say "installing ${missing[*]}"
	DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
		install "${missing[@]}" >&2
}

# depends PACKAGE PATTERN: the packages matching PATTERN that PACKAGE depends on.
depends() {
	apt-cache depends --no-recommends --no-suggests "$1" |
		sed -n 's/^ *|\?Depends: //p' | grep -E -x "$2" || true
}

# Unpacked headers name each other by the places where they would be installed.
relocate_headers() {
	local root=$1 release=$2 final=$3
	local headers=usr/src/linux-headers-$release

	sed -i "s|/usr/src/|$final/usr/src/|" "$root/$headers/Makefile"
	ln -sfn "../../../$headers" "$root/lib/modules/$release/build"
	rm -f "$root/lib/modules/$release/source"
}

# provide_kernel LABEL: 6.1 is what Debian 12 calls simply linux-image-amd64.
provide_kernel() {
	local label=$1 link=$MANX_CACHE/kernel/$1
	local meta image release version work deb wanted

	[ -z "$update" ] && [ -e "$link" ] && return
	apt_update
	case $label in
	6.1) meta=linux-image-amd64 ;;
	*) meta=linux-image-$label-amd64 ;;
	esac
	image=$(depends "$meta" "linux-image-$label\\..*" | head -n 1)
	[ "$image" ] || die "no package of kernel $label: is bookworm-security among apt's sources?"
	version=$(candidate "$image")
	[ "$(readlink "$link")" != "$version" ] || return 0

	release=${image#linux-image-}
	release=${release%-unsigned}
	mapfile -t wanted < <(depends "linux-headers-$release" 'linux-(headers|kbuild)-.*')
	wanted+=("$image" "linux-headers-$release")
	work=$(mktemp -d "$MANX_CACHE/kernel/.new.XXXXXX")
	say "kernel $label: fetching $release ($version)"
	mkdir "$work/deb" "$work/root"
	fetch "$work/deb" "${wanted[@]}"
	say "kernel $label: unpacking"
	for deb in "$work"/deb/*.deb; do
		dpkg-deb -x "$deb" "$work/root"
	done
	relocate_headers "$work/root" "$release" "$MANX_CACHE/kernel/$version"
	depmod -b "$work/root" "$release"
	publish "$work/root" "$version" "$link"
	rm -rf "$work"
}

provide_kernel_tools() {
	local link=$manx_kernel_tools
	local version work patterns

	[ -z "$update" ] && [ -e "$link" ] && return
	apt_update
	version=$(candidate "$source_package")
	[ "$version" ] || die "no package $source_package: is bookworm-security among apt's sources?"
	[ "$(readlink "$link")" != "$version" ] || return 0

	work=$(mktemp -d "$MANX_CACHE/kernel-tools/.new.XXXXXX")
	say "kernel tools: fetching $source_package ($version)"
	mkdir "$work/deb" "$work/root"
	fetch "$work/deb" "$source_package"
	say "kernel tools: unpacking what is used (about 20 s)"
	patterns=("${source_files[@]/#/$source_package/}")
	dpkg-deb --fsys-tarfile "$work"/deb/*.deb |
		tar -xO "./usr/src/$source_package.tar.xz" |
		tar -xJ -C "$work/root" --strip-components=1 "${patterns[@]}"
	publish "$work/root" "$version" "$link"
	rm -rf "$work"
}

update=
case ${1-} in
'') ;;
--update) update=1 ;;
*) die "usage: tests/deps.sh [--update]" ;;
esac
[ "$(dpkg --print-architecture)" = amd64 ] || die "only amd64 is supported"

install_packages
mkdir -p "$MANX_CACHE/kernel" "$MANX_CACHE/kernel-tools"
exec 9> "$MANX_CACHE/lock"
flock 9
rm -rf "$MANX_CACHE"/*/.new.*	# what an interrupted run left
for label in "${MANX_KERNELS[@]}"; do
	provide_kernel "$label"
done
provide_kernel_tools
