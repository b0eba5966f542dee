/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages for the journal or the terminal, on stderr.
 */
#ifndef MANXD_LOG_H
#define MANXD_LOG_H

#include <syslog.h>	/* LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO */

/* One line; control characters that came from outside are replaced. */
void manxd_log(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif /* MANXD_LOG_H */
