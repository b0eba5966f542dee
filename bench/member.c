// SPDX-License-Identifier: GPL-2.0-only
/*
 * member manx|ipset|nft SET: adds addresses to a set, each by a request of its own, and
 * takes them out again in the same way. Prints, as JSON, nanoseconds from a request to its
 * answer: mean and greatest. The kernel's work alone, whichever tool is used for it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/manx.h>

#include "netlink.h"

#define COUNT	64
#define FIRST	0x64c00001	/* 100.192.0.1: in no set */

/* Writes one request, of several messages where the family wants them. */
typedef size_t (*request_fn)(char *buf, const char *set, uint32_t address, bool add);

static uint16_t family;
static uint32_t seq;

static struct nlmsghdr *message(char *buf, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++seq;
	return nlh;
}

static size_t manx_request(char *buf, const char *set, uint32_t address, bool add)
{
	struct nlmsghdr *nlh = message(buf, family, NLM_F_ACK);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	uint8_t prefix[5] = { address >> 24, address >> 16, address >> 8, address, 32 };

	genl->cmd = add ? MANX_CMD_MEMBER_ADD : MANX_CMD_MEMBER_DEL;
	genl->version = 1;
	mnl_attr_put_strz(nlh, MANX_A_SET_NAME, set);
	mnl_attr_put(nlh, MANX_A_SET_MEMBER, sizeof(prefix), prefix);
	return nlh->nlmsg_len;
}

static struct nlmsghdr *nf_message(char *buf, uint16_t type, uint16_t flags, uint16_t res_id)
{
	struct nlmsghdr *nlh = message(buf, type, flags);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nfg->nfgen_family = AF_INET;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(res_id);
	return nlh;
}

static size_t ipset_request(char *buf, const char *set, uint32_t address, bool add)
{
	struct nlmsghdr *nlh = nf_message(buf, NFNL_SUBSYS_IPSET << 8 |
					  (add ? IPSET_CMD_ADD : IPSET_CMD_DEL), NLM_F_ACK, 0);
	struct nlattr *data, *ip;

	mnl_attr_put_u8(nlh, IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL);
	mnl_attr_put_strz(nlh, IPSET_ATTR_SETNAME, set);
	data = mnl_attr_nest_start(nlh, IPSET_ATTR_DATA);
	ip = mnl_attr_nest_start(nlh, IPSET_ATTR_IP);
	mnl_attr_put_u32(nlh, IPSET_ATTR_IPADDR_IPV4 | NLA_F_NET_BYTEORDER, htonl(address));
	mnl_attr_nest_end(nlh, ip);
	mnl_attr_nest_end(nlh, data);
	return nlh->nlmsg_len;
}

static size_t nft_request(char *buf, const char *set, uint32_t address, bool add)
{
	struct nlattr *list, *elem, *key;
	struct nlmsghdr *nlh;
	size_t len;

	len = nf_message(buf, NFNL_MSG_BATCH_BEGIN, 0, NFNL_SUBSYS_NFTABLES)->nlmsg_len;
	nlh = nf_message(buf + len, NFNL_SUBSYS_NFTABLES << 8 |
			 (add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM),
			 NLM_F_ACK | (add ? NLM_F_CREATE : 0), 0);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, "bench");
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	key = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
	mnl_attr_put_u32(nlh, NFTA_DATA_VALUE, htonl(address));
	mnl_attr_nest_end(nlh, key);
	mnl_attr_nest_end(nlh, elem);
	mnl_attr_nest_end(nlh, list);
	len += nlh->nlmsg_len;
	return len + nf_message(buf + len, NFNL_MSG_BATCH_END, 0, NFNL_SUBSYS_NFTABLES)->nlmsg_len;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Nanoseconds from the request to its answer. */
static long long talk(struct mnl_socket *sock, const char *request, size_t len)
{
	static char answer[32768];
	const struct nlmsghdr *nlh = (void *)answer;
	long long begin = now();
	ssize_t n;

	if (mnl_socket_sendto(sock, request, len) < 0)
		die("request");
	n = mnl_socket_recvfrom(sock, answer, sizeof(answer));
	if (n < 0)
		die("answer");
	begin = now() - begin;
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *ack = mnl_nlmsg_get_payload(nlh);

		errno = -ack->error;
		if (errno)
			die("refused");
	}
	return begin;
}

static void measure(struct mnl_socket *sock, request_fn fn, const char *set, bool add)
{
	static char request[32768];
	long long sum = 0, max = 0;

	for (int i = 0; i < COUNT; i++) {
		long long t = talk(sock, request, fn(request, set, FIRST + 251 * i, add));

		sum += t;
		max = t > max ? t : max;
	}
	printf("\"%s\":{\"mean\":%lld,\"max\":%lld}", add ? "add" : "delete", sum / COUNT, max);
}

static void find_family(void)
{
	struct manx_error err;
	struct manx_nl *nl;

	if (manx_nl_open(&nl, NETLINK_GENERIC, &err) ||
	    manx_nl_genl_family(nl, "manx", &family, NULL, 0, &err)) {
		fprintf(stderr, "member: %s\n", err.text);
		exit(1);
	}
	manx_nl_close(nl);
}

int main(int argc, char **argv)
{
	request_fn fn = nft_request;
	struct mnl_socket *sock;

	if (argc != 3)
		return 2;
	if (strcmp(argv[1], "manx") == 0) {
		find_family();
		fn = manx_request;
	} else if (strcmp(argv[1], "ipset") == 0) {
		fn = ipset_request;
	}
	sock = mnl_socket_open(fn == manx_request ? NETLINK_GENERIC : NETLINK_NETFILTER);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		die("socket");
	printf("{");
	measure(sock, fn, argv[2], true);
	printf(",");
	measure(sock, fn, argv[2], false);
	printf("}\n");
	return 0;
}
