// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an endpoint may take of the flow table, and what has to go when there is
 * no room.
 *
 * Each link has two quotas: for the flows that its endpoint starts, and for those
 * that come to it from outside or from the node, so that neither a flood that it
 * sends nor one that it gets keeps it from the other kind. A flow between two
 * endpoints is charged to the one that started it.
 *
 * An entry is evictable as long as it has shown nothing worth keeping: TCP before
 * the handshake is through and after the connection's end, UDP unless it lasts
 * (a resolver asks from a new port each time: questions that have their answers
 * must not stand in the way of the next ones), anything else before its first
 * reply; and a flow that passes only because its node audits. A quota that is used
 * up, or has a good part of a table that is full, gives way to itself: the entry
 * that has been evictable for longest goes, in one step. When the table is full and
 * the quota has little of it, or nothing to give, others must: then a bounded
 * sample of the table is looked at, and of the evictable entries in it the one goes
 * whose quota holds the most. So what a flood has made is displaced by others, and
 * never a flow that is worth keeping.
 */
#include "share.h"

#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "table.h"

/* Lists that are looked at, entries of each, and buckets to find them in. */
#define MANX_SAMPLE_LISTS	16
#define MANX_SAMPLE_ENTRIES	8
#define MANX_SAMPLE_BUCKETS	1024U
/* What part of a full table is a good part. */
#define MANX_GOOD_PART		8
/* Entries that another CPU may be removing just now. */
#define MANX_EVICT_TRIES	4

struct manx_flow_share *manx_share_new(void)
{
	struct manx_flow_share *share = kzalloc(sizeof(*share), GFP_KERNEL_ACCOUNT);
	unsigned int i;

	if (!share)
		return NULL;
	refcount_set(&share->refs, 1);
	for (i = 0; i < ARRAY_SIZE(share->quota); i++) {
		spin_lock_init(&share->quota[i].lock);
		INIT_LIST_HEAD(&share->quota[i].evictable);
	}
	return share;
}

void manx_share_end(struct manx_flow_share *share)
{
	WRITE_ONCE(share->dead, true);
}

bool manx_share_get(struct manx_flow_share *share)
{
	return share && !READ_ONCE(share->dead) && refcount_inc_not_zero(&share->refs);
}

void manx_share_put(struct manx_flow_share *share)
{
	if (share && refcount_dec_and_test(&share->refs))
		kfree_rcu(share, rcu);
}

/* What may wait for a grace period, besides the entries of the limit. */
static u32 manx_budget_slack(u32 limit)
{
	return limit / 8 + 64;
}

bool manx_budget_full(const struct manx_flow_budget *b, u32 limit)
{
	return atomic_read(&b->live) >= limit ||
	       atomic_read(&b->held) >= limit + manx_budget_slack(limit);
}

bool manx_budget_charge(struct manx_flow_budget *b, u32 limit)
{
	if (atomic_inc_return(&b->live) > limit) {
		atomic_dec(&b->live);
		return false;
	}
	if (atomic_inc_return(&b->held) > limit + manx_budget_slack(limit)) {
		atomic_dec(&b->held);
		atomic_dec(&b->live);
		return false;
	}
	return true;
}

void manx_budget_unlive(struct manx_flow_budget *b)
{
	atomic_dec(&b->live);
}

void manx_budget_release(struct manx_flow_budget *b)
{
	atomic_dec(&b->held);
}

bool manx_flow_is_worth_keeping(const struct manx_flow *flow)
{
	u32 tcp = READ_ONCE(flow->tcp);

	if (!manx_flow_is_replied(flow) || READ_ONCE(flow->generation) == MANX_FLOW_REFUSED)
		return false;
	switch (flow->side[0].key.protocol) {
	case IPPROTO_TCP:
		return tcp >= MANX_TCP_ESTABLISHED && tcp < MANX_TCP_CLOSED;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return test_bit(MANX_FLOW_LASTING, &flow->flags);
	default:
		return true;
	}
}

/* Under the lock, so that of two that come together the later one sees the state. */
void manx_quota_mark(struct manx_flow *flow)
{
	struct manx_flow_quota *quota = flow->quota;

	spin_lock_bh(&quota->lock);
	list_del_init(&flow->evictable);
	if (manx_flow_is_worth_keeping(flow)) {
		set_bit(MANX_FLOW_KEPT, &flow->flags);
	} else {
		clear_bit(MANX_FLOW_KEPT, &flow->flags);
		if (!manx_flow_is_dead(flow))
			list_add_tail(&flow->evictable, &quota->evictable);
	}
	spin_unlock_bh(&quota->lock);
}

void manx_quota_forget(struct manx_flow *flow)
{
	spin_lock_bh(&flow->quota->lock);
	list_del_init(&flow->evictable);
	spin_unlock_bh(&flow->quota->lock);
}

static bool manx_quota_evict(struct manx_flow_quota *quota)
{
	struct manx_flow *flow;
	unsigned int i;

	for (i = 0; i < MANX_EVICT_TRIES; i++) {
		spin_lock_bh(&quota->lock);
		flow = list_first_entry_or_null(&quota->evictable, struct manx_flow, evictable);
		if (flow)
			list_del_init(&flow->evictable);
		spin_unlock_bh(&quota->lock);
		if (!flow)
			return false;
		if (manx_flow_remove(flow, MANX_FLOW_END_EVICTED))
			return true;
	}
	return false;
}

static struct manx_flow *manx_greedier(struct manx_flow *one, struct manx_flow *two)
{
	if (!one)
		return two;
	return atomic_read(&two->quota->budget.live) > atomic_read(&one->quota->budget.live) ?
	       two : one;
}

/* Of one list: the greediest of @worst and its evictable entries. */
static struct manx_flow *manx_flows_sample(const struct hlist_head *list, struct manx_flow *worst)
{
	struct manx_flow_side *side;
	struct manx_flow *flow;
	unsigned int n = 0;

	hlist_for_each_entry_rcu(side, list, node) {
		flow = manx_flow_of_side(side);
		if (!manx_flow_is_worth_keeping(flow) && !manx_flow_is_dead(flow))
			worst = manx_greedier(worst, flow);
		if (++n == MANX_SAMPLE_ENTRIES)
			break;
	}
	return worst;
}

/* @more: its quota has to have more entries than that */
static bool manx_flows_evict_greediest(struct manx_flows *flows, int more)
{
	const struct manx_flow_buckets *b = rcu_dereference(flows->buckets);
	unsigned int i, lists = 0, n = min(b->mask + 1, MANX_SAMPLE_BUCKETS);
	u32 first = get_random_u32();
	struct manx_flow *worst = NULL;

	for (i = 0; i < n && lists < MANX_SAMPLE_LISTS; i++) {
		const struct hlist_head *list = &b->head[(first + i) & b->mask];

		if (hlist_empty(list))
			continue;
		worst = manx_flows_sample(list, worst);
		lists++;
	}
	return worst && atomic_read(&worst->quota->budget.live) > more &&
	       manx_flow_remove(worst, MANX_FLOW_END_EVICTED);
}

bool manx_share_make_room(struct manx_flows *flows, struct manx_flow_quota *quota, u32 limit,
			  u32 max_flows)
{
	u32 live = atomic_read(&quota->budget.live);

	/* Eviction gives no memory back before a grace period has passed. */
	if (atomic_read(&quota->budget.held) >= limit + manx_budget_slack(limit) ||
	    atomic_read(&flows->budget.held) >= max_flows + manx_budget_slack(max_flows))
		return false;
	if (live < limit && live < max_flows / MANX_GOOD_PART &&
	    manx_flows_evict_greediest(flows, live))
		return true;
	if (manx_quota_evict(quota))
		return true;
	return live < limit && manx_flows_evict_greediest(flows, 0);
}

/*
 * A token bucket as a single number (GCRA, ITU-T I.371): the time when everything
 * that has passed is paid for, which may be at most a second ahead.
 */
bool manx_share_fragment(struct manx_flow_share *share, u32 rate)
{
	u64 now = ktime_get_mono_fast_ns();
	s64 old = atomic64_read(&share->fragments);
	u64 paid;

	if (!rate)
		return false;
	do {
		paid = max_t(u64, old, now) + NSEC_PER_SEC / rate;
		if (paid > now + NSEC_PER_SEC)
			return false;
	} while (!atomic64_try_cmpxchg(&share->fragments, &old, paid));
	return true;
}
