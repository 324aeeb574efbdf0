/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The reader of backups: whatever the octets, it ends with a record or a reason. What has the right checksum is rare,
 * so the input is read twice: as it is, and with the checksum set to what it should be.
 */
#include "change/backup.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct stream {
    const uint8_t *data;
    size_t size, at, piece;
};

static ssize_t read_piece(void *data, size_t size, void *user)
{
    struct stream *stream = user;
    size_t count = stream->size - stream->at;

    count = count < size ? count : size;
    count = count < stream->piece ? count : stream->piece;
    if (count > 0)
        memcpy(data, stream->data + stream->at, count);
    stream->at += count;
    return (long)count;
}

/* What it hands out has been decoded: so it decodes again. */
static int look(const struct store_row *row, void *user, struct netboot_error *error)
{
    struct netboot_record record;
    uint64_t *count = user;

    (void)error;
    if (row->holds < 0 || row_decode(row, &record) != 0)
        abort();
    ++*count;
    return 0;
}

static void read_all(const uint8_t *data, size_t size, size_t piece)
{
    struct stream stream = {data, size, 0, piece};
    struct netboot_error error = {0};
    struct netboot_backup backup;
    uint64_t count = 0;
    int code = backup_read(read_piece, &stream, look, &count, &backup, &error);

    if (code == 0 ? stream.at != size ||
                        count != backup.records[NETBOOT_RECORD_HOST] + backup.records[NETBOOT_RECORD_SITE] +
                                     backup.records[NETBOOT_RECORD_TARGET] + backup.records[NETBOOT_RECORD_LOADER]
                  : code != error.code || !error.text[0])
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct checksum checksum;

    read_all(data, size, size > 0 ? size : 1);
    if (size < 8)
        return 0;
    uint8_t *signed_data = malloc(size);
    if (!signed_data)
        return 0;
    memcpy(signed_data, data, size);
    checksum_begin(&checksum);
    checksum_add(&checksum, data, size - 8);
    uint64_t sum = checksum_end(&checksum);
    for (unsigned i = 0; i < 8; i++)
        signed_data[size - 8 + i] = (uint8_t)(sum >> 8 * (7 - i));
    read_all(signed_data, size, 1 + size % 7);
    free(signed_data);
    return 0;
}
