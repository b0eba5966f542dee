/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A store of their own for the tests, and other processes that use it.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store.h"

/**
 * struct fixture - a store
 * @dir: fresh
 * @db: path of the database in it
 * @conf: of a store elsewhere, NULL: it is the database
 * @store: open in this process; NULL until fixture_open()
 */
struct fixture {
	char dir[64];
	char db[80];
	const struct manx_store_conf *conf;
	struct manx_store *store;
};

/* Where databases lie that need not outlive a power cut: in memory if possible. */
const char *fixture_memory(void);

/*
 * Make a directory in @base for this process, and remove those there of processes that
 * are gone. @what: lower case letters, for who sees it lie.
 */
void fixture_dir(char dir[64], const char *base, const char *what);

/* cmocka's setup and teardown: *state is a struct fixture in memory. The store is open. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

/* The same by hand. @base: where the directory is made. All of them fail the test. */
void fixture_make(struct fixture *f, const char *base);
void fixture_open(struct fixture *f);
void fixture_remove(struct fixture *f);

/* manx_store_open() of the database @path. */
int fixture_sqlite(struct manx_store **store, const char *path, struct manx_error *err);

/* Delete all that is in @f's store, which is closed then. */
void fixture_wipe(struct fixture *f);

/* Run @fn in a child process, whose exit status is what it returns. */
pid_t fixture_fork(int (*fn)(void *ctx), void *ctx);
/* Wait for @pid; its exit status, or 128 and the signal that ended it. */
int fixture_wait(pid_t pid);

/* Fail the test unless the store takes it; @value NULL deletes. The new revision. */
int64_t fixture_put(struct manx_store *store, const char *key, const char *value);
/* The value of @key, until the next call; NULL if it does not exist. */
const char *fixture_value(struct manx_store *store, const char *key);
size_t fixture_count(struct manx_store *store, const char *prefix);
/* Run SQL on the database as another program would. */
void fixture_sql(const char *db, const char *sql);

/*
 * Another writer comes first: when this process is about to get its next
 * transaction into @db, @key gets @value (NULL: is deleted). What was read before
 * is then no longer true, which the guards must notice. Two can be prepared; both
 * come before the same transaction.
 */
void fixture_listen(void);	/* before the store is opened */
void fixture_interfere(const char *db, const char *key, const char *value);
/* True if all that was prepared has happened. */
bool fixture_interfered(void);

/* Milliseconds of the monotonic clock. */
double fixture_ms(void);
void fixture_sleep(unsigned int ms);

#endif /* STORE_FIXTURE_H */
