/* SPDX-License-Identifier: MPL-2.0 */
#ifndef NETBOOTD_LOG_H
#define NETBOOTD_LOG_H

/* A line for the service manager's log, at most so many a second. It never waits: what is left out is counted, and told
 * later. */
__attribute__((format(printf, 1, 2))) void core_log(const char *format, ...);

/* Once a second. */
void core_log_tick(void);

#endif
