/* SPDX-License-Identifier: MPL-2.0 */
/* The journal's environment, and the thread that empties the queue into it. */
#include "journal/journal.h"

#include "base/clock.h"
#include "base/failure.h"
#include "store/view.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_FORMAT 1
#define TICK_MS 100   /* between two looks at the queue, so that packets need wake no one */
#define OPEN_MS 500   /* between two looks at the files */
#define LOCK_MS 100   /* that other writers are waited for */
#define START_MS 1000 /* that a server's start waits for the first attempt to open it */
#define TELL_MS 60000 /* between two reports of lost records */

static const struct db_spec journal_spec = {
    .name = "journal",
    .what = "journal",
    .made_anew = true,
    .format = JOURNAL_FORMAT,
    .tables = JOURNAL_TABLES,
    .table_names =
        {[JOURNAL_META] = "meta", [JOURNAL_ENTRY] = "entry", [JOURNAL_MACHINE] = "machine", [JOURNAL_ID] = "id"},
    .cursor_table = JOURNAL_ENTRY,
    .servers_write = true,
    .may_lose_last = true,
};

/* ---- Creation */

static int fill(MDB_txn *txn, const MDB_dbi *tables)
{
    uint8_t format[4] = {0, 0, 0, JOURNAL_FORMAT}, identity[8];
    MDB_val keys[] = {
        {6, "format"},
        {2, "id"    }
    };
    MDB_val values[] = {
        {sizeof(format),   format  },
        {sizeof(identity), identity}
    };

    if (getrandom(identity, sizeof(identity), 0) != sizeof(identity))
        return EIO;
    int rc = mdb_put(txn, tables[JOURNAL_META], &keys[0], &values[0], 0);
    return rc == 0 ? mdb_put(txn, tables[JOURNAL_META], &keys[1], &values[1], 0) : rc;
}

int journal_create(const char *directory, struct netboot_error *error)
{
    return db_place_create(&journal_spec, directory, fill, error);
}

/* ---- Opening */

/* A journal that is missing or damaged is no reason to do without one. 0 also where another program was faster. */
static int make_anew(struct journal *journal, bool is_there, const struct stat *damaged, struct netboot_error *error)
{
    const char *directory = journal->place.directory;
    struct stat status;
    int code = 0;

    if (stat(directory, &status) != 0)
        return failure(error, -errno, "the directory %s cannot be looked at: %s", directory, strerror(errno));
    if (is_there)
        code = db_place_set_aside(&journal_spec, directory, damaged, error);
    if (code == 0)
        code = journal_create(directory, error);
    return code == -EEXIST ? 0 : code;
}

/* Whether it had to be made anew, and why, is in `ret_cause`: 0, -ENOENT, -EBADMSG. */
static int try_open(struct journal *journal, int *ret_cause, struct netboot_error *error)
{
    enum { DEADLINE_MS = 1000 };
    struct db_place *place = &journal->place;
    struct netboot_error reason;
    struct stat damaged;
    bool is_there = stat(place->data_path, &damaged) == 0;
    int code = db_place_open(place, DEADLINE_MS, error);

    *ret_cause = 0;
    if (code != -ENOENT && code != -EBADMSG)
        return code;
    int made = make_anew(journal, is_there, &damaged, &reason);
    if (made == 0) {
        *ret_cause = code;
        return db_place_open(place, DEADLINE_MS, error);
    }
    if (made == -EACCES || made == -EPERM)
        return failure(error, code,
                       "%s and this program may not make it anew: run 'netbootctl -d %s init' as root, which makes it",
                       code == -ENOENT ? "there is no journal," : "the journal is damaged,", place->directory);
    return failure(error, made, "%s", reason.text);
}

/* ---- What a server's log is told */

/* `cause`: why it was made anew, or 0. */
static void note_open(struct journal *journal, int cause)
{
    const char *directory = journal->place.directory;
    struct netboot_error state;

    if (cause == -ENOENT)
        failure(&state, cause, "the journal in %s was not there, and was made anew", directory);
    else if (cause != 0)
        failure(&state, cause, "the journal in %s was damaged, and was made anew; what it was is in %s/%s.damaged",
                directory, directory, journal_spec.name);
    else
        failure(&state, 0, "the journal in %s is open", directory);
    notice_tell(&journal->notice, true, &state);
}

static void tell_dropped(struct journal *journal, uint64_t now_ms)
{
    uint64_t dropped = journal_all_dropped(journal);
    struct netboot_error lost;

    if (dropped == journal->reported || (journal->reported > 0 && now_ms < journal->reported_ms + TELL_MS) ||
        !journal->notice.usable || notice_waits(&journal->notice))
        return;
    failure(&lost, -ENOBUFS,
            "%" PRIu64 " records of the journal in %s were lost, as more came than could be written: answers are "
            "not affected; see whether its disk is slow or full, or who holds it locked",
            dropped - journal->reported, journal->place.directory);
    notice_tell_event(&journal->notice, NETBOOT_EVENT_LOST, &lost);
    journal->reported = dropped;
    journal->reported_ms = now_ms;
}

uint64_t netboot_journal_written(const struct netboot_store *store)
{
    return atomic_load_explicit(&store->journal->written, memory_order_relaxed);
}

uint64_t netboot_journal_dropped(const struct netboot_store *store)
{
    return store->journal->on ? journal_all_dropped(store->journal) : 0;
}

/* ---- The thread */

/* Whether the environment is open, and of the files that are there. */
static bool is_open(struct journal *journal)
{
    struct db_place *place = &journal->place;
    struct db_reader *reader;

    if (db_take(place, &reader) != 0)
        return db_place_is_open(place);
    bool reopen = db_is_stale(reader);
    db_give(reader);
    return !reopen;
}

/* Without a journal the queue keeps what came last. */
static void lose_oldest(struct journal *journal)
{
    size_t count = queue_count(&journal->queue), ready = 0;
    struct netboot_journal_entry entry;

    if (count <= QUEUE_SLOTS / 2)
        return;
    while (ready < count - QUEUE_SLOTS / 2 && queue_look(&journal->queue, ready, &entry))
        ready++;
    queue_drop(&journal->queue, ready);
    atomic_fetch_add_explicit(&journal->lost, ready, memory_order_relaxed);
}

/* Without a targets store there is nothing to be told beside that. */
static bool has_store(const struct journal *journal)
{
    char path[DB_PATH_SIZE];

    snprintf(path, sizeof(path), "%s/%s/data.mdb", journal->place.directory, store_spec.name);
    return access(path, F_OK) == 0;
}

static void look_at_files(struct journal *journal, uint64_t now_ms)
{
    struct netboot_error error;
    int cause;

    /* What is to be written is written to the files that are there. */
    if (now_ms < journal->opened_ms + OPEN_MS && journal->opened_ms > 0 && queue_count(&journal->queue) == 0)
        return;
    journal->opened_ms = now_ms;
    db_place_reap(&journal->place);
    if (is_open(journal) || !has_store(journal))
        return;
    int code = try_open(journal, &cause, &error);
    if (code == 0)
        note_open(journal, cause);
    else if (!db_place_is_open(&journal->place)) /* else it is in use, and opened anew at another time */
        notice_tell(&journal->notice, false, &error);
}

static void write_all(struct journal *journal)
{
    struct netboot_error error = {0};
    ssize_t count;

    while ((count = journal_write(journal, LOCK_MS, &error)) > 0)
        if (!journal->notice.usable)
            note_open(journal, 0);
    if (count >= 0)
        return;
    if (count != -ETIMEDOUT && count != -EAGAIN)
        notice_tell(&journal->notice, false, &error);
    if (count != -EBADMSG)
        return;
    db_place_close(&journal->place); /* LMDB found it damaged: the next look at the files finds another one */
    struct stat damaged;
    if (stat(journal->place.data_path, &damaged) == 0 && make_anew(journal, true, &damaged, &error) == 0)
        journal->opened_ms = 0;
}

static void empty_queue(struct journal *journal)
{
    if (db_place_is_open(&journal->place))
        write_all(journal);
}

static void work(void *data, unsigned round)
{
    struct journal *journal = data;
    uint64_t now_ms = clock_us() / 1000;

    (void)round;
    look_at_files(journal, now_ms);
    empty_queue(journal);
    lose_oldest(journal);
    tell_dropped(journal, now_ms);
}

/* ---- The whole */

int journal_prepare(struct journal *journal, const char *directory, const struct netboot_store_options *options,
                    const char *server, struct netboot_error *error)
{
    enum { FEW_READERS = 8 };
    int code = db_place_init(&journal->place, &journal_spec, directory, error);

    if (code != 0)
        return code;
    journal->on = options->journal;
    journal->join = options->journal && options->join;
    journal->server = server;
    journal->limit = options->journal_size > 0 ? options->journal_size : JOURNAL_SIZE;
    if (journal->limit < JOURNAL_SIZE_MIN)
        journal->limit = JOURNAL_SIZE_MIN;
    journal->place.first_map_size = journal->place.map_most = journal->limit;
    journal->place.server = options->follow;
    journal->place.check_most = options->check_most;
    notice_init(&journal->notice);
    code = db_place_prepare(&journal->place, journal->join ? options->readers : FEW_READERS, error);
    if (code == 0 && journal->on)
        code = queue_init(&journal->queue);
    return code;
}

int journal_start(struct journal *journal, struct netboot_error *error)
{
    if (!journal->on)
        return 0;
    int code = worker_start(&journal->worker, TICK_MS, work, journal);
    if (code != 0) {
        journal->on = false;
        return failure(error, code, "the thread that writes the journal cannot be started: %s", strerror(-code));
    }
    worker_wait(&journal->worker, START_MS);
    return 0;
}

void journal_close(struct journal *journal)
{
    if (journal->on) {
        worker_stop(&journal->worker);
        worker_fini(&journal->worker);
        empty_queue(journal);
    }
    db_place_close(&journal->place);
    notice_fini(&journal->notice);
}

void journal_fini(struct journal *journal)
{
    db_place_fini(&journal->place);
    queue_fini(&journal->queue);
}

int journal_mend(const char *directory, struct netboot_error *error)
{
    static const struct netboot_store_options options;
    struct journal journal = {0};
    int cause, code = journal_prepare(&journal, directory, &options, NULL, error);

    if (code == 0) {
        code = try_open(&journal, &cause, error);
        journal_close(&journal);
    }
    journal_fini(&journal);
    return code;
}
