// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses and CIDRs as text and as keys: each way back leads to the same.
 */
#include "addr.h"
#include "fuzz.h"

static void try_prefix(const struct manx_prefix *p)
{
	struct manx_prefix masked = manx_prefix_mask(p), back;
	struct manx_addr next;
	char text[MANX_ADDR_STRLEN];

	expect(manx_prefix_parse(manx_prefix_format(p, text), &back));
	expect(!manx_prefix_cmp(p, &back));
	expect(manx_prefix_is_masked(&masked));
	expect(manx_prefix_contains(p, &p->addr));
	expect(manx_prefix_covers(p, &masked) && manx_prefix_covers(&masked, p));
	expect(manx_prefix_overlaps(p, &masked));
	expect(manx_prefix_from_key(manx_prefix_key(&masked, text), &back));
	expect(!manx_prefix_cmp(&masked, &back));
	if (manx_addr_bits(&p->addr) - p->len <= 32)
		expect(manx_addr_add(&masked.addr, manx_addr_offset(p, &p->addr), &next) &&
		       !manx_addr_cmp(&next, &p->addr));
}

static void try_addr(const struct manx_addr *a)
{
	char text[MANX_ADDR_STRLEN];
	struct manx_addr back;

	expect(manx_addr_parse(manx_addr_format(a, text), &back));
	expect(!manx_addr_cmp(a, &back));
	expect(manx_addr_from_key(manx_addr_key(a, text), &back));
	expect(!manx_addr_cmp(a, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), again[MANX_ADDR_STRLEN];
	struct manx_prefix p;
	struct manx_addr a;

	if (manx_prefix_parse(text, &p))
		try_prefix(&p);
	if (manx_addr_parse(text, &a))
		try_addr(&a);
	if (manx_prefix_from_key(text, &p)) {
		expect(!strcmp(manx_prefix_key(&p, again), text));
		try_prefix(&p);
	}
	if (manx_addr_from_key(text, &a)) {
		expect(!strcmp(manx_addr_key(&a, again), text));
		try_addr(&a);
	}
	free(text);
	return 0;
}
