// SPDX-License-Identifier: GPL-2.0-only
#include "etcd_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_fixture.h"

/* A server on a busy machine takes its time. */
#define START_MS 30000

int etcd_free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, n) ||
	    getsockname(fd, (struct sockaddr *)&address, &n))
		fail_msg("no free port");
	close(fd);
	return ntohs(address.sin_port);
}

pid_t etcd_run(char *const argv[], const char *log)
{
	pid_t pid, parent = getpid();
	int fd;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		fail_msg("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	execvp(argv[0], argv);
	_exit(127);
}

void etcd_kill(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void run(const char *fmt, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	if (system(command))
		fail_msg("%s", command);
}

/* An authority; a server's certificate for 127.0.0.1, a client's whose name is root. */
static void make_certificates(struct etcd *etcd)
{
	static const char *const make =
		"cd %s && "
		"new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
		" -keyout $1.key -out $1.csr -subj /CN=$2 2>/dev/null; } && "
		"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
		" -keyout ca.key -out ca.pem -subj /CN=test-ca 2>/dev/null && "
		"new server server && new client root && "
		"echo subjectAltName=IP:127.0.0.1 > san && "
		"openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
		" -extfile san -out server.pem 2>/dev/null && "
		"openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
		" -out client.pem 2>/dev/null && chmod 600 *.key";

	run(make, etcd->dir);
	snprintf(etcd->ca, sizeof(etcd->ca), "%s/ca.pem", etcd->dir);
	snprintf(etcd->cert, sizeof(etcd->cert), "%s/client.pem", etcd->dir);
	snprintf(etcd->key, sizeof(etcd->key), "%s/client.key", etcd->dir);
}

static const char *scheme(const struct etcd *etcd)
{
	return etcd->is_tls ? "https" : "http";
}

void etcd_member_start(struct etcd *etcd, size_t i)
{
	struct etcd_member *member = &etcd->member[i];
	char text[16][160], *argv[40];
	char log[96];
	int n = 0;

#define ARG(at, name, ...) do { \
	snprintf(text[at], sizeof(text[at]), __VA_ARGS__); \
	argv[n++] = name; \
	argv[n++] = text[at]; \
} while (0)
	argv[n++] = "etcd";
	ARG(0, "--name", "m%zu", i);
	ARG(1, "--data-dir", "%s/m%zu", etcd->dir, i);
	ARG(2, "--listen-client-urls", "%s://127.0.0.1:%d", scheme(etcd), member->client);
	ARG(3, "--advertise-client-urls", "%s", text[2]);
	ARG(4, "--listen-peer-urls", "http://127.0.0.1:%d", member->peer);
	ARG(5, "--initial-advertise-peer-urls", "%s", text[4]);
	ARG(6, "--initial-cluster-token", "%s", etcd->token);
	ARG(7, "--log-level", "error");
	argv[n++] = "--initial-cluster";
	argv[n++] = text[8];
	*text[8] = '\0';
	for (size_t k = 0; k < etcd->n; k++)
		sprintf(text[8] + strlen(text[8]), "%sm%zu=http://127.0.0.1:%d", k ? "," : "", k,
			etcd->member[k].peer);
	if (etcd->n == 1) {	/* who is alone need not wait for others */
		ARG(13, "--heartbeat-interval", "10");
		ARG(14, "--election-timeout", "100");
	}
	if (etcd->quota)
		ARG(9, "--quota-backend-bytes", "%ld", etcd->quota);
	if (etcd->is_tls) {
		ARG(10, "--cert-file", "%s/server.pem", etcd->dir);
		ARG(11, "--key-file", "%s/server.key", etcd->dir);
		ARG(12, "--trusted-ca-file", "%s", etcd->ca);
		argv[n++] = "--client-cert-auth";
	}
#undef ARG
	argv[n] = NULL;
	snprintf(log, sizeof(log), "%s/m%zu.log", etcd->dir, i);
	member->pid = etcd_run(argv, log);
}

void etcd_member_kill(struct etcd *etcd, size_t i)
{
	etcd_kill(etcd->member[i].pid);
	etcd->member[i].pid = 0;
}

void etcd_member_wipe(struct etcd *etcd, size_t i)
{
	run("rm -rf %s/m%zu", etcd->dir, i);
}

struct manx_store_conf etcd_conf(struct etcd *etcd)
{
	struct manx_store_conf conf = { .type = MANX_STORE_ETCDV3, .endpoints = etcd->endpoints };

	if (etcd->is_tls) {
		conf.ca_file = etcd->ca;
		conf.cert_file = etcd->cert;
		conf.key_file = etcd->key;
	}
	return conf;
}

const char *etcd_ctl(const struct etcd *etcd, const char *args)
{
	static char out[4096];
	char command[1024], tls[320] = "";
	size_t n;
	FILE *pipe;

	if (etcd->is_tls)
		snprintf(tls, sizeof(tls), " --cacert %s --cert %s --key %s", etcd->ca, etcd->cert,
			 etcd->key);
	snprintf(command, sizeof(command), "ETCDCTL_API=3 etcdctl --endpoints %s%s %s 2>&1",
		 etcd->endpoints, tls, args);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	n = fread(out, 1, sizeof(out) - 1, pipe);
	out[n] = '\0';
	if (pclose(pipe))
		fail_msg("%s: %s", command, out);
	return out;
}

/* A transaction that changes nothing goes through once there is a leader. */
static void await(struct etcd *etcd)
{
	struct manx_store_conf conf = etcd_conf(etcd);
	double start = fixture_ms();
	struct manx_error err = { 0 };
	struct manx_store *store;

	while (manx_store_open(&store, &conf, &err)) {
		if (fixture_ms() - start > START_MS)
			fail_msg("%s", err.text);
		fixture_sleep(20);
	}
	manx_store_close(store);
}

void etcd_start(struct etcd *etcd, size_t n)
{
	etcd->n = n;
	fixture_dir(etcd->dir, fixture_memory(), "etcd");
	snprintf(etcd->token, sizeof(etcd->token), "first");
	if (etcd->is_tls)
		make_certificates(etcd);
	*etcd->endpoints = '\0';
	for (size_t i = 0; i < n; i++) {
		etcd->member[i] = (struct etcd_member){ 0, etcd_free_port(), etcd_free_port() };
		sprintf(etcd->endpoints + strlen(etcd->endpoints), "%s%s://127.0.0.1:%d",
			i ? "," : "", scheme(etcd), etcd->member[i].client);
	}
	for (size_t i = 0; i < n; i++)
		etcd_member_start(etcd, i);
	await(etcd);
}

void etcd_stop(struct etcd *etcd)
{
	for (size_t i = 0; i < etcd->n; i++)
		etcd_member_kill(etcd, i);
	if (*etcd->dir)
		run("rm -rf %s", etcd->dir);
}

void etcd_settle(struct etcd *etcd)
{
	char command[400];
	double start = fixture_ms();

	snprintf(command, sizeof(command),
		 "ETCDCTL_API=3 etcdctl --endpoints %s endpoint health >/dev/null 2>&1",
		 etcd->endpoints);
	while (system(command))
		if (fixture_ms() - start > START_MS)
			fail_msg("%s: not healthy", etcd->endpoints);
}

size_t etcd_leader(struct etcd *etcd)
{
	double start = fixture_ms();

	while (fixture_ms() - start < START_MS) {
		/* endpoint, id, version, size, is leader, ... */
		char *save, *out = strdup(etcd_ctl(etcd, "endpoint status -w simple"));
		size_t i = 0, leader = ETCD_MEMBERS;

		for (char *l = strtok_r(out, "\n", &save); l; l = strtok_r(NULL, "\n", &save), i++)
			if (strstr(l, "B, true,"))
				leader = i;
		free(out);
		if (leader < etcd->n)
			return leader;
		fixture_sleep(50);
	}
	fail_msg("no leader");
	return 0;
}
