// SPDX-License-Identifier: GPL-2.0-only
/*
 * manxd: the agent of a node. Options, start, signals.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent_server.h"
#include "conf.h"
#include "follow.h"
#include "keep.h"
#include "log.h"
#include "manxd.h"
#include "node.h"
#include "quarantine.h"
#include "sysctl.h"
#include "work.h"

#define ENDPOINT_TO_HOST "MANX_DEFAULT_ENDPOINT_TO_HOST_ACTION"
#define FAST "MANX_FAST"

static const char usage[] =
	"usage: manxd [OPTION...]\n"
	"\n"
	"The agent of a manx node: serves the CNI plugin, follows the datastore, and\n"
	"keeps the module's policy, the routes and the tunnel as it says. It stays in\n"
	"the foreground; see manxd(8).\n"
	"\n"
	"  --node NAME  name of this node (default: $MANX_NODENAME, the file nodename\n"
	"               in the state directory, the host name)\n"
	"  --help       show this\n"
	"  --version    show the version\n";

/**
 * struct daemon - what main() holds besides the node
 * @signals: SIGTERM and SIGINT
 * @run_lock, @name_lock: descriptors that keep a second manxd away
 */
struct daemon {
	struct manxd d;
	struct manxd_work work;
	struct manxd_keep keep;
	struct manxd_io signals;
	int run_lock, name_lock;
};

/* The node's name on the command line becomes the environment's. Returns <0: go on. */
static int parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "node", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			setenv("MANX_NODENAME", optarg, 1);
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'v':
			puts("manxd " MANX_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs("try manxd --help\n", stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "manxd: unexpected argument \"%s\": try manxd --help\n", argv[optind]);
		return 2;
	}
	return -1;
}

static int read_default_action(struct manxd *d, struct manx_error *err)
{
	const char *text = getenv(ENDPOINT_TO_HOST);

	if (!text || !*text || !strcasecmp(text, "Drop"))
		return manx_dp_config_set(&d->options, "endpoint-to-node", "deny", err);
	if (!strcasecmp(text, "Accept"))
		return manx_dp_config_set(&d->options, "endpoint-to-node", "allow", err);
	return manx_fail(err, -EINVAL, "environment variable %s: \"%s\" is neither Drop nor Accept",
			 ENDPOINT_TO_HOST, text);
}

static int read_fast(struct manxd *d, struct manx_error *err)
{
	const char *text = getenv(FAST);

	if (!text || !*text)
		text = "established";
	return manx_dp_config_set(&d->options, "fast", text, err) ?
	       manx_fail(err, -EINVAL,
			 "environment variable %s: \"%s\" is none of off, established and direct",
			 FAST, text) : 0;
}

static int read_boot_id(struct manxd *d, struct manx_error *err)
{
	static const char path[] = "/proc/sys/kernel/random/boot_id";
	FILE *f = fopen(path, "re");
	bool ok = f && fscanf(f, "%36[0-9a-f-]", d->boot_id) == 1;

	if (f)
		fclose(f);
	return ok ? 0 : manx_fail(err, -EIO, "cannot read %s", path);
}

/* The lock dies with the process. -EEXIST, without words, if another one holds it. */
static int lock_file(const char *path, int *fd, struct manx_error *err)
{
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return manx_fail_errno(err, -errno, "cannot open %s", path);
	if (!flock(*fd, LOCK_EX | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ? -EEXIST :
	       manx_fail_errno(err, -errno, "cannot lock %s", path);
}

/* One manxd a run directory: it owns the socket in there. */
static int lock_run_dir(struct daemon *self, struct manx_error *err)
{
	const char *dir = manx_run_dir();
	char path[PATH_MAX];
	int rc = manx_make_dir(dir, err);

	if (rc)
		return rc;
	snprintf(path, sizeof(path), "%s/manxd.lock", dir);
	rc = lock_file(path, &self->run_lock, err);
	return rc != -EEXIST ? rc :
	       manx_fail(err, rc,
			 "another manxd runs with %s: stop it, or set MANX_RUN_DIR to another directory",
			 dir);
}

/*
 * One manxd a name: two would release each other's endpoints, whose links they
 * do not see, and give the addresses of living pods again. Who shares an SQLite
 * database is on this machine, so a lock beside it tells; of other machines that
 * share an etcd, keep.c knows.
 */
static int lock_name(struct daemon *self, const char *store, struct manx_error *err)
{
	char path[PATH_MAX + 300];
	int rc;

	snprintf(path, sizeof(path), "%s-node-%s", store, self->d.node);
	rc = lock_file(path, &self->name_lock, err);
	return rc != -EEXIST ? rc :
	       manx_fail(err, rc,
			 "another manxd is node %s of %s: stop it, or give this one another name (MANX_NODENAME)",
			 self->d.node, store);
}

static int lock_etcd_name(struct daemon *self, struct manx_error *err)
{
	char path[PATH_MAX];
	int rc = manx_make_dir(manx_state_dir(), err);

	if (!rc)
		rc = manx_state_path(path, sizeof(path), "etcd", err);
	return rc ? rc : lock_name(self, path, err);
}

static int open_store(struct daemon *self, struct manx_error *err)
{
	struct manxd *d = &self->d;
	struct manx_store_conf conf;
	int rc = manx_store_conf_read(&conf, err);

	if (!rc)
		rc = manx_store_open(&d->store, &conf, err);
	d->state.store = d->store;
	if (!rc)
		d->ipam = d->state.ipam = manx_ipam_cache_new(d->store, d->node);
	if (!rc && !d->ipam)
		rc = manx_fail(err, -ENOMEM, "out of memory");
	if (!rc)
		manxd_quarantine_start(d);
	if (!rc && conf.type == MANX_STORE_SQLITE)
		rc = lock_name(self, conf.sqlite, err);
	else if (!rc)
		rc = lock_etcd_name(self, err);
	manx_store_conf_clear(&conf);
	return rc ? rc : manxd_keep_open(&self->keep, d, err);
}

/* Nothing is written before all of this is there. */
static int open_all(struct daemon *self, struct manx_error *err)
{
	struct manxd *d = &self->d;
	int rc = manxd_loop_open(&d->loop, err);

	if (!rc)
		rc = manx_node_name(d->node, sizeof(d->node), err);
	if (!rc)
		rc = read_default_action(d, err);
	if (!rc)
		rc = read_fast(d, err);
	if (!rc)
		rc = read_boot_id(d, err);
	if (!rc)
		rc = lock_run_dir(self, err);
	if (!rc)
		rc = manx_dp_open(&d->dp, err);
	if (!rc)
		rc = manx_rtnl_open(&d->rtnl, -1, err);
	d->links.rt = d->rtnl;
	if (!rc)
		rc = manxd_links_open(&d->links, err);
	if (!rc)
		rc = open_store(self, err);
	return rc ? rc : manxd_state_sync(&d->state, err);
}

static void on_signal(void *ctx)
{
	struct daemon *self = ctx;
	struct signalfd_siginfo info;

	if (read(self->signals.fd, &info, sizeof(info)) == sizeof(info))
		manxd_log(LOG_NOTICE, "stopping: %s", strsignal((int)info.ssi_signo));
	manxd_loop_stop(&self->d.loop);
}

static int catch_signals(struct daemon *self, struct manx_error *err)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	self->signals = (struct manxd_io){
		signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), on_signal, self
	};
	if (self->signals.fd < 0)
		return manx_fail_errno(err, -errno, "signalfd");
	return manxd_loop_add(&self->d.loop, &self->signals, err);
}

/* The first round of work is done before the first request can come. */
static int start(struct daemon *self, struct manx_error *err)
{
	struct manxd *d = &self->d;
	int rc = catch_signals(self, err);

	if (!rc)
		rc = manxd_node_ensure(d, err);
	if (!rc)
		rc = manxd_sysctl_node(err);
	if (!rc)
		rc = manxd_work_start(&self->work, d, err);
	if (rc)
		return rc;
	manxd_keep_start(&self->keep);
	manxd_work_settle(&self->work);
	return manxd_server_open(d, err);
}

/* ADDs that are not done are undone; everything else stays as it is. */
static void stop(struct daemon *self)
{
	manxd_server_close(&self->d);
	manxd_work_settle(&self->work);
}

static void close_all(struct daemon *self)
{
	struct manxd *d = &self->d;

	manxd_state_clear(&d->state);
	manxd_keep_close(&self->keep);
	manx_ipam_cache_free(d->ipam);
	manxd_quarantine_stop(d);
	if (d->store)
		manx_store_close(d->store);
	manxd_links_close(&d->links);
	if (d->rtnl)
		manx_rtnl_close(d->rtnl);
	if (d->dp)
		manx_dp_close(d->dp);
	manxd_loop_close(&d->loop);
}

int main(int argc, char **argv)
{
	static struct daemon self;
	struct manx_error err = { 0 };
	int rc = parse_options(argc, argv);

	if (rc >= 0)
		return rc;
	umask(077);
	setlinebuf(stderr);
	rc = open_all(&self, &err);
	if (!rc)
		rc = start(&self, &err);
	if (!rc) {
		manxd_log(LOG_NOTICE, "node %s is ready", self.d.node);
		rc = manxd_loop_run(&self.d.loop, manxd_work_settle, &self.work, &err);
		stop(&self);
	}
	if (!rc && self.keep.lost.code) {
		err = self.keep.lost;
		rc = err.code;
	}
	if (rc)
		manxd_log(LOG_ERR, "%s", err.text);
	close_all(&self);
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
