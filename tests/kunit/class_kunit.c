// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classes: interning, references of transactions that are committed or aborted,
 * the limit on their number.
 */
#include <kunit/test.h>

#include "kmod/engine/class.h"

static struct manx_classes *classes_new(struct kunit *test)
{
	struct manx_classes *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	manx_classes_init(c);
	return c;
}

/* The class of some sets, held as a host class. */
static u32 hold(struct kunit *test, struct manx_classes *c, const u32 *set, u32 n)
{
	int class = 0, next;
	u32 i;

	for (i = 0; i < n; i++) {
		next = manx_class_with(c, class, set[i]);
		KUNIT_ASSERT_GT(test, next, 0);
		manx_class_hold(c, MANX_CLASS_HOST, next);
		KUNIT_ASSERT_EQ(test, manx_class_drop(c, MANX_CLASS_HOST, class), 0);
		class = next;
	}
	return class;
}

static void commit(struct manx_classes *c)
{
	manx_classes_released_free(c, manx_classes_commit(c));
}

static void class_intern(struct kunit *test)
{
	static const u32 abc[] = { 3, 70000, 5 }, cba[] = { 5, 3, 70000 }, ab[] = { 3, 70000 };
	struct manx_classes *c = classes_new(test);
	const struct manx_class *class;
	u32 x = hold(test, c, abc, 3), y = hold(test, c, cba, 3), z = hold(test, c, ab, 2), i;

	KUNIT_EXPECT_EQ(test, x, y);
	KUNIT_EXPECT_NE(test, x, z);
	/* what was on the way is gone */
	KUNIT_EXPECT_EQ(test, c->n, 2);
	class = manx_class_find(c, x);
	KUNIT_ASSERT_EQ(test, class->n, 3);
	for (i = 1; i < class->n; i++)
		KUNIT_EXPECT_LT(test, class->member[i - 1].set, class->member[i].set);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, manx_class_has(class, abc[i]));
	KUNIT_EXPECT_FALSE(test, manx_class_has(class, 4));
	KUNIT_EXPECT_EQ(test, manx_class_with(c, x, 70000), x);
	KUNIT_EXPECT_EQ(test, manx_class_without(c, x, 4), x);
	KUNIT_EXPECT_EQ(test, manx_class_without(c, x, 5), z);
	KUNIT_EXPECT_EQ(test, manx_class_union(c, x, z), x);
	KUNIT_EXPECT_EQ(test, manx_class_union(c, 0, z), z);
	manx_classes_exit(c);
}

static void class_commit(struct kunit *test)
{
	static const u32 a[] = { 1 }, b[] = { 2 };
	struct manx_classes *c = classes_new(test);
	struct manx_released *released;
	u32 x = hold(test, c, a, 1), y;

	commit(c);
	/* the entry changes: readers of the old version still follow x */
	y = hold(test, c, b, 1);
	KUNIT_ASSERT_EQ(test, manx_class_drop(c, MANX_CLASS_HOST, x), 0);
	released = manx_classes_commit(c);
	KUNIT_EXPECT_NOT_NULL(test, manx_class_find(c, x));
	manx_classes_released_free(c, released);
	KUNIT_EXPECT_NULL(test, manx_class_find(c, x));
	KUNIT_EXPECT_NOT_NULL(test, manx_class_find(c, y));
	/* gone and come back in one transaction */
	KUNIT_ASSERT_EQ(test, manx_class_drop(c, MANX_CLASS_HOST, y), 0);
	manx_class_hold(c, MANX_CLASS_HOST, y);
	commit(c);
	KUNIT_EXPECT_NOT_NULL(test, manx_class_find(c, y));
	KUNIT_ASSERT_EQ(test, manx_class_drop(c, MANX_CLASS_HOST, y), 0);
	commit(c);
	KUNIT_EXPECT_EQ(test, c->n, 0);
	manx_classes_exit(c);
}

static void class_abort(struct kunit *test)
{
	static const u32 a[] = { 1 }, abc[] = { 1, 2, 3 };
	struct manx_classes *c = classes_new(test);
	u32 x = hold(test, c, a, 1), n;

	commit(c);
	n = c->n;
	hold(test, c, abc, 3);
	manx_class_hold(c, MANX_CLASS_NET, x);
	KUNIT_ASSERT_EQ(test, manx_class_drop(c, MANX_CLASS_HOST, x), 0);
	manx_classes_abort(c);
	KUNIT_EXPECT_EQ(test, c->n, n);
	KUNIT_EXPECT_EQ(test, manx_class_find(c, x)->refs[MANX_CLASS_HOST], 1);
	KUNIT_EXPECT_EQ(test, manx_class_find(c, x)->refs[MANX_CLASS_NET], 0);
	manx_classes_exit(c);
}

/* All numbers in use, and one free again. */
static void class_limit(struct kunit *test)
{
	struct manx_classes *c = classes_new(test);
	u32 i;
	int class = 0;

	for (i = 0; i < MANX_MAX_CLASSES; i++) {
		class = manx_class_with(c, 0, i);
		KUNIT_ASSERT_GT(test, class, 0);
		manx_class_hold(c, MANX_CLASS_HOST, class);
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, manx_class_with(c, 0, i), -ENOSPC);
	KUNIT_EXPECT_EQ(test, manx_class_drop(c, MANX_CLASS_HOST, class), 0);
	KUNIT_EXPECT_EQ(test, manx_class_with(c, 0, i), class);
	manx_class_hold(c, MANX_CLASS_HOST, class);
	manx_classes_abort(c);
	KUNIT_EXPECT_EQ(test, c->n, 0);
	c->max = 2;
	for (i = 0; i < 2; i++)
		manx_class_hold(c, MANX_CLASS_HOST, manx_class_with(c, 0, i));
	KUNIT_EXPECT_EQ(test, manx_class_with(c, 0, i), -ENOSPC);
	manx_classes_exit(c);
}

static struct kunit_case class_cases[] = {
	KUNIT_CASE(class_intern),
	KUNIT_CASE(class_commit),
	KUNIT_CASE(class_abort),
	KUNIT_CASE(class_limit),
	{}
};

static struct kunit_suite class_suite = {
	.name = "manx_class",
	.test_cases = class_cases,
};
kunit_test_suite(class_suite);
