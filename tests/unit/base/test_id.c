/* SPDX-License-Identifier: MPL-2.0 */
#include "unit.h"

#include "base/address.h"
#include "base/bytes.h"
#include "base/template.h"
#include "base/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What people type, and how it is written back. */
static const struct {
    const char *text;
    enum netboot_id_type type;
    const char *written;
} ids[] = {
    {"52:54:00:77:00:02",                    NETBOOT_ID_MAC,  "52:54:00:77:00:02"                   },
    {"52-54-00-77-00-02",                    NETBOOT_ID_MAC,  "52:54:00:77:00:02"                   },
    {"5254.0077.0002",                       NETBOOT_ID_MAC,  "52:54:00:77:00:02"                   },
    {"525400770002",                         NETBOOT_ID_MAC,  "52:54:00:77:00:02"                   },
    {"AA:BB:CC:DD:EE:FF",                    NETBOOT_ID_MAC,  "aa:bb:cc:dd:ee:ff"                   },
    {"11223344-5566-7788-99aa-bbccddeeff01", NETBOOT_ID_UUID, "11223344-5566-7788-99aa-bbccddeeff01"},
    {"112233445566778899AABBCCDDEEFF01",     NETBOOT_ID_UUID, "11223344-5566-7788-99aa-bbccddeeff01"},
    {"00:03:00:01:52:54:00:77:00:02",        NETBOOT_ID_DUID, "00:03:00:01:52:54:00:77:00:02"       },
    {"00030001525400770002",                 NETBOOT_ID_DUID, "00:03:00:01:52:54:00:77:00:02"       },
    {"web1",                                 NETBOOT_ID_NAME, "web1"                                },
    {"rack-12.node_3",                       NETBOOT_ID_NAME, "rack-12.node_3"                      },
    {"5254007700021",                        NETBOOT_ID_NAME, "5254007700021"                       },
};

static const char *const no_ids[] = {
    "",
    "52:54:00:77:00",
    "52:54:00:77:00:0g",
    "52:54-00:77:00:02",
    "-web1",
    "web 1",
    "web/1",
    ".",
    "11223344-5566-7788-99aa-bbccddeeff0g!",
};

static void identifiers_are_read_in_every_spelling(void **state)
{
    char text[NETBOOT_ID_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(ids); i++) {
        struct netboot_id id;
        print_message("%s\n", ids[i].text);
        assert_int_equal(netboot_id_parse(ids[i].text, &id, NULL), 0);
        assert_int_equal(id.type, ids[i].type);
        assert_string_equal(netboot_id_text(&id, text), ids[i].written);
        assert_int_equal(netboot_id_parse_as(ids[i].type, NULL, ids[i].text, &id, NULL), 0);
    }
}

static void what_is_no_identifier_is_refused(void **state)
{
    struct netboot_id id = {.size = 77};

    (void)state;
    for (size_t i = 0; i < COUNT(no_ids); i++) {
        print_message("'%s'\n", no_ids[i]);
        assert_int_equal(netboot_id_parse(no_ids[i], &id, NULL), -EINVAL);
        assert_int_equal(id.size, 77);
    }
}

/* A name that reads as a MAC could be given but never be typed again. */
static void a_name_that_reads_as_another_identifier_is_refused(void **state)
{
    struct netboot_id id;

    (void)state;
    assert_int_equal(netboot_id_parse_as(NETBOOT_ID_NAME, NULL, "525400770002", &id, NULL), -EINVAL);
    assert_int_equal(netboot_id_parse_as(NETBOOT_ID_NAME, NULL, "00030001525400770002", &id, NULL), -EINVAL);
    assert_int_equal(netboot_id_parse_as(NETBOOT_ID_MAC, NULL, "web1", &id, NULL), -EINVAL);
    assert_int_equal(netboot_id_parse_as(NETBOOT_ID_DUID, NULL, "0003", &id, NULL), -EINVAL);
    assert_int_equal(netboot_id_parse_as(NETBOOT_ID_DUID, NULL, "000401", &id, NULL), 0);
}

static void the_longest_duid_fits(void **state)
{
    char text[2 * NETBOOT_DUID_MAX + 3], written[NETBOOT_ID_TEXT_SIZE];
    struct netboot_id id;

    (void)state;
    memset(text, '0', sizeof(text));
    text[2 * NETBOOT_DUID_MAX] = '\0';
    assert_int_equal(netboot_id_parse(text, &id, NULL), 0);
    assert_int_equal(id.size, NETBOOT_DUID_MAX);
    assert_int_equal(strlen(netboot_id_text(&id, written)), 3 * NETBOOT_DUID_MAX - 1);
    memset(text, '0', sizeof(text));
    text[2 * NETBOOT_DUID_MAX + 2] = '\0';
    assert_int_equal(netboot_id_parse_as(NETBOOT_ID_DUID, NULL, text, &id, NULL), -EINVAL);
}

/* Whatever a caller has put into an identifier, its text stays within its buffer. */
static void an_identifier_that_is_too_large_is_cut(void **state)
{
    static const enum netboot_id_type types[] = {NETBOOT_ID_MAC, NETBOOT_ID_UUID, NETBOOT_ID_DUID, NETBOOT_ID_NAME};

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        struct netboot_id id = {.type = types[i], .size = UINT8_MAX};
        struct {
            char text[NETBOOT_ID_TEXT_SIZE], behind[3 * UINT8_MAX];
        } memory;
        memset(id.value, 'x', sizeof(id.value));
        memset(&memory, '!', sizeof(memory));
        netboot_id_text(&id, memory.text);
        assert_true(strnlen(memory.text, sizeof(memory.text)) < sizeof(memory.text));
        assert_int_equal(strspn(memory.text, "x78:-"), strlen(memory.text));
        for (size_t k = 0; k < sizeof(memory.behind); k++)
            assert_int_equal(memory.behind[k], '!');
    }
}

/* Beside the C library's own. */
static void addresses_are_written_as_the_c_library_does(void **state)
{
    static const char *const texts6[] = {"::",         "::1",        "2001:db8::1",          "fe80::5054:ff:fe77:2",
                                         "1:0:0:2::3", "1::2:0:0:3", "1:2:3:4:5:6:7:8",      "1:0:2:3:4:5:6:7",
                                         "ff00::",     "0:1::",      "abcd:ef01:2345:6789::"};
    static const char *const texts4[] = {"0.0.0.0", "10.77.0.1", "255.255.255.255", "192.0.2.100", "1.20.100.9"};
    char text[ADDRESS6_TEXT_SIZE], expected[INET6_ADDRSTRLEN];
    uint8_t address[16];

    (void)state;
    for (size_t i = 0; i < COUNT(texts6); i++) {
        assert_int_equal(inet_pton(AF_INET6, texts6[i], address), 1);
        unsigned size = address6_text(address, text);
        assert_int_equal(size, strlen(text));
        inet_ntop(AF_INET6, address, expected, sizeof(expected));
        assert_string_equal(text, expected);
    }
    for (size_t i = 0; i < COUNT(texts4); i++) {
        assert_int_equal(inet_pton(AF_INET, texts4[i], address), 1);
        assert_int_equal(address4_text(address, text), strlen(texts4[i]));
        assert_string_equal(text, texts4[i]);
    }
}

/* glibc writes the addresses that embed IPv4 with dots; all others must agree. */
static void random_addresses_are_written_as_the_c_library_does(void **state)
{
    char text[ADDRESS6_TEXT_SIZE], expected[INET6_ADDRSTRLEN];
    uint8_t address[16];

    (void)state;
    srandom(1);
    for (unsigned round = 0; round < 20000; round++) {
        for (unsigned i = 0; i < 16; i++)
            address[i] = random() % 2 ? 0 : (uint8_t)random();
        address[0] |= 1;
        address6_text(address, text);
        inet_ntop(AF_INET6, address, expected, sizeof(expected));
        assert_string_equal(text, expected);
    }
}

static const struct {
    const char *text;
    int result;
    const char *scheme, *host, *port, *path;
    int host_type;
} urls[] = {
    {"tftp://192.0.2.1/a/b",          0,       "tftp",  "192.0.2.1",        "",     "a/b",  URL_IPV4},
    {"http://[2001:db8::1]:8080/x?y", 0,       "http",  "2001:db8::1",      "8080", "x?y",  URL_IPV6},
    {"https://boot.example.com",      0,       "https", "boot.example.com", "",     "",     URL_NAME},
    {"tftp://host//abs",              0,       "tftp",  "host",             "",     "/abs", URL_NAME},
    {"http://u:p@host:1/x",           0,       "http",  "host",             "1",    "x",    URL_NAME},
    {"ipxe.efi",                      -EINVAL, "",      "",                 "",     "",     0       },
    {"://x",                          -EINVAL, "",      "",                 "",     "",     0       },
    {"http:///x",                     -EINVAL, "",      "",                 "",     "",     0       },
    {"http://[2001:db8::1/x",         -EINVAL, "",      "",                 "",     "",     0       },
    {"http://[192.0.2.1]/x",          -EINVAL, "",      "",                 "",     "",     0       },
    {"http://host:/x",                -EINVAL, "",      "",                 "",     "",     0       },
    {"http://host:65536/x",           -EINVAL, "",      "",                 "",     "",     0       },
    {"http://host:123456/x",          -EINVAL, "",      "",                 "",     "",     0       },
    {"http://ho st/x",                -EINVAL, "",      "",                 "",     "",     0       },
    {"http://[]/x",                   -EINVAL, "",      "",                 "",     "",     0       },
    {"http://[",                      -EINVAL, "",      "",                 "",     "",     0       },
};

static void urls_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct url url;
        print_message("%s\n", urls[i].text);
        assert_int_equal(url_parse(bytes_of(urls[i].text), &url), urls[i].result);
        if (urls[i].result < 0)
            continue;
        assert_int_equal(url.scheme.size, strlen(urls[i].scheme));
        assert_memory_equal(url.scheme.data, urls[i].scheme, url.scheme.size);
        assert_int_equal(url.host.size, strlen(urls[i].host));
        assert_memory_equal(url.host.data, urls[i].host, url.host.size);
        assert_int_equal(url.port.size, strlen(urls[i].port));
        assert_int_equal(url.path.size, strlen(urls[i].path));
        if (url.path.size > 0)
            assert_memory_equal(url.path.data, urls[i].path, url.path.size);
        assert_int_equal(url.host_type, urls[i].host_type);
    }
}

static void templates_say_what_they_lack(void **state)
{
    static const struct template_value values[] = {
        {"a",  "one"},
        {"b",  NULL },
        {NULL, NULL },
    };
    static const struct {
        const char *template;
        int result;
        const char *text;
    } cases[] = {
        {"x",            1,             "x"          },
        {"{a}",          3,             "one"        },
        {"-{a}-{a}",     8,             "-one-one"   },
        {"{b}",          -ENODATA,      NULL         },
        {"{c}",          -ENOENT,       NULL         },
        {"{a",           -ENOENT,       NULL         },
        {"{}",           -ENOENT,       NULL         },
        {"12345678901",  11,            "12345678901"},
        {"123456789012", -ENAMETOOLONG, NULL         },
        {"123456789{a}", -ENAMETOOLONG, NULL         },
    };
    char text[12];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s\n", cases[i].template);
        assert_int_equal(template_expand(bytes_of(cases[i].template), values, text, sizeof(text)), cases[i].result);
        if (cases[i].text)
            assert_string_equal(text, cases[i].text);
    }
}

static const struct {
    const char *value;
    bool good;
} files[] = {
    {"ipxe.efi",                          true },
    {"hosts/{mac}.ipxe",                  true },
    {"http://[2001:db8::1]/{platform}/x", true },
    {"http://{site}.example.com/x",       true },
    {"iscsi:192.0.2.1::::iqn",            true },
    {"",                                  false},
    {"a b",                               false},
    {"a\n",                               false},
    {"\xc3\xa4",                          false},
    {"{mac",                              false},
    {"mac}",                              false},
    {"{nonsense}",                        false},
    {"http://[2001:db8::1/x",             false},
    {"tftp://192.0.2.1/a%20b%C3%a9.efi",  true },
    {"tftp://192.0.2.1/a%2",              false},
    {"tftp://192.0.2.1/a%2g",             false},
    {"tftp://192.0.2.1/%",                false},
    {"tftp://192.0.2.1/%{mac}",           false},
    {"TFTP://192.0.2.1/a%00b",            false},
    {"tftp://192.0.2.1/a%0ab",            false},
    {"tftp://192.0.2.1/a%7fb",            false},
    {"tftp://192.0.2.1/a%ffb",            false},
    {"http://192.0.2.1/a?b=100%",         true },
    {"a%zz#b?c",                          true },
};

static void files_are_checked_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct netboot_error error = {0};
        print_message("'%s'\n", files[i].value);
        assert_int_equal(netboot_file_check(files[i].value, &error), files[i].good ? 0 : -EINVAL);
        assert_int_equal(error.code, files[i].good ? 0 : -EINVAL);
        assert_int_equal(strlen(error.text) > 0, !files[i].good);
    }
    char value[NETBOOT_FILE_SIZE + 1];
    memset(value, 'x', sizeof(value));
    value[NETBOOT_FILE_SIZE] = '\0';
    assert_int_equal(netboot_file_check(value, NULL), -EINVAL);
    value[NETBOOT_FILE_SIZE - 1] = '\0';
    assert_int_equal(netboot_file_check(value, NULL), 0);
}

static void base_urls_are_checked_with_a_reason(void **state)
{
    static const char *const good[] = {"http://192.0.2.1/", "http://192.0.2.1", "https://boot.example.com:8443/a/b",
                                       "http://[2001:db8::1]/"};
    static const char *const bad[] = {"192.0.2.1",   "tftp://192.0.2.1/",   "http://",    "http://h/{mac}",
                                      "http://h/?x", "http://2001:db8::1/", "http://a b/"};
    struct netboot_error error;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_int_equal(netboot_base_url_check(good[i], &error), 0);
    for (size_t i = 0; i < COUNT(bad); i++) {
        print_message("%s\n", bad[i]);
        assert_int_equal(netboot_base_url_check(bad[i], &error), -EINVAL);
        assert_non_null(strstr(error.text, bad[i]));
    }
}

static void numbers_are_big_endian(void **state)
{
    static const uint8_t octets[] = {0x80, 0x01, 0xfe, 0x03, 0x84, 0x05, 0x06, 0xff};
    uint8_t written[sizeof(octets)];

    (void)state;
    assert_int_equal(be_get16(octets), 0x8001);
    assert_int_equal(be_get32(octets), 0x8001fe03);
    assert_true(be_get64(octets) == UINT64_C(0x8001fe03840506ff));
    assert_int_equal(be_get(octets, 3), 0x8001fe);
    assert_int_equal(be_get(octets, 0), 0);
    be_put16(written, 0x8001);
    assert_memory_equal(written, octets, 2);
    be_put32(written, 0x8001fe03);
    assert_memory_equal(written, octets, 4);
    be_put64(written, UINT64_C(0x8001fe03840506ff));
    assert_memory_equal(written, octets, 8);
    memset(written, 0, sizeof(written));
    be_put(written, 0x8001fe, 3);
    assert_memory_equal(written, octets, 3);
    assert_int_equal(written[3], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_are_read_in_every_spelling),
        cmocka_unit_test(what_is_no_identifier_is_refused),
        cmocka_unit_test(a_name_that_reads_as_another_identifier_is_refused),
        cmocka_unit_test(the_longest_duid_fits),
        cmocka_unit_test(an_identifier_that_is_too_large_is_cut),
        cmocka_unit_test(addresses_are_written_as_the_c_library_does),
        cmocka_unit_test(random_addresses_are_written_as_the_c_library_does),
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(templates_say_what_they_lack),
        cmocka_unit_test(files_are_checked_with_a_reason),
        cmocka_unit_test(base_urls_are_checked_with_a_reason),
        cmocka_unit_test(numbers_are_big_endian),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
