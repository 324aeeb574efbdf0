/* SPDX-License-Identifier: MPL-2.0 */
/* A change of records and an arming to boot once in one: both or neither, and never an arming without its records. */
#include "once/once_store.h"
#include "store_unit.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/wait.h>
#include <unistd.h>

/* What happens at the commit of the environment whose path has that name. */
static enum { SUCCEEDS, FAILS_THERE, CRASHES } commits;
static const char *commits_of;

int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);

int __wrap_mdb_txn_commit(MDB_txn *txn)
{
    char path[4096] = "";
    const char *opened = "";

    /* Opened by its descriptor: /proc/self/fd/N. */
    mdb_env_get_path(mdb_txn_env(txn), &opened);
    if (readlink(opened, path, sizeof(path) - 1) < 0)
        snprintf(path, sizeof(path), "%s", opened);
    if (commits == SUCCEEDS || !strstr(path, commits_of))
        return __real_mdb_txn_commit(txn);
    if (commits == CRASHES)
        _exit(7);
    mdb_txn_abort(txn);
    return ENOSPC;
}

static void set_up(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);
    struct netboot_target target = {.name = bytes_of("install"), .script = bytes_of("x")};

    commits = SUCCEEDS;
    OK(typed_put_target(change, &target, &error));
    target = (struct netboot_target){.name = bytes_of("quiet"), .kind = NETBOOT_KIND_SILENT};
    OK(typed_put_target(change, &target, &error));
    OK(typed_put_host(change, HOST("web1", "52:54:00:00:00:01"), &error));
    commit(change);
}

static const struct netboot_once_request install = {.size = sizeof(install), .target = "install", .window = -1};

static bool is_armed(struct fixture *fixture, const char *name)
{
    struct netboot_view *opened = view(fixture);
    struct netboot_id id = id_of(name);
    struct netboot_once once;
    int code = netboot_view_once(opened, &id, &once, NULL);

    netboot_view_close(opened);
    if (code == 0)
        assert_string_equal(once.target, "install");
    else
        assert_int_equal(code, -ENOENT);
    return code == 0;
}

/* How many armings the state store has, whomever they are of. */
static size_t stored(struct fixture *fixture)
{
    struct once_store *once = fixture->store->once;
    struct db_reader *reader;
    MDB_stat status;

    OK(db_read_wait(&once->place, &reader));
    assert_int_equal(mdb_stat(reader->txn, db_place_table(&once->place, reader->txn, ONCE_TABLE), &status), 0);
    db_read_end(reader);
    return status.ms_entries;
}

/* A new host web2 with its arming, not committed. */
static struct netboot_change *add_armed(struct fixture *fixture)
{
    struct netboot_change *change = NULL;
    struct netboot_id id = id_of("web2");

    OK(netboot_change_open(fixture->store, 50, &change, &error));
    OK(typed_put_host(change, HOST("web2", "52:54:00:00:00:02"), &error));
    OK(netboot_change_arm(change, &id, 1, &install, &error));
    return change;
}

static void both_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id id = id_of("web2");

    set_up(fixture);
    struct netboot_change *change = add_armed(fixture);
    assert_false(is_armed(fixture, "web2"));
    commit(change);
    assert_host(fixture, "52:54:00:00:00:02", "web2");
    assert_true(is_armed(fixture, "web2"));
    uint64_t generation = status_of(fixture).generation;
    change = begin(fixture); /* an arming alone changes no record */
    OK(netboot_change_arm(change, &id, 1, NULL, &error));
    assert_true(is_armed(fixture, "web2"));
    commit(change);
    assert_false(is_armed(fixture, "web2"));
    assert_int_equal(status_of(fixture).generation, generation);
}

/* Whoever has the state store locked keeps no change of records waiting; and a host that goes takes its arming along,
 * whatever comes to its MAC. */
static void no_change_waits_for_the_armings(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id id = id_of("web1");
    char path[SCRATCH_SIZE + 32];
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    set_up(fixture);
    OK(netboot_once_arm(fixture->store, &id, 1, &install, 1000, &error));
    snprintf(path, sizeof(path), "%s/state/write.lock", fixture->directory);
    int lock = open(path, O_RDWR);
    assert_int_equal(fcntl(lock, F_OFD_SETLK, &all), 0);
    struct netboot_change *change = NULL;
    OK(netboot_change_open(fixture->store, 0, &change, &error));
    OK(typed_delete_host(change, &id, &error));
    commit(change);
    put_host(fixture, HOST("web1", "52:54:00:00:00:01"));
    close(lock);
    assert_false(is_armed(fixture, "web1"));
    OK(netboot_once_arm(fixture->store, &id, 1, &install, 1000, &error));
    assert_true(is_armed(fixture, "web1"));
}

/* What is armed counts one by one, without what hosts that are gone left behind; the next arming clears that away. */
static void what_is_gone_does_not_count(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id first = id_of("web1"), second;
    uint64_t counts[NETBOOT_ONCE_NEVER_DONE + 1];
    struct netboot_view *opened;

    set_up(fixture);
    put_host(fixture, HOST("web2", "52:54:00:00:00:02"));
    second = id_of("web2");
    OK(netboot_once_arm(fixture->store, (struct netboot_id[]){first, second}, 2, &install, 1000, &error));
    struct netboot_change *change = begin(fixture);
    OK(typed_delete_host(change, &second, &error));
    commit(change);
    opened = view(fixture);
    OK(netboot_view_once_counts(opened, counts, COUNT(counts), &error));
    netboot_view_close(opened);
    assert_int_equal(counts[NETBOOT_ONCE_ARMED], 1);
    assert_int_equal(stored(fixture), 2);
    OK(netboot_once_arm(fixture->store, &first, 1, &install, 1000, &error));
    assert_int_equal(stored(fixture), 1);
}

static void several_of_one_change(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id first = id_of("web1"), second = id_of("52:54:00:00:00:02");

    set_up(fixture);
    struct netboot_change *change = begin(fixture);
    OK(netboot_change_arm(change, &first, 1, &install, &error));
    OK(typed_put_host(change, HOST("web2", "52:54:00:00:00:02"), &error));
    OK(netboot_change_arm(change, &second, 1, &install, &error));
    OK(netboot_change_arm(change, &first, 1, NULL, &error));
    commit(change);
    assert_false(is_armed(fixture, "web1"));
    assert_true(is_armed(fixture, "web2"));
}

static void what_cannot_be_is_said_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id known = id_of("web1"), unknown = id_of("web9");
    struct netboot_once_request gone = install, quiet = install, unnamed = install, sizeless = install;

    set_up(fixture);
    gone.target = "gone";
    quiet.target = "quiet";
    unnamed.target = NULL;
    sizeless.size = 0;
    struct netboot_change *change = begin(fixture);
    FAILS(-ENOENT, "there is no target gone", netboot_change_arm(change, &known, 1, &gone, &error));
    FAILS(-EINVAL, "of kind silent", netboot_change_arm(change, &known, 1, &quiet, &error));
    FAILS(-EINVAL, "no target to boot once", netboot_change_arm(change, &known, 1, &unnamed, &error));
    FAILS(-EINVAL, "set it to its sizeof", netboot_change_arm(change, &known, 1, &sizeless, &error));
    FAILS(-ENOENT, "there is no host web9", netboot_change_arm(change, &unknown, 1, &install, &error));
    FAILS(-ENOENT, "there is no host web9", netboot_change_arm(change, &unknown, 1, NULL, &error));
    commit(change); /* with nothing of these */
    assert_false(is_armed(fixture, "web1"));
}

static void what_went_meanwhile_undoes_all(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id id = id_of("web2");

    set_up(fixture);
    struct netboot_change *change = add_armed(fixture);
    OK(typed_delete_host(change, &id, &error));
    OK(typed_put_host(change, HOST("web3", "52:54:00:00:00:03"), &error));
    FAILS(-ENOENT, "there is no host web2", netboot_change_commit(change, &error));
    assert_host(fixture, "web3", NULL);
    change = add_armed(fixture);
    OK(typed_delete_target(change, "install", &error));
    FAILS(-ENOENT, "there is no target install", netboot_change_commit(change, &error));
    assert_host(fixture, "web2", NULL);
    netboot_change_abort(add_armed(fixture));
    assert_host(fixture, "web2", NULL);
}

/* Another process writes the state store, and does not come to an end. */
static void a_locked_state_store_undoes_all(void **state)
{
    struct fixture *fixture = *state;
    char path[sizeof(fixture->directory) + 32];
    struct flock lock = {.l_type = F_WRLCK};

    set_up(fixture);
    snprintf(path, sizeof(path), "%s/state/write.lock", fixture->directory);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0);
    struct netboot_change *change = add_armed(fixture);
    FAILS(-ETIMEDOUT, "state store", netboot_change_commit(change, &error));
    assert_host(fixture, "web2", NULL);
    close(fd);
    commit(add_armed(fixture));
    assert_host(fixture, "web2", "web2");
    assert_true(is_armed(fixture, "web2"));
}

static void a_failure_of_the_first_commit_undoes_all(void **state)
{
    struct fixture *fixture = *state;

    set_up(fixture);
    struct netboot_change *change = add_armed(fixture);
    commits = FAILS_THERE;
    commits_of = "/targets";
    FAILS(-ENOSPC, "", netboot_change_commit(change, &error));
    commits = SUCCEEDS;
    assert_host(fixture, "web2", NULL);
    commit(add_armed(fixture));
    assert_true(is_armed(fixture, "web2"));
}

static void a_failure_of_the_second_commit_is_said(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id id = id_of("web2");

    set_up(fixture);
    struct netboot_change *change = add_armed(fixture);
    commits = FAILS_THERE;
    commits_of = "/state";
    FAILS(-ENOSPC, "the records were changed, but nothing was armed: ", netboot_change_commit(change, &error));
    commits = SUCCEEDS;
    assert_host(fixture, "web2", "web2");
    assert_false(is_armed(fixture, "web2"));
    change = begin(fixture);
    OK(netboot_change_arm(change, &id, 1, &install, &error));
    commits = FAILS_THERE;
    struct netboot_error error = {0};
    assert_int_equal(netboot_change_commit(change, &error), -ENOSPC);
    assert_int_equal(strncmp(error.text, "nothing was armed: ", 19), 0);
    commits = SUCCEEDS;
}

/* The program ends between the two: the host is there, and not armed for what it was not before. */
static void a_crash_between_leaves_it_unarmed(void **state)
{
    struct fixture *fixture = *state;
    int status;

    set_up(fixture);
    netboot_store_close(fixture->store);
    fixture->store = NULL;
    pid_t child = fork();
    if (child == 0) {
        if (netboot_store_open(fixture->directory, NULL, &fixture->store, NULL) != 0)
            _exit(1);
        struct netboot_change *change = add_armed(fixture);
        commits = CRASHES;
        commits_of = "/state";
        netboot_change_commit(change, NULL);
        _exit(2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    OK(netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
    assert_host(fixture, "web2", "web2");
    assert_false(is_armed(fixture, "web2"));
    commit(add_armed(fixture));
    assert_true(is_armed(fixture, "web2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_at_once),
        TEST(no_change_waits_for_the_armings),
        TEST(what_is_gone_does_not_count),
        TEST(several_of_one_change),
        TEST(what_cannot_be_is_said_at_once),
        TEST(what_went_meanwhile_undoes_all),
        TEST(a_locked_state_store_undoes_all),
        TEST(a_failure_of_the_first_commit_undoes_all),
        TEST(a_failure_of_the_second_commit_is_said),
        TEST(a_crash_between_leaves_it_unarmed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
