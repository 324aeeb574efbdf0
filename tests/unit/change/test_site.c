/* SPDX-License-Identifier: MPL-2.0 */
/* Sites, targets and loaders of the targets store. */
#include "store_unit.h"

/* ---- Sites, targets, loaders */

static const struct {
    const char *address, *site;
} site_cases[] = {
    {"192.0.2.1",                               "lab"    },
    {"192.0.1.255",                             "default"},
    {"192.0.3.0",                               "default"},
    {"192.0.2.15",                              "lab"    },
    {"192.0.2.16",                              "rack"   }, /* the longer prefix in the middle of another */
    {"192.0.2.31",                              "rack"   },
    {"192.0.2.32",                              "lab"    },
    {"192.0.2.255",                             "lab"    },
    {"192.0.2.20",                              "host"   }, /* in three */
    {"192.0.2.21",                              "rack"   },
    {"10.0.0.0",                                "rack"   }, /* the shorter one begins at the same address */
    {"10.0.0.255",                              "rack"   },
    {"10.0.1.0",                                "campus" },
    {"10.255.255.255",                          "campus" },
    {"11.0.0.0",                                "default"},
    {"172.16.255.255",                          "lab"    }, /* two that end at the same address */
    {"172.16.127.255",                          "campus" },
    {"172.17.0.0",                              "rack"   }, /* and the neighbour begins behind them */
    {"255.255.255.255",                         "end"    },
    {"255.255.255.254",                         "default"},
    {"0.0.0.1",                                 "default"},
    {"0.0.0.0",                                 "default"}, /* absent */
    {"2001:db8::1",                             "lab"    },
    {"2001:db8:1::1",                           "campus" },
    {"2001:db9::",                              "default"},
    {"::",                                      "default"},
    {"ffff::",                                  "end"    },
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "end"    },
    {"fe80::1",                                 "default"},
};

static void test_sites(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24", "172.16.128.0/17", "2001:db8::/48"), &error));
    OK(put_site(change, "rack", PREFIXES("192.0.2.16/28", "10.0.0.0/24", "172.17.0.0/16"), &error));
    OK(put_site(change, "host", PREFIXES("192.0.2.20/32"), &error));
    OK(put_site(change, "campus", PREFIXES("10.0.0.0/8", "172.16.0.0/16", "2001:db8::/32"), &error));
    OK(put_site(change, "end", PREFIXES("255.255.255.255/32", "ffff::/16"), &error));
    for (size_t i = 0; i < COUNT(site_cases); i++)
        assert_site_in(netboot_change_view(change), site_cases[i].address, site_cases[i].site);
    commit(change);
    struct netboot_view *opened = view(fixture);
    for (size_t i = 0; i < COUNT(site_cases); i++)
        assert_site_in(opened, site_cases[i].address, site_cases[i].site);
    netboot_view_close(opened);
}

static void test_sites_change(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24"), &error));
    OK(put_site(change, "all", PREFIXES("0.0.0.0/0", "::/0"), &error));
    commit(change);
    change = begin(fixture);
    assert_site_in(netboot_change_view(change), "192.0.2.1", "lab");
    assert_site_in(netboot_change_view(change), "192.0.3.1", "all");
    assert_site_in(netboot_change_view(change), "::1", "all");
    OK(put_site(change, "lab", PREFIXES("192.0.3.0/24"), &error));
    assert_site_in(netboot_change_view(change), "192.0.2.1", "all");
    assert_site_in(netboot_change_view(change), "192.0.3.1", "lab");
    OK(typed_delete_site(change, "all", &error));
    assert_site_in(netboot_change_view(change), "192.0.2.1", "default");
    OK(typed_delete_site(change, "lab", &error));
    OK(typed_delete_site(change, "default", &error));
    assert_site_in(netboot_change_view(change), "192.0.3.1", "");
    FAILS(-ENOENT, "no site lab", typed_delete_site(change, "lab", &error));
    commit(change);
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_SITE], 0);
}

/* A packet must not take what was looked up in a change, before that changed it, for the state after the change. */
static void test_a_change_is_looked_into_and_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24"), &error));
    assert_site_in(netboot_change_view(change), "192.0.2.1", "lab");
    OK(put_site(change, "lab", PREFIXES("192.0.3.0/24"), &error));
    commit(change);
    struct netboot_view *opened = view(fixture);
    assert_site_in(opened, "192.0.2.1", "default");
    assert_site_in(opened, "192.0.3.1", "lab");
    netboot_view_close(opened);
}

static void test_site_refused(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);

    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24", "2001:db8::/32"), &error));
    FAILS(-EEXIST, "192.0.2.0/24 of site rack already belongs to site lab",
          put_site(change, "rack", PREFIXES("10.0.0.0/8", "192.0.2.0/24"), &error));
    FAILS(-EINVAL, "prefix: `192.0.2.1/24` has bits set past its length: did you mean 192.0.2.0/24?",
          put_site(change, "rack", PREFIXES("192.0.2.1/24"), &error));
    FAILS(-EINVAL, "did you mean 2001:db8::/33?", put_site(change, "rack", PREFIXES("2001:db8::1/33"), &error));
    FAILS(-EINVAL, "given twice", put_site(change, "rack", PREFIXES("10.0.0.0/8", "10.0.0.0/8"), &error));
    FAILS(-EINVAL, "default cannot have prefixes", put_site(change, "default", PREFIXES("10.0.0.0/8"), &error));
    FAILS(-EINVAL, "'a b' cannot be the name of a site", put_site(change, "a b", NULL, &error));
    OK(put_site(change, "lab", PREFIXES("192.0.2.0/25"), &error)); /* and the other is free again */
    OK(put_site(change, "rack", PREFIXES("192.0.2.0/24"), &error));
    commit(change);
}

/* Random prefixes, and what a plain search over all of them says. */
static void test_sites_at_random(void **state)
{
    enum { SITES = 60, LOOKS = 4000 };
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);
    struct {
        uint32_t address, mask;
        unsigned length;
    } prefixes[SITES];
    unsigned count = 0, seed = 12345;

    while (count < SITES) {
        char name[16], text[32];
        unsigned length = (unsigned)rand_r(&seed) % 9; /* short ones, so that they lie in each other */
        uint32_t mask = length == 0 ? 0 : ~UINT32_C(0) << (32 - length);
        uint32_t address = (uint32_t)rand_r(&seed) << 24 & mask;
        snprintf(name, sizeof(name), "s%u", count);
        snprintf(text, sizeof(text), "%u.0.0.0/%u", address >> 24, length);
        int code = put_site(change, name, PREFIXES(text), NULL);
        assert_true(code == 0 || code == -EEXIST);
        if (code != 0)
            continue;
        prefixes[count].address = address;
        prefixes[count].mask = mask;
        prefixes[count++].length = length;
    }
    for (unsigned i = 0; i < LOOKS; i++) {
        uint32_t address = (uint32_t)rand_r(&seed) << 1 | 1;
        int best = -1;
        char text[32], want[16] = "default";
        for (unsigned j = 0; j < SITES; j++)
            if ((address & prefixes[j].mask) == prefixes[j].address &&
                (best < 0 || prefixes[j].length > prefixes[best].length))
                best = (int)j;
        if (best >= 0)
            snprintf(want, sizeof(want), "s%d", best);
        snprintf(text, sizeof(text), "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
                 address & 255);
        assert_site_in(netboot_change_view(change), text, want);
    }
    commit(change);
}

static int count_target(const struct netboot_target *target, void *user)
{
    assert_true(target->name.size > 0);
    ++*(unsigned *)user;
    return 0;
}

static int count_site(const struct netboot_site *site, void *user)
{
    assert_true(site->name.size > 0);
    ++*(unsigned *)user;
    return 0;
}

static int sum_platforms(const struct netboot_loader *loader, void *user)
{
    *(unsigned *)user = *(unsigned *)user * 100 + loader->platform;
    return 0;
}

static void test_targets_and_loaders(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_target target = {.name = RAW("default"), .script = RAW("script.ipxe")};
    struct netboot_loader loader = {.platform = 7, .file = RAW("ipxe.efi")};
    struct netboot_change *change = begin(fixture);
    unsigned number = 0;

    OK(typed_put_target(change, &target, &error));
    target = (struct netboot_target){.name = RAW("local"), .kind = NETBOOT_KIND_LOCAL};
    OK(typed_put_target(change, &target, &error));
    target.script = RAW("other.ipxe");
    OK(typed_put_target(change, &target, &error));
    target.files = (struct netboot_list){
        2, {RAW("\0\7a"), RAW("\0\7b")}
    };
    FAILS(-EINVAL, "one platform", typed_put_target(change, &target, &error));
    OK(typed_put_loader(change, &loader, &error));
    loader = (struct netboot_loader){.platform = 0, .file = RAW("undionly.kpxe")};
    OK(typed_put_loader(change, &loader, &error));
    loader.platform = 9;
    FAILS(-EINVAL, "platform 9", typed_put_loader(change, &loader, &error));
    commit(change);
    struct netboot_view *opened = view(fixture);
    assert_int_equal(typed_get_target(opened, "local", &target), 0);
    assert_int_equal(target.kind, NETBOOT_KIND_LOCAL);
    assert_memory_equal(target.script.data, "other.ipxe", target.script.size);
    assert_int_equal(typed_each_targets(opened, count_target, &number), 0);
    assert_int_equal(number, 2);
    number = 0;
    assert_int_equal(typed_each_sites(opened, count_site, &number), 0);
    assert_int_equal(number, 1);
    number = 0;
    assert_int_equal(typed_each_loaders(opened, sum_platforms, &number), 0);
    assert_int_equal(number, 7); /* 0, then 7 */
    netboot_view_close(opened);
    change = begin(fixture);
    OK(typed_delete_target(change, "local", &error));
    FAILS(-ENOENT, "no target local", typed_delete_target(change, "local", &error));
    FAILS(-ENOENT, "no target ''", typed_delete_target(change, "", &error));
    OK(typed_delete_loader(change, 0, &error));
    FAILS(-ENOENT, "loader for x86-bios", typed_delete_loader(change, 0, &error));
    commit(change);
    struct netboot_status status = status_of(fixture);
    assert_int_equal(status.records[NETBOOT_RECORD_TARGET], 1);
    assert_int_equal(status.records[NETBOOT_RECORD_LOADER], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sites),        TEST(test_sites_change),    TEST(test_a_change_is_looked_into_and_goes_on),
        TEST(test_site_refused), TEST(test_sites_at_random), TEST(test_targets_and_loaders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
