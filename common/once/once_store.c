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

#define STATE_FORMAT 1
#define DOUBT_OFFSET 64
#define BUSY_MS 1000

static const struct env_spec state_spec = {
    .name = "state",
    .what = "state store",
    .loss = "what was armed to boot once is lost",
    .format = STATE_FORMAT,
    .tables = STATE_TABLES,
    .table_names = {[STATE_META] = "meta", [STATE_ONCE] = "once"},
    .cursor_table = STATE_ONCE,
    .servers_write = true,
};

/* ---- The whole */

static int fill(MDB_txn *txn, const MDB_dbi *tables)
{
    uint8_t format[4] = {0, 0, 0, STATE_FORMAT};
    MDB_val key = {6, "format"}, value = {sizeof(format), format};

    return mdb_put(txn, tables[STATE_META], &key, &value, 0);
}

int state_create(const char *directory, struct netboot_error *error)
{
    return env_create(&state_spec, directory, fill, error);
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

static void read_time(const struct state *state, struct once_time *ret)
{
    struct timespec wall, running;

    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_BOOTTIME, &running);
    ret->wall = (uint64_t)wall.tv_sec;
    ret->ms = (uint64_t)running.tv_sec * 1000 + (uint64_t)running.tv_nsec / 1000000;
    ret->clock = state->clock;
}

int state_prepare(struct state *state, const char *directory, const struct netboot_store_options *options,
                  struct netboot_error *error)
{
    const char *server = options->server ? options->server : program_invocation_short_name;
    int code = env_init(&state->env, &state_spec, directory, error);

    if (code != 0)
        return code;
    snprintf(state->server, sizeof(state->server), "%s", server);
    state->clock = read_clock_id();
    state->time = read_time;
    state->env.server = options->follow;
    state->env.check_most = options->check_most;
    return env_prepare(&state->env, options->readers, error);
}

void state_open(struct state *state)
{
    struct netboot_error error;

    env_open(&state->env, 0, &error);
}

void state_tick(struct state *state, bool clear_readers)
{
    env_follow(&state->env, clear_readers, NULL);
}

void state_close(struct state *state)
{
    env_close(&state->env);
}

void state_fini(struct state *state)
{
    env_fini(&state->env);
}

/* ---- Doubt */

static bool pass_doubt(const struct state *state, bool draw, uint64_t *ret)
{
    int fd = open(state->env.write_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
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

void state_read_doubt(const struct state *state, struct once_time *now)
{
    now->doubt = 0;
    now->certain = now->ms >= atomic_load(&state->doubtful) && pass_doubt(state, false, &now->doubt);
}

void state_raise_doubt(struct state *state, const struct once_time *now)
{
    uint64_t doubt;

    if (!pass_doubt(state, true, &doubt))
        atomic_store(&state->doubtful, now->ms + ONCE_WINDOW_MAX * UINT64_C(1000));
}

/* ---- Whether there is anything
 *
 * Most of the time no host is armed. Then a packet only asks LMDB for the number of the newest state. The number counts
 * from one on in each environment, and so does that of the maps.
 */

static uint64_t state_number(const struct db *db, size_t transaction)
{
    return (uint64_t)(uint32_t)db->epoch << 32 | (uint32_t)(transaction + 1);
}

bool state_is_empty(struct state *state)
{
    struct env_slot *slot;
    MDB_envinfo info;
    bool empty;

    if (env_take(&state->env, &slot) != 0)
        return false;
    empty = mdb_env_info(slot->db->mdb, &info) == 0 &&
            atomic_load_explicit(&state->nothing, memory_order_relaxed) == state_number(slot->db, info.me_last_txnid);
    env_give(slot);
    return empty;
}

void state_note_empty(struct state *state, MDB_txn *txn)
{
    MDB_stat status;

    if (mdb_stat(txn, env_table(&state->env, txn, STATE_ONCE), &status) == 0 && status.ms_entries == 0)
        atomic_store_explicit(&state->nothing, state_number(env_db(txn), mdb_txn_id(txn)), memory_order_relaxed);
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

int state_get(const struct state *state, MDB_txn *txn, const struct key *key, struct once_record *ret)
{
    MDB_val row = key_value(key), value;
    int rc = mdb_get(txn, env_table(&state->env, txn, STATE_ONCE), &row, &value);

    if (rc != 0)
        return env_code(rc);
    int code = record_decode(&record_once, value_bytes(value), ret);
    if (code == 0)
        unpack(ret);
    return code;
}

int state_put(const struct state *state, MDB_txn *txn, const struct key *key, struct once_record *record)
{
    uint8_t exchanges[ONCE_METHODS][ONCE_EXCHANGE_SIZE], octets[STATE_RECORD_MAX];

    pack(record, exchanges);
    ssize_t size = record_encode(&record_once, record, octets, sizeof(octets));
    if (size < 0)
        return EINVAL;
    MDB_val row = key_value(key), value = {(size_t)size, octets};
    return mdb_put(txn, env_table(&state->env, txn, STATE_ONCE), &row, &value, 0);
}

/* ---- Writing */

int state_write_begin(struct state *state, unsigned deadline_ms, bool packet, struct state_write *ret,
                      struct netboot_error *error)
{
    int code;

    if ((ret->lock = env_lock_writers(&state->env, deadline_ms, error)) < 0)
        return ret->lock;
    if (packet && state->env.server)
        code = env_write_now(&state->env, &ret->txn, &ret->slot);
    else
        code = env_write_begin(&state->env, &ret->txn, &ret->slot, error);
    if (code != 0)
        env_unlock_writers(ret->lock);
    return code;
}

int state_write_end(struct state_write *write, int code, struct netboot_error *error)
{
    if (code == 0) {
        int rc = mdb_txn_commit(write->txn);
        if (rc != 0)
            code = env_failure(write->slot->db, rc, "change", error);
    } else {
        mdb_txn_abort(write->txn);
    }
    env_give(write->slot);
    env_unlock_writers(write->lock);
    return code;
}

/* How long to wait for the lock. Where another writer was not done in time, what need not be written is not waited for
 * a while: a writer that is stopped would cost every packet its deadline. */
unsigned state_deadline(struct state *state, bool needed, const struct once_time *now)
{
    return needed || now->ms >= atomic_load(&state->busy) ? STATE_SERVER_MS : 0;
}

void state_note_busy(struct state *state, const struct once_time *now)
{
    atomic_store(&state->busy, now->ms + BUSY_MS);
}
