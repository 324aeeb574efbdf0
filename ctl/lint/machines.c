/* SPDX-License-Identifier: MPL-2.0 */
/* Machines of the journal: what would they be sent now, by the ways in which they have booted? */
#include "lint.h"

#include "bootfile/remedy.h"

#include "common/dhcp/codes.h"
#include "common/dhcp/messages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void id_take(struct netboot_client *client, const struct netboot_id *id, uint8_t duid[NETBOOT_DUID_MAX])
{
    if (id->type == NETBOOT_ID_MAC && !client->has_mac) {
        client->has_mac = true;
        memcpy(client->mac, id->value, sizeof(client->mac));
    } else if (id->type == NETBOOT_ID_UUID && !client->has_uuid) {
        client->has_uuid = true;
        memcpy(client->uuid, id->value, sizeof(client->uuid));
    } else if (id->type == NETBOOT_ID_DUID && client->duid.size == 0) {
        memcpy(duid, id->value, id->size);
        client->duid = (struct netboot_bytes){duid, id->size};
    }
}

/* The machine as a client that boots that way. */
static void client_make(const struct netboot_journal_machine *machine, enum way way, uint8_t duid[NETBOOT_DUID_MAX],
                        struct netboot_client *ret)
{
    const struct netboot_host shown = {.ids = machine->ids};
    struct netboot_id id;

    *ret = (struct netboot_client){
        .family = ways[way].family, .stage = ways[way].stage, .arch = machine->arch, .platform = machine->platform};
    id_take(ret, &machine->id, duid);
    for (size_t i = 0; i < shown.ids.count; i++)
        if (netboot_host_id(&shown, i, &id) == 0)
            id_take(ret, &id, duid);
    if (ret->family == NETBOOT_V4)
        memcpy(ret->address, machine->address4, sizeof(machine->address4));
    else
        memcpy(ret->address, machine->address6, sizeof(machine->address6));
}

/* What it would be sent. -EBADMSG: a damaged record. */
static int machine_serve(struct lint *lint, const struct netboot_client *client, struct netboot_decision *ret)
{
    const struct netboot_query query = {
        .size = sizeof(query), .family = client->family, .message_type = MESSAGE_FIRST, .reply_type = MESSAGE_OFFER};
    struct netboot_policy policy;
    int status = netboot_view_policy(lint->session->view, client, &policy, NULL);

    if (status == 0)
        netboot_decide(&query, client, &policy, ret);
    return status;
}

/* ---- One machine, by one stage ---------------------------------------------------------------------------------- */

static const struct {
    enum netboot_finding finding;
    enum netboot_source source;
    enum lint_code code;
} kinds[] = {
    {NETBOOT_FINDING_ABSENT, NETBOOT_SOURCE_LOADER,        LINT_NO_LOADER      },
    {NETBOOT_FINDING_ABSENT, NETBOOT_SOURCE_TARGET_SCRIPT, LINT_TARGET_PLATFORM},
    {NETBOOT_FINDING_ABSENT, NETBOOT_SOURCE_TARGET_FILE,   LINT_TARGET_PLATFORM},
};

/* Machines with the same finding are one row. The lines of its key are code, key, problem and fix. */
#define ROW_LINES 4

static void unserved_found(const struct tally_row *row, void *user)
{
    char text[sizeof(struct remedy) + 256], *lines[ROW_LINES], *rest = NULL;

    snprintf(text, sizeof(text), "%s", row->key);
    for (unsigned i = 0; i < ROW_LINES; i++)
        lines[i] = strtok_r(i == 0 ? text : NULL, "\n", &rest);
    lint_found(user, (enum lint_code)strtoul(lines[0], NULL, 10),
               &(struct lint_finding){
                   .record = row->first, .key = lines[1], .problem = lines[2], .fix = lines[3], .count = row->count});
}

static void unserved_note(struct lint *lint, enum way way, const struct netboot_client *client,
                          const struct netboot_decision *decision, const struct netboot_journal_machine *machine)
{
    char key[sizeof(struct remedy) + 256], where[NETBOOT_RECORD_TEXT_SIZE], platform[NETBOOT_PLATFORM_TEXT_SIZE],
        text[NETBOOT_ID_TEXT_SIZE];
    struct remedy remedy;
    enum lint_code code = LINT_NO_BOOT_FILE;

    remedy_find(client, decision, &remedy);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].finding == remedy.finding && kinds[i].source == remedy.source)
            code = kinds[i].code;
    snprintf(key, sizeof(key), "%u\n%s %s\nthe journal has seen them, and they would get no boot file; %s\n%s",
             (unsigned)code,
             client->platform == NETBOOT_PLATFORM_NONE ? "-" : netboot_platform_text(client->platform, platform),
             ways[way].name, remedy.reason, remedy.fix[0] ? remedy.fix : "see netbootctl explain ID");
    snprintf(where, sizeof(where), "machine %s",
             decision->host[0] ? decision->host : netboot_id_text(&machine->id, text));
    if (!tally_add(&lint->unserved, key, where))
        unserved_found(&(struct tally_row){key, where, 1}, lint);
}

/* A machine tries one way after the other: it is served if any of them does. */
static void ways_check(struct lint *lint, const struct netboot_journal_machine *machine, bool ipxe)
{
    uint8_t duid[NETBOOT_DUID_MAX];
    struct netboot_client client, failed_client;
    struct netboot_decision decision, failed_decision;
    enum way failed_way = WAYS;

    for (enum way way = ipxe ? WAYS_OF_FIRMWARE : 0; way < (ipxe ? WAYS : WAYS_OF_FIRMWARE); way++) {
        unsigned stages = ways[way].family == NETBOOT_V4 ? machine->stages4 : machine->stages6;
        if (!(stages >> ways[way].stage & 1))
            continue;
        client_make(machine, way, duid, &client);
        if (machine_serve(lint, &client, &decision) != 0 || decision.outcome != NETBOOT_NO_BOOT_FILE)
            return;
        if (failed_way == WAYS) {
            failed_way = way;
            failed_client = client;
            failed_decision = decision;
        }
    }
    if (failed_way != WAYS)
        unserved_note(lint, failed_way, &failed_client, &failed_decision, machine);
}

static int machine_check(const struct netboot_journal_machine *machine, void *user)
{
    struct lint *lint = user;

    ways_check(lint, machine, false);
    ways_check(lint, machine, true);
    return lint->code;
}

/* ---- All of them ------------------------------------------------------------------------------------------------ */

/* Without a journal there is nothing to report: a server keeps one only if it is set to. */
void lint_machines(struct lint *lint)
{
    struct netboot_error error;
    int status = netboot_journal_machines(lint->session->store, NULL, 0, machine_check, lint, &error);

    if (status < 0 && status != -ENOENT)
        note("the journal is not used: %s", error.text);
    tally_each(&lint->unserved, unserved_found, lint);
}
