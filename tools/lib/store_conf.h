/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which datastore, and how it is reached. Settings are calicoctl's: the
 * environment (DATASTORE_TYPE, ETCD_ENDPOINTS, ..., each also with MANX_ in
 * front, which then goes first), else $MANX_CONF_DIR/manx.yaml (default
 * /etc/manx), which looks like calicoctl.cfg:
 *
 *	apiVersion: projectcalico.org/v3
 *	kind: CalicoAPIConfig
 *	metadata:
 *	spec:
 *	  datastoreType: etcdv3
 *	  etcdEndpoints: https://etcd1:2379,https://etcd2:2379
 */
#ifndef MANX_STORE_CONF_H
#define MANX_STORE_CONF_H

#include <stddef.h>

#include "error.h"

enum manx_store_type { MANX_STORE_SQLITE, MANX_STORE_ETCDV3 };

/**
 * struct manx_store_conf - a datastore; zero but @type before it is filled by hand
 * @type: which engine
 * @sqlite: path of the database
 * @endpoints: of etcd: "http://host:port" or "https://host:port", with commas between
 * @username, @password: both or neither
 * @ca_file: of the authority that signed the servers' certificates; NULL: the system's
 * @cert_file, @key_file: our certificate and its key, both or neither
 *
 * Strings are NULL where nothing is set.
 */
struct manx_store_conf {
	enum manx_store_type type;
	char *sqlite;
	char *endpoints;
	char *username, *password;
	char *ca_file, *cert_file, *key_file;
};

/*
 * Read the settings and check them: -EINVAL for one that is wrong, unknown, or
 * lacks another; -EACCES for a file with a secret that others can read. Secrets
 * never stand in a message. Free with manx_store_conf_clear(), also on failure.
 */
int manx_store_conf_read(struct manx_store_conf *conf, struct manx_error *err);
/* The same from the file @path alone, which must be there. */
int manx_store_conf_read_file(struct manx_store_conf *conf, const char *path,
			      struct manx_error *err);
void manx_store_conf_clear(struct manx_store_conf *conf);

/* Where it is, for people: the path, or the endpoints; "" while that is not known. */
const char *manx_store_conf_place(const struct manx_store_conf *conf);

#endif /* MANX_STORE_CONF_H */
