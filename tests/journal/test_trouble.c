/* SPDX-License-Identifier: MPL-2.0 */
/* Its keeper killed, its files damaged, cut short, put back, removed, without room: what can be read is read, what is
 * lost is counted, and answers go on. */
#include "journal_test.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define WEB1 "52:54:00:00:00:01"
#define NOBODY 65534

static void path_of(struct fixture *fixture, const char *name, char path[SCRATCH_SIZE + 64])
{
    snprintf(path, SCRATCH_SIZE + 64, "%s/journal%s", fixture->directory, name);
}

static int open_file(struct fixture *fixture, const char *name, int flags)
{
    char path[SCRATCH_SIZE + 64];

    path_of(fixture, name, path);
    int fd = open(path, flags | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static off_t size_of(struct fixture *fixture, const char *name)
{
    int fd = open_file(fixture, name, O_RDONLY);
    off_t size = lseek(fd, 0, SEEK_END);

    close(fd);
    return size;
}

/* Who only reads. */
static struct netboot_store *open_reader(struct fixture *fixture)
{
    close_server(fixture);
    return fixture->store = open_store(fixture, (struct netboot_store_options){.journal = false});
}

static struct netboot_store *open_again(struct fixture *fixture)
{
    return open_sized(fixture, 1 << 20);
}

static size_t count_here(struct netboot_store *store, unsigned first, unsigned count)
{
    size_t here = 0;
    char mac[18];

    for (unsigned i = first; i < first + count; i++)
        here += entries_of(store, mac_of(i, mac))->count;
    return here;
}

/* ---- kill -9 */

/* Serves strangers and a host, and tells of each that is written. */
static void serve_until_killed(struct fixture *fixture, unsigned first, int told)
{
    char mac[18];

    fixture->store = open_server(fixture);
    attach(fixture, 1 << 20);
    for (unsigned i = first;; i++) {
        serve(fixture->store, DISCOVER(.mac = mac_of(i, mac)));
        if (i % 50 == 0) {
            serve(fixture->store, DISCOVER(.mac = WEB1, .ipxe = i % 100 == 0));
            lab.ahead_ms += 60000;
        }
        settle(fixture->store);
        if (write(told, &i, sizeof(i)) != sizeof(i))
            _exit(0);
    }
}

static void test_killed_at_any_time(void **state)
{
    struct fixture *fixture = *state;
    unsigned number = 0, first = 0;

    srandom(3);
    for (unsigned round = 0; round < 40; round++) {
        int ends[2];
        close_server(fixture);
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            serve_until_killed(fixture, first, ends[1]);
        }
        close(ends[1]);
        for (long i = random() % 700; i >= 0; i--)
            assert_int_equal(read(ends[0], &number, sizeof(number)), sizeof(number));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(ends[0], &number, sizeof(number)) == sizeof(number))
            ;
        close(ends[0]);
        /* All that was told of, and at most one more; of strangers as many as fit. */
        struct netboot_store *store = open_reader(fixture);
        unsigned count = number + 1 < 600 ? number + 1 : 600;
        assert_int_equal(count_here(store, number + 1 - count, count), count);
        size_t of_host = entries_of(store, WEB1)->count, all = number / 50 + 1;
        assert_true(of_host >= (all < JOURNAL_MACHINE_ENTRIES ? all : JOURNAL_MACHINE_ENTRIES));
        first = number + 1; /* one that was not told of is served again, and joined */
    }
    assert_true(first > 2000);
}

/* ---- Damage */

static void fill(struct netboot_store *store, unsigned count)
{
    char mac[18];

    for (unsigned i = 0; i < count; i++) {
        serve(store, DISCOVER(.mac = mac_of(i, mac)));
        if (i % 10 == 0)
            serve(store, DISCOVER(.mac = WEB1, .ipxe = i % 20 == 0));
        settle(store);
        if (i % 100 == 99)
            lab.ahead_ms += 60000;
    }
}

static void test_a_block_is_damaged(void **state)
{
    struct fixture *fixture = *state;
    uint8_t octets[4096];

    fill(open_small(fixture), 500);
    open_reader(fixture);
    assert_int_equal(count_here(fixture->store, 0, 500), 500);
    memset(octets, 0xa5, sizeof(octets));
    int fd = open_file(fixture, "/strangers", O_RDWR);
    assert_int_equal(pwrite(fd, octets, sizeof(octets), JOURNAL_RING_OFFSET + 40960), sizeof(octets));
    close(fd);
    open_reader(fixture);
    size_t left = count_here(fixture->store, 0, 500);
    assert_true(left < 500 && left >= 500 - 4096 / 200 - 2);
    /* It goes on, and numbers do not begin again. */
    uint64_t newest = state_of(fixture->store).newest;
    struct netboot_store *store = open_again(fixture);
    serve_many(store, 1000, 10);
    assert_int_equal(state_of(store).newest, newest + 10);
    assert_int_equal(count_here(store, 0, 500), left);
}

static void spoil(int fd, off_t size)
{
    for (unsigned i = 0; i < 1 + (unsigned)random() % 40; i++) {
        uint8_t octet = (uint8_t)random();
        off_t at = random() % (random() % 2 ? size : 16384 < size ? 16384 : size);
        assert_int_equal(pwrite(fd, &octet, 1, at), 1);
    }
}

/* Any octets anywhere, files cut short or made long, headers and marks spoilt: it is read, and written on. */
static void test_any_damage(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"/known", "/strangers"};

    srandom(4);
    fill(open_small(fixture), 800);
    for (unsigned round = 0; round < 150; round++) {
        close_server(fixture);
        for (unsigned i = 0; i < 2; i++) {
            off_t size = size_of(fixture, names[i]);
            int fd = open_file(fixture, names[i], O_RDWR);
            if (random() % 8 == 0)
                assert_int_equal(ftruncate(fd, random() % (size + 5000)), 0);
            else if (size > 0)
                spoil(fd, size);
            close(fd);
        }
        open_reader(fixture);
        entries_of(fixture->store, NULL);
        machines_of(fixture->store, NULL);
        struct netboot_store *store = open_again(fixture);
        serve_many(store, 5000 + round * 20, 20);
        assert_int_equal(lab_figures(&lab).dropped, 0);
        assert_int_equal(count_here(store, 5000 + round * 20, 20), 20);
    }
}

static void test_a_header_is_there_twice(void **state)
{
    struct fixture *fixture = *state;
    uint8_t octets[JOURNAL_RING_OFFSET] = {0};
    struct stat status;
    char path[SCRATCH_SIZE + 64];

    fill(open_small(fixture), 100);
    close_server(fixture);
    int fd = open_file(fixture, "/strangers", O_RDWR);
    assert_int_equal(pwrite(fd, octets, 4096, 0), 4096);
    assert_int_equal(count_here(open_again(fixture), 0, 100), 100);
    close_server(fixture);
    assert_int_equal(pwrite(fd, octets, sizeof(octets), 0), sizeof(octets));
    close(fd);
    assert_int_equal(count_here(open_reader(fixture), 0, 100), 0);
    struct netboot_store *store = open_again(fixture);
    path_of(fixture, "/strangers.damaged", path);
    assert_int_equal(stat(path, &status), 0);
    serve_many(store, 0, 10);
    assert_int_equal(count_here(store, 0, 10), 10);
    assert_true(entries_of(store, WEB1)->count > 0);
}

/* ---- Files that are put back, removed, of another size */

static void copy_file(struct fixture *fixture, const char *from, const char *to, bool in_place)
{
    static uint8_t octets[2 << 20];
    char path[SCRATCH_SIZE + 64];
    int fd = open_file(fixture, from, O_RDONLY);
    ssize_t size = read(fd, octets, sizeof(octets));

    close(fd);
    path_of(fixture, to, path);
    if (!in_place)
        unlink(path);
    fd = open_file(fixture, to, O_RDWR | O_CREAT | O_TRUNC);
    assert_int_equal(write(fd, octets, (size_t)size), size);
    close(fd);
}

static void test_an_older_copy_put_back(void **state)
{
    struct fixture *fixture = *state;

    for (int in_place = 0; in_place < 2; in_place++) {
        serve_many(open_small(fixture), 0, 50);
        close_server(fixture);
        copy_file(fixture, "/strangers", "/copy", false);
        serve_many(open_again(fixture), 50, 50);
        close_server(fixture);
        copy_file(fixture, "/copy", "/strangers", in_place);
        assert_int_equal(count_here(open_reader(fixture), 0, 100), 50);
        struct netboot_store *store = open_again(fixture);
        serve_many(store, 200, 50);
        assert_int_equal(count_here(store, 0, 250), 100);
    }
}

/* While it is kept: both who writes and who follows it go on with what is there then. */
static void test_removed_and_put_back_meanwhile(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_small(fixture);
    char path[SCRATCH_SIZE + 64];

    serve_many(store, 0, 50);
    uint64_t identity = state_of(store).identity;
    copy_file(fixture, "/strangers", "/copy", false);
    path_of(fixture, "", path);
    scratch_remove(path);
    struct netboot_error error;
    assert_int_equal(journal_read_state(store, &(struct netboot_journal_state){.newest = 0}, &error), -ENOENT);
    lab.ahead_ms += 2000;
    settle(store);
    serve_many(store, 100, 50);
    assert_int_equal(count_here(store, 0, 100), 0);
    assert_int_equal(count_here(store, 100, 50), 50);
    assert_true(state_of(store).identity != identity);
    /* Cut short in place: what was there is gone, what comes is kept. */
    int fd = open_file(fixture, "/strangers", O_RDWR);
    assert_int_equal(ftruncate(fd, 9000), 0);
    close(fd);
    serve_many(store, 300, 50);
    assert_int_equal(count_here(store, 300, 50), 50);
    assert_int_equal(lab_figures(&lab).dropped, 0);
}

static void overwrite(struct fixture *fixture, const char *name, off_t offset, size_t size)
{
    uint8_t octets[8192];
    int fd = open_file(fixture, name, O_RDWR);

    memset(octets, 0xa5, sizeof(octets));
    assert_int_equal(pwrite(fd, octets, size, offset), size);
    close(fd);
}

/* What its keeper has open is not what is there: it goes on where others read. */
static void test_another_file_in_its_place_meanwhile(void **state)
{
    struct fixture *fixture = *state;
    char path[SCRATCH_SIZE + 64], aside[SCRATCH_SIZE + 64];
    struct netboot_store *store = open_small(fixture);

    path_of(fixture, "", path);
    path_of(fixture, ".aside", aside);
    serve_many(store, 0, 20);
    OK(rename(path, aside) == 0 && mkdir(path, 0700) == 0 ? 0 : (error.code = -errno));
    close(open_file(fixture, "/strangers", O_RDWR | O_CREAT)); /* empty: no journal */
    lab.ahead_ms += 2000;
    settle(store);
    serve_many(store, 100, 20);
    assert_int_equal(count_here(store, 100, 20), 20);
    copy_file(fixture, ".aside/strangers", "/strangers", true); /* another one, in place */
    lab.ahead_ms += 2000;
    settle(store);
    serve_many(store, 200, 20);
    assert_int_equal(count_here(store, 0, 20) + count_here(store, 200, 20), 40);
    assert_int_equal(count_here(store, 100, 20), 0);
    assert_int_equal(lab_figures(&lab).dropped, 0);
}

static void test_a_header_that_is_lost_meanwhile(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_small(fixture);

    serve_many(store, 0, 20);
    overwrite(fixture, "/strangers", 0, JOURNAL_RING_OFFSET);
    lab.ahead_ms += 2000;
    settle(store);
    serve_many(store, 20, 20);
    assert_int_equal(count_here(open_reader(fixture), 0, 40), 40);
    store = open_again(fixture);
    int fd = open_file(fixture, "/strangers", O_RDWR);
    assert_int_equal(ftruncate(fd, 0), 0);
    close(fd);
    lab.ahead_ms += 2000;
    settle(store);
    serve_many(store, 40, 20);
    assert_int_equal(count_here(open_reader(fixture), 0, 60), 20);
}

static void test_another_size(void **state)
{
    struct fixture *fixture = *state;

    fill(open_small(fixture), 300);
    size_t of_host = entries_of(fixture->store, WEB1)->count;
    uint64_t newest = state_of(fixture->store).newest;
    static const unsigned mebibytes[] = {3, 1, 2, 64, 1};
    for (size_t i = 0; i < COUNT(mebibytes); i++) {
        struct netboot_store *store = open_sized(fixture, (uint64_t)mebibytes[i] << 20);
        assert_int_equal(count_here(store, 0, 300), 300);
        assert_int_equal(entries_of(store, WEB1)->count, of_host);
        assert_int_equal(state_of(store).limit, (uint64_t)mebibytes[i] << 20);
        serve_many(store, 1000, 1);
        assert_true(state_of(store).newest > newest);
        newest = state_of(store).newest;
    }
    /* More than fits into the new size: the newest stay. */
    open_sized(fixture, 8 << 20);
    serve_many(fixture->store, 0, 6000);
    open_small(fixture);
    size_t left = count_here(fixture->store, 0, 6000);
    assert_true(left > 500 && left < 1500);
    assert_int_equal(count_here(fixture->store, 6000 - (unsigned)left, (unsigned)left), left);
}

/* ---- No room, no right */

static void test_a_full_disk(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store;
    char path[SCRATCH_SIZE + 64];

    if (geteuid() != 0)
        skip();
    close_server(fixture);
    path_of(fixture, "", path);
    assert_int_equal(mount("tmpfs", path, "tmpfs", 0, "size=256k,mode=0700"), 0);
    fixture->store = open_server(fixture);
    attach(fixture, 4 << 20);
    store = fixture->store;
    serve_many(store, 0, 3000);
    struct keeper_figures figures = lab_figures(&lab);
    assert_int_equal(figures.trouble, -ENOSPC);
    assert_true(figures.dropped > 1000 && figures.written > 300 && figures.written + figures.dropped == 3000);
    assert_int_equal(count_here(store, 0, 300), 300); /* what was written stays */
    OK(mount("tmpfs", path, "tmpfs", MS_REMOUNT, "size=2m,mode=0700") == 0 ? 0 : (error.code = -errno));
    serve_many(store, 4000, 500);
    assert_int_equal(count_here(store, 4000, 500), 500);
    assert_int_equal(lab_figures(&lab).trouble, 0);
    assert_int_equal(lab_figures(&lab).dropped, figures.dropped);
    close_server(fixture);
    assert_int_equal(umount2(path, MNT_DETACH), 0);
}

static void wait_for(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* A server that is a member of the group reads the targets store, and not the journal. */
static void test_who_may_not_read_it(void **state)
{
    struct fixture *fixture = *state;

    if (geteuid() != 0)
        skip();
    serve_many(fixture->store, 0, 1);
    close_server(fixture);
    pid_t child = fork();
    if (child == 0) {
        struct netboot_journal_state found;
        struct netboot_error error = {0};
        assert_int_equal(chmod(fixture->directory, 0755), 0);
        if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
            _exit(2);
        fixture->store = open_server(fixture);
        bool refused = journal_read_state(fixture->store, &found, &error) == -EACCES && strstr(error.text, "only root");
        _exit(refused ? 0 : 3);
    }
    wait_for(child);
}

static void test_never_after_fork(void **state)
{
    struct fixture *fixture = *state;
    struct packet_octets octets = {0};
    struct netboot_journal_state found;
    struct netboot_query query;
    struct netboot_result result;
    struct netboot_error error;

    make_query(DISCOVER(.mac = WEB1), &octets, &query);
    pid_t child = fork();
    if (child == 0) {
        bool refused = netboot_serve(fixture->store, &query, &result) == -ECHILD &&
                       netboot_journal_status(fixture->store, &found, &error) == -ECHILD &&
                       netboot_daemon_event(fixture->store, &error) == NETBOOT_EVENT_NONE;
        netboot_store_close(fixture->store);
        _exit(refused ? 0 : 3);
    }
    wait_for(child);
    serve(fixture->store, DISCOVER(.mac = WEB1));
    settle(fixture->store);
    assert_int_equal(state_of(fixture->store).entries, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, end)
    const struct CMUnitTest tests[] = {
        TEST(test_killed_at_any_time),
        TEST(test_a_block_is_damaged),
        TEST(test_any_damage),
        TEST(test_a_header_is_there_twice),
        TEST(test_an_older_copy_put_back),
        TEST(test_removed_and_put_back_meanwhile),
        TEST(test_another_file_in_its_place_meanwhile),
        TEST(test_a_header_that_is_lost_meanwhile),
        TEST(test_another_size),
        TEST(test_a_full_disk),
        TEST(test_who_may_not_read_it),
        TEST(test_never_after_fork),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
