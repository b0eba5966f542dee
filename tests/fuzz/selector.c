// SPDX-License-Identifier: GPL-2.0-only
/*
 * Selectors. The canonical form is a selector itself, its own canonical form, and
 * matches the same labels.
 */
#include "fuzz.h"
#include "selector.h"

/* Some labels: the value of a key depends on its first octet. */
static const char *label(const void *ctx, const char *key)
{
	static const char *const values[] = { NULL, "", "a", "b", "ab", "1" };

	(void)ctx;
	return values[(unsigned char)*key % (sizeof(values) / sizeof(values[0]))];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct manx_selector *sel, *again;
	struct manx_error err = { 0 };
	const char *canonical;

	if (!manx_selector_parse(text, &sel, &err)) {
		canonical = manx_selector_canonical(sel);
		/* it may be longer than what is accepted */
		if (strlen(canonical) <= MANX_SELECTOR_MAX) {
			expect(!manx_selector_parse(canonical, &again, &err));
			expect(!strcmp(canonical, manx_selector_canonical(again)));
			expect(manx_selector_match(sel, label, NULL) ==
			       manx_selector_match(again, label, NULL));
			manx_selector_free(again);
		}
		manx_selector_free(sel);
	} else {
		expect(*err.text);
	}
	free(text);
	return 0;
}
