/* SPDX-License-Identifier: MPL-2.0 */
/* 64 threads on the packet path while everything else happens: changes, growth of the map, another store. */
#include "crowd.h"

#define THREADS 64

/* A decision is made of one state: the host's name and the target's script are of the same round. */
static bool is_of_one_round(const struct netboot_decision *decision)
{
    unsigned host = 0, number, script = 0;
    const char *name = strstr(decision->boot_file, "/round");

    return decision->outcome == NETBOOT_ANSWERED && sscanf(decision->host, "round%u-%u", &host, &number) == 2 && name &&
           sscanf(name, "/round%u.ipxe", &script) == 1 && host == script;
}

/* A view that is open for some time: the hosts of the round are the same at its end. */
static void look_long(void)
{
    struct netboot_id id = {.type = NETBOOT_ID_MAC, .size = 6};
    struct netboot_host first, last;
    struct netboot_view *view;

    if (netboot_view_open(crowd.store, &view, NULL) != 0)
        return;
    mac_of(0, id.value);
    if (typed_get_host(view, &id, &first) == 0) {
        char name[NETBOOT_NAME_MAX + 1];
        snprintf(name, sizeof(name), "%.*s", (int)first.name.size, (const char *)first.name.data);
        sched_yield();
        crowd.wrong += typed_get_host(view, &id, &last) != 0 || last.name.size != strlen(name) ||
                       memcmp(last.name.data, name, last.name.size) != 0;
    }
    netboot_view_close(view);
    crowd.views++;
}

static void *look_on(void *data)
{
    struct netboot_result result;
    struct netboot_error told;

    for (unsigned i = 0; !crowd.stop; i++) {
        if (crowd_serve(i, &result))
            crowd.wrong += !is_of_one_round(&result.decision);
        if (i % 16 == 0) {
            look_long();
            sleep_ms(1); /* there may be fewer processors than threads, and others want some too */
            netboot_store_event(crowd.store, &told);
        }
    }
    return data;
}

static void look_from_now_on(struct netboot_store *store)
{
    crowd_start(store, THREADS, look_on);
}

static void look_no_more(void)
{
    crowd_stop();
    assert_true(crowd.served > THREADS && crowd.views > 0);
}

static struct netboot_store *open_server(struct fixture *fixture)
{
    struct netboot_store *store =
        open_with(fixture, (struct netboot_store_options){.map_size = 1 << 20, .follow = true});

    make_site(store);
    return store;
}

static void test_changes(void **state)
{
    struct netboot_store *store = open_server(*state);

    look_from_now_on(store);
    for (unsigned round = 2; round < 200; round++)
        OK(put_round(store, round, &error));
    look_no_more();
    assert_int_equal(crowd.refused, 0);
}

/* Another process makes the store larger than the map of this one, again and again: what comes just then is refused. */
static void test_growth(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){0});

    make_site(store);
    close_store(fixture);
    store = open_with(fixture, (struct netboot_store_options){.map_size = 1 << 20, .follow = true});
    size_t first = status_of(store).map_size;
    look_from_now_on(store);
    for (unsigned i = 1; i <= 3; i++) {
        char number[16];
        snprintf(number, sizeof(number), "%u", i * 8000);
        struct agent agent = AGENT_START(fixture->directory, "bulk", number, "8000");
        agent_says(&agent, "done");
        assert_int_equal(agent_end(&agent), 0);
        EVENTUALLY(is_served(store, i * 8000 + 7999, NULL));
    }
    look_no_more();
    assert_true(status_of(store).map_size > first);
}

/* Another store comes in place of this one, and this one back: what is answered is of the one or of the other. */
static void test_replacement(void **state)
{
    struct fixture *fixture = *state, *other = NULL;
    char *paths[3] = {strdup(path_in(fixture, "targets")), strdup(path_in(fixture, "old")), NULL};

    setup((void **)&other);
    make_site(open_with(other, (struct netboot_store_options){0}));
    OK(put_round(other->store, 5000, &error));
    close_store(other);
    paths[2] = strdup(path_in(other, "targets"));
    struct netboot_store *store = open_server(fixture);
    look_from_now_on(store);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(rename(paths[0], paths[1]), 0);
        assert_int_equal(rename(paths[2], paths[0]), 0);
        EVENTUALLY(is_served(store, 1, "round5000-1"));
        assert_int_equal(rename(paths[0], paths[2]), 0);
        assert_int_equal(rename(paths[1], paths[0]), 0);
        EVENTUALLY(is_served(store, 1, "round1-1"));
    }
    look_no_more();
    assert_int_equal(crowd.refused, 0);
    teardown((void **)&other);
    for (size_t i = 0; i < COUNT(paths); i++)
        free(paths[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CROWD_TEST(test_changes), CROWD_TEST(test_growth), CROWD_TEST(test_replacement)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
