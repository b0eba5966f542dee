# SPDX-License-Identifier: GPL-2.0-only
#
# The kernels that manx is built for and tested on. Sourced, never run.
#
# They are Debian's own packages, unpacked by tests/deps.sh into a cache outside
# the tree, one directory a package version; the label ("6.1") is a symbolic link
# to the newest one fetched. Nothing of them is installed on the machine. The label
# "debug" is the kernel that tests/vm/kernel builds, laid out like them.

# modprobe, depmod and dkms stand where a user's PATH may not lead.
PATH+=:/usr/sbin:/sbin

MANX_KERNELS=(6.1 6.12)
MANX_CACHE=${MANX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/manx}

# What regeneration and style checks take from the kernel's sources (tests/deps.sh).
manx_kernel_tools=$MANX_CACHE/kernel-tools/current

# manx_kernel LABEL: sets kernel_root, kernel_release, kernel_image, kernel_modules
# (the directory /lib/modules of that kernel), kernel_headers (what KDIR= takes) and
# kernel_slow, the factor by which to wait longer under it.
# Returns 1, with the remedy on stderr, when the kernel is unknown or not there; the
# debug kernel is built when it is not there.
manx_kernel() {
	local release

	case " ${MANX_KERNELS[*]} debug " in
	*" $1 "*) ;;
	*)
		echo "kernel '$1' is not one of: ${MANX_KERNELS[*]} debug" >&2
		return 1
		;;
	esac
	# The version's own name, so that a later update of the label disturbs nobody.
	if [ "$1" = debug ]; then
		kernel_root=$("$(dirname "${BASH_SOURCE[0]}")/vm/kernel") || return
	elif ! kernel_root=$(readlink -e "$MANX_CACHE/kernel/$1"); then
		echo "kernel $1 is not in $MANX_CACHE: run tests/deps.sh" >&2
		return 1
	fi
	release=$(echo "$kernel_root"/boot/vmlinuz-*)
	kernel_release=${release##*/vmlinuz-}
	kernel_image=$kernel_root/boot/vmlinuz-$kernel_release
	kernel_modules=$kernel_root/lib/modules
	kernel_headers=$kernel_root/usr/src/linux-headers-$kernel_release
	kernel_slow=1
	[ "$1" != debug ] || kernel_slow=4
}
