/* SPDX-License-Identifier: MPL-2.0 */
#include "explain_query.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Options ---------------------------------------------------------------------------------------------------- */

static int id_option(const struct session *session, const char *name, enum netboot_id_type type, bool *has,
                     struct netboot_id *ret)
{
    const char *value = option_value(session->arguments, name);
    char what[32];
    struct netboot_error error;

    snprintf(what, sizeof(what), "--%s", name);
    if (!value)
        return DONE;
    if (id_parse_as(type, what, value, ret, &error) != 0)
        return misused("%s", error.text);
    *has = true;
    return DONE;
}

/* A platform is asked for as the firmware of its kind would: by its lowest code. */
static int arch_option(struct asked *asked, const char *value)
{
    struct netboot_error error;
    uint16_t platform;
    char *end;
    unsigned long code = strtoul(value, &end, 10);
    bool is_number = value[0] >= '0' && value[0] <= '9' && *end == '\0';

    if (is_number && code > UINT16_MAX)
        return misused("--arch: `%s` is too large for an architecture type: at most 65535", value);
    if (!is_number && platform_parse(value, &platform, &error) != 0)
        return misused("--arch: %s", error.text);
    if (asked->arch_count == sizeof(asked->archs) / sizeof(asked->archs[0]))
        return misused("--arch: more than %u of them do not fit", asked->arch_count);
    asked->archs[asked->arch_count++] = is_number ? (uint16_t)code : platform;
    return DONE;
}

static int requested_option(struct asked *asked, const char *value)
{
    const long most = asked->family == NETBOOT_V4 ? 255 : 65535;

    for (const char *at = value; *at;) {
        char *end;
        long code = strtol(at, &end, 10);
        if (end == at || code < 1 || code > most || (*end && *end != ',') || asked->requested_count == REQUESTED_MAX)
            return misused("--requested: `%s` is not a list of option codes: type it like 59,60,16", value);
        asked->requested[asked->requested_count++] = (uint16_t)code;
        at = *end ? end + 1 : end;
    }
    return DONE;
}

static int family_option(const struct session *session, struct asked *asked)
{
    const char *value = option_value(session->arguments, "family");

    if (!value)
        return misused("explain wants --family 4 or --family 6: DHCPv4 or DHCPv6");
    if (strcmp(value, "4") != 0 && strcmp(value, "6") != 0)
        return misused("--family is 4 or 6, not `%s`", value);
    asked->family = value[0] == '4' ? NETBOOT_V4 : NETBOOT_V6;
    return DONE;
}

static int address_option(const struct session *session, struct asked *asked)
{
    const char *value = option_value(session->arguments, "address");
    struct netboot_error error;

    if (!value)
        return DONE;
    if (address_parse("--address", value, asked->family == NETBOOT_V4 ? 4 : 16, asked->address, &error) != 0)
        return misused("%s", error.text);
    asked->has_address = true;
    return DONE;
}

/* What the identifiers are if the options do not say: those of the host that is named. */
int asked_host(struct session *session, struct asked *asked)
{
    struct netboot_error error;
    struct netboot_host host;
    struct netboot_id id;
    char text[NETBOOT_ID_TEXT_SIZE];
    int status = -ENOENT;

    if (session->arguments->word_count == 0)
        return DONE;
    if (id_parse(session->arguments->words[0], &id, &error) != 0)
        return misused("%s", error.text);
    status = netboot_view_host(session->view, &id, &host);
    if (status != 0 && status != -ENOENT)
        return failed("host %s cannot be read: it is damaged; delete it and set it anew", netboot_id_text(&id, text));
    if (status != 0 && id.type == NETBOOT_ID_NAME)
        return failed("there is no host %s: netbootctl host list shows those there are", netboot_id_text(&id, text));
    if (status != 0) {
        /* Not in the store, and so an answer all the more wanted. */
        host.ids.count = 0;
    }
    struct {
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
        if (id.type == wanted[k].type) {
            *wanted[k].ret = id; /* the card that was named, be it the first or not */
            *wanted[k].has = true;
        }
        if (wanted[k].type == NETBOOT_ID_DUID && asked->has_uuid)
            continue; /* firmware makes its DUID of the UUID */
        for (size_t i = 0; i < host.ids.count && !*wanted[k].has; i++)
            *wanted[k].has = netboot_host_id(&host, i, wanted[k].ret) == 0 && wanted[k].ret->type == wanted[k].type;
    }
    return DONE;
}

/* ---- What firmware would send ------------------------------------------------------------------------------------ */

/* The options that such a client asks for, as far as they matter here; ended by 0. */
static const uint16_t requests[][2][16] = {
    [ORDINARY] = {{1, 3, 6, 15},                                          {23}            },
    [PXE] = {{1, 3, 6, 12, 15, 17, 43, 54, 60, 66, 67, 97},          {59, 60, 23, 16}},
    [HTTP] = {{1, 3, 6, 12, 15, 17, 43, 54, 60, 67, 97},              {59, 60, 23, 16}},
    [IPXE] = {{1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, 175}, {23, 24, 59, 60}},
};

enum client_kind asked_kind(const struct asked *asked)
{
    if (asked->user_class && strcmp(asked->user_class, "iPXE") == 0)
        return IPXE;
    if (strncmp(asked->vendor_class, "HTTPClient", 10) == 0)
        return HTTP;
    if (asked->arch_count > 0 || strncmp(asked->vendor_class, "PXEClient", 9) == 0)
        return PXE;
    return ORDINARY;
}

/* iPXE says PXEClient however it came to be loaded. */
static void vendor_class_guess(struct asked *asked)
{
    const struct netboot_arch *arch = netboot_arch_find(asked->archs[0]);
    bool http = arch && arch->http && asked_kind(asked) != IPXE;

    snprintf(asked->vendor_class, sizeof(asked->vendor_class), "%s:Arch:%05u:UNDI:%s",
             http ? "HTTPClient" : "PXEClient", asked->archs[0], asked->archs[0] == 0 ? "002001" : "003016");
    asked->vendor_class_guessed = true;
}

static int classes_option(const struct session *session, struct asked *asked)
{
    const char *vendor_class = option_value(session->arguments, "vendor-class");

    asked->user_class = option_value(session->arguments, "user-class");
    if (asked->user_class && strlen(asked->user_class) > 255)
        return misused("--user-class is too long: at most 255 octets");
    if (vendor_class && strlen(vendor_class) >= sizeof(asked->vendor_class))
        return misused("--vendor-class is too long: at most 255 octets");
    if (vendor_class)
        snprintf(asked->vendor_class, sizeof(asked->vendor_class), "%s", vendor_class);
    else if (asked->arch_count > 0)
        vendor_class_guess(asked);
    return DONE;
}

static void requested_guess(struct asked *asked)
{
    const uint16_t *codes = requests[asked_kind(asked)][asked->family == NETBOOT_V6];

    while (codes[asked->requested_count])
        asked->requested[asked->requested_count] = codes[asked->requested_count], asked->requested_count++;
}

int asked_read(struct session *session, struct asked *asked)
{
    const char *value;
    unsigned index = 0;
    int code = family_option(session, asked);

    if (code == DONE)
        code = id_option(session, "mac", NETBOOT_ID_MAC, &asked->has_mac, &asked->mac);
    if (code == DONE)
        code = id_option(session, "uuid", NETBOOT_ID_UUID, &asked->has_uuid, &asked->uuid);
    if (code == DONE)
        code = id_option(session, "duid", NETBOOT_ID_DUID, &asked->has_duid, &asked->duid);
    while (code == DONE && (value = option_next(session->arguments, "arch", &index)))
        code = arch_option(asked, value);
    if (code == DONE)
        code = classes_option(session, asked);
    if (code == DONE)
        code = address_option(session, asked);
    if (code == DONE && (value = option_value(session->arguments, "requested")))
        code = requested_option(asked, value);
    else if (code == DONE)
        requested_guess(asked);
    return code;
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

/* Adds what was put since `from` as an option. */
static void option_end(struct netboot_query *query, const struct asked *asked, size_t from, uint16_t code)
{
    netboot_query_add(query, code, asked->packet + from, asked->used - from);
}

/* The first three fields of a UUID are little-endian in SMBIOS, and so in what firmware sends. */
static void put_uuid(struct asked *asked, bool swapped)
{
    static const uint8_t order[NETBOOT_UUID_SIZE] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

    for (unsigned i = 0; i < NETBOOT_UUID_SIZE; i++)
        put(asked, &asked->uuid.value[swapped ? order[i] : i], 1);
}

static void query4(struct asked *asked, struct netboot_query *query)
{
    size_t from;

    *query = (struct netboot_query){.family = NETBOOT_V4, .message_type = 1, .reply_type = 2, .hardware_type = 1};
    if (asked->has_mac)
        query->hardware_address = (struct netboot_bytes){asked->mac.value, NETBOOT_MAC_SIZE};
    memcpy(query->assigned_address, asked->address, 4);
    from = asked->used;
    for (unsigned i = 0; i < asked->requested_count; i++)
        put(asked, &(uint8_t){(uint8_t)asked->requested[i]}, 1);
    if (asked->requested_count)
        option_end(query, asked, from, 55);
    from = asked->used;
    for (unsigned i = 0; i < asked->arch_count; i++)
        put16(asked, asked->archs[i]);
    if (asked->arch_count)
        option_end(query, asked, from, 93);
    from = asked->used;
    if (asked->has_uuid) {
        put(asked, "", 1); /* type 0 */
        put_uuid(asked, true);
        option_end(query, asked, from, 97);
    }
    if (asked->vendor_class[0])
        netboot_query_add(query, 60, asked->vendor_class, strlen(asked->vendor_class));
    if (asked->user_class)
        netboot_query_add(query, 77, asked->user_class, strlen(asked->user_class));
}

/* The link-local address that firmware makes of its MAC (RFC 4291, appendix A). */
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
        put16(asked, 4); /* DUID-UUID (RFC 6355) */
        put_uuid(asked, asked_kind(asked) != IPXE);
    } else {
        return;
    }
    option_end(query, asked, from, 1);
}

static void query6(struct asked *asked, struct netboot_query *query)
{
    size_t from;

    *query = (struct netboot_query){.family = NETBOOT_V6, .message_type = 1, .reply_type = 2};
    if (asked->has_mac)
        link_local(&asked->mac, query->peer_address);
    memcpy(query->assigned_address, asked->address, NETBOOT_ADDRESS_SIZE);
    duid_put(asked, query);
    from = asked->used;
    for (unsigned i = 0; i < asked->requested_count; i++)
        put16(asked, asked->requested[i]);
    if (asked->requested_count)
        option_end(query, asked, from, 6);
    from = asked->used;
    for (unsigned i = 0; i < asked->arch_count; i++)
        put16(asked, asked->archs[i]);
    if (asked->arch_count)
        option_end(query, asked, from, 61);
    from = asked->used;
    if (asked->vendor_class[0]) {
        put16(asked, 0);
        put16(asked, 343); /* Intel's, as EDK2 and iPXE send it */
        put16(asked, (unsigned)strlen(asked->vendor_class));
        put(asked, asked->vendor_class, strlen(asked->vendor_class));
        option_end(query, asked, from, 16);
    }
    from = asked->used;
    if (asked->user_class) {
        put16(asked, (unsigned)strlen(asked->user_class));
        put(asked, asked->user_class, strlen(asked->user_class));
        option_end(query, asked, from, 15);
    }
}

void asked_query(struct asked *asked, struct netboot_query *query)
{
    if (asked->family == NETBOOT_V4)
        query4(asked, query);
    else
        query6(asked, query);
}
