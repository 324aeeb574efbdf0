/* SPDX-License-Identifier: MPL-2.0 */
/* The ring between a server and the journal: what goes in comes out, and whatever a server writes there does no harm.
 */
#include "link/ring.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "journal/record.h"

struct pair {
    struct ring ours, theirs; /* who empties it, and the server */
};

static int set_up(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    struct netboot_error error = {0};

    assert_int_equal(ring_create(&pair->ours, &error), 0);
    assert_int_equal(ring_open(pair->ours.fd, &pair->theirs, &error), 0);
    *state = pair;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *pair = *state;

    ring_close(&pair->theirs);
    ring_close(&pair->ours);
    free(pair);
    return 0;
}

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

static struct netboot_result small_result(void)
{
    struct netboot_result ret = {
        .client = {.family = NETBOOT_V4, .stage = NETBOOT_STAGE_PXE},
        .decision = {.outcome = NETBOOT_ANSWERED                   },
    };

    return ret;
}

static void test_a_record_comes_out_as_it_went_in(void **state)
{
    struct pair *pair = *state;
    struct netboot_query query = {.size = sizeof(query), .transaction = 0x12345678, .reply_type = 7};
    uint8_t duid[NETBOOT_DUID_MAX], octets[JOURNAL_RECORD_MAX];
    struct netboot_journal_entry again;
    struct entry_octets reasons;
    struct entry_record record;
    struct ring_record taken;
    struct netboot_result result;

    fill_result(&result, duid);
    assert_int_equal(ring_take(&pair->ours, 1, false, &taken), 0);
    assert_true(ring_put(&pair->theirs, &query, &result));
    assert_int_equal(ring_take(&pair->ours, 1, false, &taken), 1);
    assert_int_equal(ring_take(&pair->ours, 1, false, &(struct ring_record){.duid = {0}}), 0);
    const struct netboot_journal_entry *entry = &taken.entry;
    check_same(entry, &result);
    assert_true(entry->transaction == 0x12345678 && entry->first_reply == 7 && entry->last_reply == 7 &&
                entry->packets == 1 && entry->first > 1700000000000 && entry->first == entry->last);

    /* And through the journal's own format. */
    snprintf(taken.entry.server, sizeof(taken.entry.server), "s");
    entry_to_record(entry, &reasons, &record);
    ssize_t size = record_encode(&record_entry, &record, octets, sizeof(octets));
    assert_true(size > 2000);
    assert_int_equal(record_decode(&record_entry, (struct netboot_bytes){octets, (size_t)size}, &record), 0);
    assert_int_equal(entry_from_record(&record, 5, &again), 0);
    check_same(&again, &result);
    assert_true(again.number == 5 && again.first == entry->first && again.transaction == entry->transaction);
    assert_string_equal(again.server, "s");
}

static void test_a_full_ring_takes_no_more_and_counts(void **state)
{
    struct pair *pair = *state;
    struct netboot_query query = {.size = sizeof(query), .transaction = 1};
    struct netboot_result result = small_result();
    struct ring_record taken;

    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < RING_SLOTS; i++, query.transaction++)
            assert_true(ring_put(&pair->theirs, &query, &result));
        assert_false(ring_put(&pair->theirs, &query, &result));
        assert_int_equal(ring_waiting(&pair->theirs), RING_SLOTS);
        for (unsigned i = 0; i < RING_SLOTS; i++) {
            assert_int_equal(ring_take(&pair->ours, 1, false, &taken), 1);
            assert_int_equal(taken.entry.transaction, round * RING_SLOTS + i + 1);
            assert_int_equal(ring_waiting(&pair->theirs), RING_SLOTS - i - 1);
        }
        assert_int_equal(ring_take(&pair->ours, 1, false, &taken), 0);
    }
}

/* ---- Many threads */

#define THREADS 8
#define EACH 5000

struct producer {
    struct ring *ring;
    pthread_t thread;
    uint32_t number, taken;
    atomic_bool done;
};

static void *produce(void *data)
{
    struct producer *producer = data;
    struct netboot_query query = {.size = sizeof(query), .reply_type = (uint8_t)producer->number};
    struct netboot_result result = small_result();

    for (unsigned i = 0; i < EACH; i++) {
        query.transaction = i;
        result.decision.boot_file_size =
            (uint16_t)snprintf(result.decision.boot_file, NETBOOT_FILE_SIZE, "%u.%u", producer->number, i);
        producer->taken += ring_put(producer->ring, &query, &result);
        if (i % 64 == 0)
            nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL); /* so that others come in between */
    }
    atomic_store(&producer->done, true);
    return NULL;
}

/* Those that came of each thread, in their order. */
struct arrived {
    uint32_t count[THREADS], last[THREADS];
};

static bool take_one(struct ring *ring, struct arrived *ret)
{
    struct ring_record taken;
    char file[NETBOOT_FILE_SIZE];

    int code = ring_take(ring, 1, false, &taken);
    if (code == 0)
        return false;
    assert_int_equal(code, 1);
    unsigned producer = taken.entry.first_reply;
    assert_true(producer < THREADS);
    assert_true(ret->count[producer] == 0 || taken.entry.transaction > ret->last[producer]);
    snprintf(file, sizeof(file), "%u.%u", producer, taken.entry.transaction);
    assert_string_equal(taken.entry.decision.boot_file, file);
    ret->last[producer] = taken.entry.transaction;
    ret->count[producer]++;
    return true;
}

static void test_many_threads_fill_it(void **state)
{
    struct pair *pair = *state;
    struct producer producers[THREADS];
    struct arrived arrived = {.count = {0}};
    uint64_t taken = 0;

    for (unsigned i = 0; i < THREADS; i++) {
        producers[i] = (struct producer){.ring = &pair->theirs, .number = i};
        assert_int_equal(pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        while (!atomic_load(&producers[i].done))
            take_one(&pair->ours, &arrived);
        pthread_join(producers[i].thread, NULL);
    }
    while (take_one(&pair->ours, &arrived))
        ;
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(arrived.count[i], producers[i].taken);
        taken += producers[i].taken;
    }
    assert_true(taken > 1000);
}

/* ---- A server that was broken into. It knows the layout: the head, then slots that begin with their turn. */

#define HEAD 64
#define SLOTS 128

static uint8_t *memory_of(struct pair *pair)
{
    return (uint8_t *)pair->theirs.memory;
}

static size_t slot_size(struct pair *pair)
{
    return ((size_t)lseek(pair->ours.fd, 0, SEEK_END) - SLOTS) / RING_SLOTS;
}

static void set_head(struct pair *pair, uint64_t head)
{
    memcpy(memory_of(pair) + HEAD, &head, sizeof(head));
}

static void set_turn(struct pair *pair, uint64_t position, uint64_t turn)
{
    memcpy(memory_of(pair) + SLOTS + position % RING_SLOTS * slot_size(pair), &turn, sizeof(turn));
}

/* What is taken makes sense, whatever was there. */
static void check_taken(const struct ring_record *taken)
{
    const struct netboot_journal_entry *entry = &taken->entry;
    const struct netboot_decision *decision = &entry->decision;
    char text[NETBOOT_REASON_SIZE];

    assert_true(entry->client.family == NETBOOT_V4 || entry->client.family == NETBOOT_V6);
    assert_non_null(netboot_outcome_name(decision->outcome));
    assert_non_null(netboot_source_name(decision->source));
    assert_non_null(netboot_armed_name(decision->armed));
    assert_non_null(netboot_stage_name(entry->client.stage));
    assert_true(entry->client.duid.size <= NETBOOT_DUID_MAX);
    assert_true(strlen(decision->host) < sizeof(decision->host));
    assert_int_equal(strlen(decision->boot_file), decision->boot_file_size);
    for (unsigned i = 0; i < decision->reason_count; i++)
        assert_non_null(netboot_reason_text(&entry->client, decision, i, text));
    for (const char *at = decision->boot_file; *at; at++)
        assert_true(*at >= ' ' && *at <= '~');
}

/* Slots of random octets, and slots that are right but for a few octets. */
static void test_garbage(void **state)
{
    struct pair *pair = *state;
    struct netboot_query query = {.size = sizeof(query)};
    uint8_t duid[NETBOOT_DUID_MAX];
    struct netboot_result result;
    struct ring_record taken;
    unsigned refused = 0, count = 0;

    fill_result(&result, duid);
    srandom(1);
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t *slot = memory_of(pair) + SLOTS + round % RING_SLOTS * slot_size(pair);
        assert_true(ring_put(&pair->theirs, &query, &result));
        if (round % 2 == 0)
            for (size_t i = 8; i < slot_size(pair); i++)
                slot[i] = (uint8_t)random();
        for (unsigned i = 0; round % 2 == 1 && i < 1 + round % 7; i++)
            slot[8 + (size_t)random() % 160] = (uint8_t)random();
        int code = ring_take(&pair->ours, 1, false, &taken);
        assert_true(code == 1 || code == -EBADMSG);
        refused += code < 0;
        count += code > 0;
        if (code > 0)
            check_taken(&taken);
    }
    assert_true(refused > 1000 && count > 1000);
}

/* Whatever head and turns say, each call ends, and no more is taken than there are slots. */
/* Who made the ring may do harm to the server as well: a packet does not wait for ever. */
static void test_a_wild_head(void **state)
{
    static const uint64_t heads[] = {UINT64_MAX, UINT64_MAX / 2, RING_SLOTS + 1};
    struct pair *pair = *state;
    struct netboot_query query = {.size = sizeof(query)};
    struct netboot_result result = small_result();

    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        memcpy((uint8_t *)pair->theirs.memory + 64, &heads[i], sizeof(heads[i]));
        ring_put(&pair->theirs, &query, &result);
    }
}

static void test_wild_numbers(void **state)
{
    struct pair *pair = *state;
    struct ring_record taken;

    srandom(2);
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t head = (uint64_t)random() << 33 ^ (uint64_t)random();
        switch (round % 4) {
        case 0:
            set_head(pair, head);
            break;
        case 1:
            set_head(pair, pair->ours.tail + head % (2 * RING_SLOTS));
            break;
        case 2:
            set_turn(pair, pair->ours.tail, head);
            break;
        default:
            set_turn(pair, pair->ours.tail + head % 3, pair->ours.tail + head % 7);
        }
        for (unsigned i = 0; i < 4; i++)
            ring_take(&pair->ours, 1 + round * UINT64_C(700), round % 5 == 0, &taken);
    }
    /* A server that is let alone then is heard again, or at worst nothing comes; nobody waits for ever. */
    for (unsigned i = 0; i < 3 * RING_SLOTS; i++)
        ring_take(&pair->ours, UINT64_C(1) << 50, true, &taken);
}

/* A slot that was claimed and never filled holds up what comes behind it for a second. */
static void test_half_filled(void **state)
{
    struct pair *pair = *state;
    struct netboot_query query = {.size = sizeof(query), .transaction = 5};
    struct netboot_result result = small_result();
    struct ring_record taken;

    set_head(pair, 1);
    assert_true(ring_put(&pair->theirs, &query, &result));
    assert_int_equal(ring_take(&pair->ours, 10000, false, &taken), 0);
    assert_int_equal(ring_take(&pair->ours, 10999, false, &taken), 0);
    assert_int_equal(ring_take(&pair->ours, 11000, false, &taken), -EBADMSG);
    assert_int_equal(ring_take(&pair->ours, 11000, false, &taken), 1);
    assert_int_equal(taken.entry.transaction, 5);
    assert_int_equal(ring_take(&pair->ours, 99999, false, &taken), 0);
    /* One that is empty waits for no time. */
    assert_true(ring_put(&pair->theirs, &query, &result));
    assert_int_equal(ring_take(&pair->ours, 99999, false, &taken), 1);
    /* The thread that comes late has lost its slot, which belongs to the next round by now. */
    for (unsigned i = 0; i < RING_SLOTS; i++)
        assert_true(ring_put(&pair->theirs, &query, &result));
}

static void test_hung_up(void **state)
{
    struct pair *pair = *state;
    struct netboot_query query = {.size = sizeof(query)};
    struct netboot_result result = small_result();
    struct ring_record taken;

    set_head(pair, 3);
    assert_true(ring_put(&pair->theirs, &query, &result));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(ring_take(&pair->ours, 1, true, &taken), -EBADMSG);
    assert_int_equal(ring_take(&pair->ours, 1, true, &taken), 1);
    assert_int_equal(ring_take(&pair->ours, 1, true, &taken), 0);
}

/* ---- What a server does not take */

static void test_refused(void **state)
{
    struct pair *pair = *state;
    struct netboot_error error;
    struct ring ring;
    off_t size = lseek(pair->ours.fd, 0, SEEK_END);
    int unsealed = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING), file = open("/dev/null", O_RDWR);
    int small = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_int_equal(ftruncate(unsealed, size), 0);
    assert_int_equal(ring_open(unsealed, &ring, &error), -EPERM);
    assert_int_equal(ring_open(file, &ring, &error), -EPERM);
    assert_int_equal(ring_open(-1, &ring, &error), -EPERM);
    assert_int_equal(ftruncate(small, size - 4096), 0);
    assert_int_equal(fcntl(small, F_ADD_SEALS, fcntl(pair->ours.fd, F_GET_SEALS)), 0);
    assert_int_equal(ring_open(small, &ring, &error), -EBADMSG);
    assert_int_equal(fcntl(unsealed, F_ADD_SEALS, fcntl(pair->ours.fd, F_GET_SEALS)), 0);
    assert_int_equal(ring_open(unsealed, &ring, &error), -EBADMSG);
    assert_int_equal(ftruncate(pair->ours.fd, 4096), -1);
    assert_int_equal(ftruncate(pair->ours.fd, size + 4096), -1);
    close(small);
    close(unsealed);
    close(file);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_record_comes_out_as_it_went_in),
        TEST(test_a_full_ring_takes_no_more_and_counts),
        TEST(test_many_threads_fill_it),
        TEST(test_garbage),
        TEST(test_a_wild_head),
        TEST(test_wild_numbers),
        TEST(test_half_filled),
        TEST(test_hung_up),
        TEST(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
