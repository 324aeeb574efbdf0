/* SPDX-License-Identifier: MPL-2.0 */
/* What would a machine get, and why? The packet that it would send is made from the options and served as a server
 * serves it. */
#include "command.h"
#include "explain_query.h"
#include "output.h"
#include "table.h"
#include "text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct option_row explain_options[] = {
    {.name = "family", .value = "4|6", .help = "DHCPv4 or DHCPv6", .completion = COMPLETE_WORDS, .words = "4 6"},
    {.name = "mac", .value = "MAC", .help = "of the card that asks (default: the host's first)"},
    {.name = "uuid", .value = "UUID", .help = "of the firmware (default: the host's first)"},
    {.name = "duid", .value = "DUID", .help = "the client's in DHCPv6 (default: of the UUID, else the host's first)"},
    {.name = "arch", .value = "N",
     .help = "architecture type, as number or platform (7 or x64-uefi); several make a list", .repeated = true,
     .completion = COMPLETE_PLATFORM},
    {.name = "vendor-class", .value = "TEXT",
     .help = "the vendor class (default: with --arch what such firmware sends; '' for none)"},
    {.name = "user-class", .value = "TEXT", .help = "the user class: iPXE for iPXE"},
    {.name = "address", .value = "ADDRESS", .help = "where it is: finds the site (default: site `default`)"},
    {.name = "requested", .value = "N,N..",
     .help = "the options it asks for (default: what firmware asks for; '' for none)"},
    {.name = "json", .help = "as JSON"},
    {0},
};
/* clang-format on */

/* ---- The answer as JSON ----------------------------------------------------------------------------------------- */

static bool add_text(cJSON *object, const char *key, const char *text)
{
    return text && text[0] ? cJSON_AddStringToObject(object, key, text) != NULL
                           : cJSON_AddNullToObject(object, key) != NULL;
}

static bool add_id(cJSON *object, const char *key, enum netboot_id_type type, const void *value, size_t size)
{
    struct netboot_id id = {.type = type, .size = (uint8_t)size};
    char text[NETBOOT_ID_TEXT_SIZE] = "";

    if (size > 0 && size <= sizeof(id.value)) {
        memcpy(id.value, value, size);
        netboot_id_text(&id, text);
    }
    return add_text(object, key, text);
}

/* How the fields that an answer can set are called and read. */
static const struct field_row {
    uint32_t field;
    enum netboot_family family;
    const char *name;
    enum { FORM_ADDRESS, FORM_TEXT, FORM_VENDOR_CLASS } form;
} field_rows[] = {
    {NETBOOT_FIELD_SIADDR, NETBOOT_V4, "siaddr",                              FORM_ADDRESS     },
    {NETBOOT_FIELD_SNAME,  NETBOOT_V4, "sname",                               FORM_TEXT        },
    {NETBOOT_FIELD_FILE,   NETBOOT_V4, "file",                                FORM_TEXT        },
    {60,                   NETBOOT_V4, "option 60 (vendor-class-identifier)", FORM_TEXT        },
    {66,                   NETBOOT_V4, "option 66 (tftp-server-name)",        FORM_TEXT        },
    {67,                   NETBOOT_V4, "option 67 (boot-file-name)",          FORM_TEXT        },
    {16,                   NETBOOT_V6, "option 16 (vendor-class)",            FORM_VENDOR_CLASS},
    {59,                   NETBOOT_V6, "option 59 (bootfile-url)",            FORM_TEXT        },
    {60,                   NETBOOT_V6, "option 60 (bootfile-param)",          FORM_TEXT        },
};

static const struct field_row *field_row_find(enum netboot_family family, uint32_t field)
{
    for (size_t i = 0; i < sizeof(field_rows) / sizeof(field_rows[0]); i++)
        if (field_rows[i].field == field && field_rows[i].family == family)
            return &field_rows[i];
    return NULL;
}

static void edit_value(const struct field_row *row, struct netboot_bytes data, char *text, size_t size)
{
    size_t skip = row && row->form == FORM_VENDOR_CLASS && data.size >= 6 ? 6 : 0;
    char address[INET_ADDRSTRLEN];

    if (row && row->form == FORM_ADDRESS && data.size == 4)
        snprintf(text, size, "%s", inet_ntop(AF_INET, data.data, address, sizeof(address)));
    else
        snprintf(text, size, "%.*s", (int)(data.size - skip), data.size ? (const char *)data.data + skip : "");
}

static void hex_print(struct netboot_bytes data, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < data.size && 2 * i + 2 < size; i++)
        snprintf(text + 2 * i, size - 2 * i, "%02x", data.data[i]);
}

static cJSON *edit_to_json(enum netboot_family family, const struct netboot_edit *edit)
{
    const struct field_row *row = field_row_find(family, edit->field);
    char name[32], value[NETBOOT_FILE_SIZE + 16], hex[2 * sizeof(value)];
    cJSON *ret = cJSON_CreateObject();

    snprintf(name, sizeof(name), "option %u", (unsigned)edit->field);
    edit_value(row, edit->data, value, sizeof(value));
    hex_print(edit->data, hex, sizeof(hex));
    bool done = add_text(ret, "field", row ? row->name : name) && cJSON_AddBoolToObject(ret, "remove", edit->remove) &&
                add_text(ret, "value", edit->remove ? "" : value) && add_text(ret, "hex", edit->remove ? "" : hex);
    if (done)
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

static bool add_client(cJSON *ret, const struct asked *asked, const struct netboot_client *client)
{
    char address[INET6_ADDRSTRLEN] = "", platform[PLATFORM_TEXT_SIZE];
    bool known = client->platform != NETBOOT_PLATFORM_NONE;

    if (asked->has_address)
        inet_ntop(asked->family == NETBOOT_V4 ? AF_INET : AF_INET6, asked->address, address, sizeof(address));
    return cJSON_AddNumberToObject(ret, "family", asked->family) &&
           add_text(ret, "stage", netboot_stage_name(client->stage)) &&
           add_text(ret, "platform", known ? platform_text(client->platform, platform) : "") &&
           (client->arch == NETBOOT_ARCH_NONE ? cJSON_AddNullToObject(ret, "arch")
                                              : cJSON_AddNumberToObject(ret, "arch", client->arch)) &&
           add_id(ret, "mac", NETBOOT_ID_MAC, client->mac, client->has_mac ? NETBOOT_MAC_SIZE : 0) &&
           add_id(ret, "uuid", NETBOOT_ID_UUID, client->uuid, client->has_uuid ? NETBOOT_UUID_SIZE : 0) &&
           add_id(ret, "duid", NETBOOT_ID_DUID, client->duid.data, client->duid.size) &&
           add_text(ret, "address", address) && add_text(ret, "sent_vendor_class", asked->vendor_class) &&
           add_text(ret, "sent_user_class", asked->user_class);
}

static bool add_requested(cJSON *ret, const struct asked *asked)
{
    cJSON *list = cJSON_AddArrayToObject(ret, "requested");

    for (unsigned i = 0; list && i < asked->requested_count; i++) {
        cJSON *code = cJSON_CreateNumber(asked->requested[i]);
        if (!code || !cJSON_AddItemToArray(list, code))
            return false;
    }
    return list;
}

static bool add_decision(cJSON *ret, const struct netboot_decision *decision)
{
    char next_server[INET_ADDRSTRLEN] = "";

    if (decision->has_next_server)
        inet_ntop(AF_INET, decision->next_server, next_server, sizeof(next_server));
    return add_text(ret, "outcome", netboot_outcome_name(decision->outcome)) && add_text(ret, "host", decision->host) &&
           add_text(ret, "target", decision->target) && add_text(ret, "site", decision->site) &&
           add_text(ret, "boot_file", decision->boot_file_size ? decision->boot_file : "") &&
           add_text(ret, "next_server", next_server) && add_text(ret, "tftp_server_name", decision->tftp_server_name) &&
           add_text(ret, "vendor_class", decision->vendor_class ? "HTTPClient" : "");
}

static bool add_reasons(cJSON *ret, const struct netboot_result *result)
{
    char text[NETBOOT_REASON_SIZE];
    cJSON *reasons = cJSON_AddArrayToObject(ret, "reasons");

    for (unsigned i = 0; reasons && netboot_reason_text(&result->client, &result->decision, i, text); i++) {
        cJSON *reason = cJSON_CreateString(text);
        if (!reason || !cJSON_AddItemToArray(reasons, reason))
            return false;
    }
    return reasons;
}

static bool add_edits(cJSON *ret, enum netboot_family family, const struct netboot_answer *answer)
{
    cJSON *edits = cJSON_AddArrayToObject(ret, "edits");

    for (unsigned i = 0; edits && i < answer->edit_count; i++) {
        cJSON *edit = edit_to_json(family, &answer->edits[i]);
        if (!edit || !cJSON_AddItemToArray(edits, edit))
            return false;
    }
    return edits;
}

static cJSON *result_to_json(const struct asked *asked, const struct netboot_result *result)
{
    cJSON *ret = cJSON_CreateObject();

    if (ret && add_client(ret, asked, &result->client) && add_requested(ret, asked) &&
        add_decision(ret, &result->decision) && add_reasons(ret, result) &&
        add_edits(ret, asked->family, &result->answer))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

/* ---- The answer as text ----------------------------------------------------------------------------------------- */

static void keys_print(const cJSON *object, const char *const *keys)
{
    for (; *keys; keys++) {
        char *text = value_text(cJSON_GetObjectItemCaseSensitive(object, *keys));
        printf("  %-18s", *keys);
        print_safe(stdout, text ? text : "?");
        putchar('\n');
        free(text);
    }
}

static void reasons_print(const cJSON *object)
{
    const cJSON *reason;
    unsigned number = 0;

    cJSON_ArrayForEach(reason, cJSON_GetObjectItemCaseSensitive(object, "reasons"))
    {
        printf("  %2u. ", ++number);
        print_safe(stdout, reason->valuestring);
        putchar('\n');
    }
}

static void edits_print(const cJSON *object)
{
    const cJSON *edits = cJSON_GetObjectItemCaseSensitive(object, "edits"), *edit;

    if (!edits->child)
        puts("  none: the reply stays as the server made it");
    cJSON_ArrayForEach(edit, edits)
    {
        bool remove = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(edit, "remove"));
        const char *value = json_text(edit, "value");
        printf("  %-38s", json_text(edit, "field"));
        print_safe(stdout, remove ? "is removed" : value ? value : "");
        putchar('\n');
    }
}

static void result_print(const cJSON *object, const struct asked *asked)
{
    static const char *const client[] = {
        "stage",           "platform",  "arch", "mac", "uuid", "duid", "address", "sent_vendor_class",
        "sent_user_class", "requested", NULL};
    static const char *const found[] = {"host", "target", "site", NULL};

    printf("client (a DHCPv%d %s)\n", asked->family, asked->family == NETBOOT_V4 ? "Discover" : "Solicit");
    keys_print(object, client);
    printf("decision: %s\n", json_text(object, "outcome"));
    keys_print(object, found);
    reasons_print(object);
    puts("answer");
    edits_print(object);
    if (asked->vendor_class_guessed)
        puts("The vendor class is what such firmware sends; --vendor-class names another.");
    if (asked_kind(asked) == ORDINARY)
        puts(
            "Asked as an ordinary host: --arch x64-uefi asks as firmware of that platform, --user-class iPXE as iPXE.");
}

int explain_run(struct session *session)
{
    struct asked asked = {.used = 0};
    struct netboot_query query;
    struct netboot_result result;
    int code = asked_read(session, &asked);

    if (code == DONE)
        code = session_view(session);
    if (code == DONE)
        code = asked_host(session, &asked);
    if (code != DONE)
        return code;
    asked_query(&asked, &query);
    int status = netboot_serve(session->store, &query, &result);
    if (status != 0)
        return failed("the store in %s cannot be read: %s", session->directory, strerror(-status));
    cJSON *object = result_to_json(&asked, &result);
    if (object && !session_has(session, "json")) {
        result_print(object, &asked);
        cJSON_Delete(object);
        return DONE;
    }
    return show_object(object, true);
}
