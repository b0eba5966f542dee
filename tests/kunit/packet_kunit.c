// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading packets: what is said of good ones, and that truncated and contradictory
 * ones are refused. Each packet is tried in one piece, with everything behind the
 * network header in a page of its own, and behind other octets.
 */
#include <kunit/test.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/ndisc.h>

#include "kmod/packet.h"

/* octets before the network header in one of the forms */
#define SHIFT 14

/* a packet under construction */
struct draft {
	u8 data[256];
	unsigned int len;
};

static void add(struct draft *d, const void *data, unsigned int len)
{
	memcpy(d->data + d->len, data, len);
	d->len += len;
}

static void add_ports(struct draft *d, u16 sport, u16 dport)
{
	__be16 ports[4] = { htons(sport), htons(dport), htons(8), 0 };

	add(d, ports, sizeof(ports));
}

static struct iphdr *draft4(struct draft *d, u8 protocol)
{
	struct iphdr iph = {
		.version = 4, .ihl = 5, .ttl = 64, .protocol = protocol,
		.saddr = htonl(0x0a000001), .daddr = htonl(0x0a000002),
	};

	d->len = 0;
	add(d, &iph, sizeof(iph));
	return (struct iphdr *)d->data;
}

static struct ipv6hdr *draft6(struct draft *d, u8 nexthdr)
{
	struct ipv6hdr iph = {
		.version = 6, .nexthdr = nexthdr, .hop_limit = 64,
		.saddr.s6_addr = { 0xfd, [15] = 1 }, .daddr.s6_addr = { 0xfd, [15] = 2 },
	};

	d->len = 0;
	add(d, &iph, sizeof(iph));
	return (struct ipv6hdr *)d->data;
}

/* The length that is true, in the header. */
static void close_draft(struct draft *d)
{
	if (d->data[0] >> 4 == 4)
		((struct iphdr *)d->data)->tot_len = htons(d->len);
	else
		((struct ipv6hdr *)d->data)->payload_len = htons(d->len - sizeof(struct ipv6hdr));
}

static struct sk_buff *linear_skb(struct kunit *test, const struct draft *d, unsigned int shift)
{
	struct sk_buff *skb = alloc_skb(shift + d->len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	memset(skb_put(skb, shift), 0x45, shift);
	skb_put_data(skb, d->data, d->len);
	return skb;
}

/* All of the packet in a page. */
static struct sk_buff *paged_skb(struct kunit *test, const struct draft *d)
{
	struct sk_buff *skb = alloc_skb(0, GFP_KERNEL);
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_NOT_NULL(test, page);
	memcpy(page_address(page), d->data, d->len);
	skb_add_rx_frag(skb, 0, page, 0, d->len, PAGE_SIZE);
	return skb;
}

/* What is said of a packet, which must not depend on how it lies in memory. */
static bool parse(struct kunit *test, const struct draft *d, struct manx_packet *p)
{
	u8 family = d->data[0] >> 4 == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	struct sk_buff *skb[3] = {
		linear_skb(test, d, 0), linear_skb(test, d, SHIFT), paged_skb(test, d),
	};
	struct manx_packet other;
	bool good, again;
	unsigned int i;

	good = manx_packet_parse(skb[0], 0, family, p);
	for (i = 1; i < ARRAY_SIZE(skb); i++) {
		again = manx_packet_parse(skb[i], i == 1 ? SHIFT : 0, family, &other);
		KUNIT_EXPECT_EQ(test, again, good);
		if (good)
			KUNIT_EXPECT_MEMEQ(test, p, &other, sizeof(other));
	}
	for (i = 0; i < ARRAY_SIZE(skb); i++)
		kfree_skb(skb[i]);
	return good;
}

/* A good packet is refused at every shorter length, whatever its header says. */
static void expect_none_shorter(struct kunit *test, const struct draft *d, unsigned int needed)
{
	struct manx_packet p;
	struct draft cut = *d;

	for (cut.len = 1; cut.len < d->len; cut.len++)
		KUNIT_EXPECT_FALSE_MSG(test, parse(test, &cut, &p), "cut to %u", cut.len);
	/* cut, and the header says so: good as soon as what is read is there */
	for (cut.len = d->len; cut.len >= needed; cut.len--) {
		close_draft(&cut);
		KUNIT_EXPECT_TRUE_MSG(test, parse(test, &cut, &p), "%u octets", cut.len);
	}
	close_draft(&cut);
	KUNIT_EXPECT_FALSE_MSG(test, parse(test, &cut, &p), "%u octets", cut.len);
	/* what pads a frame is not the packet's */
	cut.len = d->len;
	KUNIT_EXPECT_FALSE(test, parse(test, &cut, &p));
}

static void packet_ports(struct kunit *test)
{
	static const u8 protocols[] = {
		IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_DCCP,
	};
	struct manx_packet p;
	struct draft d;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		draft4(&d, protocols[i]);
		add_ports(&d, 1234, 80);
		close_draft(&d);
		KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
		KUNIT_EXPECT_EQ(test, p.family, NFPROTO_IPV4);
		KUNIT_EXPECT_EQ(test, p.protocol, protocols[i]);
		KUNIT_EXPECT_EQ(test, p.src.ip, htonl(0x0a000001));
		KUNIT_EXPECT_EQ(test, p.dst.ip, htonl(0x0a000002));
		KUNIT_EXPECT_EQ(test, p.sport, 1234);
		KUNIT_EXPECT_EQ(test, p.dport, 80);
		KUNIT_EXPECT_FALSE(test, p.fragment);
		expect_none_shorter(test, &d, sizeof(struct iphdr) + 4);
	}
}

static void packet_icmp(struct kunit *test)
{
	static const u8 unreachable[8] = { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH };
	struct manx_packet p;
	struct draft d;

	draft4(&d, IPPROTO_ICMP);
	add(&d, unreachable, sizeof(unreachable));
	close_draft(&d);
	KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
	KUNIT_EXPECT_EQ(test, p.sport, ICMP_DEST_UNREACH);
	KUNIT_EXPECT_EQ(test, p.dport, ICMP_PORT_UNREACH);
	KUNIT_EXPECT_TRUE(test, manx_packet_is_icmp_error(&p));
	expect_none_shorter(test, &d, sizeof(struct iphdr) + 2);

	d.data[sizeof(struct iphdr)] = ICMP_ECHO;
	close_draft(&d);
	KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
	KUNIT_EXPECT_FALSE(test, manx_packet_is_icmp_error(&p));
}

static void packet_other_protocol(struct kunit *test)
{
	struct manx_packet p;
	struct iphdr *iph;
	struct draft d;

	iph = draft4(&d, IPPROTO_GRE);
	close_draft(&d);
	KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
	KUNIT_EXPECT_EQ(test, p.protocol, IPPROTO_GRE);
	KUNIT_EXPECT_EQ(test, p.sport, 0);
	KUNIT_EXPECT_EQ(test, p.dport, 0);
	/* nothing is read behind the header, which is still not all there */
	iph->tot_len = htons(19);
	KUNIT_EXPECT_FALSE(test, parse(test, &d, &p));
}

static void packet_header4(struct kunit *test)
{
	struct manx_packet p;
	struct iphdr *iph;
	struct draft d;
	unsigned int n;

	iph = draft4(&d, IPPROTO_UDP);
	add_ports(&d, 1234, 80);
	close_draft(&d);
	for (n = 0; n < 16; n++) {
		iph->ihl = n;
		/* 20 octets of header, or 24: then what looked like ports is an option */
		KUNIT_EXPECT_EQ_MSG(test, parse(test, &d, &p), n == 5 || n == 6, "ihl %u", n);
	}
	KUNIT_EXPECT_FALSE(test, p.fragment);
	iph->ihl = 5;
	for (n = 0; n <= d.len + 1; n++) {
		iph->tot_len = htons(n);
		KUNIT_EXPECT_EQ_MSG(test, parse(test, &d, &p), n >= 24 && n <= d.len,
				    "tot_len %u", n);
	}
	close_draft(&d);
	/* padding of a short frame belongs to nothing */
	add(&d, "padding", 7);
	KUNIT_EXPECT_TRUE(test, parse(test, &d, &p));
	iph->tot_len = htons(23);
	KUNIT_EXPECT_FALSE(test, parse(test, &d, &p));
}

static void packet_options4(struct kunit *test)
{
	static const u8 nop[40] = { [0 ... 39] = IPOPT_NOP };
	struct manx_packet p;
	struct iphdr *iph;
	struct draft d;

	iph = draft4(&d, IPPROTO_TCP);
	iph->ihl = 15;
	add(&d, nop, sizeof(nop));
	add_ports(&d, 5, 6);
	close_draft(&d);
	KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
	KUNIT_EXPECT_EQ(test, p.sport, 5);
	KUNIT_EXPECT_EQ(test, p.dport, 6);
	expect_none_shorter(test, &d, 64);
}

static void packet_version(struct kunit *test)
{
	struct manx_packet p;
	struct sk_buff *skb;
	struct draft d;
	u8 version;

	draft4(&d, IPPROTO_UDP);
	add_ports(&d, 1, 2);
	memset(d.data + d.len, 0, 40);
	d.len += 40;
	close_draft(&d);
	for (version = 0; version < 16; version++) {
		d.data[0] = version << 4 | 5;
		skb = linear_skb(test, &d, 0);
		KUNIT_EXPECT_EQ_MSG(test, manx_packet_parse(skb, 0, NFPROTO_IPV4, &p),
				    version == 4, "version %u", version);
		KUNIT_EXPECT_FALSE(test, manx_packet_parse(skb, 0, NFPROTO_ARP, &p));
		KUNIT_EXPECT_FALSE(test, manx_packet_parse(skb, skb->len, NFPROTO_IPV4, &p));
		KUNIT_EXPECT_FALSE(test, manx_packet_parse(skb, skb->len + 1, NFPROTO_IPV4, &p));
		if (version != 6)
			KUNIT_EXPECT_FALSE(test, manx_packet_parse(skb, 0, NFPROTO_IPV6, &p));
		kfree_skb(skb);
	}
}

static void packet_fragment4(struct kunit *test)
{
	struct manx_packet p;
	struct iphdr *iph;
	struct draft d;

	iph = draft4(&d, IPPROTO_UDP);
	add_ports(&d, 1234, 80);
	close_draft(&d);
	iph->frag_off = htons(IP_MF);
	KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
	KUNIT_EXPECT_FALSE(test, p.fragment);
	KUNIT_EXPECT_EQ(test, p.dport, 80);
	iph->frag_off = htons(IP_DF);
	KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
	KUNIT_EXPECT_FALSE(test, p.fragment);
	iph->frag_off = htons(IP_MF | 1);
	KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
	KUNIT_EXPECT_TRUE(test, p.fragment);
	KUNIT_EXPECT_EQ(test, p.dport, 0);
	/* the last one may hold less than ports are long */
	iph->frag_off = htons(100);
	d.len = sizeof(*iph) + 1;
	close_draft(&d);
	KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
	KUNIT_EXPECT_TRUE(test, p.fragment);
}

static void packet_ports6(struct kunit *test)
{
	struct manx_packet p;
	struct draft d;

	draft6(&d, IPPROTO_TCP);
	add_ports(&d, 1234, 443);
	close_draft(&d);
	KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
	KUNIT_EXPECT_EQ(test, p.family, NFPROTO_IPV6);
	KUNIT_EXPECT_EQ(test, p.protocol, IPPROTO_TCP);
	KUNIT_EXPECT_EQ(test, p.src.in6.s6_addr[15], 1);
	KUNIT_EXPECT_EQ(test, p.dst.in6.s6_addr[15], 2);
	KUNIT_EXPECT_EQ(test, p.sport, 1234);
	KUNIT_EXPECT_EQ(test, p.dport, 443);
	expect_none_shorter(test, &d, sizeof(struct ipv6hdr) + 4);
}

static void packet_extensions6(struct kunit *test)
{
	static const u8 hop[8] = { NEXTHDR_DEST, 0, IPV6_TLV_PADN, 4 };
	static const u8 dest[16] = { NEXTHDR_ROUTING, 1, IPV6_TLV_PADN, 12 };
	static const u8 routing[8] = { NEXTHDR_AUTH, 0, 4, 0 };
	static const u8 auth[12] = { IPPROTO_UDP, 1 };
	struct manx_packet p;
	struct draft d;

	draft6(&d, NEXTHDR_HOP);
	add(&d, hop, sizeof(hop));
	add(&d, dest, sizeof(dest));
	add(&d, routing, sizeof(routing));
	add(&d, auth, sizeof(auth));
	add_ports(&d, 53, 54);
	close_draft(&d);
	KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
	KUNIT_EXPECT_EQ(test, p.protocol, IPPROTO_UDP);
	KUNIT_EXPECT_EQ(test, p.sport, 53);
	KUNIT_EXPECT_EQ(test, p.dport, 54);
	expect_none_shorter(test, &d, d.len - 4);
}

/* A header whose length leads beyond the packet, or beyond what payload_len allows. */
static void packet_long_extension6(struct kunit *test)
{
	u8 dest[8] = { IPPROTO_UDP, 0, IPV6_TLV_PADN, 4 };
	struct manx_packet p;
	struct draft d;
	unsigned int n;

	for (n = 0; n < 256; n++) {
		dest[1] = n;
		draft6(&d, NEXTHDR_DEST);
		add(&d, dest, sizeof(dest));
		add_ports(&d, 1, 2);
		close_draft(&d);
		KUNIT_EXPECT_EQ_MSG(test, parse(test, &d, &p), n == 0, "length %u", n);
		/* more octets follow, which are not this packet's */
		memset(d.data + d.len, 0, 64);
		d.len += 64;
		KUNIT_EXPECT_EQ_MSG(test, parse(test, &d, &p), n == 0, "length %u, padded", n);
	}
}

static void packet_no_next6(struct kunit *test)
{
	struct manx_packet p;
	struct draft d;

	draft6(&d, NEXTHDR_NONE);
	close_draft(&d);
	/* ipv6_skip_exthdr() finds no header behind it */
	KUNIT_EXPECT_FALSE(test, parse(test, &d, &p));
}

static void packet_fragment6(struct kunit *test)
{
	struct frag_hdr first = { .nexthdr = IPPROTO_UDP, .frag_off = htons(IP6_MF) };
	struct frag_hdr later = { .nexthdr = IPPROTO_UDP, .frag_off = htons(8 | IP6_MF) };
	struct manx_packet p;
	struct draft d;

	draft6(&d, NEXTHDR_FRAGMENT);
	add(&d, &first, sizeof(first));
	add_ports(&d, 7, 8);
	close_draft(&d);
	KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
	KUNIT_EXPECT_FALSE(test, p.fragment);
	KUNIT_EXPECT_EQ(test, p.protocol, IPPROTO_UDP);
	KUNIT_EXPECT_EQ(test, p.dport, 8);

	draft6(&d, NEXTHDR_FRAGMENT);
	add(&d, &later, sizeof(later));
	add(&d, "x", 1);
	close_draft(&d);
	KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
	KUNIT_EXPECT_TRUE(test, p.fragment);
	KUNIT_EXPECT_EQ(test, p.protocol, IPPROTO_UDP);
	KUNIT_EXPECT_EQ(test, p.dport, 0);
	expect_none_shorter(test, &d, sizeof(struct ipv6hdr) + sizeof(later));
}

static void packet_neighbours6(struct kunit *test)
{
	static const struct {
		u8 type;
		bool nd;
		bool error;
	} types[] = {
		{ ICMPV6_MGM_QUERY, true }, { ICMPV6_MGM_REPORT, true },
		{ ICMPV6_MGM_REDUCTION, true }, { ICMPV6_MLD2_REPORT, true },
		{ NDISC_ROUTER_SOLICITATION, true }, { NDISC_ROUTER_ADVERTISEMENT },
		{ NDISC_NEIGHBOUR_SOLICITATION, true }, { NDISC_NEIGHBOUR_ADVERTISEMENT, true },
		{ NDISC_REDIRECT }, { ICMPV6_ECHO_REQUEST },
		{ ICMPV6_PKT_TOOBIG, false, true }, { ICMPV6_DEST_UNREACH, false, true },
	};
	u8 icmp[8] = {};
	struct manx_packet p;
	struct draft d;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		icmp[0] = types[i].type;
		draft6(&d, IPPROTO_ICMPV6);
		add(&d, icmp, sizeof(icmp));
		close_draft(&d);
		KUNIT_ASSERT_TRUE(test, parse(test, &d, &p));
		KUNIT_EXPECT_EQ_MSG(test, manx_packet_is_nd(&p), types[i].nd, "%u", icmp[0]);
		KUNIT_EXPECT_EQ_MSG(test, manx_packet_is_icmp_error(&p), types[i].error, "%u",
				    icmp[0]);
		p.fragment = true;
		KUNIT_EXPECT_FALSE(test, manx_packet_is_nd(&p));
		KUNIT_EXPECT_FALSE(test, manx_packet_is_icmp_error(&p));
	}
}

static struct kunit_case packet_cases[] = {
	KUNIT_CASE(packet_ports),
	KUNIT_CASE(packet_icmp),
	KUNIT_CASE(packet_other_protocol),
	KUNIT_CASE(packet_header4),
	KUNIT_CASE(packet_options4),
	KUNIT_CASE(packet_version),
	KUNIT_CASE(packet_fragment4),
	KUNIT_CASE(packet_ports6),
	KUNIT_CASE(packet_extensions6),
	KUNIT_CASE(packet_long_extension6),
	KUNIT_CASE(packet_no_next6),
	KUNIT_CASE(packet_fragment6),
	KUNIT_CASE(packet_neighbours6),
	{}
};

static struct kunit_suite packet_suite = {
	.name = "manx_packet",
	.test_cases = packet_cases,
};
kunit_test_suite(packet_suite);
