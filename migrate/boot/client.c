/* SPDX-License-Identifier: MPL-2.0 */
#include "client.h"

#include "common/dhcp/codes.h"
#include "common/dhcp/messages.h"

#include <stdio.h>
#include <string.h>

/* Where options are written: codes and lengths of one octet in DHCPv4, of two in DHCPv6. */
struct client_writer {
    const struct client_sample *sample;
    uint8_t *data;
    size_t size;
};

static void put(struct client_writer *writer, uint16_t value)
{
    if (writer->sample->family == NETBOOT_V6)
        writer->data[writer->size++] = (uint8_t)(value >> 8);
    writer->data[writer->size++] = (uint8_t)value;
}

static void put_option(struct client_writer *writer, uint16_t code, const void *data, size_t size)
{
    const struct client_option *instead = &writer->sample->instead;

    if (code == instead->code) {
        data = instead->data;
        size = instead->size;
    }
    if (size == 0 || writer->size + size + 4 > CLIENT_OPTIONS_SIZE ||
        (writer->sample->family == NETBOOT_V4 && size > 255))
        return;
    put(writer, code);
    put(writer, (uint16_t)size);
    memcpy(writer->data + writer->size, data, size);
    writer->size += size;
}

/* What is not among the client's own. */
static void put_other(struct client_writer *writer, const uint16_t *own)
{
    uint16_t code = writer->sample->instead.code;

    for (; *own; own++)
        if (*own == code)
            return;
    if (code)
        put_option(writer, code, NULL, 0);
}

/* ---- Texts of clients */

static const char *vendor_class(const struct client_kind *kind, char text[64])
{
    if (kind->stage == NETBOOT_STAGE_NONE)
        return "";
    unsigned arch = kind->arch == NETBOOT_ARCH_NONE ? 0 : kind->arch;
    const char *name = kind->stage == NETBOOT_STAGE_HTTP ? "HTTPClient" : "PXEClient";
    snprintf(text, 64, kind->arch == NETBOOT_ARCH_NONE ? "%s" : "%s:Arch:%05u:UNDI:003016", name, arch);
    return text;
}

static void put_arch(struct client_writer *writer, uint16_t code)
{
    uint16_t arch = writer->sample->kind.arch;
    uint8_t octets[] = {(uint8_t)(arch >> 8), (uint8_t)arch};

    if (arch != NETBOOT_ARCH_NONE && writer->sample->kind.stage != NETBOOT_STAGE_NONE)
        put_option(writer, code, octets, sizeof(octets));
    else
        put_option(writer, code, NULL, 0);
}

static bool is_ipxe_with(const struct client_kind *kind, enum client_manner without)
{
    return kind->stage == NETBOOT_STAGE_IPXE && kind->manner != without;
}

/* ---- DHCPv4 */

static void put_options4(struct client_writer *writer)
{
    static const uint8_t discover[] = {1}, undi[] = {1, 3, 16}, size[] = {0x05, 0xc0};
    static const uint8_t requested[] = {1,  3,  6,  7,   12,  15,  17,  42,  43,  51,  54,  58,  59,  60,
                                        66, 67, 97, 128, 129, 130, 131, 132, 133, 134, 135, 150, 175, 203};
    /* PXE, HTTP, DNS, EFI and the version, as iPXE's features. */
    static const uint8_t ipxe[] = {0xb1, 5, 1,    0x80, 0x86, 0x10, 0x0e, 0x21, 1,  1, 0x13,
                                   1,    1, 0x24, 1,    1,    0xeb, 3,    1,    21, 1};
    static const uint16_t own[] = {53, 55, 57, 60, 61, 77, 93, 94, 175, 0};
    const struct client_sample *sample = writer->sample;
    const struct client_kind *kind = &sample->kind;
    char text[64];
    const char *class = vendor_class(kind, text);
    bool items = kind->manner == MANNER_ITEMS;

    put_option(writer, 53, discover, sizeof(discover));
    put_option(writer, 57, size, sizeof(size));
    put_option(writer, DHCP4_PARAMETER_REQUEST_LIST, requested, sizeof(requested));
    put_arch(writer, DHCP4_CLIENT_ARCH);
    if (kind->stage != NETBOOT_STAGE_NONE)
        put_option(writer, 94, undi, sizeof(undi));
    put_option(writer, DHCP4_VENDOR_CLASS, class, strlen(class));
    put_option(writer, DHCP4_USER_CLASS, items ? "\4iPXE" : "iPXE",
               is_ipxe_with(kind, MANNER_NO_CLASS) ? (items ? 5 : 4) : 0);
    put_option(writer, DHCP4_IPXE_ENCAPSULATED, ipxe, is_ipxe_with(kind, MANNER_NO_175) ? sizeof(ipxe) : 0);
    put_option(writer, DHCP4_CLIENT_IDENTIFIER, sample->id, sample->id_size);
    put_other(writer, own);
}

/* ---- DHCPv6 */

static void put_vendor_class6(struct client_writer *writer, const char *class)
{
    uint8_t data[6 + 64] = {0, 0, 343 >> 8, 343 & 255, 0, (uint8_t)strlen(class)};

    memcpy(data + 6, class, strlen(class));
    put_option(writer, DHCP6_VENDOR_CLASS, data, class[0] ? 6 + strlen(class) : 0);
}

static void put_options6(struct client_writer *writer)
{
    static const uint8_t requested[] = {0, 59, 0, 60, 0, 16, 0, 23, 0, 24};
    static const uint16_t own[] = {1, 6, 8, 15, 16, 61, 0};
    const struct client_sample *sample = writer->sample;
    const struct client_kind *kind = &sample->kind;
    uint8_t duid[4 + NETBOOT_MAC_SIZE] = {0, DUID_LL, 0, HARDWARE_ETHERNET};
    char text[64];

    memcpy(duid + 4, sample->mac, NETBOOT_MAC_SIZE);
    put_option(writer, DHCP6_CLIENT_IDENTIFIER, sample->id_size ? sample->id : duid,
               sample->id_size ? sample->id_size : sizeof(duid));
    put_option(writer, 8, "\0\0", 2);
    put_arch(writer, DHCP6_CLIENT_ARCH);
    put_vendor_class6(writer, vendor_class(kind, text));
    put_option(writer, DHCP6_USER_CLASS, "\0\4iPXE", is_ipxe_with(kind, MANNER_NO_CLASS) ? 6 : 0);
    put_option(writer, DHCP6_OPTION_REQUEST, requested, sizeof(requested));
    put_other(writer, own);
}

size_t client_options(const struct client_sample *sample, uint8_t ret[CLIENT_OPTIONS_SIZE])
{
    struct client_writer writer = {sample, ret, 0};

    if (sample->family == NETBOOT_V4)
        put_options4(&writer);
    else
        put_options6(&writer);
    return writer.size;
}

/* ---- As netboot sees it */

static void query_add_all(struct netboot_query *query, const uint8_t *options, size_t size)
{
    size_t width = query->family == NETBOOT_V4 ? 1 : 2;

    for (size_t at = 0; at + 2 * width <= size;) {
        unsigned code = width == 1 ? options[at] : (unsigned)(options[at] << 8 | options[at + 1]);
        size_t count = width == 1 ? options[at + 1] : (size_t)(options[at + 2] << 8 | options[at + 3]);
        at += 2 * width;
        netboot_query_add(query, (uint16_t)code, options + at, count);
        at += count;
    }
}

void client_query(const struct client_sample *sample, const uint8_t *options, size_t size,
                  const uint8_t address[NETBOOT_ADDRESS_SIZE], struct netboot_query *ret)
{
    bool v4 = sample->family == NETBOOT_V4;

    netboot_query_init(ret, sample->family);
    ret->message_type = MESSAGE_FIRST;
    ret->reply_type = MESSAGE_OFFER;
    if (v4) {
        ret->hardware_type = HARDWARE_ETHERNET;
        ret->hardware_address = (struct netboot_bytes){sample->mac, NETBOOT_MAC_SIZE};
    }
    memcpy(ret->assigned_address, address, NETBOOT_ADDRESS_SIZE);
    query_add_all(ret, options, size);
}

const char *client_kind_text(const struct client_kind *kind, char text[CLIENT_TEXT_SIZE])
{
    static const char *const manners[] = {
        [MANNER_USUAL] = "",
        [MANNER_ITEMS] = ", user class as RFC 3004 has it",
        [MANNER_NO_CLASS] = ", option 175 without a user class",
        [MANNER_NO_175] = ", user class without option 175",
    };
    const struct netboot_arch *arch = netboot_arch_find(kind->arch);
    const char *platform = arch ? netboot_platform_name(arch->platform) : NULL;

    if (kind->stage == NETBOOT_STAGE_NONE)
        snprintf(text, CLIENT_TEXT_SIZE, "machines that do not boot from the network");
    else if (!platform)
        snprintf(text, CLIENT_TEXT_SIZE, "%s without an architecture%s", netboot_stage_name(kind->stage),
                 manners[kind->manner]);
    else
        snprintf(text, CLIENT_TEXT_SIZE, "%s %s (architecture %u%s)", platform, netboot_stage_name(kind->stage),
                 kind->arch, manners[kind->manner]);
    return text;
}

enum netboot_family client_family(unsigned family)
{
    return family == 0 ? NETBOOT_V4 : NETBOOT_V6;
}
