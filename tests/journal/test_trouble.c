/* SPDX-License-Identifier: MPL-2.0 */
/* A journal that is too small, lost, damaged, locked or not ours to write: answers go on, what is lost is counted. */
#include "journal_test.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define WEB1 "52:54:00:00:00:01"
#define NOBODY 65534

static void path_of(struct fixture *fixture, const char *name, char path[SCRATCH_SIZE + 64])
{
    snprintf(path, SCRATCH_SIZE + 64, "%s/journal%s", fixture->directory, name);
}

static off_t size_of(struct fixture *fixture)
{
    char path[SCRATCH_SIZE + 64];
    struct stat status;

    path_of(fixture, "/data.mdb", path);
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

/* ---- Size */

static void test_the_oldest_go_first(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_small(fixture);
    const unsigned count = 12000;
    char mac[18];

    serve_many(store, 0, count);
    assert_int_equal(netboot_journal_dropped(store), 0);
    assert_int_equal(netboot_journal_written(store), count);
    struct netboot_journal_state now = state_of(store);
    assert_true(size_of(fixture) <= 1 << 20);
    assert_true(now.size <= (1 << 20) / 4 * 3 && now.entries > 1000 && now.entries < count);
    assert_int_equal(now.machines, now.entries);
    assert_int_equal(now.newest, count);
    assert_int_equal(machines_of(store, mac_of(count - (unsigned)now.entries, mac))->count, 1);
    assert_int_equal(machines_of(store, mac_of(count - (unsigned)now.entries - 1, mac))->count, 0);
    assert_int_equal(entries_of(store, mac_of(0, mac))->count, 0);
}

static void test_identifiers_go_with_their_machine(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_small(fixture);
    static const char *const uuid = "11111111-2222-3333-4444-555555555501";

    serve(store, DISCOVER(.mac = "52:54:00:00:00:54", .uuid = uuid));
    settle(store);
    assert_int_equal(machines_of(store, uuid)->count, 1);
    serve_many(store, 0, 8000);
    assert_int_equal(machines_of(store, uuid)->count, 0);
    serve(store, DISCOVER(.mac = "52:54:00:00:00:55", .uuid = uuid));
    settle(store);
    assert_int_equal(machines_of(store, uuid)->count, 1);
    assert_int_equal(machines_of(store, uuid)->machines[0].shared, 0);
}

/* A transaction that is never ended keeps pages from being used anew: there is a limit all the same. */
static void test_a_stopped_reader(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = open_small(fixture);
    struct netboot_error error = {0};
    struct db_reader *reader;
    char mac[18];
    int event = 0;

    serve_many(store, 0, 100);
    assert_int_equal(db_read_begin(&store->journal->place, &reader), 0);
    for (unsigned i = 0; event != 2; i++) {
        serve(store, DISCOVER(.mac = mac_of(i, mac)));
        if (i % 500 == 0)
            settle(store);
        event = netboot_journal_event(store, &error);
    }
    assert_non_null(strstr(error.text, "keeps what was forgotten"));
    assert_true(size_of(fixture) <= 1 << 20);
    assert_true(netboot_journal_dropped(store) > 0);
    db_read_end(reader);
    EVENTUALLY((serve(store, DISCOVER(.mac = WEB1)), settle(store), entries_of(store, WEB1)->count > 0));
    assert_int_equal(netboot_journal_event(store, &error), NETBOOT_EVENT_USABLE);
    assert_true(state_of(store).dropped > 0);
}

/* ---- Loss and damage, under a server */

static void lose(struct fixture *fixture)
{
    char path[SCRATCH_SIZE + 64];

    path_of(fixture, "", path);
    scratch_remove(path);
}

static void spoil(struct fixture *fixture, void (*how)(int fd))
{
    char path[SCRATCH_SIZE + 64], aside[SCRATCH_SIZE + 64];

    path_of(fixture, "/data.mdb", path);
    snprintf(aside, sizeof(aside), "%s/old", fixture->directory);
    assert_int_equal(rename(path, aside), 0); /* never what is mapped */
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0660), from = open(aside, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && from >= 0);
    char page[4096];
    for (ssize_t size; (size = read(from, page, sizeof(page))) > 0;)
        assert_int_equal(write(fd, page, (size_t)size), size);
    close(from);
    how(fd);
    close(fd);
}

static void cut(int fd)
{
    assert_int_equal(ftruncate(fd, 6000), 0);
}

static void empty(int fd)
{
    assert_int_equal(ftruncate(fd, 0), 0);
}

static void foreign(int fd)
{
    for (off_t at = 0; at < 16384; at += 16)
        assert_int_equal(pwrite(fd, "host a { mac 1;}", 16, at), 16);
}

static void cut_it(struct fixture *fixture)
{
    spoil(fixture, cut);
}

static void empty_it(struct fixture *fixture)
{
    spoil(fixture, empty);
}

static void make_it_foreign(struct fixture *fixture)
{
    spoil(fixture, foreign);
}

static void lose_its_lock(struct fixture *fixture)
{
    char path[SCRATCH_SIZE + 64];

    path_of(fixture, "/lock.mdb", path);
    assert_int_equal(unlink(path), 0);
}

/* What remains where it is removed while a writer makes write.lock anew. */
static void lose_all_but_write_lock(struct fixture *fixture)
{
    char path[SCRATCH_SIZE + 64];

    lose_its_lock(fixture);
    path_of(fixture, "/data.mdb", path);
    assert_int_equal(unlink(path), 0);
}

/* As it is where there is a user netboot. */
static void allow_group(struct fixture *fixture, gid_t group)
{
    static const char *const names[] = {"targets", "state", "journal"};
    static const char *const files[] = {"", "/data.mdb", "/lock.mdb", "/write.lock"};
    static const mode_t modes[] = {02750, 0660, 0660, 0660};
    char path[SCRATCH_SIZE + 64];

    assert_int_equal(chown(fixture->directory, 0, group), 0);
    assert_int_equal(chmod(fixture->directory, 02750), 0);
    for (size_t i = 0; i < COUNT(names); i++)
        for (size_t j = 0; j < COUNT(files); j++) {
            snprintf(path, sizeof(path), "%s/%s%s", fixture->directory, names[i], files[j]);
            assert_int_equal(chown(path, 0, group), 0);
            assert_int_equal(chmod(path, i == 0 && j == 1 ? 0640 : modes[j]), 0);
        }
}

static void test_a_lost_or_damaged_journal_is_made_anew(void **state)
{
    struct fixture *fixture = *state;
    static void (*const ways[])(struct fixture *) = {
        lose, cut_it, empty_it, make_it_foreign, lose_its_lock, lose_all_but_write_lock};
    char path[SCRATCH_SIZE + 64];
    struct stat status;

    allow_group(fixture, NOBODY);
    for (size_t i = 0; i < COUNT(ways); i++) {
        serve(fixture->store, DISCOVER(.mac = WEB1));
        settle(fixture->store);
        uint64_t identity = state_of(fixture->store).identity;
        ways[i](fixture);
        struct netboot_result result = serve(fixture->store, DISCOVER(.mac = WEB1));
        assert_string_equal(result.decision.boot_file, "ipxe.efi");
        settle(fixture->store);
        EVENTUALLY(state_of(fixture->store).identity != identity);
        serve(fixture->store, DISCOVER(.mac = WEB1));
        settle(fixture->store);
        assert_true(entries_of(fixture->store, WEB1)->count > 0);
    }
    path_of(fixture, ".damaged", path);
    assert_int_equal(stat(path, &status), 0);
    path_of(fixture, "/data.mdb", path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0660);
}

static void test_a_foreign_journal_that_is_not_ours_to_move_is_told_of(void **state)
{
    struct fixture *fixture = *state;
    char path[SCRATCH_SIZE + 64];
    struct netboot_error error;
    int fd;

    netboot_store_close(fixture->store);
    lose(fixture);
    path_of(fixture, "", path);
    assert_true((fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) >= 0);
    close(fd);
    fixture->store = open_server(fixture);
    assert_int_equal(netboot_journal_event(fixture->store, &error), NETBOOT_EVENT_UNUSABLE);
    assert_non_null(strstr(error.text, path));
    assert_int_equal(netboot_journal_event(fixture->store, &error), NETBOOT_EVENT_NONE);
    serve_many(fixture->store, 0, 0);
    for (unsigned i = 0; i < 5000; i++)
        serve(fixture->store, DISCOVER(.mac = WEB1));
    assert_true(netboot_journal_dropped(fixture->store) >= 5000 - QUEUE_SLOTS);
    assert_int_equal(unlink(path), 0);
    EVENTUALLY(netboot_journal_event(fixture->store, &error) == NETBOOT_EVENT_USABLE);
    settle(fixture->store);
    assert_int_equal(entries_of(fixture->store, WEB1)->count, 1); /* what had waited, joined */
    assert_true(entries_of(fixture->store, WEB1)->entries[0].packets > 1000);
}

static void test_without_a_targets_store_nothing_is_made(void **state)
{
    struct fixture fixture = {.store = NULL};
    struct netboot_error error;
    struct stat status;
    char path[SCRATCH_SIZE + 64];

    (void)state;
    scratch_make(fixture.directory);
    fixture.store = open_server(&fixture);
    assert_int_equal(netboot_store_event(fixture.store, &error), NETBOOT_EVENT_UNUSABLE);
    assert_int_equal(netboot_journal_event(fixture.store, &error), NETBOOT_EVENT_NONE);
    path_of(&fixture, "", path);
    assert_int_equal(stat(path, &status), -1);
    netboot_store_close(fixture.store);
    scratch_remove(fixture.directory);
}

/* ---- Other writers */

static void test_while_another_writes_records_wait(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store *store = fixture->store;
    struct netboot_error error;
    int lock = writers_lock(&store->journal->place, 1000, NULL);

    assert_true(lock >= 0);
    for (unsigned i = 0; i < QUEUE_SLOTS + 500; i++)
        serve(store, DISCOVER(.mac = WEB1));
    EVENTUALLY(netboot_journal_event(store, &error) == NETBOOT_EVENT_LOST);
    assert_non_null(strstr(error.text, "were lost"));
    assert_int_equal(netboot_journal_written(store), 0);
    uint64_t dropped = netboot_journal_dropped(store);
    assert_true(dropped >= 500);
    close(lock);
    EVENTUALLY(netboot_journal_written(store) + dropped == QUEUE_SLOTS + 500);
    assert_int_equal(state_of(store).dropped, dropped);
}

/* Serves from a process of its own, as that user, with Kea's umask. */
static pid_t start_server(struct fixture *fixture, uid_t user, gid_t group, unsigned first, unsigned count)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    umask(0027);
    if (user != 0 && (setgroups(0, NULL) != 0 || setgid(group) != 0 || setuid(user) != 0))
        _exit(2);
    struct netboot_store *store = open_server(fixture);
    serve_many(store, first, count);
    bool done = netboot_journal_written(store) == count && netboot_journal_dropped(store) == 0;
    netboot_store_close(store);
    _exit(done ? 0 : 3);
}

static void wait_for(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_two_servers_write_one_journal(void **state)
{
    struct fixture *fixture = *state;
    char mac[18];

    netboot_store_close(fixture->store);
    fixture->store = NULL;
    pid_t one = start_server(fixture, 0, 0, 0, 3000), two = start_server(fixture, 0, 0, 2000, 3000);
    wait_for(one);
    wait_for(two);
    fixture->store = open_server(fixture);
    /* Entries of the 1000 machines that both have served are joined: it is one server by its name. */
    assert_int_equal(state_of(fixture->store).machines, 5000);
    assert_int_equal(entries_of(fixture->store, NULL)->count, 5000);
    assert_int_equal(entries_of(fixture->store, mac_of(2500, mac))->entries[0].packets, 2);
}

static void test_a_server_that_is_not_root(void **state)
{
    struct fixture *fixture = *state;

    netboot_store_close(fixture->store);
    fixture->store = NULL;
    allow_group(fixture, NOBODY);
    wait_for(start_server(fixture, NOBODY, NOBODY, 0, 100));
    wait_for(start_server(fixture, 0, 0, 100, 100));
    wait_for(start_server(fixture, NOBODY, NOBODY, 200, 100));
    fixture->store = open_server(fixture);
    assert_int_equal(state_of(fixture->store).entries, 300);
}

/* It may not make one in the directory of root's, and says who can. */
static pid_t start_without(struct fixture *fixture)
{
    pid_t child = fork();
    struct netboot_error error = {0};

    if (child != 0)
        return child;
    if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
        _exit(2);
    struct netboot_store *store = open_server(fixture);
    bool told = netboot_journal_event(store, &error) == NETBOOT_EVENT_UNUSABLE &&
                strstr(error.text, "run 'netbootctl -d ") && strstr(error.text, "init' as root");
    struct netboot_result result = serve(store, DISCOVER(.mac = WEB1));
    netboot_store_close(store);
    _exit(told && result.decision.outcome == NETBOOT_ANSWERED ? 0 : 3);
}

static void test_a_server_that_may_not_make_one(void **state)
{
    struct fixture *fixture = *state;

    netboot_store_close(fixture->store);
    fixture->store = NULL;
    allow_group(fixture, NOBODY);
    lose(fixture);
    wait_for(start_without(fixture));
    struct netboot_error error;
    assert_int_equal(netboot_store_create(fixture->directory, &error), -EEXIST);
    fixture->store = open_server(fixture);
    assert_int_equal(state_of(fixture->store).entries, 0);
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
                       netboot_journal_event(fixture->store, &error) == NETBOOT_EVENT_NONE;
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_oldest_go_first),
        TEST(test_identifiers_go_with_their_machine),
        TEST(test_a_stopped_reader),
        TEST(test_a_lost_or_damaged_journal_is_made_anew),
        TEST(test_a_foreign_journal_that_is_not_ours_to_move_is_told_of),
        cmocka_unit_test(test_without_a_targets_store_nothing_is_made),
        TEST(test_while_another_writes_records_wait),
        TEST(test_two_servers_write_one_journal),
        TEST(test_a_server_that_is_not_root),
        TEST(test_a_server_that_may_not_make_one),
        TEST(test_never_after_fork),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
