/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The state store of before netbootd, which DHCP servers wrote: what was armed in it, so that it can be armed anew.
 * Nothing else reads it any more.
 */
#include "once/once.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "record/type.h"
#include "record/value.h"

enum { OLD_META, OLD_ONCE, OLD_TABLES };
enum { OLD_ARMED, OLD_STARTED, OLD_USED };

/* The fields that tell what is armed; the others are passed over. */
struct old_record {
    uint64_t store, expires, window, born;
    uint16_t tries, until_done, count, phase;
    struct netboot_bytes target, by;
};

static const struct record_field old_fields[] = {
    FIELD_NUMBER(2, old_record, store, 8, "store"),
    FIELD_BYTES(3, old_record, target, 1, NETBOOT_NAME_MAX, "name of a target", NULL, record_check_name),
    FIELD_BYTES(4, old_record, by, 1, NETBOOT_ONCE_BY_SIZE - 1, "name of who arms", NULL, record_check_text),
    FIELD_NUMBER(6, old_record, expires, 8, "time of expiry"),
    FIELD_NUMBER(7, old_record, window, 8, "window"),
    FIELD_NUMBER(8, old_record, tries, 2, "number of tries"),
    FIELD_NUMBER(9, old_record, until_done, 2, "mode"),
    FIELD_NUMBER(10, old_record, count, 2, "number of boots"),
    FIELD_NUMBER(11, old_record, phase, 2, "phase"),
    FIELD_OPTIONAL(22, old_record, born, 8, "number of the host"),
};
static const struct record_type old_type = RECORD_TYPE(old_fields, 1);

static const struct db_spec old_spec = {
    .name = "state",
    .what = "state store of an earlier version",
    .loss = "what was armed to boot once is lost",
    .format = 1,
    .tables = OLD_TABLES,
    .table_names = {[OLD_META] = "meta", [OLD_ONCE] = "once"},
    .cursor_table = OLD_ONCE,
};

struct reading {
    struct netboot_view *view;
    int (*each)(const struct netboot_id *id, const struct netboot_once *once, void *user);
    void *user;
};

static bool is_pending(const struct old_record *record)
{
    if (record->phase == OLD_ARMED || record->phase == OLD_STARTED)
        return true;
    return record->phase == OLD_USED && record->until_done && record->count < record->tries;
}

/* A host that the store has, and that something is armed for. */
static int read_row(const struct reading *reading, MDB_val row, MDB_val value)
{
    struct control_host host = {.key = {.size = row.mv_size}};
    struct netboot_once once = {.state = NETBOOT_ONCE_ARMED};
    struct netboot_id id = {.size = (uint8_t)(row.mv_size - 1)};
    struct old_record record;

    if (row.mv_size < 2 || row.mv_size > KEY_SIZE || record_decode(&old_type, value_bytes(value), &record) != 0)
        return 0;
    memcpy(host.key.octets, row.mv_data, row.mv_size);
    host.store = record.store;
    host.born = record.born;
    if (!is_pending(&record) || once_has_host(reading->view, &host) != 1)
        return 0;
    id.type = (enum netboot_id_type)host.key.octets[0];
    memcpy(id.value, host.key.octets + 1, id.size);
    once.until_done = record.until_done != 0;
    once.tries = record.tries;
    once.count = record.count;
    once.window = (unsigned)(record.window / 1000);
    once.expires = record.expires;
    bytes_to_text(record.target, once.target, sizeof(once.target));
    bytes_to_text(record.by, once.by, sizeof(once.by));
    return reading->each(&id, &once, reading->user);
}

static int read_all(struct db_place *place, const struct reading *reading)
{
    struct db_reader *reader;
    MDB_val row, value;
    int code = db_read_wait(place, &reader), rc;

    if (code != 0)
        return code;
    rc = db_renew_cursor(reader);
    if (rc == 0)
        rc = mdb_cursor_get(reader->cursor, &row, &value, MDB_FIRST);
    while (rc == 0 && code == 0) {
        code = read_row(reading, row, value);
        rc = mdb_cursor_get(reader->cursor, &row, &value, MDB_NEXT);
    }
    db_read_end(reader);
    return code != 0 || rc == MDB_NOTFOUND ? code : db_code(rc);
}

int netboot_view_once_before(struct netboot_view *view,
                             int (*each)(const struct netboot_id *id, const struct netboot_once *once, void *user),
                             void *user, struct netboot_error *error)
{
    const struct reading reading = {view, each, user};
    struct db_place place;
    int code = db_place_init(&place, &old_spec, view->store->directory, error);

    if (code == 0)
        code = db_place_prepare(&place, 1, error);
    if (code != 0)
        return code;
    if ((code = db_place_open(&place, 0, error)) == 0 && (code = read_all(&place, &reading)) != 0)
        failure(error, code, "the state of an earlier version in %s cannot be read: %s", view->store->directory,
                strerror(code < 0 ? -code : 0));
    db_place_close(&place);
    db_place_fini(&place);
    return code;
}
