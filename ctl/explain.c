/* SPDX-License-Identifier: MPL-2.0 */
/* What would a machine get, and why? The packet that it would send is made from the options and served as a server
 * serves it. */
#include "command.h"
#include "explain_query.h"
#include "output.h"
#include "result.h"
#include "table.h"

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

static cJSON *result_to_json(const struct asked *asked, const struct netboot_result *result)
{
    cJSON *ret = cJSON_CreateObject();

    if (ret && result_add_client(ret, &result->client) &&
        result_add_text(ret, "sent_vendor_class", asked->vendor_class) &&
        result_add_text(ret, "sent_user_class", asked->user_class) && result_add_requested(ret, &result->client) &&
        result_add_decision(ret, &result->client, &result->decision) &&
        result_add_edits(ret, asked->family, &result->answer))
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
