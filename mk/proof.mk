# SPDX-License-Identifier: GPL-2.0-only
# What tests need besides libmanx: a command for the shell of the end-to-end tests, the model of
# address management, which is looked through in every state, and parsers with every input.

# the headers are bash's, and not all of them for C11
build/tests/setns.so: tests/vm/setns.c
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) -O2 -Wall -Wextra -fPIC -shared $(addprefix -isystem /usr/include/bash,/. /include /builtins) \
		-isystem /usr/lib/bash -o $@ $<

.PHONY: model
model: deps			## the protocol of address management, checked with spin; about three minutes
	@tests/model/run

# Targets of libFuzzer, which clang has; everything is built for them anew.
FUZZ_CC	?= clang
FUZZ_SRC := $(sort $(wildcard tests/fuzz/*.c))
FUZZ_FLAGS := $(SANITIZE) -fsanitize=fuzzer-no-link -O1 -g
FUZZ	:= $(patsubst tests/fuzz/%.c,build/fuzz/%,$(FUZZ_SRC))
FUZZ_OBJ := $(patsubst %.c,$(OBJ)/fuzz/%.o,$(LIB_SRC) tools/manxd/request.c)
FUZZ_MAIN := $(patsubst %.c,$(OBJ)/fuzz/%.o,$(FUZZ_SRC))

.PHONY: fuzz
fuzz: deps $(FUZZ)		## parsers with what libFuzzer comes up with: FUZZ_SECONDS=N of each (10)
	@tests/fuzz/run $(FUZZ)

$(FUZZ_OBJ) $(FUZZ_MAIN): | $(PROTO_SRC)

$(OBJ)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC fuzz $<"
	@$(FUZZ_CC) $(filter-out -D_FORTIFY_SOURCE=2,$(USER_CFLAGS)) $(FUZZ_FLAGS) -c -o $@ $<

build/fuzz/%: $(OBJ)/fuzz/tests/fuzz/%.o $(FUZZ_OBJ)
	@mkdir -p $(@D)
	@echo "  LD fuzz $@"
	@$(FUZZ_CC) $(SANITIZE) -fsanitize=fuzzer -o $@ $^ $(LIBS)
