/* SPDX-License-Identifier: MPL-2.0 */
#include "from_seen.h"

#include "journal.h"
#include "json/record/json.h"

#include <string.h>

struct gathering {
    cJSON *record;
    unsigned machines, macs;
    struct netboot_id uuids[NETBOOT_LIST_MAX]; /* that it alone has shown */
    size_t uuid_count;
    int code;
};

static const char *list_of(enum netboot_id_type type)
{
    return type == NETBOOT_ID_MAC ? "mac" : type == NETBOOT_ID_UUID ? "uuid" : "duid";
}

/* What LMDB's keys take for the same is so here: UUIDs, and DUIDs made of one, in either byte order. */
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

static cJSON *list_in(cJSON *record, const char *key)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(record, key);

    if (cJSON_IsArray(list))
        return list;
    cJSON_DeleteItemFromObjectCaseSensitive(record, key);
    return cJSON_AddArrayToObject(record, key);
}

static int add_id(cJSON *record, const struct netboot_id *id)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    struct netboot_id other;
    cJSON *list = list_in(record, list_of(id->type)), *item;

    cJSON_ArrayForEach(item, list) if (cJSON_IsString(item) &&
                                       netboot_id_parse_as(id->type, NULL, item->valuestring, &other, NULL) == 0 &&
                                       same_id(id, &other)) return DONE;
    item = list ? cJSON_CreateString(netboot_id_text(id, text)) : NULL;
    return item && cJSON_AddItemToArray(list, item) ? DONE : failed("out of memory");
}

static int count(const struct netboot_journal_machine *machine, void *user)
{
    struct gathering *gathering = user;

    gathering->machines++;
    gathering->macs += machine->id.type == NETBOOT_ID_MAC;
    return 0;
}

static int gather(const struct netboot_journal_machine *machine, void *user)
{
    const struct netboot_host ids = {.ids = machine->ids};
    struct gathering *gathering = user;
    char text[NETBOOT_ID_TEXT_SIZE], own[NETBOOT_ID_TEXT_SIZE];
    struct netboot_id id;

    gathering->code = add_id(gathering->record, &machine->id);
    for (size_t i = 0; gathering->code == DONE && netboot_host_id(&ids, i, &id) == 0; i++) {
        if (machine->shared >> i & 1) {
            note("%s is left out, since other machines than %s have sent it, too: give it with --%s if it is right",
                 netboot_id_text(&id, text), netboot_id_text(&machine->id, own), list_of(id.type));
            continue;
        }
        gathering->code = add_id(gathering->record, &id);
        if (id.type == NETBOOT_ID_UUID && gathering->uuid_count < NETBOOT_LIST_MAX)
            gathering->uuids[gathering->uuid_count++] = id;
    }
    return gathering->code == DONE ? 0 : 1;
}

/* All identifiers of the record. */
static size_t record_ids(const cJSON *record, const struct netboot_id *own, struct netboot_id *ret, size_t room)
{
    static const enum netboot_id_type types[] = {NETBOOT_ID_MAC, NETBOOT_ID_UUID, NETBOOT_ID_DUID};
    const cJSON *item;
    size_t count = 0;

    if (own->type != NETBOOT_ID_NAME)
        ret[count++] = *own;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        cJSON_ArrayForEach(item,
                           cJSON_GetObjectItemCaseSensitive(
                               record, list_of(types[i]))) if (count < room && cJSON_IsString(item) &&
                                                               netboot_id_parse_as(types[i], NULL, item->valuestring,
                                                                                   &ret[count], NULL) == 0) count++;
    return count;
}

/* A UUID typed that several cards have shown is one machine with several cards, or several with one UUID: a person
 * knows which. */
static int check_found(const struct gathering *gathering, const struct netboot_id *id)
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

int from_seen_add(struct session *session, const struct netboot_id *id, cJSON *record)
{
    struct netboot_id ids[NETBOOT_LIST_MAX + 1];
    struct gathering gathering = {.record = record};
    struct netboot_error error;
    size_t id_count = record_ids(record, id, ids, NETBOOT_LIST_MAX);
    int status = netboot_journal_machines(session->store, ids, id_count, count, &gathering, &error);

    if (status == 0 && (gathering.code = check_found(&gathering, id)) == DONE)
        status = netboot_journal_machines(session->store, ids, id_count, gather, &gathering, &error);
    if (status == 0 && gathering.uuid_count > 0) {
        /* A client that goes by one of these UUIDs is the machine over DHCPv6. */
        size_t uuid_count = gathering.uuid_count;
        memcpy(ids, gathering.uuids, uuid_count * sizeof(ids[0]));
        gathering.uuid_count = 0;
        status = netboot_journal_machines(session->store, ids, uuid_count, gather, &gathering, &error);
    }
    return status < 0 ? journal_failed(session, &error) : gathering.code;
}
