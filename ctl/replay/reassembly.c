/* SPDX-License-Identifier: MPL-2.0 */
#include "reassembly.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DATAGRAM_MAX 65535
#define UNIT 8 /* offsets count in these */
#define UNITS ((DATAGRAM_MAX + UNIT - 1) / UNIT)

/* A datagram whose fragments are being collected. */
struct datagram_parts {
    bool used;
    bool dropped; /* its fragments contradict each other: the rest of them is ignored */
    bool counts;
    uint8_t protocol;
    uint8_t key[REASSEMBLY_KEY_SIZE];
    uint64_t since;
    size_t end;        /* of the last fragment; 0 until it has come */
    size_t highest;    /* end of the highest fragment so far */
    size_t unit_count; /* units that have come */
    uint8_t units[(UNITS + 7) / 8];
    uint8_t *data; /* DATAGRAM_MAX octets, kept for the next one */
};

struct reassembly {
    unsigned incomplete;
    struct datagram_parts parts[REASSEMBLY_DATAGRAMS];
};

struct reassembly *reassembly_new(void)
{
    return calloc(1, sizeof(struct reassembly));
}

void reassembly_free(struct reassembly *reassembly)
{
    if (!reassembly)
        return;
    for (unsigned i = 0; i < REASSEMBLY_DATAGRAMS; i++)
        free(reassembly->parts[i].data);
    free(reassembly);
}

static bool waits(const struct datagram_parts *parts)
{
    return parts->used && parts->counts && !parts->dropped;
}

static void give_up(struct reassembly *reassembly, struct datagram_parts *parts)
{
    reassembly->incomplete += waits(parts);
    parts->used = false;
}

static void expire(struct reassembly *reassembly, uint64_t time)
{
    for (unsigned i = 0; i < REASSEMBLY_DATAGRAMS; i++) {
        struct datagram_parts *parts = &reassembly->parts[i];
        if (parts->used && time > parts->since && time - parts->since > REASSEMBLY_SECONDS * UINT64_C(1000000))
            give_up(reassembly, parts);
    }
}

/* The place of the datagram with that key; else a free one; else that of the datagram that waits longest. */
static struct datagram_parts *place_of(struct reassembly *reassembly, const uint8_t key[REASSEMBLY_KEY_SIZE])
{
    struct datagram_parts *ret = &reassembly->parts[0];

    for (unsigned i = 0; i < REASSEMBLY_DATAGRAMS; i++) {
        struct datagram_parts *parts = &reassembly->parts[i];
        if (parts->used && memcmp(parts->key, key, REASSEMBLY_KEY_SIZE) == 0)
            return parts;
        if (ret->used && (!parts->used || parts->since < ret->since))
            ret = parts;
    }
    if (ret->used)
        give_up(reassembly, ret);
    return ret;
}

static int begin(struct datagram_parts *parts, uint64_t time, const struct fragment *fragment)
{
    uint8_t *data = parts->data ? parts->data : malloc(DATAGRAM_MAX);

    if (!data)
        return -ENOMEM;
    *parts = (struct datagram_parts){.used = true, .since = time, .data = data};
    memcpy(parts->key, fragment->key, sizeof(parts->key));
    return 0;
}

static bool has_unit(const struct datagram_parts *parts, size_t unit)
{
    return parts->units[unit / 8] & (1U << unit % 8);
}

/* How many of the fragment's units have come before. */
static size_t units_there(const struct datagram_parts *parts, size_t first, size_t count)
{
    size_t ret = 0;

    for (size_t i = 0; i < count; i++)
        ret += has_unit(parts, first + i);
    return ret;
}

/* Whether the fragment is well-formed, and its end agrees with what the others say. */
static bool fits(const struct datagram_parts *parts, const struct fragment *fragment)
{
    size_t size = fragment->data.size;

    if (size == 0 || fragment->offset % UNIT != 0 || fragment->offset >= DATAGRAM_MAX)
        return false;
    if (size > DATAGRAM_MAX - fragment->offset || (fragment->more && size % UNIT != 0))
        return false;
    size_t end = fragment->offset + size;
    if (fragment->more)
        return parts->end == 0 || end < parts->end;
    return parts->end == 0 ? end >= parts->highest : end == parts->end;
}

static int drop(struct datagram_parts *parts)
{
    parts->dropped = true;
    return -EBADMSG;
}

/* Puts a fragment in its place. 1: done; 0: it is a repetition; -EBADMSG: it contradicts another one. */
static int put(struct datagram_parts *parts, const struct fragment *fragment)
{
    size_t size = fragment->data.size, first = fragment->offset / UNIT, count = (size + UNIT - 1) / UNIT;

    if (!fits(parts, fragment))
        return drop(parts);
    size_t there = units_there(parts, first, count);
    if (there == count && fragment->offset + size <= parts->highest)
        return memcmp(parts->data + fragment->offset, fragment->data.data, size) == 0 ? 0 : drop(parts);
    if (there > 0)
        return drop(parts);
    memcpy(parts->data + fragment->offset, fragment->data.data, size);
    for (size_t i = first; i < first + count; i++)
        parts->units[i / 8] |= (uint8_t)(1U << i % 8);
    parts->unit_count += count;
    if (fragment->offset + size > parts->highest)
        parts->highest = fragment->offset + size;
    if (!fragment->more)
        parts->end = fragment->offset + size;
    return 1;
}

int reassembly_add(struct reassembly *reassembly, uint64_t time, const struct fragment *fragment,
                   struct netboot_bytes *ret, uint8_t *protocol)
{
    expire(reassembly, time);
    struct datagram_parts *parts = place_of(reassembly, fragment->key);
    int status = parts->used ? 0 : begin(parts, time, fragment);
    if (status)
        return status;
    if (parts->dropped)
        return 0;
    status = put(parts, fragment);
    if (status <= 0)
        return status;
    if (fragment->offset == 0)
        parts->protocol = fragment->protocol;
    parts->counts |= fragment->counts;
    if (parts->end == 0 || parts->unit_count != (parts->end + UNIT - 1) / UNIT)
        return 0;
    parts->used = false;
    *ret = (struct netboot_bytes){parts->data, parts->end};
    *protocol = parts->protocol;
    return 1;
}

unsigned reassembly_incomplete(const struct reassembly *reassembly)
{
    unsigned ret = reassembly->incomplete;

    for (unsigned i = 0; i < REASSEMBLY_DATAGRAMS; i++)
        ret += waits(&reassembly->parts[i]);
    return ret;
}
