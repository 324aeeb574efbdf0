/* SPDX-License-Identifier: MPL-2.0 */
#include "host.h"
#include "commands.h"
#include "edit/changes.h"
#include "edit/edit.h"
#include "frame/output.h"
#include "journal/from_seen.h"
#include "once.h"
#include "select.h"
#include "json/show/host_json.h"

#include <errno.h>
#include <string.h>

#define LIST(name_, value_, help_)                                                                                     \
    {                                                                                                                  \
        .name = name_, .value = value_, .help = help_, .effect = EFFECT_LIST, .key = name_, .repeated = true           \
    }

/* clang-format off */
static const struct option_row host_set_options[] = {
    {.name = "name", .value = "NAME", .help = "name of the host", .effect = EFFECT_TEXT, .key = "name"},
    LIST("mac", "MAC", "MAC address of a network card; may be given several times, the list replaces the old one"),
    LIST("uuid", "UUID", "UUID of the firmware (SMBIOS); may be given several times, the list replaces the old one"),
    LIST("duid", "DUID", "DUID of DHCPv6; may be given several times, the list replaces the old one"),
    {.name = "target", .value = "NAME", .help = "target that it boots (default: target `default`)", .effect = EFFECT_TEXT,
     .key = "target", .completion = COMPLETE_TARGET},
    {.name = "loader", .value = "PLATFORM=FILE",
     .help = "file that its firmware loads instead of the platform's loader; may be given several times, the list replaces the old one",
     .effect = EFFECT_MAP, .key = "loader", .repeated = true, .keyed_by_platform = true,
     .completion = COMPLETE_PLATFORM},
    {.name = "label", .value = "KEY=VALUE",
     .help = "label, to select hosts; may be given several times, the list replaces the old one", .effect = EFFECT_MAP,
     .key = "labels", .repeated = true},
    {.name = "note", .value = "TEXT", .help = "note for people", .effect = EFFECT_TEXT, .key = "note"},
    {.name = "no-name", .help = "remove the name", .effect = EFFECT_CLEAR, .key = "name"},
    {.name = "no-id", .value = "ID", .help = "remove that MAC, UUID, DUID or name", .effect = EFFECT_DROP_ID,
     .key = "ids", .repeated = true},
    {.name = "no-target", .help = "remove the target: it boots target `default`", .effect = EFFECT_CLEAR, .key = "target"},
    {.name = "no-loader", .value = "PLATFORM", .help = "remove its loader: it loads the platform's loader", .effect = EFFECT_DROP_KEY,
     .key = "loader", .repeated = true, .keyed_by_platform = true, .completion = COMPLETE_PLATFORM},
    {.name = "no-label", .value = "KEY", .help = "remove that label", .effect = EFFECT_DROP_KEY, .key = "labels",
     .repeated = true},
    {.name = "no-note", .help = "remove the note", .effect = EFFECT_CLEAR, .key = "note"},
    {.name = "from-seen", .help = "add all identifiers of the machine that the journal has seen (netbootctl seen)"},
    {.name = "once", .value = "TARGET", .help = "boot that target at the next boot, then never again",
     .effect = EFFECT_TEXT, .key = "once",
     .completion = COMPLETE_TARGET},
    {.name = "until-done", .value = "TARGET",
     .help = "boot that target until it is reported done (netbootctl host done), --tries times at most",
     .effect = EFFECT_TEXT, .key = "until-done",
     .completion = COMPLETE_TARGET},
    {.name = "expires", .value = "TIME",
     .help = "with --once and --until-done: 30m, 2h, 7d from now, or a time as 2027-01-31T12:00:00Z (default: 24h)",
     .effect = EFFECT_TEXT, .key = "expires"},
    {.name = "tries", .value = "N", .help = "with --until-done: number of boots at most, 1 to 1000 (default: 3)",
     .effect = EFFECT_TEXT, .key = "tries"},
    {.name = "window", .value = "SECONDS",
     .help = "with --once and --until-done: how long other packets may count as the same boot, 0 to 600 (default: 60)",
     .effect = EFFECT_TEXT, .key = "window"},
    {.name = "no-once", .help = "disarm: take back --once or --until-done", .effect = EFFECT_CLEAR, .key = "once"},
    {.name = "with-label", .value = "KEY=VALUE", .repeated = true,
     .help = "select all hosts with that label; KEY alone: with any value; several: with all of them"},
    {.name = "with-target", .value = "NAME", .help = "select all hosts that have that target now",
     .completion = COMPLETE_TARGET},
    SELECT_FROM_FILE("select the hosts that a file names, one ID a line; -: standard input"),
    {.name = "dry-run", .help = "only print what would change"},
    SELECT_YES,
    {0},
};
/* clang-format on */

/* clang-format off */
#define WITH(label_, target_, which_)                                                                                  \
    {                                                                                                                  \
        .name = label_, .value = "KEY=VALUE", .repeated = true,                                                        \
        .help = which_ " with that label; KEY alone: with any value; several: with all of them"                       \
    },                                                                                                                 \
    {                                                                                                                  \
        .name = target_, .value = "NAME", .help = which_ " with that target", .completion = COMPLETE_TARGET            \
    }

static const struct option_row host_list_options[] = {
    WITH("label", "target", "only those"),
    SELECT_FROM_FILE("only those that a file names, one ID a line; -: standard input"),
    {.name = "json", .help = "as JSON"},
    {0},
};

static const struct option_row host_show_options[] = {
    WITH("label", "target", "those"),
    SELECT_FROM_FILE("those that a file names, one ID a line; -: standard input"),
    {.name = "json", .help = "as JSON: one object for one ID, else a list"},
    {0},
};

static const struct option_row host_delete_options[] = {
    WITH("label", "target", "those"),
    SELECT_FROM_FILE("those that a file names, one ID a line; -: standard input"),
    {.name = "dry-run", .help = "only print what would change"},
    SELECT_YES,
    {0},
};
/* clang-format on */

/* Options that are for one machine only. */
static const char *const single_options[] = {"name", "mac", "uuid", "duid", "no-id", "no-name"};

static int no_memory(void)
{
    return failed("out of memory");
}

/* Names a new host by the word that it was called by. */
static int name_it(struct edit *edit, const struct netboot_id *id, struct netboot_record_patch *patch)
{
    const char *name = option_value(edit->session->arguments, "name");
    struct netboot_record *values = arena_take(&edit->memory, sizeof(*values));
    char text[NETBOOT_ID_TEXT_SIZE];

    netboot_id_text(id, text);
    if (name && strcmp(name, text) != 0)
        return failed("there is no host %s to rename: see netbootctl host list", text);
    if (patch->record->host.ids.count == 0 && !(patch->add_ids && patch->add_ids->count > 0))
        return failed("there is no host %s: to create it, give --mac, --uuid or --duid, too", text);
    if (session_has(edit->session, "name") || session_has(edit->session, "no-name"))
        return DONE;
    if (!values)
        return no_memory();
    *values = *patch->record;
    values->host.name = arena_copy(&edit->memory, id->value, id->size);
    patch->record = values;
    netboot_patch_set(patch, offsetof(struct netboot_host, name));
    return values->host.name.data ? DONE : no_memory();
}

/* Adds what the journal has of the host, as it is before the patch removes values. */
static int seen_add(struct edit *edit, const struct netboot_id *id, const struct netboot_record *old,
                    struct netboot_record_patch *patch)
{
    struct netboot_list *ids = arena_take(&edit->memory, sizeof(*ids));
    struct netboot_record_patch whole = *patch;
    struct netboot_record host;
    struct netboot_error error;

    if (!ids)
        return no_memory();
    ids->count = 0;
    whole.drop = NULL;
    if (netboot_patch_apply(old, &whole, &host, &error) != 0)
        return failed_by_option(edit->session, &error);
    patch->add_ids = ids;
    return from_seen_add(edit->session, id, &host.host, ids, &edit->memory);
}

/* The host keeps the identifier by which it is called, so that the same command finds it again. */
static int host_make(struct edit *edit, const struct netboot_record_key *key, const struct netboot_record *old,
                     struct netboot_record_patch *patch)
{
    bool by_name = key->id.type == NETBOOT_ID_NAME;
    int code = DONE;

    if (!by_name && !(patch->keep_id = host_item(&key->id, &edit->memory)).data)
        return no_memory();
    if (session_has(edit->session, "from-seen"))
        code = seen_add(edit, &key->id, old, patch);
    return code == DONE && by_name && !old ? name_it(edit, &key->id, patch) : code;
}

/* A target that --target names must be there. */
static int target_check(struct edit *edit, const struct netboot_host *values)
{
    struct netboot_record_key key = {.kind = NETBOOT_RECORD_TARGET};

    if (host_target_check(edit->view, values, NULL) == 0)
        return DONE;
    memcpy(key.name, values->target.data, values->target.size);
    return not_there(edit->view, &key);
}

/* Those options cannot be for several hosts. */
static int single_check(const struct session *session, const struct selection *selection)
{
    for (size_t i = 0; i < sizeof(single_options) / sizeof(single_options[0]); i++)
        if ((selection->is_set || session->arguments->word_count > 1) && session_has(session, single_options[i]))
            return misused("--%s is for one host: give one ID", single_options[i]);
    return DONE;
}

/* Reads the options about the record, and those about its boot-once, which points into `ret_armed`. */
static int options_read(const struct session *session, struct changes *ret, cJSON **ret_armed, struct once *ret_once)
{
    const struct selection selection = selection_of(session);
    struct netboot_error error;
    cJSON *named = NULL;
    int code = single_check(session, &selection);

    if (code == DONE)
        code = options_to_changes(session->arguments, &named);
    if (code == DONE && !(*ret_armed = once_split(named)))
        code = no_memory();
    if (code == DONE && once_read(*ret_armed, "--", ret_once, &error) != 0)
        code = failed_by_option(session, &error);
    if (code == DONE)
        code = changes_read(session, NETBOOT_RECORD_HOST, named, ret);
    cJSON_Delete(named);
    return code;
}

static int change_hosts(struct edit *edit, const struct selection *selection, const struct changes *changes,
                        const struct once *once)
{
    int code = target_check(edit, &changes->values.host);

    edit->only_changes = once->action != ONCE_NOTHING;
    for (size_t i = 0; code == DONE && i < selection->count; i++) {
        const struct netboot_record_key key = host_key(&selection->ids[i]);
        code = selection_recheck(selection, edit->view, &key.id);
        if (code == DONE)
            code = edit_set(edit, &key, &changes->patch, host_make);
    }
    if (code == DONE && selection->is_set && (edit->any || !edit->only_changes))
        fprintf(edit->report, "%zu hosts: %llu added, %llu changed, %llu unchanged%s\n", selection->count,
                (unsigned long long)edit->added, (unsigned long long)edit->changed, (unsigned long long)edit->unchanged,
                edit->dry_run ? " (nothing was written: --dry-run)" : "");
    return code == DONE ? once_join(edit, once, selection) : code;
}

static int set_selected(struct session *session, const struct selection *selection, const struct changes *changes,
                        const struct once *once)
{
    struct edit edit;
    int code;

    session_view_close(session);
    code = selection_confirm(selection);
    if (code == DONE)
        code = edit_begin(session, &edit);
    if (code == DONE)
        code = edit_end(&edit, change_hosts(&edit, selection, changes, once));
    return code;
}

static int host_set(struct session *session)
{
    struct changes changes = {.memory = {NULL}};
    struct selection selection;
    cJSON *armed = NULL;
    struct once once;
    int code = options_read(session, &changes, &armed, &once);

    if (code == DONE && (code = selection_read(session, SELECT_ANY, &selection)) == DONE) {
        code = set_selected(session, &selection, &changes, &once);
        selection_free(&selection);
    }
    changes_free(&changes);
    cJSON_Delete(armed);
    return code;
}

/* ---- Show ------------------------------------------------------------------------------------------------------- */

static int show_one(struct session *session, const struct netboot_id *id, cJSON **ret)
{
    struct netboot_error error;

    return host_to_json(session->view, id, ret, &error) == 0 ? DONE : failed_with(&error);
}

static int show_selected(struct session *session, const struct selection *selection)
{
    bool json = session_has(session, "json");
    struct listing listing;
    cJSON *object = NULL;
    int code = listing_begin(&listing, "such hosts", NULL, true);

    for (size_t i = 0; code == DONE && i < selection->count; i++) {
        if ((code = show_one(session, &selection->ids[i], &object)) != DONE)
            break;
        if (!json && i > 0)
            putchar('\n');
        code = json ? listing_row(&listing, object) : show_object(object, false);
    }
    return json ? listing_end(&listing, code) : code;
}

static int host_show(struct session *session)
{
    struct selection selection;
    cJSON *object = NULL;
    int code = selection_read(session, SELECT_PRESENT, &selection);

    if (code != DONE)
        return code;
    once_note_trouble(session);
    if (selection.is_set || session->arguments->word_count > 1)
        code = show_selected(session, &selection);
    else if ((code = show_one(session, &selection.ids[0], &object)) == DONE)
        code = show_object(object, session_has(session, "json"));
    selection_free(&selection);
    return code;
}

/* ---- Delete ----------------------------------------------------------------------------------------------------- */

static int delete_selected(struct session *session, const struct selection *selection)
{
    struct edit edit;
    int code;

    session_view_close(session);
    code = selection_confirm(selection);
    if (code != DONE || (code = edit_begin(session, &edit)) != DONE)
        return code;
    for (size_t i = 0; code == DONE && i < selection->count; i++) {
        const struct netboot_record_key key = host_key(&selection->ids[i]);
        code = selection_recheck(selection, edit.view, &key.id);
        if (code == DONE)
            code = edit_delete(&edit, &key);
    }
    if (code == DONE && selection->is_set)
        fprintf(edit.report, "%zu hosts: %llu deleted%s\n", selection->count, (unsigned long long)edit.deleted,
                edit.dry_run ? " (nothing was written: --dry-run)" : "");
    return edit_end(&edit, code);
}

static int host_delete(struct session *session)
{
    struct selection selection;
    int code = selection_read(session, SELECT_DAMAGED, &selection);

    if (code == DONE) {
        code = delete_selected(session, &selection);
        selection_free(&selection);
    }
    return code;
}

/* clang-format off */
const struct command host_commands[] = {
    {.group = "host", .verb = "set", .operators = true, .run = host_set, .words = "[ID]...", .least = 0, .most = ANY_NUMBER,
     .options = host_set_options, .completion = COMPLETE_HOST, .summary = "create hosts, or change what is given",
     .details =
         "ID is a MAC, UUID, DUID or name. If no host has it, a new host is created; a name then also needs --mac, --uuid\n"
         "or --duid. A host keeps the ID that names it here; --no-id removes it. If several hosts are given, all are\n"
         "changed or none. The next packet of each DHCP server sees the change.\n"
         "To select hosts, give IDs, --from-file, or a label or target (--with-label, --with-target); if both, those of\n"
         "the named hosts that have the label or target. Empty lines of the file, and those that begin with #, are\n"
         "skipped.\n"
         "\n"
         "  netbootctl host set 52:54:00:12:34:56 --name web1 --target debian\n"
         "  netbootctl host set web1 --mac 52:54:00:12:34:56 --mac 52:54:00:12:34:57 --label rack=12\n"
         "  netbootctl host set web1 web2 web3 --target default\n"
         "  netbootctl host set web1 --once install --expires 2h\n"
         "  netbootctl host set 52:54:00:12:34:56 --from-seen --name web1 --target debian\n"
         "  netbootctl host set --with-label rack=12 --until-done install --dry-run"},
    {.group = "host", .verb = "show", .run = host_show, .words = "[ID]...", .least = 0, .most = ANY_NUMBER,
     .options = host_show_options, .completion = COMPLETE_HOST, .summary = "show hosts"},
    {.group = "host", .verb = "list", .run = host_list, .options = host_list_options, .summary = "list hosts"},
    {.group = "host", .verb = "delete", .operators = true, .run = host_delete, .words = "[ID]...", .least = 0, .most = ANY_NUMBER,
     .options = host_delete_options, .completion = COMPLETE_HOST, .summary = "delete hosts, all or none",
     .details = "A damaged host can be deleted, too, by the ID that host list shows for it.\n"
                "\n"
                "  netbootctl host delete --label rack=12 --dry-run\n"
                "  netbootctl host delete --from-file retired.txt --yes"},
    {.group = "host", .verb = "done", .operators = true, .run = host_done, .words = "[ID]...", .least = 0, .most = ANY_NUMBER,
     .options = host_delete_options, .completion = COMPLETE_HOST,
     .summary = "report that armed hosts are done",
     .details = "For the end of an installation: from then on the hosts boot their regular target. With a label or target, it\n"
                "reports only hosts that have a boot-once."},
    {0},
};
/* clang-format on */
