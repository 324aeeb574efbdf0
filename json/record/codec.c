/* SPDX-License-Identifier: MPL-2.0 */
/* Fields of one value. */
#include "json/record/codec_value.h"

#include "common/base/failure.h"
#include "json/text/when.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Text ------------------------------------------------------------------------------------------------------- */

/* A string for text, null for none. */
static cJSON *string_or_null(struct netboot_bytes text)
{
    return text.size ? codec_string_new(text) : cJSON_CreateNull();
}

static int text_store(const char *text, struct netboot_bytes *ret, struct arena *memory, struct netboot_error *error)
{
    struct netboot_bytes copy = arena_copy(memory, text, strlen(text));

    if (!copy.data)
        return failure_no_memory(error);
    *ret = copy;
    return 0;
}

static int text_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                       struct netboot_error *error)
{
    int status = codec_string_wanted(field, value, error);

    return status ? status : text_store(value->valuestring, at, memory, error);
}

static cJSON *text_encode(const struct json_field *field, const void *at)
{
    (void)field;
    return string_or_null(*(const struct netboot_bytes *)at);
}

const struct codec codec_text = {text_decode, text_encode};

static int name_check(const struct json_field *field, const char *name, struct netboot_error *error)
{
    struct netboot_id id;

    if (field->parameter == NETBOOT_ID_NAME)
        return netboot_id_parse_as(NETBOOT_ID_NAME, field->key, name, &id, error);
    if (netboot_name_valid(name))
        return 0;
    return failure(error, -EINVAL,
                   "%s: `%.150s` is not a name: use letters, digits and ._-, a letter or digit first, at most %d",
                   field->key, name, NETBOOT_NAME_MAX);
}

static int name_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                       struct netboot_error *error)
{
    int status = codec_string_wanted(field, value, error);

    if (status == 0)
        status = name_check(field, value->valuestring, error);
    return status ? status : text_store(value->valuestring, at, memory, error);
}

const struct codec codec_name = {name_decode, text_encode};

static int file_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                       struct netboot_error *error)
{
    int status = codec_string_wanted(field, value, error);

    if (status == 0)
        status = codec_file_check(field->key, value->valuestring, error);
    return status ? status : text_store(value->valuestring, at, memory, error);
}

const struct codec codec_file = {file_decode, text_encode};

static int base_url_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                           struct netboot_error *error)
{
    struct netboot_error reason = {0};
    int status = codec_string_wanted(field, value, error);

    if (status == 0)
        status = codec_with_key(field->key, netboot_base_url_check(value->valuestring, &reason), &reason, error);
    return status ? status : text_store(value->valuestring, at, memory, error);
}

const struct codec codec_base_url = {base_url_decode, text_encode};

/* ---- Addresses -------------------------------------------------------------------------------------------------- */

static int address_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                          struct netboot_error *error)
{
    uint8_t address[NETBOOT_ADDRESS_SIZE];
    int status = codec_string_wanted(field, value, error);

    if (status)
        return status;
    status = netboot_address_parse(field->key, value->valuestring, field->parameter == 4 ? NETBOOT_V4 : NETBOOT_V6,
                                   address, error);
    if (status)
        return status;
    struct netboot_bytes copy = arena_copy(memory, address, field->parameter);
    if (!copy.data)
        return failure_no_memory(error);
    *(struct netboot_bytes *)at = copy;
    return 0;
}

static cJSON *address_encode(const struct json_field *field, const void *at)
{
    const struct netboot_bytes *address = at;
    char text[INET6_ADDRSTRLEN];

    if (address->size != field->parameter)
        return cJSON_CreateNull();
    inet_ntop(field->parameter == 4 ? AF_INET : AF_INET6, address->data, text, sizeof(text));
    return cJSON_CreateString(text);
}

const struct codec codec_address = {address_decode, address_encode};

/* ---- Platforms -------------------------------------------------------------------------------------------------- */

static int platform_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                           struct netboot_error *error)
{
    struct netboot_error reason;
    int status = codec_string_wanted(field, value, error);

    (void)memory;
    if (status)
        return status;
    return codec_with_key(field->key, netboot_platform_parse(value->valuestring, at, &reason), &reason, error);
}

static cJSON *platform_encode(const struct json_field *field, const void *at)
{
    char text[NETBOOT_PLATFORM_TEXT_SIZE];

    (void)field;
    return cJSON_CreateString(netboot_platform_text(*(const uint16_t *)at, text));
}

const struct codec codec_platform = {platform_decode, platform_encode};

/* ---- The rest --------------------------------------------------------------------------------------------------- */

static int kind_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                       struct netboot_error *error)
{
    int status = codec_string_wanted(field, value, error);
    int kind = status ? status : netboot_kind_find(value->valuestring);

    (void)memory;
    if (status)
        return status;
    if (kind < 0)
        return failure(error, -EINVAL, "%s: `%.100s` is not a kind of target: use boot, local, silent or ignore",
                       field->key, value->valuestring);
    *(enum netboot_kind *)at = (enum netboot_kind)kind;
    return 0;
}

static cJSON *kind_encode(const struct json_field *field, const void *at)
{
    (void)field;
    return cJSON_CreateString(netboot_kind_name(*(const enum netboot_kind *)at));
}

const struct codec codec_kind = {kind_decode, kind_encode};

/* A place in the menu; the command line gives it as text. */
static int order_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                        struct netboot_error *error)
{
    char *end = NULL;
    double number = cJSON_IsNumber(value) ? value->valuedouble : -1;

    (void)memory;
    if (cJSON_IsString(value) && strspn(value->valuestring, "0123456789") == strlen(value->valuestring))
        number = strtod(value->valuestring, &end);
    if (!(number >= 0 && number <= UINT16_MAX) || number != (uint16_t)number)
        return failure(error, -EINVAL, "%s: give a number from 1 to %u, or 0 for none", field->key, UINT16_MAX);
    *(uint16_t *)at = (uint16_t)number;
    return 0;
}

static cJSON *order_encode(const struct json_field *field, const void *at)
{
    uint16_t order = *(const uint16_t *)at;

    (void)field;
    return order ? cJSON_CreateNumber(order) : cJSON_CreateNull();
}

const struct codec codec_order = {order_decode, order_encode};

/* The store sets the time itself. */
static int time_decode(const struct json_field *field, const cJSON *value, void *at, struct arena *memory,
                       struct netboot_error *error)
{
    (void)at;
    (void)memory;
    return codec_string_wanted(field, value, error);
}

static cJSON *time_encode(const struct json_field *field, const void *at)
{
    char text[TIME_TEXT_SIZE];

    (void)field;
    time_text(*(const uint64_t *)at, text);
    return text[0] ? cJSON_CreateString(text) : cJSON_CreateNull();
}

const struct codec codec_time = {time_decode, time_encode};
