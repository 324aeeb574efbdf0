/* SPDX-License-Identifier: MPL-2.0 */
/* Fragments of IP to datagrams. */
#include "frames.h"

#include "replay/reassembly.h"

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
        cmocka_unit_test(fragments),
        cmocka_unit_test(padding_is_no_part_of_a_fragment),
        cmocka_unit_test(fragments_of_two_clients_do_not_mix),
        cmocka_unit_test(fragments_wait_so_long_and_so_many),
        cmocka_unit_test(fragments_cut_anywhere),
    };

    return cmocka_run_group_tests(tests, guarded_setup, guarded_teardown);
}
