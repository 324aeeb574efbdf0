/* SPDX-License-Identifier: MPL-2.0 */
/* The state store: creation, opening, records, and the lock and doubt of those who write it. */
#include "once/once_store.h"

#include "base/bytes.h"
#include "base/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define ONCE_FORMAT 1
#define DOUBT_OFFSET 64
#define BUSY_MS 1000

static const struct db_spec once_spec = {
    .name = "state",
    .what = "state store",
    .loss = "what was armed to boot once is lost",
    .format = ONCE_FORMAT,
    .tables = ONCE_TABLES,
    .table_names = {[ONCE_META] = "meta", [ONCE_TABLE] = "once"},
    .cursor_table = ONCE_TABLE,
    .servers_write = true,
};

/* ---- The whole */

static int fill(MDB_txn *txn, const MDB_dbi *tables)
{
    uint8_t format[4] = {0, 0, 0, ONCE_FORMAT};
    MDB_val key = {6, "format"}, value = {sizeof(format), format};

    return mdb_put(txn, tables[ONCE_META], &key, &value, 0);
}

int once_create(const char *directory, struct netboot_error *error)
{
    return db_place_create(&once_spec, directory, fill, error);
}

/* Which start of this machine it is: the clock of struct once_time begins anew at each. */
static uint64_t read_clock_id(void)
{
    char text[37] = "";
    uint64_t id = 0;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        ssize_t size = read(fd, text, sizeof(text) - 1);
        close(fd);
        for (ssize_t i = 0; i < size; i++)
            id = (id ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
    }
    if (id == 0 && getrandom(&id, sizeof(id), 0) != sizeof(id))
        id = 1;
    return id;
}

static void read_time(const struct once_store *once, struct once_time *ret)
{
    struct timespec wall, running;

    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_BOOTTIME, &running);
    ret->wall = (uint64_t)wall.tv_sec;
    ret->ms = (uint64_t)running.tv_sec * 1000 + (uint64_t)running.tv_nsec / 1000000;
    ret->clock = once->clock;
}

int once_prepare(struct once_store *once, const char *directory, const struct netboot_store_options *options,
                 struct netboot_error *error)
{
    const char *server = options->server ? options->server : program_invocation_short_name;
    int code = db_place_init(&once->place, &once_spec, directory, error);

    if (code != 0)
        return code;
    snprintf(once->server, sizeof(once->server), "%s", server);
    once->clock = read_clock_id();
    once->time = read_time;
    once->place.server = options->follow;
    once->place.check_most = options->check_most;
    return db_place_prepare(&once->place, options->readers, error);
}

void once_open(struct once_store *once)
{
    struct netboot_error error;

    db_place_open(&once->place, 0, &error);
}

void once_tick(struct once_store *once, bool clear_readers)
{
    db_place_follow(&once->place, clear_readers, NULL);
}

void once_close(struct once_store *once)
{
    db_place_close(&once->place);
}

void once_fini(struct once_store *once)
{
    db_place_fini(&once->place);
}

/* ---- Doubt */

static bool pass_doubt(const struct once_store *once, bool draw, uint64_t *ret)
{
    int fd = open(once->place.write_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    bool passed;

    if (fd < 0)
        return false;
    if (draw)
        passed = getrandom(ret, sizeof(*ret), 0) == sizeof(*ret) &&
                 pwrite(fd, ret, sizeof(*ret), DOUBT_OFFSET) == sizeof(*ret) && fdatasync(fd) == 0;
    else
        passed = pread(fd, ret, sizeof(*ret), DOUBT_OFFSET) == sizeof(*ret);
    close(fd);
    return passed;
}

void once_read_doubt(const struct once_store *once, struct once_time *now)
{
    now->doubt = 0;
    now->certain = now->ms >= atomic_load(&once->doubtful) && pass_doubt(once, false, &now->doubt);
}

void once_raise_doubt(struct once_store *once, const struct once_time *now)
{
    uint64_t doubt;

    if (!pass_doubt(once, true, &doubt))
        atomic_store(&once->doubtful, now->ms + NETBOOT_ONCE_WINDOW_MAX * UINT64_C(1000));
}

/* ---- Whether there is anything
 *
 * Most of the time no host is armed. Then a packet only asks LMDB for the number of the newest once. The number counts
 * from one on in each environment, and so does that of the maps.
 */

static uint64_t state_number(const struct db *db, size_t transaction)
{
    return (uint64_t)(uint32_t)db->epoch << 32 | (uint32_t)(transaction + 1);
}

bool once_is_empty(struct once_store *once)
{
    struct db_reader *reader;
    MDB_envinfo info;
    bool empty;

    if (db_take(&once->place, &reader) != 0)
        return false;
    empty = mdb_env_info(reader->db->mdb, &info) == 0 &&
            atomic_load_explicit(&once->nothing, memory_order_relaxed) == state_number(reader->db, info.me_last_txnid);
    db_give(reader);
    return empty;
}

void once_note_empty(struct once_store *once, MDB_txn *txn)
{
    MDB_stat status;

    if (mdb_stat(txn, db_place_table(&once->place, txn, ONCE_TABLE), &status) == 0 && status.ms_entries == 0)
        atomic_store_explicit(&once->nothing, state_number(db_of(txn), mdb_txn_id(txn)), memory_order_relaxed);
}

/* ---- Records */

static void unpack(struct once_record *record)
{
    memset(record->exchanges, 0, sizeof(record->exchanges));
    for (size_t i = 0; i < record->stored.count && i < ONCE_METHODS; i++) {
        const uint8_t *octets = record->stored.items[i].data;
        struct once_exchange *exchange = &record->exchanges[i];
        exchange->state = octets[0];
        exchange->has_mac = octets[1] != 0;
        memcpy(exchange->mac, octets + 2, NETBOOT_MAC_SIZE);
        memcpy(&exchange->transaction, octets + 8, sizeof(exchange->transaction));
        memcpy(&exchange->ms, octets + 12, sizeof(exchange->ms));
    }
}

static void pack(struct once_record *record, uint8_t octets[ONCE_METHODS][ONCE_EXCHANGE_SIZE])
{
    memset(octets, 0, ONCE_METHODS * ONCE_EXCHANGE_SIZE);
    record->stored.count = ONCE_METHODS;
    for (size_t i = 0; i < ONCE_METHODS; i++) {
        const struct once_exchange *exchange = &record->exchanges[i];
        octets[i][0] = exchange->state;
        octets[i][1] = exchange->has_mac;
        memcpy(octets[i] + 2, exchange->mac, NETBOOT_MAC_SIZE);
        memcpy(octets[i] + 8, &exchange->transaction, sizeof(exchange->transaction));
        memcpy(octets[i] + 12, &exchange->ms, sizeof(exchange->ms));
        record->stored.items[i] = (struct netboot_bytes){octets[i], ONCE_EXCHANGE_SIZE};
    }
}

int once_get(const struct once_store *once, MDB_txn *txn, const struct store_key *key, struct once_record *ret)
{
    MDB_val row = key_value(key), value;
    int rc = mdb_get(txn, db_place_table(&once->place, txn, ONCE_TABLE), &row, &value);

    if (rc != 0)
        return db_code(rc);
    int code = record_decode(&record_once, value_bytes(value), ret);
    if (code == 0)
        unpack(ret);
    return code;
}

int once_put(const struct once_store *once, MDB_txn *txn, const struct store_key *key, struct once_record *record)
{
    uint8_t exchanges[ONCE_METHODS][ONCE_EXCHANGE_SIZE], octets[ONCE_RECORD_MAX];

    pack(record, exchanges);
    ssize_t size = record_encode(&record_once, record, octets, sizeof(octets));
    if (size < 0)
        return EINVAL;
    MDB_val row = key_value(key), value = {(size_t)size, octets};
    return mdb_put(txn, db_place_table(&once->place, txn, ONCE_TABLE), &row, &value, 0);
}

/* ---- Writing */

int once_write_begin(struct once_store *once, unsigned deadline_ms, bool packet, struct once_writing *ret,
                     struct netboot_error *error)
{
    int code;

    if ((ret->lock = writers_lock(&once->place, deadline_ms, error)) < 0)
        return ret->lock;
    if (packet && once->place.server)
        code = db_write_now(&once->place, &ret->txn, &ret->reader);
    else
        code = db_write_begin(&once->place, &ret->txn, &ret->reader, error);
    if (code != 0)
        writers_unlock(ret->lock);
    return code;
}

int once_write_end(struct once_writing *write, int code, struct netboot_error *error)
{
    if (code == 0) {
        int rc = mdb_txn_commit(write->txn);
        if (rc != 0)
            code = db_failure(write->reader->db, rc, "change", error);
    } else {
        mdb_txn_abort(write->txn);
    }
    db_give(write->reader);
    writers_unlock(write->lock);
    return code;
}

/* How long to wait for the lock. Where another writer was not done in time, what need not be written is not waited for
 * a while: a writer that is stopped would cost every packet its deadline. */
unsigned once_deadline(struct once_store *once, bool needed, const struct once_time *now)
{
    return needed || now->ms >= atomic_load(&once->busy) ? ONCE_SERVER_MS : 0;
}

void once_note_busy(struct once_store *once, const struct once_time *now)
{
    atomic_store(&once->busy, now->ms + BUSY_MS);
}
