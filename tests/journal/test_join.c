/* SPDX-License-Identifier: MPL-2.0 */
/* Identifiers that are joined automatically, and the packets that someone forged to be taken for another. */
#include "journal_test.h"

#define WEB1 "52:54:00:00:00:01"  /* a host by its MAC alone */
#define FIXED "52:54:00:00:00:02" /* a host by its MAC and another UUID */
#define EVIL "02:66:66:66:66:66"
#define UUID1 "11111111-2222-3333-4444-555555555501"
#define UUID2 "11111111-2222-3333-4444-555555555502"

static int setup_join(void **state)
{
    int code = setup(state);
    struct fixture *fixture = *state;

    close_server(fixture);
    fixture->store = open_store(fixture, (struct netboot_store_options){.follow = true, .journal = true, .join = true});
    attach(fixture, 0);
    return code;
}

/* What came before, ended by family 0, then who asks, and which host that is. */
static const struct {
    const char *what;
    struct packet before[11], asks;
    const char *host;
} cases[] = {
    {"a MAC seen with the UUID",                                  {{4, 1, 2, .mac = WEB1, .uuid = UUID1}}, {6, 1, 2, .uuid = UUID1},              "web1"},
    {"iPXE has the UUID in the other order",
     {{4, 1, 2, .mac = WEB1, .uuid = UUID1}},
     {6, 1, 2, .uuid = UUID1, .ipxe = true},
     "web1"                                                                                                                                             },
    {"again and again",
     {{4, 1, 2, .mac = WEB1, .uuid = UUID1}, {6, 1, 2, .uuid = UUID1}},
     {6, 3, 7, .uuid = UUID1},
     "web1"                                                                                                                                             },
    {"nothing was seen",                                          {{0}},                                   {6, 1, 2, .uuid = UUID1},              ""    },
    {"another UUID was",                                          {{4, 1, 2, .mac = WEB1, .uuid = UUID2}}, {6, 1, 2, .uuid = UUID1},              ""    },
    {"over DHCPv6 only",                                          {{6, 1, 2, .mac = WEB1, .uuid = UUID1}}, {6, 1, 2, .uuid = UUID1},              ""    },
    {"a MAC is shown: never joined",
     {{4, 1, 2, .mac = WEB1, .uuid = UUID1}},
     {6, 1, 2, .mac = EVIL, .uuid = UUID1},
     ""                                                                                                                                                 },
    {"the same over DHCPv4",                                      {{4, 1, 2, .mac = WEB1, .uuid = UUID1}}, {4, 1, 2, .mac = EVIL, .uuid = UUID1}, ""    },
    {"forged: another MAC with the UUID",
     {{4, 1, 2, .mac = WEB1, .uuid = UUID1}, {4, 1, 2, .mac = EVIL, .uuid = UUID1}},
     {6, 1, 2, .uuid = UUID1},
     ""                                                                                                                                                 },
    {"forged: another MAC first",
     {{4, 1, 2, .mac = EVIL, .uuid = UUID1}, {4, 1, 2, .mac = WEB1, .uuid = UUID1}},
     {6, 1, 2, .uuid = UUID1},
     ""                                                                                                                                                 },
    {"forged: over DHCPv6",
     {{4, 1, 2, .mac = WEB1, .uuid = UUID1}, {6, 1, 2, .mac = EVIL, .uuid = UUID1}},
     {6, 1, 2, .uuid = UUID1},
     ""                                                                                                                                                 },
    {"forged: the MAC with a second UUID",
     {{4, 1, 2, .mac = WEB1, .uuid = UUID1}, {4, 1, 2, .mac = WEB1, .uuid = UUID2}},
     {6, 1, 2, .uuid = UUID2},
     ""                                                                                                                                                 },
    {"and the first one with it",
     {{4, 1, 2, .mac = WEB1, .uuid = UUID1}, {4, 1, 2, .mac = WEB1, .uuid = UUID2}},
     {6, 1, 2, .uuid = UUID1},
     ""                                                                                                                                                 },
    {"more MACs than are kept",
     {{4, 1, 2, .mac = WEB1, .uuid = UUID1},
      {4, 1, 2, .mac = "02:66:66:66:66:01", .uuid = UUID1},
      {4, 1, 2, .mac = "02:66:66:66:66:02", .uuid = UUID1},
      {4, 1, 2, .mac = "02:66:66:66:66:03", .uuid = UUID1},
      {4, 1, 2, .mac = "02:66:66:66:66:04", .uuid = UUID1},
      {4, 1, 2, .mac = "02:66:66:66:66:05", .uuid = UUID1},
      {4, 1, 2, .mac = "02:66:66:66:66:06", .uuid = UUID1},
      {4, 1, 2, .mac = "02:66:66:66:66:07", .uuid = UUID1},
      {4, 1, 2, .mac = "02:66:66:66:66:08", .uuid = UUID1},
      {4, 1, 2, .mac = "02:66:66:66:66:09", .uuid = UUID1}},
     {6, 1, 2, .uuid = UUID1},
     ""                                                                                                                                                 },
    {"a host that has a UUID of its own is joined with no other",
     {{4, 1, 2, .mac = FIXED, .uuid = UUID1}},
     {6, 1, 2, .uuid = UUID1},
     ""                                                                                                                                                 },
    {"a UUID that a host is configured with is that host's",
     {{4, 1, 2, .mac = WEB1, .uuid = "99999999-0000-0000-0000-000000000002"}},
     {6, 1, 2, .uuid = "99999999-0000-0000-0000-000000000002"},
     "fixed"                                                                                                                                            },
    {"a MAC that no host has",                                    {{4, 1, 2, .mac = EVIL, .uuid = UUID1}}, {6, 1, 2, .uuid = UUID1},              ""    },
};

static void check_case(struct netboot_store *store, size_t number)
{
    for (const struct packet *packet = cases[number].before; packet->family; packet++) {
        serve(store, packet);
        settle(store);
    }
    struct netboot_result result = serve(store, &cases[number].asks);
    if (strcmp(result.decision.host, cases[number].host) != 0)
        fail_msg("%s: is taken for '%s', not '%s'", cases[number].what, result.decision.host, cases[number].host);
}

static void test_who_is_taken_for_whom(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        void *fixture;
        setup_join(&fixture);
        check_case(((struct fixture *)fixture)->store, i);
        end(&fixture);
    }
}

static void test_never_where_it_is_off(void **state)
{
    struct fixture *fixture = *state;

    serve(fixture->store, DISCOVER(.mac = WEB1, .uuid = UUID1));
    settle(fixture->store);
    assert_string_equal(serve(fixture->store, SOLICITED(.uuid = UUID1)).decision.host, "");
}

/* The lasting target alone; and the reasons say what was done. */
static void test_the_reasons_tell_who_was_joined(void **state)
{
    struct netboot_store *store = ((struct fixture *)*state)->store;
    char text[NETBOOT_REASON_SIZE];
    bool told = false;

    serve(store, DISCOVER(.mac = WEB1, .uuid = UUID1));
    settle(store);
    for (unsigned i = 0; i < 3; i++) {
        struct netboot_result result = serve(store, REQUESTED6(.uuid = UUID1, .ipxe = true));
        assert_string_equal(result.decision.host, "web1");
        assert_string_equal(result.decision.target, "web1");
        assert_int_equal(result.decision.armed, NETBOOT_ARMED_NONE);
        for (unsigned j = 0; netboot_reason_text(&result.client, &result.decision, j, text); j++)
            told = told || strstr(text, "the server joins identifiers");
    }
    assert_true(told);
}

static int keep_join(const struct netboot_journal_join *join, void *user)
{
    assert_memory_equal(join->mac.value, id_of(WEB1).value, 6);
    assert_memory_equal(join->uuid.value, id_of(UUID1).value, 16);
    ++*(unsigned *)user;
    return 0;
}

static void test_proposals(void **state)
{
    struct netboot_store *store = ((struct fixture *)*state)->store;
    unsigned count = 0;

    serve(store, DISCOVER(.mac = WEB1, .uuid = UUID1));
    serve(store, SOLICITED(.uuid = UUID1));
    serve(store, SOLICITED(.uuid = UUID2));
    settle(store);
    OK(netboot_journal_joins(store, keep_join, &count, &error));
    assert_int_equal(count, 1);
    serve(store, DISCOVER(.mac = EVIL, .uuid = UUID1));
    settle(store);
    OK(netboot_journal_joins(store, keep_join, &count, &error));
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_taken_for_whom),
        cmocka_unit_test_setup_teardown(test_never_where_it_is_off, setup, end),
        cmocka_unit_test_setup_teardown(test_the_reasons_tell_who_was_joined, setup_join, end),
        cmocka_unit_test_setup_teardown(test_proposals, setup, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
