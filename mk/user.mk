# SPDX-License-Identifier: GPL-2.0-only
# Programs and their unit tests. Sources are found by directory: a new file in
# tools/lib belongs to libmanx, one in tools/manxctl to manxctl, and so on.

PKGS	:= libmnl libcjson sqlite3 yaml-0.1 libcurl libprotobuf-c
CFLAGS	?= -O2 -g
USER_CFLAGS := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Werror \
	-fstack-protector-strong -D_FORTIFY_SOURCE=2 \
	-DMANX_VERSION='"$(VERSION)"' -Iuapi -Itools/lib -Ibuild/gen -MMD -MP \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS	:= $(shell pkg-config --libs $(PKGS) 2>/dev/null)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

OBJ	:= build/obj
BIN	:= build/bin
GEN	:= build/gen
# messages of etcd, made from their definition
PROTO_SRC := $(patsubst tools/lib/%.proto,$(GEN)/%.pb-c.c,$(wildcard tools/lib/*.proto))
LIB_SRC	:= $(sort $(wildcard tools/lib/*.c)) $(PROTO_SRC)
UNIT	:= $(patsubst tests/unit/%.c,build/tests/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_OBJ := $(patsubst build/%,$(OBJ)/san/%.o,$(UNIT))
UNIT_AUX := $(filter-out $(wildcard tests/unit/test_*.c),$(wildcard tests/unit/*.c))

objects = $(patsubst %.c,$(OBJ)/%.o,$(sort $(wildcard $(1)/*.c)))
LIB_OBJ	:= $(patsubst %.c,$(OBJ)/%.o,$(LIB_SRC))
# manxctl without its main(), for tests of its commands
CTL_SRC	:= $(filter-out tools/manxctl/main.c,$(sort $(wildcard tools/manxctl/*.c)))
CTL_SAN	:= $(patsubst %.c,$(OBJ)/san/%.o,$(CTL_SRC))
# manxd without its main(), for tests of its parts
AGENT_SAN := $(patsubst %.c,$(OBJ)/san/%.o,$(filter-out tools/manxd/main.c,$(sort $(wildcard tools/manxd/*.c))))
SAN_OBJ	:= $(patsubst %.c,$(OBJ)/san/%.o,$(LIB_SRC) $(UNIT_AUX))

.PHONY: programs unit manual
programs: $(BIN)/manx $(BIN)/manxctl $(BIN)/manxd

$(GEN)/%.pb-c.c: tools/lib/%.proto
	@mkdir -p $(@D)
	@echo "  PROTOC  $<"
	@protoc-c -Itools/lib --c_out=$(GEN) $<

$(LIB_OBJ) $(SAN_OBJ) $(UNIT_OBJ): | $(PROTO_SRC)

$(OBJ)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(USER_CFLAGS) $(CFLAGS) -c -o $@ $<

# Unit tests run under the sanitizers, with a libmanx built for them.
$(OBJ)/san/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC san  $<"
	@$(CC) $(filter-out -D_FORTIFY_SOURCE=2,$(USER_CFLAGS)) -O1 -g -DMANX_TEST_GUARDS $(SANITIZE) -c -o $@ $<

$(OBJ)/libmanx.a: $(LIB_OBJ)
	@rm -f $@
	@echo "  AR      $@"
	@$(AR) rcs $@ $^

$(OBJ)/san/libmanx.a: $(SAN_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^

$(OBJ)/san/libmanxctl.a: $(CTL_SAN)
	@rm -f $@
	@$(AR) rcs $@ $^

$(OBJ)/san/libmanxd.a: $(AGENT_SAN)
	@rm -f $@
	@$(AR) rcs $@ $^

define program
$(BIN)/$(1): $$(call objects,$(2)) $(OBJ)/libmanx.a
	@mkdir -p $(BIN)
	@echo "  LD      $$@"
	@$(CC) $(CFLAGS) -Wl,--as-needed $(LDFLAGS) -o $$@ $$^ $(LIBS)
endef
$(eval $(call program,manx,cni))
$(eval $(call program,manxctl,tools/manxctl))
$(eval $(call program,manxd,tools/manxd))

build/tests/unit/%: $(OBJ)/san/tests/unit/%.o $(OBJ)/san/libmanxctl.a $(OBJ)/san/libmanxd.a $(OBJ)/san/libmanx.a
	@mkdir -p $(@D)
	@echo "  LD san  $@"
	@$(CC) $(SANITIZE) -o $@ $^ $(LIBS) -lcmocka

.PRECIOUS: $(PROTO_SRC)
unit: $(UNIT)
	@tests/unit/run $(UNIT)

manual: $(BIN)/manxctl		## what the tables make of man/ and packaging/completion
	@scripts/manual $(BIN)/manxctl

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
