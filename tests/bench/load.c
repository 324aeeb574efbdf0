/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What LMDB alone takes for the rows of a store: reads them from STORE and loads them, sorted, into an environment in
 * COPY with MDB_APPEND, as one durable transaction. Prints the seconds of the load alone.
 */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void stop_if(int failed, const char *what)
{
    if (!failed)
        return;
    fprintf(stderr, "bench_load: %s failed\n", what);
    exit(1);
}

static MDB_txn *open_environment(const char *path, unsigned flags, MDB_env **ret)
{
    MDB_txn *txn = NULL;

    stop_if(mdb_env_create(ret) || mdb_env_set_maxdbs(*ret, 8) || mdb_env_set_mapsize(*ret, (size_t)16 << 30) ||
                mdb_env_open(*ret, path, flags, 0600) || mdb_txn_begin(*ret, NULL, flags & MDB_RDONLY, &txn),
            path);
    return txn;
}

static size_t copy_table(MDB_txn *from, MDB_txn *to, const char *name)
{
    MDB_dbi source = 0, sink = 0;
    MDB_cursor *cursor = NULL, *end = NULL;
    MDB_val key, value;
    size_t count = 0;

    stop_if(mdb_dbi_open(from, name, 0, &source) || mdb_dbi_open(to, name, MDB_CREATE, &sink) ||
                mdb_cursor_open(from, source, &cursor) || mdb_cursor_open(to, sink, &end),
            name);
    for (int rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); rc == 0;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        stop_if(mdb_cursor_put(end, &key, &value, MDB_APPEND), "mdb_cursor_put");
        count++;
    }
    mdb_cursor_close(end);
    mdb_cursor_close(cursor);
    return count;
}

int main(int argc, char **argv)
{
    static const char *const tables[] = {"meta", "policy", "host"};
    struct timespec start, end;
    MDB_env *from = NULL, *to = NULL;
    size_t count = 0;

    if (argc != 3) {
        fprintf(stderr, "usage: bench_load STORE COPY\n");
        return 2;
    }
    MDB_txn *source = open_environment(argv[1], MDB_RDONLY, &from);
    clock_gettime(CLOCK_MONOTONIC, &start);
    MDB_txn *sink = open_environment(argv[2], 0, &to);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        count += copy_table(source, sink, tables[i]);
    stop_if(mdb_txn_commit(sink), "mdb_txn_commit");
    clock_gettime(CLOCK_MONOTONIC, &end);
    mdb_txn_abort(source);
    printf("%.3f %zu\n", (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9, count);
    return 0;
}
