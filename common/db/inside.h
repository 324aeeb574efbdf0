/* SPDX-License-Identifier: MPL-2.0 */
/* Between the files of this room only. */
#ifndef NETBOOT_DB_INSIDE_H
#define NETBOOT_DB_INSIDE_H

#include "db/db.h"

/* ---- code.c */

/* Notes an error that only opening the database again can clear. */
void db_note_broken(struct db *db, int rc);
/* Wakes the server's thread to check the files. */
void db_place_ask(struct db_place *place, atomic_bool *noted);

/* ---- place.c */

/* A closed database with all its readers kept. NULL: out of memory. The mutex `swap` is held, or no other thread
 * exists. */
struct db *db_spare(struct db_place *place);

/* ---- files.c */

/* Makes lock.mdb or write.lock with the right group and mode. Negative errno value. */
int db_place_make_file(const struct db_place *place, const char *path);
/* Gives the lock file of that size all its blocks. */
int allocate_lock_file(int fd, off_t size);
bool db_place_is_owner(const struct db_place *place);
/* To whom belongs what is made in a directory, and whether its group may use it. Negative errno value. */
struct owner {
    uid_t user;
    gid_t group;
    bool shared;
};
int owner_of(const char *directory, struct owner *ret);
/* Makes a directory with owner, group and mode; without permission to set those, its own stay. Negative errno value. */
int make_directory(const char *path, const struct owner *owner);
#define DATA_MODE 0640 /* servers read it */
/* Makes the files of a new database, still empty. Negative errno value. */
int make_files(const struct db_place *place, const struct owner *owner);

/* ---- header.c */

/* Notes which files exist, and holds their directory open. -ENOENT, ... with a text. */
int db_find_files(struct db *db, struct netboot_error *error);
/* Whether data.mdb can be mapped: the noted file, a regular file of LMDB's, as long as its header says. Also notes
 * whether this process may write it. -ENOENT, -EACCES, -EBADMSG, ... with a text. */
int db_check_data(struct db *db, struct netboot_error *error);
/* Whether something other than LMDB has written to the header of the open file, by copying over it for example. `idle`:
 * the transaction of a taken reader. */
bool db_is_overwritten(const struct db *db, MDB_txn *idle);
/* Whether lock.mdb may be written: else LMDB would work without locks. Must not be called while LMDB has it open in
 * this process: closing a file drops all locks of the process on it. */
int db_check_lock(struct db *db, struct netboot_error *error);
/* Checks all pages of the state of a transaction that has read none so far. -EBADMSG with a text; -EAGAIN: other
 * programs write too fast, begin the transaction again. */
int db_verify(const struct db *db, MDB_txn *txn, struct netboot_error *error);

/* ---- reader.c */

/* Makes a reader's transaction and cursor. LMDB's code. */
int db_make_reader(struct db_reader *reader);
/* The same for as many as a server needs, with all of them kept. */
int db_make_readers(struct db *db);
/* A reader of this very database, current or not; NULL: none is free. */
struct db_reader *db_take_of(struct db *db);
/* Keeps the free readers. Returns whether all are kept now. */
bool db_keep_readers(struct db *db);
/* The same until all are kept, or until the deadline. */
bool db_drain(struct db *db, uint64_t deadline_us);
/* Makes kept readers free again. */
void db_free_readers(struct db *db);
/* Locks the mutex `swap`. False: others held it until the deadline. */
bool db_place_lock(struct db_place *place, uint64_t deadline_us);
/* With that held: makes current a database whose readers are all kept. */
void db_place_show(struct db_place *place, struct db *db);
/* Makes none current. */
void db_place_hide(struct db_place *place, bool comes_again);

/* ---- open.c */

/* Opens what db_find_files() found. */
int db_open(struct db *db, struct netboot_error *error);
/* Opens the tables that an older database may lack. No other transaction of the process may be under way. */
void db_open_optional_tables(struct db *db, MDB_txn *txn);
/* With all readers kept. */
void db_close(struct db *db);
/* With all readers kept, for a server: reads all pages into memory, so that no packet has to wait for one. */
void db_bring_in(struct db *db);
/* The largest map that address space and settings allow. */
size_t db_map_limit(void);

/* ---- map.c */

/* The size of map for a change when `used` octets are in use: `least`, doubled until half of it is free. */
size_t map_size_for(size_t used, size_t least, size_t limit);
/* Makes the map large enough for the data, and at least as large as wanted if that can be had. -EAGAIN: look-ups did
 * not end in time. */
int db_place_remap(struct db_place *place, size_t wanted, unsigned deadline_ms);
/* How large the map should be for a change that is about to begin; 0: it is large enough. LMDB's code. */
int db_writers_map(const struct db *db, size_t *ret_wanted);

static inline bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

#endif
