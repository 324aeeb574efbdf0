/* SPDX-License-Identifier: MPL-2.0 */
/* The codes of options by their names, and of all that a statement sets. */
#include "unit.h"

#include "migrate/dhcpd/option_codes.h"
#include "scratch.h"

#include <string.h>

enum { V4, V6 };

static struct arena memory;
static char scratch[SCRATCH_SIZE];

static int setup(void **state)
{
    (void)state;
    scratch_make(scratch);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(scratch);
    arena_free(&memory);
    return 0;
}

static struct statement *statements(const char *text)
{
    char path[SCRATCH_SIZE + 16];
    struct netboot_error error;
    struct statement *ret;

    snprintf(path, sizeof(path), "%s/dhcpd.conf", scratch);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(statements_read(path, &memory, &ret, &error), 0);
    return ret;
}

static const struct option_definition *definitions(void)
{
    return option_definitions(statements("option arch code 93 = unsigned integer 16;\n"
                                         "option host-name code 200 = text;\n"
                                         "option dhcp6.arch code 61 = array of unsigned integer 16;\n"
                                         "option space site;\n"
                                         "option site.color code 1 = text;\n"
                                         "option site-options code 224 = encapsulate site;\n"
                                         "subnet 192.0.2.0 netmask 255.255.255.0 { option inner code 9 = text; }\n"
                                         "option arch 7;\n"),
                              &memory);
}

/* ---- One name */

static const struct {
    int family;
    const char *name;
    int code;
} names[] = {
    {V4, "subnet-mask",         1  },
    {V4, "domain-name-servers", 6  },
    {V4, "DOMAIN-NAME",         15 },
    {V4, "dhcp.domain-name",    15 },
    {V4, "xyzzy",               -1 },
    {V4, "",                    -1 },
    {V4, "unknown-119",         119},
    {V4, "dhcp.unknown-119",    119},
    {V4, "arch",                93 },
    {V4, "Arch",                93 },
    {V4, "host-name",           200}, /* the configuration's own goes before dhcpd's */
    {V4, "site.color",          224}, /* within the option that has the space */
    {V4, "SITE.size",           224},
    {V4, "other.size",          43 },
    {V4, "inner",               -1 }, /* dhcpd defines options globally only */
    {V6, "dhcp6.name-servers",  23 },
    {V6, "dhcp6.arch",          61 },
    {V6, "name-servers",        -1 }, /* of DHCPv4's space, if of any */
    {V6, "dhcp6.unknown-59",    59 },
    {V6, "vsio.thing",          17 },
    {V6, "dhcp6.xyzzy",         -1 },
};

static void a_name_has_a_code(void **state)
{
    const struct option_definition *own = definitions();

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        int code = option_code(names[i].family, names[i].name, own);
        if (code != names[i].code)
            fail_msg("%s: %d, not %d", names[i].name, code, names[i].code);
    }
    assert_int_equal(option_code(V4, "host-name", NULL), 12);
    assert_int_equal(option_code(V4, "arch", NULL), -1);
    assert_int_equal(option_code(V4, "site.color", NULL), 43);
}

/* ---- A statement */

static const struct {
    int family;
    const char *statement, *codes;
} sets[] = {
    {V4, "next-server 192.0.2.1;",                                                 ""   },
    {V4, "option routers 192.0.2.1;",                                              "3"  },
    {V4, "option xyzzy 1;",                                                        ""   },
    {V4, "option xyzzy code 224 = text;",                                          ""   },
    {V4, "group { option routers 192.0.2.1; pool { option time-offset 0; } }",     "3 2"},
    {V4, "if option arch = 7 { option routers 192.0.2.1; }",                       "3"  },
    {V4, "supersede domain-name \"a\";",                                           "15" },
    {V4, "append domain-name-servers 192.0.2.1;",                                  "6"  },
    {V4, "prepend domain-name-servers 192.0.2.1;",                                 "6"  },
    {V4, "default domain-name \"a\";",                                             "15" },
    {V4, "switch (x) { case 1: option routers a; default: option time-offset 1;}", "3 2"},
    {V4, "vendor-option-space site;",                                              "43" },
    {V6, "vendor-option-space site;",                                              "17" },
    {V6, "option dhcp6.name-servers 2001:db8::1;",                                 "23" },
};

static void what_a_statement_sets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sets); i++) {
        const struct statement *statement = statements(sets[i].statement);
        const char *codes = option_codes(sets[i].family, statement, NULL, &memory);
        assert_non_null(codes);
        if (strcmp(codes, sets[i].codes) != 0)
            fail_msg("%s: `%s`", sets[i].statement, codes);
    }
}

static const struct {
    const char *codes;
    unsigned code;
    bool has;
} lists[] = {
    {NULL,    1,  true },
    {"any",   1,  true },
    {"",      0,  false},
    {"42 3",  42, true },
    {"42 3",  3,  true },
    {"42 3",  4,  false},
    {"42 3",  2,  false},
    {"other", 0,  false},
};

static void whether_a_list_has_a_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++)
        assert_int_equal(option_codes_have(lists[i].codes, lists[i].code), lists[i].has);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_a_code),
        cmocka_unit_test(what_a_statement_sets),
        cmocka_unit_test(whether_a_list_has_a_code),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
