/* SPDX-License-Identifier: MPL-2.0 */
/* Stores that cannot be opened, with what is said of it. */
#include "store_test.h"

#include <lmdb.h>

/* ---- Ways to spoil a store */

static void write_at(const char *path, off_t offset, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, size, offset), size);
    close(fd);
}

static void cut(const char *path, off_t size)
{
    assert_int_equal(truncate(path, size), 0);
}

static off_t size_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static void cut_half(const char *path)
{
    cut(path, size_of(path) / 2);
}

static void cut_last_octet(const char *path)
{
    cut(path, size_of(path) - 1);
}

static void cut_to_one_page(const char *path)
{
    cut(path, 4096);
}

static void cut_to_100(const char *path)
{
    cut(path, 100);
}

static void cut_to_nothing(const char *path)
{
    cut(path, 0);
}

static void fill_at_random(const char *path)
{
    off_t size = size_of(path);
    unsigned seed = 7;

    for (off_t at = 0; at < size; at += (off_t)sizeof(int)) {
        int word = rand_r(&seed);
        write_at(path, at, &word, sizeof(word));
    }
}

static void fill_with_text(const char *path)
{
    cut(path, 0);
    for (unsigned i = 0; i < 1000; i++)
        write_at(path, 40 * i, "host a { hardware ethernet 52:54:0:0:0:1}", 41);
}

/* In the headers of LMDB's pages 0 and 1, from octet 16 on. */
struct patch {
    off_t offset;
    size_t size;
    uint64_t value;
};

static void set_in_headers(const char *path, const struct patch *patch)
{
    write_at(path, 16 + patch->offset, &patch->value, patch->size);
    write_at(path, 4096 + 16 + patch->offset, &patch->value, patch->size);
}

static void no_second_header(const char *path)
{
    char zeros[4096] = {0};

    write_at(path, 4096, zeros, sizeof(zeros));
}

static void be_directory(const char *path)
{
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void be_fifo(const char *path)
{
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0660), 0);
}

/* The environment of a data.mdb, and a table in it (NULL: its own one). */
struct raw {
    MDB_env *mdb;
    MDB_txn *txn;
    MDB_dbi table;
};

static struct raw raw_begin(const char *path, const char *table)
{
    char directory[SCRATCH_SIZE];
    struct raw ret;

    snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(path, '/') - path), path);
    assert_int_equal(mdb_env_create(&ret.mdb), 0);
    assert_int_equal(mdb_env_set_maxdbs(ret.mdb, 4), 0);
    assert_int_equal(mdb_env_open(ret.mdb, directory, 0, 0640), 0);
    assert_int_equal(mdb_txn_begin(ret.mdb, NULL, 0, &ret.txn), 0);
    assert_int_equal(mdb_dbi_open(ret.txn, table, 0, &ret.table), 0);
    return ret;
}

static void raw_put(const struct raw *raw, const void *key, size_t key_size, const void *data, size_t size)
{
    MDB_val row = {key_size, (void *)key}, value = {size, (void *)data};

    assert_int_equal(mdb_put(raw->txn, raw->table, &row, &value, 0), 0);
}

static void raw_commit(const struct raw *raw)
{
    assert_int_equal(mdb_txn_commit(raw->txn), 0);
    mdb_env_close(raw->mdb);
}

/* Another program's LMDB environment. */
static void be_foreign(const char *path)
{
    assert_int_equal(unlink(path), 0);
    struct raw raw = raw_begin(path, NULL);
    for (unsigned i = 0; i < 100; i++)
        raw_put(&raw, &i, sizeof(i), &i, sizeof(i));
    raw_commit(&raw);
}

static void set_meta(const char *path, const char *name, const void *data, size_t size)
{
    struct raw raw = raw_begin(path, "meta");

    raw_put(&raw, name, strlen(name), data, size);
    raw_commit(&raw);
}

static void newer_format(const char *path)
{
    set_meta(path, "format", "\0\0\0\2", 4);
}

static void much_newer_format(const char *path)
{
    set_meta(path, "format", "\377\377\377\377", 4);
}

static void odd_format(const char *path)
{
    set_meta(path, "format", "1", 1);
}

static void be_missing(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

static const struct {
    const char *name;
    void (*spoil)(const char *path); /* data.mdb; NULL: */
    int code;
    const char *reason;
    struct patch patch;
} refused[] = {
    {"cut to half",                   cut_half,          -EBADMSG, "is cut short, ",                 {0}                        },
    {"without the last octet",        cut_last_octet,    -EBADMSG, "is cut short, ",                 {0}                        },
    {"cut to one page",               cut_to_one_page,   -EBADMSG, "too short for a store",          {0}                        },
    {"cut to 100 octets",             cut_to_100,        -EBADMSG, "too short for a store",          {0}                        },
    {"empty",                         cut_to_nothing,    -EBADMSG, "too short for a store",          {0}                        },
    {"random octets",                 fill_at_random,    -EBADMSG, "is not a netboot store",         {0}                        },
    {"a text",                        fill_with_text,    -EBADMSG, "is not a netboot store",         {0}                        },
    {"another magic number",          NULL,              -EBADMSG, "is not a netboot store",         {0, 4, 0x04030201}         },
    {"another version of LMDB",       NULL,              -EBADMSG, "has version 2 of LMDB",          {4, 4, 2}                  },
    {"pages of no octets",            NULL,              -EBADMSG, "pages of 0 octets",              {24, 4, 0}                 },
    {"pages of 4097 octets",          NULL,              -EBADMSG, "pages of 4097 octets",           {24, 4, 4097}              },
    {"a last page past the end",      NULL,              -EBADMSG, "is cut short, ",                 {120, 8, UINT64_C(1) << 32}},
    {"the last page there can be",    NULL,              -EBADMSG, "damaged header",                 {120, 8, UINT64_MAX}       },
    {"a root past the end",           NULL,              -EBADMSG, "damaged header",                 {112, 8, 65536}            },
    {"no second header",              no_second_header,  -EBADMSG, "is not a netboot store",         {0}                        },
    {"a directory",                   be_directory,      -EBADMSG, "not a regular file",             {0}                        },
    {"a FIFO",                        be_fifo,           -EBADMSG, "not a regular file",             {0}                        },
    {"an LMDB file of other purpose", be_foreign,        -EBADMSG, "is not a netboot targets store", {0}                        },
    {"a newer format",                newer_format,      -ENOTSUP, "formats up to 1 only",           {0}                        },
    {"a much newer format",           much_newer_format, -ENOTSUP, "upgrade netboot",                {0}                        },
    {"a format of one octet",         odd_format,        -EBADMSG, "is not a netboot targets store", {0}                        },
    {"missing",                       be_missing,        -ENOENT,  "init'",                          {0}                        },
};

/* Each is refused by a tool at once, and by a server that runs on without it, and that heals when it is put right. */
static void try_refused(size_t index)
{
    struct netboot_store_options server = {.size = sizeof(server), .follow = true, .readers = 4};
    struct fixture *fixture = NULL;
    struct netboot_error told = {0};
    char *targets, *kept;

    setup((void **)&fixture);
    fill(fixture);
    targets = strdup(path_in(fixture, "targets"));
    kept = strdup(path_in(fixture, "kept"));
    if (refused[index].spoil)
        refused[index].spoil(path_in(fixture, "targets/data.mdb"));
    else
        set_in_headers(path_in(fixture, "targets/data.mdb"), &refused[index].patch);
    int code = netboot_store_open(fixture->directory, NULL, &fixture->store, &told);
    if (code != refused[index].code || told.code != code || !strstr(told.text, refused[index].reason) ||
        !strstr(told.text, fixture->directory))
        fail_msg("%s: %d '%s'", refused[index].name, code, told.text);
    OK(netboot_store_open(fixture->directory, &server, &fixture->store, &error));
    assert_int_equal(netboot_store_event(fixture->store, &told), NETBOOT_EVENT_UNUSABLE);
    if (told.code != refused[index].code || !strstr(told.text, refused[index].reason))
        fail_msg("%s, a server: %d '%s'", refused[index].name, told.code, told.text);
    assert_int_equal(netboot_store_event(fixture->store, &told), NETBOOT_EVENT_NONE);
    assert_false(is_served(fixture->store, 1, NULL));
    if (index % 4 == 0) { /* every one would take long */
        struct fixture *other = NULL;
        setup((void **)&other);
        assert_int_equal(rename(targets, kept), 0);
        assert_int_equal(rename(path_in(other, "targets"), targets), 0);
        EVENTUALLY(netboot_store_event(fixture->store, &told) == NETBOOT_EVENT_USABLE);
        assert_true(is_served(fixture->store, 1, ""));
        teardown((void **)&other);
    }
    free(targets);
    free(kept);
    teardown((void **)&fixture);
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++)
        try_refused(i);
}

/* Writes and deletes at random. */
static void write_at_random(MDB_env *mdb, unsigned *seed)
{
    static char octets[20000];
    MDB_txn *txn;
    MDB_dbi table;

    assert_int_equal(mdb_txn_begin(mdb, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "host", 0, &table), 0);
    for (int i = rand_r(seed) % 300; i >= 0; i--) {
        int number = rand_r(seed) % 400;
        size_t most = rand_r(seed) % 4 == 0 ? sizeof(octets) : 1900;
        MDB_val key = {sizeof(number), &number}, value = {1 + (size_t)rand_r(seed) % most, octets};
        int rc = rand_r(seed) % 2 ? mdb_put(txn, table, &key, &value, 0) : mdb_del(txn, table, &key, NULL);
        assert_true(rc == 0 || rc == MDB_NOTFOUND);
    }
    assert_int_equal(mdb_txn_commit(txn), 0);
}

/* Changes the store until its file lacks `count` pages at its end that its header has. */
static void leave_pages_missing(struct fixture *fixture, unsigned count)
{
    const char *data = path_in(fixture, "targets/data.mdb");
    unsigned seed = 1, commits = 0;
    MDB_envinfo info = {0};
    MDB_env *mdb;

    assert_int_equal(mdb_env_create(&mdb), 0);
    assert_int_equal(mdb_env_set_maxdbs(mdb, 4), 0);
    assert_int_equal(mdb_env_set_mapsize(mdb, 1 << 28), 0);
    assert_int_equal(mdb_env_open(mdb, path_in(fixture, "targets"), MDB_NOSYNC, 0640), 0);
    do {
        write_at_random(mdb, &seed);
        assert_int_equal(mdb_env_info(mdb, &info), 0);
    } while (size_of(data) + (off_t)(count - 1) * 4096 >= (off_t)(info.me_last_pgno + 1) * 4096 && ++commits < 10000);
    mdb_env_close(mdb);
    assert_true(commits < 10000); /* or this test tests nothing */
}

/* The pages at the end of a file may be missing if no one uses them: now and then LMDB leaves such a file. */
static void test_free_pages_missing(void **state)
{
    struct fixture *fixture = *state;
    const char *data = path_in(fixture, "targets/data.mdb");

    leave_pages_missing(fixture, 1);
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){0});
    OK(put_round(store, 1, &error));
    close_store(fixture);
    /* But a page that is in use must not be missing as well. */
    cut(data, size_of(data) / 2);
    FAILS(-EBADMSG, "cut short", netboot_store_open(fixture->directory, NULL, &fixture->store, &error));
}

/* Puts the first page's number in place of the second one's wherever they stand together, as in the free list. */
static void replace_after(const char *path, size_t first, size_t second)
{
    size_t found[2], old[2] = {first, second}, count = 0;
    int fd = open(path, O_RDWR);

    for (off_t at = 0; pread(fd, found, sizeof(found), at) == sizeof(found); at += (off_t)sizeof(size_t)) {
        if (memcmp(found, old, sizeof(old)) != 0)
            continue;
        write_at(path, at + (off_t)sizeof(size_t), &first, sizeof(first));
        count++;
    }
    close(fd);
    assert_true(count > 0);
}

/* As many free pages as are missing, but one of them twice: the other one may be in use. It is refused also where the
 * pages are not looked through. */
static void test_free_page_twice(void **state)
{
    struct netboot_store_options options = {.size = sizeof(options), .check_most = 1};
    struct fixture *fixture = *state;
    const char *data = path_in(fixture, "targets/data.mdb");

    leave_pages_missing(fixture, 2);
    OK(netboot_store_open(fixture->directory, &options, &fixture->store, &error));
    close_store(fixture);
    size_t first = (size_t)size_of(data) / 4096;
    replace_after(data, first + 1, first);
    FAILS(-EBADMSG, "cut short", netboot_store_open(fixture->directory, &options, &fixture->store, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test_setup_teardown(test_free_pages_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_free_page_twice, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
