/* SPDX-License-Identifier: MPL-2.0 */
/* Writing and reading a backup. */
#include "change/backup.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "store/view.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Checksum --------------------------------------------------------------------------------------------------- */

void checksum_begin(struct checksum *checksum)
{
    const uint64_t polynomial = UINT64_C(0xc96c5795d7870f42); /* ECMA-182, the lowest bit first */

    checksum->value = ~UINT64_C(0);
    for (unsigned i = 0; i < 256; i++) {
        uint64_t value = i;
        for (unsigned bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ polynomial : value >> 1;
        checksum->table[i] = value;
    }
}

void checksum_add(struct checksum *checksum, const void *data, size_t size)
{
    const uint8_t *octets = data;

    for (size_t i = 0; i < size; i++)
        checksum->value = checksum->table[(uint8_t)checksum->value ^ octets[i]] ^ checksum->value >> 8;
}

uint64_t checksum_end(const struct checksum *checksum)
{
    return ~checksum->value;
}

/* ---- Counts */

static uint64_t item_count(const struct netboot_backup *backup)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < NETBOOT_RECORD_KINDS; i++)
        count += backup->records[i];
    return count;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

struct writing {
    netboot_write_fn write;
    void *user;
    struct netboot_backup backup;
    struct checksum checksum;
    int failed; /* what `write` returned */
};

static int put(struct writing *writing, const void *data, size_t size)
{
    checksum_add(&writing->checksum, data, size);
    writing->failed = writing->write(data, size, writing->user);
    return writing->failed;
}

static int put_item(const struct store_row *row, void *user)
{
    struct writing *writing = user;
    uint8_t item[BACKUP_ITEM_SIZE] = {row->kind};
    struct netboot_record record;

    if (row->holds < 0)
        return 0;
    if (row_decode(row, &record) != 0) {
        writing->backup.damaged++;
        return 0;
    }
    writing->backup.records[row->holds]++;
    be_put32(item + 1, (uint32_t)row->value.size);
    int code = put(writing, item, sizeof(item));
    return code == 0 ? put(writing, row->value.data, row->value.size) : code;
}

static int put_header(struct writing *writing)
{
    uint8_t header[BACKUP_HEADER_SIZE] = BACKUP_MAGIC;

    be_put32(header + BACKUP_MAGIC_SIZE, BACKUP_FORMAT);
    be_put64(header + BACKUP_MAGIC_SIZE + 4, writing->backup.generation);
    be_put64(header + BACKUP_MAGIC_SIZE + 12, writing->backup.changed);
    return put(writing, header, sizeof(header));
}

static int put_end(struct writing *writing)
{
    uint8_t end[1 + 8 + 8] = {BACKUP_END};

    be_put64(end + 1, item_count(&writing->backup));
    checksum_add(&writing->checksum, end, 1 + 8);
    be_put64(end + 9, checksum_end(&writing->checksum));
    writing->failed = writing->write(end, sizeof(end), writing->user);
    return writing->failed;
}

int netboot_view_backup(struct netboot_view *view, netboot_write_fn write, void *user, struct netboot_backup *ret,
                        struct netboot_error *error)
{
    struct writing writing = {.write = write, .user = user};
    int code = view_meta(view, "generation", &writing.backup.generation);

    if (code == 0)
        code = view_meta(view, "changed", &writing.backup.changed);
    checksum_begin(&writing.checksum);
    if (code == 0)
        code = put_header(&writing);
    if (code == 0)
        code = view_sweep(view, put_item, &writing);
    if (code == 0)
        code = put_end(&writing);
    if (writing.failed != 0)
        return failure(error, writing.failed, "cannot write the backup: %s", strerror(-writing.failed));
    if (code != 0)
        return failure(error, code, "cannot read the store: %s", strerror(-code));
    *ret = writing.backup;
    return 0;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

struct backup_reading {
    netboot_read_fn read;
    void *user;
    struct netboot_backup backup;
    struct checksum checksum;
    uint64_t offset;
    struct netboot_error *error;
    uint8_t record[RECORD_SIZE_MAX];
};

/* Reads that many octets; 1, 0 where the stream ends before the first, or a negative errno value. */
static int get(struct backup_reading *reading, void *data, size_t size)
{
    size_t got = 0;

    while (got < size) {
        long count = reading->read((uint8_t *)data + got, size - got, reading->user);
        if (count < 0)
            return failure(reading->error, (int)count, "cannot read the backup: %s", strerror((int)-count));
        if (count == 0)
            break;
        got += (size_t)count;
    }
    reading->offset += got;
    if (got == 0 && size > 0)
        return 0;
    return got == size ? 1
                       : failure(reading->error, -EBADMSG, "the backup is cut short: it ends at octet %llu",
                                 (unsigned long long)reading->offset);
}

/* The same where the stream must not end. */
static int want(struct backup_reading *reading, void *data, size_t size)
{
    int code = get(reading, data, size);

    if (code > 0)
        checksum_add(&reading->checksum, data, size);
    if (code == 0)
        return failure(reading->error, -EBADMSG, "the backup is cut short: it ends at octet %llu",
                       (unsigned long long)reading->offset);
    return code < 0 ? code : 0;
}

static int damaged(struct backup_reading *reading)
{
    return failure(reading->error, -EBADMSG, "the backup is damaged before octet %llu: use another one",
                   (unsigned long long)reading->offset);
}

static int read_header(struct backup_reading *reading)
{
    uint8_t header[BACKUP_HEADER_SIZE];
    int code = get(reading, header, BACKUP_MAGIC_SIZE);

    if (code < 0 && code != -EBADMSG)
        return code;
    if (code <= 0 || memcmp(header, BACKUP_MAGIC, BACKUP_MAGIC_SIZE) != 0)
        return failure(reading->error, -EBADMSG,
                       "this is not a netboot backup: name a file that netbootctl backup has written");
    checksum_add(&reading->checksum, header, BACKUP_MAGIC_SIZE);
    if ((code = want(reading, header + BACKUP_MAGIC_SIZE, sizeof(header) - BACKUP_MAGIC_SIZE)) != 0)
        return code;
    uint32_t format = be_get32(header + BACKUP_MAGIC_SIZE);
    if (format > BACKUP_FORMAT)
        return failure(reading->error, -ENOTSUP,
                       "the backup has format %u, but this program knows formats up to %d only: upgrade netboot",
                       format, BACKUP_FORMAT);
    if (format == 0)
        return damaged(reading);
    reading->backup.generation = be_get64(header + BACKUP_MAGIC_SIZE + 4);
    reading->backup.changed = be_get64(header + BACKUP_MAGIC_SIZE + 12);
    return 0;
}

/* One item, after the octet of its kind. */
static int read_item(struct backup_reading *reading, uint8_t kind,
                     int (*each)(const struct store_row *row, void *change, struct netboot_error *), void *change)
{
    struct store_key key = {1, {kind}};
    struct store_row row = {.kind = kind, .key = &key};
    struct netboot_record record;
    uint8_t octets[4];
    int code = want(reading, octets, sizeof(octets));

    if (code != 0)
        return code;
    size_t size = be_get32(octets);
    if (size == 0 || size > sizeof(reading->record))
        return damaged(reading);
    if ((code = want(reading, reading->record, size)) != 0)
        return code;
    row.value = (struct netboot_bytes){reading->record, size};
    row.holds = row_kind(kind == 'h' ? TABLE_HOST : TABLE_POLICY, &key, row.value);
    if (row.holds < 0 || row_decode(&row, &record) != 0)
        return damaged(reading);
    reading->backup.records[row.holds]++;
    return each ? each(&row, change, reading->error) : 0;
}

static int read_end(struct backup_reading *reading)
{
    uint8_t octets[8], more;
    int code = want(reading, octets, sizeof(octets));
    uint64_t sum = checksum_end(&reading->checksum);

    if (code != 0)
        return code;
    if (be_get64(octets) != item_count(&reading->backup))
        return damaged(reading);
    if ((code = want(reading, octets, sizeof(octets))) != 0)
        return code;
    if (be_get64(octets) != sum)
        return damaged(reading);
    code = get(reading, &more, 1);
    return code > 0 ? damaged(reading) : code;
}

static int read_all(struct backup_reading *reading,
                    int (*each)(const struct store_row *row, void *change, struct netboot_error *), void *change)
{
    int code = read_header(reading);

    while (code == 0) {
        uint8_t kind;
        if ((code = want(reading, &kind, 1)) != 0)
            return code;
        if (kind == BACKUP_END)
            return read_end(reading);
        if (kind != ROW_SITE && kind != ROW_LOADER && kind != ROW_TARGET && kind != 'h')
            return damaged(reading);
        code = read_item(reading, kind, each, change);
    }
    return code;
}

int backup_read(netboot_read_fn read, void *user,
                int (*each)(const struct store_row *row, void *change, struct netboot_error *), void *change,
                struct netboot_backup *ret, struct netboot_error *error)
{
    struct backup_reading *reading = calloc(1, sizeof(*reading));

    if (!reading)
        return failure(error, -ENOMEM, "out of memory while reading a backup");
    reading->read = read;
    reading->user = user;
    reading->error = error;
    checksum_begin(&reading->checksum);
    int code = read_all(reading, each, change);
    if (code == 0)
        *ret = reading->backup;
    free(reading);
    return code;
}

int netboot_backup_check(netboot_read_fn read, void *user, struct netboot_backup *ret, struct netboot_error *error)
{
    return backup_read(read, user, NULL, NULL, ret, error);
}
