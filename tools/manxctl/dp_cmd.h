/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of "manxctl dp" share.
 */
#ifndef MANXCTL_DP_CMD_H
#define MANXCTL_DP_CMD_H

#include <stdbool.h>
#include <stdio.h>

#include "dp.h"
#include "manxctl.h"

/* The subcommands; argv[0] is their name. Exit statuses. */
int manxctl_dp_show(int argc, char **argv);
int manxctl_dp_link(int argc, char **argv);
int manxctl_dp_tunnel(int argc, char **argv);
int manxctl_dp_monitor(int argc, char **argv);
int manxctl_dp_flows(int argc, char **argv);
int manxctl_dp_flush(int argc, char **argv);
int manxctl_dp_set(int argc, char **argv);

/* Connect, or say why not: an exit status. */
int manxctl_dp_open(struct manx_dp **dp);

/* "allow tcp from 10.0.0.0/8 to port 80"; malloc'ed, NULL without memory */
char *manxctl_dp_rule_words(const struct manx_dp_rule *r);
/* "10.0.0.0/8, 10.1.0.1 and 98 more", at most @max of them; the same of names */
void manxctl_dp_write_prefixes(FILE *f, const struct manx_dp_prefixes *p, size_t max);
void manxctl_dp_write_names(FILE *f, const struct manx_dp_names *names, size_t max);
/* "policy-ingress 3, source-mac 1" */
void manxctl_dp_write_drops(FILE *f, const struct manx_dp_drop *drop, size_t n);

/* "tcp", "icmp 8/0 id 77"; "10.0.0.1:80", "[fd00::1]:80" */
void manxctl_dp_write_protocol(FILE *f, const struct manx_dp_flow *flow);
void manxctl_dp_write_peer(FILE *f, const struct manx_dp_flow *flow, const struct manx_addr *addr,
			   uint32_t port);
/* "3.5 MiB" into @buf, which is returned */
#define MANXCTL_OCTETS_STRLEN 32
const char *manxctl_octets(uint64_t n, char buf[MANXCTL_OCTETS_STRLEN]);

#endif /* MANXCTL_DP_CMD_H */
