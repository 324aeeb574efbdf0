/* SPDX-License-Identifier: MPL-2.0 */
/* The queue between packets and the journal's thread: what goes in comes out, whole, once, or is counted. */
#include "journal_test.h"

#include <pthread.h>

static void fill_text(char *text, size_t size, char with)
{
    memset(text, with, size);
    text[size] = '\0';
}

/* Everything as long as it can be. */
static void fill_result(struct netboot_result *ret, uint8_t duid[NETBOOT_DUID_MAX])
{
    struct netboot_decision *decision = &ret->decision;

    memset(ret, 0, sizeof(*ret));
    memset(duid, 0xd5, NETBOOT_DUID_MAX);
    ret->client = (struct netboot_client){
        .family = NETBOOT_V6,
        .stage = NETBOOT_STAGE_HTTP,
        .arch = 16,
        .platform = 7,
        .has_mac = true,
        .has_uuid = true,
        .mac = {1,  2,  3, 4, 5, 6},
        .uuid = {7, [15] = 8 },
        .duid = {duid,  NETBOOT_DUID_MAX   },
        .address = {9,  [15] = 10},
    };
    *decision = (struct netboot_decision){
        .outcome = NETBOOT_ANSWERED,
        .source = NETBOOT_SOURCE_HOST_LOADER,
        .host_found = true,
        .armed = NETBOOT_ARMED_SERVED,
        .has_next_server = true,
        .vendor_class = true,
        .next_server = {192, 0, 2, 1},
        .boot_file_size = NETBOOT_FILE_SIZE - 1,
        .reason_count = NETBOOT_REASONS_MAX,
    };
    fill_text(decision->host, NETBOOT_ID_TEXT_SIZE - 1, 'h');
    fill_text(decision->target, NETBOOT_NAME_MAX, 't');
    fill_text(decision->site, NETBOOT_NAME_MAX, 's');
    fill_text(decision->tftp_server_name, sizeof(decision->tftp_server_name) - 1, 'n');
    fill_text(decision->boot_file, NETBOOT_FILE_SIZE - 1, 'f');
    for (unsigned i = 0; i < NETBOOT_REASONS_MAX; i++)
        decision->reasons[i] = (struct netboot_reason){(uint8_t)i, (uint8_t)(i % 5)};
}

static void check_same(const struct netboot_journal_entry *entry, const struct netboot_result *result)
{
    const struct netboot_client *a = &entry->client, *b = &result->client;
    const struct netboot_decision *c = &entry->decision, *d = &result->decision;

    assert_true(a->family == b->family && a->stage == b->stage && a->arch == b->arch && a->platform == b->platform &&
                a->bootp == b->bootp && a->has_mac == b->has_mac && a->has_uuid == b->has_uuid);
    assert_memory_equal(a->mac, b->mac, sizeof(a->mac));
    assert_memory_equal(a->uuid, b->uuid, sizeof(a->uuid));
    assert_memory_equal(a->address, b->address, sizeof(a->address));
    assert_int_equal(a->duid.size, b->duid.size);
    if (a->duid.size > 0)
        assert_memory_equal(a->duid.data, b->duid.data, b->duid.size);
    assert_true(c->outcome == d->outcome && c->source == d->source && c->host_found == d->host_found &&
                c->armed == d->armed && c->vendor_class == d->vendor_class &&
                c->has_next_server == d->has_next_server && c->boot_file_size == d->boot_file_size &&
                c->reason_count == d->reason_count);
    assert_memory_equal(c->next_server, d->next_server, sizeof(c->next_server));
    assert_string_equal(c->host, d->host);
    assert_string_equal(c->target, d->target);
    assert_string_equal(c->site, d->site);
    assert_string_equal(c->tftp_server_name, d->tftp_server_name);
    assert_string_equal(c->boot_file, d->boot_file);
    assert_memory_equal(c->reasons, d->reasons, d->reason_count * sizeof(c->reasons[0]));
}

static void test_a_record_comes_out_as_it_went_in(void **state)
{
    struct netboot_query query = {.size = sizeof(query), .transaction = 0x12345678, .reply_type = 7};
    uint8_t duid[NETBOOT_DUID_MAX], octets[JOURNAL_RECORD_MAX];
    struct netboot_journal_entry entry = {.server = "s"}, again;
    struct entry_octets reasons;
    struct entry_record record;
    struct journal_queue queue;
    struct netboot_result result;

    (void)state;
    fill_result(&result, duid);
    assert_int_equal(queue_init(&queue), 0);
    assert_true(queue_put(&queue, &query, &result));
    assert_int_equal(queue_count(&queue), 1);
    assert_true(queue_look(&queue, 0, &entry));
    assert_false(queue_look(&queue, 1, &again));
    check_same(&entry, &result);
    assert_true(entry.transaction == 0x12345678 && entry.first_reply == 7 && entry.last_reply == 7 &&
                entry.packets == 1 && entry.first > 1700000000000 && entry.first == entry.last);

    /* And through the journal's own format. */
    entry_to_record(&entry, &reasons, &record);
    ssize_t size = record_encode(&record_entry, &record, octets, sizeof(octets));
    assert_true(size > 2000);
    assert_int_equal(record_decode(&record_entry, (struct netboot_bytes){octets, (size_t)size}, &record), 0);
    assert_int_equal(entry_from_record(&record, 5, &again), 0);
    check_same(&again, &result);
    assert_true(again.number == 5 && again.first == entry.first && again.transaction == entry.transaction);
    assert_string_equal(again.server, "s");
    queue_drop(&queue, 1);
    assert_false(queue_look(&queue, 0, &entry));
    queue_fini(&queue);
}

static void test_a_full_queue_takes_no_more_and_counts(void **state)
{
    struct netboot_query query = {.size = sizeof(query), .transaction = 1};
    struct netboot_journal_entry entry;
    struct journal_queue queue;
    static struct netboot_result result;

    (void)state;
    assert_int_equal(queue_init(&queue), 0);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < QUEUE_SLOTS; i++, query.transaction++)
            assert_true(queue_put(&queue, &query, &result));
        assert_false(queue_put(&queue, &query, &result));
        assert_int_equal(atomic_load(&queue.dropped), round + 1);
        for (unsigned i = 0; i < QUEUE_SLOTS; i++) {
            assert_true(queue_look(&queue, 0, &entry));
            assert_int_equal(entry.transaction, round * QUEUE_SLOTS + i + 1);
            queue_drop(&queue, 1);
        }
        assert_false(queue_look(&queue, 0, &entry));
    }
    queue_fini(&queue);
}

/* ---- Many threads */

#define THREADS 8
#define EACH 20000

struct producer {
    struct journal_queue *queue;
    pthread_t thread;
    uint32_t number, taken;
};

static void *produce(void *data)
{
    struct producer *producer = data;
    struct netboot_query query = {.size = sizeof(query), .reply_type = (uint8_t)producer->number};
    struct netboot_result result = {.client = {.family = NETBOOT_V4}};

    for (unsigned i = 0; i < EACH; i++) {
        query.transaction = i;
        result.decision.boot_file_size =
            (uint16_t)snprintf(result.decision.boot_file, NETBOOT_FILE_SIZE, "%u.%u", producer->number, i);
        producer->taken += queue_put(producer->queue, &query, &result);
        if (i % 64 == 0)
            nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL); /* so that others come in between */
    }
    return NULL;
}

/* Those that came of each thread, in their order. */
struct arrived {
    uint32_t count[THREADS], last[THREADS];
};

static bool take_one(struct journal_queue *queue, struct arrived *ret)
{
    struct netboot_journal_entry entry;
    char file[NETBOOT_FILE_SIZE];

    if (!queue_look(queue, 0, &entry))
        return false;
    unsigned producer = entry.first_reply;
    assert_true(producer < THREADS);
    assert_true(ret->count[producer] == 0 || entry.transaction > ret->last[producer]);
    snprintf(file, sizeof(file), "%u.%u", producer, entry.transaction);
    assert_string_equal(entry.decision.boot_file, file);
    ret->last[producer] = entry.transaction;
    ret->count[producer]++;
    queue_drop(queue, 1);
    return true;
}

static void test_many_threads_fill_it(void **state)
{
    struct producer producers[THREADS];
    struct arrived arrived = {.count = {0}};
    struct journal_queue queue;
    uint64_t taken = 0, total = 0;

    (void)state;
    assert_int_equal(queue_init(&queue), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        producers[i] = (struct producer){.queue = &queue, .number = i};
        assert_int_equal(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }
    while (total + atomic_load(&queue.dropped) < THREADS * EACH)
        total += take_one(&queue, &arrived);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(producers[i].thread, NULL);
        assert_int_equal(producers[i].taken, arrived.count[i]);
        taken += producers[i].taken;
    }
    assert_int_equal(taken, total);
    assert_int_equal(taken + atomic_load(&queue.dropped), THREADS * EACH);
    queue_fini(&queue);
}

/* ---- Joining */

/* What was put into the queue, and what is told of it after the joining: `packets` 0 where another record has it. */
struct joined {
    const char *what;
    struct put {
        uint8_t machine, reply;
        const char *file;
        bool v6;
        unsigned packets;
        uint8_t first_reply;
    } puts[6];
};

static const struct joined joined[] = {
    {"an ACK goes on with its OFFER",        {{1, 2, "a", false, 0, 2}, {1, 5, "a", false, 2, 2}}                          },
    {"so does what is repeated",
     {{1, 2, "a", false, 0, 2}, {1, 2, "a", false, 0, 2}, {1, 5, "a", false, 0, 2}, {1, 5, "a", false, 4, 2}}              },
    {"an OFFER after an ACK is a new step",
     {{1, 2, "a", false, 0, 2}, {1, 5, "a", false, 2, 2}, {1, 2, "a", false, 0, 2}, {1, 5, "a", false, 2, 2}}              },
    {"so is another answer",                 {{1, 2, "a", false, 1, 2}, {1, 5, "b", false, 1, 5}}                          },
    {"and what another answer came between",
     {{1, 2, "a", false, 1, 2}, {1, 2, "b", false, 1, 2}, {1, 5, "a", false, 1, 5}}                                        },
    {"another machine does not matter",      {{1, 2, "a", false, 0, 2}, {2, 2, "a", false, 1, 2}, {1, 5, "a", false, 2, 2}}},
    {"nor does the other family",            {{1, 2, "a", false, 0, 2}, {1, 2, "a", true, 1, 2}, {1, 5, "a", false, 2, 2}} },
};

static void put_packet(struct journal_queue *queue, const struct put *put)
{
    struct netboot_query query = {.size = sizeof(query), .reply_type = put->reply};
    static struct netboot_result result;

    result.client = (struct netboot_client){
        .family = put->v6 ? NETBOOT_V6 : NETBOOT_V4, .has_mac = true, .mac = {[5] = put->machine}};
    result.decision.boot_file_size = (uint16_t)strlen(put->file);
    strcpy(result.decision.boot_file, put->file);
    assert_true(queue_put(queue, &query, &result));
}

static void test_packets_of_one_step_are_joined(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(joined); i++) {
        const struct put *puts = joined[i].puts;
        struct netboot_journal_entry entry;
        struct journal_queue queue;
        size_t count = 0;

        assert_int_equal(queue_init(&queue), 0);
        for (; count < COUNT(joined[i].puts) && puts[count].file; count++)
            put_packet(&queue, &puts[count]);
        queue_join(&queue, QUEUE_SLOTS);
        queue_join(&queue, QUEUE_SLOTS); /* as when it could not be written */
        for (size_t j = 0; j < count; j++) {
            assert_true(queue_look(&queue, j, &entry));
            if (entry.packets != puts[j].packets || (entry.packets > 0 && entry.first_reply != puts[j].first_reply) ||
                entry.last_reply != puts[j].reply || strcmp(entry.decision.boot_file, puts[j].file) != 0)
                fail_msg("%s: record %zu has %u packets, the first reply is %u", joined[i].what, j, entry.packets,
                         entry.first_reply);
        }
        assert_false(queue_look(&queue, count, &entry));
        queue_fini(&queue);
    }
}

static void test_what_is_written_apart_is_not_joined(void **state)
{
    static const struct put offer = {1, 2, "a", false, 1, 2}, ack = {1, 5, "a", false, 1, 5};
    struct netboot_journal_entry entry;
    struct journal_queue queue;

    (void)state;
    assert_int_equal(queue_init(&queue), 0);
    put_packet(&queue, &offer);
    put_packet(&queue, &ack);
    queue_join(&queue, 1);
    for (size_t i = 0; i < 2; i++) {
        assert_true(queue_look(&queue, i, &entry));
        assert_int_equal(entry.packets, 1);
    }
    queue_fini(&queue);
}

/* ---- Damaged records */

static void test_damaged_records_are_refused(void **state)
{
    static const struct {
        const char *what;
        size_t offset; /* of a number in the record's structure */
        uint16_t value;
    } cases[] = {
        {"family",  offsetof(struct entry_record, family),  5},
        {"stage",   offsetof(struct entry_record, stage),   4},
        {"outcome", offsetof(struct entry_record, outcome), 6},
        {"source",  offsetof(struct entry_record, source),  5},
        {"armed",   offsetof(struct entry_record, armed),   9},
    };
    struct netboot_journal_entry entry;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct entry_record record = {.family = 4};
        assert_int_equal(entry_from_record(&record, 1, &entry), 0);
        memcpy((uint8_t *)&record + cases[i].offset, &cases[i].value, sizeof(cases[i].value));
        if (entry_from_record(&record, 1, &entry) != -EBADMSG)
            fail_msg("%s", cases[i].what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_comes_out_as_it_went_in),
        cmocka_unit_test(test_a_full_queue_takes_no_more_and_counts),
        cmocka_unit_test(test_many_threads_fill_it),
        cmocka_unit_test(test_packets_of_one_step_are_joined),
        cmocka_unit_test(test_what_is_written_apart_is_not_joined),
        cmocka_unit_test(test_damaged_records_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
