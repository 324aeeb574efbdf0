/* SPDX-License-Identifier: MPL-2.0 */
/* Entries of the journal: from record to public structure and back. */
#include "journal/record.h"

#include "base/bytes.h"
#include "dhcp/codes.h"
#include "dhcp/messages.h"

#include <errno.h>

#define JOIN_MS 60000 /* between two packets of one step */

/* All that is written here is printable ASCII; what is not is damaged, and must do nothing to a terminal. */
bool journal_copy_text(char *ret, size_t size, struct netboot_bytes text)
{
    if (text.size >= size)
        return false;
    for (size_t i = 0; i < text.size; i++)
        ret[i] = text.data[i] >= ' ' && text.data[i] <= '~' ? (char)text.data[i] : '?';
    ret[text.size] = '\0';
    return true;
}

static bool copy_octets(void *ret, struct netboot_bytes octets)
{
    if (octets.size > 0)
        memcpy(ret, octets.data, octets.size);
    return octets.size > 0;
}

/* A damaged record must not make numbers that no table has a row for. */
static bool numbers_are_known(const struct entry_record *record)
{
    return (record->family == NETBOOT_V4 || record->family == NETBOOT_V6) && record->stage <= NETBOOT_STAGE_IPXE &&
           record->outcome <= NETBOOT_ANSWERED && record->source <= NETBOOT_SOURCE_LOADER &&
           record->armed <= NETBOOT_ARMED_UNMARKED;
}

static void client_from_record(const struct entry_record *record, struct netboot_client *ret)
{
    ret->family = (enum netboot_family)record->family;
    ret->stage = (enum netboot_stage)record->stage;
    ret->arch = record->arch;
    ret->platform = record->platform;
    ret->bootp = record->flags & ENTRY_BOOTP;
    ret->has_mac = copy_octets(ret->mac, record->mac);
    ret->has_uuid = copy_octets(ret->uuid, record->uuid);
    ret->duid = record->duid;
    copy_octets(ret->address, record->address);
}

static bool decision_from_record(const struct entry_record *record, struct netboot_decision *ret)
{
    ret->outcome = (enum netboot_outcome)record->outcome;
    ret->source = (enum netboot_source)record->source;
    ret->armed = (enum netboot_armed)record->armed;
    ret->host_found = record->flags & ENTRY_HOST_FOUND;
    ret->vendor_class = record->flags & ENTRY_VENDOR_CLASS;
    ret->has_next_server = copy_octets(ret->next_server, record->next_server);
    ret->boot_file_size = (uint16_t)record->boot_file.size;
    ret->reason_count = (unsigned)record->reasons.size / 2;
    for (unsigned i = 0; i < ret->reason_count; i++)
        ret->reasons[i] = (struct netboot_reason){record->reasons.data[2 * i], record->reasons.data[2 * i + 1]};
    return journal_copy_text(ret->host, sizeof(ret->host), record->host) &&
           journal_copy_text(ret->target, sizeof(ret->target), record->target) &&
           journal_copy_text(ret->site, sizeof(ret->site), record->site) &&
           journal_copy_text(ret->tftp_server_name, sizeof(ret->tftp_server_name), record->tftp_server_name) &&
           journal_copy_text(ret->boot_file, sizeof(ret->boot_file), record->boot_file);
}

int entry_from_record(const struct entry_record *record, uint64_t number, struct netboot_journal_entry *ret)
{
    *ret = (struct netboot_journal_entry){
        .number = number,
        .first = record->first,
        .last = record->last,
        .packets = record->packets,
        .first_reply = (uint8_t)(record->replies >> 8),
        .last_reply = (uint8_t)record->replies,
        .transaction = (uint32_t)record->transaction,
        .joins = record->flags & ENTRY_JOINS,
    };
    if (!numbers_are_known(record) || !decision_from_record(record, &ret->decision) ||
        !journal_copy_text(ret->server, sizeof(ret->server), record->server))
        return -EBADMSG;
    client_from_record(record, &ret->client);
    return 0;
}

static struct netboot_bytes octets_of(const void *data, size_t size)
{
    return (struct netboot_bytes){data, size};
}

void entry_to_record(const struct netboot_journal_entry *entry, struct entry_octets *octets, struct entry_record *ret)
{
    const struct netboot_client *client = &entry->client;
    const struct netboot_decision *decision = &entry->decision;
    bool has_address = !is_zero(client->address, sizeof(client->address));

    for (unsigned i = 0; i < decision->reason_count; i++) {
        octets->reasons[2 * i] = decision->reasons[i].finding;
        octets->reasons[2 * i + 1] = decision->reasons[i].source;
    }
    *ret = (struct entry_record){
        .first = entry->first,
        .last = entry->last,
        .transaction = entry->transaction,
        .packets = (uint16_t)entry->packets,
        .family = (uint16_t)client->family,
        .stage = (uint16_t)client->stage,
        .arch = client->arch,
        .platform = client->platform,
        .outcome = (uint16_t)decision->outcome,
        .source = (uint16_t)decision->source,
        .armed = (uint16_t)decision->armed,
        .flags = (uint16_t)((decision->host_found ? ENTRY_HOST_FOUND : 0) |
                            (decision->vendor_class ? ENTRY_VENDOR_CLASS : 0) | (client->bootp ? ENTRY_BOOTP : 0) |
                            (entry->joins ? ENTRY_JOINS : 0)),
        .replies = (uint16_t)(entry->first_reply << 8 | entry->last_reply),
        .mac = octets_of(client->mac, client->has_mac ? sizeof(client->mac) : 0),
        .uuid = octets_of(client->uuid, client->has_uuid ? sizeof(client->uuid) : 0),
        .duid = client->duid,
        .address = octets_of(client->address, has_address ? sizeof(client->address) : 0),
        .host = bytes_of_text(decision->host),
        .target = bytes_of_text(decision->target),
        .site = bytes_of_text(decision->site),
        .boot_file = octets_of(decision->boot_file, decision->boot_file_size),
        .tftp_server_name = bytes_of_text(decision->tftp_server_name),
        .next_server = octets_of(decision->next_server, decision->has_next_server ? 4 : 0),
        .reasons = octets_of(octets->reasons, 2 * (size_t)decision->reason_count),
        .server = bytes_of_text(entry->server),
    };
}

void entry_keys(const struct entry_record *record, struct store_key ret[JOURNAL_IDS])
{
    static const uint8_t types[JOURNAL_IDS] = {NETBOOT_ID_MAC, NETBOOT_ID_UUID, NETBOOT_ID_DUID};
    const struct netboot_bytes values[JOURNAL_IDS] = {record->mac, record->uuid, record->duid};

    for (unsigned i = 0; i < JOURNAL_IDS; i++)
        if (values[i].size == 0 || !key_of_id(&ret[i], types[i], values[i].data, values[i].size))
            ret[i].size = 0;
    if (ret[JOURNAL_DUID].size > 0 && key_equals(&ret[JOURNAL_DUID], ret[JOURNAL_UUID].octets, ret[JOURNAL_UUID].size))
        ret[JOURNAL_DUID].size = 0;
}

bool entry_is_same_step(const struct entry_record *a, const struct entry_record *b)
{
    return a->family == b->family && a->stage == b->stage && a->arch == b->arch && a->platform == b->platform &&
           a->outcome == b->outcome && a->source == b->source && a->armed == b->armed && a->flags == b->flags &&
           bytes_same(a->mac, b->mac) && bytes_same(a->uuid, b->uuid) && bytes_same(a->duid, b->duid) &&
           bytes_same(a->host, b->host) && bytes_same(a->target, b->target) && bytes_same(a->site, b->site) &&
           bytes_same(a->boot_file, b->boot_file) && bytes_same(a->tftp_server_name, b->tftp_server_name) &&
           bytes_same(a->next_server, b->next_server) && bytes_same(a->reasons, b->reasons) &&
           bytes_same(a->server, b->server);
}

bool journal_goes_on(enum netboot_family family, uint8_t reply_before, uint64_t ms_before, uint8_t reply_now,
                     uint64_t ms_now)
{
    /* A second offer to one that has been acknowledged is a new exchange. */
    return (message_is_offer(family, reply_before) || !message_is_offer(family, reply_now)) &&
           ms_now + JOIN_MS >= ms_before && ms_now <= ms_before + JOIN_MS;
}
