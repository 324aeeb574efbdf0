/* SPDX-License-Identifier: MPL-2.0 */
/* Stores that are not there yet, or no more, or are others by now, or belong to someone else; with what is said of it.
 */
#include "store_test.h"

#include <ftw.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>

#define NOBODY 65534

/* ---- A server and a store that comes and goes */

static struct netboot_store *open_server(struct fixture *fixture)
{
    return open_with(fixture, (struct netboot_store_options){.follow = true, .readers = 4});
}

static void test_created_later(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_error told = {0};
    struct netboot_view *view = NULL;
    struct netboot_change *change = NULL;
    struct netboot_query query;
    struct netboot_result result;

    scratch_remove(fixture->directory);
    struct netboot_store *store = open_server(fixture);
    assert_int_equal(netboot_store_event(store, &told), NETBOOT_EVENT_UNUSABLE);
    assert_int_equal(told.code, -ENOENT);
    assert_non_null(strstr(told.text, "init'"));
    query_of(&query, 1);
    assert_int_equal(netboot_serve(store, &query, &result), -EAGAIN);
    assert_false(is_served(store, 1, NULL));
    FAILS(-ENOENT, "init'", netboot_view_open(store, &view, &error));
    assert_int_not_equal(netboot_change_open(store, 0, &change, &told), 0);
    /* What is not ours is no failure even then. */
    query.option_count = 0;
    assert_int_equal(netboot_serve(store, &query, &result), 0);
    assert_int_equal(result.decision.outcome, NETBOOT_NOT_OURS);
    OK(netboot_store_create(fixture->directory, &error));
    EVENTUALLY(netboot_store_event(store, &told) == NETBOOT_EVENT_USABLE);
    assert_true(is_served(store, 1, ""));
    OK(put_round(store, 1, &error));
    assert_true(is_served(store, 1, "round1-1"));
    assert_int_equal(netboot_store_event(store, &told), NETBOOT_EVENT_NONE);
}

/* The directory is exchanged for another one while the server runs. */
static void test_replaced(void **state)
{
    struct fixture *fixture = *state, *other = NULL;
    char *targets = strdup(path_in(fixture, "targets")), *old = strdup(path_in(fixture, "old"));

    fill(fixture);
    struct netboot_store *store = open_server(fixture);
    struct netboot_error told;
    assert_int_equal(netboot_store_event(store, &told), NETBOOT_EVENT_USABLE);
    assert_true(is_served(store, 1, "round3-1"));
    setup((void **)&other);
    OK(put_round(open_with(other, (struct netboot_store_options){0}), 9, &error));
    close_store(other);
    assert_int_equal(rename(targets, old), 0);
    assert_int_equal(rename(path_in(other, "targets"), targets), 0);
    EVENTUALLY(is_served(store, 1, "round9-1"));
    OK(put_round(store, 10, &error));
    EVENTUALLY(is_served(store, 1, "round10-1"));
    teardown((void **)&other);
    free(targets);
    free(old);
}

/* A change never goes into a store that is no longer the one in the directory. */
static void test_replaced_under_writer(void **state)
{
    struct fixture *fixture = *state, *other = NULL;
    char *targets = strdup(path_in(fixture, "targets")), *old = strdup(path_in(fixture, "old"));

    fill(fixture);
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){0});
    setup((void **)&other);
    assert_int_equal(rename(targets, old), 0);
    assert_int_equal(rename(path_in(other, "targets"), targets), 0);
    OK(put_round(store, 7, &error));
    close_store(fixture);
    store = open_with(fixture, (struct netboot_store_options){0});
    assert_true(is_served(store, 1, "round7-1"));
    teardown((void **)&other);
    free(targets);
    free(old);
}

static void copy_file(const char *from, const char *to)
{
    char buffer[65536];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0640);
    ssize_t size;

    assert_true(in >= 0 && out >= 0);
    while ((size = read(in, buffer, sizeof(buffer))) > 0)
        assert_int_equal(write(out, buffer, (size_t)size), size);
    close(in);
    close(out);
}

/* Only the data file is exchanged, which LMDB's lock file knows nothing of; and another server has it open as well. */
static void try_data_file(struct fixture *fixture, unsigned rounds)
{
    char *backup = strdup(path_in(fixture, "backup")), *data = strdup(path_in(fixture, "targets/data.mdb"));
    char last[32];

    fill(fixture);
    copy_file(data, backup); /* of round 3 */
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){0});
    for (unsigned round = 4; round <= rounds; round++)
        OK(put_round(store, round, &error));
    close_store(fixture);
    store = open_server(fixture);
    snprintf(last, sizeof(last), "round%u-1", rounds);
    struct agent agent = AGENT_START(fixture->directory, "follow", "1");
    agent_says(&agent, last);
    assert_true(is_served(store, 1, last));
    assert_int_equal(rename(backup, data), 0);
    EVENTUALLY(!is_served(store, 1, last));
    EVENTUALLY(is_served(store, 1, NULL));
    assert_true(is_served(store, 1, "round3-1"));
    const char *line = agent_line(&agent);
    while (strcmp(line, "closed") == 0)
        line = agent_line(&agent);
    assert_string_equal(line, "round3-1");
    OK(put_round(store, 50, &error));
    agent_says(&agent, "round50-1");
    agent_kill(&agent);
    close_store(fixture);
    free(backup);
    free(data);
}

/* LMDB keeps the states in turns in two places, so the number of the lock file may be of the right one by chance. */
static void test_data_file_replaced(void **state)
{
    struct fixture *second = NULL;

    try_data_file(*state, 39);
    setup((void **)&second);
    try_data_file(second, 40);
    teardown((void **)&second);
}

static void test_removed(void **state)
{
    struct fixture *fixture = *state;
    char *targets = strdup(path_in(fixture, "targets")), *old = strdup(path_in(fixture, "old"));
    struct netboot_error told;

    fill(fixture);
    struct netboot_store *store = open_server(fixture);
    assert_int_equal(netboot_store_event(store, &told), NETBOOT_EVENT_USABLE);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(rename(targets, old), 0);
        EVENTUALLY(netboot_store_event(store, &told) == NETBOOT_EVENT_UNUSABLE);
        assert_int_equal(told.code, -ENOENT);
        assert_false(is_served(store, 1, NULL));
        assert_int_equal(rename(old, targets), 0);
        EVENTUALLY(netboot_store_event(store, &told) == NETBOOT_EVENT_USABLE);
        assert_true(is_served(store, 1, "round3-1"));
    }
    free(targets);
    free(old);
}

/* ---- Permissions */

/* A group of the directory's own, as `netboot` is. */
#define GROUP 54321

static int set_group(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    bool data = strstr(path, "targets/data.mdb");

    (void)type;
    (void)walk;
    return chown(path, 0, GROUP) == 0 && chmod(path, S_ISDIR(status->st_mode) ? 02750
                                                     : data                   ? 0640
                                                                              : 0660) == 0
               ? 0
               : -1;
}

static void share(struct fixture *fixture)
{
    assert_int_equal(nftw(fixture->directory, set_group, 8, FTW_PHYS), 0);
}

/* A tool that finds no lock file makes a new one; servers that have the old one take it. */
static void test_lock_file_missing(void **state)
{
    struct fixture *fixture = *state;
    const char *lock = path_in(fixture, "targets/lock.mdb");
    struct netboot_error told;
    struct stat status;

    fill(fixture);
    share(fixture);
    assert_int_equal(unlink(lock), 0);
    struct netboot_store *store = open_server(fixture);
    assert_int_equal(netboot_store_event(store, &told), NETBOOT_EVENT_UNUSABLE);
    assert_int_equal(told.code, -ENOENT);
    assert_non_null(strstr(told.text, "status' as root"));
    assert_int_equal(access(lock, F_OK), -1);
    struct agent agent = AGENT_START(fixture->directory, "bulk", "100", "1");
    agent_says(&agent, "done");
    assert_int_equal(agent_end(&agent), 0);
    assert_int_equal(stat(lock, &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0660);
    EVENTUALLY(is_served(store, 1, "round3-1"));
    /* And while it runs. */
    assert_int_equal(unlink(lock), 0);
    EVENTUALLY(!is_served(store, 1, "round3-1"));
    agent = AGENT_START(fixture->directory, "bulk", "200", "1");
    agent_says(&agent, "done");
    assert_int_equal(agent_end(&agent), 0);
    EVENTUALLY(is_served(store, 200, "h200"));
}

/* What a process of user nobody, in the group given, gets when it opens the store: code and text by a pipe. */
static int open_as_nobody(struct fixture *fixture, gid_t group, bool change, struct netboot_error *ret)
{
    int ends[2], status;

    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct netboot_error error = {0};
        struct netboot_store *store = NULL;
        struct netboot_change *begun;
        if (setgroups(0, NULL) != 0 || setgid(group) != 0 || setuid(NOBODY) != 0)
            _exit(2);
        int code = netboot_store_open(fixture->directory, NULL, &store, &error);
        if (code == 0 && !is_served(store, 1, NULL))
            _exit(3);
        if (code == 0 && change)
            code = netboot_change_open(store, 0, &begun, &error);
        error.code = code;
        netboot_store_close(store);
        _exit(write(ends[1], &error, sizeof(error)) == sizeof(error) ? 0 : 4);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], ret, sizeof(*ret)), sizeof(*ret));
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    return ret->code;
}

static void test_permissions(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_error told;

    fill(fixture);
    share(fixture);
    /* A server: in the group. It reads, and may not change. */
    assert_int_equal(open_as_nobody(fixture, GROUP, false, &told), 0);
    assert_int_equal(open_as_nobody(fixture, GROUP, true, &told), -EACCES);
    assert_non_null(strstr(told.text, "as root"));
    /* Anyone else. */
    assert_int_equal(open_as_nobody(fixture, NOBODY, false, &told), -EACCES);
    assert_non_null(strstr(told.text, "no permission for"));
    /* A lock file that the group may not write: never without locks. */
    assert_int_equal(chmod(path_in(fixture, "targets/lock.mdb"), 0640), 0);
    assert_int_equal(open_as_nobody(fixture, GROUP, false, &told), -EACCES);
    assert_non_null(strstr(told.text, "lock.mdb"));
    /* What the tool does next mends it; and what it makes anew has the group. */
    assert_int_equal(chmod(path_in(fixture, "targets/data.mdb"), 0600), 0);
    assert_int_equal(unlink(path_in(fixture, "targets/write.lock")), 0);
    mode_t mask = umask(0077);
    OK(put_round(open_with(fixture, (struct netboot_store_options){0}), 4, &error));
    umask(mask);
    assert_int_equal(open_as_nobody(fixture, GROUP, false, &told), 0);
    static const char *const files[] = {"data.mdb", "lock.mdb", "write.lock"};
    for (size_t i = 0; i < COUNT(files); i++) {
        struct stat status;
        char name[32];
        snprintf(name, sizeof(name), "targets/%s", files[i]);
        assert_int_equal(stat(path_in(fixture, name), &status), 0);
        assert_int_equal(status.st_gid, GROUP);
        assert_int_equal(status.st_mode & 07777, i == 0 ? 0640 : 0660);
    }
    /* A lock file that is missing is not made by one who cannot make it right. */
    close_store(fixture);
    assert_int_equal(unlink(path_in(fixture, "targets/lock.mdb")), 0);
    assert_int_equal(open_as_nobody(fixture, GROUP, false, &told), -ENOENT);
    assert_non_null(strstr(told.text, "as root"));
}

static void test_read_only_mount(void **state)
{
    struct fixture *fixture = *state;
    const char *targets = path_in(fixture, "targets");
    struct netboot_error told;

    fill(fixture);
    assert_int_equal(mount(targets, targets, NULL, MS_BIND, NULL), 0);
    assert_int_equal(mount(NULL, targets, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
    FAILS(-EROFS, "mount it writable", netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
    struct netboot_store *store = open_server(fixture);
    assert_int_equal(netboot_store_event(store, &told), NETBOOT_EVENT_UNUSABLE);
    assert_int_equal(told.code, -EROFS);
    assert_int_equal(umount(targets), 0);
    EVENTUALLY(is_served(store, 1, "round3-1"));
}

/* Two processes that are both number 1, each in a PID namespace of its own. The one that is known here waits for it,
 * and takes it along when it is killed. */
static struct agent start_as_first(const char *directory)
{
    struct agent agent;
    int ends[2], status;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    agent.pid = fork();
    assert_true(agent.pid >= 0);
    if (agent.pid == 0) {
        if (unshare(CLONE_NEWPID) != 0)
            _exit(126);
        if (fork() == 0) {
            dup2(ends[1], STDOUT_FILENO);
            execl(AGENT, AGENT, directory, "open", (char *)NULL);
            _exit(127);
        }
        _exit(wait(&status) > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 125);
    }
    close(ends[1]);
    agent.output = ends[0];
    return agent;
}

static void test_pid_namespaces(void **state)
{
    struct fixture *fixture = *state;

    fill(fixture);
    struct agent first = start_as_first(fixture->directory);
    agent_says(&first, "0");
    struct agent second = start_as_first(fixture->directory);
    const char *line = agent_line(&second);
    assert_int_equal(atoi(line), -EAGAIN);
    assert_non_null(strstr(line, "PID namespace"));
    assert_int_equal(agent_end(&second), 1);
    agent_kill(&first);
}

static int own_mounts(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        print_error("these tests mount file systems and change users, so they need root: %s\n", strerror(errno));
        return -1;
    }
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_created_later),      TEST(test_replaced),        TEST(test_replaced_under_writer),
        TEST(test_data_file_replaced), TEST(test_removed),         TEST(test_lock_file_missing),
        TEST(test_permissions),        TEST(test_read_only_mount), TEST(test_pid_namespaces),
    };

    return cmocka_run_group_tests(tests, own_mounts, NULL);
}
