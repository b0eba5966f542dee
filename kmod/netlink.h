/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family: what its files share.
 */
#ifndef _MANX_NETLINK_H
#define _MANX_NETLINK_H

#include <net/genetlink.h>

#include "engine/hamt.h"
#include "netlink-gen.h"
#include "nets.h"
#include "ruleset.h"

struct manx_ns;
struct manx_txn;

extern struct genl_family manx_nl_family;

/**
 * struct manx_nl_cursor - where a dump goes on, in netlink_callback.ctx
 * @index: least number that the next object may have
 * @part: next rule of a table
 * @member: next member of a set
 */
struct manx_nl_cursor {
	u32 index;
	u32 part;
	struct manx_hamt_cursor member;
};

static inline struct manx_nl_cursor *manx_nl_cursor(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct manx_nl_cursor) > sizeof(cb->ctx));
	return (struct manx_nl_cursor *)cb->ctx;
}

/**
 * manx_nl_refuse() - say why a request is refused, where the words vary
 * @extack: of the request
 * @attr: the offending attribute, or NULL
 * @err: negative errno
 * @text: words; must live as long as the module
 *
 * Return: @err.
 */
static inline int manx_nl_refuse(struct netlink_ext_ack *extack, const struct nlattr *attr,
				 int err, const char *text)
{
	if (extack) {
		extack->_msg = text;
		extack->bad_attr = attr;
	}
	return err;
}

/**
 * manx_nl_missing() - refuse a request without a mandatory attribute
 * @info: request
 * @attr: attribute number
 * @text: words
 *
 * Return: true if it is missing; the answer says so.
 */
bool manx_nl_missing(struct genl_info *info, int attr, const char *text);

/**
 * manx_nl_edit() - begin a request that changes the ruleset
 * @info: request
 * @ns: set to the namespace, whose lock is held until manx_nl_done()
 *
 * Return: the transaction that it is part of, or an ERR_PTR, then no lock is
 * held: also -EINTR if the caller is being killed while it waits.
 */
struct manx_txn *manx_nl_edit(struct genl_info *info, struct manx_ns **ns);

/**
 * manx_nl_done() - end a request that manx_nl_edit() began
 * @info: request
 * @ns: namespace, unlocked
 * @err: how it went; -ENOMEM and -ENOSPC get their words here
 *
 * Waits for a grace period, without the lock, if the request asks for it.
 *
 * Return: what the handler returns.
 */
int manx_nl_done(struct genl_info *info, struct manx_ns *ns, int err);

/**
 * manx_nl_prefix() - one prefix
 * @attr: attribute
 * @p: where to
 * @extack: gets the reason of a refusal and the attribute
 */
int manx_nl_prefix(const struct nlattr *attr, struct manx_prefix *p,
		   struct netlink_ext_ack *extack);

/**
 * manx_nl_prefixes() - the prefixes among a message's attributes
 * @head: first attribute
 * @len: length of all attributes
 * @type: which attribute
 * @hosts: only whole addresses are allowed
 * @out: set to an ascending array, to be kvfree()d; NULL for none
 * @n: set to their number
 * @extack: gets the reason of a refusal and the attribute
 */
int manx_nl_prefixes(const struct nlattr *head, int len, int type, bool hosts,
		     struct manx_prefix **out, u32 *n, struct netlink_ext_ack *extack);

/**
 * manx_nl_names() - the names among a message's attributes
 * @ns: namespace, lock held
 * @tables: names of tables, else of sets
 * @head: first attribute
 * @len: length of all attributes
 * @type: which attribute
 * @out: set to an array of counted names, to be kvfree()d; NULL for none
 * @n: set to their number, also on failure
 * @extack: gets the reason of a refusal and the attribute
 */
int manx_nl_names(struct manx_ns *ns, bool tables, const struct nlattr *head, int len, int type,
		  struct manx_name ***out, u32 *n, struct netlink_ext_ack *extack);

/* Put prefixes, one attribute each. -EMSGSIZE. */
int manx_nl_put_prefixes(struct sk_buff *msg, int type, const struct manx_prefix *p, u32 n);
/* Put names, one attribute each. -EMSGSIZE. */
int manx_nl_put_names(struct sk_buff *msg, int type, struct manx_name *const *name, u32 n);
/* Put drop counters above zero, one nest each. -EMSGSIZE. */
int manx_nl_put_drops(struct sk_buff *msg, int type, const atomic64_t *drops);

/**
 * manx_nl_is_full_size() - has a message of a dump room for every object
 * @msg: of the dump
 *
 * Return: false for the first one, which the core makes as small as a page.
 */
static inline bool manx_nl_is_full_size(const struct sk_buff *msg)
{
	return skb_end_offset(msg) >= 2 * MANX_MAX_RULE_SIZE;
}

/**
 * typedef manx_nl_fill_t - writes an object into a message
 * @msg: message
 * @rs: ruleset that holds the object
 * @object: what
 * @cursor: where its parts go on, moved on as far as there was room; NULL for
 *	the object without parts
 *
 * Context: RCU read lock held.
 * Return: 0 if nothing is left of the object, 1 if something is, -EMSGSIZE.
 */
typedef int (*manx_nl_fill_t)(struct sk_buff *msg, const struct manx_ruleset *rs,
			      const void *object, struct manx_nl_cursor *cursor);

/**
 * manx_nl_reply() - answer a request with one object
 * @info: request
 * @find: looks for the object, or says why not and returns an ERR_PTR; under RCU
 * @fill: writes the object
 */
int manx_nl_reply(struct genl_info *info,
		  const void *(*find)(const struct manx_ruleset *rs, struct genl_info *info),
		  manx_nl_fill_t fill);

/**
 * manx_nl_dump_header() - begin a message of a dump
 * @skb: of the dump
 * @cb: of the dump
 * @cmd: MANX_CMD_*
 * @rs: what is dumped; a change of its generation marks the dump inconsistent
 *
 * Return: NULL if there is no room.
 */
void *manx_nl_dump_header(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
			  const struct manx_ruleset *rs);

/**
 * struct manx_nl_dump - how one kind of object is dumped
 * @cmd: MANX_CMD_*
 * @map: offset of its map in &struct manx_ruleset
 * @name: of an object; NULL if requests cannot ask for one by its name
 * @fill: writes it
 */
struct manx_nl_dump {
	u8 cmd;
	size_t map;
	const struct manx_name *(*name)(const void *object);
	manx_nl_fill_t fill;
};

/**
 * manx_nl_dump() - dump objects, one message each or more
 * @skb: of the dump
 * @cb: of the dump; if objects have names its attribute 1, a name, selects one
 * @dump: what
 */
int manx_nl_dump(struct sk_buff *skb, struct netlink_callback *cb,
		 const struct manx_nl_dump *dump);

/* --- events --- */

/* Does anybody listen to the group "events"? */
static inline bool manx_nl_has_listeners(struct net *net)
{
	return genl_has_listeners(&manx_nl_family, net, MANX_NLGRP_EVENTS);
}

/* An EVENT_NTF; *hdr for manx_nl_event_send(). NULL without memory. */
struct sk_buff *manx_nl_event_new(void **hdr);
/* To a group, MANX_NLGRP_*. Consumes @msg. */
void manx_nl_event_send(struct net *net, unsigned int group, struct sk_buff *msg, void *hdr);

int manx_nl_init(void);
void manx_nl_exit(void);

#endif /* _MANX_NETLINK_H */
