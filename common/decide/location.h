/* SPDX-License-Identifier: MPL-2.0 */
/* From a path or URL of the store to what a client can load. */
#ifndef NETBOOT_DECIDE_LOCATION_H
#define NETBOOT_DECIDE_LOCATION_H

#include "netboot-store.h"

/*
 * Writes boot_file, next_server and tftp_server_name of `decision` for `value`, as this client at this site loads it.
 * NETBOOT_FINDING_TAKEN, or the finding that says why the client cannot; then only the text in boot_file may have
 * changed, which boot_file_size does not count.
 */
enum netboot_finding file_resolve(const struct netboot_client *client, const struct netboot_site *site,
                                  struct netboot_bytes value, struct netboot_decision *decision);

#endif
