// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failing allocations, and signals at allocations. The kernel is linked so that the functions below stand
 * between the module, or a suite, and the allocators (ld --wrap, for which
 * tests/kunit/run reads the names from here); the kernel's own calls are not
 * affected. Unlike the kernel's fault injection this fails kvmalloc() as a whole,
 * not only its first attempt, and allocations for each processor.
 */
#include "fail.h"

#include <linux/gfp.h>
#include <linux/idr.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rhashtable.h>
#include <linux/sched/signal.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

/* One task at a time: suites run one after the other. Known by its id, for memory is reused. */
static pid_t manx_fail_pid;
static unsigned int manx_fail_left;
/* a signal arrives instead */
static bool manx_fail_kills;

void manx_fail_at(unsigned int n)
{
	manx_fail_kills = false;
	manx_fail_left = n;
	WRITE_ONCE(manx_fail_pid, current->pid);
}

void manx_kill_at(unsigned int n)
{
	manx_fail_at(n);
	manx_fail_kills = true;
}

static void manx_fail_signal(bool pending)
{
	if (pending)
		sigaddset(&current->pending.signal, SIGKILL);
	else
		sigdelset(&current->pending.signal, SIGKILL);
	if (pending)
		set_thread_flag(TIF_SIGPENDING);
	else
		clear_thread_flag(TIF_SIGPENDING);
}

bool manx_fail_end(void)
{
	WRITE_ONCE(manx_fail_pid, 0);
	if (manx_fail_kills)
		manx_fail_signal(false);
	return !manx_fail_left;
}

static bool manx_fail_now(void)
{
	if (!in_task() || READ_ONCE(manx_fail_pid) != current->pid || !manx_fail_left)
		return false;
	if (--manx_fail_left)
		return false;
	if (manx_fail_kills)
		manx_fail_signal(true);
	return !manx_fail_kills;
}

#define MANX_FAIL(name, type, error, params, args)		\
__typeof__(name) __real_##name, __wrap_##name;			\
type __wrap_##name params					\
{								\
	return manx_fail_now() ? (error) : __real_##name args;	\
}

MANX_FAIL(__kmalloc_noprof, void *, NULL, (size_t size, gfp_t gfp), (size, gfp))
MANX_FAIL(__kmalloc_large_noprof, void *, NULL, (size_t size, gfp_t gfp), (size, gfp))
MANX_FAIL(__kmalloc_cache_noprof, void *, NULL,
	  (struct kmem_cache *s, gfp_t gfp, size_t size), (s, gfp, size))
MANX_FAIL(__kvmalloc_node_noprof, void *, NULL, (size_t size, gfp_t gfp, int node),
	  (size, gfp, node))
MANX_FAIL(krealloc_noprof, void *, NULL, (const void *p, size_t size, gfp_t gfp), (p, size, gfp))
MANX_FAIL(kvrealloc_noprof, void *, NULL, (const void *p, size_t size, gfp_t gfp), (p, size, gfp))
MANX_FAIL(kmemdup_noprof, void *, NULL, (const void *p, size_t size, gfp_t gfp), (p, size, gfp))
MANX_FAIL(kmem_cache_alloc_noprof, void *, NULL, (struct kmem_cache *s, gfp_t gfp), (s, gfp))
MANX_FAIL(vmalloc_noprof, void *, NULL, (unsigned long size), (size))
MANX_FAIL(vzalloc_noprof, void *, NULL, (unsigned long size), (size))
MANX_FAIL(__alloc_pages_noprof, struct page *, NULL,
	  (gfp_t gfp, unsigned int order, int nid, nodemask_t *nodes), (gfp, order, nid, nodes))
MANX_FAIL(get_free_pages_noprof, unsigned long, 0, (gfp_t gfp, unsigned int order), (gfp, order))
MANX_FAIL(pcpu_alloc_noprof, void __percpu *, NULL,
	  (size_t size, size_t align, bool reserved, gfp_t gfp), (size, align, reserved, gfp))
MANX_FAIL(__xa_insert, int, -ENOMEM,
	  (struct xarray *xa, unsigned long index, void *entry, gfp_t gfp), (xa, index, entry, gfp))
MANX_FAIL(__xa_alloc, int, -ENOMEM,
	  (struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t gfp),
	  (xa, id, entry, limit, gfp))
MANX_FAIL(xa_store, void *, XA_ERROR(-ENOMEM),
	  (struct xarray *xa, unsigned long index, void *entry, gfp_t gfp), (xa, index, entry, gfp))
MANX_FAIL(ida_alloc_range, int, -ENOMEM,
	  (struct ida *ida, unsigned int min, unsigned int max, gfp_t gfp), (ida, min, max, gfp))
MANX_FAIL(rhashtable_init_noprof, int, -ENOMEM,
	  (struct rhashtable *ht, const struct rhashtable_params *params), (ht, params))
MANX_FAIL(__alloc_skb, struct sk_buff *, NULL,
	  (unsigned int size, gfp_t gfp, int flags, int node), (size, gfp, flags, node))
MANX_FAIL(pskb_expand_head, int, -ENOMEM,
	  (struct sk_buff *skb, int head, int tail, gfp_t gfp), (skb, head, tail, gfp))
