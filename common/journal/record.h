/* SPDX-License-Identifier: MPL-2.0 */
/* The record of the journal as schema.c describes it, and as the public structure has it. */
#ifndef NETBOOT_JOURNAL_RECORD_H
#define NETBOOT_JOURNAL_RECORD_H

#include "record/record.h"
#include "store/key.h"

#define JOURNAL_MACHINE_ENTRIES 32 /* that are kept of one machine */
#define JOURNAL_MACHINE_IDS 8      /* that are told of one machine, beside the one that it goes by */
#define JOURNAL_RECORD_MAX 4096    /* no record is longer */

enum { ENTRY_HOST_FOUND = 1, ENTRY_VENDOR_CLASS = 2, ENTRY_BOOTP = 4, ENTRY_JOINS = 8 };

/* One step of a boot. */
struct entry_record {
    uint64_t first, last;
    uint64_t transaction;
    uint16_t packets, family, stage, arch, platform, outcome, source, armed, flags;
    uint16_t replies; /* of the first packet in the upper octet, of the last one in the lower */
    struct netboot_bytes mac, uuid, duid, address;
    struct netboot_bytes host, target, site, boot_file, tftp_server_name, next_server;
    struct netboot_bytes reasons; /* finding and source, an octet each */
    struct netboot_bytes server;
    uint64_t machine_first, exchanges; /* of the machine, up to this step */
};

extern const struct record_type record_entry;

/* The public structure of an entry, which then points into the record for its DUID alone. -EBADMSG. */
int entry_from_record(const struct entry_record *record, uint64_t number, struct netboot_journal_entry *ret);
/* The other way; the record points into the entry and into `octets`. */
struct entry_octets {
    uint8_t reasons[2 * NETBOOT_REASONS_MAX];
};
void entry_to_record(const struct netboot_journal_entry *entry, struct entry_octets *octets, struct entry_record *ret);
/* What a packet shows of its machine: the keys of MAC, UUID and DUID, of size 0 where it is absent or there already. */
enum { JOURNAL_MAC, JOURNAL_UUID, JOURNAL_DUID, JOURNAL_IDS };
void entry_keys(const struct entry_record *record, struct store_key ret[JOURNAL_IDS]);
/* A text of a record as C string. False: it is too long. */
bool journal_copy_text(char *ret, size_t size, struct netboot_bytes text);
/* Whether both tell the same step, whenever it was and whatever else the packets differ in. */
bool entry_is_same_step(const struct entry_record *a, const struct entry_record *b);
/* Of two that do: whether the later one goes on with the earlier one, or is a new exchange. Each by the type of the
 * server's reply and by its time, in milliseconds: the last ones before, the first ones now. */
bool journal_goes_on(enum netboot_family family, uint8_t reply_before, uint64_t ms_before, uint8_t reply_now,
                     uint64_t ms_now);

#endif
