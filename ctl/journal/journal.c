/* SPDX-License-Identifier: MPL-2.0 */
#include "journal.h"

#include "common/dhcp/messages.h"
#include "frame/options.h"
#include "json/record/json.h"
#include "json/show/result.h"
#include "json/text/when.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <time.h>

/* ---- Texts */

const char *ms_text(uint64_t ms, char text[MS_TEXT_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;

    text[0] = '\0';
    if (ms > 0 && gmtime_r(&seconds, &utc)) {
        size_t used = strftime(text, MS_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
        snprintf(text + used, MS_TEXT_SIZE - used, ".%03uZ", (unsigned)(ms % 1000));
    }
    return text;
}

const char *step_text(enum netboot_family family, enum netboot_stage stage, char text[STEP_TEXT_SIZE])
{
    snprintf(text, STEP_TEXT_SIZE, "v%d %s", (int)family, netboot_stage_name(stage));
    return text;
}

/* How the boot file is fetched; NULL where that is not known. */
static const char *transport_of(const struct netboot_journal_entry *entry)
{
    static const struct {
        const char *prefix, *name;
    } schemes[] = {
        {"http://",  "HTTP" },
        {"https://", "HTTPS"},
        {"tftp://",  "TFTP" },
    };
    const struct netboot_decision *decision = &entry->decision;

    if (entry->client.stage == NETBOOT_STAGE_PXE)
        return "TFTP";
    if (entry->client.stage == NETBOOT_STAGE_HTTP)
        return "HTTP";
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (strncmp(decision->boot_file, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
            return schemes[i].name;
    return decision->boot_file_size > 0 && !strstr(decision->boot_file, "://") ? "TFTP" : NULL;
}

static void client_id_text(const struct netboot_client *client, char text[NETBOOT_ID_TEXT_SIZE])
{
    struct netboot_id id = {.size = 0};
    struct netboot_bytes value = client->duid;

    text[0] = '\0';
    id.type = NETBOOT_ID_DUID;
    if (client->has_mac) {
        id.type = NETBOOT_ID_MAC;
        value = (struct netboot_bytes){client->mac, sizeof(client->mac)};
    } else if (client->has_uuid) {
        id.type = NETBOOT_ID_UUID;
        value = (struct netboot_bytes){client->uuid, sizeof(client->uuid)};
    }
    if (value.size == 0 || value.size > sizeof(id.value))
        return;
    id.size = (uint8_t)value.size;
    memcpy(id.value, value.data, value.size);
    netboot_id_text(&id, text);
}

/* ---- Lines for people */

void entry_titles_print(FILE *file)
{
    fprintf(file, "%-20s  %-17s  %-17s  %-7s  %-10s  %-7s  %-12s  %s\n", "TIME", "HOST", "MACHINE", "STEP", "PLATFORM",
            "REPLY", "OUTCOME", "TARGET: BOOT FILE, OR WHY NONE");
}

/* What the machine got, or why it got nothing: the last reason settled that. */
static void what_print(FILE *file, const struct netboot_journal_entry *entry)
{
    const struct netboot_decision *decision = &entry->decision;
    char reason[NETBOOT_REASON_SIZE];

    if (decision->outcome == NETBOOT_ANSWERED) {
        print_safe(file, decision->target);
        fputs(": ", file);
        print_safe(file, decision->boot_file);
    } else if (decision->reason_count > 0) {
        netboot_reason_text(&entry->client, decision, decision->reason_count - 1, reason);
        print_safe(file, reason);
    }
    if (decision->armed == NETBOOT_ARMED_SERVED)
        fputs(" (once)", file);
    if (entry->packets > 2)
        fprintf(file, " (%u packets)", entry->packets);
}

/* Text from a packet or the store, in a column. */
static void column_print(FILE *file, const char *text, int width)
{
    print_safe(file, text[0] ? text : "-");
    int missing = width - (text[0] ? (int)strlen(text) : 1);
    fprintf(file, "%*s  ", missing > 0 ? missing : 0, "");
}

void entry_print(FILE *file, const struct netboot_journal_entry *entry)
{
    char time[TIME_TEXT_SIZE], step[STEP_TEXT_SIZE], platform[NETBOOT_PLATFORM_TEXT_SIZE], id[NETBOOT_ID_TEXT_SIZE];

    client_id_text(&entry->client, id);
    fprintf(file, "%-20s  ", time_text(entry->last / 1000, time));
    column_print(file, entry->decision.host, 17);
    column_print(file, id, 17);
    fprintf(file, "%-7s  %-10s  %-7s  %-12s  ", step_text(entry->client.family, entry->client.stage, step),
            entry->client.platform == NETBOOT_PLATFORM_NONE ? "-"
                                                            : netboot_platform_text(entry->client.platform, platform),
            message_is_offer(entry->client.family, entry->last_reply) ? "offered" : "given",
            netboot_outcome_name(entry->decision.outcome));
    what_print(file, entry);
    fputc('\n', file);
}

/* ---- JSON */

static bool add_ms(cJSON *object, const char *key, uint64_t ms)
{
    char text[MS_TEXT_SIZE];

    return result_add_text(object, key, ms_text(ms, text));
}

cJSON *entry_to_json(const struct netboot_journal_entry *entry)
{
    enum netboot_family family = entry->client.family;
    cJSON *ret = cJSON_CreateObject();

    if (ret && cJSON_AddNumberToObject(ret, "number", (double)entry->number) && add_ms(ret, "first", entry->first) &&
        add_ms(ret, "last", entry->last) && cJSON_AddNumberToObject(ret, "packets", entry->packets) &&
        result_add_text(ret, "first_reply", message_reply_name(family, entry->first_reply)) &&
        result_add_text(ret, "last_reply", message_reply_name(family, entry->last_reply)) &&
        result_add_text(ret, "server", entry->server) && result_add_client(ret, &entry->client) &&
        result_add_text(ret, "transport", transport_of(entry)) &&
        cJSON_AddBoolToObject(ret, "once", entry->decision.armed == NETBOOT_ARMED_SERVED) &&
        result_add_decision(ret, &entry->client, &entry->decision))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

static bool add_item(cJSON *list, const char *text)
{
    cJSON *item = cJSON_CreateString(text);

    if (item && cJSON_AddItemToArray(list, item))
        return true;
    cJSON_Delete(item);
    return false;
}

/* The machine's identifiers of one type, the one that it goes by first; with `shared`, only those that others have
 * shown too. */
static bool add_ids(cJSON *object, const char *key, const struct netboot_journal_machine *machine,
                    enum netboot_id_type type, bool shared)
{
    const struct netboot_host ids = {.ids = machine->ids};
    char text[NETBOOT_ID_TEXT_SIZE];
    struct netboot_id id;
    cJSON *list = cJSON_AddArrayToObject(object, key);

    if (list && !shared && machine->id.type == type && !add_item(list, netboot_id_text(&machine->id, text)))
        return false;
    for (size_t i = 0; list && netboot_host_id(&ids, i, &id) == 0; i++)
        if ((shared ? machine->shared >> i & 1 : id.type == type) && !add_item(list, netboot_id_text(&id, text)))
            return false;
    return list;
}

static bool add_stages(cJSON *object, const struct netboot_journal_machine *machine)
{
    char text[STEP_TEXT_SIZE];
    cJSON *list = cJSON_AddArrayToObject(object, "stages");

    for (int stage = NETBOOT_STAGE_PXE; list && stage <= NETBOOT_STAGE_IPXE; stage++)
        if (machine->stages4 >> stage & 1 && !add_item(list, step_text(NETBOOT_V4, (enum netboot_stage)stage, text)))
            return false;
    for (int stage = NETBOOT_STAGE_PXE; list && stage <= NETBOOT_STAGE_IPXE; stage++)
        if (machine->stages6 >> stage & 1 && !add_item(list, step_text(NETBOOT_V6, (enum netboot_stage)stage, text)))
            return false;
    return list;
}

/* The protocols by which its firmware loads. */
static bool add_transports(cJSON *object, const struct netboot_journal_machine *machine)
{
    unsigned stages = machine->stages4 | machine->stages6;
    cJSON *list = cJSON_AddArrayToObject(object, "transport");

    return list && (!(stages >> NETBOOT_STAGE_PXE & 1) || add_item(list, "TFTP")) &&
           (!(stages >> NETBOOT_STAGE_HTTP & 1) || add_item(list, "HTTP"));
}

static bool add_addresses(cJSON *object, const struct netboot_journal_machine *machine)
{
    static const uint8_t none[NETBOOT_ADDRESS_SIZE];
    char text[INET6_ADDRSTRLEN];
    cJSON *list = cJSON_AddArrayToObject(object, "addresses");

    return list &&
           (memcmp(machine->address4, none, sizeof(machine->address4)) == 0 ||
            add_item(list, inet_ntop(AF_INET, machine->address4, text, sizeof(text)))) &&
           (memcmp(machine->address6, none, sizeof(none)) == 0 ||
            add_item(list, inet_ntop(AF_INET6, machine->address6, text, sizeof(text))));
}

cJSON *machine_to_json(const struct netboot_journal_machine *machine, const char *host)
{
    char id[NETBOOT_ID_TEXT_SIZE], platform[NETBOOT_PLATFORM_TEXT_SIZE];
    bool known = machine->platform != NETBOOT_PLATFORM_NONE;
    cJSON *ret = cJSON_CreateObject();

    if (ret && result_add_text(ret, "id", netboot_id_text(&machine->id, id)) && result_add_text(ret, "host", host) &&
        add_ids(ret, "mac", machine, NETBOOT_ID_MAC, false) && add_ids(ret, "uuid", machine, NETBOOT_ID_UUID, false) &&
        add_ids(ret, "duid", machine, NETBOOT_ID_DUID, false) &&
        add_ids(ret, "shared", machine, NETBOOT_ID_UUID, true) &&
        result_add_text(ret, "platform", known ? netboot_platform_text(machine->platform, platform) : "") &&
        (machine->arch == NETBOOT_ARCH_NONE ? cJSON_AddNullToObject(ret, "arch")
                                            : cJSON_AddNumberToObject(ret, "arch", machine->arch)) &&
        add_stages(ret, machine) && add_transports(ret, machine) && add_addresses(ret, machine) &&
        add_ms(ret, "first", machine->first) && add_ms(ret, "last", machine->last) &&
        cJSON_AddNumberToObject(ret, "count", (double)machine->exchanges) &&
        result_add_text(ret, "outcome", netboot_outcome_name(machine->outcome)) &&
        result_add_text(ret, "target", machine->target))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

/* ---- Machines and hosts */

int machine_ids_read(struct session *session, const char *word, struct machine_ids *ret)
{
    struct netboot_error error;
    struct netboot_record record;
    struct netboot_id id;
    char text[NETBOOT_ID_TEXT_SIZE];

    if (netboot_id_parse(word, &id, &error) != 0)
        return misused("%s", error.text);
    int code = session_view(session);
    if (code != DONE)
        return code;
    ret->count = 0;
    int status = host_get(session->view, &id, &record);
    if (status != 0 && id.type == NETBOOT_ID_NAME)
        return failed("there is no host %s: see netbootctl host list", netboot_id_text(&id, text));
    if (id.type != NETBOOT_ID_NAME)
        ret->ids[ret->count++] = id;
    while (status == 0 && ret->count < NETBOOT_LIST_MAX &&
           netboot_host_id(&record.host, ret->count - (id.type != NETBOOT_ID_NAME), &ret->ids[ret->count]) == 0)
        ret->count++;
    return DONE;
}

int machine_host(struct netboot_view *view, const struct netboot_journal_machine *machine, struct netboot_record *ret)
{
    const struct netboot_host ids = {.ids = machine->ids};
    int status = host_get(view, &machine->id, ret);
    struct netboot_id id;

    for (size_t i = 0; status == -ENOENT && netboot_host_id(&ids, i, &id) == 0; i++)
        status = host_get(view, &id, ret);
    return status;
}
