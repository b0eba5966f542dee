// SPDX-License-Identifier: GPL-2.0-only
/*
 * etcd: a watch. See etcd_watch.h.
 *
 * The revision that a sign of life (progress) tells is not used to go on from:
 * some versions of etcd send it before changes that are older.
 */
#include "etcd_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "etcd_kv.h"

#define WATCH_METHOD "/etcdserverpb.Watch/Watch"

/* Between a connection that failed and the next, ms. */
#define RETRY_FIRST 50
#define RETRY_MAX 1000

/**
 * struct manx_etcd_watch - a watch
 * @grpc: connections of its own
 * @call: the stream; NULL while there is none
 * @at: the member that it goes to
 * @from, @to: the keys, as etcd has them
 * @cluster: whose revisions these are; 0: not known
 * @rev: changes up to here have come
 * @batch, @next: changes that came; the first that was not handed out
 * @epoll: @grpc and @timer
 * @timer: due when @due is
 * @due: what is to be done next is due then, ms: connect, or ask for progress
 * @heard: the last sign of life, ms
 * @retry: how long to wait before the next connection, ms
 * @is_created: etcd said so of this stream
 * @error: what ended the watch; code 0: nothing
 * @trouble: why there is no stream
 */
struct manx_etcd_watch {
	struct manx_etcd *etcd;
	struct manx_grpc *grpc;
	struct manx_grpc_call *call;
	size_t at;
	ProtobufCBinaryData from, to;
	uint64_t cluster;
	int64_t rev;
	struct manx_kvs batch;
	size_t next;
	int epoll, timer;
	int64_t due, heard;
	int retry;
	bool is_created;
	struct manx_error error;
	char trouble[256];
};

/* The timer fires at once if @due is over. */
static void arm(struct manx_etcd_watch *watch)
{
	struct itimerspec when = { .it_value = { watch->due / 1000,
						 watch->due % 1000 * 1000000L + 1 } };

	timerfd_settime(watch->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static int send_request(struct manx_etcd_watch *watch, const Etcd__WatchRequest *request)
{
	size_t size;
	uint8_t *message = manx_etcd_pack(&request->base, &size);
	int ret = -ENOMEM;

	if (!message)
		return ret;
	if (watch->call) {
		ret = manx_grpc_send(watch->call, message, size);
	} else {
		watch->call = manx_etcd_begin(watch->etcd, watch->grpc, watch->at, WATCH_METHOD,
					      message, size, true);
		ret = watch->call ? 0 : -ENOMEM;
	}
	free(message);
	return ret;
}

/* No stream for now; the next one begins at another member. */
static void hang_up(struct manx_etcd_watch *watch, const char *why)
{
	struct manx_etcd *etcd = watch->etcd;
	struct manx_grpc *fresh;

	snprintf(watch->trouble, sizeof(watch->trouble), "%s: %s",
		 etcd->endpoint[watch->at], why);
	manx_grpc_end(watch->call);
	watch->call = NULL;
	watch->is_created = false;
	/* calls may have found one that answers already */
	watch->at = watch->at != etcd->at ? etcd->at : (watch->at + 1) % etcd->n_endpoints;
	watch->due = manx_etcd_now() + watch->retry;
	watch->retry = 2 * watch->retry < RETRY_MAX ? 2 * watch->retry : RETRY_MAX;
	/* the connection goes, too: another stream on it would keep silent as well */
	if (!manx_grpc_open(&fresh, NULL)) {
		struct epoll_event event = { .events = EPOLLIN };

		epoll_ctl(watch->epoll, EPOLL_CTL_DEL, manx_grpc_fd(watch->grpc), NULL);
		manx_grpc_close(watch->grpc);
		watch->grpc = fresh;
		epoll_ctl(watch->epoll, EPOLL_CTL_ADD, manx_grpc_fd(fresh), &event);
	}
}

static void hook_up(struct manx_etcd_watch *watch)
{
	Etcd__WatchCreateRequest create = ETCD__WATCH_CREATE_REQUEST__INIT;
	Etcd__WatchRequest request = ETCD__WATCH_REQUEST__INIT;
	struct manx_error why;

	if (manx_etcd_have_token(watch->etcd, &why)) {
		hang_up(watch, why.text);
		return;
	}
	create.key = watch->from;
	create.range_end = watch->to;
	create.start_revision = watch->rev + 1;
	create.progress_notify = true;
	request.request_union_case = ETCD__WATCH_REQUEST__REQUEST_UNION_CREATE_REQUEST;
	request.create_request = &create;
	/* a member that takes the connection and says nothing is left like one that does not */
	watch->due = manx_etcd_now() + watch->etcd->times.try;
	if (send_request(watch, &request))
		hang_up(watch, "out of memory");
}

static void ask_for_progress(struct manx_etcd_watch *watch)
{
	Etcd__WatchProgressRequest progress = ETCD__WATCH_PROGRESS_REQUEST__INIT;
	Etcd__WatchRequest request = ETCD__WATCH_REQUEST__INIT;

	request.request_union_case = ETCD__WATCH_REQUEST__REQUEST_UNION_PROGRESS_REQUEST;
	request.progress_request = &progress;
	watch->due = manx_etcd_now() + watch->etcd->times.progress;
	if (send_request(watch, &request))
		hang_up(watch, "takes no more requests");
}

/* What time alone makes necessary. */
static void keep_up(struct manx_etcd_watch *watch)
{
	int64_t now = manx_etcd_now();

	if (now - watch->heard >= watch->etcd->times.silence && watch->is_created)
		hang_up(watch, "gave no sign of life");
	if (now < watch->due)
		return;
	if (!watch->call)
		hook_up(watch);
	else if (watch->is_created)
		ask_for_progress(watch);
	else
		hang_up(watch, "does not begin the watch");
}

static int stale(struct manx_etcd_watch *watch, const char *why)
{
	return manx_fail(&watch->error, -ESTALE, "%s: %s", watch->etcd->name, why);
}

/* It is the store that the caller has read, and no earlier state of it. */
static int check_header(struct manx_etcd_watch *watch, const Etcd__WatchResponse *r)
{
	if (!r->header)
		return manx_fail(&watch->error, -EPROTO, "%s: answers without a revision",
				 watch->etcd->name);
	if (watch->cluster && r->header->cluster_id != watch->cluster)
		return stale(watch, "is another cluster now");
	watch->cluster = r->header->cluster_id;
	/* of a cancelled watch it is 0 */
	if (r->created && r->header->revision && r->header->revision < watch->rev)
		return stale(watch, "its revision went back, as by a restored backup");
	return 0;
}

/* The reason came from elsewhere, and words of ours are printed. */
static const char *printable(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}

static int on_cancel(struct manx_etcd_watch *watch, Etcd__WatchResponse *r)
{
	const char *why = printable(r->cancel_reason);

	if (r->compact_revision)
		return stale(watch, "changes that long ago are not kept any more (compacted)");
	if (strstr(why, "auth token"))
		manx_etcd_drop_token(watch->etcd);
	else if (strstr(why, "ermission"))
		return manx_fail(&watch->error, -EACCES,
				 "%s: the user's role does not allow to watch (%s): manxctl datastore roles says what is needed",
				 watch->etcd->name, why);
	hang_up(watch, *why ? why : "ended the watch");
	return 0;
}

static int add_event(struct manx_etcd_watch *watch, const Etcd__Event *event)
{
	bool is_deleted = event->type == ETCD__EVENT__EVENT_TYPE__DELETE;

	if (event->kv && event->kv->mod_revision < watch->rev)
		return manx_fail(&watch->error, -EPROTO, "%s: changes come out of order",
				 watch->etcd->name);
	return manx_etcd_add(watch->etcd, event->kv, is_deleted, &watch->batch, &watch->error);
}

static int on_response(struct manx_etcd_watch *watch, Etcd__WatchResponse *r)
{
	int ret = check_header(watch, r);

	watch->heard = manx_etcd_now();
	if (ret)
		return ret;
	if (r->canceled)
		return on_cancel(watch, r);
	if (r->created) {
		watch->is_created = true;
		watch->retry = RETRY_FIRST;
		watch->due = watch->heard + watch->etcd->times.progress;
	}
	for (size_t i = 0; i < r->n_events && !ret; i++)
		ret = add_event(watch, r->events[i]);
	if (!ret && r->n_events)
		watch->rev = watch->batch.kv[watch->batch.n - 1].mod_rev;
	return ret;
}

/* One message, if one came: 1, 0, or the error that ended the watch. */
static int take_message(struct manx_etcd_watch *watch)
{
	const uint8_t *message;
	Etcd__WatchResponse *r;
	size_t size;
	int ret;

	if (!watch->call)
		return 0;
	message = manx_grpc_receive(watch->call, &size);
	if (!message)
		return 0;
	r = manx_etcd_unpack(&etcd__watch_response__descriptor, message, size);
	if (!r) {
		hang_up(watch, "sends what cannot be read");
		return 0;
	}
	ret = on_response(watch, r);
	manx_etcd_free(r);
	return ret ? ret : 1;
}

static int on_end(struct manx_etcd_watch *watch)
{
	struct manx_grpc_status status;

	if (!watch->call || !manx_grpc_is_over(watch->call, &status))
		return 0;
	if (status.code == MANX_GRPC_UNAUTHENTICATED)
		manx_etcd_drop_token(watch->etcd);
	if (status.answered && status.code == MANX_GRPC_PERMISSION)
		return manx_etcd_refused(watch->etcd, &status, &watch->error);
	hang_up(watch, status.text);
	return 0;
}

static void drain_timer(struct manx_etcd_watch *watch)
{
	uint64_t ticks;
	ssize_t n = read(watch->timer, &ticks, sizeof(ticks));

	(void)n;
}

/* Until there is an event, or nothing more to do now. */
static int fill(struct manx_etcd_watch *watch)
{
	int ret;

	manx_kvs_clear(&watch->batch);
	watch->next = 0;
	drain_timer(watch);
	ret = manx_grpc_run(watch->grpc, 0);
	if (ret)
		return manx_fail_errno(&watch->error, ret, "%s", watch->etcd->name);
	do
		ret = take_message(watch);
	while (ret > 0 && !watch->batch.n);
	if (!ret)
		ret = on_end(watch);
	if (ret < 0)
		return ret;
	keep_up(watch);
	if (!watch->is_created &&
	    manx_etcd_now() - watch->heard >= 2 * (int64_t)watch->etcd->times.silence)
		return manx_fail(&watch->error, -EHOSTUNREACH, "%s: no sign of life for %d s; %s",
				 watch->etcd->name, watch->etcd->times.silence / 500,
				 watch->trouble);
	arm(watch);
	return 0;
}

int manx_etcd_watch_next(struct manx_etcd_watch *watch, struct manx_kv *kv,
			 struct manx_error *err)
{
	int ret = watch->error.code;

	if (!ret && watch->next == watch->batch.n)
		ret = fill(watch);
	if (watch->next < watch->batch.n) {
		*kv = watch->batch.kv[watch->next];
		watch->batch.kv[watch->next++] = (struct manx_kv){ 0 };
		return 1;
	}
	return ret ? manx_fail(err, ret, "%s", watch->error.text) : 0;
}

static int prepare(struct manx_etcd_watch *watch, const char *from, const char *to,
		   struct manx_error *err)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ret = manx_grpc_open(&watch->grpc, err);

	if (ret)
		return ret;
	watch->from = manx_etcd_key(from);
	watch->to = manx_etcd_key(to);
	if (!watch->from.data || !watch->to.data)
		return manx_fail(err, -ENOMEM, "watch: out of memory");
	watch->epoll = epoll_create1(EPOLL_CLOEXEC);
	watch->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch->epoll < 0 || watch->timer < 0 ||
	    epoll_ctl(watch->epoll, EPOLL_CTL_ADD, watch->timer, &event) ||
	    epoll_ctl(watch->epoll, EPOLL_CTL_ADD, manx_grpc_fd(watch->grpc), &event))
		return manx_fail_errno(err, -errno, "watch");
	return 0;
}

int manx_etcd_watch_open(struct manx_etcd *etcd, const char *from, const char *to, int64_t rev,
			 struct manx_etcd_watch **watch, struct manx_error *err)
{
	struct manx_etcd_watch *w = malloc(sizeof(*w));
	int ret;

	*watch = NULL;
	if (!w)
		return manx_fail(err, -ENOMEM, "watch: out of memory");
	*w = (struct manx_etcd_watch){
		.etcd = etcd, .cluster = etcd->cluster, .rev = rev, .at = etcd->at, .epoll = -1, .timer = -1,
		.retry = RETRY_FIRST, .heard = manx_etcd_now(),
	};
	ret = prepare(w, from, to, err);
	if (ret) {
		manx_etcd_watch_close(w);
		return ret;
	}
	w->due = w->heard;
	arm(w);
	*watch = w;
	return 0;
}

int manx_etcd_watch_fd(const struct manx_etcd_watch *watch)
{
	return watch->epoll;
}

void manx_etcd_watch_renew(struct manx_etcd_watch *watch)
{
	hang_up(watch, "is behind");
	arm(watch);
}

int64_t manx_etcd_watch_rev(const struct manx_etcd_watch *watch)
{
	return watch->rev;
}

void manx_etcd_watch_close(struct manx_etcd_watch *watch)
{
	if (!watch)
		return;
	manx_kvs_clear(&watch->batch);
	manx_grpc_end(watch->call);
	manx_grpc_close(watch->grpc);
	free(watch->from.data);
	free(watch->to.data);
	if (watch->epoll >= 0)
		close(watch->epoll);
	if (watch->timer >= 0)
		close(watch->timer);
	free(watch);
}
