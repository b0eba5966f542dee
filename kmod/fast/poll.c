// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delivery into pods.
 *
 * A pod's transmit may run inside a receive function, with a socket locked: the
 * acknowledgements of TCP are sent so. What it sends to another pod may therefore
 * not be received at once. veth puts it into the CPU's receive backlog, one queue
 * for everybody: behind the packets of a pod that floods, the others wait, or are
 * dropped with them. Here each CPU has a NAPI of its own with a queue for each
 * sender, which take turns by octets (deficit round robin: M. Shreedhar and
 * G. Varghese, "Efficient fair queuing using deficit round robin", SIGCOMM 1995).
 *
 * Senders are told apart by a hash of their ids: queues belong to the CPU and not
 * to a link, so that none has to be emptied when a link goes. Ids are given by the
 * node, mostly one after another, and not chosen by pods.
 *
 * Everything belongs to one CPU and is touched on it with bottom halves disabled
 * only, so there are no locks. When a CPU goes offline while it has packets, the
 * core lets another one poll (net/core/dev.c, dev_cpu_dead()): then nobody puts
 * packets here. Before the CPU comes back, what is left is dropped.
 *
 * A packet that waits holds its device. The receiver may go down meanwhile: its
 * packets are dropped when their turn comes; dev_close() waits for those that are
 * being received, as they are in a read section.
 */
#include "poll.h"

#include <linux/cpuhotplug.h>
#include <linux/hash.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>

#include "compat/compat.h"

/* Senders that are told apart on a CPU, a power of two. */
#define MANX_QUEUES_SHIFT	8
/* Octets of a turn: a full segment of TCP, or some forty small packets. */
#define MANX_QUANTUM		3028

/**
 * struct manx_queue - what one sender has waiting on one CPU
 * @head: first packet; linked by skb->next
 * @tail: last packet
 * @n: their number
 * @credit: octets left of its turn
 * @active: in manx_poller.active while there are packets
 */
struct manx_queue {
	struct sk_buff *head;
	struct sk_buff *tail;
	u32 n;
	int credit;
	struct list_head active;
};

/**
 * struct manx_poller - delivery on one CPU
 * @napi: polls @active
 * @active: queues with packets; it is the first one's turn
 * @queue: of senders, by hash
 */
struct manx_poller {
	struct napi_struct napi;
	struct list_head active;
	struct manx_queue queue[1 << MANX_QUEUES_SHIFT];
};

static struct manx_poller __percpu *manx_pollers;
/* NAPIs need a device; this one is not registered. */
static struct net_device *manx_poll_dev;
static enum cpuhp_state manx_poll_hotplug;

static void manx_queue_put(struct manx_queue *queue, struct sk_buff *skb)
{
	skb->next = NULL;
	if (queue->n++)
		queue->tail->next = skb;
	else
		queue->head = skb;
	queue->tail = skb;
}

static struct sk_buff *manx_queue_take(struct manx_queue *queue)
{
	struct sk_buff *skb = queue->head;

	queue->head = skb->next;
	queue->n--;
	skb_mark_not_on_list(skb);
	return skb;
}

bool manx_poll_deliver(struct sk_buff *skb, u32 sender, u32 limit)
{
	struct manx_poller *poller = this_cpu_ptr(manx_pollers);
	struct manx_queue *queue = &poller->queue[hash_32(sender, MANX_QUEUES_SHIFT)];
	bool idle = list_empty(&poller->active);

	if (!limit)
		return __netif_rx(skb) == NET_RX_SUCCESS;
	if (unlikely(queue->n >= limit)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_CPU_BACKLOG);
		return false;
	}
	dev_hold(skb->dev);
	if (!queue->n) {
		queue->credit = MANX_QUANTUM;
		list_add_tail(&queue->active, &poller->active);
	}
	manx_queue_put(queue, skb);
	if (idle)
		napi_schedule(&poller->napi);
	return true;
}

/* The next packet whose turn it is, or NULL. */
static struct sk_buff *manx_poll_next(struct manx_poller *poller)
{
	struct manx_queue *queue;
	struct sk_buff *skb;

	for (;;) {
		queue = list_first_entry_or_null(&poller->active, struct manx_queue, active);
		if (!queue)
			return NULL;
		if (queue->credit > 0)
			break;
		queue->credit += MANX_QUANTUM;
		list_move_tail(&queue->active, &poller->active);
	}
	skb = manx_queue_take(queue);
	queue->credit -= skb->len;
	if (!queue->n)
		list_del(&queue->active);
	return skb;
}

static void manx_poll_receive(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;

	if (likely(netif_running(dev)))
		netif_receive_skb(skb);
	else
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
	dev_put(dev);
}

static int manx_poll(struct napi_struct *napi, int budget)
{
	struct manx_poller *poller = container_of(napi, struct manx_poller, napi);
	struct sk_buff *skb;
	int done = 0;

	while (done < budget) {
		skb = manx_poll_next(poller);
		if (!skb) {
			napi_complete_done(napi, done);
			break;
		}
		manx_poll_receive(skb);
		done++;
	}
	return done;
}

static void manx_poller_start(struct manx_poller *poller)
{
	unsigned int i;

	INIT_LIST_HEAD(&poller->active);
	for (i = 0; i < ARRAY_SIZE(poller->queue); i++)
		INIT_LIST_HEAD(&poller->queue[i].active);
	/* nobody's socket polls it */
	set_bit(NAPI_STATE_NO_BUSY_POLL, &poller->napi.state);
	netif_napi_add(manx_poll_dev, &poller->napi, manx_poll);
	napi_enable(&poller->napi);
}

/* What still waits is for links that are gone, or was left by a CPU that went. */
static void manx_poller_stop(struct manx_poller *poller)
{
	struct net_device *dev;
	struct sk_buff *skb;

	napi_disable(&poller->napi);
	while ((skb = manx_poll_next(poller)) != NULL) {
		dev = skb->dev;
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
		dev_put(dev);
	}
}

/* The CPU is about to come online. */
static int manx_poll_prepare(unsigned int cpu)
{
	struct manx_poller *poller = per_cpu_ptr(manx_pollers, cpu);

	manx_poller_stop(poller);
	napi_enable(&poller->napi);
	return 0;
}

static void manx_pollers_free(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		manx_poller_stop(per_cpu_ptr(manx_pollers, cpu));
		netif_napi_del(&per_cpu_ptr(manx_pollers, cpu)->napi);
	}
	free_percpu(manx_pollers);
	manx_dummy_netdev_free(manx_poll_dev);
}

int manx_poll_init(void)
{
	int cpu, err;

	manx_poll_dev = manx_dummy_netdev_alloc();
	if (!manx_poll_dev)
		return -ENOMEM;
	manx_pollers = alloc_percpu(struct manx_poller);
	if (!manx_pollers) {
		manx_dummy_netdev_free(manx_poll_dev);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu)
		manx_poller_start(per_cpu_ptr(manx_pollers, cpu));
	err = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "net/manx:prepare",
					manx_poll_prepare, NULL);
	if (err < 0) {
		manx_pollers_free();
		return err;
	}
	manx_poll_hotplug = err;
	return 0;
}

void manx_poll_exit(void)
{
	cpuhp_remove_state_nocalls(manx_poll_hotplug);
	manx_pollers_free();
}
