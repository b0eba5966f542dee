// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes that ask for addresses, as manxd does for an ADD: an endpoint of some 800
 * octets goes into the same transaction. Each node has its own connection and cache.
 *
 *	ipam_load setup CIDR SIZE NODES		pool "p" and the nodes' records
 *	ipam_load claim CIDR SIZE N		N blocks of the pool are other nodes' already
 *	ipam_load assign FIRST NODES PODS SECONDS OUT
 *
 * assign: NODES nodes from number FIRST on, in turn, until each has PODS pods; PODS 0: for
 * SECONDS, and each node gives back what it has beyond 40 pods. A line in OUT for each
 * address: when, how long it took, its handle, the address. Prints what the caches counted.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

#include "ipam.h"
#include "ipam_bench.h"
#include "model.h"

#define KEPT 40
#define PER_TXN 50

/**
 * struct node - one that is simulated
 * @pods: that it has asked for
 */
struct node {
	char name[32];
	struct manx_store *store;
	struct manx_ipam_cache *cache;
	int pods;
};

/**
 * struct pod - one ADD
 * @key: of its endpoint
 * @value: the endpoint
 */
struct pod {
	char handle[64], key[96];
	char value[900];
};

static void commit(struct manx_store *store, struct manx_txn *txn)
{
	struct manx_error err = { 0 };

	if (manx_store_commit(store, txn, NULL, &err))
		die(err.text);
	manx_txn_free(txn);
}

static void put_pool(struct manx_store *store, const char *cidr, int size)
{
	struct manx_error err = { 0 };
	struct manx_resources rs;
	char text[512];

	snprintf(text, sizeof(text), "apiVersion: projectcalico.org/v3\nkind: IPPool\n"
		 "metadata: { name: p }\nspec: { cidr: %s, blockSize: %d }\n", cidr, size);
	if (manx_resources_parse(text, strlen(text), "pool", &rs, NULL, NULL, &err) ||
	    manx_ipam_put_pool(store, &rs.r[0], 0, &err))
		die(err.text);
	manx_resources_clear(&rs);
}

static void setup(const char *cidr, int size, int nodes)
{
	struct manx_store *store = open_store();

	put_pool(store, cidr, size);
	for (int i = 0; i < nodes;) {
		struct manx_txn *txn = manx_txn_new();

		for (int n = 0; n < PER_TXN && i < nodes; n++, i++) {
			char key[64], value[256];

			snprintf(key, sizeof(key), "r/nodes/node-%d", i);
			snprintf(value, sizeof(value),
				 "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"Node\","
				 "\"metadata\":{\"name\":\"node-%d\"},\"spec\":{}}", i);
			manx_txn_put(txn, key, value);
		}
		commit(store, txn);
	}
	manx_store_close(store);
}

static void claim(const char *cidr, int size, int blocks)
{
	struct manx_store *store = open_store();
	struct manx_prefix pool, block;

	if (!manx_prefix_parse(cidr, &pool))
		die("no CIDR");
	for (int i = 0; i < blocks;) {
		struct manx_txn *txn = manx_txn_new();

		for (int n = 0; n < PER_TXN && i < blocks; n++, i++) {
			char key[64], index[96], text[MANX_ADDR_STRLEN], value[96];

			block = (struct manx_prefix){ pool.addr, (uint8_t)size };
			manx_addr_add(&pool.addr, (uint64_t)i << (32 - size), &block.addr);
			manx_prefix_key(&block, text);
			snprintf(key, sizeof(key), "b/%s", text);
			snprintf(index, sizeof(index), "i/other-%d/%s", i, text);
			snprintf(value, sizeof(value), "{\"owner\":\"other-%d\",\"pool\":\"p\"}", i);
			manx_txn_put(txn, key, value);
			manx_txn_put(txn, index, "{}");
		}
		commit(store, txn);
	}
	manx_store_close(store);
}

static void name_pod(struct pod *pod, const struct node *node, int i)
{
	snprintf(pod->handle, sizeof(pod->handle), "net.%s-%d.eth0", node->name, i);
	snprintf(pod->key, sizeof(pod->key), "e/%s/default/pod-%d", node->name, i);
}

static int fill(void *ctx, const struct manx_ipam_result *res, struct manx_txn *txn,
		const char **endpoint_key, struct manx_error *err)
{
	struct pod *pod = ctx;

	(void)res, (void)err;
	snprintf(pod->value, sizeof(pod->value),
		 "{\"metadata\":{\"annotations\":{\"manx.io/handle\":\"%s\"}},\"spec\":\"%0700d\"}",
		 pod->handle, 0);
	manx_txn_put(txn, pod->key, pod->value);
	*endpoint_key = pod->key;
	return 0;
}

static void add(struct node *node, FILE *out)
{
	struct pod pod;
	char uid[MANX_UID_LEN + 1], text[MANX_ADDR_STRLEN];
	struct manx_ipam_request req = {
		.node = node->name, .handle = pod.handle, .uid = uid,
		.use = MANX_USE_WORKLOAD, .want4 = true,
	};
	struct manx_ipam_job job = { .req = &req, .fill = fill, .ctx = &pod };
	int64_t before;

	name_pod(&pod, node, node->pods++);
	manx_uid_new(uid, NULL);
	before = now_us();
	manx_ipam_assign_batch(node->store, node->cache, &job, 1);
	if (job.ret)
		die(job.err.text);
	fprintf(out, "%" PRId64 " %" PRId64 " %s %s\n", before, now_us() - before, pod.handle,
		manx_addr_format(&job.res.addr[0], text));
	/* as manxd does, when nobody waits for it */
	if (manx_ipam_claim_ahead(node->store, node->cache, &job.err))
		die(job.err.text);
}

static void del(struct node *node, int i)
{
	struct pod pod;
	struct manx_ipam_return ret = { .handle = pod.handle, .endpoint_key = pod.key };

	name_pod(&pod, node, i);
	manx_ipam_release_batch(node->store, node->cache, &ret, 1);
	if (ret.ret)
		die(ret.err.text);
}

static void print_counts(struct node *node, int nodes)
{
	struct manx_ipam_counts sum = { 0 };

	for (int i = 0; i < nodes; i++) {
		const struct manx_ipam_counts *c = manx_ipam_cache_counts(node[i].cache);

		sum.commits += c->commits;
		sum.conflicts += c->conflicts;
		sum.addresses += c->addresses;
		manx_ipam_cache_free(node[i].cache);
		manx_store_close(node[i].store);
	}
	printf("{\"commits\":%" PRIu64 ",\"conflicts\":%" PRIu64 ",\"addresses\":%" PRIu64 "}\n",
	       sum.commits, sum.conflicts, sum.addresses);
}

static void assign(int first, int nodes, int pods, double seconds, FILE *out)
{
	struct node *node = calloc((size_t)nodes, sizeof(*node));
	int64_t end;

	for (int i = 0; node && i < nodes; i++) {
		snprintf(node[i].name, sizeof(node[i].name), "node-%d", first + i);
		node[i].store = open_store();
		node[i].cache = manx_ipam_cache_new(node[i].store, node[i].name);
	}
	await_start();
	end = now_us() + (int64_t)(seconds * 1e6);
	while (node && (pods ? node[nodes - 1].pods < pods : now_us() < end))
		for (int i = 0; i < nodes; i++) {
			add(&node[i], out);
			if (!pods && node[i].pods > KEPT)
				del(&node[i], node[i].pods - KEPT - 1);
		}
	print_counts(node, nodes);
	free(node);
}

int main(int argc, char *argv[])
{
	struct rlimit files;
	FILE *out;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (argc == 5 && !strcmp(argv[1], "setup")) {
		setup(argv[2], atoi(argv[3]), atoi(argv[4]));
	} else if (argc == 5 && !strcmp(argv[1], "claim")) {
		claim(argv[2], atoi(argv[3]), atoi(argv[4]));
	} else if (argc == 7 && !strcmp(argv[1], "assign")) {
		out = fopen(argv[6], "w");
		if (!out)
			die("the file cannot be written");
		assign(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), atof(argv[5]), out);
		fclose(out);
	} else {
		die("see the head of ipam_load.c");
	}
	return 0;
}
