/* SPDX-License-Identifier: MPL-2.0 */
/* The targets store as a whole: its size, its numbers, and who reads it. */
#include "store/view.h"

#include "base/failure.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* LMDB lists readers as lines of text after a heading, or says in parentheses that there are none. A line has the
 * process, its thread in hexadecimal digits, and the transaction, or a hyphen for none. */
static int reader_pid(const char *line, size_t *ret_transaction)
{
    long pid;

    *ret_transaction = SIZE_MAX;
    return sscanf(line, "%ld %*x %zu", &pid, ret_transaction) >= 1 && pid > 0 && pid <= INT_MAX ? (int)pid : 0;
}

struct reader_list {
    struct netboot_status *status;
    size_t newest; /* transaction */
};

static int count_reader(const char *line, void *user)
{
    const struct reader_list *list = user;
    struct netboot_status *status = list->status;
    size_t transaction;
    int pid = reader_pid(line, &transaction);

    if (pid == 0)
        return 0;
    status->readers++;
    if (transaction < list->newest && list->newest - transaction > status->oldest_behind) {
        status->oldest_behind = list->newest - transaction;
        status->oldest_pid = pid;
    }
    return 0;
}

static int database_status(struct netboot_view *view, struct netboot_status *ret)
{
    MDB_env *mdb = view->db->mdb;
    MDB_envinfo info;
    MDB_stat stat;
    int rc = mdb_env_info(mdb, &info);

    if (rc == 0)
        rc = mdb_env_stat(mdb, &stat);
    if (rc != 0)
        return db_code(rc);
    ret->size = (info.me_last_pgno + 1) * stat.ms_psize;
    ret->map_size = info.me_mapsize;
    return mdb_reader_list(mdb, count_reader, &(struct reader_list){ret, info.me_last_txnid}) < 0 ? -EIO : 0;
}

int netboot_view_status(struct netboot_view *view, struct netboot_status *ret, struct netboot_error *error)
{
    struct netboot_status status = {0};
    uint64_t format = 0;
    int code;

    if ((code = view_meta(view, "format", &format)) != 0 ||
        (code = view_meta(view, "generation", &status.generation)) != 0 ||
        (code = view_meta(view, "changed", &status.changed)) != 0 ||
        (code = view_meta(view, "hosts", &status.records[NETBOOT_RECORD_HOST])) != 0 ||
        (code = view_count(view, NETBOOT_RECORD_SITE, &status.records[NETBOOT_RECORD_SITE])) != 0 ||
        (code = view_count(view, NETBOOT_RECORD_LOADER, &status.records[NETBOOT_RECORD_LOADER])) != 0 ||
        (code = view_count(view, NETBOOT_RECORD_TARGET, &status.records[NETBOOT_RECORD_TARGET])) != 0 ||
        (code = database_status(view, &status)) != 0)
        return view_failed(view, code, error);
    if (view->hosts)
        status.records[NETBOOT_RECORD_HOST] = *view->hosts;
    status.format = (uint32_t)format;
    *ret = status;
    return 0;
}

struct pids {
    size_t count;
    int *items;
    bool failed;
};

/* Keeps it in an array that doubles. */
static int keep_pid(const char *line, void *user)
{
    struct pids *pids = user;
    size_t transaction;
    int pid = reader_pid(line, &transaction);

    for (size_t i = 0; i < pids->count; i++)
        if (pids->items[i] == pid)
            return 0;
    if (pid == 0)
        return 0;
    if ((pids->count & (pids->count - 1)) == 0) {
        int *items = realloc(pids->items, (pids->count > 0 ? 2 * pids->count : 1) * sizeof(*items));
        if (!items)
            return pids->failed = true;
        pids->items = items;
    }
    pids->items[pids->count++] = pid;
    return 0;
}

int netboot_view_readers(struct netboot_view *view, int (*each)(int pid, void *user), void *user,
                         struct netboot_error *error)
{
    struct pids pids = {0};
    int rc = mdb_reader_list(view->db->mdb, keep_pid, &pids), code = 0;

    if (pids.failed)
        code = failure_no_memory(error);
    else if (rc < 0)
        code = failure(error, -EIO, "cannot list the readers of the targets store in %s", view->store->directory);
    for (size_t i = 0; i < pids.count && code == 0; i++)
        code = each(pids.items[i], user);
    free(pids.items);
    return code;
}
