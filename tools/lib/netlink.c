// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

/* The kernel fills dump messages up to this size (NLMSG_GOODSIZE grows to the reader's). */
#define ANSWER_MAX	32768
/* An answer is there when sendmsg returns; only a stuck kernel lets this pass. */
#define ANSWER_SECONDS	10

struct manx_nl {
	struct mnl_socket *sock;
	uint32_t seq;
	_Alignas(struct nlmsghdr) char request[MANX_NL_REQUEST_MAX];
	_Alignas(struct nlmsghdr) char answer[ANSWER_MAX];
};

/*
 * Extended acks carry the kernel's words; strict checking makes it refuse what
 * it would otherwise ignore in dump requests; a capped ack does not repeat the
 * request.
 */
static int set_options(struct manx_nl *nl, struct manx_error *err)
{
	static const int options[] = {
		NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_CAP_ACK,
	};
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	int on = 1;

	for (size_t i = 0; i < MNL_ARRAY_SIZE(options); i++)
		if (mnl_socket_setsockopt(nl->sock, options[i], &on, sizeof(on)) < 0)
			return manx_fail_errno(err, -errno, "netlink socket option %d", options[i]);
	if (setsockopt(manx_nl_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		return manx_fail_errno(err, -errno, "netlink socket");
	return 0;
}

static int set_up(struct manx_nl **out, struct mnl_socket *sock, struct manx_error *err)
{
	struct manx_nl *nl;
	int rc;

	if (!sock)
		return manx_fail_errno(err, -errno, "netlink socket");
	nl = calloc(1, sizeof(*nl));
	if (!nl) {
		mnl_socket_close(sock);
		return manx_fail(err, -ENOMEM, "out of memory");
	}
	nl->sock = sock;
	if (mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		rc = manx_fail_errno(err, -errno, "netlink socket");
	else
		rc = set_options(nl, err);
	if (rc)
		manx_nl_close(nl);
	else
		*out = nl;
	return rc;
}

int manx_nl_open(struct manx_nl **nl, int protocol, struct manx_error *err)
{
	return set_up(nl, mnl_socket_open2(protocol, SOCK_CLOEXEC), err);
}

int manx_nl_adopt(struct manx_nl **nl, int fd, struct manx_error *err)
{
	struct mnl_socket *sock = mnl_socket_fdopen(fd);

	if (!sock) {
		int code = -errno;

		close(fd);
		return manx_fail_errno(err, code, "netlink socket");
	}
	return set_up(nl, sock, err);
}

void manx_nl_close(struct manx_nl *nl)
{
	if (!nl)
		return;
	mnl_socket_close(nl->sock);
	free(nl);
}

uint32_t manx_nl_requests(const struct manx_nl *nl)
{
	return nl->seq;
}

int manx_nl_fd(const struct manx_nl *nl)
{
	return mnl_socket_get_fd(nl->sock);
}

struct nlmsghdr *manx_nl_request(struct manx_nl *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->request);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	if ((flags & NLM_F_DUMP) != NLM_F_DUMP)
		nlh->nlmsg_flags |= NLM_F_ACK;
	return nlh;
}

struct nlmsghdr *manx_nl_genl_request(struct manx_nl *nl, uint16_t family, uint8_t cmd,
				      uint16_t flags)
{
	struct nlmsghdr *nlh = manx_nl_request(nl, family, flags);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

/* What the kernel said in an extended ack that begins @offset octets into the payload. */
static const char *kernel_words(const struct nlmsghdr *nlh, size_t offset)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	mnl_attr_for_each(attr, nlh, offset)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			return mnl_attr_get_str(attr);
	return NULL;
}

static int refusal(const struct nlmsghdr *nlh, size_t offset, int code, struct manx_error *err)
{
	const char *words = kernel_words(nlh, offset);
	int len = words ? (int)strlen(words) : 0;

	/* the module pads formatted words for older kernels (kmod/compat/extack.c) */
	while (len && words[len - 1] == ' ')
		len--;
	if (len)
		return manx_fail(err, code, "%.*s", len, words);
	return manx_fail(err, code, "%s", strerror(-code));
}

/* NLMSG_ERROR: the result of a request that is no dump, or of one that was refused. */
static int read_ack(const struct nlmsghdr *nlh, struct manx_error *err)
{
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(nlh);
	size_t offset = sizeof(*ack);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*ack))
		return manx_fail(err, -EBADMSG, "short netlink acknowledgement");
	if (!ack->error)
		return 0;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		offset += mnl_nlmsg_get_payload_len(&ack->msg);
	return refusal(nlh, offset, ack->error, err);
}

/* NLMSG_DONE: the end of a dump. */
static int read_done(const struct nlmsghdr *nlh, bool torn, struct manx_error *err)
{
	const int *code = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(*code) && *code < 0)
		return refusal(nlh, sizeof(*code), *code, err);
	if (torn)
		return manx_fail(err, -EINTR, "the kernel's list changed while it was read");
	return 0;
}

/* Answers to one request. */
struct talk {
	manx_nl_fn fn;
	void *ctx;
	bool torn;	/* the dump is not consistent */
	bool ended;
};

static int read_one(struct talk *t, const struct nlmsghdr *nlh, struct manx_error *err)
{
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		t->torn = true;
	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		t->ended = true;
		return read_ack(nlh, err);
	case NLMSG_DONE:
		t->ended = true;
		return read_done(nlh, t->torn, err);
	case NLMSG_NOOP:
	case NLMSG_OVERRUN:
		return 0;
	default:
		return t->fn ? t->fn(nlh, t->ctx, err) : 0;
	}
}

static ssize_t receive(struct manx_nl *nl, struct manx_error *err)
{
	ssize_t n;

	do
		n = mnl_socket_recvfrom(nl->sock, nl->answer, sizeof(nl->answer));
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	if (errno == EAGAIN)
		return manx_fail(err, -ETIMEDOUT, "the kernel did not answer within %d s",
				 ANSWER_SECONDS);
	return manx_fail_errno(err, -errno, "netlink answer");
}

static int send_request(struct manx_nl *nl, struct manx_error *err)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)nl->request;

	nlh->nlmsg_seq = ++nl->seq;
	while (mnl_socket_sendto(nl->sock, nlh, nlh->nlmsg_len) < 0)
		if (errno != EINTR)
			return manx_fail_errno(err, -errno, "netlink request");
	return 0;
}

int manx_nl_talk(struct manx_nl *nl, manx_nl_fn fn, void *ctx, struct manx_error *err)
{
	struct talk t = { .fn = fn, .ctx = ctx };
	int rc = send_request(nl, err);

	if (rc)
		return rc;
	while (!t.ended) {
		ssize_t n = receive(nl, err);
		int left = (int)n;

		if (n < 0)
			return (int)n;
		for (const struct nlmsghdr *nlh = (void *)nl->answer;
		     !t.ended && mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			/* seq: what belongs to a request that timed out is passed over */
			int code = nlh->nlmsg_seq == nl->seq ?
				   read_one(&t, nlh, rc ? NULL : err) : 0;

			rc = rc ? rc : code;
			/* a dump must be read to its end, or the next one is refused */
			t.fn = rc ? NULL : fn;
		}
	}
	return rc;
}

int manx_nl_listen(struct manx_nl *nl, int timeout_ms, manx_nl_fn fn, void *ctx,
		   struct manx_error *err)
{
	struct pollfd pfd = { .fd = manx_nl_fd(nl), .events = POLLIN };
	int rc = poll(&pfd, 1, timeout_ms);
	ssize_t n;
	int left;

	if (rc == 0)
		return -EAGAIN;
	n = rc < 0 ? rc : mnl_socket_recvfrom(nl->sock, nl->answer, sizeof(nl->answer));
	if (n < 0)
		return manx_fail_errno(err, -errno, "netlink events");
	left = (int)n;
	rc = 0;
	for (const struct nlmsghdr *nlh = (void *)nl->answer; !rc && mnl_nlmsg_ok(nlh, left);
	     nlh = mnl_nlmsg_next(nlh, &left))
		if (nlh->nlmsg_type >= NLMSG_MIN_TYPE)
			rc = fn(nlh, ctx, err);
	return rc;
}

/* What CTRL_CMD_GETFAMILY is asked for. */
struct family {
	uint16_t id;
	struct manx_nl_group *group;
	size_t n;
};

static void read_group(const struct nlattr *nest, struct family *f)
{
	const struct nlattr *attr;
	const char *name = "";
	uint32_t id = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			id = mnl_attr_get_u32(attr);
	}
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(name, f->group[i].name) == 0)
			f->group[i].id = id;
}

static int read_family(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	const struct nlattr *attr, *group;
	struct family *f = ctx;

	(void)err;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U16) == 0)
			f->id = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			mnl_attr_for_each_nested(group, attr)
				read_group(group, f);
	}
	return 0;
}

int manx_nl_genl_family(struct manx_nl *nl, const char *name, uint16_t *family,
			struct manx_nl_group *groups, size_t n, struct manx_error *err)
{
	struct nlmsghdr *nlh = manx_nl_genl_request(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	struct family f = { .group = groups, .n = n };
	int rc;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	rc = manx_nl_talk(nl, read_family, &f, err);
	if (rc)
		return rc;
	if (!f.id)
		return manx_fail_errno(err, -ENOENT, "netlink family %s", name);
	*family = f.id;
	return 0;
}

int manx_nl_join(struct manx_nl *nl, uint32_t group_id, struct manx_error *err)
{
	if (mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP, &group_id,
				  sizeof(group_id)) < 0)
		return manx_fail_errno(err, -errno, "netlink multicast group");
	return 0;
}

bool manx_nl_put_addr(struct nlmsghdr *nlh, uint16_t type, const struct manx_addr *a)
{
	return mnl_attr_put_check(nlh, MANX_NL_REQUEST_MAX, type, a->family == 4 ? 4 : 16, a->b);
}

bool manx_nl_get_addr(const struct nlattr *attr, struct manx_addr *a)
{
	uint16_t len = mnl_attr_get_payload_len(attr);

	if (len != 4 && len != 16)
		return false;
	memset(a, 0, sizeof(*a));
	a->family = len == 4 ? 4 : 6;
	memcpy(a->b, mnl_attr_get_payload(attr), len);
	return true;
}
