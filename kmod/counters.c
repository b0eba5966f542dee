// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of a table.
 */
#include "counters.h"

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/topology.h>

struct manx_counters *manx_counters_alloc(u32 n)
{
	struct manx_counters *c;
	int cpu;

	c = kzalloc(struct_size(c, cpu, nr_cpu_ids), GFP_KERNEL_ACCOUNT);
	if (!c)
		return NULL;
	c->n = n;
	c->base = kvcalloc(n, sizeof(*c->base), GFP_KERNEL_ACCOUNT);
	if (!c->base)
		goto err_free;
	for_each_possible_cpu(cpu) {
		c->cpu[cpu] = kvmalloc_node(array_size(n, sizeof(u64)),
					    GFP_KERNEL_ACCOUNT | __GFP_ZERO, cpu_to_node(cpu));
		if (!c->cpu[cpu])
			goto err_free;
	}
	return c;

err_free:
	manx_counters_free(c);
	return NULL;
}

void manx_counters_free(struct manx_counters *c)
{
	int cpu;

	if (!c)
		return;
	for_each_possible_cpu(cpu)
		kvfree(c->cpu[cpu]);
	kvfree(c->base);
	kfree(c);
}

u64 manx_counters_read(const struct manx_counters *c, u32 i)
{
	u64 sum = READ_ONCE(c->base[i]);
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(c->cpu[cpu][i]);
	return sum;
}
