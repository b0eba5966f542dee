#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# probe.sh DIR: looks into the kernel headers beneath DIR (an include directory) and
# prints "#define MANX_HAVE_X 1" for each thing of the table below that is there. What
# a kernel has is asked of its headers, never of its version: Debian's stable kernels
# take over interfaces from much newer ones.
#
# To try by hand: sh kmod/compat/probe.sh /usr/src/linux-headers-6.1.0-56-common/include
set -eu

include=$1

# Name, header, extended regular expression; columns end at the first blank.
table() {
	cat <<'END'
RTNL_NEWLINK_PARAMS	net/rtnetlink.h		^struct rtnl_newlink_params
RTNL_PEER_TYPE		net/rtnetlink.h		peer_type;
NETDEV_LLTX		linux/netdevice.h	[[:space:]]lltx:1;
NETNS_IMMUTABLE		linux/netdevice.h	[[:space:]]netns_immutable:1;
NETNS_LOCAL_FIELD	linux/netdevice.h	[[:space:]]netns_local:1;
NETDEV_PCPU_STAT_TYPE	linux/netdevice.h	pcpu_stat_type
DEV_GET_BY_INDEX_TRACKED	linux/netdevice.h	\<netdev_get_by_index\(
PERNET_EXIT_RTNL	net/net_namespace.h	\(\*exit_rtnl\)
GENL_SPLIT_OPS		net/genetlink.h		^struct genl_split_ops \{
GENL_INFO_NTF		net/genetlink.h		\<genl_info_init_ntf\(
GENL_INFO_DUMP		net/genetlink.h		\<genl_info_dump\(
GENLMSG_IPUT		net/genetlink.h		\<genlmsg_iput\(
EXTACK_FMT		linux/netlink.h		define NL_SET_ERR_MSG_FMT\(
EXTACK_ATTR_FMT		linux/netlink.h		define NL_SET_ERR_MSG_ATTR_FMT\(
DUMP_CTX_FITS		linux/netlink.h		define NL_ASSERT_(DUMP_)?CTX_FITS\(
IPTUNNEL_IPCB_FLAGS	net/ip_tunnels.h	ipcb_flags
IP_TUNNEL_PARM_KERN	net/ip_tunnels.h	^struct ip_tunnel_parm_kern
FLOWI4_DSCP		net/flow.h		flowi4_dscp
ROUTE_INPUT_DSCP	net/route.h		dscp_t dscp
ROUTE_OUTPUT_SCOPE	net/route.h		__u8 scope\)
DST_DEV_RCU		net/dst.h		\<dst_dev_rcu\(
ASSIGN_STR_ONE_ARG	trace/stages/stage6_event_callback.h	define __assign_str\(dst\)
KERNEL_ETHTOOL_TS_INFO	linux/ethtool.h		^struct kernel_ethtool_ts_info
ETHTOOL_PUTS		linux/ethtool.h		\<ethtool_puts\(
TIMER_SHUTDOWN_SYNC	linux/timer.h		timer_shutdown_sync
TIMER_CONTAINER_OF	linux/timer.h		define timer_container_of\(
NET_GSO_H		net/gso.h		.
LINUX_UNALIGNED_H	linux/unaligned.h	.
END
}

echo '/* SPDX-License-Identifier: GPL-2.0-only */'
echo '/* Made by kmod/compat/probe.sh from the headers of the kernel built for. */'
table | while read -r name header pattern; do
	if grep -sqE "$pattern" "$include/$header"; then
		echo "#define MANX_HAVE_$name 1"
	fi
done
