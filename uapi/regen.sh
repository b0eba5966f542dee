#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# regen.sh DEST [KERNEL]: makes DEST/uapi/linux/manx.h and DEST/kmod/netlink-gen.[ch]
# from uapi/netlink/specs/manx.yaml, with the generator of the kernel sources KERNEL
# (what tests/deps.sh fetched). The files are committed: who builds the module needs
# neither the generator nor PyYAML.

set -euo pipefail

tree=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$tree/tests/kernels.sh"
dest=$1
kernel=${2:-$manx_kernel_tools}
generator=$kernel/tools/net/ynl/ynl-gen-c.py
if [ ! -e "$generator" ]; then
	echo "regen: no $generator: run tests/deps.sh" >&2
	exit 1
fi

# The generator looks for the schema two directories above the specification, and for
# ever for a file MAINTAINERS, the mark of a kernel's sources, above that.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/netlink/specs"
touch "$scratch/MAINTAINERS"
cp "$kernel"/Documentation/netlink/*.yaml "$scratch/netlink/"
cp "$tree/uapi/netlink/specs/manx.yaml" "$scratch/netlink/specs/"

# generate MODE KIND FILE. Debian's python3, which has the packages of tests/deps.sh.
generate() {
	local name=${3##*/}

	timeout 60 /usr/bin/python3 "$generator" --mode "$1" "--$2" \
		--spec "$scratch/netlink/specs/manx.yaml" -o "$scratch/$name"
	install -D -m 644 "$scratch/$name" "$dest/$3"
}

generate uapi header uapi/linux/manx.h
generate kernel header kmod/netlink-gen.h
generate kernel source kmod/netlink-gen.c
