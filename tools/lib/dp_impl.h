/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the dataplane client: what dp_*.c share and nobody else includes.
 */
#ifndef MANX_DP_IMPL_H
#define MANX_DP_IMPL_H

#include "dp.h"
#include "grow.h"
#include "netlink.h"

/**
 * struct manx_dp - a connection to the module
 * @nl: socket in the namespace whose state it is
 * @family: id of the family "manx"
 * @events: id of its multicast group
 */
struct manx_dp {
	struct manx_nl *nl;
	uint16_t family;
	uint32_t events;
};

/* Find the family's id, which changes when the module is loaded anew. -ENOENT. */
int manx_dp_resolve(struct manx_dp *dp, struct manx_error *err);
struct nlmsghdr *manx_dp_request(struct manx_dp *dp, uint8_t cmd, uint16_t flags);
/* -EPERM, with the remedy */
int manx_dp_no_permission(struct manx_error *err);

/* dp_state.c: lifetime and order */
void manx_dp_rule_init(struct manx_dp_rule *r);	/* a rule that matches everything */
void manx_dp_rule_clear(struct manx_dp_rule *r);
void manx_dp_endpoint_clear(struct manx_dp_endpoint *e);
/* Orders of the arrays of a state, for qsort() */
int manx_dp_set_cmp(const void *a, const void *b);
int manx_dp_table_cmp(const void *a, const void *b);
int manx_dp_endpoint_cmp(const void *a, const void *b);
int manx_dp_peer_cmp(const void *a, const void *b);
/* Sort all arrays of a state, members too, and drop members that repeat. */
void manx_dp_state_sort(struct manx_dp_state *st);
void manx_dp_prefixes_sort(struct manx_dp_prefixes *p);
bool manx_dp_prefixes_equal(const struct manx_dp_prefixes *a, const struct manx_dp_prefixes *b);
/* The same in any order, however often each is there; false without memory. */
bool manx_dp_prefixes_same(const struct manx_dp_prefixes *a, const struct manx_dp_prefixes *b);
bool manx_dp_names_equal(const struct manx_dp_names *a, const struct manx_dp_names *b);
bool manx_dp_rule_equal(const struct manx_dp_rule *a, const struct manx_dp_rule *b);

/* Append; false without memory. @s is copied, of @len octets. */
bool manx_dp_prefixes_add(struct manx_dp_prefixes *p, const struct manx_prefix *prefix);
bool manx_dp_names_add(struct manx_dp_names *names, const char *s, size_t len);
bool manx_dp_ranges_add(struct manx_dp_ranges *r, uint16_t first, uint16_t last);

/**
 * struct manx_dp_field - a match of a rule
 * @attr: MANX_A_RULE_*
 * @type: what stands at @offset of struct manx_dp_rule
 * @object: JSON: member of the rule that holds @key, NULL if the rule does
 * @key: JSON
 *
 * One table for all that is done to every match alike: send, receive, compare,
 * free, print, parse.
 */
struct manx_dp_field {
	uint16_t attr;
	enum manx_dp_field_type {
		MANX_DP_NETS,		/* struct manx_dp_prefixes */
		MANX_DP_SETS,		/* struct manx_dp_names */
		MANX_DP_PORTS,		/* struct manx_dp_ranges */
		MANX_DP_PROTOCOL,	/* int, -1: absent */
		MANX_DP_NUMBER,		/* the same */
	} type;
	uint16_t offset;
	const char *object, *key;
};
#define MANX_DP_FIELDS 18
extern const struct manx_dp_field manx_dp_fields[MANX_DP_FIELDS];

/* Where match @f of @r is. */
void *manx_dp_field(struct manx_dp_rule *r, const struct manx_dp_field *f);
const void *manx_dp_field_const(const struct manx_dp_rule *r, const struct manx_dp_field *f);

/* dp_rule.c: rules on the wire. Nested attribute of type @type; false if it did not fit. */
bool manx_dp_rule_put(struct nlmsghdr *nlh, uint16_t type, const struct manx_dp_rule *r);
int manx_dp_rule_parse(const struct nlattr *nest, struct manx_dp_rule *r,
		       struct manx_error *err);
/* One attribute each; false if they did not fit. */
bool manx_dp_prefix_put(struct nlmsghdr *nlh, uint16_t type, const struct manx_prefix *p);
bool manx_dp_prefixes_put(struct nlmsghdr *nlh, uint16_t type, const struct manx_dp_prefixes *p);
bool manx_dp_names_put(struct nlmsghdr *nlh, uint16_t type, const struct manx_dp_names *names);
/* -EBADMSG, -ENOMEM */
int manx_dp_prefix_parse(const struct nlattr *attr, struct manx_dp_prefixes *p,
			 struct manx_error *err);
int manx_dp_name_parse(const struct nlattr *attr, struct manx_dp_names *names,
		       struct manx_error *err);
int manx_dp_u32_parse(const struct nlattr *attr, uint32_t *out, struct manx_error *err);
int manx_dp_u64_parse(const struct nlattr *attr, uint64_t *out, struct manx_error *err);
/* The module sent what this program does not understand; returns -EBADMSG. */
int manx_dp_bad_answer(const struct nlattr *attr, struct manx_error *err);

/* dp_put.c: changes, each one request or, where it is large, several */
int manx_dp_put_set(struct manx_dp *dp, const char *name, const struct manx_dp_prefixes *members,
		    struct manx_error *err);
int manx_dp_put_members(struct manx_dp *dp, uint8_t cmd, const char *name,
			const struct manx_dp_prefixes *members, struct manx_error *err);
int manx_dp_put_table(struct manx_dp *dp, const struct manx_dp_table *t, struct manx_error *err);
int manx_dp_put_endpoint(struct manx_dp *dp, const struct manx_dp_endpoint *e,
			 struct manx_error *err);
int manx_dp_put_peer(struct manx_dp *dp, uint8_t cmd, const struct manx_addr *peer,
		     struct manx_error *err);
int manx_dp_put_node(struct manx_dp *dp, const struct manx_dp_node *node, struct manx_error *err);
/* SET_DEL, TABLE_DEL; both have their name as attribute 1. ENDPOINT_DEL. */
int manx_dp_del_name(struct manx_dp *dp, uint8_t cmd, const char *name, struct manx_error *err);
int manx_dp_del_endpoint(struct manx_dp *dp, uint32_t id, struct manx_error *err);

/**
 * struct manx_dp_words - names of an enumeration that begins at 0
 */
struct manx_dp_words {
	const char *const *word;
	uint32_t n;
};
extern const struct manx_dp_words manx_dp_actions, manx_dp_directions, manx_dp_flags;

/* Number of @word; -EINVAL, naming all words of the list, if it is none of them. */
int manx_dp_word(const struct manx_dp_words *words, const char *word, struct manx_error *err);
/* Protocol number of a name or decimal number, -1 if it is neither. */
int manx_dp_protocol(const char *word);

#endif /* MANX_DP_IMPL_H */
