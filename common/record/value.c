/* SPDX-License-Identifier: MPL-2.0 */
#include "record/value.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "base/utf8.h"
#include "decide/check.h"
#include "record/record.h"

#include <errno.h>

/* ---- Shapes: what readers rely on */

bool record_shape_prefix(struct netboot_bytes value)
{
    return (value.size == 5 && value.data[0] <= 32) || (value.size == 17 && value.data[0] <= 128);
}

bool record_shape_id(struct netboot_bytes value)
{
    size_t size = value.size - 1; /* of the identifier; the field is never empty */

    switch (value.data[0]) {
    case NETBOOT_ID_MAC:
        return size == NETBOOT_MAC_SIZE;
    case NETBOOT_ID_UUID:
        return size == NETBOOT_UUID_SIZE;
    case NETBOOT_ID_DUID:
        return size >= 3 && size <= NETBOOT_DUID_MAX;
    }
    return false;
}

bool record_shape_kind(struct netboot_bytes value)
{
    return value.data[0] <= NETBOOT_KIND_IGNORE;
}

/* Pairs of octets. */
bool record_shape_reasons(struct netboot_bytes value)
{
    return value.size % 2 == 0;
}

/* Numbers of 8 octets each. */
bool record_shape_numbers(struct netboot_bytes value)
{
    return value.size % 8 == 0;
}

/* ---- Keys of items */

size_t record_platform_size(struct netboot_bytes item)
{
    return item.size < 2 ? item.size : 2;
}

size_t record_label_size(struct netboot_bytes item)
{
    const uint8_t *equals = memchr(item.data, '=', item.size);

    return equals ? (size_t)(equals - item.data) : item.size;
}

/* ---- Checks: what a person may store */

size_t record_character_size(const uint8_t *data, size_t size)
{
    uint32_t character;
    size_t taken = utf8_read(data, size, &character);

    return taken > 0 && character >= 0x20 && !(character >= 0x7f && character < 0xa0) ? taken : 0;
}

int record_check_text(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    for (size_t at = 0, size; at < value.size; at += size) {
        size = record_character_size(value.data + at, value.size - at);
        if (size == 0)
            return failure(error, -EINVAL,
                           "the %s has a control character or invalid UTF-8 at octet %zu: write it in plain text", name,
                           at + 1);
    }
    return 0;
}

/* The value as a C string. False: it contains a NUL, or is longer than any field. */
static bool to_text(struct netboot_bytes value, char text[RECORD_TEXT_MAX + 3])
{
    if (value.size > RECORD_TEXT_MAX + 2 || memchr(value.data, '\0', value.size))
        return false;
    memcpy(text, value.data, value.size);
    text[value.size] = '\0';
    return true;
}

int record_check_name(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    char text[RECORD_TEXT_MAX + 3];

    if (to_text(value, text) && netboot_name_valid(text))
        return 0;
    if (record_check_text(name, value, error) != 0)
        return -EINVAL;
    return failure(error, -EINVAL,
                   "'%.*s' cannot be the %s: use letters, digits and '._-', a letter or digit first, at most %d",
                   (int)(value.size < 200 ? value.size : 200), (const char *)value.data, name, NETBOOT_NAME_MAX);
}

static int check_text(const char *name, struct netboot_bytes value,
                      int (*check)(const char *text, struct netboot_error *error), struct netboot_error *error)
{
    char text[RECORD_TEXT_MAX + 3];

    if (!to_text(value, text))
        return failure(error, -EINVAL, "the %s contains a NUL: write it in plain text", name);
    return check(text, error);
}

int record_check_url(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    return check_text(name, value, netboot_base_url_check, error);
}

int record_check_file(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    return check_text(name, value, netboot_file_check, error);
}

/* A target's script names this file, and one script serves all sites. */
int record_check_kernel(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    static const char site[] = "{site}";

    if (record_check_file(name, value, error) != 0)
        return -EINVAL;
    if (memmem(value.data, value.size, site, strlen(site)))
        return failure(error, -EINVAL,
                       "the %s has the placeholder {site}, but one script serves all sites: make a target for each "
                       "site, or give the target its own script",
                       name);
    return 0;
}

int record_check_command_line(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    return check_text(name, value, command_line_check, error);
}

/* A platform is numbered by its lowest architecture type. */
int record_check_platform(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    unsigned platform = be_get16(value.data);
    const struct netboot_arch *arch = netboot_arch_find(platform);

    if (arch && arch->platform == platform)
        return 0;
    return failure(error, -EINVAL, "the %s names platform %u, which does not exist", name, platform);
}

int record_check_platform_file(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    if (record_check_platform(name, (struct netboot_bytes){value.data, 2}, error) != 0)
        return -EINVAL;
    return record_check_file(name, bytes_after(value, 2), error);
}

int record_check_label(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    const uint8_t *equals = memchr(value.data, '=', value.size);

    if (record_check_text(name, value, error) != 0)
        return -EINVAL;
    if (!equals)
        return failure(error, -EINVAL, "the label '%.*s' has no '=': write KEY=VALUE",
                       (int)(value.size < 200 ? value.size : 200), (const char *)value.data);
    return record_check_name("key of a label", (struct netboot_bytes){value.data, (size_t)(equals - value.data)},
                             error);
}

/* Firmware without a UUID sends all zeros or all ones: many machines share such an identifier. */
int record_check_id(const char *name, struct netboot_bytes value, struct netboot_error *error)
{
    struct netboot_bytes id = bytes_after(value, 1);

    for (size_t i = 1; i < id.size; i++)
        if (id.data[i] != id.data[0])
            return 0;
    if (id.data[0] != 0x00 && id.data[0] != 0xff)
        return 0;
    return failure(error, -EINVAL,
                   "the %s is %s: firmware without an identifier sends this, so it does not identify a machine", name,
                   id.data[0] == 0 ? "all zeros" : "all ones");
}
