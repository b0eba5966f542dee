// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with mistakes, by which tests/vm/selftest.sh sees that the debug kernel finds
 * them and that tests/vm/run tells: insmod bugs.ko kind=...
 */
#include <linux/module.h>
#include <linux/slab.h>

static char *kind = "";
module_param(kind, charp, 0);
MODULE_PARM_DESC(kind, "freed, atomic or leak");

static void bugs_use_freed(void)
{
	u8 *octets = kmalloc(40, GFP_KERNEL);

	kfree(octets);
	/* the compiler may not see that it is the same memory */
	OPTIMIZER_HIDE_VAR(octets);
	if (octets)
		WRITE_ONCE(octets[8], 1);
}

static void bugs_sleep_in_atomic(void)
{
	preempt_disable();
	kfree(kmalloc(40, GFP_KERNEL));
	preempt_enable();
}

static void bugs_leak(void)
{
	u8 *octets = kmalloc(40, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(octets);
}

static int __init bugs_init(void)
{
	if (!strcmp(kind, "freed"))
		bugs_use_freed();
	else if (!strcmp(kind, "atomic"))
		bugs_sleep_in_atomic();
	else if (!strcmp(kind, "leak"))
		bugs_leak();
	return 0;
}
module_init(bugs_init);

static void __exit bugs_exit(void)
{
}
module_exit(bugs_exit);

MODULE_DESCRIPTION("mistakes for the debug kernel to find");
MODULE_LICENSE("GPL");
