/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failing allocations, for suites.
 */
#ifndef _MANX_FAIL_H
#define _MANX_FAIL_H

#include <linux/types.h>

/**
 * manx_fail_at() - make one allocation fail
 * @n: which: 1 is the next one that the module or a suite makes in this task
 *
 * Allocations that the kernel makes on behalf of the two count only as the
 * call that led to them. Those in interrupts and in other tasks, workers among
 * them, do not count. To visit every allocation of an operation:
 *
 *	for (n = 1; ; n++) {
 *		manx_fail_at(n);
 *		err = operation();
 *		if (!manx_fail_end())
 *			break;
 *		KUNIT_ASSERT_EQ(test, err, -ENOMEM);
 *		(and everything is as before)
 *	}
 *	KUNIT_EXPECT_EQ(test, err, 0);
 *
 * Context: a task; ends with it or with manx_fail_end().
 */
void manx_fail_at(unsigned int n);

/**
 * manx_kill_at() - let a fatal signal arrive in the middle of an operation
 * @n: during which allocation, counted as for manx_fail_at(); it succeeds
 *
 * The signal is pending until manx_fail_end(); nothing comes of it but what the
 * operation does when it looks for it.
 *
 * Context: a kernel thread.
 */
void manx_kill_at(unsigned int n);

/**
 * manx_fail_end() - let allocations succeed again; no signal is pending
 *
 * Return: true if the allocation named to manx_fail_at() or manx_kill_at() was
 * made, and failed or brought the signal.
 */
bool manx_fail_end(void);

#endif /* _MANX_FAIL_H */
