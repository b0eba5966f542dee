#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# probe.sh DIR: looks into the kernel headers beneath DIR (an include directory) and
# prints "#define MANX_HAVE_X 1" for each thing of the table below that is there. What
# a kernel has is asked of its headers, never of its version: Debian's stable kernels
# take over interfaces from much newer ones.
#
# A row is there only while the sources ask for it; make modules-check compares.
#
# To try by hand: sh kmod/compat/probe.sh /usr/src/linux-headers-6.1.0-56-common/include
set -eu

include=$1

# Name, header, extended regular expression; columns end at the first blank.
table() {
	cat <<'END'
EXTACK_FMT		linux/netlink.h		define NL_SET_ERR_MSG_FMT\(
GENL_INFO_DUMP		net/genetlink.h		\<genl_info_dump\(
NETDEV_DUMMY		linux/netdevice.h	\<alloc_netdev_dummy\(
NETDEV_LLTX		linux/netdevice.h	[[:space:]]lltx:1;
NETDEV_TCX		linux/netdevice.h	\<tcx_ingress;
NETNS_IMMUTABLE		linux/netdevice.h	[[:space:]]netns_immutable:1;
NETNS_LOCAL_FIELD	linux/netdevice.h	[[:space:]]netns_local:1;
NET_GSO_H		net/gso.h		.
END
}

echo '/* SPDX-License-Identifier: GPL-2.0-only */'
echo '/* Made by kmod/compat/probe.sh from the headers of the kernel built for. */'
table | while read -r name header pattern; do
	if grep -sqE "$pattern" "$include/$header"; then
		echo "#define MANX_HAVE_$name 1"
	fi
done
