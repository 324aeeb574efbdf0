/* SPDX-License-Identifier: MPL-2.0 */
/* What the service manager is told: sd_notify(3). Without one, nothing happens. */
#ifndef NETBOOTD_NOTIFY_H
#define NETBOOTD_NOTIFY_H

/* "READY=1", "WATCHDOG=1", "STOPPING=1" */
void notify(const char *state);

#endif
