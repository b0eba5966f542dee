// SPDX-License-Identifier: GPL-2.0-only
/*
 * etcd: one call, by whichever member answers.
 *
 * A member that is gone, paused, cut off, or that has lost its leader says
 * nothing, or that it cannot: after @times.try another one is asked. The copy that
 * got no answer may still be carried out, at any time; so the same octets are sent
 * again, whose guards fail if it was.
 *
 * The member that is asked next may be the very one for which a silent one was waiting.
 * So after silence the rest of the first round is short, for the next success to be near,
 * and so is another try of one that was silent while others speak.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "etcd_client.h"

/*
 * Longer ones are not sent: etcd breaks them off (gRPC's limit is above that of etcd,
 * 1.5 MiB), which libcurl cannot tell from a connection that failed.
 */
#define REQUEST_MAX (2u << 20)

/* Between two rounds of all members, ms. */
#define PAUSE 100

/**
 * struct attempts - the tries of one call
 * @begin: when the first began, ms
 * @sent: one of them may have reached a member
 * @hopeless: tries in a row that cannot be helped by repeating them
 * @failed: tries that failed
 * @silent: a bit for each member that gave no answer, of the first 64
 * @token_is_new: a token was asked for in this call
 */
struct attempts {
	int64_t begin;
	bool sent, token_is_new;
	size_t hopeless, failed;
	uint64_t silent;
};

/* An answer of the member that is asked first: 0 and *reply, or -1 and why not. */
static int try_once(struct manx_etcd *etcd, const struct manx_etcd_method *method,
		    const uint8_t *message, size_t size, void **reply,
		    struct manx_grpc_status *status)
{
	struct manx_grpc_call *call;
	const uint8_t *answer;
	size_t n;

	*reply = NULL;
	*status = (struct manx_grpc_status){ .code = MANX_GRPC_INTERNAL, .text = "out of memory" };
	call = manx_etcd_begin(etcd, etcd->grpc, etcd->at, method->path, message, size,
			       false);
	if (!call)
		return -1;
	while (!manx_grpc_is_over(call, status))
		if (manx_grpc_run(etcd->grpc, etcd->times.try))
			break;
	answer = manx_grpc_receive(call, &n);
	if (status->code == MANX_GRPC_OK && answer)
		*reply = manx_etcd_unpack(method->reply, answer, n);
	manx_grpc_end(call);
	if (*reply)
		return 0;
	if (status->code == MANX_GRPC_OK) {
		status->code = MANX_GRPC_INTERNAL;
		status->answered = false;
		strcpy(status->text, "its answer cannot be read");
	}
	return -1;
}

/* A connection that failed is not used again. 0 or -errno. */
static int leave_member(struct manx_etcd *etcd, struct manx_error *err)
{
	struct manx_grpc *fresh;
	int ret = manx_grpc_open(&fresh, err);

	if (ret)
		return ret;
	manx_grpc_close(etcd->grpc);
	etcd->grpc = fresh;
	manx_etcd_next_member(etcd);
	return 0;
}

static bool is_token_refused(const struct manx_grpc_status *status)
{
	return status->code == MANX_GRPC_UNAUTHENTICATED ||
	       (status->code == MANX_GRPC_INVALID &&
		(strstr(status->text, "revision of auth store is old") ||
		 strstr(status->text, "user name is empty")));
}

/* True if another member may do better, or this one in a moment. */
static bool is_transient(const struct manx_grpc_status *status)
{
	switch (status->code) {
	case 1:		/* cancelled: the member stops */
	case 10:	/* aborted */
	case MANX_GRPC_UNKNOWN:
	case MANX_GRPC_DEADLINE:
	case MANX_GRPC_UNAVAILABLE:
		return true;
	case MANX_GRPC_INTERNAL:
		return !status->too_long;
	case MANX_GRPC_EXHAUSTED:
		return strstr(status->text, "too many requests");
	default:
		return false;
	}
}

static void rest(int ms)
{
	const struct timespec pause = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&pause, NULL);
}

static int give_up(struct manx_etcd *etcd, const struct attempts *a,
		   const struct manx_grpc_status *status, struct manx_error *err)
{
	const char *last = etcd->endpoint[etcd->at];

	/* a certificate that nobody takes now was not taken before, whatever it looked like */
	if (a->sent && a->hopeless < etcd->n_endpoints)
		return manx_fail(err, -ETIMEDOUT,
				 "%s: no answer for %d s, outcome unknown; %s at last: %s",
				 etcd->name, (int)((manx_etcd_now() - a->begin + 500) / 1000), last,
				 status->text);
	return manx_fail(err, -EHOSTUNREACH, "%s: cannot be reached; %s at last: %s", etcd->name,
			 last, status->text);
}

static uint64_t member_bit(const struct manx_etcd *etcd)
{
	return etcd->at < 64 ? UINT64_C(1) << etcd->at : 0;
}

/* See top. If all are silent, they are slow rather than gone. */
static void set_patience(struct manx_etcd *etcd, const struct attempts *a, bool was_silent)
{
	bool is_first_round = a->failed < etcd->n_endpoints;
	bool are_all = (size_t)__builtin_popcountll(a->silent) >= etcd->n_endpoints;

	etcd->patience = etcd->times.try;
	if (!are_all && ((was_silent && is_first_round) || (a->silent & member_bit(etcd))))
		etcd->patience /= 4;
}

/* 0: try again, with another member. */
static int after_failure(struct manx_etcd *etcd, struct attempts *a,
			 const struct manx_grpc_status *status, struct manx_error *err)
{
	int64_t spent = manx_etcd_now() - a->begin;
	int ret;

	a->sent |= status->sent && status->code != MANX_GRPC_EXHAUSTED;
	a->hopeless = status->hopeless ? a->hopeless + 1 : 0;
	if (a->hopeless >= etcd->n_endpoints ||
	    spent >= (a->sent ? etcd->times.total : etcd->times.refused))
		return give_up(etcd, a, status, err);
	if (status->code == MANX_GRPC_DEADLINE)
		a->silent |= member_bit(etcd);
	ret = leave_member(etcd, err);
	a->failed++;
	set_patience(etcd, a, status->code == MANX_GRPC_DEADLINE);
	if (!ret && a->failed % etcd->n_endpoints == 0)
		rest(PAUSE);
	return ret;
}

static int renew_token(struct manx_etcd *etcd, struct attempts *a,
		       const struct manx_grpc_status *status, struct manx_error *err)
{
	if (!etcd->conf.username || a->token_is_new)
		return manx_etcd_refused(etcd, status, err);
	a->token_is_new = true;
	manx_etcd_drop_token(etcd);
	return manx_etcd_have_token(etcd, err);
}

static void learn_cluster(struct manx_etcd *etcd, const void *reply)
{
	/* whatever it is, it begins like this */
	const Etcd__AnyResponse *any = reply;

	if (any->header)
		etcd->cluster = any->header->cluster_id;
}

static int try_all(struct manx_etcd *etcd, const struct manx_etcd_method *method,
		   const uint8_t *message, size_t size, void **reply, bool *repeated,
		   struct manx_error *err)
{
	struct attempts a = { .begin = manx_etcd_now() };
	struct manx_grpc_status status;
	int ret = 0;

	etcd->patience = etcd->times.try;
	while (!ret) {
		if (!try_once(etcd, method, message, size, reply, &status)) {
			*repeated = a.sent;
			learn_cluster(etcd, *reply);
			return 0;
		}
		if (is_token_refused(&status))
			ret = renew_token(etcd, &a, &status, err);
		else if (is_transient(&status))
			ret = after_failure(etcd, &a, &status, err);
		else
			ret = manx_etcd_refused(etcd, &status, err);
	}
	return ret;
}

int manx_etcd_call(struct manx_etcd *etcd, const struct manx_etcd_method *method,
		   const ProtobufCMessage *request, void *reply, bool *repeated,
		   struct manx_error *err)
{
	uint8_t *message;
	bool again;
	size_t size;
	int ret;

	*(void **)reply = NULL;
	message = manx_etcd_pack(request, &size);
	if (!message)
		return manx_fail(err, -ENOMEM, "%s: out of memory", etcd->name);
	ret = size > REQUEST_MAX ? manx_etcd_too_big(etcd, "request is too large", err)
				 : manx_etcd_have_token(etcd, err);
	if (!ret)
		ret = try_all(etcd, method, message, size, reply, repeated ? repeated : &again,
			      err);
	free(message);
	return ret;
}

/* A user without need for one: etcd has its authentication off. */
static bool is_auth_off(const struct manx_grpc_status *status)
{
	return status->code == MANX_GRPC_PRECONDITION &&
	       strstr(status->text, "authentication is not enabled");
}

static int set_token(struct manx_etcd *etcd, const char *token, struct manx_error *err)
{
	for (const char *c = token; *c; c++)
		if (*c <= ' ' || *c > '~')
			return manx_fail(err, -EPROTO, "%s: gives a token that is none", etcd->name);
	etcd->token = strdup(token);
	return etcd->token ? 0 : manx_fail(err, -ENOMEM, "%s: out of memory", etcd->name);
}

int manx_etcd_have_token(struct manx_etcd *etcd, struct manx_error *err)
{
	static const struct manx_etcd_method authenticate = {
		"/etcdserverpb.Auth/Authenticate", &etcd__authenticate_response__descriptor,
	};
	Etcd__AuthenticateRequest request = ETCD__AUTHENTICATE_REQUEST__INIT;
	struct attempts a = { .begin = manx_etcd_now() };
	struct manx_grpc_status status;
	void *reply = NULL;
	uint8_t *message;
	size_t size;
	int ret = 0;

	if (!etcd->conf.username || etcd->token || etcd->is_open)
		return 0;
	request.name = etcd->conf.username;
	request.password = etcd->conf.password;
	message = manx_etcd_pack(&request.base, &size);
	if (!message)
		return manx_fail(err, -ENOMEM, "%s: out of memory", etcd->name);
	etcd->patience = etcd->times.try;
	while (!ret && try_once(etcd, &authenticate, message, size, &reply, &status)) {
		etcd->is_open = is_auth_off(&status);
		if (etcd->is_open)
			break;
		ret = is_transient(&status) ? after_failure(etcd, &a, &status, err)
					    : manx_etcd_refused(etcd, &status, err);
	}
	explicit_bzero(message, size);
	free(message);
	if (!ret && reply)
		ret = set_token(etcd, ((Etcd__AuthenticateResponse *)reply)->token, err);
	manx_etcd_free(reply);
	return ret;
}
