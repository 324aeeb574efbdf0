/* SPDX-License-Identifier: MPL-2.0 */
/* A change of records and an arming to boot once in one: both or neither, and never an arming without its records. */
#include "store_unit.h"

#include "link/control.h"

#include <lmdb.h>

static bool commit_fails; /* of the records */

int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);

int __wrap_mdb_txn_commit(MDB_txn *txn)
{
    if (!commit_fails)
        return __real_mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return ENOSPC;
}

/* What happens between the commit of the records and the arming. */
static enum { NOTHING, CRASHES, NETBOOTD_ENDS, NETBOOTD_STOPS } between;
static struct fixture *current;

int __real_control_do(int control, unsigned deadline_ms, struct netboot_error *error);
int __wrap_control_do(int control, unsigned deadline_ms, struct netboot_error *error);

int __wrap_control_do(int control, unsigned deadline_ms, struct netboot_error *error)
{
    if (between == CRASHES)
        _exit(7);
    if (between == NETBOOTD_ENDS)
        netbootd_end(&current->netbootd);
    if (between == NETBOOTD_STOPS)
        kill(current->netbootd, SIGSTOP);
    return __real_control_do(control, deadline_ms, error);
}

static void set_up(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);
    struct netboot_target target = {.name = bytes_of("install"), .script = bytes_of("x")};

    commit_fails = false;
    between = NOTHING;
    current = fixture;
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

static int count_rows(const void *message, void *user)
{
    *(size_t *)user += ((const struct control_head *)message)->count;
    return 0;
}

/* How many armings netbootd has, whomever they are of. */
static size_t stored(struct fixture *fixture)
{
    int control = control_open(fixture->directory, NULL);
    size_t count = 0;

    OK(control_list(control, CONTROL_LIST, count_rows, &count, &error));
    control_close(control);
    return count;
}

/* A new host web2 with its arming, not committed. */
static struct netboot_change *add_armed(struct fixture *fixture)
{
    struct netboot_change *change = NULL;
    struct netboot_id id = id_of("web2");

    OK(netboot_change_open(fixture->store, 5000, &change, &error));
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

/* A netbootd that does not answer keeps no change of records waiting; and a host that goes takes its arming along,
 * whatever comes to its MAC. */
static void no_change_waits_for_netbootd(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id id = id_of("web1");

    set_up(fixture);
    OK(netboot_once_arm(fixture->store, &id, 1, &install, 5000, &error));
    kill(fixture->netbootd, SIGSTOP);
    struct netboot_change *change = NULL;
    OK(netboot_change_open(fixture->store, 0, &change, &error));
    OK(typed_delete_host(change, &id, &error));
    commit(change);
    put_host(fixture, HOST("web1", "52:54:00:00:00:01"));
    kill(fixture->netbootd, SIGCONT);
    assert_false(is_armed(fixture, "web1"));
    OK(netboot_once_arm(fixture->store, &id, 1, &install, 5000, &error));
    assert_true(is_armed(fixture, "web1"));
}

/* What is armed counts one by one, without what hosts that are gone left behind; netbootd forgets that by itself. */
static void what_is_gone_does_not_count(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id first = id_of("web1"), second;
    uint64_t counts[NETBOOT_ONCE_NEVER_DONE + 1];
    struct netboot_view *opened;

    set_up(fixture);
    put_host(fixture, HOST("web2", "52:54:00:00:00:02"));
    second = id_of("web2");
    OK(netboot_once_arm(fixture->store, (struct netboot_id[]){first, second}, 2, &install, 5000, &error));
    struct netboot_change *change = begin(fixture);
    OK(typed_delete_host(change, &second, &error));
    commit(change);
    opened = view(fixture);
    OK(netboot_view_once_counts(opened, counts, COUNT(counts), &error));
    netboot_view_close(opened);
    assert_int_equal(counts[NETBOOT_ONCE_ARMED], 1);
    EVENTUALLY(stored(fixture) == 1);
    assert_true(is_armed(fixture, "web1"));
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

static void without_netbootd_nothing_changes(void **state)
{
    struct fixture *fixture = *state;

    set_up(fixture);
    netbootd_end(&fixture->netbootd);
    uint64_t generation = status_of(fixture).generation;
    FAILS(-ECONNREFUSED, "netbootd does not run", netboot_change_commit(add_armed(fixture), &error));
    assert_host(fixture, "web2", NULL);
    assert_int_equal(status_of(fixture).generation, generation);
    fixture->netbootd = netbootd_start(fixture->directory);
    commit(add_armed(fixture));
    assert_host(fixture, "web2", "web2");
    assert_true(is_armed(fixture, "web2"));
}

static void a_failure_of_the_commit_undoes_all(void **state)
{
    struct fixture *fixture = *state;

    set_up(fixture);
    struct netboot_change *change = add_armed(fixture);
    commit_fails = true;
    FAILS(-ENOSPC, "", netboot_change_commit(change, &error));
    commit_fails = false;
    assert_host(fixture, "web2", NULL);
    assert_int_equal(stored(fixture), 0);
    commit(add_armed(fixture));
    assert_true(is_armed(fixture, "web2"));
}

/* The text of a commit whose arming fails because netbootd ends, which is started again. */
static void assert_says(struct fixture *fixture, struct netboot_change *change, const char *text)
{
    struct netboot_error error = {0};

    between = NETBOOTD_ENDS;
    int code = netboot_change_commit(change, &error);
    between = NOTHING;
    assert_true(code == -EPIPE || code == -ECONNRESET);
    if (strncmp(error.text, text, strlen(text)) != 0)
        fail_msg("%s", error.text);
    fixture->netbootd = netbootd_start(fixture->directory);
}

static void an_end_of_netbootd_between_is_said(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id id = id_of("web2");

    set_up(fixture);
    assert_says(fixture, add_armed(fixture), "the records were changed, but nothing was armed: ");
    assert_host(fixture, "web2", "web2");
    assert_false(is_armed(fixture, "web2"));
    struct netboot_change *change = begin(fixture);
    OK(netboot_change_arm(change, &id, 1, &install, &error));
    assert_says(fixture, change, "nothing was armed: ");
    assert_false(is_armed(fixture, "web2"));
}

/* Who does not answer in time may still do it later: nobody is told that it was not done. */
static void a_late_arming_is_said_to_be_possible(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change = NULL;
    struct netboot_id id = id_of("web1");

    set_up(fixture);
    OK(netboot_change_open(fixture->store, 100, &change, &error));
    OK(netboot_change_arm(change, &id, 1, &install, &error));
    between = NETBOOTD_STOPS;
    FAILS(-ETIMEDOUT, "whether it is armed is not known: ", netboot_change_commit(change, &error));
    between = NOTHING;
    kill(fixture->netbootd, SIGCONT);
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
        between = CRASHES;
        netboot_change_commit(add_armed(fixture), NULL);
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
        TEST_ONCE(both_at_once),
        TEST_ONCE(no_change_waits_for_netbootd),
        TEST_ONCE(what_is_gone_does_not_count),
        TEST_ONCE(several_of_one_change),
        TEST_ONCE(what_cannot_be_is_said_at_once),
        TEST_ONCE(what_went_meanwhile_undoes_all),
        TEST_ONCE(without_netbootd_nothing_changes),
        TEST_ONCE(a_failure_of_the_commit_undoes_all),
        TEST_ONCE(an_end_of_netbootd_between_is_said),
        TEST_ONCE(a_late_arming_is_said_to_be_possible),
        TEST_ONCE(a_crash_between_leaves_it_unarmed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
