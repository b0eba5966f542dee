# SPDX-License-Identifier: GPL-2.0-only
# Benchmarks, in the virtual machine with its clock counting instructions; bench-ipam, on this
# machine by the wall clock.
#
#	make bench-policy		docs/bench/policy.{md,json,svg}; about 30 minutes
#	make bench-policy QUICK=1	few points, nothing written into docs; about 4 minutes
#	make bench-policy CASES="policy-1000 fw-10000"	these alone, nothing into docs
#	make bench			docs/bench/forward.{md,json,svg}: whole ways from pod to pod; some 40
#					minutes beside what make bench-tail takes
#	make bench QUICK=1		fewer ways, one kernel, nothing written into docs; about 4 minutes
#	bench/forward --again		all of make bench a second time: how much it differs
#	make bench-tail			round trips while another pod floods; build/bench/tail.json
#	make bench-ipam			docs/bench/ipam.{md,json,svg}; some eight minutes
#	make bench-ipam QUICK=1		less, nothing written into docs; half a minute
#	bench/profile policy-1000	where the instructions of a verdict go, by function
#	bench/profile --layout manx-direct:10	those of a packet on its whole way

BENCH	:= build/bench/bin
WRAP	:= -Wl,--wrap=mnl_socket_sendto,--wrap=mnl_socket_recvfrom

.PHONY: bench bench-tail bench-policy bench-programs
bench: deps programs modules bench-programs	## cost of a packet from pod to pod, beside other layouts; QUICK=1: less
	@$(if $(QUICK),:,bench/forward --wall 5)
	@$(if $(QUICK),:,bench/tail)
	@bench/forward $(if $(QUICK),--quick)

bench-tail: deps programs modules bench-programs	## round trips while another pod floods
	@bench/tail

bench-policy: deps programs modules bench-programs	## cost of verdicts and commits beside iptables and nftables; QUICK=1: less
	@bench/policy $(if $(QUICK),--quick) $(CASES)

bench-programs: $(addprefix $(BENCH)/,judge clock load member flows traffic flood) build/bench/count.so

# qemu's functions are found when qemu loads it
build/bench/count.so: bench/count/count.c bench/count/qemu-plugin.h
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(CC) $(USER_CFLAGS) $(CFLAGS) -fvisibility=hidden -fPIC -shared -MF $(OBJ)/count.d -o $@ $<

$(BENCH)/%: $(OBJ)/bench/%.o $(OBJ)/libmanx.a
	@mkdir -p $(BENCH)
	@echo "  LD      $@"
	@$(CC) $(CFLAGS) $(if $(filter %/load,$@),$(WRAP)) -o $@ $^ $(LIBS)
.SECONDARY: $(patsubst %,$(OBJ)/bench/%.o,judge clock load member flows traffic flood)

IPAM_BENCH := ipam_load ipam_watch ipam_peers
.SECONDARY: $(patsubst %,$(OBJ)/bench/%.o,$(IPAM_BENCH))
.PHONY: bench-ipam
bench-ipam: deps $(addprefix $(BENCH)/,$(IPAM_BENCH))	## addresses a second on SQLite and etcd, a thousand nodes; QUICK=1: less
	@bench/ipam $(if $(QUICK),--quick)
