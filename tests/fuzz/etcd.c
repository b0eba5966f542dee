// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of etcd: the first octet tells which, the others are the message. Keys and
 * values are taken into lists of ours.
 */
#include "etcd_kv.h"
#include "fuzz.h"

static const ProtobufCMessageDescriptor *const types[] = {
	&etcd__range_response__descriptor, &etcd__txn_response__descriptor,
	&etcd__watch_response__descriptor, &etcd__lease_grant_response__descriptor,
	&etcd__lease_keep_alive_response__descriptor, &etcd__authenticate_response__descriptor,
	&etcd__any_response__descriptor,
};

static void take(Etcd__KeyValue **kv, size_t n)
{
	struct manx_etcd etcd = { .name = "etcd" };
	struct manx_kvs kvs = { .n = 0 };
	struct manx_error err = { 0 };

	for (size_t i = 0; i < n; i++) {
		size_t before = kvs.n;

		if (!manx_etcd_add(&etcd, kv[i], i % 2, &kvs, &err))
			expect(kvs.n == before + 1 && kvs.kv[before].key);
		else
			expect(*err.text);
	}
	manx_kvs_clear(&kvs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const ProtobufCMessageDescriptor *type;
	uint8_t *copy;
	void *message;

	if (!size)
		return 0;
	type = types[*data % (sizeof(types) / sizeof(types[0]))];
	copy = (uint8_t *)fuzz_text(data + 1, size - 1);
	message = manx_etcd_unpack(type, copy, size - 1);
	free(copy);
	if (message && type == &etcd__range_response__descriptor) {
		Etcd__RangeResponse *range = message;

		take(range->kvs, range->n_kvs);
	} else if (message && type == &etcd__txn_response__descriptor) {
		Etcd__TxnResponse *txn = message;

		for (size_t i = 0; i < txn->n_responses; i++)
			if (txn->responses[i]->response_range)
				take(txn->responses[i]->response_range->kvs,
				     txn->responses[i]->response_range->n_kvs);
	}
	manx_etcd_free(message);
	return 0;
}
