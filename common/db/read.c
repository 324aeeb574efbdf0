/* SPDX-License-Identifier: MPL-2.0 */
/* Look-ups: a reader with a transaction of the newest state. */
#include "db/inside.h"

#include "base/clock.h"

#include <errno.h>

/* In a server, its thread repairs the failure; packets just fail. */
static int begin_failed(struct db_place *place, struct db_reader *reader, int rc)
{
    struct db *db = reader->db;

    db_note_broken(db, rc);
    if (rc == MDB_MAP_RESIZED)
        db_place_ask(place, &db->outgrown);
    db_give(reader);
    if (rc == MDB_MAP_RESIZED && !place->server)
        return db_place_remap(place, 0, 0);
    return db_code(rc);
}

int db_read_begin(struct db_place *place, struct db_reader **ret)
{
    struct db_reader *reader;
    int code;

    while ((code = db_take(place, &reader)) == 0) {
        int rc = reader->txn ? mdb_txn_renew(reader->txn) : db_make_reader(reader);
        if (rc == 0) {
            *ret = reader;
            return 0;
        }
        if ((code = begin_failed(place, reader, rc)) != 0)
            break;
    }
    return code;
}

static bool comes_again(const struct db_place *place)
{
    const struct db *db = atomic_load(&place->current);

    return db && (db == &db_between || atomic_load(&db->outgrown));
}

int db_read_wait(struct db_place *place, struct db_reader **ret)
{
    enum { WAIT_MS = 200 };
    uint64_t deadline = clock_us() + WAIT_MS * 1000;
    int code;

    while ((code = db_read_begin(place, ret)) == -EAGAIN && comes_again(place) && clock_us() < deadline)
        sleep_us(1000);
    return code;
}

int db_renew_cursor(struct db_reader *reader)
{
    int rc = mdb_cursor_renew(reader->txn, reader->cursor);

    if (rc != 0)
        db_note_broken(reader->db, rc);
    return rc;
}
