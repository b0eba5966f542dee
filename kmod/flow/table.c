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
 *
 * Size: the number of buckets follows the limit of entries. The same work item moves
 * entries from the old buckets to new ones, a bucket at a time under its lock, so
 * both are in use meanwhile. A reader whose entry moves beneath it is led to
 * another list and may miss entries: so who finds nothing looks whether entries are
 * being moved, and if so looks again, under the lock of its hash, at both. They
 * say that they are until a grace period after the last move. (nf_conntrack, net/
 * netfilter/nf_conntrack_core.c, has a sequence counter for this, which every
 * lookup reads.)
 */
#include "table.h"

#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "../ns.h"
#include "../trace.h"
#include "report.h"
#include "way.h"

#define MANX_FLOW_BUCKETS_MIN	1024
#define MANX_FLOW_BUCKETS_MAX	(1U << 20)
#define MANX_FLOW_GC_SLICES	64
#define MANX_FLOW_GC_PERIOD	(HZ / 8)
/* entries that are replaced before one is inserted */
#define MANX_FLOW_CONFLICTS	2

static struct kmem_cache *manx_flow_cache __ro_after_init;

static __always_inline u32 manx_flow_hash(const struct manx_flows *flows,
					  const struct manx_flow_key *key)
{
	/*
	 * For one endpoint, @from and @domain are constant: what collides there, of two addresses
	 * and one protocol, is one flow of each end that has this address.
	 */
	u32 ends = key->from ^ rol32(key->domain, 16) ^ (u32)key->protocol << 24;

	if (key->family == NFPROTO_IPV4)
		return hsiphash_3u32((__force u32)key->src.ip, (__force u32)key->dst.ip,
				     ((u32)key->sport << 16 | key->dport) ^ ends, &flows->seed);
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

static __always_inline struct manx_flow_side *
manx_bucket_find(const struct manx_flow_buckets *b, const struct manx_flow_key *key, u32 hash)
{
	struct manx_flow_side *side;
	struct manx_flow *flow;

	hlist_for_each_entry_rcu(side, &b->head[hash & b->mask], node) {
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

static spinlock_t *manx_bucket_lock(struct manx_flows *flows, u32 hash)
{
	return &flows->lock[hash & (MANX_FLOW_LOCKS - 1)];
}

/* While entries are moved. */
static noinline struct manx_flow_side *manx_flows_find_locked(struct manx_flows *flows,
							      const struct manx_flow_key *key,
							      u32 hash)
{
	spinlock_t *lock = manx_bucket_lock(flows, hash);
	const struct manx_flow_buckets *b, *old;
	struct manx_flow_side *side;

	spin_lock_bh(lock);
	b = rcu_dereference(flows->buckets);
	old = rcu_dereference(b->old);
	side = manx_bucket_find(b, key, hash);
	if (!side && old)
		side = manx_bucket_find(old, key, hash);
	spin_unlock_bh(lock);
	return side;
}

struct manx_flow_side *manx_flows_find(struct manx_flows *flows,
				       const struct manx_flow_key *key)
{
	const struct manx_flow_buckets *b = rcu_dereference(flows->buckets);
	u32 hash = manx_flow_hash(flows, key);
	struct manx_flow_side *side = manx_bucket_find(b, key, hash);

	if (likely(side))
		return side;
	/* Pairs with the barriers between publishing new buckets and moving to them. */
	smp_rmb();
	if (likely(b == rcu_access_pointer(flows->buckets) && !rcu_access_pointer(b->old)))
		return NULL;
	return manx_flows_find_locked(flows, key, hash);
}

/* --- insertion and removal --- */

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
	manx_way_end(flow);
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
static struct manx_flow *manx_flow_alloc(struct manx_flows *flows, const struct manx_flow_new *new)
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
		flow->way[i] = MANX_WAY_STACK;
		flow->why[i] = MANX_WHY_NEW;
	}
	flow->flags = new->flags;
	flow->tcp = new->tcp;
	flow->packets[new->dir] = 1;
	flow->bytes[new->dir] = new->len;
	flow->begun = jiffies;
	flow->expires = flow->begun + new->timeout;
	flow->generation = new->generation;
	flow->routes = new->routes;
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
static struct manx_flow *manx_flow_conflict(const struct manx_flow_buckets *b,
					    const struct manx_flow *flow)
{
	struct manx_flow_side *side;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flow->side); i++) {
		u32 hash = flow->side[i].hash;

		hlist_for_each_entry(side, &b->head[hash & b->mask], node)
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

/* The same, or the entry is in the table now: NULL. Buckets locked. */
static struct manx_flow *manx_flow_link(struct manx_flows *flows, struct manx_flow *flow)
{
	struct manx_flow_buckets *b = rcu_dereference(flows->buckets), *old;
	struct manx_flow *other = manx_flow_conflict(b, flow);
	unsigned int i;

	old = rcu_dereference(b->old);
	if (!other && unlikely(old))
		other = manx_flow_conflict(old, flow);
	for (i = 0; i < ARRAY_SIZE(flow->side) && !other; i++)
		hlist_add_head_rcu(&flow->side[i].node, &b->head[flow->side[i].hash & b->mask]);
	return other;
}

/* 0, -EEXIST if the same flow is there, -EAGAIN if others stay in the way */
static int manx_flow_insert(struct manx_flows *flows, struct manx_flow *flow)
{
	u32 one = flow->side[0].hash, two = flow->side[1].hash;
	struct manx_flow *other;
	unsigned int tries;

	for (tries = 0; tries <= MANX_FLOW_CONFLICTS; tries++) {
		manx_buckets_lock(flows, one, two);
		other = manx_flow_link(flows, flow);
		manx_buckets_unlock(flows, one, two);
		if (!other)
			return 0;
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

struct manx_flow *manx_flow_make(struct manx_flows *flows, const struct manx_config *config,
				 const struct manx_flow_new *new)
{
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
	flow = manx_flow_alloc(flows, new);
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
	struct nf_conn *old = READ_ONCE(flow->ct);

	/* nf_conns are SLAB_TYPESAFE_BY_RCU: one that was let go meanwhile can be read */
	if (old && nf_ct_is_confirmed(old) && !nf_ct_is_dying(old))
		return;
	nf_conntrack_get(&ct->ct_general);
	if (cmpxchg(&flow->ct, old, ct) != old)
		old = ct;
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
	const struct manx_flow_buckets *b;
	const struct manx_ruleset *rs;
	struct manx_flow_side *side;
	enum manx_flow_end why;

	rcu_read_lock();
	rs = rcu_dereference(flows->ns->ruleset);
	b = rcu_dereference(flows->buckets);
	hlist_for_each_entry_rcu(side, &b->head[i & b->mask], node) {
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

/* Moves one bucket's entries. */
static void manx_bucket_move(struct manx_flows *flows, struct manx_flow_buckets *from, u32 i,
			     struct manx_flow_buckets *to)
{
	spinlock_t *lock = manx_bucket_lock(flows, i);
	struct manx_flow_side *side;
	struct hlist_node *tmp;

	spin_lock_bh(lock);
	hlist_for_each_entry_safe(side, tmp, &from->head[i], node) {
		hlist_del_rcu(&side->node);
		hlist_add_head_rcu(&side->node, &to->head[side->hash & to->mask]);
	}
	spin_unlock_bh(lock);
}

/* Called by @gc alone. */
static struct manx_flow_buckets *manx_flows_buckets(struct manx_flows *flows)
{
	return rcu_dereference_protected(flows->buckets, true);
}

/* New buckets take the place of the present ones, which are freed. */
static void manx_flows_move(struct manx_flows *flows, struct manx_flow_buckets *to)
{
	struct manx_flow_buckets *from = manx_flows_buckets(flows);
	u32 i;

	mutex_lock(&flows->moving);
	RCU_INIT_POINTER(to->old, from);
	rcu_assign_pointer(flows->buckets, to);
	/* Pairs with the one of manx_flows_find(): who misses what has moved knows. */
	smp_wmb();
	for (i = 0; i <= from->mask; i++) {
		manx_bucket_move(flows, from, i, to);
		cond_resched();
	}
	flows->moves = flows->moves + 1 ?: 1;
	mutex_unlock(&flows->moving);
	/* whoever was looking while an entry moved has looked again */
	synchronize_rcu();
	RCU_INIT_POINTER(to->old, NULL);
	synchronize_rcu();
	kvfree(from);
}

static void manx_flows_resize(struct manx_flows *flows)
{
	struct manx_flow_buckets *wanted = xchg(&flows->wanted, NULL);

	if (wanted && wanted->mask != manx_flows_buckets(flows)->mask)
		manx_flows_move(flows, wanted);
	else
		kvfree(wanted);
}

static void manx_flows_gc(struct work_struct *work)
{
	struct manx_flows *flows = container_of(to_delayed_work(work), struct manx_flows, gc);
	u32 n;

	manx_flows_resize(flows);
	n = manx_flows_buckets(flows)->mask + 1;
	if (!xchg(&flows->sweep, false))
		n /= MANX_FLOW_GC_SLICES;
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

static u32 manx_flows_limit(struct manx_ns *ns)
{
	u32 limit;

	rcu_read_lock();
	limit = rcu_dereference(ns->ruleset)->config.max_flows;
	rcu_read_unlock();
	return limit;
}

/* How many for a limit of entries, each of which stands in two of them. */
static u32 manx_buckets_number(u32 limit)
{
	BUILD_BUG_ON(MANX_FLOW_BUCKETS_MIN < MANX_FLOW_LOCKS);
	return roundup_pow_of_two(clamp_t(u32, limit / 2, MANX_FLOW_BUCKETS_MIN,
					  MANX_FLOW_BUCKETS_MAX));
}

static struct manx_flow_buckets *manx_buckets_new(u32 limit)
{
	u32 n = manx_buckets_number(limit);
	struct manx_flow_buckets *b = kvzalloc(struct_size(b, head, n), GFP_KERNEL_ACCOUNT);

	if (b)
		b->mask = n - 1;
	return b;
}

void manx_flows_fit(struct manx_ns *ns, u32 old)
{
	struct manx_flow_buckets *wanted;
	struct manx_flows *flows;
	u32 limit;

	/* Pairs with that of manx_flows_start(): the limit is set, then the table looked at. */
	smp_mb();
	flows = READ_ONCE(ns->flows);
	limit = manx_flows_limit(ns);
	if (!flows || manx_buckets_number(limit) == manx_buckets_number(old))
		return;
	wanted = manx_buckets_new(limit);
	if (!wanted)
		return;
	kvfree(xchg(&flows->wanted, wanted));
	mod_delayed_work(system_unbound_wq, &flows->gc, 0);
}

u32 manx_flows_walk(struct manx_flows *flows)
{
	mutex_lock(&flows->moving);
	return rcu_dereference_protected(flows->buckets, true)->mask + 1;
}

void manx_flows_walked(struct manx_flows *flows)
{
	mutex_unlock(&flows->moving);
}

int manx_flows_start(struct manx_ns *ns)
{
	u32 limit = manx_flows_limit(ns), i;
	struct manx_flow_buckets *buckets;
	struct manx_flows *flows;

	ASSERT_RTNL();
	if (ns->flows)
		return 0;
	flows = kzalloc(sizeof(*flows), GFP_KERNEL_ACCOUNT);
	buckets = manx_buckets_new(limit);
	if (!flows || !buckets) {
		kvfree(buckets);
		kfree(flows);
		return -ENOMEM;
	}
	flows->ns = ns;
	flows->moves = 1;
	mutex_init(&flows->moving);
	RCU_INIT_POINTER(flows->buckets, buckets);
	get_random_bytes(&flows->seed, sizeof(flows->seed));
	for (i = 0; i < MANX_FLOW_LOCKS; i++)
		spin_lock_init(&flows->lock[i]);
	INIT_DELAYED_WORK(&flows->gc, manx_flows_gc);
	/* Pairs with READ_ONCE() of those who do not hold RTNL. */
	smp_store_release(&ns->flows, flows);
	/* the limit may have changed before anybody saw that there is a table */
	manx_flows_fit(ns, limit);
	return 0;
}

void manx_flows_stop(struct manx_ns *ns)
{
	struct manx_flows *flows = ns->flows;
	u32 i;

	if (!flows)
		return;
	/* first, so that nothing moves */
	cancel_delayed_work_sync(&flows->gc);
	for (i = 0; i <= manx_flows_buckets(flows)->mask && atomic_read(&flows->budget.live); i++) {
		manx_flows_clean_bucket(flows, i, true);
		cond_resched();
	}
}

void manx_flows_free(struct manx_ns *ns)
{
	struct manx_flows *flows = ns->flows;

	if (!flows)
		return;
	WARN_ON_ONCE(atomic_read(&flows->budget.held));
	kvfree(flows->wanted);
	kvfree(manx_flows_buckets(flows));
	mutex_destroy(&flows->moving);
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
