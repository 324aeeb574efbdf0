/* SPDX-License-Identifier: MPL-2.0 */
#include "journal/keeper.h"

#include "journal/ring_file.h"

#include "base/bytes.h"
#include "base/failure.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_MS 1000    /* between two attempts to open the files */
#define PAST_MS 3600000 /* a record is no older than this: its server's clock, or the server, is wrong */
#define JOIN_BACK 4     /* entries of a machine that are looked through for the one that a record goes on with */
#define SWEEP 1024      /* places of the index that are looked at in a tick, for identifiers to join */

struct keeper {
    char *directory;
    struct keeper_options options;
    struct journal_index index;
    struct ring_file files[JOURNAL_FILES];
    struct joins joins;
    uint64_t number; /* the last one given */
    uint64_t opened_ms;
    size_t swept;
    struct keeper_figures figures;
};

/* ---- The files */

static uint64_t size_of(const struct keeper *keeper, unsigned which)
{
    uint64_t size = keeper->options.size;

    return which == JOURNAL_KNOWN ? size / 4 * 3 : size / 4;
}

static void note_opened(struct keeper *keeper, const struct ring_file *file)
{
    struct journal_mark mark;

    if (keeper->index.newest > keeper->number)
        keeper->number = keeper->index.newest;
    if (!journal_file_read_mark(&file->file, &mark))
        return;
    if (mark.number > keeper->number)
        keeper->number = mark.number;
    if (mark.dropped > keeper->figures.dropped)
        keeper->figures.dropped = mark.dropped;
}

static int make_directory(const char *directory)
{
    char path[PATH_MAX];

    if ((size_t)snprintf(path, sizeof(path), "%s/journal", directory) >= sizeof(path))
        return -ENAMETOOLONG;
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

static void open_files(struct keeper *keeper, uint64_t now_ms)
{
    int code = make_directory(keeper->directory);

    keeper->opened_ms = now_ms;
    keeper->figures.trouble = code;
    if (code != 0)
        return;
    for (unsigned i = 0; i < JOURNAL_FILES; i++) {
        if (keeper->files[i].file.fd >= 0)
            continue;
        code = ring_file_open(&keeper->files[i], keeper->directory, i, size_of(keeper, i), &keeper->index);
        if (code == 0)
            note_opened(keeper, &keeper->files[i]);
        else
            keeper->figures.trouble = code;
    }
}

/* False: it was removed, or another file is in its place; nobody reads what is written here. A header that was
 * overwritten is written again. */
static bool is_there(const struct keeper *keeper, struct ring_file *file)
{
    int code = journal_file_is_there(keeper->directory, file->which, &file->file);

    if (code == -EBADMSG) {
        may_fail(journal_file_write_header(&file->file));
        file->marked = false;
    }
    return code != 0;
}

static void look_at_files(struct keeper *keeper, uint64_t now_ms)
{
    bool all = true;

    if (now_ms < keeper->opened_ms + OPEN_MS)
        return;
    keeper->opened_ms = now_ms;
    for (unsigned i = 0; i < JOURNAL_FILES; i++) {
        if (keeper->files[i].file.fd >= 0 && !is_there(keeper, &keeper->files[i])) {
            ring_file_close(&keeper->files[i]);
            index_forget_file(&keeper->index, i);
        }
        all = all && keeper->files[i].file.fd >= 0;
    }
    if (!all)
        open_files(keeper, now_ms);
}

/* ---- What is joined */

static bool is_known(const struct keeper *keeper, const struct store_key *id)
{
    return id->size > 0 && keeper->options.known && keeper->options.known(id, keeper->options.user);
}

/* Hosts alone: there is room for them. */
static void publish(struct keeper *keeper, const struct journal_key *key)
{
    const struct journal_key *mac = key_joined(key);
    struct store_key uuid, host;
    uint8_t before[NETBOOT_MAC_SIZE];

    journal_key_read(key, &uuid);
    bool was = joins_find(&keeper->joins, &uuid, before);
    if (mac)
        journal_key_read(mac, &host);
    if (mac && is_known(keeper, &host)) {
        if (!was || memcmp(before, mac->octets + 1, sizeof(before)) != 0)
            may_fail(joins_put(&keeper->joins, &uuid, mac->octets + 1));
    } else if (was) {
        joins_remove(&keeper->joins, &uuid);
    }
}

/* After a packet: its UUID may belong to nobody any more, nor those that its machine has shown before. */
static void publish_shown(struct keeper *keeper, const struct journal_item *item)
{
    const struct journal_key *mac = item->shows[JOURNAL_MAC].key, *uuid = item->shows[JOURNAL_UUID].key, *last = uuid;

    if (!uuid)
        return;
    publish(keeper, uuid);
    for (const struct journal_show *show = mac ? mac->newest : NULL; show; show = show->older) {
        const struct journal_key *other = show->item->shows[JOURNAL_UUID].key;
        if (other && other != uuid && other != last)
            publish(keeper, last = other);
    }
}

/* What was forgotten joins no more, and hosts come and go. */
static void sweep(struct keeper *keeper, size_t places)
{
    for (size_t i = 0; i < places && i < keeper->index.buckets; i++) {
        const struct journal_key *key = keeper->index.keys[keeper->swept++ & (keeper->index.buckets - 1)];
        for (; key; key = key->next)
            if (key->octets[0] == NETBOOT_ID_UUID)
                publish(keeper, key);
    }
}

/* ---- Opening */

static int prepare(struct keeper *keeper, const char *directory, struct netboot_error *error)
{
    int code = joins_create(&keeper->joins, error);

    if (code != 0)
        return code;
    keeper->directory = strdup(directory);
    return keeper->directory && index_init(&keeper->index, keeper->options.size) == 0 ? 0 : failure_no_memory(error);
}

int keeper_open(const char *directory, const struct keeper_options *options, struct keeper **ret,
                struct netboot_error *error)
{
    struct keeper *keeper = calloc(1, sizeof(*keeper));

    if (!keeper)
        return failure_no_memory(error);
    *keeper = (struct keeper){
        .options = *options, .joins = {.fd = -1        },
             .files = { {.file.fd = -1}, {.file.fd = -1}}
    };
    if (options->size == 0)
        keeper->options.size = JOURNAL_SIZE;
    else if (options->size < JOURNAL_SIZE_MIN)
        keeper->options.size = JOURNAL_SIZE_MIN;
    int code = prepare(keeper, directory, error);
    if (code != 0) {
        keeper_close(keeper);
        return code;
    }
    open_files(keeper, 0);
    sweep(keeper, SIZE_MAX);
    *ret = keeper;
    return 0;
}

void keeper_close(struct keeper *keeper)
{
    if (!keeper)
        return;
    for (unsigned i = 0; i < JOURNAL_FILES; i++)
        ring_file_close(&keeper->files[i]);
    if (keeper->index.buckets > 0)
        index_fini(&keeper->index);
    joins_close(&keeper->joins);
    free(keeper->directory);
    free(keeper);
}

/* ---- A record */

static void count_dropped(struct keeper *keeper)
{
    keeper->figures.dropped++;
    keeper->files[JOURNAL_KNOWN].marked = false; /* whose mark tells of it */
}

/* What is written of one packet. */
struct noting {
    struct entry_record record;
    struct journal_entry_header header;
    struct store_key keys[JOURNAL_IDS];
    unsigned file;
};

/* Whose account it is: that of the host's identifier, if any is one of a host's; else of what the machine goes by. So
 * whoever shows the UUID of a host with forged MACs takes the room of that host alone. */
static void find_account(const struct keeper *keeper, struct noting *noting)
{
    noting->file = JOURNAL_STRANGERS;
    noting->header.account = JOURNAL_IDS;
    for (unsigned i = JOURNAL_IDS; i-- > 0;)
        if (noting->keys[i].size > 0)
            noting->header.account = (uint8_t)i;
    for (unsigned i = 0; i < JOURNAL_IDS; i++) {
        if (is_known(keeper, &noting->keys[i])) {
            noting->header.account = (uint8_t)i;
            noting->file = JOURNAL_KNOWN;
            return;
        }
    }
}

static bool read_item(const struct keeper *keeper, const struct journal_item *item, struct journal_row *row,
                      struct entry_record *ret)
{
    struct journal_entry_header header;
    struct netboot_bytes octets;

    return journal_file_read(&keeper->files[item->file].file, item->offset, item->size, item->number, row, &header,
                             &octets) &&
           record_decode(&record_entry, octets, ret) == 0;
}

static bool goes_on(const struct entry_record *before, const struct entry_record *now)
{
    return entry_is_same_step(before, now) && journal_goes_on(before->family, (uint8_t)before->replies, before->last,
                                                              (uint8_t)(now->replies >> 8), now->first);
}

static void join_step(struct noting *noting, const struct entry_record *before, uint64_t number)
{
    struct entry_record *record = &noting->record;

    noting->header.replaces = number;
    record->first = before->first;
    record->exchanges = before->exchanges;
    record->packets =
        (uint16_t)(before->packets < UINT16_MAX - record->packets ? before->packets + record->packets : UINT16_MAX);
    record->replies = (uint16_t)((before->replies & 0xff00) | (record->replies & 0xff));
}

/* By the machine's last entries: whether the record goes on with one, which is the newest of its server and family, and
 * what is carried on from entry to entry. */
static void follow_machine(const struct keeper *keeper, struct noting *noting)
{
    const struct journal_key *machine = NULL;
    struct entry_record before;
    struct journal_row row;
    unsigned seen = 0;

    noting->record.machine_first = noting->record.first;
    noting->record.exchanges = 1;
    for (unsigned i = 0; i < JOURNAL_IDS && !machine; i++)
        if (noting->keys[i].size > 0 && !(machine = index_find_key(&keeper->index, &noting->keys[i])))
            return;
    for (const struct journal_show *show = machine ? machine->newest : NULL; show && seen < JOIN_BACK;
         show = show->older) {
        if (item_machine(show->item) != machine || !read_item(keeper, show->item, &row, &before))
            continue;
        if (seen++ == 0) {
            noting->record.machine_first = before.machine_first;
            noting->record.exchanges = before.exchanges + 1;
        }
        if (before.family != noting->record.family || !bytes_same(before.server, noting->record.server))
            continue;
        if (goes_on(&before, &noting->record))
            join_step(noting, &before, show->item->number);
        return;
    }
}

/* False: its account has written as much as it may in this minute. */
static bool may_write(const struct keeper *keeper, const struct noting *noting, uint64_t now_ms)
{
    struct journal_key *account = NULL;
    uint32_t minute = (uint32_t)(now_ms / 60000) + 1;

    if (noting->header.account < JOURNAL_IDS)
        account = index_find_key(&keeper->index, &noting->keys[noting->header.account]);
    if (!account)
        return true;
    if (account->minute != minute)
        account->steps = 0;
    account->minute = minute;
    return account->steps++ < KEEPER_STEPS_A_MINUTE;
}

static int write_entry(struct keeper *keeper, struct noting *noting)
{
    struct ring_file *file = &keeper->files[noting->file];
    uint8_t octets[JOURNAL_RECORD_MAX];
    struct journal_placed placed;
    ssize_t size = record_encode(&record_entry, &noting->record, octets, sizeof(octets));

    if (size < 0)
        return (int)size;
    noting->header.number = keeper->number + 1;
    int code =
        ring_file_append(file, &keeper->index, &noting->header, (struct netboot_bytes){octets, (size_t)size}, &placed);
    if (code != 0)
        return code;
    keeper->number++;
    return index_add(&keeper->index, &placed, &noting->record);
}

static void after_writing(struct keeper *keeper, const struct noting *noting)
{
    const struct journal_item *item = index_find(&keeper->index, keeper->number);

    keeper->figures.written++;
    if (!item)
        return;
    publish_shown(keeper, item);
    if (item_account(item))
        index_trim(&keeper->index, item_account(item), ring_file_share(&keeper->files[noting->file], &keeper->index));
}

static void note(struct keeper *keeper, const struct keeper_server *server, struct ring_record *taken,
                 const struct keeper_time *now)
{
    struct netboot_journal_entry *entry = &taken->entry;
    struct entry_octets octets;
    struct noting noting = {.file = 0};
    int code;

    if (entry->last > now->wall || entry->last + PAST_MS < now->wall)
        entry->first = entry->last = now->wall;
    snprintf(entry->server, sizeof(entry->server), "%s", server->name);
    entry->joins = server->joins;
    entry_to_record(entry, &octets, &noting.record);
    entry_keys(&noting.record, noting.keys);
    find_account(keeper, &noting);
    if (!may_write(keeper, &noting, now->running)) {
        keeper->figures.held++;
        count_dropped(keeper);
        return;
    }
    follow_machine(keeper, &noting);
    code = write_entry(keeper, &noting);
    if (code == 0)
        after_writing(keeper, &noting);
    else
        count_dropped(keeper);
    keeper->figures.trouble = code;
}

/* ---- Draining */

static void write_marks(struct keeper *keeper)
{
    for (unsigned i = 0; i < JOURNAL_FILES; i++)
        may_fail(ring_file_mark(&keeper->files[i], keeper->number, keeper->figures.dropped));
}

size_t keeper_drain(struct keeper *keeper, struct ring *ring, const struct keeper_server *server,
                    const struct keeper_time *now, bool hung_up)
{
    struct ring_record record;
    size_t count = 0;
    int code;

    for (; count < KEEPER_BATCH && (code = ring_take(ring, now->running, hung_up, &record)) != 0; count++) {
        if (code > 0)
            note(keeper, server, &record, now);
        else
            keeper->figures.spoilt++;
    }
    if (count > 0)
        write_marks(keeper);
    return count;
}

void keeper_tick(struct keeper *keeper, const struct keeper_time *now)
{
    look_at_files(keeper, now->running);
    sweep(keeper, SWEEP);
}

const struct joins *keeper_joins(const struct keeper *keeper)
{
    return &keeper->joins;
}

void keeper_figures(const struct keeper *keeper, struct keeper_figures *ret)
{
    *ret = keeper->figures;
    ret->joins = keeper->joins.count;
    for (unsigned i = 0; i < JOURNAL_FILES; i++)
        journal_file_add_state(&keeper->files[i].file, i, &keeper->index, &ret->state);
    ret->state.dropped = ret->dropped;
}
