/* SPDX-License-Identifier: MPL-2.0 */
#include "link/armed.h"

#include "base/failure.h"
#include "store/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_SIZE 4096
#define MAGIC UINT64_C(0x6e6574626f6f7431) /* "netboot1" */
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE)

#ifndef F_SEAL_FUTURE_WRITE /* Linux 5.1 */
#define F_SEAL_FUTURE_WRITE 0x10
#endif

/* The words of a slot behind its sequence number. */
enum {
    WORD_HOST,                                       /* hash; 0: free, and the end of a search */
    WORD_CHECK,                                      /* over all others */
    WORD_TOKEN,                                      /* two words */
    WORD_TARGET = WORD_TOKEN + ARMED_TOKEN_SIZE / 8, /* a text that ends with NUL */
    WORDS = WORD_TARGET + (NETBOOT_NAME_MAX + 1) / 8
};

/* A host that went, in a slot that others were placed behind. No host has that hash. */
#define GONE UINT64_C(1)

struct armed_slot {
    _Alignas(64) atomic_uint_least32_t sequence;
    atomic_uint_least64_t words[WORDS];
};

_Static_assert(sizeof(struct armed_slot) == 192, "the layout of the file");
_Static_assert((ARMED_SLOTS & (ARMED_SLOTS - 1)) == 0, "places are taken from a hash by a mask");

#define SET_SIZE (HEADER_SIZE + ARMED_SLOTS * sizeof(struct armed_slot))

/* What a slot holds, outside of it. */
struct content {
    uint64_t words[WORDS];
};

/* ---- Hashes (FNV-1a, and a last step that spreads it over all bits) */

static uint64_t hash_octets(uint64_t hash, const uint8_t *octets, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ octets[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

#define HASH_BASIS UINT64_C(0xcbf29ce484222325)

uint64_t armed_hash(const struct store_key *key)
{
    uint64_t hash = hash_octets(HASH_BASIS, key->octets, key->size);

    return hash > GONE ? hash : hash + 2;
}

static uint64_t check_of(const struct content *content)
{
    struct content others = *content;

    others.words[WORD_CHECK] = 0;
    return hash_octets(HASH_BASIS, (const uint8_t *)others.words, sizeof(others.words));
}

/* ---- One slot */

/* The content as it was at one moment. False: it is being written. Words are read by acquire and written by release, so
 * that no reader sees a new word with an old sequence number (and not by fences, which TSan does not know). */
static bool read_slot(struct armed_slot *slot, struct content *ret)
{
    enum { TRIES = 8 };

    for (unsigned i = 0; i < TRIES; i++) {
        uint32_t before = atomic_load_explicit(&slot->sequence, memory_order_acquire);
        for (unsigned word = 0; word < WORDS; word++)
            ret->words[word] = atomic_load_explicit(&slot->words[word], memory_order_acquire);
        if (before % 2 == 0 && atomic_load_explicit(&slot->sequence, memory_order_relaxed) == before)
            return true;
    }
    return false;
}

static void write_slot(struct armed_slot *slot, const struct content *content)
{
    uint32_t before = atomic_load_explicit(&slot->sequence, memory_order_relaxed);

    atomic_store_explicit(&slot->sequence, before + 1, memory_order_relaxed);
    for (unsigned word = 0; word < WORDS; word++)
        atomic_store_explicit(&slot->words[word], content->words[word], memory_order_release);
    atomic_store_explicit(&slot->sequence, before + 2, memory_order_release);
}

static uint64_t host_in(struct armed_slot *slot)
{
    return atomic_load_explicit(&slot->words[WORD_HOST], memory_order_relaxed);
}

static struct armed_slot *slot_at(const struct armed_set *set, uint64_t place)
{
    return &set->slots[place & (ARMED_SLOTS - 1)];
}

/* The slot that has the host. NULL: none has. A set of the writer's always has a free slot, and one of anybody else's
 * has an end. */
static struct armed_slot *find_slot(const struct armed_set *set, uint64_t host)
{
    for (uint64_t i = 0; i < ARMED_SLOTS; i++) {
        struct armed_slot *slot = slot_at(set, host + i);
        uint64_t has = host_in(slot);
        if (has == host)
            return slot;
        if (has == 0)
            return NULL;
    }
    return NULL;
}

/* ---- The writer */

static int seal(int fd, struct armed_set *ret, struct netboot_error *error)
{
    uint64_t header[2] = {MAGIC, SET_SIZE};

    if (ftruncate(fd, (off_t)SET_SIZE) != 0 || pwrite(fd, header, sizeof(header), 0) != sizeof(header))
        return failure(error, -errno, "there is no memory for the armed hosts: %s", strerror(errno));
    uint8_t *map = mmap(NULL, SET_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return failure(error, -errno, "there is no memory for the armed hosts: %s", strerror(errno));
    if (fcntl(fd, F_ADD_SEALS, SEALS) != 0) {
        int code = -errno;
        munmap(map, SET_SIZE);
        return failure(error, code, "the memory of the armed hosts cannot be sealed: %s", strerror(-code));
    }
    *ret = (struct armed_set){.slots = (struct armed_slot *)(map + HEADER_SIZE), .fd = fd};
    return 0;
}

int armed_create(struct armed_set *ret, struct netboot_error *error)
{
    int fd = memfd_create("netboot-armed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return failure(error, -errno, "there is no memory for the armed hosts: %s", strerror(errno));
    int code = seal(fd, ret, error);
    if (code != 0)
        close(fd);
    return code;
}

/* The first slot of a search that holds no host. */
static struct armed_slot *free_slot(const struct armed_set *set, uint64_t host)
{
    while (host_in(slot_at(set, host)) > GONE)
        host++;
    return slot_at(set, host);
}

int armed_put(struct armed_set *set, uint64_t host, const struct armed_entry *entry)
{
    struct content content = {.words = {[WORD_HOST] = host}};
    struct armed_slot *slot = find_slot(set, host);

    if (!netboot_name_valid(entry->target))
        return -EINVAL;
    if (!slot) {
        if (set->count == ARMED_MOST)
            return -ENOSPC;
        slot = free_slot(set, host);
        set->count++;
    }
    memcpy(&content.words[WORD_TOKEN], entry->token, ARMED_TOKEN_SIZE);
    memcpy(&content.words[WORD_TARGET], entry->target, strlen(entry->target));
    content.words[WORD_CHECK] = check_of(&content);
    write_slot(slot, &content);
    return 0;
}

bool armed_remove(struct armed_set *set, uint64_t host)
{
    struct armed_slot *slot = find_slot(set, host);
    struct content none = {.words = {[WORD_HOST] = GONE}};

    if (!slot)
        return false;
    set->count--;
    write_slot(slot, &none);
    /* Where a search ends behind it, this slot and those that are gone before it end it as well. */
    uint64_t place = (uint64_t)(slot - set->slots);
    if (host_in(slot_at(set, place + 1)) != 0)
        return true;
    none.words[WORD_HOST] = 0;
    for (; host_in(slot_at(set, place)) == GONE; place--)
        write_slot(slot_at(set, place), &none);
    return true;
}

/* ---- A server */

int armed_open(int fd, struct armed_set *ret, struct netboot_error *error)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat status;

    if (seals < 0 || (seals & SEALS) != SEALS)
        return failure(error, -EPERM, "the set of armed hosts is not sealed: it is not used");
    if (fstat(fd, &status) != 0 || (uint64_t)status.st_size != SET_SIZE)
        return failure(error, -EBADMSG, "the set of armed hosts has %lld octets, not %zu: it is of another version",
                       (long long)status.st_size, SET_SIZE);
    uint8_t *map = mmap(NULL, SET_SIZE, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return failure(error, -errno, "the set of armed hosts cannot be mapped: %s", strerror(errno));
    if (((const uint64_t *)map)[0] != MAGIC || ((const uint64_t *)map)[1] != SET_SIZE) {
        munmap(map, SET_SIZE);
        return failure(error, -EBADMSG, "the set of armed hosts is of another version");
    }
    *ret = (struct armed_set){.slots = (struct armed_slot *)(map + HEADER_SIZE), .fd = -1};
    return 0;
}

bool armed_find(const struct armed_set *set, uint64_t host, struct armed_entry *ret)
{
    struct armed_slot *slot = set->slots ? find_slot(set, host) : NULL;
    struct content content;
    const char *target = (const char *)&content.words[WORD_TARGET];

    if (!slot || !read_slot(slot, &content) || content.words[WORD_HOST] != host ||
        content.words[WORD_CHECK] != check_of(&content) || !memchr(target, '\0', NETBOOT_NAME_MAX + 1) ||
        !netboot_name_valid(target))
        return false;
    memcpy(ret->token, &content.words[WORD_TOKEN], ARMED_TOKEN_SIZE);
    strcpy(ret->target, target);
    return true;
}

void armed_close(struct armed_set *set)
{
    if (set->slots)
        munmap((uint8_t *)set->slots - HEADER_SIZE, SET_SIZE);
    if (set->fd >= 0)
        close(set->fd);
    *set = (struct armed_set){.fd = -1};
}
