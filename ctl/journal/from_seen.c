/* SPDX-License-Identifier: MPL-2.0 */
#include "from_seen.h"

#include "journal.h"
#include "json/record/json.h"

#include <string.h>

struct seen_gathering {
    const struct netboot_host *host;
    struct netboot_list *ids; /* to add to the host */
    struct arena *memory;
    unsigned machines, macs;
    struct netboot_id uuids[NETBOOT_LIST_MAX]; /* that this machine alone has shown */
    size_t uuid_count;
    int code;
};

static const char *list_of(enum netboot_id_type type)
{
    return type == NETBOOT_ID_MAC ? "mac" : type == NETBOOT_ID_UUID ? "uuid" : "duid";
}

/* As in the store's keys, a UUID, or a DUID made of one, is the same identifier in either byte order. */
static void uuid_swap(uint8_t *uuid)
{
    static const uint8_t order[8] = {3, 2, 1, 0, 5, 4, 7, 6};
    uint8_t swapped[8];

    for (size_t i = 0; i < sizeof(order); i++)
        swapped[i] = uuid[order[i]];
    memcpy(uuid, swapped, sizeof(swapped));
}

static bool same_id(const struct netboot_id *a, const struct netboot_id *b)
{
    struct netboot_id other = *b;
    size_t uuid = a->type == NETBOOT_ID_UUID ? 0 : 2;

    if (a->type != b->type || a->size != b->size)
        return false;
    if (memcmp(a->value, b->value, a->size) == 0)
        return true;
    bool has_uuid = a->type == NETBOOT_ID_UUID || (a->type == NETBOOT_ID_DUID && a->size == 2 + NETBOOT_UUID_SIZE &&
                                                   a->value[0] == 0 && a->value[1] == 4);
    if (!has_uuid)
        return false;
    uuid_swap(other.value + uuid);
    return memcmp(a->value, other.value, a->size) == 0;
}

static bool has_id(const struct netboot_list *list, const struct netboot_id *id)
{
    const struct netboot_host host = {.ids = *list};
    struct netboot_id other;

    for (size_t i = 0; netboot_host_id(&host, i, &other) == 0; i++)
        if (same_id(id, &other))
            return true;
    return false;
}

static int add_id(struct seen_gathering *gathering, const struct netboot_id *id)
{
    if (has_id(&gathering->host->ids, id) || has_id(gathering->ids, id) || gathering->ids->count == NETBOOT_LIST_MAX)
        return DONE;
    struct netboot_bytes item = host_item(id, gathering->memory);
    gathering->ids->items[gathering->ids->count++] = item;
    return item.data ? DONE : failed("out of memory");
}

static int count(const struct netboot_journal_machine *machine, void *user)
{
    struct seen_gathering *gathering = user;

    gathering->machines++;
    gathering->macs += machine->id.type == NETBOOT_ID_MAC;
    return 0;
}

static int gather(const struct netboot_journal_machine *machine, void *user)
{
    const struct netboot_host ids = {.ids = machine->ids};
    struct seen_gathering *gathering = user;
    char text[NETBOOT_ID_TEXT_SIZE], own[NETBOOT_ID_TEXT_SIZE];
    struct netboot_id id;

    gathering->code = add_id(gathering, &machine->id);
    for (size_t i = 0; gathering->code == DONE && netboot_host_id(&ids, i, &id) == 0; i++) {
        if (machine->shared >> i & 1) {
            note("%s is left out, since other machines than %s have sent it, too: give it with --%s if it is right",
                 netboot_id_text(&id, text), netboot_id_text(&machine->id, own), list_of(id.type));
            continue;
        }
        gathering->code = add_id(gathering, &id);
        if (id.type == NETBOOT_ID_UUID && gathering->uuid_count < NETBOOT_LIST_MAX)
            gathering->uuids[gathering->uuid_count++] = id;
    }
    return gathering->code == DONE ? 0 : 1;
}

/* All identifiers of the host. */
static size_t host_ids(const struct netboot_host *host, const struct netboot_id *own, struct netboot_id *ret,
                       size_t room)
{
    size_t count = 0;

    if (own->type != NETBOOT_ID_NAME)
        ret[count++] = *own;
    for (size_t i = 0; count < room && netboot_host_id(host, i, &ret[count]) == 0; i++)
        count++;
    return count;
}

/* A UUID that several cards have shown belongs to one machine with several cards, or to several machines: a person has
 * to say which. */
static int check_found(const struct seen_gathering *gathering, const struct netboot_id *id)
{
    char text[NETBOOT_ID_TEXT_SIZE];

    netboot_id_text(id, text);
    if (gathering->machines == 0)
        return failed("the journal has not seen %s: see netbootctl seen", text);
    if (gathering->macs > 1 && id->type != NETBOOT_ID_NAME && id->type != NETBOOT_ID_MAC)
        return failed("%u machines have sent %s: give the MAC of the one you mean; see netbootctl seen",
                      gathering->macs, text);
    return DONE;
}

int from_seen_add(struct session *session, const struct netboot_id *id, const struct netboot_host *host,
                  struct netboot_list *ret, struct arena *memory)
{
    struct netboot_id ids[NETBOOT_LIST_MAX + 1];
    struct seen_gathering gathering = {.host = host, .ids = ret, .memory = memory};
    struct netboot_error error;
    size_t id_count = host_ids(host, id, ids, NETBOOT_LIST_MAX);
    int status = netboot_journal_machines(session->store, ids, id_count, count, &gathering, &error);

    if (status == 0 && (gathering.code = check_found(&gathering, id)) == DONE)
        status = netboot_journal_machines(session->store, ids, id_count, gather, &gathering, &error);
    if (status == 0 && gathering.uuid_count > 0) {
        /* A machine of the journal that goes by one of these UUIDs is this one over DHCPv6. */
        size_t uuid_count = gathering.uuid_count;
        memcpy(ids, gathering.uuids, uuid_count * sizeof(ids[0]));
        gathering.uuid_count = 0;
        status = netboot_journal_machines(session->store, ids, uuid_count, gather, &gathering, &error);
    }
    return status < 0 ? failed_with(&error) : gathering.code;
}
