# SPDX-License-Identifier: GPL-2.0-only
# manx: `make demo` shows it, `make check` tests it, `make help` lists the rest.

VERSION	:= 0.1.0
DESTDIR	?=
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

include mk/user.mk
include mk/kernel.mk
include mk/install.mk
include mk/bench.mk
include mk/proof.mk

.PHONY: all check demo clean help
all: programs			## programs into build/bin
demo:				## install what is needed, build, boot, show two nodes at work
	@tests/demo
check:				## every test, on both kernels
	@tests/check.sh
clean:				## remove build/
	rm -rf build
help:				## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24
