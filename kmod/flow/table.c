// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flow table.
 *
 * An entry stands in two lists, once for each direction, each under its own key;
 * whoever looks for a packet finds the entry and the packet's direction at once.
 * Readers run under RCU alone. Writers lock the two buckets, with one of a fixed
 * number of spinlocks each.
 *
 * Hash: HalfSipHash's interface, which on 64 bits is SipHash-1-3 with a random key
 * of the namespace. An attacker who can send from a pod chooses addresses and
 * ports; with jhash, collisions for an unknown seed can be found by timing, and
 * this costs an IPv4 packet some twenty instructions more.
 *
 * Lifetime: whoever sets MANX_FLOW_DEAD takes the entry out of the lists and
 * returns it to RCU. Not SLAB_TYPESAFE_BY_RCU: that would make each lookup pay
 * with an atomic reference and a second comparison, to save memory in one case,
 * churn under a flood; here entries between removal and grace period are counted,
 * and a bounded number of them may exist (struct manx_flow_budget). An entry is
 * not referenced by packets: they use it inside their RCU section.
 *
 * Expiry: a work item visits a part of the buckets eight times a second, all of
 * them in eight seconds, as long as there are entries. What has expired is not
 * found by packets before that. An entry also ends when a link or an endpoint
 * object at its ends goes.
 */
#include "table.h"

#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "../ns.h"
#include "../trace.h"
#include "report.h"

#define MANX_FLOW_BUCKETS_MIN	1024
#define MANX_FLOW_BUCKETS_MAX	(1U << 20)
#define MANX_FLOW_GC_SLICES	64
#define MANX_FLOW_GC_PERIOD	(HZ / 8)
/* entries that are replaced before one is inserted */
#define MANX_FLOW_CONFLICTS	2

static struct kmem_cache *manx_flow_cache __ro_after_init;

static __always_inline u32 manx_flow_hash(const struct manx_flows *flows, const struct manx_flow_key *key)
{
	/* For one endpoint, @from and @domain are constant. */
	u32 ends = key->from ^ rol32(key->domain, 16) ^ (u32)key->protocol << 24;

	if (key->family == NFPROTO_IPV4)
		return hsiphash_4u32((__force u32)key->src.ip, (__force u32)key->dst.ip,
				     (u32)key->sport << 16 | key->dport, ends, &flows->seed);
	return hsiphash(key, sizeof(*key), &flows->seed);
}

static bool manx_key_equal(const struct manx_flow_key *one, const struct manx_flow_key *two)
{
	const u64 *a = (const u64 *)one, *b = (const u64 *)two;

	BUILD_BUG_ON(sizeof(*one) != 6 * sizeof(u64));
	return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]) |
		 (a[5] ^ b[5]));
}

static bool manx_flow_links_exist(const struct manx_flow *flow)
{
	return !(flow->share[0] && READ_ONCE(flow->share[0]->dead)) &&
	       !(flow->share[1] && READ_ONCE(flow->share[1]->dead));
}

static bool manx_flow_has_expired(const struct manx_flow *flow)
{
	return time_after(jiffies, READ_ONCE(flow->expires));
}

struct manx_flow_side *manx_flows_find(const struct manx_flows *flows,
				       const struct manx_flow_key *key)
{
	u32 hash = manx_flow_hash(flows, key);
	struct manx_flow_side *side;
	struct manx_flow *flow;

	hlist_for_each_entry_rcu(side, &flows->bucket[hash & flows->mask], node) {
		if (side->hash != hash || !manx_key_equal(&side->key, key))
			continue;
		flow = manx_flow_of_side(side);
		if (manx_flow_is_dead(flow) || manx_flow_has_expired(flow) ||
		    !manx_flow_links_exist(flow))
			continue;
		return side;
	}
	return NULL;
}

/* --- insertion and removal --- */

static spinlock_t *manx_bucket_lock(struct manx_flows *flows, u32 hash)
{
	return &flows->lock[hash & flows->mask & (MANX_FLOW_LOCKS - 1)];
}

/* Two locks, or one if they are the same; sparse is told of two. */
static void manx_buckets_lock(struct manx_flows *flows, u32 one, u32 two)
	__acquires(&flows->lock[0]) __acquires(&flows->lock[1])
{
	spinlock_t *a = manx_bucket_lock(flows, one), *b = manx_bucket_lock(flows, two);

	spin_lock_bh(min(a, b));
	if (a != b)
		spin_lock_nested(max(a, b), SINGLE_DEPTH_NESTING);
	else
		__acquire(b);
}

static void manx_buckets_unlock(struct manx_flows *flows, u32 one, u32 two)
	__releases(&flows->lock[0]) __releases(&flows->lock[1])
{
	spinlock_t *a = manx_bucket_lock(flows, one), *b = manx_bucket_lock(flows, two);

	if (a != b)
		spin_unlock(max(a, b));
	else
		__release(b);
	spin_unlock_bh(min(a, b));
}

static void manx_flow_rcu_free(struct rcu_head *rcu)
{
	struct manx_flow *flow = container_of(rcu, struct manx_flow, rcu);

	/* a packet that was under way may have put one here */
	if (flow->ct)
		nf_ct_put(flow->ct);
	manx_budget_release(&flow->quota->budget);
	manx_budget_release(&flow->flows->budget);
	manx_share_put(flow->share[0]);
	manx_share_put(flow->share[1]);
	kmem_cache_free(manx_flow_cache, flow);
}

/* The host's entry goes where the flow's end is the host's business, too. */
static void manx_flow_untrack(struct manx_flow *flow, enum manx_flow_end why)
{
	struct nf_conn *ct = xchg(&flow->ct, NULL);

	if (!ct)
		return;
	if (nf_ct_is_confirmed(ct) &&
	    (why == MANX_FLOW_END_GONE ||
	     (why == MANX_FLOW_END_EVICTED && !test_bit(IPS_ASSURED_BIT, &ct->status))))
		nf_ct_delete(ct, 0, 0);
	nf_ct_put(ct);
}

bool manx_flow_remove(struct manx_flow *flow, enum manx_flow_end why)
{
	struct manx_flows *flows = flow->flows;
	u32 one = flow->side[0].hash, two = flow->side[1].hash;

	if (test_and_set_bit(MANX_FLOW_DEAD, &flow->flags))
		return false;
	manx_buckets_lock(flows, one, two);
	hlist_del_rcu(&flow->side[0].node);
	hlist_del_rcu(&flow->side[1].node);
	manx_buckets_unlock(flows, one, two);
	manx_quota_forget(flow);
	manx_budget_unlive(&flow->quota->budget);
	manx_budget_unlive(&flows->budget);
	trace_manx_flow_end(flow, why);
	manx_report_end(flow);
	manx_flow_untrack(flow, why);
	call_rcu(&flow->rcu, manx_flow_rcu_free);
	return true;
}

/* A flow between endpoints is charged to the one that started it. */
static unsigned int manx_flow_payer(const struct manx_flow_new *new)
{
	return new->share[0] ? MANX_FLOW_FROM : MANX_FLOW_TO;
}

static bool manx_flow_charge(struct manx_flows *flows, struct manx_flow_quota *quota, u32 limit,
			     u32 max_flows)
{
	if (!manx_budget_charge(&quota->budget, limit))
		return false;
	if (manx_budget_charge(&flows->budget, max_flows))
		return true;
	manx_budget_unlive(&quota->budget);
	manx_budget_release(&quota->budget);
	return false;
}

static void manx_flow_uncharge(struct manx_flows *flows, struct manx_flow_quota *quota)
{
	manx_budget_unlive(&quota->budget);
	manx_budget_release(&quota->budget);
	manx_budget_unlive(&flows->budget);
	manx_budget_release(&flows->budget);
}

/* An entry that holds all its references, but is not in the table. */
static struct manx_flow *manx_flow_alloc(struct manx_flows *flows, const struct manx_ruleset *rs,
					 const struct manx_flow_new *new)
{
	struct manx_flow *flow = kmem_cache_zalloc(manx_flow_cache, GFP_ATOMIC | __GFP_NOWARN);
	unsigned int i;

	if (!flow)
		return NULL;
	flow->flows = flows;
	flow->side[0].key = new->key;
	flow->side[1].key = new->reply;
	for (i = 0; i < ARRAY_SIZE(flow->side); i++) {
		flow->side[i].dir = i;
		flow->side[i].hash = manx_flow_hash(flows, &flow->side[i].key);
		if (manx_share_get(new->share[i]))
			flow->share[i] = new->share[i];
	}
	flow->flags = new->flags;
	flow->tcp = new->tcp;
	flow->begun = jiffies;
	flow->expires = flow->begun + new->timeout;
	flow->generation = rs->generation;
	flow->ct = new->ct;
	if (flow->ct)
		nf_conntrack_get(&flow->ct->ct_general);
	INIT_LIST_HEAD(&flow->evictable);
	return flow;
}

/* Undoes manx_flow_alloc(); nobody has seen the entry. */
static void manx_flow_drop(struct manx_flow *flow)
{
	if (flow->ct)
		nf_ct_put(flow->ct);
	manx_share_put(flow->share[0]);
	manx_share_put(flow->share[1]);
	kmem_cache_free(manx_flow_cache, flow);
}

/*
 * An entry that has one of the flow's keys, and is not on its way out: whoever
 * removes it may be waiting for the lock. Buckets locked.
 */
static struct manx_flow *manx_flow_conflict(struct manx_flows *flows, const struct manx_flow *flow)
{
	struct manx_flow_side *side;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flow->side); i++) {
		u32 hash = flow->side[i].hash;

		hlist_for_each_entry(side, &flows->bucket[hash & flows->mask], node)
			if (side->hash == hash && manx_key_equal(&side->key, &flow->side[i].key) &&
			    !manx_flow_is_dead(manx_flow_of_side(side)))
				return manx_flow_of_side(side);
	}
	return NULL;
}

static bool manx_flow_same(const struct manx_flow *one, const struct manx_flow *two)
{
	return manx_key_equal(&one->side[0].key, &two->side[0].key) &&
	       manx_key_equal(&one->side[1].key, &two->side[1].key) &&
	       one->share[0] == two->share[0] && one->share[1] == two->share[1] &&
	       !manx_flow_is_dead(one) && !manx_flow_has_expired(one);
}

/* 0, -EEXIST if the same flow is there, -EAGAIN if others stay in the way */
static int manx_flow_insert(struct manx_flows *flows, struct manx_flow *flow)
{
	u32 one = flow->side[0].hash, two = flow->side[1].hash;
	struct manx_flow *other;
	unsigned int tries;

	for (tries = 0; tries <= MANX_FLOW_CONFLICTS; tries++) {
		manx_buckets_lock(flows, one, two);
		other = manx_flow_conflict(flows, flow);
		if (!other) {
			hlist_add_head_rcu(&flow->side[0].node, &flows->bucket[one & flows->mask]);
			hlist_add_head_rcu(&flow->side[1].node, &flows->bucket[two & flows->mask]);
			manx_buckets_unlock(flows, one, two);
			return 0;
		}
		manx_buckets_unlock(flows, one, two);
		if (manx_flow_same(other, flow))
			return -EEXIST;
		manx_flow_remove(other, MANX_FLOW_END_REPLACED);
	}
	return -EAGAIN;
}

static struct manx_flow *manx_flow_enter(struct manx_flows *flows, struct manx_flow *flow)
{
	int err = manx_flow_insert(flows, flow);

	if (err) {
		manx_flow_uncharge(flows, flow->quota);
		manx_flow_drop(flow);
		return err == -EEXIST ? NULL : ERR_PTR(-ENOSPC);
	}
	manx_quota_mark(flow);
	queue_delayed_work(system_unbound_wq, &flows->gc, MANX_FLOW_GC_PERIOD);
	trace_manx_flow_new(flow, MANX_FLOW_END_NOT);
	manx_report_new(flow);
	return flow;
}

struct manx_flow *manx_flow_make(struct manx_flows *flows, const struct manx_ruleset *rs,
				 const struct manx_flow_new *new)
{
	const struct manx_config *config = &rs->config;
	unsigned int payer = manx_flow_payer(new);
	u32 limit = payer == MANX_FLOW_FROM ? config->max_flows_from : config->max_flows_to;
	struct manx_flow_quota *quota;
	struct manx_flow *flow;

	/* nobody to pay for it */
	if (!new->share[payer])
		return ERR_PTR(-ENOSPC);
	quota = &new->share[payer]->quota[payer];
	if (!manx_flow_charge(flows, quota, limit, config->max_flows) &&
	    (!manx_share_make_room(flows, quota, limit, config->max_flows) ||
	     !manx_flow_charge(flows, quota, limit, config->max_flows)))
		return ERR_PTR(-ENOSPC);
	flow = manx_flow_alloc(flows, rs, new);
	if (!flow) {
		manx_flow_uncharge(flows, quota);
		return ERR_PTR(-ENOMEM);
	}
	flow->quota = quota;
	/* else a link went away between */
	if (flow->share[0] == new->share[0] && flow->share[1] == new->share[1])
		return manx_flow_enter(flows, flow);
	manx_flow_uncharge(flows, quota);
	manx_flow_drop(flow);
	return ERR_PTR(-ENOSPC);
}

/* --- conntrack --- */

void manx_flow_track(struct manx_flow *flow, struct nf_conn *ct)
{
	struct nf_conn *old;

	nf_conntrack_get(&ct->ct_general);
	old = xchg(&flow->ct, ct);
	if (old)
		nf_ct_put(old);
}

struct nf_conn *manx_flow_conntrack(const struct manx_flow *flow)
{
	struct nf_conn *ct = READ_ONCE(flow->ct);

	/* nf_conns are SLAB_TYPESAFE_BY_RCU: it may have become another meanwhile */
	if (!ct || !refcount_inc_not_zero(&ct->ct_general.use))
		return NULL;
	if (ct == READ_ONCE(flow->ct))
		return ct;
	nf_ct_put(ct);
	return NULL;
}

/* The host has forgotten the flow: so that its memory does not wait for ours. */
static void manx_flow_let_go(struct manx_flow *flow)
{
	struct nf_conn *ct = READ_ONCE(flow->ct);

	if (ct && nf_ct_is_dying(ct) && cmpxchg(&flow->ct, ct, NULL) == ct)
		nf_ct_put(ct);
}

/* --- expiry --- */

static bool manx_flow_end_exists(const struct manx_ruleset *rs, const struct manx_flow_key *key)
{
	const struct manx_endpoint *ep;

	if (key->from <= MANX_ENDPOINT_NODE)
		return true;
	ep = manx_ruleset_endpoint(rs, key->from);
	/* its link-local address is nobody's attribute */
	return ep && (manx_endpoint_may_send(ep, key->family, &key->src) ||
		      (key->family == NFPROTO_IPV6 &&
		       ipv6_addr_type(&key->src.in6) & IPV6_ADDR_LINKLOCAL));
}

bool manx_flow_ends_exist(const struct manx_ruleset *rs, const struct manx_flow *flow)
{
	return manx_flow_end_exists(rs, &flow->side[0].key) &&
	       manx_flow_end_exists(rs, &flow->side[1].key);
}

bool manx_flow_is_over(const struct manx_ruleset *rs, const struct manx_flow *flow,
		       enum manx_flow_end *why)
{
	*why = MANX_FLOW_END_GONE;
	if (!manx_flow_links_exist(flow) ||
	    (READ_ONCE(flow->generation) != rs->generation && !manx_flow_ends_exist(rs, flow)))
		return true;
	*why = MANX_FLOW_END_EXPIRED;
	return manx_flow_is_dead(flow) || manx_flow_has_expired(flow);
}

static void manx_flows_clean_bucket(struct manx_flows *flows, u32 i, bool all)
{
	const struct manx_ruleset *rs;
	struct manx_flow_side *side;
	enum manx_flow_end why;

	rcu_read_lock();
	rs = rcu_dereference(flows->ns->ruleset);
	hlist_for_each_entry_rcu(side, &flows->bucket[i & flows->mask], node) {
		struct manx_flow *flow = manx_flow_of_side(side);

		if (all)
			manx_flow_remove(flow, MANX_FLOW_END_GONE);
		else if (manx_flow_is_over(rs, flow, &why))
			manx_flow_remove(flow, why);
		else
			manx_flow_let_go(flow);
	}
	rcu_read_unlock();
}

static void manx_flows_gc(struct work_struct *work)
{
	struct manx_flows *flows = container_of(to_delayed_work(work), struct manx_flows, gc);
	u32 n = (flows->mask + 1) / MANX_FLOW_GC_SLICES;

	if (xchg(&flows->sweep, false))
		n = flows->mask + 1;
	while (n--) {
		manx_flows_clean_bucket(flows, flows->gc_bucket++, false);
		cond_resched();
	}
	/* Whoever makes the first entry queues it again. */
	if (atomic_read(&flows->budget.live))
		queue_delayed_work(system_unbound_wq, &flows->gc, MANX_FLOW_GC_PERIOD);
}

void manx_flows_sweep(struct manx_ns *ns)
{
	struct manx_flows *flows = READ_ONCE(ns->flows);

	if (!flows || !atomic_read(&flows->budget.live))
		return;
	WRITE_ONCE(flows->sweep, true);
	mod_delayed_work(system_unbound_wq, &flows->gc, 0);
}

u32 manx_flows_number(struct manx_ns *ns)
{
	const struct manx_flows *flows = READ_ONCE(ns->flows);

	return flows ? atomic_read(&flows->budget.live) : 0;
}

/* --- birth and death --- */

int manx_flows_start(struct manx_ns *ns)
{
	const struct manx_ruleset *rs;
	struct manx_flows *flows;
	u32 i, n;

	ASSERT_RTNL();
	if (ns->flows)
		return 0;
	rcu_read_lock();
	rs = rcu_dereference(ns->ruleset);
	/* each entry stands in two of them; they stay that many when the limit changes */
	n = roundup_pow_of_two(clamp_t(u32, rs->config.max_flows / 2, MANX_FLOW_BUCKETS_MIN,
				       MANX_FLOW_BUCKETS_MAX));
	rcu_read_unlock();
	flows = kzalloc(sizeof(*flows), GFP_KERNEL_ACCOUNT);
	if (!flows)
		return -ENOMEM;
	flows->bucket = kvcalloc(n, sizeof(*flows->bucket), GFP_KERNEL_ACCOUNT);
	if (!flows->bucket) {
		kfree(flows);
		return -ENOMEM;
	}
	flows->ns = ns;
	flows->mask = n - 1;
	get_random_bytes(&flows->seed, sizeof(flows->seed));
	for (i = 0; i < MANX_FLOW_LOCKS; i++)
		spin_lock_init(&flows->lock[i]);
	INIT_DELAYED_WORK(&flows->gc, manx_flows_gc);
	/* Pairs with READ_ONCE() of those who do not hold RTNL. */
	smp_store_release(&ns->flows, flows);
	return 0;
}

void manx_flows_stop(struct manx_ns *ns)
{
	struct manx_flows *flows = ns->flows;
	u32 i;

	if (!flows)
		return;
	for (i = 0; i <= flows->mask && atomic_read(&flows->budget.live); i++) {
		manx_flows_clean_bucket(flows, i, true);
		cond_resched();
	}
	cancel_delayed_work_sync(&flows->gc);
}

void manx_flows_free(struct manx_ns *ns)
{
	struct manx_flows *flows = ns->flows;

	if (!flows)
		return;
	WARN_ON_ONCE(atomic_read(&flows->budget.held));
	kvfree(flows->bucket);
	kfree(flows);
}

int manx_flow_init(void)
{
	manx_flow_cache = KMEM_CACHE(manx_flow, SLAB_HWCACHE_ALIGN);
	return manx_flow_cache ? 0 : -ENOMEM;
}

/* All namespaces have gone, and rcu_barrier() was called for each. */
void manx_flow_exit(void)
{
	kmem_cache_destroy(manx_flow_cache);
}
