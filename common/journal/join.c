/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Identifiers that belong together. A machine that boots over DHCPv4 shows its MAC and its UUID; over DHCPv6 it may
 * show the UUID alone. Packets can be forged, so what several machines have shown joins nothing, and neither does a
 * machine with several UUIDs.
 */
#include "journal/journal.h"

#include "store/view.h"

#include <errno.h>

bool journal_find_mac(struct journal *journal, const struct netboot_client *client, struct store_key *ret)
{
    struct store_key octets;
    struct journal_key *uuid;
    const struct journal_key *mac;

    if (client->has_mac || !client->has_uuid ||
        !key_of_id(&octets, NETBOOT_ID_UUID, client->uuid, sizeof(client->uuid)) || journal_begin(journal, NULL) != 0)
        return false;
    uuid = index_find_key(&journal->index, &octets);
    mac = uuid ? key_joined(uuid) : NULL;
    if (mac)
        journal_key_read(mac, ret);
    journal_end(journal);
    return mac != NULL;
}

/* ---- Views */

int netboot_view_join(struct netboot_view *view, int join, struct netboot_error *error)
{
    int code = join > 0 ? journal_begin(view->store->journal, error) : 0;

    if (code != 0)
        return code;
    if (join > 0)
        journal_end(view->store->journal);
    if (join >= 0)
        view->join = join > 0;
    return view->join;
}

/* ---- Proposals */

struct proposing {
    struct journal *journal;
    int (*each)(const struct netboot_journal_join *, void *user);
    void *user;
};

static uint64_t last_of(const struct journal_key *machine)
{
    uint64_t ret = 0;

    for (const struct journal_show *show = machine->newest; show; show = show->older)
        if (item_machine(show->item) == machine && show->item->last > ret)
            ret = show->item->last;
    return ret;
}

static bool find_join(struct journal *journal, const struct store_key *uuid, struct netboot_journal_join *ret)
{
    if (journal_begin(journal, NULL) != 0)
        return false;
    struct journal_key *key = index_find_key(&journal->index, uuid);
    const struct journal_key *mac = key ? key_joined(key) : NULL;
    if (mac) {
        ret->mac = (struct netboot_id){.type = NETBOOT_ID_MAC, .size = NETBOOT_MAC_SIZE};
        memcpy(ret->mac.value, mac->octets + 1, NETBOOT_MAC_SIZE);
        ret->mac_last = last_of(mac);
    }
    journal_end(journal);
    return mac != NULL;
}

/* A machine that goes by a UUID has shown no MAC. */
static int propose(const struct netboot_journal_machine *machine, void *user)
{
    struct proposing *proposing = user;
    struct netboot_journal_join join = {.uuid = machine->id, .uuid_last = machine->last};
    struct store_key uuid;

    if (machine->id.type != NETBOOT_ID_UUID || !machine->stages6 ||
        !key_of_id(&uuid, NETBOOT_ID_UUID, machine->id.value, machine->id.size) ||
        !find_join(proposing->journal, &uuid, &join))
        return 0;
    return proposing->each(&join, proposing->user);
}

int netboot_journal_joins(struct netboot_store *store, int (*each)(const struct netboot_journal_join *, void *user),
                          void *user, struct netboot_error *error)
{
    struct proposing proposing = {store->journal, each, user};

    return netboot_journal_machines(store, NULL, 0, propose, &proposing, error);
}
