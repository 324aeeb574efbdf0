/* SPDX-License-Identifier: MPL-2.0 */
/* What a server's own configuration says of network boot in a reply. Nothing here prints. */
#ifndef NETBOOTCTL_MIGRATE_REPLY_H
#define NETBOOTCTL_MIGRATE_REPLY_H

#include "input.h"
#include "texts.h"

#include "json/show/fields.h"

#include <cjson/cJSON.h>

#define REPLY_OPTIONS 3
#define REPLY_VALUE_SIZE 1024

/* Texts, kept once; NULL where it says nothing. */
struct reply {
    const char *next_server, *file, *server_name; /* DHCPv4 */
    const char *options[REPLY_OPTIONS];           /* hexadecimal, in the order of reply_options */
};
extern const uint16_t reply_options[BOOT_FAMILIES][REPLY_OPTIONS];

/* What dhcpd said. -ENOMEM. */
int reply_read(struct texts *texts, unsigned family, const cJSON *answer, struct reply *ret);
/* As it is on the wire; `ret` points into the room and the reply. */
struct reply_room {
    uint8_t next_server[4];
    uint8_t options[REPLY_OPTIONS][REPLY_VALUE_SIZE];
};
void reply_fields(const struct reply *reply, unsigned family, struct reply_room *room, struct boot_fields *ret);
/* A reply of which each value is the first's, or else the second's. */
struct reply reply_over(const struct reply *first, const struct reply *second);
bool reply_equal(const struct reply *one, const struct reply *other);

#endif
