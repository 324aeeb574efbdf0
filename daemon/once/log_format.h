/* SPDX-License-Identifier: MPL-2.0 */
/* The octets of the log. Numbers are big-endian; batches begin and end at multiples of 8. */
#ifndef NETBOOTD_ONCE_LOG_FORMAT_H
#define NETBOOTD_ONCE_LOG_FORMAT_H

#include "base/bytes.h"

#define LOG_NAME "once"
#define LOG_FORMAT 1

/* Where what is in the head. Its second part is written in place, before each batch. */
enum {
    HEAD_MAGIC = 0,
    HEAD_FORMAT = 8,
    HEAD_INODE = 16,
    HEAD_ID = 24,
    HEAD_SERIAL = 32,
    HEAD_CHECK = 40,
    HEAD_TOUCHED = 48,
    HEAD_TOUCHED_CHECK = 56,
    HEAD_SIZE = 64
};
#define LOG_MAGIC "NBonce\r\n"

/* Of a batch; no eight octets of it are zero, see log_read.c. */
enum {
    BATCH_MAGIC = 0,
    BATCH_SIZE = 4,
    BATCH_SERIAL = 8,
    BATCH_WALL = 16,
    BATCH_COUNT = 24,
    BATCH_FILL = 28,
    BATCH_CONTENT_CHECK = 32,
    BATCH_CHECK = 40,
    BATCH_HEAD = 48,
    BATCH_END = 8 /* octets of END_OCTET at least */
};
#define BATCH_MAGIC_NUMBER UINT32_C(0x6f6e6365)
#define END_OCTET 0xff

enum { ENTRY_KIND, ENTRY_KEY_SIZE, ENTRY_SIZE, ENTRY_HEAD = 4 };

/* In the run directory: the last batch on disk. */
#define RUN_NAME "once.serial"
enum { RUN_ID = 0, RUN_SERIAL = 8, RUN_CHECK = 16, RUN_SIZE = 24 };

/* FNV-1a with a last step that spreads it over all bits. Never 0. */
static inline uint64_t log_hash(uint64_t seed, const uint8_t *octets, size_t size)
{
    uint64_t hash = seed ^ UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ octets[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 29;
    return hash != 0 ? hash : 1;
}

#endif
