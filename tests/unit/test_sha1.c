// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sha1.h"

/* RFC 3174, section 7.3; and what sha1sum(1) says of lengths around a block's end. */
static void test_known_hashes(void **state)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{ "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
		{ "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
		{ "0123456701234567012345670123456701234567012345670123456",
		  "adfc128b4a89c560e754c1659a6a90968b55490e" },
		{ "012345670123456701234567012345670123456701234567012345670123456",
		  "f50965cd66d5793b37291ec7afe090406f2b6115" },
		{ "0123456701234567012345670123456701234567012345670123456701234567",
		  "e0c094e867ef46c350ef54a7f59dd60bed92ae83" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char hex[MANX_SHA1_HEX];

		manx_sha1(cases[i].text, hex);
		assert_string_equal(hex, cases[i].hex);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
