/* SPDX-License-Identifier: MPL-2.0 */
/* Rows as they were before a change. */
#include "change/images.h"

#include "base/bytes.h"
#include "store/store.h"

#include <stdlib.h>

#define IMAGE_HEADER 6

static bool make_room(struct images *images, size_t size)
{
    size_t room = images->room > 0 ? images->room : 1024;

    if (size > IMAGES_MAX - images->size)
        return false;
    while (room - images->size < size)
        room *= 2;
    uint8_t *octets = room > images->room ? realloc(images->octets, room) : images->octets;
    if (!octets)
        return false;
    images->octets = octets;
    images->room = room;
    return true;
}

void images_free(struct images *images)
{
    free(images->octets);
    *images = (struct images){.too_large = images->too_large};
}

/* A change does not fail because its images cannot be kept. */
void images_add(struct images *images, unsigned table, const struct store_key *key, const MDB_val *value)
{
    size_t value_size = value ? value->mv_size : 0, size = IMAGE_HEADER + key->size + value_size;

    if (images->too_large)
        return;
    if (!make_room(images, size)) {
        images->too_large = true;
        images_free(images);
        return;
    }
    uint8_t *at = images->octets + images->size;
    uint32_t stored = value ? (uint32_t)value_size : IMAGE_ABSENT;
    at[0] = table == TABLE_HOST ? 'h' : 'p';
    at[1] = (uint8_t)key->size;
    be_put32(at + 2, stored);
    memcpy(at + IMAGE_HEADER, key->octets, key->size);
    if (value_size > 0)
        memcpy(at + IMAGE_HEADER + key->size, value->mv_data, value_size);
    images->size += size;
}

bool images_take(struct netboot_bytes *rest, struct image *ret)
{
    if (rest->size < IMAGE_HEADER)
        return false;
    const uint8_t *at = rest->data;
    size_t key_size = at[1];
    uint32_t stored = be_get32(at + 2);
    size_t value_size = stored == IMAGE_ABSENT ? 0 : stored;
    size_t left = rest->size - IMAGE_HEADER;
    if ((at[0] != 'h' && at[0] != 'p') || key_size == 0 || key_size > KEY_SIZE || key_size > left ||
        value_size > left - key_size)
        return false;
    ret->table = at[0] == 'h' ? TABLE_HOST : TABLE_POLICY;
    ret->present = stored != IMAGE_ABSENT;
    ret->key.size = key_size;
    memcpy(ret->key.octets, at + IMAGE_HEADER, key_size);
    ret->value = (struct netboot_bytes){at + IMAGE_HEADER + key_size, value_size};
    *rest = bytes_after(*rest, IMAGE_HEADER + key_size + value_size);
    return true;
}
