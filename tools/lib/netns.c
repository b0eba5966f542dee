// SPDX-License-Identifier: GPL-2.0-only
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_net_namespace(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && st.f_type == NSFS_MAGIC &&
	       ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

int manx_netns_open(const char *path, int *out, struct manx_error *err)
{
	/* O_NONBLOCK: whatever the path names must not make us wait */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return manx_fail_errno(err, -errno, "network namespace \"%s\"", path);
	if (!is_net_namespace(fd)) {
		close(fd);
		return manx_fail(err, -EINVAL, "\"%s\" is not a network namespace", path);
	}
	*out = fd;
	return 0;
}

bool manx_netns_is_own(int netns)
{
	struct stat theirs, own;

	return fstat(netns, &theirs) == 0 && stat("/proc/self/ns/net", &own) == 0 &&
	       theirs.st_dev == own.st_dev && theirs.st_ino == own.st_ino;
}

/* What the child tells: its result, and a descriptor beside it. */
struct outcome {
	int rc;
	struct manx_error err;
};

union fd_control {
	struct cmsghdr header;	/* for its alignment */
	char space[CMSG_SPACE(sizeof(int))];
};

static void tell(int sock, struct outcome *outcome, int fd)
{
	union fd_control control = { 0 };
	struct iovec iov = { .iov_base = outcome, .iov_len = sizeof(*outcome) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg = &control.header;

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	/* failure shows as silence */
	sendmsg(sock, &msg, MSG_NOSIGNAL);
}

/* False if the child said nothing. *fd: the descriptor that came along, -1 if none did. */
static bool hear(int sock, struct outcome *outcome, int *fd)
{
	union fd_control control = { 0 };
	struct iovec iov = { .iov_base = outcome, .iov_len = sizeof(*outcome) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	cmsg = CMSG_FIRSTHDR(&msg);
	if (n > 0 && cmsg && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(cmsg), sizeof(*fd));
	return n == sizeof(*outcome);
}

static void child(int sock, int netns, manx_netns_fn fn, void *ctx)
{
	struct outcome outcome = { 0 };
	int fd = -1;

	if (setns(netns, CLONE_NEWNET))
		outcome.rc = manx_fail_errno(&outcome.err, -errno,
					     "entering the network namespace");
	else
		outcome.rc = fn(ctx, &fd, &outcome.err);
	tell(sock, &outcome, fd);
	_exit(0);
}

int manx_netns_call(int netns, manx_netns_fn fn, void *ctx, int *out, struct manx_error *err)
{
	struct outcome outcome = { 0 };
	int sock[2], fd, status = 0;
	bool heard;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock))
		return manx_fail_errno(err, -errno, "socket pair");
	pid = fork();
	if (pid == 0)
		child(sock[1], netns, fn, ctx);
	close(sock[1]);
	if (pid < 0) {
		int code = -errno;

		close(sock[0]);
		return manx_fail_errno(err, code, "fork");
	}
	heard = hear(sock[0], &outcome, &fd);
	close(sock[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!heard)
		outcome.rc = manx_fail(&outcome.err, -EIO,
				       "the child process in the network namespace died (wait status 0x%x)",
				       status);
	if (outcome.rc && err)
		*err = outcome.err;
	if (out && !outcome.rc)
		*out = fd;
	else if (fd >= 0)
		close(fd);
	return outcome.rc;
}

static int open_netlink(void *ctx, int *fd, struct manx_error *err)
{
	*fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, *(const int *)ctx);
	return *fd < 0 ? manx_fail_errno(err, -errno, "netlink socket") : 0;
}

int manx_netns_netlink(int netns, int protocol, int *fd, struct manx_error *err)
{
	int rc = manx_netns_call(netns, open_netlink, &protocol, fd, err);

	if (!rc && *fd < 0)
		rc = manx_fail(err, -EMFILE, "no descriptor left for a netlink socket");
	return rc;
}

int manx_netns_cookie(int fd, uint64_t *cookie, struct manx_error *err)
{
	socklen_t len = sizeof(*cookie);

	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &len))
		return manx_fail_errno(err, -errno, "SO_NETNS_COOKIE");
	return 0;
}
