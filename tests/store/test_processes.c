/* SPDX-License-Identifier: MPL-2.0 */
/* Forked children, readers that die, and what the packet path may not do. */
#include "store_test.h"

#include <dirent.h>

/* ---- After fork */

/* In the child nothing of the parent's works, and nothing of it does harm. */
static int use_in_child(struct fixture *fixture, struct netboot_view *view, struct netboot_change *change)
{
    struct netboot_store *store = fixture->store, *own = NULL;
    struct netboot_error told = {0};
    struct netboot_query query;
    struct netboot_result result;
    struct netboot_view *new_view = NULL;
    struct netboot_change *new_change = NULL;

    query_of(&query, 1);
    result.answer.edit_count = 9;
    if (netboot_serve(store, &query, &result) != -ECHILD || result.answer.edit_count != 0)
        return 1;
    if (netboot_view_open(store, &new_view, &told) != -ECHILD || !strstr(told.text, "after a fork"))
        return 2;
    if (netboot_change_open(store, 0, &new_change, &told) != -ECHILD || !strstr(told.text, "after a fork"))
        return 3;
    if (put_host(change, 77, NULL, &told) != -ECHILD || netboot_change_commit(change, &told) != -ECHILD)
        return 4;
    if (netboot_store_event(store, &told) != NETBOOT_EVENT_NONE)
        return 5;
    netboot_change_abort(change);
    netboot_view_close(view);
    netboot_store_close(store);
    /* A handle of its own does. */
    if (netboot_store_open(fixture->directory, NULL, &own, &told) != 0 || !is_served(own, 1, "round1-1"))
        return 6;
    /* And it waits for the parent's change, which goes on. */
    if (netboot_change_open(own, 0, &new_change, &told) != -ETIMEDOUT)
        return 7;
    netboot_store_close(own);
    return 0;
}

static void try_fork(struct fixture *fixture, struct netboot_store_options options)
{
    struct netboot_store *store = open_with(fixture, options);
    struct netboot_change *change;
    struct netboot_view *view;
    int status;

    OK(put_round(store, 1, &error));
    OK(netboot_view_open(store, &view, &error));
    OK(netboot_change_open(store, 0, &change, &error));
    OK(put_host(change, 55, NULL, &error));
    pid_t pid = fork();
    if (pid == 0)
        _exit(use_in_child(fixture, view, change));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    /* The parent has lost nothing. */
    assert_int_equal(round_of(view), 1);
    netboot_view_close(view);
    OK(put_host(change, 56, NULL, &error));
    OK(netboot_change_commit(change, &error));
    assert_true(is_served(store, 55, "h55") && is_served(store, 56, "h56") && !is_served(store, 77, "h77"));
    assert_int_equal(status_of(store).records[NETBOOT_RECORD_HOST], ROUND_HOSTS + 2);
    OK(put_round(store, 2, &error));
    assert_true(is_served(store, 1, "round2-1"));
    close_store(fixture);
}

static int give_up(struct netboot_change *change, struct netboot_error *error)
{
    (void)error;
    netboot_change_abort(change);
    return 0;
}

static void test_fork(void **state)
{
    try_fork(*state, (struct netboot_store_options){0});
}

static void test_fork_of_server(void **state)
{
    try_fork(*state, (struct netboot_store_options){.follow = true, .readers = 4});
}

/* A child that goes on has what was open when it began: the next change does not wait for its end. */
static void test_fork_during_change(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){0});
    int (*const ends[])(struct netboot_change *, struct netboot_error *) = {netboot_change_commit, give_up};

    for (unsigned i = 0; i < COUNT(ends); i++) {
        struct netboot_change *change;
        OK(netboot_change_open(store, 0, &change, &error));
        OK(put_host(change, i, NULL, &error));
        pid_t pid = fork();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL); /* where an assertion fails */
            for (;;)
                pause();
        }
        OK(ends[i](change, &error));
        OK(netboot_change_open(store, 0, &change, &error));
        netboot_change_abort(change);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
    }
}

/* A program that the process starts has none of the store's files open. */
static void test_exec(void **state)
{
    struct fixture *fixture = *state;
    char command[SCRATCH_SIZE + 64];

    open_with(fixture, (struct netboot_store_options){.follow = true});
    snprintf(command, sizeof(command), "ls -l /proc/self/fd | grep -c '%s'", fixture->directory);
    FILE *output = popen(command, "r");
    assert_non_null(output);
    int count = -1;
    assert_int_equal(fscanf(output, "%d", &count), 1);
    pclose(output);
    assert_int_equal(count, 0);
}

/* ---- Readers that die */

/* What they kept from being used again is used again: the file grows by the history of the changes alone, which is less
 * than a page each. */
static void test_dead_readers(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){0});

    OK(put_round(store, 1, &error));
    unsigned before = status_of(store).readers;
    for (unsigned i = 0; i < 5; i++) {
        struct agent agent = AGENT_START(fixture->directory, "view");
        agent_says(&agent, "viewing");
        assert_true(status_of(store).readers > before);
        agent_kill(&agent);
    }
    for (unsigned round = 2; round < 10; round++)
        OK(put_round(store, round, &error));
    assert_int_equal(status_of(store).readers, before);
    uint64_t size = status_of(store).size;
    for (unsigned round = 10; round < 200; round++)
        OK(put_round(store, round, &error));
    assert_in_range(status_of(store).size - size, 0, 190 * 4096);
}

/* All 128 places of a server are taken and given back. */
static void test_slots(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){.follow = true, .readers = 16});
    struct netboot_view *views[17];
    struct netboot_query query;
    struct netboot_result result;

    OK(put_round(store, 1, &error));
    for (unsigned pass = 0; pass < 3; pass++) {
        for (unsigned i = 0; i < 16; i++)
            OK(netboot_view_open(store, &views[i], &error));
        FAILS(-EAGAIN, "busy", netboot_view_open(store, &views[16], &error));
        query_of(&query, 1);
        assert_int_equal(netboot_serve(store, &query, &result), -EAGAIN);
        assert_int_equal(result.answer.edit_count, 0);
        netboot_view_close(views[7]);
        assert_true(is_served(store, 1, "round1-1"));
        OK(netboot_view_open(store, &views[7], &error));
        for (unsigned i = 0; i < 16; i++)
            netboot_view_close(views[i]);
    }
    close_store(fixture);
    FAILS(-EINVAL, "at most",
          netboot_store_open(
              fixture->directory,
              &(struct netboot_store_options){.size = sizeof(struct netboot_store_options), .readers = 1u << 31},
              &fixture->store, &error));
    assert_null(fixture->store);
}

static unsigned open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* Opening and closing over and over leaves nothing behind, as a server that is reloaded does. */
static void test_reload(void **state)
{
    struct fixture *fixture = *state;
    unsigned before = open_files();

    for (unsigned i = 0; i < 100; i++) {
        struct netboot_store *store = open_with(fixture, (struct netboot_store_options){.follow = true});
        assert_true(is_served(store, 1, NULL));
        assert_true(status_of(store).readers <= 129);
        close_store(fixture);
    }
    assert_int_equal(open_files(), before);
}

/* ---- The packet path: no system call, no allocation */

static void test_quiet(void **state)
{
    struct fixture *fixture = *state;

    OK(put_round(open_with(fixture, (struct netboot_store_options){0}), 1, &error));
    close_store(fixture);
    struct agent agent = AGENT_START(fixture->directory, "quiet");
    const char *line = agent_line(&agent);
    if (strcmp(line, "10000 served, 0 failed, 0 allocations") != 0 &&
        strcmp(line, "10000 served, 0 failed, 0 allocations counted") != 0)
        fail_msg("%s", line);
    assert_int_equal(agent_end(&agent), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_fork),   TEST(test_fork_of_server), TEST(test_fork_during_change),
        TEST(test_exec),   TEST(test_dead_readers),   TEST(test_slots),
        TEST(test_reload), TEST(test_quiet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
