/* SPDX-License-Identifier: MPL-2.0 */
/* DHCP messages as they are on the wire, from octets that end at an inaccessible page. */
#include "octets.h"

#include "guarded.h"
#include "wire/packet.h"

#include <errno.h>

static uint8_t room[4096];

#define PEER "\xfe\x80\0\0\0\0\0\0\x50\x54\0\xff\xfe\x77\0\2"

static int parse_part(enum netboot_family family, const struct octets *octets, size_t size, struct packet *ret)
{
    struct datagram datagram = {
        .family = family, .payload = {guarded_copy(&guarded_page, octets->data, size), size}
    };

    memcpy(datagram.source, PEER, 16);
    memcpy(datagram.destination, PEER, 16);
    return packet_parse(&datagram, room, ret);
}

static int parse(enum netboot_family family, const struct octets *octets, struct packet *ret)
{
    return parse_part(family, octets, octets->size, ret);
}

/* ---- DHCPv4 */

static void assert_option(const struct packet *packet, uint16_t code, const char *data, size_t size)
{
    for (unsigned i = 0; i < packet->query.option_count; i++) {
        if (packet->query.options[i].code != code)
            continue;
        assert_int_equal(packet->query.options[i].data.size, size);
        if (size > 0)
            assert_memory_equal(packet->query.options[i].data.data, data, size);
        return;
    }
    assert_null(data);
}

static void a_question(void **state)
{
    struct octets octets = MESSAGE4(1, "\x35\1\1\0\0\x5d\2\0\7\x3c\x0a\x50XEClient:\x4d\0\xff\x61\1\0");
    struct packet packet;

    (void)state;
    assert_int_equal(parse(NETBOOT_V4, &octets, &packet), 0);
    assert_false(packet.reply);
    assert_false(packet.options_end_bad);
    assert_int_equal(packet.message_type, 1);
    assert_int_equal(packet.query.message_type, 1);
    assert_int_equal(packet.xid, 0xdeadbeef);
    assert_int_equal(packet.query.hardware_type, 1);
    assert_memory_equal(packet.query.hardware_address.data, MAC, 6);
    assert_memory_equal(packet.query.client_address, ((uint8_t[16]){10, 0, 0, 1}), 16);
    assert_memory_equal(packet.query.relay_address, ((uint8_t[16]){10, 0, 0, 4}), 16);
    assert_option(&packet, 93, "\0\7", 2);
    assert_option(&packet, 60, "PXEClient:", 10);
    assert_option(&packet, 77, "", 0);
    assert_option(&packet, 97, NULL, 0); /* past the end */
}

static void an_answer(void **state)
{
    struct octets octets = MESSAGE4(2, "\x35\1\2\x43\5"
                                       "b.efi\x42\4tftp\x3c\x0aHTTPClient\xff");
    struct packet packet;
    char text[FIELD_TEXT_SIZE];

    (void)state;
    memcpy(octets.data + FILE_FIELD, "a.efi", 5);
    memset(octets.data + SNAME, 'x', 64); /* no NUL */
    assert_int_equal(parse(NETBOOT_V4, &octets, &packet), 0);
    assert_true(packet.reply);
    assert_memory_equal(packet.assigned_address, ((uint8_t[16]){10, 0, 0, 2}), 16);
    assert_string_equal(field_text(&packet.fields, NETBOOT_FIELD_SIADDR, text), "10.0.0.3");
    assert_string_equal(field_text(&packet.fields, NETBOOT_FIELD_FILE, text), "a.efi");
    assert_string_equal(field_text(&packet.fields, 67, text), "b.efi");
    assert_int_equal(strlen(field_text(&packet.fields, NETBOOT_FIELD_SNAME, text)), 64);
    assert_string_equal(fields_meaning(&packet.fields, MEANING_FILE, text), "b.efi");
    assert_string_equal(fields_meaning(&packet.fields, MEANING_SERVER, text), "10.0.0.3");
    assert_string_equal(fields_meaning(&packet.fields, MEANING_VENDOR_CLASS, text), "HTTPClient");
    assert_true(fields_have_boot_file(&packet.fields));
}

/* RFC 2132, section 9.3: the header's fields hold options. */
static void overload(void **state)
{
    static const struct {
        const char *name, *where; /* the overload option */
        const char *arch, *user_class;
        size_t user_class_size;
    } cases[] = {
        {"nowhere",     "\x34\1\0", NULL,   "opt",          3 },
        {"in file",     "\x34\1\1", "\0\7", "optfile",      7 },
        {"in sname",    "\x34\1\2", NULL,   "optsname",     8 },
        {"in both",     "\x34\1\3", "\0\7", "optfilesname", 12},
        {"of 2 octets", "\x34\2\3", NULL,   "opt",          3 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct octets octets = MESSAGE4(1, "\x35\1\1\x4d\3opt");
        struct packet packet;
        print_message("%s\n", cases[i].name);
        add(&octets, cases[i].where, 3);
        if (cases[i].where[1] == 2)
            ADD(&octets, "\0");
        ADD(&octets, "\xff");
        memcpy(octets.data + FILE_FIELD,
               "\x4d\4"
               "file\x5d\2\0\7\xff",
               11);
        memcpy(octets.data + SNAME, "\x4d\5sname\xff", 8);
        assert_int_equal(parse(NETBOOT_V4, &octets, &packet), 0);
        assert_option(&packet, 93, cases[i].arch, 2);
        assert_option(&packet, 77, cases[i].user_class, cases[i].user_class_size);
    }
}

static void overloaded_fields_are_no_text(void **state)
{
    struct octets octets = MESSAGE4(2, "\x35\1\2\x34\1\3\xff");
    struct packet packet;
    char text[FIELD_TEXT_SIZE];

    (void)state;
    memcpy(octets.data + FILE_FIELD,
           "\x43\5"
           "c.efi\xff",
           8);
    memcpy(octets.data + SNAME, "\x42\4tftp\xff", 7);
    assert_int_equal(parse(NETBOOT_V4, &octets, &packet), 0);
    assert_string_equal(field_text(&packet.fields, 67, text), "c.efi");
    assert_string_equal(field_text(&packet.fields, 66, text), "tftp");
    assert_null(fields_get(&packet.fields, NETBOOT_FIELD_FILE));
    assert_null(fields_get(&packet.fields, NETBOOT_FIELD_SNAME));
}

/* RFC 3396: all parts of one option, wherever they are between others. */
static void long_options_are_joined(void **state)
{
    struct octets octets = MESSAGE4(1, "\x35\1\1\x37\2\1\2\x4d\2iP\x37\0\x37\1\3\x4d\2XE\xff");
    struct packet packet;

    (void)state;
    assert_int_equal(parse(NETBOOT_V4, &octets, &packet), 0);
    assert_option(&packet, 55, "\1\2\3", 3);
    assert_option(&packet, 77, "iPXE", 4);
}

static void what_is_no_dhcpv4(void **state)
{
    static const struct {
        const char *name;
        size_t at;
        uint8_t octet;
        int status;
    } cases[] = {
        {"op 0",               0,           0,  -EBADMSG},
        {"op 3",               0,           3,  -EBADMSG},
        {"address too long",   2,           17, -EBADMSG},
        {"address of 16",      2,           16, 0       },
        {"no address",         2,           0,  0       },
        {"type 0",             OPTIONS + 2, 0,  -EBADMSG},
        {"type of two octets", OPTIONS + 1, 2,  -EBADMSG},
        {"no type",            OPTIONS,     54, 0       },
        {"another cookie",     236,         1,  0       },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct octets octets = MESSAGE4(1, "\x35\1\1\1\1\0\xff");
        struct packet packet;
        print_message("%s\n", cases[i].name);
        octets.data[cases[i].at] = cases[i].octet;
        assert_int_equal(parse(NETBOOT_V4, &octets, &packet), cases[i].status);
        if (cases[i].at >= 236 && cases[i].status == 0)
            assert_int_equal(packet.message_type, 0);
    }
}

static void every_dhcpv4_message_cut_anywhere(void **state)
{
    struct octets octets = MESSAGE4(1, "\x35\1\1\x34\1\3\x5d\2\0\7\x4d\2iP\x4d\2XE\x3c\x09PXEClient");
    struct packet packet;

    (void)state;
    memset(octets.data + FILE_FIELD, 0x4d, 128); /* an option that the field's end cuts off */
    for (uint8_t op = 1; op <= 2; op++) {
        octets.data[0] = op;
        for (size_t size = 0; size <= octets.size; size++)
            assert_int_equal(parse_part(NETBOOT_V4, &octets, size, &packet), size < 236 ? -EBADMSG : 0);
    }
    octets = MESSAGE4(1, "\x35\1\1\x3c\x09PXECl");
    assert_int_equal(parse(NETBOOT_V4, &octets, &packet), 0);
    assert_true(packet.options_end_bad);
    assert_int_equal(packet.message_type, 1);
}

/* ---- DHCPv6 */

#define DUID "\0\3\0\1" MAC
#define CLIENT_ID "\0\1\0\x0a" DUID
#define ADDRESS "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\5"
#define LINK(n) "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\1" n
#define LIFETIMES "\0\0\0\1\0\0\0\2"

static struct octets message6(const void *data, size_t size)
{
    struct octets ret = {.size = 0};

    add(&ret, data, size);
    return ret;
}

#define MESSAGE6(literal) message6(literal, sizeof(literal) - 1)

/* A relay's envelope with one octet of its link address and options before the message. */
static struct octets relayed(uint8_t type, uint8_t link, const void *options, size_t size, const struct octets *inner)
{
    struct octets ret = {.size = 0};

    add(&ret, (uint8_t[]){type, 1}, 2);
    ADD(&ret, LINK("\0"));
    ret.data[ret.size - 1] = link;
    ADD(&ret, PEER);
    ret.data[ret.size - 1] = link;
    add(&ret, options, size);
    add(&ret, (uint8_t[]){0, 9, (uint8_t)(inner->size >> 8), (uint8_t)inner->size}, 4);
    add(&ret, inner->data, inner->size);
    return ret;
}

#define SOLICIT_MESSAGE                                                                                                \
    "\1\xab\xcd\xef" CLIENT_ID "\0\x3d\0\2\0\7\0\x10\0\x0f\0\0\1\x57\0\x09PXEClient\0\6\0\4\0\x3b\0\x3c"

static void a_solicit(void **state)
{
    struct octets octets = MESSAGE6(SOLICIT_MESSAGE);
    struct packet packet;

    (void)state;
    assert_int_equal(parse(NETBOOT_V6, &octets, &packet), 0);
    assert_false(packet.reply);
    assert_int_equal(packet.message_type, 1);
    assert_int_equal(packet.xid, 0xabcdef);
    assert_int_equal(packet.client.size, 10);
    assert_memory_equal(packet.client.data, DUID, 10);
    assert_memory_equal(packet.query.peer_address, PEER, 16);
    assert_option(&packet, 61, "\0\7", 2);
    assert_option(&packet, 6, "\0\x3b\0\x3c", 4);
    assert_int_equal(packet.query.link_layer_address.size, 0);
}

static void nested_relays(void **state)
{
    struct octets solicit = MESSAGE6(SOLICIT_MESSAGE);
    struct octets near = relayed(12, 7, "\0\x4f\0\x08\0\1" MAC, 12, &solicit);
    struct octets far = relayed(12, 8, "\0\x4f\0\x08\0\1\1\1\1\1\1\1", 12, &near);
    struct octets silent = relayed(12, 7, NULL, 0, &solicit),
                  claims = relayed(12, 8, "\0\x4f\0\x08\0\1" MAC, 12, &silent);
    struct packet packet;

    (void)state;
    assert_int_equal(parse(NETBOOT_V6, &far, &packet), 0);
    assert_int_equal(packet.message_type, 1);
    assert_memory_equal(packet.query.relay_address, LINK("\7"), 16);
    assert_int_equal(packet.query.peer_address[15], 7);
    assert_int_equal(packet.query.link_layer_address.size, 8);
    assert_memory_equal(packet.query.link_layer_address.data, "\0\1" MAC, 8);
    assert_int_equal(parse(NETBOOT_V6, &claims, &packet), 0);
    assert_int_equal(packet.query.link_layer_address.size, 0); /* only the nearest relay is believed */
}

/* RFC 6221: it names no link, and so the one around it does. */
static void a_relay_without_a_link(void **state)
{
    struct octets solicit = MESSAGE6(SOLICIT_MESSAGE), near = relayed(12, 7, NULL, 0, &solicit);
    struct packet packet;

    (void)state;
    memset(near.data + 2, 0, 16);
    struct octets far = relayed(12, 8, NULL, 0, &near);
    assert_int_equal(parse(NETBOOT_V6, &far, &packet), 0);
    assert_memory_equal(packet.query.relay_address, LINK("\10"), 16);
    assert_int_equal(packet.query.peer_address[15], 7);
}

static void relays_have_an_end(void **state)
{
    struct octets octets = MESSAGE6("\1\0\0\1");
    struct packet packet;

    (void)state;
    for (unsigned i = 1; i <= 33; i++) {
        octets = relayed(12, 1, NULL, 0, &octets);
        assert_int_equal(parse(NETBOOT_V6, &octets, &packet), i <= 32 ? 0 : -EBADMSG);
    }
}

#define IA_NA(size, inside) "\0\3\0" size "\0\0\0\1" LIFETIMES inside
#define IAADDR "\0\5\0\x18" ADDRESS LIFETIMES
#define ADVERTISE_MESSAGE                                                                                              \
    "\2\xab\xcd\xef" CLIENT_ID IA_NA("\x0c", "") IA_NA("\x28", IAADDR) "\0\x3b\0\x08tftp://x\0\x3b\0\1y"               \
                                                                       "\0\x10\0\x10\0\0\1\x57\0\x0aHTTPClient"

static void an_advertise(void **state)
{
    struct octets octets = MESSAGE6(ADVERTISE_MESSAGE), relay_reply = relayed(13, 7, NULL, 0, &octets);
    struct packet packet;
    char text[FIELD_TEXT_SIZE];

    (void)state;
    assert_int_equal(parse(NETBOOT_V6, &octets, &packet), 0);
    assert_true(packet.reply);
    assert_memory_equal(packet.assigned_address, ADDRESS, 16);
    assert_string_equal(fields_meaning(&packet.fields, MEANING_FILE, text), "tftp://x");
    assert_string_equal(fields_meaning(&packet.fields, MEANING_VENDOR_CLASS, text), "HTTPClient");
    assert_string_equal(field_text(&packet.fields, 16, text), "HTTPClient");
    assert_int_equal(parse(NETBOOT_V6, &relay_reply, &packet), 0);
    assert_true(packet.reply);
    assert_int_equal(packet.message_type, 2);
    assert_memory_equal(packet.relay_address, LINK("\7"), 16);
    octets.data[octets.size - 13] = 0; /* enterprise 256 */
    assert_int_equal(parse(NETBOOT_V6, &octets, &packet), 0);
    assert_string_equal(field_text(&packet.fields, 16, text), "HTTPClient (enterprise 256)");
    assert_string_equal(fields_meaning(&packet.fields, MEANING_VENDOR_CLASS, text), "HTTPClient");
}

static void what_is_no_dhcpv6(void **state)
{
    struct octets solicit = MESSAGE6(SOLICIT_MESSAGE), advertise = MESSAGE6(ADVERTISE_MESSAGE);
    const struct {
        const char *name;
        struct octets octets;
    } cases[] = {
        {"nothing",                         {.size = 0}       },
        {"three octets",                    MESSAGE6("\1\2\3")},
        {"a relay that forwards an answer", relayed(12,         1, NULL, 0, &advertise)},
        {"an answer to a relay that is none",                             relayed(13,                                              1, NULL, 0, &solicit)},
        {"an envelope with nothing in it",                                 MESSAGE6("\x0c\1" LINK("\1") PEER)                },
        {"an envelope with an empty message",                                MESSAGE6("\x0c\1" LINK("\1") PEER "\0\x09\0\0")},
    };
    struct packet packet;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s\n", cases[i].name);
        assert_int_equal(parse(NETBOOT_V6, &cases[i].octets, &packet), -EBADMSG);
    }
}

static void every_dhcpv6_message_cut_anywhere(void **state)
{
    struct octets solicit = MESSAGE6(SOLICIT_MESSAGE), advertise = MESSAGE6(ADVERTISE_MESSAGE);
    struct octets messages[] = {solicit, advertise, relayed(12, 7, "\0\x4f\0\x08\0\1" MAC, 12, &solicit),
                                relayed(13, 7, NULL, 0, &advertise)};
    struct packet packet;

    (void)state;
    for (size_t i = 0; i < COUNT(messages); i++) {
        for (size_t size = 0; size < messages[i].size; size++) {
            int status = parse_part(NETBOOT_V6, &messages[i], size, &packet);
            assert_true(status == -EBADMSG || (i < 2 && size >= 4));
        }
        assert_int_equal(parse(NETBOOT_V6, &messages[i], &packet), 0);
        assert_false(packet.options_end_bad);
    }
    assert_int_equal(parse_part(NETBOOT_V6, &solicit, solicit.size - 1, &packet), 0);
    assert_true(packet.options_end_bad);
}

/* An address within an IA that is cut off is none, whatever follows. */
static void identity_associations_that_end_early(void **state)
{
    struct octets octets =
        MESSAGE6("\7\0\0\1" IA_NA("\x0c", "") IA_NA("\x14", "\0\5\0\x18\x20\1\x0d\xb8") "\0\x3b\0\1x");
    struct packet packet;
    char text[FIELD_TEXT_SIZE];

    (void)state;
    assert_int_equal(parse(NETBOOT_V6, &octets, &packet), 0);
    assert_memory_equal(packet.assigned_address, ((uint8_t[16]){0}), 16);
    assert_string_equal(fields_meaning(&packet.fields, MEANING_FILE, text), "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question),
        cmocka_unit_test(an_answer),
        cmocka_unit_test(overload),
        cmocka_unit_test(overloaded_fields_are_no_text),
        cmocka_unit_test(long_options_are_joined),
        cmocka_unit_test(what_is_no_dhcpv4),
        cmocka_unit_test(every_dhcpv4_message_cut_anywhere),
        cmocka_unit_test(a_solicit),
        cmocka_unit_test(nested_relays),
        cmocka_unit_test(a_relay_without_a_link),
        cmocka_unit_test(relays_have_an_end),
        cmocka_unit_test(an_advertise),
        cmocka_unit_test(what_is_no_dhcpv6),
        cmocka_unit_test(every_dhcpv6_message_cut_anywhere),
        cmocka_unit_test(identity_associations_that_end_early),
    };

    return cmocka_run_group_tests(tests, guarded_setup, guarded_teardown);
}
