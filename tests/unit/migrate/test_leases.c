/* SPDX-License-Identifier: MPL-2.0 */
/* dhcpd.leases and dhcpd6.leases: what is read of them. */
#include "unit.h"

#include "migrate/base/migration.h"
#include "migrate/leases/leases.h"
#include "scratch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define TEXT_SIZE 2048

static char scratch[SCRATCH_SIZE], path[SCRATCH_SIZE + 16];
static struct arena memory;
static struct findings findings;
static struct leases leases;

static int setup(void **state)
{
    (void)state;
    scratch_make(scratch);
    snprintf(path, sizeof(path), "%s/leases", scratch);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(scratch);
    return 0;
}

static void forget(void)
{
    leases_free(&leases);
    findings_free(&findings);
    findings = (struct findings){.rows = NULL};
    arena_free(&memory);
}

static int read_text(const char *text, struct netboot_error *error)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    return leases_read(path, &memory, &leases, &findings, error);
}

static void octets_print(FILE *out, const char *name, struct netboot_bytes octets)
{
    if (octets.size > 0)
        fprintf(out, " %s ", name);
    for (size_t i = 0; i < octets.size; i++)
        fprintf(out, "%02x", octets.data[i]);
}

/* "ADDRESS STATE valid V preferred P ends E iaid I hardware H client C name N;", without what is 0 or absent. */
static void lease_print(FILE *out, const struct lease *lease)
{
    static const char *const states[] = {"free", "active", "declined"};
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"valid",     lease->valid    },
        {"preferred", lease->preferred},
        {"ends",      lease->ends     },
        {"iaid",      lease->iaid     },
    };
    char address[INET6_ADDRSTRLEN];

    inet_ntop(leases.family == FAMILY_4 ? AF_INET : AF_INET6, lease->address, address, sizeof(address));
    fputs(address, out);
    if (lease->is_prefix)
        fprintf(out, "/%u", lease->prefix_length);
    else
        assert_int_equal(lease->prefix_length, 128);
    fprintf(out, " %s", states[lease->state]);
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (numbers[i].value)
            fprintf(out, " %s %llu", numbers[i].name, (unsigned long long)numbers[i].value);
    octets_print(out, "hardware", lease->hardware);
    octets_print(out, "client", lease->client);
    fprintf(out, "%s%s;", lease->hostname ? " name " : "", lease->hostname ? lease->hostname : "");
}

static void leases_text(char text[TEXT_SIZE])
{
    FILE *out = fmemopen(text, TEXT_SIZE, "w");

    text[0] = '\0';
    for (size_t i = 0; i < leases.count; i++)
        lease_print(out, &leases.rows[i]);
    fclose(out);
}

#define LEASE "lease 192.0.2.1 { "
#define TIMES "starts epoch 1000; ends epoch 1600; "
#define IA_NA "ia-na \"\\001\\000\\000\\000\\000\\001\" { cltt epoch 1000; "

static const struct {
    const char *name, *text, *found;
} files[] = {
    {"nothing",                       "",                                                                                    ""                                                                                          },
    {"one of IPv4",
     LEASE "starts 4 2022/12/01 10:00:00; ends 4 2022/12/01 10:10:00; binding state active; next binding state free;\n"
           " hardware ethernet 52:54:00:0:0:a; uid \"\\001RT\\000\"; client-hostname \"a b\"; }",                            "192.0.2.1 active valid 600 ends 1669889400 hardware 52540000000a client 01525400 name a b;"},
    {"epochs",                        LEASE TIMES "binding state active; }",                                                 "192.0.2.1 active valid 600 ends 1600;"                                                     },
    {"never",                         LEASE "starts epoch 1000; ends never; }",                                              "192.0.2.1 active valid 4294967295 ends 4294968295;"                                        },
    {"no times",                      LEASE "binding state active; }",                                                       "192.0.2.1 active;"                                                                         },
    {"ends before it starts",         LEASE "starts epoch 1000; ends epoch 900; }",                                          "192.0.2.1 active ends 900;"                                                                },
    {"before 1970",                   LEASE "starts 4 1960/01/01 00:00:00; ends 4 1960/01/01 00:00:00; }",                   "192.0.2.1 active;"                                                                         },
    {"free",                          LEASE TIMES "binding state free; }",                                                   "192.0.2.1 free valid 600 ends 1600;"                                                       },
    {"abandoned",                     LEASE TIMES "binding state abandoned; }",                                              "192.0.2.1 declined valid 600 ends 1600;"                                                   },
    {"abandoned, of old",             LEASE TIMES "abandoned; }",                                                            "192.0.2.1 declined valid 600 ends 1600;"                                                   },
    {"identifiers",                   LEASE "uid 1:52:54:0; hardware ethernet nonsense; }",                                  "192.0.2.1 active client 01525400;"                                                         },
    {"no address",                    "lease a.b.c.d { } lease { }",                                                         ""                                                                                          },
    {"the last of an address counts",
     LEASE "binding state active; } lease 192.0.2.0 { } " LEASE "binding state free; }",
     "192.0.2.0 active;192.0.2.1 free;"                                                                                                                                                                                  },
    {"one of IPv6",                   IA_NA "iaaddr 2001:db8::1 { preferred-life 300; max-life 600; ends epoch 1600; } }",
     "2001:db8::1 active valid 600 preferred 300 ends 1600 iaid 1 client 0001;"                                                                                                                                          },
    {"without a lifetime",            IA_NA "iaaddr 2001:db8::1 { ends epoch 1700; } }",
     "2001:db8::1 active valid 700 ends 1700 iaid 1 client 0001;"                                                                                                                                                        },
    {"two of one client",             IA_NA "iaaddr 2001:db8::2 { binding state free; } iaaddr 2001:db8::1 { } }",
     "2001:db8::1 active iaid 1 client 0001;2001:db8::2 free iaid 1 client 0001;"                                                                                                                                        },
    {"a prefix",                      "ia-pd \"\\001\\000\\000\\000\\000\\001\" { iaprefix 2001:db8::/56 { max-life 1; } }",
     "2001:db8::/56 active valid 1 iaid 1 client 0001;"                                                                                                                                                                  },
    {"a prefix and an address",       IA_NA "iaaddr 2001:db8:: { } iaprefix 2001:db8::/56 { } }",
     "2001:db8:: active iaid 1 client 0001;2001:db8::/56 active iaid 1 client 0001;"                                                                                                                                     },
    {"the other order of octets",     "authoring-byte-order big-endian;\n" IA_NA "iaaddr 2001:db8::1 { } }",
     "2001:db8::1 active iaid 16777216 client 0001;"                                                                                                                                                                     },
    {"its own order of octets",       "authoring-byte-order little-endian;\n" IA_NA "iaaddr 2001:db8::1 { } }",
     "2001:db8::1 active iaid 1 client 0001;"                                                                                                                                                                            },
    {"no DUID",                       "ia-na \"\\001\\000\\000\\000\" { iaaddr 2001:db8::1 { } }",                           ""                                                                                          },
    {"no address of IPv6",            IA_NA "iaaddr 2001:db8::g { } iaaddr { } }",                                           ""                                                                                          },
};

static void what_is_leased(void **state)
{
    struct netboot_error error = {.text = ""};
    char text[TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        if (read_text(files[i].text, &error) != 0)
            fail_msg("%s: %s", files[i].name, error.text);
        assert_int_equal(findings.count, 0);
        assert_null(leases.hosts);
        leases_text(text);
        if (strcmp(text, files[i].found) != 0)
            fail_msg("%s: %s", files[i].name, text);
        forget();
    }
}

static void the_family_is_that_of_its_records(void **state)
{
    static const struct {
        const char *text;
        int family;
    } families[] = {
        {"host a { }",         -1      },
        {LEASE "}",            FAMILY_4},
        {IA_NA "}",            FAMILY_6},
        {"server-duid \"a\";", FAMILY_6},
    };
    struct netboot_error error;

    (void)state;
    for (size_t i = 0; i < COUNT(families); i++) {
        assert_int_equal(read_text(families[i].text, &error), 0);
        assert_int_equal(leases.family, families[i].family);
        forget();
    }
}

static void the_servers_duid(void **state)
{
    static const char *const texts[] = {"server-duid \"\\000\\003\\000\\001a\";", "server-duid 0:3:0:1:61;"};
    struct netboot_error error;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_int_equal(read_text(texts[i], &error), 0);
        assert_int_equal(leases.server_duid.size, 5);
        assert_memory_equal(leases.server_duid.data, "\0\3\0\1a", 5);
        forget();
    }
    assert_int_equal(read_text("", &error), 0);
    assert_null(leases.server_duid.data);
    forget();
}

static void temporary_addresses_are_counted(void **state)
{
    struct netboot_error error;

    (void)state;
    assert_int_equal(
        read_text("ia-ta \"\\001\\000\\000\\000\\000\\001\" { iaaddr 2001:db8::1 { binding state active; }\n"
                  "iaaddr 2001:db8::2 { binding state free; } iaaddr 2001:db8::3 { } }",
                  &error),
        0);
    assert_int_equal(leases.count, 0);
    assert_int_equal(leases.temporary, 2);
    forget();
}

/* dhcpd only appends: a host's last record is how it is, or that it is gone. */
static void hosts_made_over_omapi(void **state)
{
    static const char *const wanted[] = {"a", "c"};
    struct netboot_error error;
    size_t count = 0;

    (void)state;
    assert_int_equal(read_text("host a { dynamic; hardware ethernet 1:2; }\nhost b { }\nhost c { }\n"
                               "host b { dynamic; deleted; }\nhost d { deleted; }\nhost a { fixed-address 192.0.2.1; }",
                               &error),
                     0);
    for (const struct statement *host = leases.hosts; host; host = host->next, count++) {
        assert_true(count < COUNT(wanted));
        assert_string_equal(statement_word(host, 1), wanted[count]);
    }
    assert_int_equal(count, COUNT(wanted));
    assert_int_equal(leases.hosts->line, 6);
    assert_string_equal(leases.hosts->child->text, "fixed-address 192.0.2.1");
    assert_null(leases.hosts->child->next);
    forget();
}

static void what_is_not_read_needs_a_person(void **state)
{
    static const char *const texts[] = {"group \"g\"", "class \"c\"", "subclass \"c\" 1"};
    struct netboot_error error;

    (void)state;
    assert_int_equal(
        read_text("group \"g\" { }\nclass \"c\" { }\nsubclass \"c\" 1 { }\nfailover peer \"p\" state { }\n", &error),
        0);
    assert_int_equal(findings.count, COUNT(texts));
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_int_equal(findings.rows[i].severity, FINDING_PERSON);
        assert_int_equal(findings.rows[i].line, i + 1);
        assert_string_equal(findings.rows[i].text, texts[i]);
        assert_string_equal(findings.rows[i].file, path);
    }
    forget();
}

static void a_broken_file(void **state)
{
    struct netboot_error error;
    char wanted[NETBOOT_ERROR_SIZE];

    (void)state;
    assert_int_equal(read_text(LEASE "}\nlease 192.0.2.2 {", &error), -EINVAL);
    snprintf(wanted, sizeof(wanted), "%s line 2: a `}` is missing", path);
    assert_string_equal(error.text, wanted);
    forget();
    assert_int_equal(leases_read("/nonexistent", &memory, &leases, &findings, &error), -ENOENT);
    assert_string_equal(error.text, "/nonexistent cannot be read: No such file or directory");
    forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_leased),        cmocka_unit_test(the_family_is_that_of_its_records),
        cmocka_unit_test(the_servers_duid),      cmocka_unit_test(temporary_addresses_are_counted),
        cmocka_unit_test(hosts_made_over_omapi), cmocka_unit_test(what_is_not_read_needs_a_person),
        cmocka_unit_test(a_broken_file),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
