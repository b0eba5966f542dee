/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * etcd: a watch. A stream counts as alive only while something arrives: a sign of
 * life is asked for, and a connection that keeps silent is dropped and the watch
 * taken up again, after the last change that came, at the next member.
 */
#ifndef MANX_ETCD_WATCH_H
#define MANX_ETCD_WATCH_H

#include "etcd_client.h"
#include "store_internal.h"

struct manx_etcd_watch;

/* See manx_watch_open(). @etcd must outlive it. */
int manx_etcd_watch_open(struct manx_etcd *etcd, const char *from, const char *to, int64_t rev,
			 struct manx_etcd_watch **watch, struct manx_error *err);
int manx_etcd_watch_fd(const struct manx_etcd_watch *watch);
/*
 * See manx_watch_next(). -ESTALE also if another cluster answers, or one whose
 * revision is lower; -EHOSTUNREACH: no member gave a sign of life for
 * @times.silence. After an error it gives no more.
 */
int manx_etcd_watch_next(struct manx_etcd_watch *watch, struct manx_kv *kv,
			 struct manx_error *err);
/* It should have told something by now: go on with another member. */
void manx_etcd_watch_renew(struct manx_etcd_watch *watch);
/* Changes up to this revision have come. */
int64_t manx_etcd_watch_rev(const struct manx_etcd_watch *watch);
void manx_etcd_watch_close(struct manx_etcd_watch *watch);

#endif /* MANX_ETCD_WATCH_H */
