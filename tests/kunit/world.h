/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small world for the engine's suites: sets, one table, addresses in
 * versions, the oracle beside them, and random ones of all of these.
 */
#ifndef _MANX_WORLD_H
#define _MANX_WORLD_H

#include <kunit/test.h>
#include <linux/prandom.h>

#include "kmod/engine/address.h"
#include "kmod/engine/compile.h"
#include "kmod/engine/lookup.h"
#include "oracle.h"

#define WORLD_SETS 64

/**
 * struct world - the state of a test
 * @test: test
 * @rnd: random numbers, the same in every run
 * @c: classes
 * @now: published addresses
 * @next: version that is made
 * @e: edit that makes it
 * @o: members of the published version
 * @o_next: of the version that is made
 * @name: names of sets; their ids are not in sequence
 * @table: the table; its rules belong to the world
 */
struct world {
	struct kunit *test;
	struct rnd_state rnd;
	struct manx_classes c;
	struct manx_addresses now;
	struct manx_addresses next;
	struct manx_edit e;
	struct oracle *o;
	struct oracle *o_next;
	struct manx_name *name[WORLD_SETS];
	struct manx_table table;
};

/* how often, in 256, a random rule has a condition */
struct world_shape {
	u32 n_sets;	/* in use */
	u8 sets;
	u8 nets;
	u8 ports;
	u8 protocol;
	u8 not;
	u8 log;
	u8 version;
};

struct world *world_new(struct kunit *test, u64 seed);
void world_free(struct world *w);

/* below @n */
u32 world_below(struct world *w, u32 n);

/* Replaces the rules of the table, which is not compiled. */
void world_rules(struct world *w, u32 n, const struct world_shape *shape);

struct manx_prefix world_prefix(struct world *w);
struct manx_packet world_packet(struct world *w);

/* Begins a version. */
void world_begin(struct world *w);
/* Adds or removes a member in it, in the oracle too only if that succeeded. */
int world_change(struct world *w, u32 set, const struct manx_prefix *p, bool add);
/* Changes @n members at random. */
int world_churn(struct world *w, u32 n, u32 n_sets);
/* Publishes it; what manx_tables_refresh() returned. */
int world_commit(struct world *w);
void world_abort(struct world *w);
/* Lets the worker finish. */
void world_settle(struct world *w);

/* Compares @n random packets, and the rules "log" that they pass, with the oracle. */
void world_check(struct world *w, u32 n, const char *when);

#endif /* _MANX_WORLD_H */
