/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Another store in place of the one that a server has open, while threads serve and views are held: no look-up fails
 * for it where the files are others, and none waits even where they are the same and have to be closed first.
 */
#include "crowd.h"

#define THREADS 4

/* ---- Threads that serve */

static void *serve_on(void *data)
{
    struct netboot_result result;

    for (unsigned i = 0; !crowd.stop; i++) {
        if (crowd_serve(i, &result))
            crowd.wrong += !result.decision.host_found;
        if (i % 64 == 0)
            sleep_ms(1); /* there may be fewer processors than threads */
    }
    return data;
}

/* ---- Stores to put in place of each other */

/* The stores made so far have hosts of a round each: their number. */
static char *make_spare(struct fixture *fixture, unsigned number)
{
    char name[32];
    struct fixture spare = {0};

    snprintf(name, sizeof(name), "spare%u", number);
    snprintf(spare.directory, sizeof(spare.directory), "%.200s/%s", fixture->directory, name);
    OK(netboot_store_create(spare.directory, &error));
    OK(put_round(open_with(&spare, (struct netboot_store_options){0}), number, &error));
    close_store(&spare);
    snprintf(name, sizeof(name), "spare%u/targets", number);
    return strdup(path_in(fixture, name));
}

static void exchange(const char *one, const char *other)
{
    assert_int_equal(renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE), 0);
}

static bool serves_round(struct netboot_store *store, unsigned round)
{
    char name[32];

    snprintf(name, sizeof(name), "round%u-1", round);
    return is_served(store, 1, name);
}

static struct netboot_view *view_of(struct netboot_store *store)
{
    struct netboot_view *view;

    OK(netboot_view_open(store, &view, &error));
    return view;
}

static struct netboot_store *open_server(struct fixture *fixture)
{
    return open_with(fixture, (struct netboot_store_options){.follow = true, .readers = 2 * THREADS});
}

/* How many maps and files of a store's data this process has: each environment that is open has one map. */
static unsigned count_maps(void)
{
    char line[4096];
    unsigned count = 0;
    FILE *maps = fopen("/proc/self/maps", "re");

    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps))
        count += strstr(line, "/targets/data.mdb") != NULL;
    fclose(maps);
    return count;
}

/* ---- Other files */

static void test_view_held(void **state)
{
    enum { TIMES = 20 };
    struct fixture *fixture = *state;
    char *spare = make_spare(fixture, 7), *targets = strdup(path_in(fixture, "targets"));
    struct netboot_view *held;

    fill(fixture);
    struct netboot_store *store = open_server(fixture);
    crowd_start(store, THREADS, serve_on);
    for (unsigned i = 0; i < TIMES; i++) {
        unsigned round = i % 2 == 0 ? 3 : 7;
        held = view_of(store);
        assert_int_equal(round_of(held), round);
        exchange(targets, spare);
        EVENTUALLY(serves_round(store, 10 - round));
        assert_int_equal(round_of(held), round);
        netboot_view_close(held);
    }
    crowd_stop();
    assert_int_equal(crowd.refused, 0);
    EVENTUALLY(count_maps() == 1);
    free(spare);
    free(targets);
}

/* Each view keeps what it shows; what nobody looks at any more is closed. */
static void test_many_views_held(void **state)
{
    enum { TIMES = 12 };
    struct fixture *fixture = *state;
    char *targets = strdup(path_in(fixture, "targets"));
    struct netboot_view *held[TIMES];

    fill(fixture);
    struct netboot_store *store = open_server(fixture);
    crowd_start(store, THREADS, serve_on);
    for (unsigned i = 0; i < TIMES; i++) {
        char *spare = make_spare(fixture, 100 + i);
        held[i] = view_of(store);
        exchange(targets, spare);
        EVENTUALLY(serves_round(store, 100 + i));
        free(spare);
    }
    crowd_stop();
    assert_int_equal(crowd.refused, 0);
    assert_int_equal(count_maps(), TIMES + 1);
    for (unsigned i = 0; i < TIMES; i++) {
        assert_int_equal(round_of(held[i]), i == 0 ? 3 : 99 + i);
        netboot_view_close(held[i]);
    }
    EVENTUALLY(count_maps() == 1);
    free(targets);
}

/* The files that a view still has open come back. */
static void test_back_again(void **state)
{
    struct fixture *fixture = *state;
    char *spare = make_spare(fixture, 7), *targets = strdup(path_in(fixture, "targets"));

    fill(fixture);
    struct netboot_store *store = open_server(fixture);
    crowd_start(store, THREADS, serve_on);
    struct netboot_view *first = view_of(store);
    exchange(targets, spare);
    EVENTUALLY(serves_round(store, 7));
    struct netboot_view *second = view_of(store);
    exchange(targets, spare);
    EVENTUALLY(serves_round(store, 3));
    assert_int_equal(round_of(first), 3);
    assert_int_equal(round_of(second), 7);
    OK(put_round(store, 8, &error));
    assert_true(serves_round(store, 8));
    assert_int_equal(round_of(first), 3);
    netboot_view_close(first);
    netboot_view_close(second);
    crowd_stop();
    assert_int_equal(crowd.refused, 0);
    EVENTUALLY(count_maps() == 1);
    free(spare);
    free(targets);
}

/* LMDB must not have a file open twice in a process, whichever of the handle's it is. */
static void test_opened_twice(void **state)
{
    struct fixture *fixture = *state;
    struct fixture moved = {0};
    struct netboot_store *twice;
    char *spare = make_spare(fixture, 7), *targets = strdup(path_in(fixture, "targets"));

    fill(fixture);
    struct netboot_store *store = open_server(fixture);
    struct netboot_view *held = view_of(store);
    exchange(targets, spare);
    EVENTUALLY(serves_round(store, 7));
    snprintf(moved.directory, sizeof(moved.directory), "%s", path_in(fixture, "spare7"));
    FAILS(-EBUSY, "this process has already opened the targets store",
          netboot_store_open(fixture->directory, NULL, &twice, &error));
    FAILS(-EBUSY, "this process has already opened the targets store",
          netboot_store_open(moved.directory, NULL, &twice, &error));
    assert_int_equal(round_of(held), 3);
    netboot_view_close(held);
    EVENTUALLY(netboot_store_open(moved.directory, NULL, &moved.store, NULL) == 0);
    assert_true(serves_round(moved.store, 3));
    close_store(&moved);
    free(spare);
    free(targets);
}

/* A store that was replaced under a change is not the one that the change was meant for. */
static void test_change_under_way(void **state)
{
    struct fixture *fixture = *state;
    char *spare = make_spare(fixture, 7), *targets = strdup(path_in(fixture, "targets"));
    struct netboot_change *change;

    fill(fixture);
    struct netboot_store *store = open_server(fixture);
    OK(netboot_change_open(store, 5000, &change, &error));
    OK(put_host(change, 1, "lost", &error));
    exchange(targets, spare);
    EVENTUALLY(serves_round(store, 7));
    FAILS(-EAGAIN, "was replaced", netboot_change_commit(change, &error));
    OK(put_round(store, 8, &error));
    assert_true(serves_round(store, 8));
    exchange(targets, spare);
    EVENTUALLY(serves_round(store, 3));
    free(spare);
    free(targets);
}

/* ---- The same files */

static void copy_file(const char *from, const char *to)
{
    char command[4096];

    snprintf(command, sizeof(command), "cp '%s' '%s'", from, to);
    assert_int_equal(system(command), 0);
}

/* Another data file beside the same lock file: what is open has to be closed first, and is held. */
static void test_same_lock_file(void **state)
{
    struct fixture *fixture = *state;
    char *copy = strdup(path_in(fixture, "copy")), *data = strdup(path_in(fixture, "targets/data.mdb"));

    fill(fixture);
    copy_file(data, copy);
    OK(put_round(open_with(fixture, (struct netboot_store_options){0}), 4, &error));
    close_store(fixture);
    struct netboot_store *store = open_server(fixture);
    struct netboot_view *held = view_of(store);
    crowd_start(store, THREADS, serve_on);
    assert_int_equal(rename(copy, data), 0);
    EVENTUALLY(crowd.refused > 0);
    assert_int_equal(round_of(held), 4);
    netboot_view_close(held);
    EVENTUALLY(serves_round(store, 3));
    crowd_stop();
    free(copy);
    free(data);
}

/* Another process makes the store larger than the map, which cannot grow under a view. */
static void test_growth(void **state)
{
    struct fixture *fixture = *state;

    fill(fixture);
    struct netboot_store *store =
        open_with(fixture, (struct netboot_store_options){.map_size = 1 << 20, .follow = true, .readers = 2 * THREADS});
    size_t first = status_of(store).map_size;
    struct netboot_view *held = view_of(store);
    crowd_start(store, THREADS, serve_on);
    struct agent agent = AGENT_START(fixture->directory, "bulk", "1000", "8000");
    agent_says(&agent, "done");
    assert_int_equal(agent_end(&agent), 0);
    EVENTUALLY(crowd.refused > 0);
    assert_int_equal(round_of(held), 3);
    netboot_view_close(held);
    EVENTUALLY(is_served(store, 8999, "h8999"));
    crowd_stop();
    assert_true(status_of(store).map_size > first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CROWD_TEST(test_view_held),    CROWD_TEST(test_many_views_held),  CROWD_TEST(test_back_again),
        CROWD_TEST(test_opened_twice), CROWD_TEST(test_change_under_way), CROWD_TEST(test_same_lock_file),
        CROWD_TEST(test_growth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
