/* SPDX-License-Identifier: MPL-2.0 */
/* Facts, decision and answer as keys of a JSON object. False: out of memory. */
#ifndef NETBOOT_RESULT_H
#define NETBOOT_RESULT_H

#include "netboot-store.h"

#include <cjson/cJSON.h>

/* `text`, or null for "" and NULL. */
bool result_add_text(cJSON *object, const char *key, const char *text);
/* family, stage, platform, arch, mac, uuid, duid, address */
bool result_add_client(cJSON *object, const struct netboot_client *client);
/* requested: the numbers of the options that the client asks for */
bool result_add_requested(cJSON *object, const struct netboot_client *client);
/* outcome, host, target, site, boot_file, next_server, tftp_server_name, vendor_class, reasons */
bool result_add_decision(cJSON *object, const struct netboot_client *client, const struct netboot_decision *decision);
/* edits: field, remove, value, hex */
bool result_add_edits(cJSON *object, enum netboot_family family, const struct netboot_answer *answer);

#endif
