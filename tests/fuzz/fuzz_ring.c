/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a DHCP server that was broken into may write into the ring of the journal: anything, anywhere. Whatever is
 * there: emptying it comes to an end, and each record that comes out is sound, and can be kept.
 *
 * Input: pieces, each an octet that says what it is, two of size (little-endian), then as many octets. 0: a record that
 * is right, to whose slot they are added; 1: they are written at the place that their first three say; 2: as 0, and the
 * slot is taken for one that is being filled.
 */
#include "scratch.h"
#include "sound_entry.h"

#include "journal/file.h"
#include "journal/keeper.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SLOTS_AT 128 /* head and turns are in cache lines of their own */
#define TOUCHED 64   /* slots that an input may write to: the rest of the ring is as it was */

static char directory[SCRATCH_SIZE];
static struct ring ours, theirs;
static struct keeper *keeper;
static uint8_t *memory;
static size_t memory_size, slot_size;

static bool known(const struct store_key *id, void *user)
{
    (void)user;
    return id->octets[id->size - 1] & 1;
}

static void end(void)
{
    keeper_close(keeper);
    ring_close(&theirs);
    ring_close(&ours);
    scratch_remove(directory);
}

static void begin(void)
{
    const struct keeper_options options = {.size = JOURNAL_SIZE_MIN, .known = known};
    struct netboot_error error = {0};
    struct stat status;

    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    scratch_make(directory);
    atexit(end);
    check(ring_create(&ours, &error) == 0 && ring_open(ours.fd, &theirs, &error) == 0 &&
              keeper_open(directory, &options, &keeper, &error) == 0,
          error.text);
    check(fstat(ours.fd, &status) == 0, "fstat");
    memory_size = (size_t)status.st_size;
    memory = mmap(NULL, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, ours.fd, 0);
    check(memory != MAP_FAILED, "mmap");
    slot_size = (memory_size - SLOTS_AT) / RING_SLOTS;
}

static uint8_t *slot(uint64_t position)
{
    return memory + SLOTS_AT + position % RING_SLOTS * slot_size;
}

static void set_number(uint8_t *at, uint64_t number)
{
    memcpy(at, &number, sizeof(number));
}

/* As it was made. */
static void empty(void)
{
    ours.tail = ours.torn_since = 0;
    set_number(memory + 64, 0);
    memset(slot(0), 0, TOUCHED * slot_size);
    for (uint64_t i = 0; i < RING_SLOTS; i++)
        set_number(slot(i), i);
}

static void put_right_one(void)
{
    static const struct netboot_query query = {.size = sizeof(query), .transaction = 1, .reply_type = 2};
    static struct netboot_result result;
    static const uint8_t duid[] = {0, 3, 0, 1, 2, 3, 4, 5, 6, 7};
    struct netboot_decision *decision = &result.decision;

    result.client = (struct netboot_client){
        .family = NETBOOT_V4,
        .stage = NETBOOT_STAGE_PXE,
        .arch = 7,
        .platform = 7,
        .has_mac = true,
        .mac = {0x52, 0x54, 0, 0, 0, 1},
        .has_uuid = true,
        .duid = {duid,   sizeof(duid)     }
    };
    decision->outcome = NETBOOT_ANSWERED;
    snprintf(decision->host, sizeof(decision->host), "web1");
    snprintf(decision->target, sizeof(decision->target), "debian");
    decision->boot_file_size = (uint16_t)snprintf(decision->boot_file, sizeof(decision->boot_file), "ipxe.efi");
    decision->reason_count = 1;
    decision->reasons[0] = (struct netboot_reason){1, 1};
    ring_put(&theirs, &query, &result);
}

static void take_piece(uint8_t kind, uint64_t *position, const uint8_t *data, size_t size)
{
    if (kind % 3 == 1) {
        size_t most = SLOTS_AT + TOUCHED * slot_size;
        size_t at = size >= 3 ? (data[0] | data[1] << 8 | (size_t)data[2] << 16) % most : 0;
        for (size_t i = 3; i < size && at + i - 3 < most; i++)
            memory[at + i - 3] = data[i];
        return;
    }
    if (*position == TOUCHED)
        return;
    uint8_t *content = slot(*position) + sizeof(uint64_t);
    put_right_one();
    for (size_t i = 0; i < size && i < slot_size - sizeof(uint64_t); i++)
        content[i] += data[i];
    if (kind % 3 == 2)
        set_number(slot(*position), *position);
    ++*position;
}

/* It fits into an entry of the journal, and comes back as it went in. */
static void check_kept(const struct netboot_journal_entry *entry)
{
    static uint8_t octets[JOURNAL_RECORD_MAX];
    static struct netboot_journal_entry again;
    struct entry_record record, decoded;
    struct entry_octets more;

    entry_to_record(entry, &more, &record);
    record.machine_first = record.first;
    record.exchanges = 1;
    ssize_t size = record_encode(&record_entry, &record, octets, sizeof(octets));
    check(size > 0, "a record of the ring can be written");
    check(record_decode(&record_entry, (struct netboot_bytes){octets, (size_t)size}, &decoded) == 0 &&
              entry_from_record(&decoded, 1, &again) == 0,
          "and read");
    check_entry(&again);
    check(strcmp(again.decision.boot_file, entry->decision.boot_file) == 0 &&
              strcmp(again.decision.host, entry->decision.host) == 0,
          "it comes back as it went in");
}

static void take_all(void)
{
    static struct ring_record record;
    unsigned count = 0;
    int code;

    for (uint64_t ms = 1; ms < 20000; ms += RING_TORN_MS / 2) {
        while ((code = ring_take(&ours, ms, ms > 10000, &record)) != 0) {
            check(++count <= 100 * RING_SLOTS, "emptying comes to an end");
            if (code < 0)
                continue;
            snprintf(record.entry.server, sizeof(record.entry.server), "server");
            check_entry(&record.entry);
            check_kept(&record.entry);
        }
    }
}

static void keep_all(void)
{
    const struct keeper_server server = {"server", true};
    static uint64_t ms = 1;
    unsigned count = 0;

    for (unsigned i = 0; i < 20; i++, ms += RING_TORN_MS) {
        const struct keeper_time now = {ms, ms + UINT64_C(1700000000000)};
        while (keeper_drain(keeper, &ours, &server, &now, i > 10) > 0)
            check(++count <= 100 * RING_SLOTS, "keeping comes to an end");
        keeper_tick(keeper, &now);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t position = 0;

    if (!directory[0])
        begin();
    for (unsigned round = 0; round < 2; round++) {
        const uint8_t *at = data;
        size_t left = size;
        empty();
        position = 0;
        while (left >= 3) {
            size_t length = (size_t)(at[1] | at[2] << 8);
            length = length < left - 3 ? length : left - 3;
            take_piece(at[0], &position, at + 3, length);
            at += 3 + length;
            left -= 3 + length;
        }
        if (round == 0)
            take_all();
        else
            keep_all();
    }
    return 0;
}
