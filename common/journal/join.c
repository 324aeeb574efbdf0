/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Identifiers that belong together. A machine that boots over DHCPv4 shows its MAC and its UUID; over DHCPv6 it may
 * show the UUID alone. Packets can be forged, so what several machines have shown joins nothing, and neither does a
 * machine with several UUIDs.
 */
#include "journal/journal.h"

#include "journal/read.h"
#include "store/view.h"

#include <errno.h>

static unsigned count_uuids(const struct machine_record *machine)
{
    unsigned count = 0;

    for (size_t i = 0; i < machine->ids.count; i++)
        count += machine->ids.items[i].data[0] == NETBOOT_ID_UUID;
    return count;
}

int journal_resolve(const struct journal *journal, MDB_txn *txn, const struct store_key *uuid, struct store_key *ret)
{
    struct journal_row row;
    struct shown_record shown;
    struct machine_record machine;
    struct store_key key;
    int code = journal_get(journal, txn, JOURNAL_ID, key_value(uuid), &record_shown, &row, &shown);

    if (code != 0)
        return code;
    if (shown.machines.count != 1 || shown.overflow)
        return -ENOENT;
    struct netboot_bytes item = shown.machines.items[0];
    if (item.size != 2 + NETBOOT_MAC_SIZE || item.data[0] == 0 || item.data[1] != NETBOOT_ID_MAC)
        return -ENOENT;
    key.size = item.size - 1;
    memcpy(key.octets, item.data + 1, key.size);
    code = journal_get(journal, txn, JOURNAL_MACHINE, key_value(&key), &record_machine, &row, &machine);
    if (code != 0)
        return code;
    if (count_uuids(&machine) != 1)
        return -ENOENT;
    *ret = key;
    return 0;
}

bool journal_find_mac(struct journal *journal, const struct netboot_client *client, struct store_key *ret)
{
    struct db_reader *reader;
    struct store_key uuid;

    if (client->has_mac || !client->has_uuid ||
        !key_of_id(&uuid, NETBOOT_ID_UUID, client->uuid, sizeof(client->uuid)) ||
        db_read_begin(&journal->place, &reader) != 0)
        return false;
    int code = journal_resolve(journal, reader->txn, &uuid, ret);
    db_read_end(reader);
    return code == 0;
}

/* ---- Views */

int netboot_view_join(struct netboot_view *view, int join, struct netboot_error *error)
{
    struct db_reader *reader;
    int code = join > 0 ? journal_read_begin(view->store, &reader, error) : 0;

    if (code != 0)
        return code;
    if (join > 0)
        db_read_end(reader);
    if (join >= 0)
        view->join = join > 0;
    return view->join;
}

/* ---- Proposals */

struct proposing {
    struct netboot_store *store;
    int (*each)(const struct netboot_journal_join *, void *user);
    void *user;
};

static bool find_last(struct journal *journal, const struct store_key *uuid, struct netboot_journal_join *ret)
{
    struct machine_record machine;
    struct journal_row row;
    struct db_reader *reader;
    struct store_key mac;

    if (db_read_begin(&journal->place, &reader) != 0)
        return false;
    int code = journal_resolve(journal, reader->txn, uuid, &mac);
    if (code == 0)
        code = journal_get(journal, reader->txn, JOURNAL_MACHINE, key_value(&mac), &record_machine, &row, &machine);
    db_read_end(reader);
    if (code != 0)
        return false;
    ret->mac = (struct netboot_id){.type = NETBOOT_ID_MAC, .size = NETBOOT_MAC_SIZE};
    memcpy(ret->mac.value, mac.octets + 1, NETBOOT_MAC_SIZE);
    ret->mac_last = machine.last;
    return true;
}

/* A machine that goes by a UUID has shown no MAC. */
static int propose(const struct netboot_journal_machine *machine, void *user)
{
    struct proposing *proposing = user;
    struct netboot_journal_join join = {.uuid = machine->id, .uuid_last = machine->last};
    struct store_key uuid;

    if (machine->id.type != NETBOOT_ID_UUID || !machine->stages6 ||
        !key_of_id(&uuid, NETBOOT_ID_UUID, machine->id.value, machine->id.size) ||
        !find_last(proposing->store->journal, &uuid, &join))
        return 0;
    return proposing->each(&join, proposing->user);
}

int netboot_journal_joins(struct netboot_store *store, int (*each)(const struct netboot_journal_join *, void *user),
                          void *user, struct netboot_error *error)
{
    struct proposing proposing = {store, each, user};

    return netboot_journal_machines(store, NULL, 0, propose, &proposing, error);
}
