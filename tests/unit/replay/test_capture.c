/* SPDX-License-Identifier: MPL-2.0 */
/* Frames to datagrams: link types, VLAN tags, IP and its fragments, from octets that end at an inaccessible page. */
#include "unit.h"

#include "guarded.h"
#include "replay/capture.h"
#include "replay/reassembly.h"

#include <pcap/dlt.h>
#include <stdbool.h>

#define PAYLOAD "what a client asks"
#define SECOND UINT64_C(1000000)

struct octets {
    uint8_t data[2048];
    size_t size;
};

static void add(struct octets *octets, const void *data, size_t size)
{
    assert_true(size <= sizeof(octets->data) - octets->size);
    if (size > 0)
        memcpy(octets->data + octets->size, data, size);
    octets->size += size;
}

static void add16(struct octets *octets, unsigned value)
{
    add(octets, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

#define ADD(octets, literal) add(octets, literal, sizeof(literal) - 1)

/* ---- What frames are made of */

static struct octets udp(unsigned source, unsigned destination, const char *payload)
{
    struct octets ret = {.size = 0};
    size_t size = strlen(payload);

    add16(&ret, source);
    add16(&ret, destination);
    add16(&ret, 8 + (unsigned)size);
    add16(&ret, 0);
    add(&ret, payload, size);
    return ret;
}

static struct octets ip4(unsigned protocol, unsigned place, const struct octets *data, size_t from, size_t size)
{
    struct octets ret = {.size = 0};

    ADD(&ret, "\x45\0");
    add16(&ret, 20 + (unsigned)size);
    ADD(&ret, "\x12\x34");
    add16(&ret, place);
    add(&ret, (uint8_t[]){64, (uint8_t)protocol, 0, 0}, 4);
    ADD(&ret, "\0\0\0\0\xff\xff\xff\xff");
    add(&ret, data->data + from, size);
    return ret;
}

static struct octets whole4(const struct octets *data)
{
    return ip4(17, 0, data, 0, data->size);
}

#define LINK_LOCAL "\xfe\x80\0\0\0\0\0\0\x50\x54\0\xff\xfe\x77\0\2"
#define SERVERS "\xff\2\0\0\0\0\0\0\0\0\0\0\0\1\0\2"

static struct octets ip6(unsigned protocol, const void *extensions, size_t extensions_size, const struct octets *data,
                         size_t from, size_t size)
{
    struct octets ret = {.size = 0};

    ADD(&ret, "\x60\0\0\0");
    add16(&ret, (unsigned)(extensions_size + size));
    add(&ret, (uint8_t[]){(uint8_t)protocol, 64}, 2);
    ADD(&ret, LINK_LOCAL SERVERS);
    add(&ret, extensions, extensions_size);
    add(&ret, data->data + from, size);
    return ret;
}

/* Fragment header: next header UDP, the given place with the flag. */
static struct octets fragment6(const struct octets *data, size_t from, size_t size, bool more)
{
    uint8_t header[8] = {17, 0, (uint8_t)(from >> 8), (uint8_t)(from | more), 1, 2, 3, 4};

    return ip6(44, header, 8, data, from, size);
}

#define MACS "\xff\xff\xff\xff\xff\xff\x52\x54\0\x77\0\2"

static struct octets ethernet(const char *tags, size_t tags_size, unsigned type, const struct octets *ip)
{
    struct octets ret = {.size = 0};

    ADD(&ret, MACS);
    add(&ret, tags, tags_size);
    add16(&ret, type);
    add(&ret, ip->data, ip->size);
    return ret;
}

static struct octets behind(const void *header, size_t size, const struct octets *ip)
{
    struct octets ret = {.size = 0};

    add(&ret, header, size);
    add(&ret, ip->data, ip->size);
    return ret;
}

/* Reads a copy whose end is the page's. */
static enum capture_result read_part(struct capture *capture, uint64_t time, const struct octets *frame, size_t size,
                                     size_t wire_size, struct datagram *ret)
{
    struct netboot_bytes data = {guarded_copy(&guarded_page, frame->data, size), size};

    return capture_read(capture, time, data, wire_size, ret);
}

static enum capture_result read_frame(struct capture *capture, const struct octets *frame, struct datagram *ret)
{
    return read_part(capture, SECOND, frame, frame->size, frame->size, ret);
}

static void assert_payload(const struct datagram *datagram, const char *payload)
{
    assert_int_equal(datagram->payload.size, strlen(payload));
    assert_memory_equal(datagram->payload.data, payload, strlen(payload));
}

/* ---- Whole datagrams */

struct frame_case {
    const char *name;
    int link_type;
    struct octets frame;
    enum netboot_family family;
    unsigned vlans[4], vlan_count;
};

#define SLL "\0\1\0\1\0\6\x52\x54\0\x77\0\2\0\0"
#define SLL2_REST "\0\0\0\0\0\2\0\1\1\6\x52\x54\0\x77\0\2\0\0"

static size_t make_cases(struct frame_case *cases)
{
    struct octets udp4 = udp(68, 67, PAYLOAD), udp6 = udp(546, 547, PAYLOAD);
    struct octets v4 = whole4(&udp4), v6 = ip6(17, NULL, 0, &udp6, 0, udp6.size);
    struct octets extended = ip6(0, "\x3c\0\1\4\0\0\0\0\x11\1\1\xc\0\0\0\0\0\0\0\0\0\0\0\0", 24, &udp6, 0, udp6.size);
    struct octets alone = fragment6(&udp6, 0, udp6.size, false);
    struct octets answer_udp = udp(67, 1068, PAYLOAD), answer = whole4(&answer_udp);
    struct octets padded = ethernet(NULL, 0, 0x0800, &v4);
    struct octets options = {.size = 0};
    size_t count = 0;

    ADD(&padded, "\0\0\0\0\0\0\0\0");
    options = v4;
    options.data[0] = 0x46;
    options.data[3] += 4;
    memmove(options.data + 24, options.data + 20, options.size - 20);
    options.size += 4;

#define CASE(...) cases[count++] = (struct frame_case){__VA_ARGS__}
    CASE("Ethernet, v4", DLT_EN10MB, ethernet(NULL, 0, 0x0800, &v4), NETBOOT_V4, {0}, 0);
    CASE("Ethernet, v6", DLT_EN10MB, ethernet(NULL, 0, 0x86dd, &v6), NETBOOT_V6, {0}, 0);
    CASE("Ethernet pads", DLT_EN10MB, padded, NETBOOT_V4, {0}, 0);
    CASE("IP options", DLT_EN10MB, ethernet(NULL, 0, 0x0800, &options), NETBOOT_V4, {0}, 0);
    CASE("a relay's own port", DLT_EN10MB, ethernet(NULL, 0, 0x0800, &answer), NETBOOT_V4, {0}, 0);
    CASE("802.1Q", DLT_EN10MB, ethernet("\x81\0\x60\xc", 4, 0x0800, &v4), NETBOOT_V4, {12}, 1);
    CASE("QinQ", DLT_EN10MB, ethernet("\x88\xa8\0\1\x81\0\x0f\xff", 8, 0x86dd, &v6), NETBOOT_V6, {1, 4095}, 2);
    CASE("extension headers", DLT_EN10MB, ethernet(NULL, 0, 0x86dd, &extended), NETBOOT_V6, {0}, 0);
    CASE("a fragment that is all", DLT_EN10MB, ethernet(NULL, 0, 0x86dd, &alone), NETBOOT_V6, {0}, 0);
    CASE("cooked, v4", DLT_LINUX_SLL, behind(SLL "\x08\0", 16, &v4), NETBOOT_V4, {0}, 0);
    CASE("cooked, v6, VLAN", DLT_LINUX_SLL, behind(SLL "\x81\0\0\7\x86\xdd", 20, &v6), NETBOOT_V6, {7}, 1);
    CASE("cooked 2, v4", DLT_LINUX_SLL2, behind("\x08\0" SLL2_REST, 20, &v4), NETBOOT_V4, {0}, 0);
    CASE("cooked 2, v6", DLT_LINUX_SLL2, behind("\x86\xdd" SLL2_REST, 20, &v6), NETBOOT_V6, {0}, 0);
    CASE("raw, v4", DLT_RAW, v4, NETBOOT_V4, {0}, 0);
    CASE("raw, v6", DLT_RAW, v6, NETBOOT_V6, {0}, 0);
    CASE("IPv6 only", DLT_IPV6, v6, NETBOOT_V6, {0}, 0);
    CASE("loopback, v4", DLT_NULL, behind("\2\0\0\0", 4, &v4), NETBOOT_V4, {0}, 0);
    CASE("loopback, v6", DLT_LOOP, behind("\0\0\0\x1e", 4, &v6), NETBOOT_V6, {0}, 0);
#undef CASE
    return count;
}

static void each_case(void (*check)(struct capture *capture, const struct frame_case *frame_case))
{
    static struct frame_case cases[32];
    size_t count = make_cases(cases);

    for (size_t i = 0; i < count; i++) {
        struct capture *capture = capture_new(cases[i].link_type);
        print_message("%s\n", cases[i].name);
        assert_non_null(capture);
        check(capture, &cases[i]);
        capture_free(capture);
    }
}

static void check_whole(struct capture *capture, const struct frame_case *frame_case)
{
    struct datagram datagram;

    assert_int_equal(read_frame(capture, &frame_case->frame, &datagram), CAPTURE_DATAGRAM);
    assert_int_equal(datagram.family, frame_case->family);
    assert_payload(&datagram, PAYLOAD);
    assert_int_equal(datagram.vlan_count, frame_case->vlan_count);
    for (unsigned i = 0; i < datagram.vlan_count; i++)
        assert_int_equal(datagram.vlans[i], frame_case->vlans[i]);
    if (frame_case->family == NETBOOT_V6) {
        assert_memory_equal(datagram.source, LINK_LOCAL, 16);
        assert_memory_equal(datagram.destination, SERVERS, 16);
    }
}

static void every_link_type(void **state)
{
    (void)state;
    each_case(check_whole);
}

static void check_cut(struct capture *capture, const struct frame_case *frame_case)
{
    const struct octets *frame = &frame_case->frame;
    size_t padding = strcmp(frame_case->name, "Ethernet pads") == 0 ? 8 : 0;
    struct datagram datagram;
    bool seen = false;

    for (size_t size = 0; size + padding < frame->size; size++) {
        enum capture_result result = read_part(capture, SECOND, frame, size, frame->size, &datagram);
        assert_true(result == CAPTURE_OTHER || result == CAPTURE_CUT_OFF);
        assert_false(seen && result == CAPTURE_OTHER);
        seen = seen || result == CAPTURE_CUT_OFF;
        result = read_part(capture, SECOND, frame, size, size, &datagram);
        assert_true(result == CAPTURE_OTHER || result == CAPTURE_MALFORMED);
    }
    assert_true(seen);
}

/* A frame that a snapshot length cut is never taken for whole, and nothing is read past its end. */
static void every_frame_cut_anywhere(void **state)
{
    (void)state;
    each_case(check_cut);
}

static void what_is_no_dhcp(void **state)
{
    struct octets udp4 = udp(68, 67, PAYLOAD), other = udp(53, 5353, PAYLOAD), short_udp = udp(68, 67, "");
    struct octets v4 = whole4(&udp4), tcp = ip4(6, 0, &udp4, 0, udp4.size), dns = whole4(&other);
    struct octets esp = ip6(50, NULL, 0, &udp4, 0, udp4.size), v6_with_v4_ports = ip6(17, NULL, 0, &udp4, 0, udp4.size);
    struct octets long_udp = udp4, zero_udp = udp4;
    long_udp.data[5] += 1;
    zero_udp.data[5] = 7;
    struct octets long_ip = whole4(&long_udp), zero_ip = whole4(&zero_udp), short_header = v4,
                  empty = whole4(&short_udp);
    short_header.data[0] = 0x44;
    const struct {
        const char *name;
        struct octets frame;
        enum capture_result result;
    } cases[] = {
        {"TCP",                       ethernet(NULL,                                                 0,  0x0800, &tcp),              CAPTURE_OTHER    },
        {"another port",              ethernet(NULL,                                                 0,  0x0800, &dns),              CAPTURE_OTHER    },
        {"DHCPv4's ports in IPv6",    ethernet(NULL,                                                 0,  0x86dd, &v6_with_v4_ports), CAPTURE_OTHER    },
        {"encrypted",                 ethernet(NULL,                                                 0,  0x86dd, &esp),              CAPTURE_OTHER    },
        {"ARP",                       ethernet(NULL,                                                 0,  0x0806, &v4),               CAPTURE_OTHER    },
        {"IPv4 that says it is IPv6", ethernet(NULL,                                                 0,  0x86dd, &v4),               CAPTURE_OTHER    },
        {"header of 16 octets",       ethernet(NULL,                                                 0,  0x0800, &short_header),     CAPTURE_OTHER    },
        {"five tags",                 ethernet("\x81\0\0\1\x81\0\0\1\x81\0\0\1\x81\0\0\1\x81\0\0\1", 20, 0x0800, &v4),               CAPTURE_OTHER    },
        {"UDP longer than IP",        ethernet(NULL,                                                 0,  0x0800, &long_ip),          CAPTURE_MALFORMED},
        {"UDP of 7 octets",           ethernet(NULL,                                                 0,  0x0800, &zero_ip),          CAPTURE_MALFORMED},
        {"no payload",                ethernet(NULL,                                                 0,  0x0800, &empty),            CAPTURE_DATAGRAM },
    };
    struct capture *capture = capture_new(DLT_EN10MB);
    struct datagram datagram;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s\n", cases[i].name);
        assert_int_equal(read_frame(capture, &cases[i].frame, &datagram), cases[i].result);
    }
    capture_free(capture);
    assert_false(capture_knows(DLT_IEEE802_11));
    assert_null(capture_new(DLT_IEEE802_11));
}

/* ---- Fragments */

#define LONG "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF the end"

struct piece {
    size_t from, size; /* in octets of the UDP datagram; size 0: to its end */
    char change;       /* put over its first octet past the ports, if not 0 */
};

#define PIECES 6
static const struct {
    const char *name;
    struct piece pieces[PIECES];
    unsigned count;
    enum capture_result result; /* of the last piece */
    unsigned incomplete;
} fragmented[] = {
    {"two",                           {{0, 64, 0}, {64, 0, 0}},                           2, CAPTURE_DATAGRAM,  0},
    {"two, the other way round",      {{64, 0, 0}, {0, 64, 0}},                           2, CAPTURE_DATAGRAM,  0},
    {"four, in disorder",             {{32, 32, 0}, {96, 0, 0}, {0, 32, 0}, {64, 32, 0}}, 4, CAPTURE_DATAGRAM,  0},
    {"one comes twice",               {{0, 32, 0}, {0, 32, 0}, {32, 0, 0}},               3, CAPTURE_DATAGRAM,  0},
    {"the last one comes twice",      {{32, 0, 0}, {32, 0, 0}, {0, 32, 0}},               3, CAPTURE_DATAGRAM,  0},
    {"the first one is missing",      {{32, 32, 0}, {64, 0, 0}},                          2, CAPTURE_FRAGMENT,  0},
    {"the last one is missing",       {{0, 32, 0}, {32, 32, 0}},                          2, CAPTURE_FRAGMENT,  1},
    {"one in the middle is missing",  {{0, 32, 0}, {64, 0, 0}},                           2, CAPTURE_FRAGMENT,  1},
    {"two overlap",                   {{0, 64, 0}, {32, 0, 0}},                           2, CAPTURE_MALFORMED, 0},
    {"one within another",            {{0, 64, 0}, {32, 16, 0}},                          2, CAPTURE_FRAGMENT,  1},
    {"one within another, otherwise", {{0, 64, 0}, {32, 16, '!'}},                        2, CAPTURE_MALFORMED, 0},
    {"one comes twice, otherwise",    {{0, 64, 0}, {0, 64, '!'}},                         2, CAPTURE_MALFORMED, 0},
    {"nothing heals an overlap",      {{0, 64, 0}, {0, 64, '!'}, {64, 0, 0}},             3, CAPTURE_FRAGMENT,  0},
    {"not a multiple of 8",           {{0, 36, 0}},                                       1, CAPTURE_MALFORMED, 0},
    {"behind the end",                {{64, 0, 0}, {104, 16, 0}},                         2, CAPTURE_MALFORMED, 0},
};

static struct octets fragment4(const struct octets *data, size_t from, size_t size, bool more)
{
    return ip4(17, (unsigned)(from / 8) | (more ? 0x2000 : 0), data, from, size);
}

static void fragments_of(enum netboot_family family)
{
    struct octets whole = family == NETBOOT_V4 ? udp(68, 67, LONG) : udp(546, 547, LONG);

    for (size_t i = 0; i < COUNT(fragmented); i++) {
        struct capture *capture = capture_new(DLT_EN10MB);
        struct datagram datagram;
        enum capture_result result = CAPTURE_OTHER;
        print_message("DHCPv%d: %s\n", family, fragmented[i].name);
        for (unsigned j = 0; j < fragmented[i].count; j++) {
            struct piece piece = fragmented[i].pieces[j];
            bool more = piece.size > 0;
            struct octets data = whole;
            if (piece.change)
                data.data[piece.from + 12] = (uint8_t)piece.change;
            size_t size = more ? piece.size : whole.size - piece.from;
            struct octets ip = family == NETBOOT_V4 ? fragment4(&data, piece.from, size, more)
                                                    : fragment6(&data, piece.from, size, more);
            struct octets frame = ethernet(NULL, 0, family == NETBOOT_V4 ? 0x0800 : 0x86dd, &ip);
            result = read_frame(capture, &frame, &datagram);
            if (j + 1 < fragmented[i].count)
                assert_int_not_equal(result, CAPTURE_DATAGRAM);
        }
        assert_int_equal(result, fragmented[i].result);
        if (result == CAPTURE_DATAGRAM)
            assert_payload(&datagram, LONG);
        assert_int_equal(capture_incomplete(capture), fragmented[i].incomplete);
        capture_free(capture);
    }
}

static void fragments(void **state)
{
    (void)state;
    fragments_of(NETBOOT_V4);
    fragments_of(NETBOOT_V6);
}

/* Ethernet frames have 60 octets at least, so a short last fragment has others behind it. */
static void padding_is_no_part_of_a_fragment(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        bool v4 = i == 0;
        struct octets whole = v4 ? udp(68, 67, LONG) : udp(546, 547, LONG);
        struct octets ips[] = {v4 ? fragment4(&whole, 96, whole.size - 96, false)
                                  : fragment6(&whole, 96, whole.size - 96, false),
                               v4 ? fragment4(&whole, 0, 96, true) : fragment6(&whole, 0, 96, true)};
        struct capture *capture = capture_new(DLT_EN10MB);
        struct octets last = ethernet(NULL, 0, v4 ? 0x0800 : 0x86dd, &ips[0]);
        struct octets first = ethernet(NULL, 0, v4 ? 0x0800 : 0x86dd, &ips[1]);
        struct datagram datagram;
        assert_int_equal(read_frame(capture, &last, &datagram), CAPTURE_FRAGMENT);
        ADD(&last, "padding"); /* the same again, by another way */
        assert_int_equal(read_frame(capture, &last, &datagram), CAPTURE_FRAGMENT);
        assert_int_equal(read_frame(capture, &first, &datagram), CAPTURE_DATAGRAM);
        assert_payload(&datagram, LONG);
        capture_free(capture);
    }
}

/* All clients ask from 0.0.0.0, and may count their datagrams alike. */
static void fragments_of_two_clients_do_not_mix(void **state)
{
    struct octets whole = udp(68, 67, LONG), first = fragment4(&whole, 0, 64, true);
    struct octets last = fragment4(&whole, 64, whole.size - 64, false);
    struct octets frames[] = {ethernet(NULL, 0, 0x0800, &first), ethernet(NULL, 0, 0x0800, &last),
                              ethernet("\x81\0\0\1", 4, 0x0800, &last)};
    struct capture *capture = capture_new(DLT_EN10MB);
    struct datagram datagram;

    (void)state;
    frames[1].data[11] = 9; /* another sender */
    for (size_t i = 0; i < COUNT(frames); i++)
        assert_int_equal(read_frame(capture, &frames[i], &datagram), CAPTURE_FRAGMENT);
    frames[1].data[11] = 2;
    assert_int_equal(read_frame(capture, &frames[1], &datagram), CAPTURE_DATAGRAM);
    capture_free(capture);
}

static void fragments_wait_so_long_and_so_many(void **state)
{
    struct octets whole = udp(68, 67, LONG), first = fragment4(&whole, 0, 64, true);
    struct octets last = fragment4(&whole, 64, whole.size - 64, false);
    struct octets begin = ethernet(NULL, 0, 0x0800, &first), end = ethernet(NULL, 0, 0x0800, &last);
    struct capture *capture = capture_new(DLT_EN10MB);
    struct datagram datagram;
    uint64_t late = (REASSEMBLY_SECONDS + 2) * SECOND;

    (void)state;
    assert_int_equal(read_frame(capture, &begin, &datagram), CAPTURE_FRAGMENT);
    assert_int_equal(read_part(capture, late, &end, end.size, end.size, &datagram), CAPTURE_FRAGMENT);
    assert_int_equal(capture_incomplete(capture), 1);
    assert_int_equal(read_part(capture, late, &begin, begin.size, begin.size, &datagram), CAPTURE_DATAGRAM);
    assert_payload(&datagram, LONG);
    for (unsigned i = 0; i < 3 * REASSEMBLY_DATAGRAMS; i++) {
        begin.data[14 + 5] = (uint8_t)i; /* identification */
        assert_int_equal(read_part(capture, late + i, &begin, begin.size, begin.size, &datagram), CAPTURE_FRAGMENT);
    }
    assert_int_equal(capture_incomplete(capture), 1 + 3 * REASSEMBLY_DATAGRAMS);
    capture_free(capture);
}

static void fragments_cut_anywhere(void **state)
{
    struct octets whole = udp(546, 547, LONG), first = fragment6(&whole, 0, 64, true);
    struct octets frame = ethernet(NULL, 0, 0x86dd, &first);
    struct capture *capture = capture_new(DLT_EN10MB);
    struct datagram datagram;

    (void)state;
    for (size_t size = 0; size < frame.size; size++) {
        enum capture_result result = read_part(capture, SECOND, &frame, size, frame.size, &datagram);
        assert_true(result == CAPTURE_OTHER || result == CAPTURE_CUT_OFF);
        result = read_part(capture, SECOND, &frame, size, size, &datagram);
        assert_true(result == CAPTURE_OTHER || result == CAPTURE_MALFORMED);
    }
    capture_free(capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_type),
        cmocka_unit_test(every_frame_cut_anywhere),
        cmocka_unit_test(what_is_no_dhcp),
        cmocka_unit_test(fragments),
        cmocka_unit_test(padding_is_no_part_of_a_fragment),
        cmocka_unit_test(fragments_of_two_clients_do_not_mix),
        cmocka_unit_test(fragments_wait_so_long_and_so_many),
        cmocka_unit_test(fragments_cut_anywhere),
    };

    return cmocka_run_group_tests(tests, guarded_setup, guarded_teardown);
}
