/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oracle: what a table means, written down as plainly as possible.
 */
#ifndef _MANX_ORACLE_H
#define _MANX_ORACLE_H

#include "kmod/ruleset.h"

/* most members that an oracle knows of */
#define ORACLE_MEMBERS 4096

/**
 * struct oracle - members of sets
 * @n: number of @member
 * @member: which prefix is in which set, in any order
 */
struct oracle {
	u32 n;
	struct {
		u32 set;
		struct manx_prefix p;
	} member[ORACLE_MEMBERS];
};

/**
 * oracle_matches() - do all conditions of a rule hold
 * @o: members
 * @rule: rule
 * @p: packet
 */
bool oracle_matches(const struct oracle *o, const struct manx_rule *rule,
		    const struct manx_packet *p);

/**
 * oracle_find() - the deciding rule
 * @o: members
 * @table: its rules alone are read
 * @p: packet
 * @log: if not NULL, set to how many rules "log" match before it
 *
 * Return: index of the first rule that matches and is not "log", the number of
 * rules if there is none.
 */
u32 oracle_find(const struct oracle *o, const struct manx_table *table,
		const struct manx_packet *p, u32 *log);

#endif /* _MANX_ORACLE_H */
