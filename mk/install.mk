# SPDX-License-Identifier: GPL-2.0-only
# Where everything goes: make DESTDIR=d install. The module is built by DKMS
# from /usr/src, once for each kernel of the machine, or by make modules.

UNITDIR		?= /usr/lib/systemd/system
COMPLETIONDIR	?= /usr/share/bash-completion/completions
DKMSDIR		:= /usr/src/manx-$(VERSION)

MAN_PAGES	:= $(wildcard man/*.[1-8])
COMPLETIONS	:= $(wildcard packaging/completion/*)
DKMS_FILES	:= Kbuild dkms.conf $(sort $(shell find kmod uapi -type f \
	\( -name '*.[ch]' -o -name '*.sh' -o -name '*.yaml' \)))

.PHONY: install
install: programs		## into $DESTDIR: programs, manual, systemd units, DKMS source
	install -D -m 755 -t $(DESTDIR)/opt/cni/bin $(BIN)/manx
	install -D -m 755 -t $(DESTDIR)/usr/sbin $(BIN)/manxd
	install -D -m 755 -t $(DESTDIR)/usr/bin $(BIN)/manxctl
	install -D -m 644 -t $(DESTDIR)$(UNITDIR) packaging/systemd/*
	@$(foreach page,$(MAN_PAGES),install -D -m 644 -t \
		$(DESTDIR)/usr/share/man/man$(subst .,,$(suffix $(page))) $(page) &&) :
	@$(foreach file,$(COMPLETIONS),install -D -m 644 -t \
		$(DESTDIR)$(COMPLETIONDIR) $(file) &&) :
	@$(foreach file,$(DKMS_FILES),install -D -m 644 $(file) \
		$(DESTDIR)$(DKMSDIR)/$(file) &&) :
