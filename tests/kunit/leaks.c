// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the suites allocated and did not free: compares, for each place in the
 * module and the suites that allocates (allocation tags, <linux/alloc_tag.h>),
 * how many of its objects are alive before the first suite and after the last.
 * Says "manx: end of tests" when it looked, just before the machine stops.
 */
#include <linux/alloc_tag.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/rcupdate.h>
#include <linux/reboot.h>
#include <linux/slab.h>

extern struct alloc_tag __start_alloc_tags[], __stop_alloc_tags[];

/* objects alive before the first suite, by place */
static u64 *manx_alive;

/* The kernel's own sources are known by relative names, those built beside it by absolute ones. */
static bool manx_is_ours(const struct alloc_tag *tag)
{
	return tag->ct.filename[0] == '/';
}

static unsigned int manx_leaks(bool tell)
{
	struct alloc_tag *tag;
	unsigned int leaks = 0;

	for (tag = __start_alloc_tags; tag < __stop_alloc_tags; tag++) {
		s64 more = alloc_tag_read(tag).calls - manx_alive[tag - __start_alloc_tags];

		if (!manx_is_ours(tag) || more <= 0)
			continue;
		leaks++;
		if (tell)
			pr_err("manx: leaked %lld of %s:%u %s\n", more, tag->ct.filename,
			       tag->ct.lineno, tag->ct.function);
	}
	return leaks;
}

static int manx_leaks_stop(struct notifier_block *nb, unsigned long action, void *data)
{
	int i;

	/* what is freed by work that runs soon may take a moment */
	for (i = 0; i < 20; i++) {
		rcu_barrier();
		kvfree_rcu_barrier();
		if (!manx_leaks(false))
			break;
		msleep(50);
	}
	manx_leaks(true);
	pr_info("manx: end of tests\n");
	return NOTIFY_DONE;
}

static struct notifier_block manx_leaks_notifier = {
	.notifier_call = manx_leaks_stop,
};

static int __init manx_leaks_start(void)
{
	unsigned int n = __stop_alloc_tags - __start_alloc_tags;
	struct alloc_tag *tag;

	manx_alive = kcalloc(n, sizeof(*manx_alive), GFP_KERNEL);
	if (!manx_alive)
		return -ENOMEM;
	for (tag = __start_alloc_tags; tag < __stop_alloc_tags; tag++)
		manx_alive[tag - __start_alloc_tags] = alloc_tag_read(tag).calls;
	return register_reboot_notifier(&manx_leaks_notifier);
}
late_initcall_sync(manx_leaks_start);
