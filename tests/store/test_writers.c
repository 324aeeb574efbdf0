/* SPDX-License-Identifier: MPL-2.0 */
/* Writers that die, stop, find the disk full, fill the map or come in pairs; and what readers see of it. */
#include "store_test.h"

#include "store/view.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mount.h>

/* ---- Readers that go on all the while */

struct reader {
    pthread_t thread;
    struct netboot_store *store;
    atomic_bool stop;
    atomic_uint served, failed, slept, wrong;
    unsigned hosts; /* packets come from as many */
};

static void *read_on(void *data)
{
    struct reader *reader = data;

    for (unsigned i = 0; !reader->stop; i++) {
        struct netboot_query query;
        struct netboot_result result;
        query_of(&query, i % reader->hosts);
        int code = serve_at_once(reader->store, &query, &result, &reader->slept);
        *(code == 0 ? &reader->served : &reader->failed) += 1;
        reader->wrong += code != 0 && code != -EAGAIN;
    }
    return NULL;
}

static struct reader readers[8];
static size_t running;

static void readers_start(size_t count, struct netboot_store *store, unsigned hosts)
{
    for (running = 0; running < count; running++) {
        readers[running] = (struct reader){.store = store, .hosts = hosts};
        assert_int_equal(pthread_create(&readers[running].thread, NULL, read_on, &readers[running]), 0);
    }
}

static void readers_end(void)
{
    for (size_t i = 0; i < running; i++)
        readers[i].stop = true;
    while (running > 0)
        pthread_join(readers[--running].thread, NULL);
}

/* Every packet was answered, but for those that came just when the map grew; and none has waited even then. */
static void readers_stop(bool grew)
{
    size_t count = running;

    readers_end();
    for (size_t i = 0; i < count; i++) {
        assert_true(readers[i].served > 0);
        assert_true(grew || readers[i].failed == 0);
        /* Who is no server makes its slots when it needs them, with LMDB's lock. */
        assert_true(readers[i].slept == 0 || !readers[i].store->follow);
        assert_int_equal(readers[i].wrong, 0);
    }
}

/* After a failure too: no thread outlives its store. */
static int stop_and_teardown(void **state)
{
    readers_end();
    return teardown(state);
}

static unsigned shown_round(struct netboot_store *store)
{
    struct netboot_view *view;

    OK(netboot_view_open(store, &view, &error));
    unsigned round = round_of(view);
    netboot_view_close(view);
    return round;
}

/* ---- Killed */

/* At any point a killed writer leaves the state before or after, and the next one is not kept waiting. */
static void test_killed(void **state)
{
    enum { FOR_MS = 8000 };
    struct fixture *fixture = *state;
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){.follow = true});
    unsigned seed = 1, kills = 0, rounds = 0;

    readers_start(2, store, ROUND_HOSTS);
    for (uint64_t end = now_ms() + FOR_MS; now_ms() < end || kills < 10; kills++) {
        struct agent agent = AGENT_START(fixture->directory, "rounds");
        agent_says(&agent, "going");
        unsigned last = 0;
        for (uint64_t until = now_ms() + (uint64_t)rand_r(&seed) % 30; now_ms() <= until;)
            last = shown_round(store);
        /* Not at the end of a poll, but anywhere. */
        nanosleep(&(struct timespec){.tv_nsec = rand_r(&seed) % 1000000}, NULL);
        agent_kill(&agent);
        unsigned left = shown_round(store);
        assert_true(left >= last);
        assert_int_equal(shown_round(store), left);
        rounds += left;
        uint64_t before = status_of(store).generation, begun = now_ms();
        OK(put_round(store, 1, &error));
        assert_true(now_ms() - begun < 10000);
        assert_int_equal(shown_round(store), 1);
        /* A writer that was killed after its change was on disk, but before it told so: the next one tells. */
        uint64_t after = status_of(store).generation;
        assert_true(after == before + 1 || after == before + 2);
    }
    readers_stop(false);
    print_message("%u writers killed, after %u rounds in all\n", kills, rounds);
    assert_true(rounds >= kills);
}

/* ---- Stopped */

static void test_stopped(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){.follow = true});
    struct netboot_change *change = NULL;
    char holder[128];

    OK(put_round(store, 1, &error));
    readers_start(2, store, ROUND_HOSTS);
    struct agent agent = AGENT_START(fixture->directory, "hold");
    agent_says(&agent, "held");
    assert_int_equal(kill(agent.pid, SIGSTOP), 0);
    snprintf(holder, sizeof(holder), "by %s, process %d:", strrchr(AGENT, '/') + 1, (int)agent.pid);
    for (unsigned deadline = 0; deadline <= 200; deadline += 100) {
        uint64_t begun = now_ms();
        FAILS(-ETIMEDOUT, holder, netboot_change_open(store, deadline, &change, &error));
        uint64_t took = now_ms() - begun;
        assert_true(took >= deadline && took < deadline + 10000);
        assert_null(change);
    }
    assert_int_equal(shown_round(store), 1);
    agent_kill(&agent);
    OK(put_round(store, 2, &error));
    assert_int_equal(shown_round(store), 2);
    readers_stop(false);
}

/* ---- In pairs */

static void test_two_processes(void **state)
{
    enum { EACH = 150 };
    struct fixture *fixture = *state;
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){0});
    struct agent first = AGENT_START(fixture->directory, "hosts", "1000", "150");
    struct agent second = AGENT_START(fixture->directory, "hosts", "2000", "150");

    for (unsigned i = 0; i < EACH; i++) { /* and this one is the third */
        struct netboot_change *change;
        OK(netboot_change_open(store, 20000, &change, &error));
        OK(put_host(change, 3000 + i, NULL, &error));
        OK(netboot_change_commit(change, &error));
    }
    agent_says(&first, "done");
    agent_says(&second, "done");
    assert_int_equal(agent_end(&first), 0);
    assert_int_equal(agent_end(&second), 0);
    struct netboot_status status = status_of(store);
    assert_int_equal(status.records[NETBOOT_RECORD_HOST], 3 * EACH);
    assert_int_equal(status.generation, 1 + 3 * EACH);
    char name[16];
    for (unsigned i = 0; i < 3 * EACH; i++) {
        unsigned number = 1000 * (1 + i / EACH) + i % EACH;
        snprintf(name, sizeof(name), "h%u", number);
        if (!is_served(store, number, name))
            fail_msg("there is no %s", name);
    }
}

/* Threads of one process wait for each other as processes do. */
static void *put_hosts(void *data)
{
    struct netboot_store *store = data;
    static atomic_uint next;

    for (unsigned i = 0; i < 50; i++) {
        struct netboot_change *change;
        OK(netboot_change_open(store, 20000, &change, &error));
        OK(put_host(change, next++, NULL, &error));
        OK(netboot_change_commit(change, &error));
    }
    return NULL;
}

static void test_two_threads(void **state)
{
    struct netboot_store *store = open_with(*state, (struct netboot_store_options){0});
    pthread_t threads[4];

    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_hosts, store), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(status_of(store).records[NETBOOT_RECORD_HOST], 200);
    assert_int_equal(status_of(store).generation, 201);
}

struct foreign {
    struct netboot_change *change;
    int commit, put;
};

static void *use_foreign_change(void *data)
{
    struct foreign *foreign = data;

    foreign->put = put_host(foreign->change, 1, NULL, NULL);
    foreign->commit = netboot_change_commit(foreign->change, NULL);
    return NULL;
}

static void test_change_of_another_thread(void **state)
{
    struct netboot_store *store = open_with(*state, (struct netboot_store_options){0});
    struct foreign foreign = {NULL, 0, 0};
    pthread_t thread;

    OK(netboot_change_open(store, 0, &foreign.change, &error));
    assert_int_equal(pthread_create(&thread, NULL, use_foreign_change, &foreign), 0);
    pthread_join(thread, NULL);
    assert_int_equal(foreign.put, -EPERM);
    assert_int_equal(foreign.commit, -EPERM);
    OK(put_host(foreign.change, 2, NULL, &error));
    OK(netboot_change_commit(foreign.change, &error));
    assert_int_equal(status_of(store).records[NETBOOT_RECORD_HOST], 1);
}

/* ---- The map */

/* Another process writes far more than fits into the readers' map. */
static void test_map_grows_under_readers(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store =
        open_with(fixture, (struct netboot_store_options){.map_size = 1 << 20, .follow = true});

    assert_true(status_of(store).map_size == 1 << 20);
    readers_start(8, store, 30000);
    for (unsigned i = 0; i < 3; i++) {
        static const char *const first[] = {"0", "10000", "20000"};
        struct agent agent = AGENT_START(fixture->directory, "bulk", first[i], "10000");
        agent_says(&agent, "done");
        assert_int_equal(agent_end(&agent), 0);
        EVENTUALLY(is_served(store, 10000 * i + 9999, NULL));
    }
    readers_stop(true);
    struct netboot_status status = status_of(store);
    assert_int_equal(status.records[NETBOOT_RECORD_HOST], 30000);
    assert_true(status.size > 2 << 20 && status.map_size >= status.size);
    assert_true(is_served(store, 29999, "h29999"));
}

/* The same in one process, where the change itself makes the map larger, under readers. */
static void test_map_grows_for_change(void **state)
{
    struct netboot_store *store = open_with(*state, (struct netboot_store_options){.map_size = 1 << 20});
    struct netboot_change *change;

    readers_start(8, store, 100000);
    OK(netboot_change_open(store, 1000, &change, &error));
    for (unsigned i = 0; i < 100000; i++)
        OK(put_host(change, i, NULL, &error));
    OK(netboot_change_commit(change, &error));
    readers_stop(true);
    assert_int_equal(status_of(store).records[NETBOOT_RECORD_HOST], 100000);
    assert_true(is_served(store, 99999, "h99999"));
}

/* A view that stays open keeps its map: the change does without more room while there is some. */
static void test_view_during_growth(void **state)
{
    struct netboot_store *store = open_with(*state, (struct netboot_store_options){.map_size = 1 << 20});
    struct netboot_view *view;

    OK(put_round(store, 1, &error));
    close_store(*state);
    store = open_with(*state, (struct netboot_store_options){.map_size = 1 << 20});
    OK(netboot_view_open(store, &view, &error));
    OK(put_round(store, 2, &error));
    assert_int_equal(round_of(view), 1);
    netboot_view_close(view);
    assert_int_equal(shown_round(store), 2);
}

/* A change that does not fit is given up as a whole, and the next one has room. */
static void test_map_full(void **state)
{
    struct netboot_store *store = open_with(*state, (struct netboot_store_options){.map_size = 1 << 20});
    struct netboot_view *view;
    struct netboot_change *change;
    int code = 0;

    OK(put_round(store, 1, &error));
    close_store(*state);
    store = open_with(*state, (struct netboot_store_options){.map_size = 1 << 20});
    OK(netboot_view_open(store, &view, &error)); /* so that it cannot be mapped anew */
    OK(netboot_change_open(store, 1000, &change, &error));
    for (unsigned i = 1000; i < 100000 && code == 0; i++)
        code = put_host(change, i, NULL, NULL);
    assert_int_equal(code, -ENOSPC);
    FAILS(-ENOSPC, "try again", put_host(change, 1, NULL, &error));
    FAILS(-ENOSPC, "nothing was changed", netboot_change_commit(change, &error));
    netboot_view_close(view);
    assert_int_equal(shown_round(store), 1);
    OK(netboot_change_open(store, 1000, &change, &error));
    for (unsigned i = 1000; i < 100000; i++)
        OK(put_host(change, i, NULL, &error));
    OK(netboot_change_commit(change, &error));
    assert_int_equal(status_of(store).records[NETBOOT_RECORD_HOST], 99000 + ROUND_HOSTS);
}

/* ---- The disk */

static void write_ballast(const char *path, off_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    char block[4096] = {1};

    assert_true(fd >= 0);
    /* To the last block, or as much as was asked for. */
    while (size != 0 && write(fd, block, sizeof(block)) == (ssize_t)sizeof(block))
        size -= size > 0 ? (off_t)sizeof(block) : 0;
    close(fd);
}

static void test_disk_full(void **state)
{
    struct fixture *fixture = *state;
    struct fixture small = {.directory = ""};
    struct netboot_change *change;
    int code = 0;

    char *disk = strdup(path_in(fixture, "small")), *ballast = strdup(path_in(fixture, "small/ballast"));
    char *netboot = strdup(path_in(fixture, "small/netboot"));
    assert_int_equal(mkdir(disk, 0700), 0);
    assert_int_equal(mount("tmpfs", disk, "tmpfs", 0, "size=1m"), 0);
    write_ballast(ballast, -1);
    FAILS(-ENOSPC, "cannot create the", netboot_store_create(netboot, &error));
    assert_int_equal(access(netboot, F_OK), -1); /* nothing is left of it */
    assert_int_equal(unlink(ballast), 0);
    OK(netboot_store_create(netboot, &error));

    assert_true(strlen(netboot) < sizeof(small.directory));
    strcpy(small.directory, netboot);
    struct netboot_store *store = open_with(&small, (struct netboot_store_options){.follow = true});
    OK(put_round(store, 1, &error));
    readers_start(2, store, ROUND_HOSTS);
    for (unsigned attempt = 0; attempt < 3; attempt++) {
        /* First there is room for a part of the change, then not one free block. */
        OK(netboot_change_open(store, 1000, &change, &error));
        for (unsigned i = 0; i < 20000 && code == 0; i++)
            code = put_host(change, 1000 + i, NULL, NULL);
        FAILS(-ENOSPC, "the disk is full; nothing was changed", netboot_change_commit(change, &error));
        assert_int_equal(shown_round(store), 1);
        assert_int_equal(status_of(store).records[NETBOOT_RECORD_HOST], ROUND_HOSTS);
        code = 0;
        write_ballast(ballast, -1);
    }
    readers_stop(false);
    close_store(&small);
    store = open_with(&small, (struct netboot_store_options){.follow = true}); /* needs no room */
    assert_int_equal(shown_round(store), 1);
    assert_int_equal(unlink(ballast), 0);
    OK(put_round(store, 2, &error));
    assert_int_equal(shown_round(store), 2);
    close_store(&small);
    assert_int_equal(umount(disk), 0);
    free(disk);
    free(ballast);
    free(netboot);
}

/* Mounts of these tests are theirs alone, and gone with them. */
static int own_mounts(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        print_error("these tests mount file systems, so they need root: %s\n", strerror(errno));
        return -1;
    }
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, stop_and_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_killed),
        TEST(test_stopped),
        TEST(test_two_processes),
        TEST(test_two_threads),
        TEST(test_change_of_another_thread),
        TEST(test_map_grows_under_readers),
        TEST(test_map_grows_for_change),
        TEST(test_view_during_growth),
        TEST(test_map_full),
        TEST(test_disk_full),
    };

    return cmocka_run_group_tests(tests, own_mounts, NULL);
}
