// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes packets through netfilter's hooks of a network namespace, as the IP stack does
 * with those that it forwards, and tells for each whether it was accepted and how long
 * each hook took.
 *
 * What is measured is the hook and nothing else, for every packet filter in the same
 * way: no sender, device, route or receiver takes part, so nothing has to be subtracted.
 * Under "qemu -icount shift=0" the processor's clock counts instructions. A packet can be
 * judged several times, and the least counts; a passage into which the clock's interrupt
 * fell counts never.
 *
 * A packet that is refused leaves no trace, so that it can be judged again; the reference
 * held here keeps it from being freed. Its nf_conn, where there is conntrack, it gets anew
 * each time.
 */
#include <linux/fs.h>
#include <linux/ip.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>

#include "manx_bench.h"
#include "mark.h"

#define BENCH_LEN	64	/* octets of IP */

static __always_inline u64 bench_clock(void)
{
	return rdtsc_ordered();
}

/* All of a flow's packets but its SYN have the same numbers: what is sent is sent again. */
static void bench_tcp(struct tcphdr *tcph, const struct bench_packet *p)
{
	tcph->source = p->sport;
	tcph->dest = p->dport;
	tcph->syn = !!(p->tcp_flags & BENCH_SYN);
	tcph->ack = !!(p->tcp_flags & BENCH_ACK);
	tcph->seq = htonl(!tcph->syn);
	tcph->ack_seq = htonl(tcph->ack);
	tcph->doff = sizeof(*tcph) / 4;
	tcph->window = htons(8192);
}

static void bench_udp(struct udphdr *udph, const struct bench_packet *p)
{
	udph->source = p->sport;
	udph->dest = p->dport;
	udph->len = htons(BENCH_LEN - sizeof(struct iphdr));
}

static struct sk_buff *bench_skb(const struct bench_packet *p, struct net_device *in)
{
	struct sk_buff *skb = alloc_skb(LL_MAX_HEADER + BENCH_LEN, GFP_KERNEL);
	struct iphdr *iph;

	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER);
	skb_reset_network_header(skb);
	iph = skb_put_zero(skb, BENCH_LEN);
	iph->version = 4;
	iph->ihl = 5;
	iph->ttl = 64;
	iph->tot_len = htons(BENCH_LEN);
	iph->protocol = p->protocol;
	iph->saddr = p->saddr;
	iph->daddr = p->daddr;
	ip_send_check(iph);
	skb_set_transport_header(skb, sizeof(*iph));
	if (p->protocol == IPPROTO_TCP)
		bench_tcp(tcp_hdr(skb), p);
	else
		bench_udp(udp_hdr(skb), p);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->protocol = htons(ETH_P_IP);
	skb->pkt_type = PACKET_HOST;
	skb->dev = in;
	skb->skb_iif = in->ifindex;
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->iif = in->ifindex;
	return skb;
}

/* 0, or why the packet would never have come to the hook. */
static int bench_route(struct sk_buff *skb, struct net_device *in, const struct net_device *out)
{
	const struct iphdr *iph = ip_hdr(skb);
	int err;

	local_bh_disable();
	rcu_read_lock();
	err = ip_route_input_noref(skb, iph->daddr, iph->saddr, iph->tos, in);
	if (!err && !skb_dst_force(skb))
		err = -EHOSTUNREACH;
	rcu_read_unlock();
	local_bh_enable();
	if (!err && skb_dst(skb)->dev != out)
		err = -ENETUNREACH;
	return err;
}

/* Inline, so that the kernel knows which hook it is, as where the stack calls it. */
static __always_inline bool bench_hook(struct sk_buff *skb, struct net *net, enum bench_hook hook,
				       unsigned int number, struct net_device *in,
				       struct net_device *out, struct bench_packet *p)
{
	unsigned long tick = READ_ONCE(jiffies);
	u64 begin, end;
	int ret;

	begin = bench_clock();
	ret = nf_hook(NFPROTO_IPV4, number, net, NULL, skb, in, out, NULL);
	end = bench_clock();
	if (READ_ONCE(jiffies) == tick)
		p->cost[hook] = min_t(u64, p->cost[hook], end - begin);
	return ret == 1;
}

static bool bench_hooks(u32 hooks, struct sk_buff *skb, struct net_device *in,
			struct net_device *out, struct bench_packet *p)
{
	bool whole = hooks & BIT(BENCH_POST_ROUTING);
	struct net *net = dev_net(in);
	bool passes = true;

	if (whole)
		bench_mark_begin();
	if (hooks & BIT(BENCH_PRE_ROUTING))
		passes = bench_hook(skb, net, BENCH_PRE_ROUTING, NF_INET_PRE_ROUTING, in, NULL, p);
	if (!whole)
		bench_mark_begin();
	if (passes && hooks & BIT(BENCH_FORWARD))
		passes = bench_hook(skb, net, BENCH_FORWARD, NF_INET_FORWARD, in, out, p);
	if (passes && whole)
		passes = bench_hook(skb, net, BENCH_POST_ROUTING, NF_INET_POST_ROUTING, NULL, out, p);
	bench_mark_end();
	return passes;
}

static void bench_once(const struct bench_job *job, struct sk_buff *skb, struct net_device *in,
		       struct net_device *out, struct bench_packet *p)
{
	skb->mark = 0;
	nf_reset_ct(skb);
	skb_get(skb);
	local_bh_disable();
	p->accepted = bench_hooks(job->hooks, skb, in, out, p);
	local_bh_enable();
	if (p->accepted)
		kfree_skb(skb);
}

static int bench_packet(const struct bench_job *job, struct net_device *in,
			struct net_device *out, struct bench_packet *p)
{
	struct sk_buff *skb = bench_skb(p, in);
	u32 i;
	int err;

	if (!skb)
		return -ENOMEM;
	err = bench_route(skb, in, out);
	memset(p->cost, 0xff, sizeof(p->cost));
	for (i = 0; !err && i < job->repeat; i++)
		bench_once(job, skb, in, out, p);
	kfree_skb(skb);
	return err;
}

static int bench_packets(const struct bench_job *job, struct bench_packet *p)
{
	struct net *net = current->nsproxy->net_ns;
	struct net_device *in = dev_get_by_index(net, job->in);
	struct net_device *out = dev_get_by_index(net, job->out);
	int err = in && out ? 0 : -ENODEV;
	u32 i;

	for (i = 0; !err && i < job->n; i++) {
		err = signal_pending(current) ? -EINTR : bench_packet(job, in, out, &p[i]);
		cond_resched();
	}
	dev_put(in);
	dev_put(out);
	return err;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct bench_packet __user *user;
	struct bench_packet *p;
	struct bench_job job;
	int err;

	if (cmd != BENCH_JUDGE)
		return -ENOTTY;
	if (copy_from_user(&job, (void __user *)arg, sizeof(job)))
		return -EFAULT;
	if (job.n > BENCH_MAX || job.repeat > BENCH_MAX)
		return -E2BIG;
	user = u64_to_user_ptr(job.packets);
	p = kvmalloc_array(job.n, sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	if (copy_from_user(p, user, job.n * sizeof(*p)))
		err = -EFAULT;
	else
		err = bench_packets(&job, p);
	if (!err && copy_to_user(user, p, job.n * sizeof(*p)))
		err = -EFAULT;
	kvfree(p);
	return err;
}

static const struct file_operations bench_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= bench_ioctl,
};

static struct miscdevice bench_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "manx-bench",
	.fops	= &bench_fops,
	.mode	= 0600,
};
module_misc_device(bench_device);

MODULE_DESCRIPTION("Cost of netfilter's hooks, packet by packet");
MODULE_LICENSE("GPL");
