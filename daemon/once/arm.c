/* SPDX-License-Identifier: MPL-2.0 */
/* What people do: arm, disarm, report done. Each call is one batch of the log for all hosts, or nothing. */
#include "once/inside.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "base/sized.h"
#include "once/clock.h"
#include "once/machine.h"
#include "once/once.h"

#include <stdlib.h>

/* ---- Requests */

#define REQUEST_LEAST SIZED_UP_TO(struct netboot_once_request, by)

static int check_by(const char *by, struct netboot_error *error)
{
    if (by && strlen(by) >= NETBOOT_ONCE_BY_SIZE)
        return failure(error, -EINVAL, "the name of who does it is longer than %d octets", NETBOOT_ONCE_BY_SIZE - 1);
    return 0;
}

static struct once_record record_of(const struct netboot_once_request *request, const uint8_t *token, uint64_t wall)
{
    unsigned tries = request->tries > 0 ? request->tries : ONCE_TRIES;

    return (struct once_record){
        .token = {token, ONCE_TOKEN_SIZE},
        .target = bytes_of_text(request->target),
        .by = bytes_of_text(request->by),
        .armed = wall,
        .expires = request->expires > 0 ? request->expires : wall + ONCE_EXPIRY,
        .window = request->window < 0 ? ONCE_WINDOW_MS : (uint64_t)request->window * 1000,
        .tries = request->until_done ? (uint16_t)tries : 1,
        .until_done = request->until_done,
        .phase = ONCE_ARMED,
    };
}

/* ---- The end of a call */

static struct book_act act_of(enum book_act_kind kind, const struct control_host *hosts, size_t count,
                              const char *target, const char *by)
{
    struct book_act act = {.kind = kind, .hosts = (uint32_t)count, .key = hosts[0].key};
    struct once_time now;

    once_clock(&now);
    act.when = now.wall;
    bytes_to_text(bytes_of_text(target), act.target, sizeof(act.target));
    bytes_to_text(bytes_of_text(by), act.by, sizeof(act.by));
    return act;
}

/* Writes what was changed and who did it, or undoes it. */
static int finish(struct book *book, int code, struct log_batch *batch, const struct book_act *act,
                  struct netboot_error *error)
{
    if (code == 0) {
        acts_write(act, batch);
        code = book_write(book, batch);
        if (code != 0)
            failure(error, code, "that cannot be written: %s", strerror(-code));
    }
    log_free(batch);
    if (code != 0) {
        rows_undo(&book->rows);
        return code;
    }
    rows_keep(&book->rows);
    acts_add(book, act);
    return 0;
}

/* ---- Arming */

static int put_armed(struct book *book, const struct control_host *host, struct once_record *record,
                     struct netboot_error *error)
{
    struct row *row = rows_find(&book->rows, &host->key);
    uint8_t octets[ONCE_RECORD_MAX];

    record->store = host->store;
    record->born = host->born;
    ssize_t size = stored_write(record, octets);
    if (size < 0)
        return failure(error, -EINVAL, "that does not fit into a record");
    if (!row && !(row = rows_add(&book->rows, &host->key)))
        return failure_no_memory(error);
    row->syncs = 0; /* a new arming has all of them: packets cannot arm */
    if (!row_put_octets(&book->rows, row, (struct netboot_bytes){octets, (size_t)size}, true)) {
        if (row->fresh && !row->changed)
            rows_remove(&book->rows, row);
        return failure_no_memory(error);
    }
    takings_drop_of_row(book, row);
    return 0;
}

static size_t count_new(const struct book *book, const struct control_host *hosts, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        const struct row *row = rows_find(&book->rows, &hosts[i].key);
        found += !row || !row->armed;
    }
    return found;
}

static int check_hosts(const struct book *book, const struct control_host *hosts, size_t count,
                       struct netboot_error *error)
{
    if (count == 0)
        return failure(error, -EINVAL, "no host is named");
    for (size_t i = 0; i < count; i++)
        if (hosts[i].key.size < 2 || hosts[i].key.size > KEY_SIZE)
            return failure(error, -EINVAL, "a host has no key");
    if (book->armed->count + count_new(book, hosts, count) > ARMED_MOST)
        return failure(error, -ENOSPC, "%zu hosts are armed, and no more than %d can be: disarm those that are used",
                       book->armed->count, ARMED_MOST);
    return 0;
}

int book_arm(struct book *book, const struct control_host *hosts, size_t count,
             const struct netboot_once_request *request, struct netboot_error *error)
{
    struct netboot_once_request known;
    struct log_batch batch = {.octets = NULL};
    uint8_t token[ONCE_TOKEN_SIZE];
    int code = sized_read(request, REQUEST_LEAST, "request to boot once", &known, sizeof(known), error);

    if (code == 0)
        code = once_check_request(&known, error);
    if (code == 0)
        code = check_hosts(book, hosts, count, error);
    if (code != 0)
        return code;
    struct book_act act = act_of(ACT_ARM, hosts, count, known.target, known.by);
    once_random(token, sizeof(token));
    struct once_record record = record_of(&known, token, act.when);
    for (size_t i = 0; i < count && code == 0; i++)
        code = put_armed(book, &hosts[i], &record, error);
    return finish(book, code, &batch, &act, error);
}

/* ---- Disarming */

static struct row *find_of(const struct book *book, const struct control_host *host, struct once_record *ret)
{
    struct row *row = rows_find(&book->rows, &host->key);

    return row && row_get(row, ret) == 0 && book_is_of(ret, host) ? row : NULL;
}

/* Each once, in `ret`. */
static size_t collect(const struct book *book, const struct control_host *hosts, size_t count, struct row **ret)
{
    struct once_record record;
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        struct row *row = find_of(book, &hosts[i], &record);
        if (row && !row->going) {
            row->going = true;
            ret[found++] = row;
        }
    }
    return found;
}

int book_disarm(struct book *book, const struct control_host *hosts, size_t count, const char *by,
                struct netboot_error *error)
{
    struct log_batch batch = {.octets = NULL};
    int code = check_by(by, error);

    if (code != 0 || count == 0)
        return code;
    struct row **rows = malloc(count * sizeof(*rows));
    if (!rows)
        return failure_no_memory(error);
    size_t found = collect(book, hosts, count, rows);
    struct book_act act = act_of(ACT_DISARM, hosts, found, NULL, by);
    if (found > 0) {
        act.key = rows[0]->key;
        acts_write(&act, &batch);
        code = book_write_gone(book, &batch, rows, found);
        if (code == 0)
            acts_add(book, &act);
        else
            failure(error, code, "that cannot be written: %s", strerror(-code));
    }
    log_free(&batch);
    free(rows);
    return code;
}

/* ---- The report of an installer */

static int put_done(struct book *book, const struct control_host *host, uint64_t when, struct netboot_error *error)
{
    struct once_record record;
    struct row *row = find_of(book, host, &record);

    if (!row)
        return failure(error, -ENOENT, "a host has no boot-once that could be done");
    if (record.phase == ONCE_DONE)
        return 0;
    record.phase = ONCE_DONE;
    record.done = when;
    if (!row_put(&book->rows, row, &record, true))
        return failure_no_memory(error);
    takings_drop_of_row(book, row);
    return 0;
}

int book_done(struct book *book, const struct control_host *hosts, size_t count, const char *by,
              struct netboot_error *error)
{
    struct log_batch batch = {.octets = NULL};
    int code = check_by(by, error);

    if (code == 0 && count == 0)
        code = failure(error, -EINVAL, "no host is named");
    if (code != 0)
        return code;
    struct book_act act = act_of(ACT_DONE, hosts, count, NULL, by);
    for (size_t i = 0; i < count && code == 0; i++)
        code = put_done(book, &hosts[i], act.when, error);
    return finish(book, code, &batch, &act, error);
}
