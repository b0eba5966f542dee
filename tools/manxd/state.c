// SPDX-License-Identifier: GPL-2.0-only
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "log.h"

/* Keys from here (included) to there: b/ e/ h/ i/ m/ r/ x/, at one revision. */
#define FIRST_KEY	"b/"
#define END_KEY		"y"

/* Place of the first key that is not below @key. */
static size_t lower_bound(const struct manxd_state *state, const char *key)
{
	size_t lo = 0, hi = state->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(state->entry[mid]->key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool is_at(const struct manxd_state *state, size_t at, const char *key)
{
	return at < state->n && !strcmp(state->entry[at]->key, key);
}

static void remove_at(struct manxd_state *state, size_t at)
{
	manxd_entry_free(state->entry[at]);
	state->n--;
	memmove(&state->entry[at], &state->entry[at + 1],
		(state->n - at) * sizeof(*state->entry));
}

static int insert_at(struct manxd_state *state, size_t at, struct manxd_entry *entry)
{
	if (state->n == state->size) {
		size_t size = state->size ? 2 * state->size : 64;
		struct manxd_entry **more = reallocarray(state->entry, size, sizeof(*more));

		if (!more)
			return -ENOMEM;
		state->entry = more;
		state->size = size;
	}
	memmove(&state->entry[at + 1], &state->entry[at],
		(state->n - at) * sizeof(*state->entry));
	state->entry[at] = entry;
	state->n++;
	return 0;
}

static int lose(struct manxd_state *state, const char *key, struct manx_error *err)
{
	char **more = reallocarray(state->lost, state->n_lost + 1, sizeof(*more));

	if (more)
		state->lost = more;
	if (!more || !(more[state->n_lost] = strdup(key)))
		return manx_fail(err, -ENOMEM, "out of memory for %s", key);
	state->n_lost++;
	return 0;
}

static void find_again(struct manxd_state *state, const char *key)
{
	for (size_t i = 0; i < state->n_lost; i++) {
		if (strcmp(state->lost[i], key))
			continue;
		free(state->lost[i]);
		state->lost[i] = state->lost[--state->n_lost];
		return;
	}
}

const char *manxd_state_lost(const struct manxd_state *state, const char *prefix)
{
	for (size_t i = 0; i < state->n_lost; i++)
		if (!strncmp(state->lost[i], prefix, strlen(prefix)))
			return state->lost[i];
	return NULL;
}

/*
 * One key as the store has it now. What cannot be decoded takes no effect, which
 * is said once, here: what the key held before stays, for a policy that is passed
 * over opens pods, and an endpoint that is passed over loses its link. If nothing
 * is known from before, the key is lost.
 */
static int put(struct manxd_state *state, const struct manx_kv *kv, struct manx_error *err)
{
	size_t at = lower_bound(state, kv->key);
	struct manxd_entry *entry = NULL;
	struct manx_error why;
	int rc = 0;

	if (kv->value)
		rc = manxd_entry_decode(kv, &entry, &why);
	if (rc == -ENOMEM)
		return manx_fail(err, rc, "%s", why.text);
	find_again(state, kv->key);
	if (rc) {
		manxd_log(LOG_WARNING, "%s is ignored: %s", kv->key, why.text);
		return is_at(state, at, kv->key) ? 0 : lose(state, kv->key, err);
	}
	if (is_at(state, at, kv->key))
		remove_at(state, at);
	if (entry && insert_at(state, at, entry)) {
		manxd_entry_free(entry);
		return manx_fail(err, -ENOMEM, "out of memory for %s", kv->key);
	}
	return 0;
}

static void free_entries(struct manxd_state *state)
{
	for (size_t i = 0; i < state->n; i++)
		manxd_entry_free(state->entry[i]);
	free(state->entry);
	for (size_t i = 0; i < state->n_lost; i++)
		free(state->lost[i]);
	free(state->lost);
	state->entry = NULL;
	state->lost = NULL;
	state->n = state->size = state->n_lost = 0;
}

static void end_watch(struct manxd_state *state)
{
	manx_watch_close(state->watch);
	state->watch = NULL;
}

void manxd_state_clear(struct manxd_state *state)
{
	end_watch(state);
	free_entries(state);
}

int manxd_state_sync(struct manxd_state *state, struct manx_error *err)
{
	struct manxd_state fresh = { .store = state->store, .ipam = state->ipam };
	struct manx_kvs kvs = { 0 };
	int rc = manx_store_range(state->store, FIRST_KEY, END_KEY, 0, &kvs, err);

	for (size_t i = 0; !rc && i < kvs.n; i++)
		if (manxd_entry_is_known(kvs.kv[i].key))
			rc = put(&fresh, &kvs.kv[i], err);
	if (!rc)
		rc = manx_watch_open(state->store, FIRST_KEY, END_KEY, kvs.rev, &fresh.watch,
				     err);
	manx_kvs_clear(&kvs);
	if (rc) {
		free_entries(&fresh);
		return rc;
	}
	manxd_state_clear(state);
	*state = fresh;
	if (state->ipam)
		manx_ipam_cache_forget(state->ipam);
	return 0;
}

int manxd_state_follow(struct manxd_state *state, unsigned int *changed, struct manx_error *err)
{
	struct manx_kv kv;
	int rc;

	if (!state->watch)
		return manx_fail(err, -ESTALE, "not in sync with the store");
	while ((rc = manx_watch_next(state->watch, &kv, err)) > 0) {
		if (state->ipam)
			manx_ipam_cache_change(state->ipam, &kv);
		if (manxd_entry_is_known(kv.key)) {
			*changed |= manxd_entry_changes(&kv);
			rc = put(state, &kv, err);
		}
		manx_kv_clear(&kv);
		if (rc < 0)
			break;
	}
	if (rc < 0)
		end_watch(state);
	return rc;
}

size_t manxd_state_range(const struct manxd_state *state, const char *prefix,
			 struct manxd_entry *const **first)
{
	size_t from = lower_bound(state, prefix), to = from, n = strlen(prefix);

	while (to < state->n && !strncmp(state->entry[to]->key, prefix, n))
		to++;
	if (first)
		*first = state->entry + from;
	return to - from;
}

size_t manxd_state_kind(const struct manxd_state *state, enum manx_kind_id id,
			struct manxd_entry *const **first)
{
	char prefix[64];

	if (manx_kind_prefix(manx_kind(id), NULL, prefix, sizeof(prefix)))
		return 0;
	return manxd_state_range(state, prefix, first);
}

const struct manxd_entry *manxd_state_get(const struct manxd_state *state, const char *key)
{
	size_t at = lower_bound(state, key);

	return is_at(state, at, key) ? state->entry[at] : NULL;
}

size_t manxd_state_weps(const struct manxd_state *state, const char *node,
			struct manxd_entry *const **first)
{
	char prefix[300];

	snprintf(prefix, sizeof(prefix), "e/%s/", node);
	return manxd_state_range(state, prefix, first);
}

const struct manxd_entry *manxd_state_node(const struct manxd_state *state, const char *name)
{
	char key[300];

	snprintf(key, sizeof(key), "r/nodes/%s", name);
	return manxd_state_get(state, key);
}

const struct manx_ippool *manxd_state_pool(const struct manxd_state *state, const char *name)
{
	const struct manxd_entry *entry;
	char key[300];

	snprintf(key, sizeof(key), "r/ippools/%s", name);
	entry = manxd_state_get(state, key);
	return entry ? &entry->pool : NULL;
}

const struct manx_ippool *manxd_state_pool_of(const struct manxd_state *state,
					      const struct manx_addr *addr)
{
	struct manxd_entry *const *pool;
	size_t n = manxd_state_kind(state, MANX_KIND_IPPOOL, &pool);

	for (size_t i = 0; i < n; i++)
		if (manx_prefix_contains(&pool[i]->pool.cidr, addr))
			return &pool[i]->pool;
	return NULL;
}
