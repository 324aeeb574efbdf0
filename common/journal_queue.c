/* SPDX-License-Identifier: MPL-2.0 */
#include "journal_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT_DUID, TEXT_HOST, TEXT_TARGET, TEXT_SITE, TEXT_TFTP, TEXT_FILE, TEXTS };

#define TEXT_ROOM (NETBOOT_DUID_MAX + NETBOOT_ID_TEXT_SIZE + 2 * NETBOOT_NAME_MAX + 255 + NETBOOT_FILE_SIZE)

/* What is fixed, then the texts, one behind the other. An odd number of cache lines, so that slots do not all begin in
 * the same set of a cache. */
struct queue_slot {
    _Alignas(64) atomic_size_t turn; /* its position: may be filled; one more: may be emptied */
    uint64_t ms;
    uint32_t transaction;
    uint16_t arch, platform;
    uint8_t family, stage, reply_type, outcome, source, armed, reason_count;
    bool bootp, has_mac, has_uuid, host_found, has_next_server, vendor_class;
    uint8_t mac[NETBOOT_MAC_SIZE];
    uint8_t next_server[4];
    uint8_t uuid[NETBOOT_UUID_SIZE];
    uint8_t address[NETBOOT_ADDRESS_SIZE];
    uint16_t sizes[TEXTS];
    struct netboot_reason reasons[NETBOOT_REASONS_MAX];
    uint8_t texts[TEXT_ROOM];
};
_Static_assert(sizeof(struct queue_slot) / 64 % 2 == 1, "slots begin in different sets");

int queue_init(struct journal_queue *queue)
{
    size_t size = QUEUE_SLOTS * sizeof(struct queue_slot);

    queue->slots = aligned_alloc(_Alignof(struct queue_slot), size);
    if (!queue->slots)
        return -ENOMEM;
    memset(queue->slots, 0, size);
    for (size_t i = 0; i < QUEUE_SLOTS; i++)
        atomic_init(&queue->slots[i].turn, i);
    atomic_init(&queue->head, 0);
    atomic_init(&queue->dropped, 0);
    queue->tail = 0;
    return 0;
}

void queue_fini(struct journal_queue *queue)
{
    free(queue->slots);
    queue->slots = NULL;
}

static struct queue_slot *slot_at(const struct journal_queue *queue, size_t position)
{
    return &queue->slots[position & (QUEUE_SLOTS - 1)];
}

/* ---- Filling */

static uint8_t *add_text(struct queue_slot *slot, unsigned which, uint8_t *at, const void *data, size_t size)
{
    slot->sizes[which] = (uint16_t)size;
    if (size > 0)
        memcpy(at, data, size);
    return at + size;
}

static void fill_client(struct queue_slot *slot, const struct netboot_client *client)
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

static void fill_decision(struct queue_slot *slot, const struct netboot_decision *decision)
{
    slot->outcome = (uint8_t)decision->outcome;
    slot->source = (uint8_t)decision->source;
    slot->armed = (uint8_t)decision->armed;
    slot->host_found = decision->host_found;
    slot->has_next_server = decision->has_next_server;
    slot->vendor_class = decision->vendor_class;
    memcpy(slot->next_server, decision->next_server, sizeof(slot->next_server));
    slot->reason_count = (uint8_t)decision->reason_count;
    memcpy(slot->reasons, decision->reasons, decision->reason_count * sizeof(slot->reasons[0]));
}

static void fill_texts(struct queue_slot *slot, const struct netboot_result *result)
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

/* A slot that is this thread's to fill, or NULL. */
static struct queue_slot *take(struct journal_queue *queue, size_t *ret_position)
{
    size_t position = atomic_load_explicit(&queue->head, memory_order_relaxed);

    for (;;) {
        struct queue_slot *slot = slot_at(queue, position);
        size_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);
        if (turn == position) {
            if (atomic_compare_exchange_weak_explicit(&queue->head, &position, position + 1, memory_order_relaxed,
                                                      memory_order_relaxed)) {
                *ret_position = position;
                return slot;
            }
        } else if ((ptrdiff_t)(turn - position) < 0) {
            return NULL;
        } else {
            position = atomic_load_explicit(&queue->head, memory_order_relaxed);
        }
    }
}

bool queue_put(struct journal_queue *queue, const struct netboot_query *query, const struct netboot_result *result)
{
    struct timespec now;
    size_t position;
    struct queue_slot *slot = take(queue, &position);

    if (!slot) {
        atomic_fetch_add_explicit(&queue->dropped, 1, memory_order_relaxed);
        return false;
    }
    clock_gettime(CLOCK_REALTIME_COARSE, &now); /* read from a page that the kernel shares: no system call */
    slot->ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    slot->transaction = query->transaction;
    slot->reply_type = query->reply_type;
    fill_client(slot, &result->client);
    fill_decision(slot, &result->decision);
    fill_texts(slot, result);
    atomic_store_explicit(&slot->turn, position + 1, memory_order_release);
    return true;
}

/* ---- Emptying */

static const uint8_t *take_text(const struct queue_slot *slot, unsigned which, const uint8_t *at, char *ret)
{
    memcpy(ret, at, slot->sizes[which]);
    ret[slot->sizes[which]] = '\0';
    return at + slot->sizes[which];
}

static void look_at_client(const struct queue_slot *slot, struct netboot_client *ret)
{
    *ret = (struct netboot_client){
        .family = (enum netboot_family)slot->family,
        .stage = (enum netboot_stage)slot->stage,
        .arch = slot->arch,
        .platform = slot->platform,
        .bootp = slot->bootp,
        .has_mac = slot->has_mac,
        .has_uuid = slot->has_uuid,
        .duid = {slot->texts, slot->sizes[TEXT_DUID]},
    };
    memcpy(ret->mac, slot->mac, sizeof(ret->mac));
    memcpy(ret->uuid, slot->uuid, sizeof(ret->uuid));
    memcpy(ret->address, slot->address, sizeof(ret->address));
}

static void look_at_decision(const struct queue_slot *slot, struct netboot_decision *ret)
{
    const uint8_t *at = slot->texts + slot->sizes[TEXT_DUID];

    ret->outcome = (enum netboot_outcome)slot->outcome;
    ret->source = (enum netboot_source)slot->source;
    ret->armed = (enum netboot_armed)slot->armed;
    ret->host_found = slot->host_found;
    ret->has_next_server = slot->has_next_server;
    ret->vendor_class = slot->vendor_class;
    memcpy(ret->next_server, slot->next_server, sizeof(ret->next_server));
    ret->reason_count = slot->reason_count;
    memcpy(ret->reasons, slot->reasons, slot->reason_count * sizeof(ret->reasons[0]));
    at = take_text(slot, TEXT_HOST, at, ret->host);
    at = take_text(slot, TEXT_TARGET, at, ret->target);
    at = take_text(slot, TEXT_SITE, at, ret->site);
    at = take_text(slot, TEXT_TFTP, at, ret->tftp_server_name);
    take_text(slot, TEXT_FILE, at, ret->boot_file);
    ret->boot_file_size = slot->sizes[TEXT_FILE];
}

bool queue_look(struct journal_queue *queue, size_t index, struct netboot_journal_entry *ret)
{
    size_t position = queue->tail + index;
    const struct queue_slot *slot = slot_at(queue, position);

    if (atomic_load_explicit(&slot->turn, memory_order_acquire) != position + 1)
        return false;
    ret->first = ret->last = slot->ms;
    ret->packets = 1;
    ret->first_reply = ret->last_reply = slot->reply_type;
    ret->transaction = slot->transaction;
    look_at_client(slot, &ret->client);
    look_at_decision(slot, &ret->decision);
    return true;
}

size_t queue_count(const struct journal_queue *queue)
{
    return atomic_load_explicit(&queue->head, memory_order_relaxed) - queue->tail;
}

void queue_drop(struct journal_queue *queue, size_t count)
{
    for (; count > 0; count--, queue->tail++)
        atomic_store_explicit(&slot_at(queue, queue->tail)->turn, queue->tail + QUEUE_SLOTS, memory_order_release);
}
