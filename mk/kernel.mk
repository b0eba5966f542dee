# SPDX-License-Identifier: GPL-2.0-only
# The kernel module, its generated files and their checks.
#
#	make modules			for Debian's kernels of tests/kernels.sh
#	make modules KDIR=HEADERS	for any kernel
#	make modules KDIR=debug		for the debug kernel, which is built once
#
# W=1, C=2 and whatever else Kbuild knows can be added to either.

.PHONY: deps modules modules-check regen regen-check checkpatch kunit stress e2e-debug

deps:				## install packages and fetch kernels (tests/deps.sh)
	@tests/deps.sh

modules: $(if $(KDIR),,deps)	## build/kmod/<kernel release>/manx.ko; KDIR= for another kernel
	+@scripts/modules build/kmod $(KDIR)

modules-check: deps		## both kernels with W=1 and sparse; any warning is an error
	+@scripts/modules-check

regen: deps			## uapi/linux/manx.h and kmod/netlink-gen.[ch] from the specification
	@uapi/regen.sh .

regen-check: deps		## fail if they differ from what the specification gives
	@scripts/regen-check

checkpatch: deps		## the kernel's style checker over kmod, uapi and tests/kunit
	@scripts/checkpatch

kunit: deps			## KUnit suites in a User Mode Linux kernel (tests/kunit/README.md)
	@tests/kunit/run

e2e-debug: deps programs	## the end-to-end tests in the debug kernel, on two machines; an hour
	+@scripts/modules build/kmod debug
	@for part in 1 2; do \
		tests/vm/run --kernel debug --timeout 7200 -- tests/vm/e2e.sh --part $$part/2 & \
		pids="$$pids $$!"; \
	done; for pid in $$pids; do wait $$pid || status=1; done; exit $${status:-0}

stress: deps programs		## everything at once in the debug kernel: MINUTES=N (1), SEED=S
	+@scripts/modules build/kmod debug
	@MANX_SEED=$(SEED) tests/vm/run --kernel debug --timeout $$(($(or $(MINUTES),1) * 90 + 900)) \
		-- tests/vm/stress $$(($(or $(MINUTES),1) * 60))
