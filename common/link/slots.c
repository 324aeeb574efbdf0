/* SPDX-License-Identifier: MPL-2.0 */
#include "link/slots.h"

#include "base/failure.h"
#include "store/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_SIZE 4096
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE)

#ifndef F_SEAL_FUTURE_WRITE /* Linux 5.1 */
#define F_SEAL_FUTURE_WRITE 0x10
#endif

/* The words of a slot behind its sequence number. */
enum {
    WORD_HASH,  /* 0: free, and the end of a search */
    WORD_CHECK, /* over all others */
    WORD_ENTRY,
    WORDS_MOST = WORD_ENTRY + SLOTS_WORDS_MOST
};

/* An entry that went, in a slot that others were placed behind. No entry has that hash. */
#define GONE UINT64_C(1)

struct slot {
    atomic_uint_least32_t sequence;
    _Alignas(8) atomic_uint_least64_t words[];
};

/* What a slot holds, outside of it. */
struct content {
    uint64_t words[WORDS_MOST];
};

static size_t words_of(const struct slots_type *type)
{
    return WORD_ENTRY + type->words;
}

/* Slots are whole cache lines. */
static size_t slot_size(const struct slots_type *type)
{
    return (sizeof(struct slot) + 8 * words_of(type) + 63) / 64 * 64;
}

static size_t table_size(const struct slots_type *type)
{
    return HEADER_SIZE + type->slots * slot_size(type);
}

/* ---- Hashes (FNV-1a, and a last step that spreads it over all bits) */

static uint64_t hash_octets(const uint8_t *octets, size_t size)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ octets[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

uint64_t slots_hash(const struct store_key *key)
{
    uint64_t hash = hash_octets(key->octets, key->size);

    return hash > GONE ? hash : hash + 2;
}

static uint64_t check_of(const struct slots_type *type, const struct content *content)
{
    struct content others = *content;

    others.words[WORD_CHECK] = 0;
    return hash_octets((const uint8_t *)others.words, 8 * words_of(type));
}

/* ---- One slot */

/* The content as it was at one moment. False: it is being written. Words are read by acquire and written by release, so
 * that no reader sees a new word with an old sequence number (and not by fences, which TSan does not know). */
static bool read_slot(const struct slots_type *type, struct slot *slot, struct content *ret)
{
    enum { TRIES = 8 };

    for (unsigned i = 0; i < TRIES; i++) {
        uint32_t before = atomic_load_explicit(&slot->sequence, memory_order_acquire);
        for (size_t word = 0; word < words_of(type); word++)
            ret->words[word] = atomic_load_explicit(&slot->words[word], memory_order_acquire);
        if (before % 2 == 0 && atomic_load_explicit(&slot->sequence, memory_order_relaxed) == before)
            return true;
    }
    return false;
}

static void write_slot(const struct slots_type *type, struct slot *slot, const struct content *content)
{
    uint32_t before = atomic_load_explicit(&slot->sequence, memory_order_relaxed);

    atomic_store_explicit(&slot->sequence, before + 1, memory_order_relaxed);
    for (size_t word = 0; word < words_of(type); word++)
        atomic_store_explicit(&slot->words[word], content->words[word], memory_order_release);
    atomic_store_explicit(&slot->sequence, before + 2, memory_order_release);
}

static uint64_t hash_in(struct slot *slot)
{
    return atomic_load_explicit(&slot->words[WORD_HASH], memory_order_relaxed);
}

static struct slot *slot_at(const struct slots_type *type, void *slots, uint64_t place)
{
    return (struct slot *)((uint8_t *)slots + (place & (type->slots - 1)) * slot_size(type));
}

/* Where an entry is: its place, or -1. A table of the writer's always has a free slot, and one of anybody else's has an
 * end. */
static int64_t find_place(const struct slots_type *type, void *slots, uint64_t hash)
{
    for (uint64_t i = 0; i < type->slots; i++) {
        uint64_t has = hash_in(slot_at(type, slots, hash + i));
        if (has == hash)
            return (int64_t)((hash + i) & (type->slots - 1));
        if (has == 0)
            return -1;
    }
    return -1;
}

/* ---- The writer */

static int seal(const struct slots_type *type, int fd, void **ret, struct netboot_error *error)
{
    uint64_t header[2] = {type->magic, table_size(type)};

    if (ftruncate(fd, (off_t)table_size(type)) != 0 || pwrite(fd, header, sizeof(header), 0) != sizeof(header))
        return failure(error, -errno, "there is no memory for the %s: %s", type->what, strerror(errno));
    uint8_t *map = mmap(NULL, table_size(type), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return failure(error, -errno, "there is no memory for the %s: %s", type->what, strerror(errno));
    if (fcntl(fd, F_ADD_SEALS, SEALS) != 0) {
        int code = -errno;
        munmap(map, table_size(type));
        return failure(error, code, "the memory of the %s cannot be sealed: %s", type->what, strerror(-code));
    }
    *ret = map + HEADER_SIZE;
    return 0;
}

int slots_create(const struct slots_type *type, void **ret, int *ret_fd, struct netboot_error *error)
{
    int fd = memfd_create(type->name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return failure(error, -errno, "there is no memory for the %s: %s", type->what, strerror(errno));
    int code = seal(type, fd, ret, error);
    if (code == 0)
        *ret_fd = fd;
    else
        close(fd);
    return code;
}

int slots_put(const struct slots_type *type, void *slots, size_t *count, uint64_t hash, const uint64_t *entry)
{
    struct content content = {.words = {[WORD_HASH] = hash}};
    int64_t found = find_place(type, slots, hash);
    uint64_t place = found < 0 ? hash : (uint64_t)found;

    if (found < 0) {
        if (*count == SLOTS_MOST(type->slots))
            return -ENOSPC;
        while (hash_in(slot_at(type, slots, place)) > GONE)
            place++;
        ++*count;
    }
    memcpy(&content.words[WORD_ENTRY], entry, 8 * type->words);
    content.words[WORD_CHECK] = check_of(type, &content);
    write_slot(type, slot_at(type, slots, place), &content);
    return 0;
}

bool slots_remove(const struct slots_type *type, void *slots, size_t *count, uint64_t hash)
{
    struct content none = {.words = {[WORD_HASH] = GONE}};
    int64_t found = find_place(type, slots, hash);

    if (found < 0)
        return false;
    --*count;
    write_slot(type, slot_at(type, slots, (uint64_t)found), &none);
    /* Where a search ends behind it, this slot and those that are gone before it end it as well. */
    uint64_t place = (uint64_t)found;
    if (hash_in(slot_at(type, slots, place + 1)) != 0)
        return true;
    none.words[WORD_HASH] = 0;
    for (; hash_in(slot_at(type, slots, place)) == GONE; place--)
        write_slot(type, slot_at(type, slots, place), &none);
    return true;
}

/* ---- A server */

int slots_open(const struct slots_type *type, int fd, void **ret, struct netboot_error *error)
{
    size_t size = table_size(type);
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat status;

    if (seals < 0 || (seals & SEALS) != SEALS)
        return failure(error, -EPERM, "the table of the %s is not sealed: it is not used", type->what);
    if (fstat(fd, &status) != 0 || (uint64_t)status.st_size != size)
        return failure(error, -EBADMSG, "the table of the %s has %lld octets, not %zu: it is of another version",
                       type->what, (long long)status.st_size, size);
    uint8_t *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return failure(error, -errno, "the table of the %s cannot be mapped: %s", type->what, strerror(errno));
    if (((const uint64_t *)map)[0] != type->magic || ((const uint64_t *)map)[1] != size) {
        munmap(map, size);
        return failure(error, -EBADMSG, "the table of the %s is of another version", type->what);
    }
    *ret = map + HEADER_SIZE;
    return 0;
}

bool slots_find(const struct slots_type *type, void *slots, uint64_t hash, uint64_t *ret)
{
    int64_t place = slots ? find_place(type, slots, hash) : -1;
    struct content content = {.words = {0}};

    if (place < 0 || !read_slot(type, slot_at(type, slots, (uint64_t)place), &content) ||
        content.words[WORD_HASH] != hash || content.words[WORD_CHECK] != check_of(type, &content))
        return false;
    memcpy(ret, &content.words[WORD_ENTRY], 8 * type->words);
    return true;
}

void slots_close(const struct slots_type *type, void *slots)
{
    if (slots)
        munmap((uint8_t *)slots - HEADER_SIZE, table_size(type));
}
