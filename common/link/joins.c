/* SPDX-License-Identifier: MPL-2.0 */
#include "link/joins.h"

#include "link/slots.h"

#include <unistd.h>

static const struct slots_type type = {
    .name = "netboot-joins",
    .what = "joined identifiers",
    .magic = UINT64_C(0x6e62746a6f696e31), /* "nbtjoin1" */
    .slots = JOINS_SLOTS,
    .words = 1,
};

int joins_create(struct joins *ret, struct netboot_error *error)
{
    struct joins joins = {.fd = -1};
    int code = slots_create(&type, &joins.slots, &joins.fd, error);

    if (code == 0)
        *ret = joins;
    return code;
}

int joins_put(struct joins *joins, const struct store_key *id, const uint8_t mac[NETBOOT_MAC_SIZE])
{
    uint64_t word = 0;

    memcpy(&word, mac, NETBOOT_MAC_SIZE);
    return slots_put(&type, joins->slots, &joins->count, slots_hash(id), &word);
}

bool joins_remove(struct joins *joins, const struct store_key *id)
{
    return slots_remove(&type, joins->slots, &joins->count, slots_hash(id));
}

int joins_open(int fd, struct joins *ret, struct netboot_error *error)
{
    struct joins joins = {.fd = -1};
    int code = slots_open(&type, fd, &joins.slots, error);

    if (code == 0)
        *ret = joins;
    return code;
}

bool joins_find(const struct joins *joins, const struct store_key *id, uint8_t ret[NETBOOT_MAC_SIZE])
{
    uint64_t word;

    if (!slots_find(&type, joins->slots, slots_hash(id), &word))
        return false;
    memcpy(ret, &word, NETBOOT_MAC_SIZE);
    return true;
}

void joins_close(struct joins *joins)
{
    slots_close(&type, joins->slots);
    if (joins->fd >= 0)
        close(joins->fd);
    *joins = (struct joins){.fd = -1};
}
