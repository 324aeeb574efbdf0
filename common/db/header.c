/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What is looked at before LMDB maps a file. A map that reaches past the end of its file kills the process that reads
 * there, so the file must be as long as its own header says. One exception: LMDB does not write pages at the end that
 * a transaction took and gave up again, so pages that are missing may be those of the free list.
 */
#include "db/db.h"

#include "base/failure.h"
#include "db/lmdb_format.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct data_file {
    const struct env *env;
    int fd;
    const char *path;
    size_t page_size, pages; /* whole pages that the file holds */
};

/* ---- What to do about it */

const char *env_remedy(const struct env *env, char text[ENV_REMEDY_SIZE])
{
    if (env->spec->made_anew)
        snprintf(text, ENV_REMEDY_SIZE, "servers make it anew by themselves, or 'netbootctl -d %s init' does",
                 env->directory);
    else if (env->spec->loss)
        snprintf(text, ENV_REMEDY_SIZE, "move the directory %s away; %s", env->path, env->spec->loss);
    else
        snprintf(text, ENV_REMEDY_SIZE,
                 "move the directory %s away, run 'netbootctl -d %s init', then 'netbootctl -d %s restore BACKUP'",
                 env->path, env->directory, env->directory);
    return text;
}

/* ---- The header */

static int read_meta(const struct data_file *file, size_t page_size, unsigned index, struct lmdb_meta *ret,
                     struct netboot_error *error)
{
    struct {
        struct lmdb_page page;
        struct lmdb_meta meta;
    } head;
    char remedy[ENV_REMEDY_SIZE];
    ssize_t size = pread(file->fd, &head, sizeof(head), (off_t)(index * page_size));

    if (size < 0)
        return failure(error, -errno, "%s cannot be read: %s", file->path, strerror(errno));
    if (size != sizeof(head))
        return failure(error, -EBADMSG, "%s is too short for a store: %s", file->path, env_remedy(file->env, remedy));
    if (!(head.page.flags & PAGE_META) || head.meta.magic != LMDB_MAGIC)
        return failure(error, -EBADMSG, "%s is no store of netboot's: %s", file->path, env_remedy(file->env, remedy));
    if (head.meta.version != LMDB_VERSION)
        return failure(error, -EBADMSG, "%s has version %" PRIu32 " of LMDB's format, this program reads version %d",
                       file->path, head.meta.version, LMDB_VERSION);
    *ret = head.meta;
    return 0;
}

static bool is_page_size(size_t size)
{
    return size >= 512 && size <= 65536 && (size & (size - 1)) == 0;
}

/* The newer one of the two headers. */
static int read_header(const struct data_file *file, struct lmdb_meta *ret, struct netboot_error *error)
{
    char remedy[ENV_REMEDY_SIZE];
    struct lmdb_meta metas[2];
    size_t page_size = 0;

    for (unsigned i = 0; i < 2; i++) {
        int code = read_meta(file, page_size, i, &metas[i], error);
        if (code != 0)
            return code;
        page_size = metas[0].trees[TREE_FREE].pad;
        if (!is_page_size(page_size))
            return failure(error, -EBADMSG, "%s is damaged, with pages of %zu octets: %s", file->path, page_size,
                           env_remedy(file->env, remedy));
    }
    *ret = metas[metas[1].transaction > metas[0].transaction];
    if (ret->last_page < 1 || ret->last_page > SIZE_MAX / page_size - 1 || ret->trees[TREE_FREE].pad != page_size ||
        !tree_is_sane(&ret->trees[TREE_FREE], ret->last_page) || !tree_is_sane(&ret->trees[TREE_MAIN], ret->last_page))
        return failure(error, -EBADMSG, "%s has a damaged header: %s", file->path, env_remedy(file->env, remedy));
    return 0;
}

/* ---- The free list: how many free pages are there from `first` on? */

struct free_count {
    const struct data_file *file;
    size_t first, count;
    size_t budget; /* pages that may still be read: a damaged tree can have circles */
};

static int read_page(struct free_count *free_count, size_t number, size_t count, uint8_t *ret)
{
    const struct data_file *file = free_count->file;
    size_t size = count * file->page_size;

    if (number >= file->pages || count > file->pages - number || free_count->budget < count)
        return -EBADMSG;
    free_count->budget -= count;
    if (pread(file->fd, ret, size, (off_t)(number * file->page_size)) != (ssize_t)size)
        return -EBADMSG;
    return 0;
}

/* A list of pages: its length, then that many page numbers. */
static int count_list(struct free_count *free_count, const uint8_t *data, size_t size)
{
    size_t length, number;

    if (size < sizeof(length))
        return -EBADMSG;
    memcpy(&length, data, sizeof(length));
    if (length > size / sizeof(number) - 1)
        return -EBADMSG;
    for (size_t i = 1; i <= length; i++) {
        memcpy(&number, data + i * sizeof(number), sizeof(number));
        free_count->count += number >= free_count->first;
    }
    return 0;
}

/* A list that has pages of its own. */
static int count_big_list(struct free_count *free_count, size_t number, size_t size)
{
    size_t page_size = free_count->file->page_size;
    size_t count = (sizeof(struct lmdb_page) + size + page_size - 1) / page_size;

    if (count > free_count->budget)
        return -EBADMSG;
    uint8_t *pages = malloc(count * page_size);
    if (!pages)
        return -ENOMEM;
    int code = read_page(free_count, number, count, pages);
    if (code == 0)
        code = count_list(free_count, pages + sizeof(struct lmdb_page), size);
    free(pages);
    return code;
}

static int count_leaf_node(struct free_count *free_count, const uint8_t *page, size_t at)
{
    size_t page_size = free_count->file->page_size, size, number;
    struct lmdb_node node;

    memcpy(&node, page + at, sizeof(node));
    at += sizeof(node) + node.key_size;
    size = node_value_size(&node);
    if (at > page_size)
        return -EBADMSG;
    if (!(node.flags & NODE_BIG))
        return size <= page_size - at ? count_list(free_count, page + at, size) : -EBADMSG;
    if (page_size - at < sizeof(number))
        return -EBADMSG;
    memcpy(&number, page + at, sizeof(number));
    return count_big_list(free_count, number, size);
}

static int count_tree(struct free_count *free_count, size_t number, unsigned depth);

static int count_page(struct free_count *free_count, const uint8_t *page, unsigned depth)
{
    struct lmdb_page head;
    struct lmdb_node node;
    uint16_t at;
    int code = 0;

    memcpy(&head, page, sizeof(head));
    if (!(head.flags & (PAGE_LEAF | PAGE_BRANCH)) || head.lower < sizeof(head) ||
        head.lower > free_count->file->page_size)
        return -EBADMSG;
    for (size_t i = sizeof(head); i + 1 < head.lower && code == 0; i += sizeof(at)) {
        memcpy(&at, page + i, sizeof(at));
        if (at < sizeof(head) || at > free_count->file->page_size - sizeof(node))
            return -EBADMSG;
        if (head.flags & PAGE_LEAF) {
            code = count_leaf_node(free_count, page, at);
            continue;
        }
        memcpy(&node, page + at, sizeof(node));
        code = count_tree(free_count, node_child(&node), depth - 1);
    }
    return code;
}

static int count_tree(struct free_count *free_count, size_t number, unsigned depth)
{
    uint8_t *page;
    int code;

    if (depth == 0)
        return -EBADMSG;
    page = malloc(free_count->file->page_size);
    if (!page)
        return -ENOMEM;
    code = read_page(free_count, number, 1, page);
    if (code == 0)
        code = count_page(free_count, page, depth);
    free(page);
    return code;
}

/* Whether the pages that the file lacks are all free ones. */
static bool lacks_only_free_pages(const struct data_file *file, const struct lmdb_meta *meta)
{
    const struct lmdb_tree *tree = &meta->trees[TREE_FREE];
    struct free_count free_count = {.file = file, .first = file->pages, .budget = file->pages};

    if (tree->root == LMDB_NO_PAGE || count_tree(&free_count, tree->root, tree->depth) != 0)
        return false;
    return free_count.count == meta->last_page + 1 - file->pages;
}

/* ---- The file */

/* A writer at work changes the header and the list under our eyes: then once more. */
static int check_length(struct data_file *file, struct stat *ret, struct netboot_error *error)
{
    enum { TRIES = 100 };
    char remedy[ENV_REMEDY_SIZE];
    struct lmdb_meta meta, after;

    for (unsigned i = 0; i < TRIES; i++) {
        int code = read_header(file, &meta, error);
        if (code != 0)
            return code;
        /* The size comes after the header: files of a living store only grow. */
        if (fstat(file->fd, ret) != 0)
            return failure(error, -errno, "%s cannot be looked at: %s", file->path, strerror(errno));
        file->page_size = meta.trees[TREE_FREE].pad;
        file->pages = (size_t)ret->st_size / file->page_size;
        if (file->pages > meta.last_page || lacks_only_free_pages(file, &meta))
            return 0;
        if ((code = read_header(file, &after, error)) != 0)
            return code;
        if (after.transaction == meta.transaction)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return failure(error, -EBADMSG, "%s is cut short, %" PRIuMAX " octets where its header says %zu: %s", file->path,
                   (uintmax_t)ret->st_size, (meta.last_page + 1) * file->page_size, env_remedy(file->env, remedy));
}

/* The lock file has the number of the last state. The header, which is written first, has it or is one ahead. */
bool env_is_overwritten(const struct env *env, MDB_txn *idle)
{
    enum { TRIES = 3 }; /* a writer may be at the header just then */
    struct data_file file = {.env = env, .path = env->data_path};
    struct lmdb_meta before, after;

    if (mdb_env_get_fd(env->mdb, &file.fd) != 0)
        return true;
    for (unsigned i = 0; i < TRIES; i++) {
        if (read_header(&file, &before, NULL) != 0)
            continue;
        if (mdb_txn_renew(idle) != 0)
            return false; /* whoever wants to read comes to that as well, and sees to it */
        size_t locked = mdb_txn_id(idle);
        mdb_txn_reset(idle);
        if (read_header(&file, &after, NULL) == 0 && before.transaction <= locked + 1 && locked <= after.transaction)
            return false;
    }
    return true;
}

static int open_failure(const struct env *env, const char *path, struct netboot_error *error)
{
    int code = errno;

    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return failure(error, -ENOENT, "there is no %s in %s: run 'netbootctl -d %s init'", env->spec->what,
                       env->directory, env->directory);
    case EACCES:
    case EPERM:
        return failure(error, -EACCES,
                       "no permission for %s: make this program's user a member of the directory's group, and allow "
                       "the path in the program's AppArmor profile if it has one",
                       path);
    case EROFS:
        return failure(error, -EROFS, "%s is mounted read-only: mount it writable, since readers write its lock file",
                       path);
    }
    return failure(error, -code, "%s cannot be opened: %s", path, strerror(code));
}

int env_check_data(const struct env *env, struct stat *ret_stat, bool *ret_writable, struct netboot_error *error)
{
    struct data_file file = {.env = env, .path = env->data_path};
    char remedy[ENV_REMEDY_SIZE];
    bool writable = true;
    int code;

    file.fd = open(file.path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (file.fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS || errno == EISDIR)) {
        writable = false;
        file.fd = open(file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    if (file.fd < 0)
        return open_failure(env, file.path, error);
    if (fstat(file.fd, ret_stat) != 0)
        code = failure(error, -errno, "%s cannot be looked at: %s", file.path, strerror(errno));
    else if (!S_ISREG(ret_stat->st_mode))
        code = failure(error, -EBADMSG, "%s is no regular file: %s", file.path, env_remedy(env, remedy));
    else
        code = check_length(&file, ret_stat, error);
    close(file.fd);
    if (code == 0)
        *ret_writable = writable;
    return code;
}

/* LMDB waits without a deadline for another process that is just opening the file. Better to try again later. */
static int wait_for_opener(const struct env *env, int fd, struct netboot_error *error)
{
    enum { TRIES = 1000 };

    for (unsigned i = 0; i < TRIES; i++) {
        struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
        if (fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return failure(error, -EAGAIN, "another process has been opening %s for a second: see whether it is stopped",
                   env->lock_path);
}

static int missing_lock(const struct env *env, struct netboot_error *error)
{
    if (env->server || !env_is_owner(env))
        return failure(error, -ENOENT, "%s is missing: run 'netbootctl -d %s status' as root, which makes it anew",
                       env->lock_path, env->directory);
    int code = env_make_file(env, env->lock_path);
    if (code != 0 && code != -EEXIST)
        return failure(error, code, "%s is missing and cannot be made: %s", env->lock_path, strerror(-code));
    return 0;
}

int env_check_lock(const struct env *env, struct stat *ret_stat, struct netboot_error *error)
{
    int fd = open(env->lock_path, O_RDWR | O_CLOEXEC | O_NONBLOCK), code;

    if (fd < 0 && errno == ENOENT) {
        if ((code = missing_lock(env, error)) != 0)
            return code;
        fd = open(env->lock_path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    }
    if (fd < 0)
        return open_failure(env, env->lock_path, error);
    if (fstat(fd, ret_stat) != 0)
        code = failure(error, -errno, "%s cannot be looked at: %s", env->lock_path, strerror(errno));
    else if (!S_ISREG(ret_stat->st_mode))
        code = failure(error, -EBADMSG, "%s is no regular file: remove it", env->lock_path);
    else if ((code = env_allocate_lock(fd, ret_stat->st_size)) != 0)
        failure(error, code, "there is no room for %s: %s", env->lock_path, strerror(-code));
    else
        code = wait_for_opener(env, fd, error);
    close(fd);
    return code;
}
