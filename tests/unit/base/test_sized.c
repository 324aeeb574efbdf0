/* SPDX-License-Identifier: MPL-2.0 */
/* Structures of programs that were built with another version of them: what is within their size is read, nothing past
 * it, and nothing past what this version knows. */
#include "store_unit.h"

#include "guarded.h"

#include "base/sized.h"

struct version2 {
    size_t size;
    uint32_t first;
    uint32_t second;
    uint64_t added;
};

#define LEAST SIZED_UP_TO(struct version2, second)

static void what_is_not_there_is_zero(void **state)
{
    const struct version2 given = {.size = LEAST, .first = 1, .second = 2, .added = 3};
    struct version2 known;
    struct netboot_error error;

    (void)state;
    memset(&known, 0xaa, sizeof(known));
    assert_int_equal(
        sized_read(guarded_copy(&guarded_page, &given, LEAST), LEAST, "test", &known, sizeof(known), &error), 0);
    assert_int_equal(known.size, sizeof(known));
    assert_int_equal(known.first, 1);
    assert_int_equal(known.second, 2);
    assert_int_equal(known.added, 0);
}

static void what_is_too_little_is_refused(void **state)
{
    const size_t sizes[] = {0, 1, sizeof(size_t), LEAST - 1};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct version2 known = {.added = 7};
        FAILS(-EINVAL, "the size of the test is ",
              sized_read(guarded_copy(&guarded_page, &sizes[i], sizeof(size_t)), LEAST, "test", &known, sizeof(known),
                         &error));
        assert_int_equal(known.added, 7);
    }
}

/* iPXE on a machine that the store does not know. */
static struct netboot_query *query_of_size(size_t size)
{
    static uint8_t arch[] = {0, 7};
    struct netboot_query query;

    netboot_query_init(&query, NETBOOT_V4);
    query.size = size;
    query.message_type = 1;
    query.reply_type = 2;
    netboot_query_add(&query, 60, "PXEClient", 9);
    netboot_query_add(&query, 77, "iPXE", 4);
    netboot_query_add(&query, 93, arch, sizeof(arch));
    return (struct netboot_query *)guarded_copy(&guarded_page, &query, sizeof(query));
}

static struct netboot_result result_of(struct fixture *fixture, size_t size, int want)
{
    struct netboot_query *query = query_of_size(size);
    struct netboot_result result;

    memset(&result, 0x55, sizeof(result));
    assert_int_equal(netboot_serve(fixture->store, query, &result), want);
    return result;
}

static void a_query_of_another_version(void **state)
{
    static struct netboot_policy policy;
    struct fixture *fixture = *state;
    struct netboot_change *change = begin(fixture);
    struct netboot_target target = {.name = bytes_of("default"), .script = bytes_of("http://192.0.2.1/x")};
    struct netboot_client client;
    struct netboot_decision decision;

    OK(typed_put_target(change, &target, &error));
    commit(change);
    struct netboot_result own = result_of(fixture, sizeof(struct netboot_query), 0);
    struct netboot_result later = result_of(fixture, sizeof(struct netboot_query) + 64, 0);
    assert_string_equal(own.decision.boot_file, "http://192.0.2.1/x");
    assert_string_equal(later.decision.boot_file, "http://192.0.2.1/x");
    assert_int_equal(later.answer.edit_count, own.answer.edit_count);
    struct netboot_query *query = query_of_size(sizeof(*query) + 1);
    assert_true(netboot_query_boots(query));
    netboot_client_parse(query, &client);
    assert_int_equal(client.stage, NETBOOT_STAGE_IPXE);
    netboot_decide(query, &client, &policy, &decision);
    assert_int_equal(decision.outcome, NETBOOT_IGNORED); /* there is no target in that policy */
    query = query_of_size(0);
    assert_false(netboot_query_boots(query));
    netboot_client_parse(query, &client);
    assert_int_equal(client.stage, NETBOOT_STAGE_NONE);
    netboot_decide(query, &client, &policy, &decision);
    assert_int_equal(decision.outcome, NETBOOT_NOT_OURS);
    struct netboot_result none = result_of(fixture, 0, -EINVAL);
    assert_int_equal(none.answer.edit_count, 0);
    assert_int_equal(none.decision.outcome, NETBOOT_NO_BOOT_FILE);
    assert_int_equal(none.client.stage, NETBOOT_STAGE_NONE);
}

/* What is reserved costs nothing. */
static void room_to_grow_is_not_touched(void **state)
{
    struct netboot_result result = result_of(*state, sizeof(struct netboot_query), 0);
    uint64_t untouched[32];

    memset(untouched, 0x55, sizeof(untouched));
    assert_memory_equal(result.client.reserved, untouched, sizeof(result.client.reserved));
    assert_memory_equal(result.decision.reserved, untouched, sizeof(result.decision.reserved));
    assert_memory_equal(result.answer.reserved, untouched, sizeof(result.answer.reserved));
}

static int pass(const struct netboot_journal_entry *entry, void *user)
{
    (void)entry;
    (void)user;
    return 0;
}

#define GUARDED(structure) ((void *)guarded_copy(&guarded_page, &(structure), sizeof(structure)))

static void options_of_another_version(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_store_options options = {.size = sizeof(options) + 8, .readers = 4};
    struct netboot_once_request request = {.size = sizeof(request) + 8, .target = "default", .window = -1};
    struct netboot_journal_filter filter = {.size = sizeof(filter) + 8};
    struct netboot_id id = id_of("web1");

    netboot_store_close(fixture->store);
    OK(netboot_store_open(fixture->directory, GUARDED(options), &fixture->store, &error));
    fixture->netbootd = netbootd_start(fixture->directory);
    put_host(fixture, HOST("web1", "52:54:00:00:00:01"));
    FAILS(-ENOENT, "there is no target default",
          netboot_once_arm(fixture->store, &id, 1, GUARDED(request), 1000, &error));
    OK(netboot_journal_entries(fixture->store, GUARDED(filter), pass, NULL, &error));
    options.size = request.size = filter.size = sizeof(size_t);
    FAILS(-EINVAL, "the size of the request to boot once is 8, but at least",
          netboot_once_arm(fixture->store, &id, 1, GUARDED(request), 1000, &error));
    FAILS(-EINVAL, "set it to its sizeof",
          netboot_journal_entries(fixture->store, GUARDED(filter), pass, NULL, &error));
    netboot_store_close(fixture->store);
    fixture->store = NULL;
    FAILS(-EINVAL, "the size of the options of the store is 8, but at least",
          netboot_store_open(fixture->directory, GUARDED(options), &fixture->store, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_there_is_zero),
        cmocka_unit_test(what_is_too_little_is_refused),
        TEST(a_query_of_another_version),
        TEST(room_to_grow_is_not_touched),
        TEST(options_of_another_version),
    };

    return cmocka_run_group_tests(tests, guarded_setup, guarded_teardown);
}
