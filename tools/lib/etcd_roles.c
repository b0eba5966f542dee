// SPDX-License-Identifier: GPL-2.0-only
/*
 * Roles for etcd: who writes which keys of store.h.
 *
 * etcd holds each operation of a transaction, of either branch, against the role, so
 * a role without a key that a transaction might write refuses all of it. That is why
 * a node may write indexes of others: who takes over an empty block deletes the index
 * of the node that had it.
 */
#include "etcd_roles.h"

#include <stdbool.h>
#include <stddef.h>

#include "etcd_kv.h"

#define NODE "manx-node"

/**
 * struct permission - what a role may write
 * @key: below MANX_ETCD_PREFIX; of a node's own role the node's name follows
 * @own: which it does
 * @one: it is one key there, and not what all keys begin with
 */
static const struct permission {
	const char *key;
	bool own, one;
} of_node[] = {
	{ "a/", false, false }, { "b/", false, false }, { "e/", true, false },
	{ "h/", false, false }, { "i/", false, false }, { "l/", false, false },
	{ "m/compactor", false, true }, { "n/", true, true }, { "r/nodes/", true, true },
	{ "x/", false, false },
};

static void grant(FILE *f, const char *role, const char *what, const char *key, bool one)
{
	fprintf(f, "etcdctl role grant-permission %s %s%s " MANX_ETCD_PREFIX "%s\n", role, what,
		one ? "" : " --prefix=true", key);
}

static void put_node(FILE *f, const char *node)
{
	char role[300], key[300];

	snprintf(role, sizeof(role), NODE "%s%s", node ? "-" : "", node ? node : "");
	fprintf(f, "\n# manxd%s%s: reads all, writes endpoints and addresses\netcdctl role add %s\n",
		node ? " of node " : " of every node", node ? node : "", role);
	grant(f, role, "read", "", false);
	for (size_t i = 0; i < sizeof(of_node) / sizeof(of_node[0]); i++) {
		const struct permission *p = &of_node[i];
		bool own = p->own && node;

		snprintf(key, sizeof(key), "%s%s%s", p->key, own ? node : "",
			 own && !p->one ? "/" : "");
		grant(f, role, "write", key, p->one && (own || !p->own));
	}
}

void manx_etcd_roles(FILE *f, const char *node)
{
	fputs("# Run this as a user of etcd with the role root. A user is the name in a certificate\n"
	      "# (etcdctl user add NAME --no-password), or has a password (etcdctl user add NAME);\n"
	      "# it gets its role by: etcdctl user grant-role NAME ROLE\n"
	      "# The first who uses an empty etcd must be one with the role manx-operator.\n"
	      "# The CNI plugin needs no user: it asks manxd.\n"
	      "export ETCDCTL_API=3\n", f);
	put_node(f, node);
	fputs("\n# manxctl: everything of manx\netcdctl role add manx-operator\n", f);
	grant(f, "manx-operator", "readwrite", "", false);
	fputs("\n# who only looks: manxctl get, ipam show, ipam check, datastore export\n"
	      "etcdctl role add manx-reader\n", f);
	grant(f, "manx-reader", "read", "", false);
}
