/* SPDX-License-Identifier: MPL-2.0 */
/* 64 threads on the packet path while everything else happens: changes, growth of the map, another store. */
#include "store_test.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS 64

struct crowd {
    struct netboot_store *store;
    pthread_t threads[THREADS];
    bool running;
    atomic_bool stop;
    atomic_uint served, refused, wrong, views, slept;
};

/* A decision is made of one state: the host's name and the target's script are of the same round. */
static bool is_of_one_round(const struct netboot_decision *decision)
{
    unsigned host = 0, number, script = 0;
    const char *name = strstr(decision->boot_file, "/round");

    return decision->outcome == NETBOOT_ANSWERED && sscanf(decision->host, "round%u-%u", &host, &number) == 2 && name &&
           sscanf(name, "/round%u.ipxe", &script) == 1 && host == script;
}

static void look(struct crowd *crowd, unsigned number)
{
    struct netboot_query query;
    struct netboot_result result;

    query_of(&query, number % ROUND_HOSTS);
    int code = serve_at_once(crowd->store, &query, &result, &crowd->slept);
    if (code == 0) {
        crowd->served++;
        crowd->wrong += !is_of_one_round(&result.decision);
    } else {
        crowd->refused++;
        crowd->wrong += code != -EAGAIN || result.answer.edit_count != 0;
    }
}

/* A view that is open for some time: the hosts of the round are the same at its end. */
static void look_long(struct crowd *crowd)
{
    struct netboot_id id = {.type = NETBOOT_ID_MAC, .size = 6};
    struct netboot_host first, last;
    struct netboot_view *view;

    if (netboot_view_open(crowd->store, &view, NULL) != 0)
        return;
    mac_of(0, id.value);
    if (typed_get_host(view, &id, &first) == 0) {
        char name[NETBOOT_NAME_MAX + 1];
        snprintf(name, sizeof(name), "%.*s", (int)first.name.size, (const char *)first.name.data);
        sched_yield();
        crowd->wrong += typed_get_host(view, &id, &last) != 0 || last.name.size != strlen(name) ||
                        memcmp(last.name.data, name, last.name.size) != 0;
    }
    netboot_view_close(view);
    crowd->views++;
}

static void *look_on(void *data)
{
    struct crowd *crowd = data;
    struct netboot_error told;

    for (unsigned i = 0; !crowd->stop; i++) {
        look(crowd, i);
        if (i % 16 == 0) {
            look_long(crowd);
            sleep_ms(1); /* there may be fewer processors than threads, and others want some too */
            netboot_store_event(crowd->store, &told);
        }
    }
    return NULL;
}

static struct crowd crowd; /* the one that is running */

static void crowd_start(struct netboot_store *store)
{
    crowd = (struct crowd){.store = store, .running = true};
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&crowd.threads[i], NULL, look_on, &crowd), 0);
}

static void crowd_end(void)
{
    crowd.stop = true;
    for (unsigned i = 0; i < THREADS && crowd.running; i++)
        pthread_join(crowd.threads[i], NULL);
    crowd.running = false;
}

static void crowd_stop(void)
{
    crowd_end();
    print_message("%u served, %u refused, %u views\n", crowd.served, crowd.refused, crowd.views);
    assert_int_equal(crowd.wrong, 0);
    assert_int_equal(crowd.slept, 0);
    assert_true(crowd.served > THREADS && crowd.views > 0);
}

static void make_site(struct netboot_store *store)
{
    struct netboot_site site = {.name = bytes_of("default"), .http4 = bytes_of("http://192.0.2.1/")};
    struct netboot_change *change;

    OK(netboot_change_open(store, 5000, &change, &error));
    OK(typed_put_site(change, &site, &error));
    OK(netboot_change_commit(change, &error));
    OK(put_round(store, 1, &error));
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

    crowd_start(store);
    for (unsigned round = 2; round < 200; round++)
        OK(put_round(store, round, &error));
    crowd_stop();
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
    crowd_start(store);
    for (unsigned i = 1; i <= 3; i++) {
        char number[16];
        snprintf(number, sizeof(number), "%u", i * 8000);
        struct agent agent = AGENT_START(fixture->directory, "bulk", number, "8000");
        agent_says(&agent, "done");
        assert_int_equal(agent_end(&agent), 0);
        EVENTUALLY(is_served(store, i * 8000 + 7999, NULL));
    }
    crowd_stop();
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
    crowd_start(store);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(rename(paths[0], paths[1]), 0);
        assert_int_equal(rename(paths[2], paths[0]), 0);
        EVENTUALLY(is_served(store, 1, "round5000-1"));
        assert_int_equal(rename(paths[0], paths[2]), 0);
        assert_int_equal(rename(paths[1], paths[0]), 0);
        EVENTUALLY(is_served(store, 1, "round1-1"));
    }
    crowd_stop();
    assert_int_equal(crowd.refused, 0);
    teardown((void **)&other);
    for (size_t i = 0; i < COUNT(paths); i++)
        free(paths[i]);
}

/* After a failure too: no thread outlives its store. */
static int stop_and_teardown(void **state)
{
    crowd_end();
    return teardown(state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, stop_and_teardown)
    const struct CMUnitTest tests[] = {TEST(test_changes), TEST(test_growth), TEST(test_replacement)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
