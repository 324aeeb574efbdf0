/* SPDX-License-Identifier: MPL-2.0 */
/* Platforms, addresses and prefixes as people type them, and what they are told of the rest. */
#include "unit.h"

#include <errno.h>
#include <string.h>

static void platforms(void **state)
{
    static const struct {
        const char *text;
        int platform; /* or what is wrong */
        const char *reason;
    } cases[] = {
        {"x64-uefi", 7,       NULL                                                                                  },
        {"7",        7,       NULL                                                                                  },
        {"9",        7,       NULL                                                                                  },
        {"41",       41,      NULL                                                                                  },
        {"42",       -EINVAL, "there is no platform `42` (see netbootctl help platforms)"                           },
        {"-1",       -EINVAL, "there is no platform `-1` (see netbootctl help platforms)"                           },
        {"x64",      -EINVAL, "there is no platform `x64`; did you mean `x64-uefi`? (see netbootctl help platforms)"},
        {"",         -EINVAL, "there is no platform `` (see netbootctl help platforms)"                             },
    };
    char text[NETBOOT_PLATFORM_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct netboot_error error = {0};
        uint16_t platform = 1234;
        int code = netboot_platform_parse(cases[i].text, &platform, &error);
        assert_int_equal(code, cases[i].reason ? cases[i].platform : 0);
        assert_int_equal(platform, cases[i].reason ? 1234 : cases[i].platform);
        if (cases[i].reason)
            assert_string_equal(error.text, cases[i].reason);
    }
    assert_string_equal(netboot_platform_text(7, text), "x64-uefi");
    assert_string_equal(netboot_platform_text(4711, text), "4711");
}

static void addresses(void **state)
{
    static const uint8_t v4[] = {192, 0, 2, 1}, v6[] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    struct netboot_error error;
    uint8_t address[NETBOOT_ADDRESS_SIZE];

    (void)state;
    assert_int_equal(netboot_address_parse("tftp4", "192.0.2.1", NETBOOT_V4, address, &error), 0);
    assert_memory_equal(address, v4, sizeof(v4));
    assert_int_equal(netboot_address_parse("tftp6", "2001:db8::1", NETBOOT_V6, address, &error), 0);
    assert_memory_equal(address, v6, sizeof(v6));
    assert_int_equal(netboot_address_parse("tftp4", "2001:db8::1", NETBOOT_V4, address, &error), -EINVAL);
    assert_string_equal(error.text, "tftp4: `2001:db8::1` is not an IPv4 address: write it like 192.0.2.1");
    assert_int_equal(netboot_address_parse("tftp6", "::", NETBOOT_V6, address, &error), -EINVAL);
    assert_string_equal(error.text, "tftp6: `::` cannot be the address of a machine");
    assert_memory_equal(address, v6, sizeof(v6));
}

static void prefixes(void **state)
{
    static const struct {
        const char *text, *shown; /* NULL: it is none */
        const char *reason;
    } cases[] = {
        {"192.0.2.0/24",  "192.0.2.0/24",  NULL                                                                                   },
        {"192.0.2.7",     "192.0.2.7/32",  NULL                                                                                   },
        {"0.0.0.0/0",     "0.0.0.0/0",     NULL                                                                                   },
        {"2001:db8::/33", "2001:db8::/33", NULL                                                                                   },
        {"::1",           "::1/128",       NULL                                                                                   },
        {"192.0.2.1/24",  NULL,            "prefixes: `192.0.2.1/24` has bits set past its length: did you mean 192.0.2.0/24?"    },
        {"192.0.2.0/33",  NULL,            "prefixes: `192.0.2.0/33` is not a prefix: write it like 192.0.2.0/24 or 2001:db8::/64"},
        {"/24",           NULL,            "prefixes: `/24` is not a prefix: write it like 192.0.2.0/24 or 2001:db8::/64"         },
        {"192.0.2.0/",    NULL,            "prefixes: `192.0.2.0/` is not a prefix: write it like 192.0.2.0/24 or 2001:db8::/64"  },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct netboot_error error = {0};
        uint8_t prefix[NETBOOT_PREFIX_SIZE] = {0};
        char text[NETBOOT_PREFIX_TEXT_SIZE];
        int size = netboot_prefix_parse("prefixes", cases[i].text, prefix, &error);
        assert_int_equal(size, !cases[i].shown ? -EINVAL : strchr(cases[i].text, ':') ? 17 : 5);
        if (cases[i].shown)
            assert_string_equal(netboot_prefix_text((struct netboot_bytes){prefix, (size_t)size}, text),
                                cases[i].shown);
        else
            assert_string_equal(error.text, cases[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(platforms),
        cmocka_unit_test(addresses),
        cmocka_unit_test(prefixes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
