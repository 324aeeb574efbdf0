/* SPDX-License-Identifier: MPL-2.0 */
/* What an entry of the journal never has, wherever it comes from: a number without a name, a text without an end, or
 * with what does something to a terminal. */
#ifndef FUZZ_SOUND_ENTRY_H
#define FUZZ_SOUND_ENTRY_H

#include "check.h"

#include "netboot-store.h"

#include <string.h>

static inline void check_text(const char *text, size_t size)
{
    const char *end = memchr(text, '\0', size);

    check(end != NULL, "a text ends");
    for (; text < end; text++)
        check(*text >= ' ' && *text <= '~', "a text is plain");
}

static inline void check_decision(const struct netboot_client *client, const struct netboot_decision *decision)
{
    char text[NETBOOT_REASON_SIZE];

    check(decision->outcome <= NETBOOT_ANSWERED && netboot_outcome_name(decision->outcome), "the outcome has a name");
    check(decision->source <= NETBOOT_SOURCE_LOADER && decision->armed <= NETBOOT_ARMED_UNMARKED, "numbers are known");
    check(decision->reason_count <= NETBOOT_REASONS_MAX, "there are not too many reasons");
    check_text(decision->host, sizeof(decision->host));
    check_text(decision->target, sizeof(decision->target));
    check_text(decision->site, sizeof(decision->site));
    check_text(decision->tftp_server_name, sizeof(decision->tftp_server_name));
    check_text(decision->boot_file, sizeof(decision->boot_file));
    check(decision->boot_file_size == strlen(decision->boot_file), "the boot file is as long as it says");
    for (unsigned i = 0; i < decision->reason_count; i++)
        if (netboot_reason_text(client, decision, i, text))
            check_text(text, sizeof(text));
}

static inline void check_entry(const struct netboot_journal_entry *entry)
{
    const struct netboot_client *client = &entry->client;
    unsigned octets = 0;

    check(client->family == NETBOOT_V4 || client->family == NETBOOT_V6, "the family is one");
    check(client->stage <= NETBOOT_STAGE_IPXE && netboot_stage_name(client->stage), "the stage has a name");
    check(client->duid.size == 0 || (client->duid.size >= 3 && client->duid.size <= NETBOOT_DUID_MAX),
          "the DUID is as long as one");
    for (size_t i = 0; i < client->duid.size; i++)
        octets += client->duid.data[i];
    check(octets <= 255 * NETBOOT_DUID_MAX, "the DUID can be read");
    check_text(entry->server, sizeof(entry->server));
    check_decision(client, &entry->decision);
}

#endif
