/* SPDX-License-Identifier: MPL-2.0 */
/* Further identifiers of machines, and who has shown them. */
#include "journal/batch.h"

#include "store/view.h"

static void list_remove(struct netboot_list *list, size_t at)
{
    list->count--;
    memmove(&list->items[at], &list->items[at + 1], (list->count - at) * sizeof(list->items[0]));
}

/* Where the machine is among those of an identifier, or their number. */
static size_t find_machine(const struct shown_record *shown, const struct store_key *machine)
{
    size_t i = 0;

    while (i < shown->machines.count &&
           !key_equals(machine, shown->machines.items[i].data + 1, shown->machines.items[i].size - 1))
        i++;
    return i;
}

static int note_shown(const struct journal_batch *batch, const struct store_key *id, const struct store_key *machine,
                      bool over4)
{
    struct journal_row row;
    struct shown_record shown;
    uint8_t item[1 + KEY_SIZE] = {over4};
    int code = batch_get(batch, JOURNAL_ID, key_value(id), &record_shown, &row, &shown);

    if (code != 0)
        shown = (struct shown_record){.overflow = 0};
    size_t at = find_machine(&shown, machine);
    if (at < shown.machines.count && (shown.machines.items[at].data[0] || !over4))
        return 0;
    memcpy(item + 1, machine->octets, machine->size);
    if (at < shown.machines.count)
        shown.machines.items[at] = (struct netboot_bytes){item, 1 + machine->size};
    else if (shown.machines.count < JOURNAL_SHOWN_MACHINES)
        shown.machines.items[shown.machines.count++] = (struct netboot_bytes){item, 1 + machine->size};
    else if (shown.overflow)
        return 0;
    else
        shown.overflow = 1;
    return batch_put(batch, JOURNAL_ID, key_value(id), &record_shown, &shown);
}

/* An identifier that once had more machines than are kept stays one of several as long as it has any. */
int shown_forget(const struct journal_batch *batch, const struct store_key *id, const struct store_key *machine)
{
    struct journal_row row;
    struct shown_record shown;

    if (batch_get(batch, JOURNAL_ID, key_value(id), &record_shown, &row, &shown) != 0)
        return 0;
    size_t at = find_machine(&shown, machine);
    if (at == shown.machines.count)
        return 0;
    list_remove(&shown.machines, at);
    if (shown.machines.count == 0)
        return batch_delete(batch, JOURNAL_ID, key_value(id));
    return batch_put(batch, JOURNAL_ID, key_value(id), &record_shown, &shown);
}

int shown_note(const struct journal_batch *batch, struct machine_record *machine, const struct store_key *machine_key,
               struct netboot_bytes item, bool over4)
{
    struct netboot_list *ids = &machine->ids;
    struct store_key key, other;
    int rc = 0;

    if (!key_of_item(&key, item) || key_equals(machine_key, key.octets, key.size))
        return 0;
    for (size_t i = 0; i < ids->count; i++) {
        if (key_of_item(&other, ids->items[i]) && key_equals(&key, other.octets, other.size)) {
            list_remove(ids, i);
            break;
        }
    }
    if (ids->count >= JOURNAL_MACHINE_IDS) {
        if (key_of_item(&other, ids->items[0]))
            rc = shown_forget(batch, &other, machine_key);
        list_remove(ids, 0);
    }
    ids->items[ids->count++] = item;
    return rc == 0 ? note_shown(batch, &key, machine_key, over4) : rc;
}
