/* SPDX-License-Identifier: MPL-2.0 */
/* The machines of the journal for people, one transaction each. */
#include "journal/read.h"

#include "base/failure.h"
#include "store/view.h"

#include <errno.h>
#include <stdlib.h>

struct listed_machine {
    struct netboot_journal_machine machine;
    struct journal_row row;
};

static bool is_shared(const struct journal *journal, MDB_txn *txn, struct netboot_bytes id)
{
    struct journal_row row;
    struct shown_record shown;
    struct store_key key;

    return key_of_item(&key, id) &&
           journal_get(journal, txn, JOURNAL_ID, key_value(&key), &record_shown, &row, &shown) == 0 &&
           (shown.machines.count > 1 || shown.overflow);
}

static int read_machine(const struct journal *journal, MDB_txn *txn, MDB_val key, struct listed_machine *ret)
{
    struct netboot_journal_machine *machine = &ret->machine;
    struct machine_record record;
    int code = journal_get(journal, txn, JOURNAL_MACHINE, key, &record_machine, &ret->row, &record);

    if (code != 0)
        return code;
    if (record.outcome > NETBOOT_ANSWERED)
        return -EBADMSG;
    *machine = (struct netboot_journal_machine){
        .id = {.type = (enum netboot_id_type)record.id.data[0], .size = (uint8_t)(record.id.size - 1)},
        .ids = record.ids,
        .first = record.first,
        .last = record.last,
        .exchanges = record.exchanges,
        .stages4 = record.stages4,
        .stages6 = record.stages6,
        .platform = record.platform,
        .arch = record.arch,
        .outcome = (enum netboot_outcome)record.outcome,
    };
    memcpy(machine->id.value, record.id.data + 1, record.id.size - 1);
    if (record.address4.size > 0)
        memcpy(machine->address4, record.address4.data, sizeof(machine->address4));
    if (record.address6.size > 0)
        memcpy(machine->address6, record.address6.data, sizeof(machine->address6));
    journal_copy_text(machine->host, sizeof(machine->host), record.host);
    journal_copy_text(machine->target, sizeof(machine->target), record.target);
    for (size_t i = 0; i < record.ids.count; i++)
        machine->shared |= (uint64_t)is_shared(journal, txn, record.ids.items[i]) << i;
    return 0;
}

/* The first machine behind `after` (size 0: at all), which becomes that one's key. -ENOENT. */
static int next_machine(struct netboot_store *store, struct store_key *after, struct listed_machine *ret,
                        struct netboot_error *error)
{
    MDB_val key = key_value(after), value;
    MDB_cursor *cursor;
    struct db_reader *reader;
    int code = journal_read_begin(store, &reader, error), rc;

    if (code != 0)
        return code;
    rc = mdb_cursor_open(reader->txn, db_place_table(&store->journal->place, reader->txn, JOURNAL_MACHINE), &cursor);
    if (rc == 0) {
        rc = mdb_cursor_get(cursor, &key, &value, after->size > 0 ? MDB_SET_RANGE : MDB_FIRST);
        if (rc == 0 && key_equals(after, key.mv_data, key.mv_size))
            rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
        while (rc == 0 && (key.mv_size > KEY_SIZE || read_machine(store->journal, reader->txn, key, ret) != 0))
            rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
        mdb_cursor_close(cursor);
    }
    if (rc == 0) {
        after->size = key.mv_size;
        memcpy(after->octets, key.mv_data, key.mv_size);
    }
    db_read_end(reader);
    if (rc != 0 && rc != MDB_NOTFOUND)
        return failure(error, db_code(rc), "the journal in %s cannot be read: %s", store->directory, mdb_strerror(rc));
    return rc == 0 ? 0 : -ENOENT;
}

static int each_machine(struct netboot_store *store, struct listed_machine *machine,
                        int (*each)(const struct netboot_journal_machine *, void *user), void *user,
                        struct netboot_error *error)
{
    struct store_key key = {.size = 0};
    int code;

    while ((code = next_machine(store, &key, machine, error)) == 0)
        if ((code = each(&machine->machine, user)) != 0)
            return code;
    /* Without a journal there is no key either; a machine that was there is not the journal's absence. */
    struct db_reader *reader;
    if (code == -ENOENT && journal_read_begin(store, &reader, error) == 0) {
        db_read_end(reader);
        return 0;
    }
    return code;
}

struct machine_keys {
    struct store_key *keys;
    size_t count, room;
};

static int keep_key(const struct store_key *key, void *user)
{
    struct machine_keys *keys = user;

    for (size_t i = 0; i < keys->count; i++)
        if (key_equals(key, keys->keys[i].octets, keys->keys[i].size))
            return 0;
    if (keys->count == keys->room) {
        size_t room = keys->room > 0 ? 2 * keys->room : 16;
        struct store_key *more = realloc(keys->keys, room * sizeof(*more));
        if (!more)
            return -ENOMEM;
        keys->keys = more;
        keys->room = room;
    }
    keys->keys[keys->count++] = *key;
    return 0;
}

static int each_wanted(struct netboot_store *store, const struct machine_keys *keys, struct listed_machine *machine,
                       int (*each)(const struct netboot_journal_machine *, void *user), void *user,
                       struct netboot_error *error)
{
    struct db_reader *reader;
    int code = 0;

    for (size_t i = 0; i < keys->count && code == 0; i++) {
        if ((code = journal_read_begin(store, &reader, error)) != 0)
            return code;
        int found = read_machine(store->journal, reader->txn, key_value(&keys->keys[i]), machine);
        db_read_end(reader);
        if (found == 0)
            code = each(&machine->machine, user);
    }
    return code;
}

static int find_keys(struct netboot_store *store, const struct netboot_id *ids, size_t count, struct machine_keys *ret,
                     struct netboot_error *error)
{
    struct db_reader *reader;
    int code = journal_read_begin(store, &reader, error);

    if (code != 0)
        return code;
    for (size_t i = 0; i < count && code == 0; i++)
        code = journal_each_key(store->journal, reader->txn, &ids[i], keep_key, ret);
    db_read_end(reader);
    return code == 0 ? 0 : failure(error, code, "no memory to read the journal");
}

int netboot_journal_machines(struct netboot_store *store, const struct netboot_id *ids, size_t count,
                             int (*each)(const struct netboot_journal_machine *, void *user), void *user,
                             struct netboot_error *error)
{
    struct machine_keys keys = {.count = 0};
    struct listed_machine *machine = malloc(sizeof(*machine));
    int code = machine ? 0 : failure(error, -ENOMEM, "no memory to read the journal");

    if (code == 0 && !ids)
        code = each_machine(store, machine, each, user, error);
    else if (code == 0 && (code = find_keys(store, ids, count, &keys, error)) == 0)
        code = each_wanted(store, &keys, machine, each, user, error);
    free(keys.keys);
    free(machine);
    return code;
}
