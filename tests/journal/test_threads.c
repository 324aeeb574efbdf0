/* SPDX-License-Identifier: MPL-2.0 */
/* Many threads serve and join, one keeps the journal, and others read it, also while it is removed and made anew. With
 * -DNETBOOT_SANITIZE=thread this is the proof that nothing of it is a data race. */
#include "journal_test.h"

#include <pthread.h>

#define THREADS 8
#define ROUNDS 3

struct crowd {
    struct netboot_store *store;
    atomic_bool stop;
    atomic_uint served, wrong, drained;
};

static void *serve_on(void *data)
{
    struct crowd *crowd = data;
    struct netboot_error error;

    while (!atomic_load(&crowd->stop)) {
        struct netboot_result results[] = {
            serve(crowd->store, DISCOVER(.mac = "52:54:00:00:00:01", .uuid = "11111111-2222-3333-4444-555555555501")),
            serve(crowd->store, SOLICITED(.uuid = "11111111-2222-3333-4444-555555555501", .ipxe = true)),
        };
        crowd->wrong += strcmp(results[0].decision.host, "web1") != 0;
        crowd->wrong += results[1].decision.outcome != NETBOOT_ANSWERED;
        crowd->served += COUNT(results);
        netboot_daemon_event(crowd->store, &error);
        netboot_journal_dropped(crowd->store);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return NULL;
}

static void *keep(void *data)
{
    struct crowd *crowd = data;

    while (!atomic_load(&crowd->stop)) {
        lab_settle(&lab);
        crowd->drained++;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return NULL;
}

static int look(const struct netboot_journal_entry *entry, void *user)
{
    char text[NETBOOT_REASON_SIZE];

    assert_non_null(netboot_reason_text(&entry->client, &entry->decision, 0, text));
    ++*(unsigned *)user;
    return 0;
}

static void lose(struct fixture *fixture)
{
    char path[SCRATCH_SIZE + 16];

    snprintf(path, sizeof(path), "%s/journal", fixture->directory);
    scratch_remove(path);
}

static void test_everything_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct crowd crowd = {.store = NULL};
    pthread_t threads[THREADS], keeper;
    uint64_t identity = 0;
    unsigned seen = 0;

    close_server(fixture);
    fixture->store = crowd.store =
        open_store(fixture, (struct netboot_store_options){.follow = true, .journal = true, .join = true});
    attach(fixture, 1 << 20);
    assert_int_equal(pthread_create(&keeper, NULL, keep, &crowd), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, serve_on, &crowd), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct netboot_journal_state now = {.identity = identity};
        unsigned before = seen;
        EVENTUALLY(journal_read_state(crowd.store, &now, NULL) == 0 && now.identity != identity && now.entries > 0);
        EVENTUALLY((netboot_journal_entries(crowd.store, NULL, look, &seen, NULL), seen > before));
        identity = now.identity;
        lose(fixture);
    }
    EVENTUALLY(crowd.served > 1000 && crowd.drained > 10);
    atomic_store(&crowd.stop, true);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_join(keeper, NULL);
    assert_int_equal(crowd.wrong, 0);
    settle(crowd.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_everything_at_once, setup, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
