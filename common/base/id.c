/* SPDX-License-Identifier: MPL-2.0 */
/* Identifiers and names as people write them. */
#include "netboot-store.h"

#include "base/failure.h"

#include "base/bytes.h"

#include <errno.h>

/* Reads octets of two digits each, `separator` ('\0': none) after every `group` octets. The number of octets. */
static int octets_parse(const char *text, char separator, unsigned group, uint8_t *ret, unsigned size)
{
    unsigned count = 0;

    while (*text) {
        if (count == size)
            return -EINVAL;
        if (separator && count > 0 && count % group == 0 && *text++ != separator)
            return -EINVAL;
        int high = hex_digit((uint8_t)text[0]);
        int low = high < 0 ? -1 : hex_digit((uint8_t)text[1]);
        if (low < 0)
            return -EINVAL;
        ret[count++] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return (int)count;
}

static int mac_parse(const char *text, uint8_t *ret)
{
    static const struct {
        char separator;
        unsigned group;
    } spellings[] = {
        {':',  1},
        {'-',  1},
        {'.',  2},
        {'\0', 1},
    };

    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
        if (octets_parse(text, spellings[i].separator, spellings[i].group, ret, NETBOOT_MAC_SIZE) == NETBOOT_MAC_SIZE)
            return NETBOOT_MAC_SIZE;
    return -EINVAL;
}

/* 8-4-4-4-12 digits (RFC 9562), or 32 of them. */
static int uuid_parse(const char *text, uint8_t *ret)
{
    char digits[2 * NETBOOT_UUID_SIZE + 1];
    size_t count = 0;

    if (strlen(text) == 36) {
        for (unsigned i = 0; i < 36; i++) {
            bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
            if (hyphen != (text[i] == '-'))
                return -EINVAL;
            if (!hyphen)
                digits[count++] = text[i];
        }
        digits[count] = '\0';
        text = digits;
    }
    return octets_parse(text, '\0', 1, ret, NETBOOT_UUID_SIZE) == NETBOOT_UUID_SIZE ? NETBOOT_UUID_SIZE : -EINVAL;
}

/* A DUID is a 2-octet type and at least one octet; types in use are below 256. */
static int duid_parse(const char *text, uint8_t *ret)
{
    int size = octets_parse(text, ':', 1, ret, NETBOOT_DUID_MAX);

    if (size < 0)
        size = octets_parse(text, '\0', 1, ret, NETBOOT_DUID_MAX);
    return size >= 3 ? size : -EINVAL;
}

static int name_parse(const char *text, uint8_t *ret)
{
    struct netboot_id id;

    if (!netboot_name_valid(text))
        return -EINVAL;
    /* A name that reads as another identifier could never be used: it would be read as that identifier. All identifiers
     * begin with a hexadecimal digit. */
    if (hex_digit((uint8_t)text[0]) >= 0 && (netboot_id_parse(text, &id, NULL) != 0 || id.type != NETBOOT_ID_NAME))
        return -EINVAL;
    memcpy(ret, text, strlen(text));
    return (int)strlen(text);
}

/* Where no type is given, a text of this shape is a DUID. */
static bool looks_like_duid(const uint8_t *value, int size)
{
    return size >= 7 && value[0] == 0;
}

static int value_parse(enum netboot_id_type type, const char *text, uint8_t *ret)
{
    switch (type) {
    case NETBOOT_ID_MAC:
        return mac_parse(text, ret);
    case NETBOOT_ID_UUID:
        return uuid_parse(text, ret);
    case NETBOOT_ID_DUID:
        return duid_parse(text, ret);
    case NETBOOT_ID_NAME:
        return name_parse(text, ret);
    }
    return -EINVAL;
}

#define TEXT_OF_(number) #number
#define TEXT_OF(number) TEXT_OF_(number)

static const char *wanted(enum netboot_id_type type)
{
    switch (type) {
    case NETBOOT_ID_MAC:
        return "a MAC address: write it like 52:54:00:12:34:56";
    case NETBOOT_ID_UUID:
        return "a UUID: write it like 11223344-5566-7788-99aa-bbccddeeff00";
    case NETBOOT_ID_DUID:
        return "a DUID: write it like 00:03:00:01:52:54:00:12:34:56";
    case NETBOOT_ID_NAME:
        break;
    }
    return "a name: use letters, digits and ._-, a letter or digit first, at most " TEXT_OF(
        NETBOOT_NAME_MAX) ", but not a MAC, UUID or DUID";
}

int netboot_id_parse_as(enum netboot_id_type type, const char *what, const char *text, struct netboot_id *ret,
                        struct netboot_error *error)
{
    struct netboot_id id = {.type = type};
    int size = value_parse(type, text, id.value);

    if (size < 0)
        return failure(error, -EINVAL, "%s: `%.150s` is not %s", what, text, wanted(type));
    id.size = (uint8_t)size;
    *ret = id;
    return 0;
}

int netboot_id_parse(const char *text, struct netboot_id *ret, struct netboot_error *error)
{
    struct netboot_id id = {.type = NETBOOT_ID_NAME};

    if (netboot_id_parse_as(NETBOOT_ID_MAC, NULL, text, ret, NULL) == 0 ||
        netboot_id_parse_as(NETBOOT_ID_UUID, NULL, text, ret, NULL) == 0)
        return 0;
    if (netboot_id_parse_as(NETBOOT_ID_DUID, NULL, text, &id, NULL) == 0 && looks_like_duid(id.value, id.size)) {
        *ret = id;
        return 0;
    }
    if (!netboot_name_valid(text))
        return failure(error, -EINVAL,
                       "`%.150s` is not an ID of a host: give a MAC (52:54:00:12:34:56), a UUID, a DUID (00:04:...) or "
                       "a name of letters, digits and ._-, a letter or digit first, at most %d",
                       text, NETBOOT_NAME_MAX);
    *ret = (struct netboot_id){.type = NETBOOT_ID_NAME, .size = (uint8_t)strlen(text)};
    memcpy(ret->value, text, ret->size);
    return 0;
}

const char *netboot_id_text(const struct netboot_id *id, char text[NETBOOT_ID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    size_t size = id->size < sizeof(id->value) ? id->size : sizeof(id->value);
    char *end = text;

    if (id->type == NETBOOT_ID_NAME) {
        memcpy(text, id->value, size);
        text[size] = '\0';
        return text;
    }
    for (size_t i = 0; i < size; i++) {
        if (id->type != NETBOOT_ID_UUID && i > 0)
            *end++ = ':';
        else if (i == 4 || i == 6 || i == 8 || i == 10)
            *end++ = '-';
        *end++ = digits[id->value[i] >> 4];
        *end++ = digits[id->value[i] & 15];
    }
    *end = '\0';
    return text;
}

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool netboot_name_valid(const char *name)
{
    size_t size = strlen(name);

    if (size == 0 || size > NETBOOT_NAME_MAX || !is_letter_or_digit(name[0]))
        return false;
    for (size_t i = 1; i < size; i++)
        if (!is_letter_or_digit(name[i]) && !strchr("._-", name[i]))
            return false;
    return true;
}
