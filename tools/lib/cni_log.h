/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log of a CNI plugin: a file that the configuration names, and standard
 * error, which belongs to the runtime's own log, for errors and warnings.
 */
#ifndef MANX_CNI_LOG_H
#define MANX_CNI_LOG_H

#include "cni_conf.h"

/**
 * struct manx_cni_log - where lines go; zero-initialised it is standard error alone
 * @file: descriptor + 1, 0 if there is no file
 * @level: what goes to the file
 * @subject: what every line is about, e.g. "ADD c1 eth0 ns/pod"
 */
struct manx_cni_log {
	int file;
	enum manx_cni_level level;
	char subject[768];
};

/*
 * Open the file that @conf names, creating it with mode 0600, following no
 * symbolic link below manx's own directory. Returns as manx_cni_log_read(); a
 * file that cannot be opened is a warning, not an error.
 */
int manx_cni_log_open(struct manx_cni_log *log, const struct manx_cni_conf *conf,
		      struct manx_error *err);
void manx_cni_log_close(struct manx_cni_log *log);

void manx_cni_log(struct manx_cni_log *log, enum manx_cni_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* MANX_CNI_LOG_H */
