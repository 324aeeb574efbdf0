/* SPDX-License-Identifier: MPL-2.0 */
#include "store/key.h"

#include "base/bytes.h"
#include "decide/decide.h"
#include "dhcp/codes.h"

/* SMBIOS has the first three fields of a UUID little-endian, RFC 9562 big-endian, and clients send either form. The
 * smaller one is the key. */
static void put_uuid(uint8_t *ret, const uint8_t uuid[NETBOOT_UUID_SIZE])
{
    uint8_t swapped[NETBOOT_UUID_SIZE];

    swap_uuid(swapped, uuid);
    memcpy(ret, memcmp(swapped, uuid, NETBOOT_UUID_SIZE) < 0 ? swapped : uuid, NETBOOT_UUID_SIZE);
}

bool key_of_id(struct store_key *ret, uint8_t type, const uint8_t *value, size_t size)
{
    if (size == 0 || size > NETBOOT_DUID_MAX)
        return false;
    ret->size = 1 + size;
    ret->octets[0] = type;
    if (type == NETBOOT_ID_UUID && size == NETBOOT_UUID_SIZE) {
        put_uuid(ret->octets + 1, value);
    } else if (type == NETBOOT_ID_DUID && size == 2 + NETBOOT_UUID_SIZE && be_get16(value) == DUID_UUID) {
        memcpy(ret->octets + 1, value, 2);
        put_uuid(ret->octets + 3, value + 2);
    } else {
        memcpy(ret->octets + 1, value, size);
    }
    return true;
}

bool key_of_name(struct store_key *ret, uint8_t row, const void *name, size_t size)
{
    if (size == 0 || size > NETBOOT_NAME_MAX)
        return false;
    ret->size = 1 + size;
    ret->octets[0] = row;
    memcpy(ret->octets + 1, name, size);
    return true;
}

void key_of_platform(struct store_key *ret, uint16_t platform)
{
    ret->size = 3;
    ret->octets[0] = ROW_LOADER;
    be_put16(ret->octets + 1, platform);
}

void key_of_range(struct store_key *ret, enum netboot_family family, const uint8_t *address)
{
    size_t size = family == NETBOOT_V4 ? 4 : 16;

    ret->size = 2 + size;
    ret->octets[0] = ROW_RANGE;
    ret->octets[1] = (uint8_t)family;
    memcpy(ret->octets + 2, address, size);
}

void key_of_prefix(struct store_key *ret, struct netboot_bytes prefix)
{
    enum netboot_family family = prefix.size == 5 ? NETBOOT_V4 : NETBOOT_V6;

    key_of_range(ret, family, prefix.data + 1);
    ret->octets[0] = ROW_PREFIX;
    ret->octets[ret->size++] = prefix.data[0];
}

bool key_of_host(struct store_key *ret, const struct netboot_host *host)
{
    return host->ids.count > 0 && key_of_item(ret, host->ids.items[host_primary_id(host)]);
}
