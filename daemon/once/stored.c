/* SPDX-License-Identifier: MPL-2.0 */
#include "once/stored.h"

#include <string.h>

static void unpack(struct once_record *record)
{
    memset(record->exchanges, 0, sizeof(record->exchanges));
    for (size_t i = 0; i < record->stored.count && i < ONCE_METHODS; i++) {
        const uint8_t *octets = record->stored.items[i].data;
        struct once_exchange *exchange = &record->exchanges[i];
        exchange->state = octets[0];
        exchange->has_mac = octets[1] != 0;
        memcpy(exchange->mac, octets + 2, NETBOOT_MAC_SIZE);
        memcpy(&exchange->transaction, octets + 8, sizeof(exchange->transaction));
        memcpy(&exchange->ms, octets + 12, sizeof(exchange->ms));
    }
}

static void pack(struct once_record *record, uint8_t octets[ONCE_METHODS][ONCE_EXCHANGE_SIZE])
{
    memset(octets, 0, (size_t)ONCE_METHODS * ONCE_EXCHANGE_SIZE);
    record->stored.count = ONCE_METHODS;
    for (size_t i = 0; i < ONCE_METHODS; i++) {
        const struct once_exchange *exchange = &record->exchanges[i];
        octets[i][0] = exchange->state;
        octets[i][1] = exchange->has_mac;
        memcpy(octets[i] + 2, exchange->mac, NETBOOT_MAC_SIZE);
        memcpy(octets[i] + 8, &exchange->transaction, sizeof(exchange->transaction));
        memcpy(octets[i] + 12, &exchange->ms, sizeof(exchange->ms));
        record->stored.items[i] = (struct netboot_bytes){octets[i], ONCE_EXCHANGE_SIZE};
    }
}

int stored_read(struct netboot_bytes octets, struct once_record *ret)
{
    int code = record_decode(&record_once, octets, ret);

    if (code == 0)
        unpack(ret);
    return code;
}

ssize_t stored_write(struct once_record *record, uint8_t octets[ONCE_RECORD_MAX])
{
    uint8_t exchanges[ONCE_METHODS][ONCE_EXCHANGE_SIZE];

    pack(record, exchanges);
    return record_encode(&record_once, record, octets, ONCE_RECORD_MAX);
}
