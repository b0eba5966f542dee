// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each guard of address management is needed: without it, a test of test_ipam_guards
 * fails. That is true of this very build, whose library leaves out the guard that the
 * environment names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipam_fixture.h"

/* As in ipam_guard.c. */
static const char *const guards[] = {
	"node_not_removed", "config_unchanged", "pool_enabled", "block_claim", "block_absent",
	"block_empty", "address_absent", "handle_absent", "handle_unchanged", "budget",
};

/* In a child: test_ipam_guards, which lies beside this program, without @guard (may be NULL). */
static int run(void *guard)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);

	if (n < 0)
		return 127;
	path[n] = '\0';
	strcpy(strrchr(path, '/') + 1, "test_ipam_guards");
	/* what a test that fails leaves behind is no fault of the library */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	if (guard)
		setenv("MANX_TEST_NO_GUARD", guard, 1);
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		return 127;
	execl(path, path, (char *)NULL);
	return 127;
}

static void test_all(void **state)
{
	(void)state;
	assert_int_equal(fixture_wait(fixture_fork(run, NULL)), 0);
	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
		int status = fixture_wait(fixture_fork(run, (void *)guards[i]));

		/* so many tests failed; not a crash */
		if (status < 1 || status > 100)
			fail_msg("without guard %s: status %d", guards[i], status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
