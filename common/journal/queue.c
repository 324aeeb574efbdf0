/* SPDX-License-Identifier: MPL-2.0 */
#include "journal/queue.h"

#include "journal/record.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT_DUID, TEXT_HOST, TEXT_TARGET, TEXT_SITE, TEXT_TFTP, TEXT_FILE, TEXTS };

#define TEXT_ROOM (NETBOOT_DUID_MAX + NETBOOT_ID_TEXT_SIZE + 2 * NETBOOT_NAME_MAX + 255 + NETBOOT_FILE_SIZE)

/* Who asked at which stage, and what was decided: the same for all packets of a step. Without gaps, so that steps are
 * compared as octets. */
struct step_facts {
    uint16_t arch, platform;
    uint8_t family, stage, outcome, source, armed, reason_count;
    bool bootp, has_mac, has_uuid, host_found, has_next_server, vendor_class;
    uint8_t mac[NETBOOT_MAC_SIZE];
    uint8_t next_server[4];
    uint8_t uuid[NETBOOT_UUID_SIZE];
    uint16_t sizes[TEXTS];
    struct netboot_reason reasons[NETBOOT_REASONS_MAX];
};
_Static_assert(offsetof(struct step_facts, reasons) ==
                   2 * 2 + 6 + 6 + NETBOOT_MAC_SIZE + 4 + NETBOOT_UUID_SIZE + 2 * TEXTS,
               "steps are compared as octets");

/* What is fixed, then the texts, one behind the other. An odd number of cache lines, so that slots do not all begin in
 * the same set of a cache. */
struct queue_slot {
    _Alignas(64) atomic_size_t turn; /* its position: may be filled; one more: may be emptied */
    uint64_t ms;
    uint64_t first_ms; /* of the first packet, where several are joined, as are the next ones */
    uint32_t transaction;
    uint16_t packets; /* 0: joined to a later one */
    uint8_t reply_type, first_reply;
    uint8_t address[NETBOOT_ADDRESS_SIZE];
    struct step_facts step;
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
    slot->step.sizes[which] = (uint16_t)size;
    if (size > 0)
        memcpy(at, data, size);
    return at + size;
}

static void fill_client(struct queue_slot *slot, const struct netboot_client *client)
{
    struct step_facts *step = &slot->step;

    step->family = (uint8_t)client->family;
    step->stage = (uint8_t)client->stage;
    step->arch = client->arch;
    step->platform = client->platform;
    step->bootp = client->bootp;
    step->has_mac = client->has_mac;
    step->has_uuid = client->has_uuid;
    memcpy(step->mac, client->mac, sizeof(step->mac));
    memcpy(step->uuid, client->uuid, sizeof(step->uuid));
    memcpy(slot->address, client->address, sizeof(slot->address));
}

static void fill_decision(struct step_facts *step, const struct netboot_decision *decision)
{
    step->outcome = (uint8_t)decision->outcome;
    step->source = (uint8_t)decision->source;
    step->armed = (uint8_t)decision->armed;
    step->host_found = decision->host_found;
    step->has_next_server = decision->has_next_server;
    step->vendor_class = decision->vendor_class;
    if (decision->has_next_server)
        memcpy(step->next_server, decision->next_server, sizeof(step->next_server));
    else
        memset(step->next_server, 0, sizeof(step->next_server));
    step->reason_count = (uint8_t)decision->reason_count;
    memcpy(step->reasons, decision->reasons, decision->reason_count * sizeof(step->reasons[0]));
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
    slot->ms = slot->first_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    slot->packets = 1;
    slot->transaction = query->transaction;
    slot->reply_type = slot->first_reply = query->reply_type;
    fill_client(slot, &result->client);
    fill_decision(&slot->step, &result->decision);
    fill_texts(slot, result);
    atomic_store_explicit(&slot->turn, position + 1, memory_order_release);
    return true;
}

/* ---- Emptying */

static const uint8_t *take_text(const struct queue_slot *slot, unsigned which, const uint8_t *at, char *ret)
{
    size_t size = slot->step.sizes[which];

    memcpy(ret, at, size);
    ret[size] = '\0';
    return at + size;
}

static void look_at_client(const struct queue_slot *slot, struct netboot_client *ret)
{
    const struct step_facts *step = &slot->step;

    *ret = (struct netboot_client){
        .family = (enum netboot_family)step->family,
        .stage = (enum netboot_stage)step->stage,
        .arch = step->arch,
        .platform = step->platform,
        .bootp = step->bootp,
        .has_mac = step->has_mac,
        .has_uuid = step->has_uuid,
        .duid = {slot->texts, step->sizes[TEXT_DUID]},
    };
    memcpy(ret->mac, step->mac, sizeof(ret->mac));
    memcpy(ret->uuid, step->uuid, sizeof(ret->uuid));
    memcpy(ret->address, slot->address, sizeof(ret->address));
}

static void look_at_decision(const struct queue_slot *slot, struct netboot_decision *ret)
{
    const struct step_facts *step = &slot->step;
    const uint8_t *at = slot->texts + step->sizes[TEXT_DUID];

    ret->outcome = (enum netboot_outcome)step->outcome;
    ret->source = (enum netboot_source)step->source;
    ret->armed = (enum netboot_armed)step->armed;
    ret->host_found = step->host_found;
    ret->has_next_server = step->has_next_server;
    ret->vendor_class = step->vendor_class;
    memcpy(ret->next_server, step->next_server, sizeof(ret->next_server));
    ret->reason_count = step->reason_count;
    memcpy(ret->reasons, step->reasons, step->reason_count * sizeof(ret->reasons[0]));
    at = take_text(slot, TEXT_HOST, at, ret->host);
    at = take_text(slot, TEXT_TARGET, at, ret->target);
    at = take_text(slot, TEXT_SITE, at, ret->site);
    at = take_text(slot, TEXT_TFTP, at, ret->tftp_server_name);
    take_text(slot, TEXT_FILE, at, ret->boot_file);
    ret->boot_file_size = step->sizes[TEXT_FILE];
}

/* The slot with record number `index` of those that wait, or NULL. */
static struct queue_slot *waiting(const struct journal_queue *queue, size_t index)
{
    size_t position = queue->tail + index;
    struct queue_slot *slot = slot_at(queue, position);

    return atomic_load_explicit(&slot->turn, memory_order_acquire) == position + 1 ? slot : NULL;
}

bool queue_look(struct journal_queue *queue, size_t index, struct netboot_journal_entry *ret)
{
    const struct queue_slot *slot = waiting(queue, index);

    if (!slot)
        return false;
    ret->first = slot->first_ms;
    ret->last = slot->ms;
    ret->packets = slot->packets;
    ret->first_reply = slot->first_reply;
    ret->last_reply = slot->reply_type;
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

/* ---- Joining */

static size_t texts_size(const struct step_facts *step)
{
    size_t size = 0;

    for (unsigned i = 0; i < TEXTS; i++)
        size += step->sizes[i];
    return size;
}

static bool same_step(const struct queue_slot *a, const struct queue_slot *b)
{
    const struct step_facts *x = &a->step, *y = &b->step;

    return memcmp(x, y, offsetof(struct step_facts, reasons)) == 0 &&
           memcmp(x->reasons, y->reasons, x->reason_count * sizeof(x->reasons[0])) == 0 &&
           memcmp(a->texts, b->texts, texts_size(x)) == 0;
}

/* Where among the last ones of their machines a record belongs: other machines' may be there as well. */
static unsigned place_of(const struct queue_slot *slot)
{
    const uint8_t *id = slot->step.has_mac ? slot->step.mac : slot->step.uuid;
    size_t size = slot->step.has_mac ? sizeof(slot->step.mac) : sizeof(slot->step.uuid);
    uint32_t hash = slot->step.family;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ id[i]) * UINT32_C(0x01000193); /* FNV-1a */
    return hash >> 24;
}

void queue_join(struct journal_queue *queue, size_t count)
{
    struct queue_slot *last[256] = {NULL}, *slot;

    for (size_t i = 0; i < count && (slot = waiting(queue, i)); i++) {
        struct queue_slot **place = &last[place_of(slot)], *before = *place;
        if (slot->packets == 0)
            continue;
        if (before && same_step(before, slot) &&
            journal_goes_on(before->step.family, before->reply_type, before->ms, slot->first_reply, slot->first_ms)) {
            slot->first_ms = before->first_ms;
            slot->first_reply = before->first_reply;
            slot->packets = (uint16_t)(slot->packets + before->packets);
            before->packets = 0;
        }
        *place = slot;
    }
}
