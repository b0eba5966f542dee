// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps from numbers to objects: against an xarray, in versions, and without memory.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/xarray.h>

#include "fail.h"
#include "kmod/map.h"

/* A map and what it should hold. */
struct map_pair {
	struct kunit *test;
	struct rnd_state dice;
	struct manx_map map;
	struct manx_edit edit;
	struct xarray model;
	u32 n;
};

static u32 map_below(struct map_pair *p, u32 n)
{
	return prandom_u32_state(&p->dice) % n;
}

/* Numbers that crowd, numbers far apart, and the least and the greatest. */
static u32 map_key(struct map_pair *p)
{
	switch (map_below(p, 4)) {
	case 0:
		return map_below(p, 40);
	case 1:
		return 0x0a000000 + map_below(p, 300);
	case 2:
		return map_below(p, 2) ? 0 : U32_MAX - 1;
	default:
		return map_below(p, 60) * 0x01234567 % U32_MAX;
	}
}

static void map_change(struct map_pair *p)
{
	u32 key = map_key(p);
	void *had = xa_load(&p->model, key);

	if (had && map_below(p, 2)) {
		KUNIT_ASSERT_EQ(p->test, manx_map_del(&p->map, &p->edit, key), 0);
		xa_erase(&p->model, key);
		p->n--;
	} else {
		void *object = xa_mk_value(map_below(p, 1000));

		KUNIT_ASSERT_EQ(p->test, manx_map_set(&p->map, &p->edit, key, object), 0);
		xa_store(&p->model, key, object, GFP_KERNEL);
		p->n += !had;
	}
}

/* The map holds exactly what the model does. */
static void map_compare(struct map_pair *p, const struct manx_map *map)
{
	unsigned long index;
	u32 key, n = 0;
	void *object;

	xa_for_each(&p->model, index, object)
		KUNIT_ASSERT_PTR_EQ_MSG(p->test, manx_map_get(map, index), object, "%lx", index);
	manx_map_for_each(map, key, object) {
		KUNIT_ASSERT_PTR_EQ_MSG(p->test, xa_load(&p->model, key), object, "%x", key);
		n++;
	}
	KUNIT_EXPECT_EQ(p->test, n, p->n);
	KUNIT_EXPECT_EQ(p->test, map->n, p->n);
}

static void map_start(struct map_pair *p, struct kunit *test)
{
	p->test = test;
	prandom_seed_state(&p->dice, 20011121);
	xa_init(&p->model);
	p->edit.id = 1;
}

static void map_end(struct map_pair *p)
{
	manx_map_free(&p->map);
	xa_destroy(&p->model);
}

static void map_commit(struct map_pair *p)
{
	manx_nodes_free(p->edit.dead);
	p->edit = (struct manx_edit){ .id = p->edit.id + 1 };
}

static void map_against_model(struct kunit *test)
{
	struct map_pair p = {};
	u32 i, j;

	map_start(&p, test);
	for (i = 0; i < 600; i++) {
		for (j = map_below(&p, 20); j; j--)
			map_change(&p);
		map_compare(&p, &p.map);
		map_commit(&p);
	}
	KUNIT_EXPECT_NULL(test, manx_map_get(&p.map, 0x7fffffff));
	map_end(&p);
}

static void map_old_version_stays(struct kunit *test)
{
	struct map_pair p = {};
	struct manx_map old;
	struct xarray model;
	u32 i, n;

	map_start(&p, test);
	for (i = 0; i < 200; i++)
		map_change(&p);
	map_commit(&p);
	old = p.map;
	model = p.model;
	n = p.n;
	/* what the edit makes is compared with a model of its own */
	xa_init(&p.model);
	for (i = 0; i < 300; i++) {
		u32 key = map_key(&p);

		if (manx_map_get(&p.map, key) && i % 2)
			KUNIT_ASSERT_EQ(test, manx_map_del(&p.map, &p.edit, key), 0);
		else
			KUNIT_ASSERT_EQ(test, manx_map_set(&p.map, &p.edit, key, &p), 0);
	}
	p.model = model;
	p.n = n;
	map_compare(&p, &old);
	manx_map_abort(&p.map, &p.edit);
	KUNIT_EXPECT_NULL(test, p.map.root);
	map_compare(&p, &old);
	p.map = old;
	map_end(&p);
}

/* What lies together is near the root, wherever that is; others join it from both sides. */
static void map_far_from_zero(struct kunit *test)
{
	static const u32 keys[] = { 0x0a010012, 0x0a010017, 0x0a01003f, 0x0a0100f0, 0x09ffffff,
				    0x0a020000, 0xfffffffe, 0 };
	struct map_pair p = {};
	u32 i;

	map_start(&p, test);
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		KUNIT_EXPECT_NULL(test, manx_map_get(&p.map, keys[i]));
		KUNIT_ASSERT_EQ(test, manx_map_set(&p.map, &p.edit, keys[i], &p), 0);
		xa_store(&p.model, keys[i], &p, GFP_KERNEL);
		p.n++;
		if (keys[i] == 0x0a0100f0)
			KUNIT_EXPECT_EQ(test, p.map.shift, MANX_MAP_BITS);
		map_commit(&p);
		map_compare(&p, &p.map);
	}
	/* as an empty one it begins anew */
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		KUNIT_ASSERT_EQ(test, manx_map_del(&p.map, &p.edit, keys[i]), 0);
		xa_erase(&p.model, keys[i]);
		p.n--;
		map_commit(&p);
		map_compare(&p, &p.map);
	}
	KUNIT_EXPECT_NULL(test, p.map.root);
	KUNIT_ASSERT_EQ(test, manx_map_set(&p.map, &p.edit, 7, &p), 0);
	KUNIT_EXPECT_EQ(test, p.map.shift, 0);
	map_end(&p);
}

static void map_no_memory(struct kunit *test)
{
	static const u32 keys[] = { 0, 15, 16, 0x1000, 0xfffffffe, 0x1001 };
	struct map_pair p = {};
	u32 i, n;
	int err;

	map_start(&p, test);
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		for (n = 1; ; n++) {
			manx_fail_at(n);
			err = manx_map_set(&p.map, &p.edit, keys[i], &p);
			if (!manx_fail_end())
				break;
			KUNIT_ASSERT_EQ(test, err, -ENOMEM);
			map_compare(&p, &p.map);
		}
		KUNIT_ASSERT_EQ(test, err, 0);
		xa_store(&p.model, keys[i], &p, GFP_KERNEL);
		p.n++;
		map_commit(&p);
		map_compare(&p, &p.map);
	}
	for (n = 1; ; n++) {
		manx_fail_at(n);
		err = manx_map_del(&p.map, &p.edit, 0x1000);
		if (!manx_fail_end())
			break;
		KUNIT_ASSERT_EQ(test, err, -ENOMEM);
		map_compare(&p, &p.map);
	}
	xa_erase(&p.model, 0x1000);
	p.n--;
	map_compare(&p, &p.map);
	map_commit(&p);
	map_end(&p);
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE(map_against_model),
	KUNIT_CASE(map_old_version_stays),
	KUNIT_CASE(map_far_from_zero),
	KUNIT_CASE(map_no_memory),
	{}
};

static struct kunit_suite map_suite = {
	.name = "manx_map",
	.test_cases = map_cases,
};
kunit_test_suite(map_suite);
