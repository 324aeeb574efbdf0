/* SPDX-License-Identifier: MPL-2.0 */
/* Frames to datagrams: link types, VLAN tags, IP. */
#include "frames.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_type),
        cmocka_unit_test(every_frame_cut_anywhere),
        cmocka_unit_test(what_is_no_dhcp),
    };

    return cmocka_run_group_tests(tests, guarded_setup, guarded_teardown);
}
