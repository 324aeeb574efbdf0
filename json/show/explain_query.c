/* SPDX-License-Identifier: MPL-2.0 */
#include "json/show/explain_query.h"

#include "common/base/bytes.h"
#include "common/base/failure.h"
#include "common/dhcp/codes.h"
#include "common/dhcp/messages.h"

#include "json/record/arguments.h"
#include "json/record/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Arguments -------------------------------------------------------------------------------------------------- */

static int family_read(const cJSON *arguments, struct asked *asked, struct netboot_error *error)
{
    unsigned long family = 0;
    int status = argument_number(arguments, "family", 4, 6, &family, error);

    if (status == 0 && family != NETBOOT_V4 && family != NETBOOT_V6)
        return failure(error, -EINVAL,
                       family ? "family: give 4 or 6, for DHCPv4 or DHCPv6, not `%lu`"
                              : "family is missing: give 4 or 6, for DHCPv4 or DHCPv6",
                       family);
    asked->family = (enum netboot_family)family;
    return status;
}

static int ids_read(const cJSON *arguments, struct asked *asked, struct netboot_error *error)
{
    const struct {
        const char *key;
        enum netboot_id_type type;
        bool *has;
        struct netboot_id *ret;
    } ids[] = {
        {"mac",  NETBOOT_ID_MAC,  &asked->has_mac,  &asked->mac },
        {"uuid", NETBOOT_ID_UUID, &asked->has_uuid, &asked->uuid},
        {"duid", NETBOOT_ID_DUID, &asked->has_duid, &asked->duid},
    };
    const char *text;
    int status = argument_text(arguments, "id", &text, error);

    if (status == 0 && text && (status = netboot_id_parse(text, &asked->id, error)) == 0)
        asked->has_id = true;
    for (size_t i = 0; status == 0 && i < sizeof(ids) / sizeof(ids[0]); i++) {
        status = argument_text(arguments, ids[i].key, &text, error);
        if (status == 0 && text &&
            (status = netboot_id_parse_as(ids[i].type, ids[i].key, text, ids[i].ret, error)) == 0)
            *ids[i].has = true;
    }
    return status;
}

/* A platform stands for its lowest code, as its firmware sends it. */
static int arch_add(const cJSON *item, struct asked *asked, struct netboot_error *error)
{
    struct netboot_error reason;
    const char *text = cJSON_GetStringValue(item);
    double code = cJSON_IsNumber(item) ? item->valuedouble : -1;
    uint16_t platform;

    if (asked->arch_count == sizeof(asked->archs) / sizeof(asked->archs[0]))
        return failure(error, -EINVAL, "arch: give at most %u of them", asked->arch_count);
    if (text && text[0] && strspn(text, "0123456789") == strlen(text)) {
        code = strtod(text, NULL);
    } else if (text) {
        if (netboot_platform_parse(text, &platform, &reason) != 0)
            return failure(error, -EINVAL, "arch: %.480s", reason.text);
        code = platform;
    }
    if (!(code >= 0 && code <= UINT16_MAX) || code != (uint16_t)code)
        return failure(error, -EINVAL, "arch: give an architecture type from 0 to 65535, or the name of a platform");
    asked->archs[asked->arch_count++] = (uint16_t)code;
    return 0;
}

static int requested_add(const cJSON *item, struct asked *asked, struct netboot_error *error)
{
    const double most = asked->family == NETBOOT_V4 ? 255 : 65535;
    double code = cJSON_IsNumber(item) ? item->valuedouble : -1;

    if (!cJSON_IsNumber(item))
        return failure(error, -EINVAL, "requested: give a list of option codes, as numbers");
    if (!(code >= 1 && code <= most) || code != (uint16_t)code)
        return failure(error, -EINVAL, "requested: %.0f is not an option code: use 1 to %.0f", code, most);
    if (asked->requested_count == REQUESTED_MAX)
        return failure(error, -EINVAL, "requested: give at most %d of them", REQUESTED_MAX);
    asked->requested[asked->requested_count++] = (uint16_t)code;
    return 0;
}

/* Calls `add` for a value, or for each of a list. */
static int each_read(const cJSON *value, int (*add)(const cJSON *, struct asked *, struct netboot_error *),
                     struct asked *asked, struct netboot_error *error)
{
    const cJSON *item;
    int status = 0;

    if (!value || cJSON_IsNull(value))
        return 0;
    if (!cJSON_IsArray(value))
        return add(value, asked, error);
    cJSON_ArrayForEach(item, value) if (status == 0) status = add(item, asked, error);
    return status;
}

/* ---- What firmware would send ------------------------------------------------------------------------------------ */

/* The options that such a client asks for, as far as they matter here; ended by 0. */
static const uint16_t requests[][2][16] = {
    [NETBOOT_STAGE_NONE] = {{1, 3, 6, 15},                                          {23}            },
    [NETBOOT_STAGE_PXE] = {{1, 3, 6, 12, 15, 17, 43, 54, 60, 66, 67, 97},          {59, 60, 23, 16}},
    [NETBOOT_STAGE_HTTP] = {{1, 3, 6, 12, 15, 17, 43, 54, 60, 67, 97},              {59, 60, 23, 16}},
    [NETBOOT_STAGE_IPXE] = {{1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, 175}, {23, 24, 59, 60}},
};

/* The stage that a server sees in the classes and architecture types so far. */
static enum netboot_stage stage_so_far(struct asked *asked)
{
    struct netboot_query query;
    struct netboot_client client;

    asked_query(asked, &query);
    netboot_client_parse(&query, &client);
    return client.stage;
}

/* iPXE sends PXEClient, whatever loaded it. */
static void vendor_class_guess(struct asked *asked)
{
    const struct netboot_arch *arch = netboot_arch_find(asked->archs[0]);
    bool http = arch && arch->http && stage_so_far(asked) != NETBOOT_STAGE_IPXE;

    snprintf(asked->vendor_class, sizeof(asked->vendor_class), "%s:Arch:%05u:UNDI:%s",
             http ? "HTTPClient" : "PXEClient", asked->archs[0], asked->archs[0] == 0 ? "002001" : "003016");
}

static int classes_read(const cJSON *arguments, struct asked *asked, struct netboot_error *error)
{
    const char *vendor_class;
    int status = argument_text(arguments, "vendor-class", &vendor_class, error);

    if (status == 0)
        status = argument_text(arguments, "user-class", &asked->user_class, error);
    if (status != 0)
        return status;
    if (asked->user_class && strlen(asked->user_class) > 255)
        return failure(error, -EINVAL, "user-class: too long: give at most 255 octets");
    if (vendor_class && strlen(vendor_class) >= sizeof(asked->vendor_class))
        return failure(error, -EINVAL, "vendor-class: too long: give at most 255 octets");
    if (vendor_class)
        snprintf(asked->vendor_class, sizeof(asked->vendor_class), "%s", vendor_class);
    else if (asked->arch_count > 0)
        vendor_class_guess(asked);
    asked->stage = stage_so_far(asked);
    return 0;
}

static int address_read(const cJSON *arguments, struct asked *asked, struct netboot_error *error)
{
    const char *text;
    int status = argument_text(arguments, "address", &text, error);

    if (status != 0 || !text)
        return status;
    return netboot_address_parse("address", text, asked->family, asked->address, error);
}

static void requested_guess(struct asked *asked)
{
    const uint16_t *codes = requests[asked->stage][asked->family == NETBOOT_V6];

    while (codes[asked->requested_count])
        asked->requested[asked->requested_count] = codes[asked->requested_count], asked->requested_count++;
}

int asked_read(const cJSON *arguments, struct asked *ret, struct netboot_error *error)
{
    static const char *const known[] = {
        "id",        "family",           "mac", "uuid", "duid", "arch", "vendor-class", "user-class", "address",
        "requested", "join-identifiers", NULL};
    const cJSON *requested = cJSON_GetObjectItemCaseSensitive(arguments, "requested");
    struct asked asked = {.stage = NETBOOT_STAGE_NONE};
    int status;

    if ((status = arguments_check("netboot-explain", arguments, known, error)) != 0 ||
        (status = family_read(arguments, &asked, error)) != 0 || (status = ids_read(arguments, &asked, error)) != 0 ||
        (status = each_read(cJSON_GetObjectItemCaseSensitive(arguments, "arch"), arch_add, &asked, error)) != 0 ||
        (status = classes_read(arguments, &asked, error)) != 0 ||
        (status = address_read(arguments, &asked, error)) != 0 ||
        (status = each_read(requested, requested_add, &asked, error)) != 0)
        return status;
    if (!requested || cJSON_IsNull(requested))
        requested_guess(&asked);
    *ret = asked;
    return 0;
}

/* ---- The host that is named ------------------------------------------------------------------------------------- */

/* Takes from the host the identifiers that the arguments do not name. */
static void ids_of_host(const struct netboot_host *host, struct asked *asked)
{
    const struct {
        enum netboot_id_type type;
        bool *has;
        struct netboot_id *ret;
    } wanted[] = {
        {NETBOOT_ID_MAC,  &asked->has_mac,  &asked->mac },
        {NETBOOT_ID_UUID, &asked->has_uuid, &asked->uuid},
        {NETBOOT_ID_DUID, &asked->has_duid, &asked->duid},
    };

    for (size_t k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++) {
        if (*wanted[k].has)
            continue;
        if (asked->id.type == wanted[k].type) {
            *wanted[k].ret = asked->id; /* the identifier that was named, even if it is not the first */
            *wanted[k].has = true;
        }
        if (wanted[k].type == NETBOOT_ID_DUID && asked->has_uuid)
            continue; /* firmware makes its DUID of the UUID */
        for (size_t i = 0; i < host->ids.count && !*wanted[k].has; i++)
            *wanted[k].has = netboot_host_id(host, i, wanted[k].ret) == 0 && wanted[k].ret->type == wanted[k].type;
    }
}

int asked_host(struct netboot_view *view, struct asked *asked, struct netboot_error *error)
{
    struct netboot_record record;
    char text[NETBOOT_ID_TEXT_SIZE];

    if (!asked->has_id)
        return 0;
    int status = host_get(view, &asked->id, &record);
    netboot_id_text(&asked->id, text);
    if (status != 0 && status != -ENOENT)
        return failure(error, status, "the record of host %s is damaged: delete it and set it again", text);
    if (status != 0 && asked->id.type == NETBOOT_ID_NAME)
        return failure(error, status, "there is no host %s: see netbootctl host list", text);
    if (status != 0)
        record.host.ids.count = 0; /* a machine that is not in the store has no identifiers but the named one */
    ids_of_host(&record.host, asked);
    return 0;
}

/* ---- The packet ------------------------------------------------------------------------------------------------- */

static void put(struct asked *asked, const void *data, size_t size)
{
    memcpy(asked->packet + asked->used, data, size);
    asked->used += size;
}

static void put16(struct asked *asked, unsigned value)
{
    put(asked, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

/* Adds the octets that were put since `from` as an option. */
static void option_end(struct netboot_query *query, const struct asked *asked, size_t from, uint16_t code)
{
    netboot_query_add(query, code, asked->packet + from, asked->used - from);
}

/* The first three fields of a UUID are little-endian in SMBIOS, and so in what firmware sends. */
static void put_uuid(struct asked *asked, bool swapped)
{
    uint8_t uuid[NETBOOT_UUID_SIZE];

    swap_uuid(uuid, asked->uuid.value);
    put(asked, swapped ? uuid : asked->uuid.value, NETBOOT_UUID_SIZE);
}

static void query4(struct asked *asked, struct netboot_query *query)
{
    size_t from;

    *query = (struct netboot_query){.size = sizeof(struct netboot_query),
                                    .family = NETBOOT_V4,
                                    .message_type = MESSAGE_FIRST,
                                    .reply_type = MESSAGE_OFFER,
                                    .hardware_type = HARDWARE_ETHERNET};
    if (asked->has_mac)
        query->hardware_address = (struct netboot_bytes){asked->mac.value, NETBOOT_MAC_SIZE};
    memcpy(query->assigned_address, asked->address, 4);
    from = asked->used;
    for (unsigned i = 0; i < asked->requested_count; i++)
        put(asked, &(uint8_t){(uint8_t)asked->requested[i]}, 1);
    if (asked->requested_count)
        option_end(query, asked, from, DHCP4_PARAMETER_REQUEST_LIST);
    from = asked->used;
    for (unsigned i = 0; i < asked->arch_count; i++)
        put16(asked, asked->archs[i]);
    if (asked->arch_count)
        option_end(query, asked, from, DHCP4_CLIENT_ARCH);
    from = asked->used;
    if (asked->has_uuid) {
        put(asked, "", 1); /* type 0 */
        put_uuid(asked, true);
        option_end(query, asked, from, DHCP4_CLIENT_MACHINE_IDENTIFIER);
    }
    if (asked->vendor_class[0])
        netboot_query_add(query, DHCP4_VENDOR_CLASS, asked->vendor_class, strlen(asked->vendor_class));
    if (asked->user_class)
        netboot_query_add(query, DHCP4_USER_CLASS, asked->user_class, strlen(asked->user_class));
}

/* The link-local address that firmware makes from its MAC (RFC 4291, appendix A). */
static void link_local(const struct netboot_id *mac, uint8_t ret[NETBOOT_ADDRESS_SIZE])
{
    const uint8_t *m = mac->value;
    const uint8_t address[NETBOOT_ADDRESS_SIZE] = {0xfe,     0x80, 0,    0,    0,    0,    0,    0,
                                                   m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]};

    memcpy(ret, address, sizeof(address));
}

static void duid_put(struct asked *asked, struct netboot_query *query)
{
    size_t from = asked->used;

    if (asked->has_duid) {
        put(asked, asked->duid.value, asked->duid.size);
    } else if (asked->has_uuid) {
        put16(asked, DUID_UUID);
        put_uuid(asked, asked->stage != NETBOOT_STAGE_IPXE);
    } else {
        return;
    }
    option_end(query, asked, from, DHCP6_CLIENT_IDENTIFIER);
}

static void query6(struct asked *asked, struct netboot_query *query)
{
    size_t from;

    *query = (struct netboot_query){.size = sizeof(struct netboot_query),
                                    .family = NETBOOT_V6,
                                    .message_type = MESSAGE_FIRST,
                                    .reply_type = MESSAGE_OFFER};
    if (asked->has_mac)
        link_local(&asked->mac, query->peer_address);
    memcpy(query->assigned_address, asked->address, NETBOOT_ADDRESS_SIZE);
    duid_put(asked, query);
    from = asked->used;
    for (unsigned i = 0; i < asked->requested_count; i++)
        put16(asked, asked->requested[i]);
    if (asked->requested_count)
        option_end(query, asked, from, DHCP6_OPTION_REQUEST);
    from = asked->used;
    for (unsigned i = 0; i < asked->arch_count; i++)
        put16(asked, asked->archs[i]);
    if (asked->arch_count)
        option_end(query, asked, from, DHCP6_CLIENT_ARCH);
    from = asked->used;
    if (asked->vendor_class[0]) {
        put16(asked, 0);
        put16(asked, ENTERPRISE_INTEL);
        put16(asked, (unsigned)strlen(asked->vendor_class));
        put(asked, asked->vendor_class, strlen(asked->vendor_class));
        option_end(query, asked, from, DHCP6_VENDOR_CLASS);
    }
    from = asked->used;
    if (asked->user_class) {
        put16(asked, (unsigned)strlen(asked->user_class));
        put(asked, asked->user_class, strlen(asked->user_class));
        option_end(query, asked, from, DHCP6_USER_CLASS);
    }
}

void asked_query(struct asked *asked, struct netboot_query *query)
{
    asked->used = 0;
    if (asked->family == NETBOOT_V4)
        query4(asked, query);
    else
        query6(asked, query);
}
