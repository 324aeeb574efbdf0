/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Client facts: who asks, at which stage of its boot, on which platform.
 *
 * The tables at the end have a row for each option: its function checks the length and skips what it cannot use. Then
 * the stage, the platform and the identifiers are taken from what was found, the best source first.
 */
#include "netboot.h"

#include "base/bytes.h"
#include "base/names.h"
#include "dhcp/codes.h"
#include "dhcp/query.h"

/* What the options say, before the best source is chosen. */
struct option_findings {
    struct netboot_client *client;
    bool has_user_class;
    bool user_class_ipxe;
    bool ipxe_encapsulated; /* option 175 */
    bool pxe_class;
    bool http_class;
    int class_arch; /* "PXEClient:Arch:00007:...", -1 where absent */
    struct netboot_bytes client_id_mac;
};

/* ---- Identifiers */

static void set_mac(struct netboot_client *client, const uint8_t *mac)
{
    if (client->has_mac || is_zero(mac, NETBOOT_MAC_SIZE))
        return;
    memcpy(client->mac, mac, NETBOOT_MAC_SIZE);
    client->has_mac = true;
}

static bool is_nobodys_uuid(const uint8_t *uuid)
{
    static const uint8_t ones[NETBOOT_UUID_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

    return is_zero(uuid, NETBOOT_UUID_SIZE) || memcmp(uuid, ones, sizeof(ones)) == 0;
}

static void set_uuid(struct netboot_client *client, const uint8_t *uuid)
{
    if (client->has_uuid || is_nobodys_uuid(uuid))
        return;
    memcpy(client->uuid, uuid, NETBOOT_UUID_SIZE);
    client->has_uuid = true;
}

/* SMBIOS keeps the first three fields of a UUID little-endian; this is its network order. */
static void set_smbios_uuid(struct netboot_client *client, const uint8_t *raw)
{
    uint8_t uuid[NETBOOT_UUID_SIZE];

    swap_uuid(uuid, raw);
    set_uuid(client, uuid);
}

static bool is_ethernet(unsigned hardware_type)
{
    return hardware_type == HARDWARE_ETHERNET || hardware_type == HARDWARE_IEEE802;
}

/* RFC 6939, section 4: 2 octets hardware type, then the address. */
static void set_link_layer_mac(struct netboot_client *client, struct netboot_bytes option)
{
    if (option.size == 2 + NETBOOT_MAC_SIZE && is_ethernet(be_get16(option.data)))
        set_mac(client, option.data + 2);
}

/* RFC 4291, appendix A: an interface identifier made of a MAC has ff:fe in its middle and the u bit inverted, for
 * locally administered MACs too. */
static void set_eui64_mac(struct netboot_client *client, const uint8_t address[NETBOOT_ADDRESS_SIZE])
{
    static const uint8_t link_local[8] = {0xfe, 0x80};

    if (memcmp(address, link_local, sizeof(link_local)) != 0 || address[11] != 0xff || address[12] != 0xfe)
        return;
    set_mac(client, (uint8_t[]){address[8] ^ 0x02, address[9], address[10], address[13], address[14], address[15]});
}

/* RFC 8415, section 11: link-layer types carry a MAC after hardware type (and time). */
static void set_duid_mac(struct netboot_client *client)
{
    struct netboot_bytes duid = client->duid;
    size_t offset;

    if (duid.size < 4)
        return;
    switch (be_get16(duid.data)) {
    case DUID_LLT:
        offset = 8;
        break;
    case DUID_LL:
        offset = 4;
        break;
    default:
        return;
    }
    if (duid.size == offset + NETBOOT_MAC_SIZE && is_ethernet(be_get16(duid.data + 2)))
        set_mac(client, duid.data + offset);
}

/* RFC 6355. iPXE writes the UUID in network order, EDK2 as SMBIOS has it. */
static void set_duid_uuid(struct netboot_client *client)
{
    struct netboot_bytes duid = client->duid;

    if (duid.size != 2 + NETBOOT_UUID_SIZE || be_get16(duid.data) != DUID_UUID)
        return;
    if (client->stage == NETBOOT_STAGE_IPXE)
        set_uuid(client, duid.data + 2);
    else
        set_smbios_uuid(client, duid.data + 2);
}

static void set_duid(struct netboot_client *client, struct netboot_bytes duid)
{
    if (client->duid.size == 0 && duid.size >= 3 && duid.size <= NETBOOT_DUID_MAX)
        client->duid = duid;
}

/* ---- Options */

static void read_requested(struct option_findings *found, struct netboot_bytes option)
{
    if (found->client->requested.size == 0)
        found->client->requested = option;
}

/* RFC 4578, section 2.1 and RFC 5970, section 3.3: a list of 16-bit types. The first known one counts. */
static void read_arch(struct option_findings *found, struct netboot_bytes option)
{
    struct netboot_client *client = found->client;

    if (option.size == 0 || option.size % 2 != 0 || client->arch != NETBOOT_ARCH_NONE)
        return;
    client->arch = be_get16(option.data);
    for (size_t i = 0; i < option.size; i += 2) {
        if (netboot_arch_find(be_get16(option.data + i))) {
            client->arch = be_get16(option.data + i);
            return;
        }
    }
}

static bool is_digits(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] < '0' || data[i] > '9')
            return false;
    return true;
}

/* PXE 2.1, table 2-1: "PXEClient:Arch:xxxxx:UNDI:yyyzzz"; UEFI says HTTPClient in the same form. */
static int class_arch(struct netboot_bytes class)
{
    static const char arch[] = ":Arch:";
    size_t start = bytes_begin_with(class, "PXEClient") ? strlen("PXEClient") : strlen("HTTPClient");
    struct netboot_bytes rest = bytes_after(class, start);

    if (!bytes_begin_with(rest, arch) || rest.size < strlen(arch) + 5 || !is_digits(rest.data + strlen(arch), 5))
        return -1;
    int code = 0;
    for (unsigned i = 0; i < 5; i++)
        code = code * 10 + rest.data[strlen(arch) + i] - '0';
    return code < NETBOOT_ARCH_NONE ? code : -1;
}

static void weigh_vendor_class(struct option_findings *found, struct netboot_bytes class)
{
    bool http = bytes_begin_with(class, "HTTPClient");
    bool pxe = bytes_begin_with(class, "PXEClient");

    found->http_class |= http;
    found->pxe_class |= pxe;
    if ((http || pxe) && found->class_arch < 0)
        found->class_arch = class_arch(class);
}

static void read_vendor_class4(struct option_findings *found, struct netboot_bytes option)
{
    weigh_vendor_class(found, option);
}

/* RFC 8415, section 21.16: 4 octets enterprise number, then items with a 2-octet length. */
static void read_vendor_class6(struct option_findings *found, struct netboot_bytes option)
{
    struct netboot_bytes class;

    if (option.size < 4)
        return;
    option = bytes_after(option, 4);
    while (bytes_take_item(&option, 2, &class))
        weigh_vendor_class(found, class);
}

static bool names_ipxe(struct netboot_bytes class)
{
    if (class.size > 0 && class.data[class.size - 1] == '\0')
        class.size--;
    return bytes_equal(class, "iPXE");
}

static void read_user_class_items(struct option_findings *found, struct netboot_bytes option, unsigned width)
{
    struct netboot_bytes class;

    while (bytes_take_item(&option, width, &class))
        found->user_class_ipxe |= names_ipxe(class);
}

/* RFC 3004: items with a length. iPXE sends its bare name. */
static void read_user_class4(struct option_findings *found, struct netboot_bytes option)
{
    if (option.size == 0)
        return;
    found->has_user_class = true;
    found->user_class_ipxe |= names_ipxe(option);
    read_user_class_items(found, option, 1);
}

/* RFC 8415, section 21.15. */
static void read_user_class6(struct option_findings *found, struct netboot_bytes option)
{
    read_user_class_items(found, option, 2);
}

static void read_ipxe(struct option_findings *found, struct netboot_bytes option)
{
    (void)option;
    found->ipxe_encapsulated = true;
}

/* RFC 4578, section 2.3: type 0, then the UUID as SMBIOS has it. */
static void read_machine_identifier(struct option_findings *found, struct netboot_bytes option)
{
    if (option.size == 1 + NETBOOT_UUID_SIZE && option.data[0] == 0)
        set_smbios_uuid(found->client, option.data + 1);
}

/* RFC 2132, section 9.14: hardware type and address. RFC 4361, section 6.1: 255, 4 octets IAID, DUID. */
static void read_client_identifier4(struct option_findings *found, struct netboot_bytes option)
{
    if (option.size == 1 + NETBOOT_MAC_SIZE && is_ethernet(option.data[0]))
        found->client_id_mac = bytes_after(option, 1);
    else if (option.size > 5 && option.data[0] == 255)
        set_duid(found->client, bytes_after(option, 5));
}

static void read_client_identifier6(struct option_findings *found, struct netboot_bytes option)
{
    set_duid(found->client, option);
}

struct option_reader {
    uint16_t code;
    bool tells_stage;
    void (*read)(struct option_findings *found, struct netboot_bytes option);
};

static const struct option_reader readers4[] = {
    {DHCP4_PARAMETER_REQUEST_LIST,    false, read_requested         },
    {DHCP4_VENDOR_CLASS,              true,  read_vendor_class4     },
    {DHCP4_CLIENT_IDENTIFIER,         false, read_client_identifier4},
    {DHCP4_USER_CLASS,                true,  read_user_class4       },
    {DHCP4_CLIENT_ARCH,               true,  read_arch              },
    {DHCP4_CLIENT_MACHINE_IDENTIFIER, false, read_machine_identifier},
    {DHCP4_IPXE_ENCAPSULATED,         true,  read_ipxe              },
    {0,                               false, NULL                   },
};

static const struct option_reader readers6[] = {
    {DHCP6_CLIENT_IDENTIFIER, false, read_client_identifier6},
    {DHCP6_OPTION_REQUEST,    false, read_requested         },
    {DHCP6_USER_CLASS,        true,  read_user_class6       },
    {DHCP6_VENDOR_CLASS,      true,  read_vendor_class6     },
    {DHCP6_CLIENT_ARCH,       true,  read_arch              },
    {0,                       false, NULL                   },
};

static void read_options(struct option_findings *found, const struct netboot_query *query, bool only_stage)
{
    const struct option_reader *readers = query->family == NETBOOT_V4 ? readers4 : readers6;

    for (unsigned i = 0; i < query->option_count; i++) {
        const struct option_reader *reader = readers;
        while (reader->read && reader->code != query->options[i].code)
            reader++;
        if (reader->read && (reader->tells_stage || !only_stage))
            reader->read(found, query->options[i].data);
    }
}

/* ---- The best source first */

/* iPXE comes first: when firmware loaded it, it still sends PXEClient. Option 175 counts only without a user class:
 * iPXE that is set to send another class sends both. */
static enum netboot_stage stage(const struct option_findings *found)
{
    if (found->user_class_ipxe || (found->ipxe_encapsulated && !found->has_user_class))
        return NETBOOT_STAGE_IPXE;
    if (found->http_class)
        return NETBOOT_STAGE_HTTP;
    if (found->pxe_class || found->client->arch != NETBOOT_ARCH_NONE)
        return NETBOOT_STAGE_PXE;
    return NETBOOT_STAGE_NONE;
}

static void set_platform(struct netboot_client *client, const struct option_findings *found)
{
    if (client->arch == NETBOOT_ARCH_NONE && found->class_arch >= 0)
        client->arch = (uint16_t)found->class_arch;
    /* Only the oldest PXE clients name none, and those are BIOS (RFC 4578, section 2.1). */
    if (client->arch == NETBOOT_ARCH_NONE && client->stage == NETBOOT_STAGE_PXE && client->family == NETBOOT_V4)
        client->arch = 0;
    const struct netboot_arch *arch = netboot_arch_find(client->arch);
    if (arch)
        client->platform = arch->platform;
}

static void set_ids(struct netboot_client *client, const struct netboot_query *query,
                    const struct option_findings *found)
{
    if (query->family == NETBOOT_V4) {
        if (is_ethernet(query->hardware_type) && query->hardware_address.size == NETBOOT_MAC_SIZE)
            set_mac(client, query->hardware_address.data);
        if (found->client_id_mac.size > 0)
            set_mac(client, found->client_id_mac.data);
    } else {
        set_link_layer_mac(client, query->link_layer_address);
        set_eui64_mac(client, query->peer_address);
    }
    set_duid_mac(client);
    set_duid_uuid(client);
}

static void set_address(struct netboot_client *client, const struct netboot_query *query)
{
    const uint8_t *const places[] = {
        query->assigned_address,
        query->client_address,
        query->relay_address,
        query->interface_address,
    };

    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (is_zero(places[i], NETBOOT_ADDRESS_SIZE))
            continue;
        memcpy(client->address, places[i], NETBOOT_ADDRESS_SIZE);
        return;
    }
}

static __attribute__((noinline)) void parse_other_size(const struct netboot_query *query, struct netboot_client *ret)
{
    struct netboot_query known;

    netboot_client_parse(query_as_known(query, &known), ret);
}

void netboot_client_parse(const struct netboot_query *query, struct netboot_client *ret)
{
    struct option_findings found = {.client = ret, .class_arch = -1};

    if (query->size != sizeof(*query)) {
        parse_other_size(query, ret);
        return;
    }
    memset(ret, 0, offsetof(struct netboot_client, reserved));
    ret->family = query->family;
    ret->arch = NETBOOT_ARCH_NONE;
    ret->platform = NETBOOT_PLATFORM_NONE;
    ret->bootp = query->family == NETBOOT_V4 && query->message_type == BOOTP;
    read_options(&found, query, false);
    ret->stage = stage(&found);
    set_platform(ret, &found);
    set_ids(ret, query, &found);
    set_address(ret, query);
}

static __attribute__((noinline)) bool boots_other_size(const struct netboot_query *query)
{
    struct netboot_query known;

    return netboot_query_boots(query_as_known(query, &known));
}

bool netboot_query_boots(const struct netboot_query *query)
{
    struct netboot_client client; /* only its stage is used */
    struct option_findings found = {.client = &client, .class_arch = -1};

    if (query->size != sizeof(*query))
        return boots_other_size(query);
    client.arch = NETBOOT_ARCH_NONE;
    read_options(&found, query, true);
    return stage(&found) != NETBOOT_STAGE_NONE;
}

bool netboot_client_requested(const struct netboot_client *client, uint16_t code)
{
    struct netboot_bytes list = client->requested;

    if (client->family == NETBOOT_V4)
        return list.size > 0 && code < 256 && memchr(list.data, code, list.size);
    for (size_t i = 0; i + 1 < list.size; i += 2)
        if (be_get16(list.data + i) == code)
            return true;
    return false;
}

const char *netboot_stage_name(enum netboot_stage stage)
{
    static const char *const names[] = {
        [NETBOOT_STAGE_NONE] = "none",
        [NETBOOT_STAGE_PXE] = "PXE",
        [NETBOOT_STAGE_HTTP] = "HTTP",
        [NETBOOT_STAGE_IPXE] = "iPXE",
    };

    return NAME_OF(stage, names);
}
