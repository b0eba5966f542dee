// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes from etcd is not trusted: messages that are cut, changed, or made to
 * take more memory than they send.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "etcd_kv.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const ProtobufCMessageDescriptor *const types[] = {
	&etcd__range_response__descriptor, &etcd__txn_response__descriptor,
	&etcd__watch_response__descriptor, &etcd__lease_grant_response__descriptor,
	&etcd__lease_keep_alive_response__descriptor, &etcd__authenticate_response__descriptor,
	&etcd__any_response__descriptor,
};

/* A range of two keys, in a transaction's answer. */
static uint8_t *example(size_t *size)
{
	static uint8_t key[] = MANX_ETCD_PREFIX "k", value[] = "{\"v\":1}";
	Etcd__ResponseHeader header = ETCD__RESPONSE_HEADER__INIT;
	Etcd__KeyValue kv = ETCD__KEY_VALUE__INIT, *kvs[] = { &kv, &kv };
	Etcd__RangeResponse range = ETCD__RANGE_RESPONSE__INIT;
	Etcd__ResponseOp op = ETCD__RESPONSE_OP__INIT, *ops[] = { &op, &op };
	Etcd__TxnResponse txn = ETCD__TXN_RESPONSE__INIT;

	header.cluster_id = UINT64_MAX;
	header.revision = 300;
	kv.key = (ProtobufCBinaryData){ sizeof(key) - 1, key };
	kv.value = (ProtobufCBinaryData){ sizeof(value) - 1, value };
	kv.create_revision = kv.mod_revision = 200;
	range.header = &header;
	range.kvs = kvs;
	range.n_kvs = ARRAY_SIZE(kvs);
	op.response_range = &range;
	txn.header = &header;
	txn.responses = ops;
	txn.n_responses = ARRAY_SIZE(ops);
	return manx_etcd_pack(&txn.base, size);
}

/* Whatever it is, it is taken apart or refused. */
static void try_all(const uint8_t *data, size_t size)
{
	/* a copy of its very size, so that reading beyond it is seen */
	uint8_t *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, data, size);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		manx_etcd_free(manx_etcd_unpack(types[i], copy, size));
	free(copy);
}

static void test_changed(void **state)
{
	size_t size;
	uint8_t *data = example(&size);
	Etcd__TxnResponse *txn;

	(void)state;
	assert_non_null(data);
	txn = manx_etcd_unpack(&etcd__txn_response__descriptor, data, size);
	assert_non_null(txn);
	assert_int_equal(txn->responses[1]->response_range->n_kvs, 2);
	manx_etcd_free(txn);
	for (size_t n = 0; n < size; n++)
		try_all(data, n);
	for (size_t i = 0; i < size; i++) {
		uint8_t was = data[i];

		for (int bit = 0; bit < 8; bit++) {
			data[i] = was ^ (uint8_t)(1 << bit);
			try_all(data, size);
		}
		data[i] = was;
	}
	srand(1);
	for (int i = 0; i < 20000; i++) {
		uint8_t *changed = malloc(size);

		assert_non_null(changed);
		memcpy(changed, data, size);
		for (int k = rand() % 8; k >= 0; k--)
			changed[(size_t)rand() % size] = (uint8_t)rand();
		try_all(changed, size);
		free(changed);
	}
	free(data);
}

/* Empty messages: two octets each to send, a hundred to keep. */
static void test_bloated(void **state)
{
	size_t size = MANX_GRPC_MESSAGE_MAX;
	uint8_t *data = malloc(size);

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < size; i += 2) {
		data[i] = 2 << 3 | 2;	/* kvs, of a length */
		data[i + 1] = 0;
	}
	assert_null(manx_etcd_unpack(&etcd__range_response__descriptor, data, size));
	/* a thousandth of it is well */
	manx_etcd_free(manx_etcd_unpack(&etcd__range_response__descriptor, data, size / 1000));
	free(data);
}

static void assert_no_key(const char *key, size_t n, const char *value, size_t len)
{
	struct manx_etcd etcd = { .name = "etcd" };
	Etcd__KeyValue kv = ETCD__KEY_VALUE__INIT;
	struct manx_error err = { 0 };
	struct manx_kvs kvs = { 0 };

	kv.key = (ProtobufCBinaryData){ n, (uint8_t *)key };
	kv.value = (ProtobufCBinaryData){ len, (uint8_t *)value };
	kv.create_revision = kv.mod_revision = 1;
	assert_int_equal(manx_etcd_add(&etcd, &kv, false, &kvs, &err), -EUCLEAN);
	for (const char *c = err.text; *c; c++)
		assert_in_range(*c, ' ', '~');
	manx_kvs_clear(&kvs);
}

static void test_keys(void **state)
{
	static const char *const bad[] = {
		"", "k", "/manx/v1", MANX_ETCD_PREFIX, MANX_ETCD_PREFIX "a b",
		MANX_ETCD_PREFIX "a\n", MANX_ETCD_PREFIX "\xc3\xa4", "/manx/v2/k",
	};
	char *longest = malloc(sizeof(MANX_ETCD_PREFIX) + 1025);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_no_key(bad[i], strlen(bad[i]), "{}", 2);
	assert_no_key(MANX_ETCD_PREFIX "a\0b", sizeof(MANX_ETCD_PREFIX) + 2, "{}", 2);
	assert_no_key(MANX_ETCD_PREFIX "a", sizeof(MANX_ETCD_PREFIX), "{\0}", 3);
	assert_non_null(longest);
	memset(longest, 'k', sizeof(MANX_ETCD_PREFIX) + 1025);
	memcpy(longest, MANX_ETCD_PREFIX, sizeof(MANX_ETCD_PREFIX) - 1);
	assert_no_key(longest, sizeof(MANX_ETCD_PREFIX) + 1024, "{}", 2);
	free(longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_bloated),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
