/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A real etcd for the tests: one or three members on the loopback, in memory.
 * Each dies with the test.
 */
#ifndef ETCD_FIXTURE_H
#define ETCD_FIXTURE_H

#include <stdbool.h>
#include <sys/types.h>

#include "store_conf.h"

#define ETCD_MEMBERS 3

/**
 * struct etcd_member - a server
 * @pid: 0 while it does not run
 * @client, @peer: its ports
 */
struct etcd_member {
	pid_t pid;
	int client, peer;
};

/**
 * struct etcd - a cluster
 * @n: members
 * @dir: what they write, their certificates
 * @token: names the cluster: another one is another cluster
 * @quota: of the database in octets, 0: the usual one
 * @is_tls: with certificates of etcd_certificates(), which clients must have, too
 * @endpoints: for struct manx_store_conf
 * @ca, @cert, @key: files of the client
 */
struct etcd {
	size_t n;
	struct etcd_member member[ETCD_MEMBERS];
	char dir[64];
	char token[16];
	long quota;
	bool is_tls;
	char endpoints[160];
	char ca[96], cert[96], key[96];
};

/* Fills @etcd, whose other fields are set, with @n running members. Fails the test. */
void etcd_start(struct etcd *etcd, size_t n);
/* Kills what runs, removes what was written. */
void etcd_stop(struct etcd *etcd);
void etcd_member_start(struct etcd *etcd, size_t i);
void etcd_member_kill(struct etcd *etcd, size_t i);
/* What member @i wrote is gone. */
void etcd_member_wipe(struct etcd *etcd, size_t i);
/* Wait until all members have caught up. */
void etcd_settle(struct etcd *etcd);
/* Number of the member that leads. */
size_t etcd_leader(struct etcd *etcd);

/* The settings of a client; nothing of it is allocated. */
struct manx_store_conf etcd_conf(struct etcd *etcd);

/* Output of "etcdctl ARGS" with the certificates, until the next call; fails the test. */
const char *etcd_ctl(const struct etcd *etcd, const char *args);

/* A port that nobody listens on. */
int etcd_free_port(void);
/* Run @argv, whose output goes to @log; it dies with this process. */
pid_t etcd_run(char *const argv[], const char *log);
void etcd_kill(pid_t pid);

#endif /* ETCD_FIXTURE_H */
