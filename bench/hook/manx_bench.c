// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes packets through the FORWARD hook of a network namespace, as ip_forward() does,
 * and tells for each whether it was accepted and how long that took.
 *
 * What is measured is the hook and nothing else, for every packet filter in the same
 * way: no sender, device, route or receiver takes part, so nothing has to be subtracted.
 * Under "qemu -icount shift=0" the processor's clock counts instructions. Each packet is
 * judged several times, and the least counts: an interrupt may fall into a judgement.
 *
 * Packets have no nf_conn. A packet that is refused leaves no trace, so that it can be
 * judged again; the reference held here keeps it from being freed.
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
#include <linux/udp.h>
#include <net/ip.h>
#include <net/route.h>

#include "manx_bench.h"
#include "mark.h"

#define BENCH_PAYLOAD	36	/* 64 octets of IP */

static u64 bench_clock(void)
{
	return rdtsc_ordered();
}

/* The ports of TCP and UDP lie in the same place; no filter here looks further. */
static struct sk_buff *bench_skb(const struct bench_packet *p, struct net_device *in)
{
	unsigned int len = sizeof(struct iphdr) + sizeof(struct udphdr) + BENCH_PAYLOAD;
	struct sk_buff *skb = alloc_skb(LL_MAX_HEADER + len, GFP_KERNEL);
	struct udphdr *udph;
	struct iphdr *iph;

	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER);
	skb_reset_network_header(skb);
	iph = skb_put_zero(skb, len);
	iph->version = 4;
	iph->ihl = 5;
	iph->ttl = 64;
	iph->tot_len = htons(len);
	iph->protocol = p->protocol;
	iph->saddr = p->saddr;
	iph->daddr = p->daddr;
	ip_send_check(iph);
	skb_set_transport_header(skb, sizeof(*iph));
	udph = udp_hdr(skb);
	udph->source = p->sport;
	udph->dest = p->dport;
	if (p->protocol == IPPROTO_TCP)
		((__be32 *)udph)[3] = htonl(0x50022000);	/* a SYN */
	else
		udph->len = htons(len - sizeof(*iph));
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

static void bench_once(struct sk_buff *skb, struct net *net, struct net_device *in,
		       struct net_device *out, struct bench_packet *p)
{
	u64 begin, end;
	int ret;

	skb->mark = 0;
	skb_get(skb);
	local_bh_disable();
	bench_mark_begin();
	begin = bench_clock();
	ret = nf_hook(NFPROTO_IPV4, NF_INET_FORWARD, net, NULL, skb, in, out, NULL);
	end = bench_clock();
	bench_mark_end();
	local_bh_enable();
	p->accepted = ret == 1;
	if (p->accepted)
		kfree_skb(skb);
	p->cost = min_t(u64, p->cost, end - begin);
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
	p->cost = U32_MAX;
	for (i = 0; !err && i < job->repeat; i++)
		bench_once(skb, dev_net(in), in, out, p);
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

MODULE_DESCRIPTION("Cost of netfilter's FORWARD hook, packet by packet");
MODULE_LICENSE("GPL");
