/* SPDX-License-Identifier: MPL-2.0 */
/* Creation of an environment, aside and then put in its place by one rename. */
#include "db/inside.h"

#include "base/clock.h"
#include "base/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int build_tables(const struct db_spec *spec, MDB_env *mdb, int (*fill)(MDB_txn *txn, const MDB_dbi *tables))
{
    MDB_dbi tables[DB_TABLES_MAX];
    MDB_txn *txn;
    int rc = mdb_txn_begin(mdb, NULL, 0, &txn);

    if (rc != 0)
        return rc;
    for (unsigned i = 0; i < spec->tables + spec->optional_tables && rc == 0; i++)
        rc = mdb_dbi_open(txn, spec->table_names[i], MDB_CREATE, &tables[i]);
    if (rc == 0)
        rc = fill(txn, tables);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    return mdb_txn_commit(txn);
}

static int build_data(const struct db_spec *spec, const char *path, int (*fill)(MDB_txn *txn, const MDB_dbi *tables))
{
    MDB_env *mdb;
    int rc = mdb_env_create(&mdb);

    if (rc != 0)
        return db_code(rc);
    rc = mdb_env_set_maxdbs(mdb, spec->tables + spec->optional_tables);
    if (rc == 0)
        rc = mdb_env_set_maxreaders(mdb, DB_READERS_MAX);
    if (rc == 0)
        rc = mdb_env_open(mdb, path, 0, DATA_MODE);
    if (rc == 0)
        rc = build_tables(spec, mdb, fill);
    mdb_env_close(mdb);
    return db_code(rc);
}

static void remove_built(const struct db_place *built)
{
    unlink(built->data_path);
    unlink(built->lock_path);
    unlink(built->write_path);
    rmdir(built->path);
}

static int build_aside(const struct db_place *built, const struct owner *owner,
                       int (*fill)(MDB_txn *txn, const MDB_dbi *tables), struct netboot_error *error)
{
    remove_built(built); /* left by an earlier attempt that was killed */
    int code = make_directory(built->path, owner);
    if (code == 0)
        code = make_files(built, owner);
    if (code == 0)
        code = build_data(built->spec, built->path, fill);
    if (code == 0)
        return 0;
    remove_built(built);
    return failure(error, code, "cannot create the %s in %s: %s", built->spec->what, built->directory, strerror(-code));
}

static int put_in_place(const struct db_place *built, int directory_fd, struct netboot_error *error)
{
    int code = 0;

    if (renameat(directory_fd, strrchr(built->path, '/') + 1, directory_fd, built->spec->name) != 0)
        code = -errno;
    if (code == 0 && fsync(directory_fd) != 0)
        code = -errno;
    if (code == 0)
        return 0;
    remove_built(built);
    if (code == -ENOTEMPTY || code == -EEXIST || code == -ENOTDIR)
        return failure(error, -ENOTEMPTY, "%s/%s exists but is not a %s: move it away", built->directory,
                       built->spec->name, built->spec->what);
    return failure(error, code, "cannot create %s/%s: %s", built->directory, built->spec->name, strerror(-code));
}

/* Only one process at a time builds in a directory. */
static int lock_directory(const char *directory, struct netboot_error *error)
{
    enum { DEADLINE_US = 5000000 };
    uint64_t deadline = clock_us() + DEADLINE_US;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return failure(error, -errno, "cannot open the directory %s: %s", directory, strerror(errno));
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int code = -errno;
        if ((code != -EWOULDBLOCK && code != -EINTR) || clock_us() >= deadline) {
            close(fd);
            return failure(error, code, "cannot lock the directory %s: check whether another init runs", directory);
        }
        sleep_us(5000);
    }
    return fd;
}

static int create_in(const struct db_spec *spec, const char *directory,
                     int (*fill)(MDB_txn *txn, const MDB_dbi *tables), struct netboot_error *error)
{
    struct db_spec aside = *spec;
    struct db_place built, placed;
    struct owner owner;
    char name[64];
    int fd, code;

    snprintf(name, sizeof(name), ".%s.new", spec->name);
    aside.name = name;
    if ((code = db_place_init(&built, &aside, directory, error)) != 0)
        return code;
    built.spec = spec;
    if ((code = db_place_init(&placed, spec, directory, error)) != 0)
        return code;
    if ((fd = lock_directory(directory, error)) < 0)
        return fd;
    if (access(placed.data_path, F_OK) == 0)
        code = failure(error, -EEXIST, "a %s already exists in %s: it stays as it is", spec->what, directory);
    if (code == 0 && (code = owner_of(directory, &owner)) != 0)
        failure(error, code, "cannot stat the directory %s: %s", directory, strerror(-code));
    if (code == 0)
        code = build_aside(&built, &owner, fill, error);
    if (code == 0)
        code = put_in_place(&built, fd, error);
    close(fd);
    return code;
}

int db_place_create(const struct db_spec *spec, const char *directory, int (*fill)(MDB_txn *txn, const MDB_dbi *tables),
                    struct netboot_error *error)
{
    /* As open as one that it was in before: root's own is for nobody else. */
    const struct owner ours = {geteuid(), getegid(), geteuid() != 0};
    int made = make_directory(directory, &ours);

    if (made != 0 && made != -EEXIST)
        return failure(error, made, "cannot create the directory %s: %s", directory, strerror(-made));
    int code = create_in(spec, directory, fill, error);
    if (code != 0 && made == 0)
        rmdir(directory);
    return code;
}
