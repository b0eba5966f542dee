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
 * @events, @flows: ids of its multicast groups, 0 if it has none
 * @known: the module's state, as it was read and changed through this
 *	connection; empty if it is not known
 */
struct manx_dp {
	struct manx_nl *nl;
	uint16_t family;
	uint32_t events, flows;
	struct manx_dp_state known;
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
/* SET_NEW, MEMBER_ADD, MEMBER_DEL */
int manx_dp_put_members(struct manx_dp *dp, uint8_t cmd, const char *name,
			const struct manx_dp_prefixes *members, struct manx_error *err);
int manx_dp_put_table(struct manx_dp *dp, const struct manx_dp_table *t, struct manx_error *err);
int manx_dp_put_endpoint(struct manx_dp *dp, const struct manx_dp_endpoint *e,
			 struct manx_error *err);
int manx_dp_put_peer(struct manx_dp *dp, uint8_t cmd, const struct manx_addr *peer,
		     struct manx_error *err);
int manx_dp_put_config(struct manx_dp *dp, const struct manx_dp_config *config,
		       struct manx_error *err);
/* SET_DEL, TABLE_DEL; both have their name as attribute 1. ENDPOINT_DEL. */
int manx_dp_del_name(struct manx_dp *dp, uint8_t cmd, const char *name, struct manx_error *err);
int manx_dp_del_endpoint(struct manx_dp *dp, uint32_t id, struct manx_error *err);

/* dp_read.c: one NODE_GET; -ESTALE if the state is of another generation by now */
int manx_dp_check_generation(struct manx_dp *dp, uint32_t generation, struct manx_error *err);

/**
 * struct manx_dp_option_info - one of the options
 * @name: for people
 * @object, @key: JSON: member of node that holds @key, NULL if node does
 * @attr: MANX_A_NODE_*, for MANX_DP_SECONDS MANX_A_TIMEOUTS_*
 * @min, @max: what can be said
 * @standard: what the module begins with
 */
struct manx_dp_option_info {
	const char *name;
	const char *object, *key;
	uint16_t attr;
	enum manx_dp_option_type {
		MANX_DP_COUNT,
		MANX_DP_SECONDS,	/* the same; a timeout */
		MANX_DP_OCTETS,		/* 64 bits on the wire, the others have 32 */
		MANX_DP_SWITCH,		/* 0 or 1 */
		MANX_DP_ACTION,		/* MANX_ACTION_ALLOW or _DENY */
		MANX_DP_FASTNESS,	/* MANX_FAST_* */
		MANX_DP_MASK,
	} type;
	uint64_t min, max, standard;
};
extern const struct manx_dp_option_info manx_dp_options[MANX_DP_OPTIONS];

bool manx_dp_config_has(const struct manx_dp_config *config, enum manx_dp_option option);
void manx_dp_config_put(struct manx_dp_config *config, enum manx_dp_option option,
			uint64_t value);
/* See manx_dp_config_set(); -EINVAL does not name the option. */
int manx_dp_option_parse(enum manx_dp_option option, const char *text, uint64_t *value,
			 struct manx_error *err);
/* What @want gives and @have has not. */
struct manx_dp_config manx_dp_config_diff(const struct manx_dp_config *have,
					  const struct manx_dp_config *want);
/* What @over gives goes before what @config has. */
void manx_dp_config_merge(struct manx_dp_config *config, const struct manx_dp_config *over);
/* Attributes of NODE_SET; all of them fit into a request. */
void manx_dp_config_write(struct nlmsghdr *nlh, const struct manx_dp_config *config);
/* An attribute of NODE_GET; passes over what is no option. -EBADMSG */
int manx_dp_config_read(const struct nlattr *attr, struct manx_dp_config *config,
			struct manx_error *err);

/**
 * struct manx_dp_change - one difference between two states
 * @cmd: what makes it go away; MANX_CMD_SET_NEW to _PEER_DEL
 * @object: what is deleted, of the one state, or what shall be there, of the
 *	other; borrowed
 * @members: of MEMBER_ADD and MEMBER_DEL; owned
 */
struct manx_dp_change {
	uint8_t cmd;
	const void *object;
	struct manx_dp_prefixes members;
};

/**
 * struct manx_dp_diff - all differences
 * @config: options that differ
 */
struct manx_dp_diff {
	struct manx_dp_config config;
	struct manx_dp_change *change;
	size_t n;
};

/*
 * What must change to make @have equal @want; both sorted (manx_dp_state_sort())
 * and alive until manx_dp_diff_clear(). -EINVAL if @want has an object twice,
 * -ENOMEM; *d is then empty.
 */
int manx_dp_diff(const struct manx_dp_state *have, const struct manx_dp_state *want,
		 struct manx_dp_diff *d, struct manx_error *err);
void manx_dp_diff_clear(struct manx_dp_diff *d);
/* Objects, and one if options differ. */
size_t manx_dp_diff_count(const struct manx_dp_diff *d);
/* Put the object before the words of @err; returns its code. */
int manx_dp_change_blame(const struct manx_dp_change *change, struct manx_error *err);

/* dp_read.c: take over one message of a dump; for tests. */
int manx_dp_on_node(const struct nlmsghdr *nlh, void *node, struct manx_error *err);
int manx_dp_on_table(const struct nlmsghdr *nlh, void *state, struct manx_error *err);
int manx_dp_on_endpoint(const struct nlmsghdr *nlh, void *state, struct manx_error *err);
/* dp_event.c: hand one message to a struct manx_dp_listener */
int manx_dp_on_event(const struct nlmsghdr *nlh, void *listener, struct manx_error *err);
/* dp_flow.c: one message of a dump or event; attributes of a filter */
int manx_dp_flow_parse(const struct nlmsghdr *nlh, struct manx_dp_flow *flow,
		       struct manx_error *err);
void manx_dp_flow_filter_write(struct nlmsghdr *nlh, const struct manx_dp_flow_filter *filter);

/**
 * struct manx_dp_words - names of an enumeration that begins at 0
 */
struct manx_dp_words {
	const char *const *word;
	uint32_t n;
};
extern const struct manx_dp_words manx_dp_actions, manx_dp_directions, manx_dp_flags,
	manx_dp_flow_states, manx_dp_ways;

/* Number of @word; -EINVAL, naming all words of the list, if it is none of them. */
int manx_dp_word(const struct manx_dp_words *words, const char *word, struct manx_error *err);
/* Protocol number of a name or decimal number, -1 if it is neither. */
int manx_dp_protocol(const char *word);

#endif /* MANX_DP_IMPL_H */
