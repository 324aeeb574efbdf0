/* SPDX-License-Identifier: MPL-2.0 */
/* What would a machine get, and why? */
#include "json/show/explain.h"

#include "chain/chain.h"
#include "commands.h"
#include "explain_journal.h"
#include "frame/output.h"
#include "journal/join.h"
#include "json/record/json.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct option_row explain_options[] = {
    {.name = "family", .value = "4|6", .help = "DHCPv4 or DHCPv6",
     .effect = EFFECT_TEXT, .key = "family", .completion = COMPLETE_WORDS, .words = "4 6"},
    {.name = "mac", .value = "MAC", .help = "MAC of the network card that asks (default: the host's first)",
     .effect = EFFECT_TEXT, .key = "mac"},
    {.name = "uuid", .value = "UUID", .help = "UUID of the firmware (default: the host's first)",
     .effect = EFFECT_TEXT, .key = "uuid"},
    {.name = "duid", .value = "DUID", .help = "DUID of the client in DHCPv6 (default: made from the UUID, else the host's first)",
     .effect = EFFECT_TEXT, .key = "duid"},
    {.name = "arch", .value = "N",
     .help = "architecture type, as number or platform (7 or x64-uefi); may be given several times, as a list",
     .effect = EFFECT_LIST, .key = "arch", .repeated = true,
     .completion = COMPLETE_PLATFORM},
    {.name = "vendor-class", .value = "TEXT",
     .help = "vendor class (default: with --arch the one that such firmware sends; '' for none)",
     .effect = EFFECT_TEXT, .key = "vendor-class", .may_be_empty = true},
    {.name = "user-class", .value = "TEXT", .help = "user class: iPXE for iPXE",
     .effect = EFFECT_TEXT, .key = "user-class", .may_be_empty = true},
    {.name = "address", .value = "ADDRESS", .help = "address of the client, which determines the site (default: site `default`)",
     .effect = EFFECT_TEXT, .key = "address"},
    {.name = "requested", .value = "N,N..",
     .help = "codes of the options that it asks for (default: those that firmware asks for; '' for none)",
     .effect = EFFECT_TEXT, .key = "requested", .may_be_empty = true},
    {.name = "join-identifiers", .value = "on|off",
     .help = "whether the server joins identifiers (default: with ID alone as the server that replied, else off)",
     .completion = COMPLETE_WORDS, .words = "on off"},
    {.name = "chain", .help = "all files that it loads, one after the other, for every way of booting"},
    {.name = "platform", .value = "PLATFORM", .repeated = true, .completion = COMPLETE_PLATFORM,
     .help = "with --chain: of its firmware (default: the one in the journal, else all with a loader)"},
    {.name = "root", .value = "DIR", .help = "with --chain: look for the files below the data root",
     .completion = COMPLETE_DIRECTORY},
    {.name = "fetch", .help = "with --chain: ask the TFTP and HTTP servers for the files"},
    {.name = "timeout", .value = "SECONDS", .help = "with --fetch: how long to wait for each file (default: 5)"},
    {.name = "json", .help = "as JSON"},
    {0},
};
/* clang-format on */

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

static void result_print(const cJSON *object, const cJSON *arguments)
{
    static const char *const client[] = {
        "stage",           "platform",  "arch", "mac", "uuid", "duid", "address", "sent_vendor_class",
        "sent_user_class", "requested", NULL};
    static const char *const found[] = {"host", "target", "site", NULL};
    bool v4 = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, "family")) == NETBOOT_V4;

    printf("client (a DHCPv%s)\n", v4 ? "4 Discover" : "6 Solicit");
    keys_print(object, client);
    printf("decision: %s\n", json_text(object, "outcome"));
    keys_print(object, found);
    reasons_print(object);
    puts("answer");
    edits_print(object);
    if (json_text(object, "uuid") && !json_text(object, "mac"))
        puts(
            cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "join_identifiers"))
                ? "This assumes a server that joins identifiers."
                : "This assumes a server that does not join identifiers; use --join-identifiers on for one that does.");
    if (json_text(object, "sent_vendor_class") && !json_text(arguments, "vendor-class"))
        puts("The vendor class is the one that such firmware sends; use --vendor-class for another.");
    if (strcmp(json_text(object, "stage"), netboot_stage_name(NETBOOT_STAGE_NONE)) == 0)
        puts("This is an ordinary client: use --arch x64-uefi for firmware of that platform, --user-class iPXE for "
             "iPXE.");
}

/* Makes "66,67" a list of numbers; any other value stays as it is. */
static int requested_split(cJSON *arguments)
{
    const char *text = json_text(arguments, "requested");
    cJSON *list;

    if (!text)
        return DONE;
    char *json = NULL;
    if (asprintf(&json, "[%s]", text) < 0)
        return failed("out of memory");
    list = cJSON_Parse(json);
    free(json);
    if (!list)
        return misused("--requested: `%s` is not a list of option codes: write it like 59,60,16", text);
    return cJSON_ReplaceItemInObjectCaseSensitive(arguments, "requested", list) ? DONE : failed("out of memory");
}

static int arguments_make(struct session *session, cJSON **ret)
{
    enum join join;
    int code = join_option(session, &join);

    if (code == DONE)
        code = options_to_changes(session->arguments, ret);
    if (code == DONE && join != JOIN_NOT_SAID && !cJSON_AddBoolToObject(*ret, "join-identifiers", join == JOIN_ON))
        code = failed("out of memory");
    if (code == DONE && session->arguments->word_count > 0 &&
        !cJSON_AddStringToObject(*ret, "id", session->arguments->words[0]))
        code = failed("out of memory");
    return code == DONE ? requested_split(*ret) : code;
}

static int explain_run(struct session *session)
{
    struct netboot_error error;
    cJSON *arguments = NULL, *object = NULL;
    bool json = session_has(session, "json");
    int code;

    if (chain_wanted(session))
        return chain_run(session);
    if (explain_journal_wanted(session))
        return explain_journal_run(session);
    code = arguments_make(session, &arguments);
    if (code == DONE)
        code = session_view(session);
    if (code == DONE && explain_to_json(session->view, arguments, &object, &error) != 0)
        code = failed_by_option(session, &error);
    if (code == DONE && json)
        code = show_object(object, true);
    else if (code == DONE)
        result_print(object, arguments);
    if (!json)
        cJSON_Delete(object);
    cJSON_Delete(arguments);
    return code;
}

/* clang-format off */
const struct command explain_commands[] = {
    {.group = "explain", .run = explain_run, .words = "[ID]", .least = 0, .most = 1, .options = explain_options,
     .completion = COMPLETE_HOST, .summary = "show what a machine would get, and why",
     .details =
         "With ID alone: the machine's last steps by the journal, what it got and why, and what it would get now.\n"
         "Otherwise: makes the packet that a client would send, and decides as the DHCP servers do. ID, or --mac and\n"
         "--uuid, say which machine it is; --arch which firmware; --address where it is. Nothing is sent, nothing\n"
         "changes. Servers may join identifiers (docs/journal.md): for a client that sends a UUID and no MAC, explain\n"
         "says whether it assumes that.\n"
         "\n"
         "  netbootctl explain --family 4 web1 --arch x64-uefi --address 192.0.2.10\n"
         "  netbootctl explain --family 6 --mac 52:54:00:12:34:56 --arch 16\n"
         "  netbootctl explain --family 4 --mac 52:54:00:12:34:56 --arch 7 --user-class iPXE\n"
         "\n"
         "With --chain: every file that the machine loads, for every way of booting; with --root or --fetch also whether\n"
         "the file exists. Exit status: 0 nothing is missing, 1 something is missing, 2 trouble; see docs/chain.md.\n"
         "\n"
         "  netbootctl explain --chain web1 --fetch\n"
         "\n"
         "With --json: family, stage (none, PXE, HTTP, iPXE), platform, arch, mac, uuid, duid, address,\n"
         "sent_vendor_class, sent_user_class, requested, join_identifiers; outcome (not-ours, kept, ignored,\n"
         "no-boot-file, silent, answered), host, target, site, boot_file, next_server, tftp_server_name,\n"
         "vendor_class; reasons, a list of texts; edits, the changes of the server's reply: field, remove, value, hex.\n"
         "What is absent is null. With ID alone: journal, the last steps as in netbootctl log, and now, a decision for\n"
         "each kind of step, with join_identifiers, and same, whether it is as it was."},
    {0},
};
/* clang-format on */
