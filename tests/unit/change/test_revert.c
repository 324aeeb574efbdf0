/* SPDX-License-Identifier: MPL-2.0 */
/* Going back in the history of the targets store. */
#include "history_unit.h"

/* All records as text, to be compared. */
struct dump {
    char text[16384];
    size_t size;
};

static void dump_bytes(struct dump *dump, struct netboot_bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        dump->size += (size_t)snprintf(dump->text + dump->size, sizeof(dump->text) - dump->size,
                                       bytes.data[i] > ' ' && bytes.data[i] < 0x7f ? "%c" : "\\%02x", bytes.data[i]);
}

/* A host without its number: one that comes back has another one. */
static struct netboot_bytes without_born(struct netboot_bytes record)
{
    static uint8_t octets[RECORD_SIZE_MAX];
    struct netboot_host host;

    OK(record_decode(&record_host, record, &host));
    host.born = 0;
    return (struct netboot_bytes){octets, (size_t)record_encode(&record_host, &host, octets, sizeof(octets))};
}

static int dump_row(unsigned table, MDB_val key, MDB_val value, struct dump *dump)
{
    bool host = table == TABLE_HOST && !is_alias(value_bytes(value));

    dump_bytes(dump, value_bytes(key));
    dump->text[dump->size++] = '=';
    dump_bytes(dump, host ? without_born(value_bytes(value)) : value_bytes(value));
    dump->text[dump->size++] = '\n';
    return 0;
}

/* Every row of `policy` and `host`, and the number of hosts. */
static struct dump *dump_of(struct fixture *fixture)
{
    static struct dump dumps[2];
    static unsigned next;
    struct dump *dump = &dumps[next++ % 2];
    struct netboot_view *opened = view(fixture);

    memset(dump, 0, sizeof(*dump));
    for (unsigned table = TABLE_POLICY; table <= TABLE_HOST; table++) {
        MDB_cursor *cursor;
        MDB_val key, value;
        assert_int_equal(mdb_cursor_open(opened->txn, view_table(opened, table), &cursor), 0);
        while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
            dump_row(table, key, value, dump);
        mdb_cursor_close(cursor);
    }
    netboot_view_close(opened);
    dump->size += (size_t)snprintf(dump->text + dump->size, 64, "%llu hosts",
                                   (unsigned long long)status_of(fixture).records[NETBOOT_RECORD_HOST]);
    return dump;
}

/* ---- Going back */

/* Changes of every kind; the state after each is the one that comes back. */
static void change_hosts(struct fixture *fixture)
{
    put_host(fixture, HOST("a", "52:54:00:00:00:01", "52:54:00:00:00:0a"));
    put_host(fixture, HOST("b", "52:54:00:00:00:02"));
}

static void rename_host(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);
    struct netboot_id id = id_of("52:54:00:00:00:01");

    OK(typed_put_host_as(change, &id, HOST("c", "52:54:00:00:00:0c", "52:54:00:00:00:01"), &error));
    commit(change);
}

static void delete_host(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);
    struct netboot_id id = id_of("b");

    OK(typed_delete_host(change, &id, &error));
    commit(change);
}

static void change_sites(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);

    OK(put_site(change, "lab", PREFIXES("192.0.2.0/24", "2001:db8::/32"), &error));
    OK(put_site(change, "hall", PREFIXES("192.0.2.128/25"), &error));
    commit(change);
}

static void delete_site(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);

    OK(typed_delete_site(change, "lab", &error));
    commit(change);
}

static void change_loader(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);

    OK(typed_put_loader(change, &(struct netboot_loader){7, bytes_of("ipxe.efi")}, &error));
    commit(change);
    set_target(fixture, "t", "t.ipxe");
}

static void clear(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);

    OK(change_clear(change, &error));
    OK(typed_put_host(change, HOST("z", "52:54:00:00:00:01"), &error));
    commit(change);
}

/* The same row several times in one change. */
static void change_twice(struct fixture *fixture)
{
    struct netboot_change *change = begin(fixture);
    struct netboot_id id = id_of("52:54:00:00:00:01");

    OK(typed_put_host(change, HOST("y", "52:54:00:00:00:01"), &error));
    OK(typed_delete_host(change, &id, &error));
    OK(typed_put_host(change, HOST("x", "52:54:00:00:00:01"), &error));
    commit(change);
}

static void (*const changes[])(struct fixture *fixture) = {change_hosts, rename_host,   delete_host, change_sites,
                                                           delete_site,  change_loader, clear,       change_twice};

/* From every state to every earlier one, and back by undoing that. */
static void test_revert(void **state)
{
    struct fixture *fixture = *state;
    static char states[COUNT(changes) + 1][16384];
    uint64_t generations[COUNT(changes) + 1];

    for (size_t i = 0; i <= COUNT(changes); i++) {
        if (i > 0)
            changes[i - 1](fixture);
        strcpy(states[i], dump_of(fixture)->text);
        generations[i] = status_of(fixture).generation;
        for (size_t j = 0; j < i; j++) {
            uint64_t present = status_of(fixture).generation;
            revert(fixture, generations[j]);
            assert_string_equal(dump_of(fixture)->text, states[j]);
            assert_int_equal(status_of(fixture).generation, present + 1);
            revert(fixture, present);
            assert_string_equal(dump_of(fixture)->text, states[i]);
        }
    }
    assert_true(history(fixture).entries[0].kept);
}

/* What a packet's site is follows from the prefixes that came back. */
static void test_revert_ranges(void **state)
{
    struct fixture *fixture = *state;

    change_sites(fixture);
    delete_site(fixture);
    revert(fixture, 2);
    struct netboot_view *opened = view(fixture);
    assert_site_in(opened, "192.0.2.1", "lab");
    assert_site_in(opened, "192.0.2.129", "hall");
    assert_site_in(opened, "198.51.100.1", "default");
    netboot_view_close(opened);
}

static void test_revert_nothing(void **state)
{
    struct fixture *fixture = *state;

    set_target(fixture, "t", "t.ipxe");
    set_target(fixture, "t", "u.ipxe");
    set_target(fixture, "t", "t.ipxe");
    revert(fixture, 2);
    assert_int_equal(status_of(fixture).generation, 4);
}

static void test_revert_refused(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_change *change;

    set_target(fixture, "t", "t.ipxe");
    change = begin(fixture);
    FAILS(-EINVAL, "the store is at generation 2", netboot_change_revert(change, 2, NULL, NULL, &error));
    FAILS(-EINVAL, "the store is at generation 2", netboot_change_revert(change, 77, NULL, NULL, &error));
    FAILS(-EINVAL, "there is no generation 0", netboot_change_revert(change, 0, NULL, NULL, &error));
    OK(typed_put_host(change, HOST("a", "52:54:00:00:00:01"), &error));
    FAILS(-EINVAL, "cannot contain other changes", netboot_change_revert(change, 1, NULL, NULL, &error));
    netboot_change_abort(change);
}

struct told {
    unsigned hosts_added, hosts_removed, hosts_changed, others;
};

static void tell(const struct netboot_difference *difference, void *user)
{
    struct told *told = user;
    const struct netboot_record *before = difference->before, *after = difference->after;
    bool of_host = (after ? after : before)->kind == NETBOOT_RECORD_HOST;

    told->others += !of_host;
    told->hosts_added += of_host && !before;
    told->hosts_removed += of_host && !after;
    told->hosts_changed += of_host && before && after;
}

static void test_revert_tells(void **state)
{
    struct fixture *fixture = *state;
    struct told told = {0};

    put_host(fixture, HOST("a", "52:54:00:00:00:01"));
    put_host(fixture, HOST("b", "52:54:00:00:00:02"));
    uint64_t generation = status_of(fixture).generation;
    put_host(fixture, HOST("changed", "52:54:00:00:00:01"));
    delete_host(fixture);
    put_host(fixture, HOST("new", "52:54:00:00:00:03", "52:54:00:00:00:13"));
    set_target(fixture, "t", "t.ipxe");
    struct netboot_change *change = begin(fixture);
    OK(netboot_change_revert(change, generation, tell, &told, &error));
    netboot_change_abort(change);
    assert_int_equal(told.hosts_added, 1);
    assert_int_equal(told.hosts_removed, 1);
    assert_int_equal(told.hosts_changed, 1);
    assert_int_equal(told.others, 1);
    assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_HOST], 2);
}

/* With another first identifier a host is in another row, and the same host. */
static void test_revert_tells_a_host_that_has_another_first_identifier(void **state)
{
    struct fixture *fixture = *state;

    change_hosts(fixture);
    uint64_t generation = status_of(fixture).generation;
    rename_host(fixture);
    for (unsigned i = 0; i < 2; i++) { /* there and back */
        struct told told = {0};
        struct netboot_change *change = begin(fixture);
        OK(netboot_change_revert(change, generation + i, tell, &told, &error));
        commit(change);
        assert_int_equal(told.hosts_changed, 1);
        assert_int_equal(told.hosts_added + told.hosts_removed + told.others, 0);
        assert_int_equal(history(fixture).entries[0].hosts, 1);
        assert_int_equal(status_of(fixture).records[NETBOOT_RECORD_HOST], 2);
    }
}

/* Of two that have what one had, one is that one. */
static void test_revert_tells_a_host_that_was_divided(void **state)
{
    struct fixture *fixture = *state;
    struct told told = {0};

    put_host(fixture, HOST("a", "52:54:00:00:00:01"));
    put_host(fixture, HOST("b", "52:54:00:00:00:02"));
    uint64_t generation = status_of(fixture).generation;
    struct netboot_change *change = begin(fixture);
    struct netboot_id ids[] = {id_of("a"), id_of("b")};
    OK(typed_delete_host(change, &ids[0], &error));
    OK(typed_delete_host(change, &ids[1], &error));
    OK(typed_put_host(change, HOST("c", "52:54:00:00:00:0c", "52:54:00:00:00:01", "52:54:00:00:00:02"), &error));
    commit(change);
    change = begin(fixture);
    OK(netboot_change_revert(change, generation, tell, &told, &error));
    commit(change);
    assert_int_equal(told.hosts_changed, 1);
    assert_int_equal(told.hosts_added, 1);
    assert_int_equal(told.hosts_removed, 0);
    assert_int_equal(history(fixture).entries[0].hosts, 2);
}

/* ---- Boot once */

static enum netboot_once_state once_of(struct fixture *fixture, const char *text, int *ret_code)
{
    struct netboot_view *opened = view(fixture);
    struct netboot_once once = {.state = NETBOOT_ONCE_DONE};
    struct netboot_id id = id_of(text);

    *ret_code = netboot_view_once(opened, &id, &once, NULL);
    netboot_view_close(opened);
    return once.state;
}

/* A host that comes back comes back disarmed; one that stays keeps what it has. */
static void test_never_arms(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id ids[2] = {id_of("a"), id_of("b")};
    int code;

    set_target(fixture, "t", "t.ipxe");
    change_hosts(fixture);
    OK(netboot_once_arm(
        fixture->store, ids, 2,
        &(struct netboot_once_request){.size = sizeof(struct netboot_once_request), .target = "t", .window = -1}, 1000,
        &error));
    uint64_t armed = status_of(fixture).generation;
    delete_host(fixture);
    revert(fixture, armed);
    assert_host(fixture, "b", "b");
    once_of(fixture, "b", &code);
    assert_int_equal(code, -ENOENT);
    assert_int_equal(once_of(fixture, "a", &code), NETBOOT_ONCE_ARMED);
    assert_int_equal(code, 0);
}

/* Nor one that gets an identifier back, for that machine was not armed; and what is armed elsewhere stays so. */
static void test_never_arms_another_machine(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id ids[2] = {id_of("a"), id_of("c")};
    const struct netboot_once_request request = {.size = sizeof(request), .target = "t", .window = -1};
    int code;

    set_target(fixture, "t", "t.ipxe");
    put_host(fixture, HOST("a", "52:54:00:00:00:01", "52:54:00:00:00:0a"));
    put_host(fixture, HOST("c", "52:54:00:00:00:0c"));
    uint64_t both = status_of(fixture).generation;
    put_host(fixture, HOST("a", "52:54:00:00:00:01"));
    OK(netboot_once_arm(fixture->store, ids, 2, &request, 1000, &error));
    revert(fixture, both);
    assert_host(fixture, "52:54:00:00:00:0a", "a");
    once_of(fixture, "a", &code);
    assert_int_equal(code, -ENOENT);
    assert_int_equal(once_of(fixture, "c", &code), NETBOOT_ONCE_ARMED);
    assert_int_equal(code, 0);
}

/* The host of that MAC is deleted and another one made in its place; what was armed, for the first or for the second,
 * is not armed for the first one when it comes back. */
static void assert_comes_back_disarmed(struct fixture *fixture, bool second, const struct netboot_host *other)
{
    struct netboot_id id = id_of("52:54:00:00:00:01");
    const struct netboot_once_request request = {.size = sizeof(request), .target = "t", .window = -1};
    int code;

    set_target(fixture, "t", "t.ipxe");
    put_host(fixture, HOST("a", "52:54:00:00:00:01"));
    uint64_t before = status_of(fixture).generation;
    if (!second)
        OK(netboot_once_arm(fixture->store, &id, 1, &request, 1000, &error));
    struct netboot_change *change = begin(fixture);
    OK(typed_delete_host(change, &id, &error));
    commit(change);
    put_host(fixture, other);
    if (second)
        OK(netboot_once_arm(fixture->store, &id, 1, &request, 1000, &error));
    revert(fixture, before);
    assert_host(fixture, "52:54:00:00:00:01", "a");
    once_of(fixture, "a", &code);
    assert_int_equal(code, -ENOENT);
}

static void test_never_arms_by_its_predecessor(void **state)
{
    assert_comes_back_disarmed(*state, false, HOST("b", "52:54:00:00:00:01"));
}

/* That other host has an identifier more. */
static void test_never_arms_by_another(void **state)
{
    assert_comes_back_disarmed(*state, true, HOST("b", "52:54:00:00:00:01", "52:54:00:00:00:02"));
}

/* Nor where netbootd did not run when the host went and came. */
static void test_never_arms_blindly(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_id id = id_of("b");
    const struct netboot_once_request request = {.size = sizeof(request), .target = "t", .window = -1};
    int code;

    set_target(fixture, "t", "t.ipxe");
    change_hosts(fixture);
    OK(netboot_once_arm(fixture->store, &id, 1, &request, 1000, &error));
    netbootd_end(&fixture->netbootd);
    delete_host(fixture);
    revert(fixture, status_of(fixture).generation - 1);
    fixture->netbootd = netbootd_start(fixture->directory);
    assert_host(fixture, "b", "b");
    once_of(fixture, "b", &code);
    assert_int_equal(code, -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_revert),
        TEST(test_revert_ranges),
        TEST(test_revert_nothing),
        TEST(test_revert_refused),
        TEST(test_revert_tells_a_host_that_has_another_first_identifier),
        TEST(test_revert_tells_a_host_that_was_divided),
        TEST(test_revert_tells),
        TEST_ONCE(test_never_arms),
        TEST_ONCE(test_never_arms_blindly),
        TEST_ONCE(test_never_arms_another_machine),
        TEST_ONCE(test_never_arms_by_its_predecessor),
        TEST_ONCE(test_never_arms_by_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
