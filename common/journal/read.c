/* SPDX-License-Identifier: MPL-2.0 */
/* The journal's files as they are now: opened, read on, and read anew where another file took the place of one. */
#include "journal/journal.h"

#include "base/failure.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

void journal_init(struct journal *journal, const struct netboot_store *store)
{
    *journal = (struct journal){
        .store = store, .files = {{.fd = -1}, {.fd = -1}}
    };
    pthread_mutex_init(&journal->mutex, NULL);
}

void journal_fini(struct journal *journal)
{
    for (unsigned i = 0; i < JOURNAL_FILES; i++)
        journal_file_close(&journal->files[i]);
    if (journal->index.buckets > 0)
        index_fini(&journal->index);
    pthread_mutex_destroy(&journal->mutex);
}

/* ---- One file */

/* The file that was read is still the one that is there. */
static bool is_open(const struct journal *journal, unsigned which)
{
    const struct journal_file *file = &journal->files[which];

    return file->fd >= 0 && journal_file_is_there(journal->store->directory, which, file) != 0;
}

/* Whether entries were written that cannot be reached from those that were read: a whole round for example. */
static bool has_lost_track(const struct journal_file *file, const struct journal_mark *mark, bool has_mark)
{
    return has_mark && mark->sequence > file->sequence;
}

static int follow(struct journal *journal, unsigned which)
{
    struct journal_file *file = &journal->files[which];
    struct journal_mark mark;
    bool has_mark = journal_file_read_mark(file, &mark);
    int code = journal_file_follow(file, which, &journal->index);

    if (code == 0 && has_lost_track(file, &mark, has_mark))
        code = journal_file_load(file, which, &journal->index);
    return code;
}

/* A file that is not there, or cannot be read as one, has nothing. */
static int open_anew(struct journal *journal, unsigned which)
{
    struct journal_file *file = &journal->files[which];

    journal_file_close(file);
    index_forget_file(&journal->index, which);
    journal->damaged[which] = false;
    int code = journal_file_open(journal->store->directory, which, O_RDONLY, file);
    if (code == 0 && (code = journal_file_read_header(file)) == 0)
        return journal_file_load(file, which, &journal->index);
    if (code != 0)
        journal_file_close(file);
    journal->damaged[which] = code == -EBADMSG;
    return code == -ENOENT || code == -EBADMSG ? 0 : code;
}

/* ---- All */

static int read_all(struct journal *journal)
{
    char path[4096];
    struct stat status;
    int code = 0;

    snprintf(path, sizeof(path), "%s/journal", journal->store->directory);
    if (stat(path, &status) != 0)
        return -errno;
    if (journal->index.buckets == 0)
        code = index_init(&journal->index, JOURNAL_SIZE);
    for (unsigned i = 0; i < JOURNAL_FILES && code == 0; i++)
        code = is_open(journal, i) ? follow(journal, i) : open_anew(journal, i);
    return code;
}

int journal_begin(struct journal *journal, struct netboot_error *error)
{
    const char *directory = journal->store->directory;

    if (db_place_in_child(&journal->store->place))
        return failure(error, -ECHILD, "the journal cannot be used after fork: open the store anew");
    pthread_mutex_lock(&journal->mutex);
    int code = read_all(journal);
    if (code == 0)
        return 0;
    pthread_mutex_unlock(&journal->mutex);
    if (code == -ENOENT)
        return failure(error, code, "there is no journal in %s: netbootd makes it when it starts", directory);
    if (code == -EACCES)
        return failure(error, code,
                       "only root and the user netboot may read the journal in %s, which tells what each machine was "
                       "given",
                       directory);
    return failure(error, code, "the journal in %s cannot be read: %s", directory,
                   code == -ENOTSUP ? "it is of a newer version" : strerror(-code));
}

void journal_end(struct journal *journal)
{
    pthread_mutex_unlock(&journal->mutex);
}

bool journal_read(const struct journal *journal, const struct journal_item *item, struct journal_row *row,
                  struct entry_record *ret)
{
    struct journal_entry_header header;
    struct netboot_bytes octets;

    return journal_file_read(&journal->files[item->file], item->offset, item->size, item->number, row, &header,
                             &octets) &&
           record_decode(&record_entry, octets, ret) == 0;
}
