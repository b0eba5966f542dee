// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on flows.
 */
#include "netlink.h"

int manx_nl_flow_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return manx_nl_refuse(info->extack, NULL, -EOPNOTSUPP, "there is no flow table yet");
}

int manx_nl_flow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return -EOPNOTSUPP;
}

int manx_nl_flow_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return manx_nl_refuse(info->extack, NULL, -EOPNOTSUPP, "there is no flow table yet");
}
