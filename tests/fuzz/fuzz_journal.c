/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The files of the journal: of any content, and such of which all checks are right. Whatever is in them: what is read
 * is sound and in order, netbootd opens them, and what it writes then is there.
 *
 * Input: an octet that says what the rest is. Bit 0: entries with right checks, else octets as they are; bit 1: behind
 * right headers, else the whole file; bit 2: the file is as large as netbootd will have it, else it is made anew; bit
 * 3: of strangers. An entry: two octets of size (little-endian), one of its account, one each of what is added to
 * number and sequence, one of the number that it replaces, then the record.
 */
#include "scratch.h"
#include "sound_entry.h"

#include "journal/journal.h"
#include "journal/keeper.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHECKED = 1, HEADED = 2, RIGHT_SIZE = 4, OF_STRANGERS = 8 };

static char directory[SCRATCH_SIZE];
static struct netboot_store *store;
static struct journal *own;

static void end(void)
{
    store->journal = own;
    netboot_store_close(store);
    scratch_remove(directory);
}

static void begin(void)
{
    char path[SCRATCH_SIZE + 16];
    struct netboot_error error = {0};

    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    scratch_make(directory);
    snprintf(path, sizeof(path), "%s/journal", directory);
    check(mkdir(path, 0700) == 0 && netboot_store_create(directory, &error) == 0 &&
              netboot_store_open(directory, NULL, &store, &error) == 0,
          error.text);
    own = store->journal;
    atexit(end);
}

/* ---- The files */

static uint64_t right_capacity(unsigned which)
{
    uint64_t size = which == JOURNAL_KNOWN ? JOURNAL_SIZE_MIN / 4 * 3 : JOURNAL_SIZE_MIN / 4;

    return size - JOURNAL_RING_OFFSET;
}

static void remove_files(void)
{
    static const char *const suffixes[] = {"", ".damaged", ".old"};
    char path[SCRATCH_SIZE + 64];

    for (unsigned i = 0; i < JOURNAL_FILES; i++)
        for (unsigned j = 0; j < 3; j++) {
            snprintf(path, sizeof(path), "%s/journal/%s%s", directory, journal_file_names[i], suffixes[j]);
            unlink(path);
        }
}

static size_t write_entry(const struct journal_file *file, const struct journal_entry_header *header,
                          struct netboot_bytes record, uint64_t offset)
{
    static struct journal_row row;
    size_t size = journal_entry_encode(file, header, record, &row);

    check(pwrite(file->fd, row.octets, size, (off_t)(JOURNAL_RING_OFFSET + offset)) == (ssize_t)size, "an entry");
    return size;
}

/* Also great ones; netbootd takes none that leave no room for more. */
static uint64_t number_after(uint64_t number, uint8_t step)
{
    uint64_t next = number + (step == 255 ? UINT64_MAX / 8 : step);

    return next < UINT64_MAX / 4 ? next : UINT64_MAX;
}

static void write_entries(const struct journal_file *file, const uint8_t *data, size_t size)
{
    struct journal_entry_header header = {.sequence = 0};
    uint64_t offset = 0;

    while (size >= 6 && offset < file->capacity - JOURNAL_ENTRY_MAX) {
        size_t length = (size_t)(data[0] | data[1] << 8);
        length = length < size - 6 ? length : size - 6;
        length = length < JOURNAL_RECORD_MAX ? length : JOURNAL_RECORD_MAX;
        header.account = data[2];
        header.number = number_after(header.number, data[3]);
        header.sequence = number_after(header.sequence, data[4]);
        header.replaces = data[5];
        offset += write_entry(file, &header, (struct netboot_bytes){data + 6, length}, offset);
        data += 6 + length;
        size -= 6 + length;
    }
}

static void write_file(uint8_t how, const uint8_t *data, size_t size)
{
    unsigned which = how & OF_STRANGERS ? JOURNAL_STRANGERS : JOURNAL_KNOWN;
    struct journal_file file;

    check(journal_file_open(directory, which, O_RDWR | O_CREAT | O_EXCL, &file) == 0, "the file is made");
    file.secret = 7;
    file.capacity = how & RIGHT_SIZE ? right_capacity(which) : 5 * JOURNAL_ENTRY_MAX / 8 * 8;
    if (how & (CHECKED | HEADED))
        check(journal_file_write_header(&file) == 0, "its header is written");
    if (how & CHECKED)
        write_entries(&file, data, size);
    else
        check(pwrite(file.fd, data, size, how & HEADED ? JOURNAL_RING_OFFSET : 0) == (ssize_t)size, "it is written");
    journal_file_close(&file);
}

/* ---- Reading */

struct reading {
    uint64_t newest;
    size_t entries, machines;
};

static int look_at_entry(const struct netboot_journal_entry *entry, void *user)
{
    struct reading *reading = user;

    check(entry->number > reading->newest, "entries come in order");
    check_entry(entry);
    reading->newest = entry->number;
    reading->entries++;
    return 0;
}

static int look_at_machine(const struct netboot_journal_machine *machine, void *user)
{
    struct reading *reading = user;

    check(machine->id.size > 0 && machine->id.size <= sizeof(machine->id.value), "a machine goes by something");
    check(machine->ids.count <= JOURNAL_MACHINE_IDS, "not too many identifiers are told");
    for (size_t i = 0; i < machine->ids.count; i++)
        check(machine->ids.items[i].size > 1 && machine->ids.items[i].data, "an identifier has octets");
    check_text(machine->host, sizeof(machine->host));
    check_text(machine->target, sizeof(machine->target));
    reading->machines++;
    return 0;
}

static int look_at_join(const struct netboot_journal_join *join, void *user)
{
    (void)user;
    check(join->mac.type == NETBOOT_ID_MAC && join->uuid.type == NETBOOT_ID_UUID, "a UUID is joined with a MAC");
    return 0;
}

/* As netbootctl does; the numbers of entries and machines. */
static struct reading read_all(void)
{
    struct reading reading = {.newest = 0};
    struct netboot_journal_state state;
    struct netboot_error error = {0};
    struct journal journal;

    journal_init(&journal, store);
    store->journal = &journal;
    check(netboot_journal_entries(store, NULL, look_at_entry, &reading, &error) == 0 &&
              netboot_journal_machines(store, NULL, 0, look_at_machine, &reading, &error) == 0 &&
              netboot_journal_joins(store, look_at_join, NULL, &error) == 0,
          error.text);
    check(reading.machines <= reading.entries, "each machine has an entry");
    if (journal_read_state(store, &state, &error) == 0)
        check(state.entries >= reading.entries && state.newest >= reading.newest, "the state counts what there is");
    journal_fini(&journal);
    store->journal = own;
    return reading;
}

/* ---- netbootd */

static bool known(const struct store_key *id, void *user)
{
    (void)user;
    return id->octets[id->size - 1] & 1;
}

static void put_one(struct ring *ring)
{
    static const struct netboot_query query = {.size = sizeof(query), .transaction = 1, .reply_type = 2};
    static struct netboot_result result;

    result.client = (struct netboot_client){
        .family = NETBOOT_V4, .stage = NETBOOT_STAGE_PXE, .has_mac = true, .mac = {0x52, 0x54, 0, 0, 0, 1}
    };
    result.decision.outcome = NETBOOT_NO_BOOT_FILE;
    check(ring_put(ring, &query, &result), "a record is put");
}

/* The file may be of a newer version: nothing is written then. */
static bool keep_one(void)
{
    const struct keeper_options options = {.size = JOURNAL_SIZE_MIN, .known = known};
    const struct keeper_time now = {.running = 5000, .wall = UINT64_C(1700000000000)};
    const struct keeper_server server = {.name = "server"};
    static struct ring ours = {.fd = -1}, theirs;
    struct netboot_error error = {0};
    struct keeper_figures figures;
    struct keeper *keeper;

    check(keeper_open(directory, &options, &keeper, &error) == 0, error.text);
    if (!ours.memory)
        check(ring_create(&ours, &error) == 0 && ring_open(ours.fd, &theirs, &error) == 0, error.text);
    put_one(&theirs);
    check(keeper_drain(keeper, &ours, &server, &now, false) == 1, "a record is taken");
    keeper_tick(keeper, &now);
    keeper_figures(keeper, &figures);
    keeper_close(keeper);
    return figures.trouble == 0;
}

static int find_new(const struct netboot_journal_entry *entry, void *user)
{
    static const uint8_t mac[] = {0x52, 0x54, 0, 0, 0, 1};

    if (entry->client.has_mac && memcmp(entry->client.mac, mac, sizeof(mac)) == 0 &&
        strcmp(entry->server, "server") == 0)
        *(bool *)user = true;
    return 0;
}

static void check_new(void)
{
    struct journal journal;
    bool found = false;

    journal_init(&journal, store);
    store->journal = &journal;
    check(netboot_journal_entries(store, NULL, find_new, &found, NULL) == 0 && found, "what is written is there");
    journal_fini(&journal);
    store->journal = own;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!directory[0])
        begin();
    if (size == 0)
        return 0;
    remove_files();
    write_file(data[0], data + 1, size - 1);
    struct journal_file file;
    bool newer = false;
    if (journal_file_open(directory, data[0] & OF_STRANGERS ? JOURNAL_STRANGERS : JOURNAL_KNOWN, O_RDONLY, &file) ==
        0) {
        newer = journal_file_read_header(&file) == -ENOTSUP;
        journal_file_close(&file);
    }
    if (newer)
        return 0;
    read_all();
    check(keep_one(), "netbootd writes");
    read_all();
    check_new();
    return 0;
}
