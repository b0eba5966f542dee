// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events that were too many: whoever misses some is told, and nobody else.
 */
#include <kunit/test.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "kmod/flow/report.h"
#include "kmod/netlink.h"
#include "kmod/ns.h"

#define EVENTS 300

/* A socket that listens to a group. */
static struct socket *event_listener(struct kunit *test, struct net *net, unsigned int group)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int id = manx_nl_family.mcgrp_offset + group;
	struct socket *sock;

	KUNIT_ASSERT_EQ(test, 0, sock_create_kern(net, PF_NETLINK, SOCK_RAW, NETLINK_GENERIC,
						  &sock));
	KUNIT_ASSERT_EQ(test, 0, kernel_bind(sock, (struct sockaddr *)&any, sizeof(any)));
	sock->sk->sk_rcvbuf = 16 << 20;
	KUNIT_ASSERT_EQ(test, 0, sock->ops->setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
						       KERNEL_SOCKPTR(&id), sizeof(id)));
	return sock;
}

/* The number of messages that a listener has got; *lost: of how many it was told besides. */
static u32 event_read(struct kunit *test, struct socket *sock, u32 *lost)
{
	u8 *buffer = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	const struct nlattr *attr;
	u32 n = 0;

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	for (*lost = 0;;) {
		struct kvec v = { .iov_base = buffer, .iov_len = PAGE_SIZE };
		struct msghdr msg = {};

		if (kernel_recvmsg(sock, &msg, &v, 1, PAGE_SIZE, MSG_DONTWAIT) <= 0)
			return n;
		attr = NULL;
		if (((struct genlmsghdr *)nlmsg_data((void *)buffer))->cmd == MANX_CMD_EVENT_NTF)
			attr = nlmsg_find_attr((void *)buffer, GENL_HDRLEN, MANX_A_EVENT_LOST);
		if (attr)
			*lost += nla_get_u32(attr);
		else
			n++;
	}
}

static void event_lost(struct kunit *test)
{
	struct net *net = copy_net_ns(CLONE_NEWNET, &init_user_ns, &init_net);
	struct manx_flow_report report = { .key.family = NFPROTO_IPV4 };
	struct socket *flows, *events;
	struct manx_ns *ns;
	u32 n, lost, i;
	int err;

	KUNIT_ASSERT_FALSE(test, IS_ERR(net));
	ns = manx_ns(net);
	rtnl_lock();
	err = manx_events_start(&ns->events);
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, err, 0);
	flows = event_listener(test, net, MANX_NLGRP_FLOWS);
	events = event_listener(test, net, MANX_NLGRP_EVENTS);
	local_bh_disable();
	for (i = 0; i < EVENTS; i++)
		manx_event_flow(&ns->events, MANX_CMD_FLOW_NEW_NTF, &report);
	local_bh_enable();
	flush_work(&ns->events.work);
	n = event_read(test, flows, &lost);
	KUNIT_EXPECT_GT(test, n, 0);
	KUNIT_EXPECT_GT(test, lost, 0);
	KUNIT_EXPECT_EQ(test, n + lost, EVENTS);
	KUNIT_EXPECT_EQ(test, event_read(test, events, &lost), 0);
	KUNIT_EXPECT_EQ(test, lost, 0);
	sock_release(flows);
	sock_release(events);
	put_net(net);
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE(event_lost),
	{}
};

static struct kunit_suite event_suite = {
	.name = "manx_event",
	.test_cases = event_cases,
};

kunit_test_suite(event_suite);
