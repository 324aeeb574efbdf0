/* SPDX-License-Identifier: MPL-2.0 */
#include "link/ring.h"

#include "base/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x6e627472696e6731) /* "nbtring1" */
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW)

enum { TEXT_DUID, TEXT_HOST, TEXT_TARGET, TEXT_SITE, TEXT_TFTP, TEXT_FILE, TEXTS };

#define TEXT_ROOM (NETBOOT_DUID_MAX + NETBOOT_ID_TEXT_SIZE + 2 * NETBOOT_NAME_MAX + 255 + NETBOOT_FILE_SIZE)

/* What is fixed, then the texts, one behind the other. No member has a value that it may not have: whoever empties the
 * ring looks at them as numbers. */
struct slot_content {
    uint64_t ms; /* since 1970 */
    uint32_t transaction;
    uint16_t arch, platform;
    uint16_t sizes[TEXTS];
    uint8_t family, stage, outcome, source, armed, reason_count, reply_type;
    uint8_t bootp, has_mac, has_uuid, host_found, has_next_server, vendor_class;
    uint8_t mac[NETBOOT_MAC_SIZE];
    uint8_t next_server[4];
    uint8_t address[NETBOOT_ADDRESS_SIZE];
    uint8_t uuid[NETBOOT_UUID_SIZE];
    struct netboot_reason reasons[NETBOOT_REASONS_MAX];
    uint8_t texts[TEXT_ROOM];
};

/* An odd number of cache lines, so that slots do not all begin in the same set of a cache. */
struct ring_slot {
    _Alignas(64) atomic_uint_least64_t turn; /* its position: may be filled; one more: may be emptied */
    struct slot_content content;
    uint8_t reserved[64];
};
_Static_assert(sizeof(struct ring_slot) / 64 % 2 == 1, "slots begin in different sets");

struct ring_memory {
    uint64_t magic, size;
    _Alignas(64) atomic_uint_least64_t head; /* the next slot to be filled */
    struct ring_slot slots[RING_SLOTS];
};

static struct ring_slot *slot_at(const struct ring *ring, uint64_t position)
{
    return &ring->memory->slots[position & (RING_SLOTS - 1)];
}

/* ---- The memory */

static int map_ring(int fd, struct ring *ret, struct netboot_error *error)
{
    void *map = mmap(NULL, sizeof(struct ring_memory), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (map == MAP_FAILED)
        return failure(error, -errno, "the journal's ring cannot be mapped: %s", strerror(errno));
    *ret = (struct ring){.memory = map, .fd = -1};
    return 0;
}

static int fill_memory(int fd, struct ring *ret, struct netboot_error *error)
{
    if (ftruncate(fd, (off_t)sizeof(struct ring_memory)) != 0 || fcntl(fd, F_ADD_SEALS, SEALS) != 0)
        return failure(error, -errno, "there is no memory for the journal's ring: %s", strerror(errno));
    int code = map_ring(fd, ret, error);
    if (code != 0)
        return code;
    ret->memory->magic = MAGIC;
    ret->memory->size = sizeof(struct ring_memory);
    for (uint64_t i = 0; i < RING_SLOTS; i++)
        atomic_init(&ret->memory->slots[i].turn, i);
    ret->fd = fd;
    return 0;
}

int ring_create(struct ring *ret, struct netboot_error *error)
{
    int fd = memfd_create("netboot-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return failure(error, -errno, "there is no memory for the journal's ring: %s", strerror(errno));
    int code = fill_memory(fd, ret, error);
    if (code != 0)
        close(fd);
    return code;
}

int ring_open(int fd, struct ring *ret, struct netboot_error *error)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat status;
    struct ring ring;

    if (seals < 0 || (seals & SEALS) != SEALS)
        return failure(error, -EPERM, "the journal's ring is not sealed: it is not used");
    if (fstat(fd, &status) != 0 || (uint64_t)status.st_size != sizeof(struct ring_memory))
        return failure(error, -EBADMSG, "the journal's ring has %lld octets, not %zu: it is of another version",
                       (long long)status.st_size, sizeof(struct ring_memory));
    int code = map_ring(fd, &ring, error);
    if (code != 0)
        return code;
    if (ring.memory->magic != MAGIC || ring.memory->size != sizeof(struct ring_memory)) {
        ring_close(&ring);
        return failure(error, -EBADMSG, "the journal's ring is of another version");
    }
    *ret = ring;
    return 0;
}

void ring_close(struct ring *ring)
{
    if (ring->memory)
        munmap(ring->memory, sizeof(*ring->memory));
    if (ring->fd >= 0)
        close(ring->fd);
    *ring = (struct ring){.fd = -1};
}

/* ---- Filling */

static uint8_t *add_text(struct slot_content *slot, unsigned which, uint8_t *at, const void *data, size_t size)
{
    slot->sizes[which] = (uint16_t)size;
    if (size > 0)
        memcpy(at, data, size);
    return at + size;
}

static void fill_client(struct slot_content *slot, const struct netboot_client *client)
{
    slot->family = (uint8_t)client->family;
    slot->stage = (uint8_t)client->stage;
    slot->arch = client->arch;
    slot->platform = client->platform;
    slot->bootp = client->bootp;
    slot->has_mac = client->has_mac;
    slot->has_uuid = client->has_uuid;
    memcpy(slot->mac, client->mac, sizeof(slot->mac));
    memcpy(slot->uuid, client->uuid, sizeof(slot->uuid));
    memcpy(slot->address, client->address, sizeof(slot->address));
}

static void fill_decision(struct slot_content *slot, const struct netboot_decision *decision)
{
    slot->outcome = (uint8_t)decision->outcome;
    slot->source = (uint8_t)decision->source;
    slot->armed = (uint8_t)decision->armed;
    slot->host_found = decision->host_found;
    slot->has_next_server = decision->has_next_server;
    slot->vendor_class = decision->vendor_class;
    if (decision->has_next_server)
        memcpy(slot->next_server, decision->next_server, sizeof(slot->next_server));
    slot->reason_count = (uint8_t)decision->reason_count;
    memcpy(slot->reasons, decision->reasons, decision->reason_count * sizeof(slot->reasons[0]));
}

static void fill_texts(struct slot_content *slot, const struct netboot_result *result)
{
    const struct netboot_decision *decision = &result->decision;
    uint8_t *at = slot->texts;

    at = add_text(slot, TEXT_DUID, at, result->client.duid.data, result->client.duid.size);
    at = add_text(slot, TEXT_HOST, at, decision->host, strlen(decision->host));
    at = add_text(slot, TEXT_TARGET, at, decision->target, strlen(decision->target));
    at = add_text(slot, TEXT_SITE, at, decision->site, strlen(decision->site));
    at = add_text(slot, TEXT_TFTP, at, decision->tftp_server_name, strlen(decision->tftp_server_name));
    add_text(slot, TEXT_FILE, at, decision->boot_file, decision->boot_file_size);
}

/* A slot that is this thread's to fill, or NULL. It comes to an end also where the numbers make no sense: whoever made
 * the ring may have been broken into. */
static struct ring_slot *claim(struct ring *ring, uint64_t *ret_position)
{
    atomic_uint_least64_t *head = &ring->memory->head;
    uint64_t position = atomic_load_explicit(head, memory_order_relaxed);

    for (unsigned tries = 0; tries < RING_SLOTS; tries++) {
        struct ring_slot *slot = slot_at(ring, position);
        uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);
        if (turn == position) {
            if (atomic_compare_exchange_weak_explicit(head, &position, position + 1, memory_order_relaxed,
                                                      memory_order_relaxed)) {
                *ret_position = position;
                return slot;
            }
        } else if ((int64_t)(turn - position) < 0) {
            return NULL;
        } else {
            position = atomic_load_explicit(head, memory_order_relaxed);
        }
    }
    return NULL;
}

bool ring_put(struct ring *ring, const struct netboot_query *query, const struct netboot_result *result)
{
    struct timespec now;
    uint64_t position;
    struct ring_slot *slot = claim(ring, &position);

    if (!slot)
        return false;
    clock_gettime(CLOCK_REALTIME_COARSE, &now); /* read from a page that the kernel shares: no system call */
    slot->content.ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    slot->content.transaction = query->transaction;
    slot->content.reply_type = query->reply_type;
    fill_client(&slot->content, &result->client);
    fill_decision(&slot->content, &result->decision);
    fill_texts(&slot->content, result);
    /* A thread that took longer than others waited for has lost its slot. */
    return atomic_compare_exchange_strong_explicit(&slot->turn, &position, position + 1, memory_order_release,
                                                   memory_order_relaxed);
}

size_t ring_waiting(const struct ring *ring)
{
    size_t ret = 0;

    for (uint64_t i = 0; ring->memory && i < RING_SLOTS; i++)
        ret += (atomic_load_explicit(&ring->memory->slots[i].turn, memory_order_relaxed) - i) % RING_SLOTS == 1;
    return ret;
}

/* ---- What may be in a slot */

static bool texts_are_plain(const struct slot_content *slot)
{
    static const uint16_t most[TEXTS] = {
        [TEXT_DUID] = NETBOOT_DUID_MAX,
        [TEXT_HOST] = NETBOOT_ID_TEXT_SIZE - 1,
        [TEXT_TARGET] = NETBOOT_NAME_MAX,
        [TEXT_SITE] = NETBOOT_NAME_MAX,
        [TEXT_TFTP] = 255,
        [TEXT_FILE] = NETBOOT_FILE_SIZE - 1,
    };
    const uint8_t *at = slot->texts;

    for (unsigned i = 0; i < TEXTS; i++) {
        if (slot->sizes[i] > most[i])
            return false;
        for (size_t j = 0; i != TEXT_DUID && j < slot->sizes[i]; j++)
            if (at[j] < ' ' || at[j] > '~')
                return false;
        at += slot->sizes[i];
    }
    return slot->sizes[TEXT_DUID] == 0 || slot->sizes[TEXT_DUID] >= 3;
}

static bool reasons_are_known(const struct slot_content *slot)
{
    if (slot->reason_count > NETBOOT_REASONS_MAX)
        return false;
    for (unsigned i = 0; i < slot->reason_count; i++)
        if (slot->reasons[i].finding > NETBOOT_FINDING_REMOVED || slot->reasons[i].source > NETBOOT_SOURCE_LOADER)
            return false;
    return true;
}

static bool makes_sense(const struct slot_content *slot)
{
    return (slot->family == NETBOOT_V4 || slot->family == NETBOOT_V6) && slot->stage > NETBOOT_STAGE_NONE &&
           slot->stage <= NETBOOT_STAGE_IPXE && slot->outcome > NETBOOT_NOT_OURS && slot->outcome <= NETBOOT_ANSWERED &&
           slot->source <= NETBOOT_SOURCE_LOADER && slot->armed <= NETBOOT_ARMED_UNMARKED && reasons_are_known(slot) &&
           texts_are_plain(slot);
}

/* ---- Emptying */

static const uint8_t *take_text(const struct slot_content *slot, unsigned which, const uint8_t *at, void *ret)
{
    memcpy(ret, at, slot->sizes[which]);
    return at + slot->sizes[which];
}

static void take_client(const struct slot_content *slot, struct ring_record *ret)
{
    struct netboot_client *client = &ret->entry.client;

    client->family = (enum netboot_family)slot->family;
    client->stage = (enum netboot_stage)slot->stage;
    client->arch = slot->arch;
    client->platform = slot->platform;
    client->bootp = slot->bootp != 0;
    client->has_mac = slot->has_mac != 0;
    client->has_uuid = slot->has_uuid != 0;
    client->duid = (struct netboot_bytes){ret->duid, slot->sizes[TEXT_DUID]};
    memcpy(client->mac, slot->mac, sizeof(client->mac));
    memcpy(client->uuid, slot->uuid, sizeof(client->uuid));
    memcpy(client->address, slot->address, sizeof(client->address));
}

static void take_decision(const struct slot_content *slot, struct netboot_decision *ret)
{
    ret->outcome = (enum netboot_outcome)slot->outcome;
    ret->source = (enum netboot_source)slot->source;
    ret->armed = (enum netboot_armed)slot->armed;
    ret->host_found = slot->host_found != 0;
    ret->has_next_server = slot->has_next_server != 0;
    ret->vendor_class = slot->vendor_class != 0;
    if (ret->has_next_server)
        memcpy(ret->next_server, slot->next_server, sizeof(ret->next_server));
    ret->reason_count = slot->reason_count;
    memcpy(ret->reasons, slot->reasons, slot->reason_count * sizeof(ret->reasons[0]));
}

static void take_texts(const struct slot_content *slot, struct ring_record *ret)
{
    struct netboot_decision *decision = &ret->entry.decision;
    const uint8_t *at = take_text(slot, TEXT_DUID, slot->texts, ret->duid);

    at = take_text(slot, TEXT_HOST, at, decision->host);
    at = take_text(slot, TEXT_TARGET, at, decision->target);
    at = take_text(slot, TEXT_SITE, at, decision->site);
    at = take_text(slot, TEXT_TFTP, at, decision->tftp_server_name);
    take_text(slot, TEXT_FILE, at, decision->boot_file);
    decision->boot_file_size = slot->sizes[TEXT_FILE];
}

/* Gives the slot back, for the next round. */
static int pass_slot(struct ring *ring, int code)
{
    atomic_store_explicit(&slot_at(ring, ring->tail)->turn, ring->tail + RING_SLOTS, memory_order_release);
    ring->tail++;
    ring->torn_since = 0;
    return code;
}

/* The next slot is not filled. */
static int wait_for_slot(struct ring *ring, uint64_t now_ms, bool hung_up)
{
    uint64_t claimed = atomic_load_explicit(&ring->memory->head, memory_order_relaxed) - ring->tail;

    if (claimed == 0 || claimed > RING_SLOTS) /* more are claimed only by one that was broken into */
        return 0;
    if (ring->torn_since == 0)
        ring->torn_since = now_ms > 0 ? now_ms : 1;
    return hung_up || now_ms >= ring->torn_since + RING_TORN_MS ? pass_slot(ring, -EBADMSG) : 0;
}

int ring_take(struct ring *ring, uint64_t now_ms, bool hung_up, struct ring_record *ret)
{
    struct ring_slot *slot = slot_at(ring, ring->tail);
    struct slot_content copy;

    if (atomic_load_explicit(&slot->turn, memory_order_acquire) != ring->tail + 1)
        return wait_for_slot(ring, now_ms, hung_up);
    memcpy(&copy, &slot->content, sizeof(copy));
    atomic_signal_fence(memory_order_seq_cst); /* what is looked at below is the copy */
    if (!makes_sense(&copy))
        return pass_slot(ring, -EBADMSG);
    memset(ret, 0, sizeof(*ret));
    ret->entry.first = ret->entry.last = copy.ms;
    ret->entry.packets = 1;
    ret->entry.first_reply = ret->entry.last_reply = copy.reply_type;
    ret->entry.transaction = copy.transaction;
    take_client(&copy, ret);
    take_decision(&copy, &ret->entry.decision);
    take_texts(&copy, ret);
    return pass_slot(ring, 1);
}
