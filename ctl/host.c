/* SPDX-License-Identifier: MPL-2.0 */
#include "command.h"
#include "edit.h"
#include "from_seen.h"
#include "host_json.h"
#include "list.h"
#include "once.h"
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LIST(name_, value_, help_)                                                                                     \
    {                                                                                                                  \
        .name = name_, .value = value_, .help = help_, .effect = EFFECT_LIST, .key = name_, .repeated = true           \
    }

/* clang-format off */
const struct option_row host_set_options[] = {
    {.name = "name", .value = "NAME", .help = "what people call it", .effect = EFFECT_TEXT, .key = "name"},
    LIST("mac", "MAC", "a network card's address; may be given several times, the list replaces the old one"),
    LIST("uuid", "UUID", "of the firmware (SMBIOS); may be given several times, the list replaces the old one"),
    LIST("duid", "DUID", "of DHCPv6; may be given several times, the list replaces the old one"),
    {.name = "target", .value = "NAME", .help = "what it boots (default: target `default`)", .effect = EFFECT_TEXT,
     .key = "target", .completion = COMPLETE_TARGET},
    {.name = "loader", .value = "PLATFORM=FILE",
     .help = "what its firmware loads in place of the platform's loader; may be given several times, the list "
         "replaces the old one",
     .effect = EFFECT_MAP, .key = "loader", .repeated = true, .keyed_by_platform = true,
     .completion = COMPLETE_PLATFORM},
    {.name = "label", .value = "KEY=VALUE",
     .help = "to find it by; may be given several times, the list replaces the old one", .effect = EFFECT_MAP,
     .key = "labels", .repeated = true},
    {.name = "note", .value = "TEXT", .help = "for people", .effect = EFFECT_TEXT, .key = "note"},
    {.name = "no-name", .help = "takes the name away", .effect = EFFECT_CLEAR, .key = "name"},
    {.name = "no-id", .value = "ID", .help = "takes that MAC, UUID, DUID or name away", .effect = EFFECT_DROP_ID,
     .key = "ids", .repeated = true},
    {.name = "no-target", .help = "back to target `default`", .effect = EFFECT_CLEAR, .key = "target"},
    {.name = "no-loader", .value = "PLATFORM", .help = "back to the platform's loader", .effect = EFFECT_DROP_KEY,
     .key = "loader", .repeated = true, .keyed_by_platform = true, .completion = COMPLETE_PLATFORM},
    {.name = "no-label", .value = "KEY", .help = "takes that label away", .effect = EFFECT_DROP_KEY, .key = "labels",
     .repeated = true},
    {.name = "no-note", .help = "takes the note away", .effect = EFFECT_CLEAR, .key = "note"},
    {.name = "from-seen", .help = "with all identifiers that the journal has seen of the machine (netbootctl seen)"},
    {.name = "once", .value = "TARGET", .help = "boots that target at the next boot, then never again",
     .effect = EFFECT_TEXT, .key = "once",
     .completion = COMPLETE_TARGET},
    {.name = "until-done", .value = "TARGET",
     .help = "boots that target until it is reported done (netbootctl host done), --tries times at most",
     .effect = EFFECT_TEXT, .key = "until-done",
     .completion = COMPLETE_TARGET},
    {.name = "expires", .value = "TIME",
     .help = "of --once and --until-done: 30m, 2h, 7d from now, or a time as 2027-01-31T12:00:00Z (default: 24h)",
     .effect = EFFECT_TEXT, .key = "expires"},
    {.name = "tries", .value = "N", .help = "of --until-done: boots at most, 1 to 1000 (default: 3)",
     .effect = EFFECT_TEXT, .key = "tries"},
    {.name = "window", .value = "SECONDS",
     .help = "of --once and --until-done: how long other packets may count as the same boot, 0 to 600 (default: 60)",
     .effect = EFFECT_TEXT, .key = "window"},
    {.name = "no-once", .help = "takes --once or --until-done back", .effect = EFFECT_CLEAR, .key = "once"},
    {.name = "dry-run", .help = "only says what would change"},
    {0},
};
/* clang-format on */

/* clang-format off */
const struct option_row host_list_options[] = {
    {.name = "label", .value = "KEY=VALUE",
     .help = "only those with that label; KEY alone: with any value; several: with all of them", .repeated = true},
    {.name = "target", .value = "NAME", .help = "only those with that target", .completion = COMPLETE_TARGET},
    {.name = "json", .help = "as JSON"},
    {0},
};
/* clang-format on */

static const struct column columns[] = {
    {"NAME",   "name"         },
    {"ID",     "mac|uuid|duid"},
    {"TARGET", "target"       },
    {"LABELS", "labels"       },
    {"NOTE",   "note"         },
    {NULL,     NULL           },
};

/* Options that name one machine. */
static const char *const single_options[] = {"name", "mac", "uuid", "duid", "no-id", "no-name"};

/* A host that is called by its name. */
static int name_it(const struct edit *edit, const struct netboot_id *id, bool is_new, cJSON *record)
{
    const char *name = option_value(edit->session->arguments, "name");
    char text[NETBOOT_ID_TEXT_SIZE];

    netboot_id_text(id, text);
    if (is_new && name && strcmp(name, text) != 0)
        return failed("there is no host %s to be renamed: netbootctl host list shows those there are", text);
    if (is_new && host_check(record, NULL) != 0)
        return failed("there is no host %s: to create it, type --mac, --uuid or --duid too", text);
    if (is_new && !cJSON_HasObjectItem(record, "name") && !cJSON_AddStringToObject(record, "name", text))
        return failed("out of memory");
    return DONE;
}

static int host_make(struct edit *edit, const struct key *key, bool is_new, cJSON *record, void *user)
{
    struct netboot_error error;

    if (host_change(record, &key->id, user, &error) != 0)
        return failed_by_option(edit->session, &error);
    int code = session_has(edit->session, "from-seen") ? from_seen_add(edit->session, &key->id, record) : DONE;
    if (code == DONE && key->id.type == NETBOOT_ID_NAME)
        code = name_it(edit, &key->id, is_new, record);
    if (code == DONE)
        code = options_drop(edit->session->arguments, record);
    if (code == DONE && host_check(record, &error) != 0)
        code = failed_with(&error);
    return code;
}

/* A target that --target names must be there. */
static int target_check(struct edit *edit, const cJSON *changes)
{
    const char *target = json_text(changes, "target");
    struct netboot_error error;
    struct record record;
    struct key key;

    if (!target)
        return DONE;
    if (key_parse(TABLE_TARGET, target, &key, &error) != 0)
        return misused("--target: %s", error.text);
    return table_get(edit->view, &key, &record) == -ENOENT ? not_there(edit->view, &key) : DONE;
}

static int words_check(const struct session *session)
{
    struct netboot_error error;
    struct key key;

    for (unsigned i = 0; i < session->arguments->word_count; i++)
        if (key_parse(TABLE_HOST, session->arguments->words[i], &key, &error) != 0)
            return misused("%s", error.text);
    for (size_t i = 0; i < sizeof(single_options) / sizeof(single_options[0]); i++)
        if (session->arguments->word_count > 1 && session_has(session, single_options[i]))
            return misused("--%s is for one host: type one ID", single_options[i]);
    return DONE;
}

/* What the options say of the record, and what of its boot-once, which points into `ret_armed`. */
static int changes_read(const struct session *session, cJSON **ret, cJSON **ret_armed, struct once *ret_once)
{
    struct netboot_error error;
    int code = words_check(session);

    if (code == DONE)
        code = options_to_changes(session->arguments, ret);
    if (code != DONE)
        return code;
    *ret_armed = once_split(*ret);
    if (!*ret_armed)
        return failed("out of memory");
    return once_read(*ret_armed, ret_once, &error) == 0 ? DONE : failed_by_option(session, &error);
}

static int change_hosts(struct edit *edit, cJSON *changes, const struct once *once)
{
    const struct arguments *arguments = edit->session->arguments;
    struct netboot_error error;
    int code = target_check(edit, changes);

    edit->only_changes = once->action != ONCE_NOTHING;
    for (unsigned i = 0; code == DONE && i < arguments->word_count; i++) {
        struct key key;
        key_parse(TABLE_HOST, arguments->words[i], &key, &error);
        code = edit_set(edit, &key, host_make, changes);
    }
    if (code == DONE && once_check(edit->view, once, &error) != 0)
        code = failed_by_option(edit->session, &error);
    return code;
}

int host_set(struct session *session)
{
    cJSON *changes = NULL, *armed = NULL;
    struct once once;
    struct edit edit;
    int code = changes_read(session, &changes, &armed, &once);

    if (code == DONE)
        code = edit_begin(session, &edit);
    if (code == DONE)
        code = edit_end(&edit, change_hosts(&edit, changes, &once));
    if (code == DONE)
        code = once_carry_out(session, &once);
    cJSON_Delete(changes);
    cJSON_Delete(armed);
    return code;
}

int host_show(struct session *session)
{
    struct netboot_error error;
    cJSON *object = NULL;
    struct key key;

    if (key_parse(TABLE_HOST, session->arguments->words[0], &key, &error) != 0)
        return misused("%s", error.text);
    int code = session_view(session);
    if (code != DONE)
        return code;
    int status = host_to_json(session->view, &key.id, &object, &error);
    if (status == -ENOENT)
        return not_there(session->view, &key);
    if (status != 0)
        return failed_with(&error);
    return show_object(object, session_has(session, "json"));
}

int host_delete(struct session *session)
{
    return edit_delete_command(session, TABLE_HOST);
}

/* ---- List ------------------------------------------------------------------------------------------------------- */

static bool has_label(const struct netboot_host *host, const char *label)
{
    size_t size = strlen(label);
    bool any_value = !strchr(label, '=');

    for (size_t i = 0; i < host->labels.count; i++) {
        struct netboot_bytes item = host->labels.items[i];
        if (item.size < size || memcmp(item.data, label, size) != 0)
            continue;
        if (any_value ? item.size > size && item.data[size] == '=' : item.size == size)
            return true;
    }
    return false;
}

static bool host_wanted(const struct session *session, const void *record)
{
    const struct netboot_host *host = record;
    const char *target = option_value(session->arguments, "target"), *label;
    unsigned index = 0;

    if (target && (host->target.size != strlen(target) || memcmp(host->target.data, target, host->target.size) != 0))
        return false;
    while ((label = option_next(session->arguments, "label", &index)))
        if (!has_label(host, label))
            return false;
    return true;
}

int host_list(struct session *session)
{
    bool all = !session_has(session, "label") && !session_has(session, "target");

    return list_command(session, TABLE_HOST, all ? "hosts" : "such hosts", columns, host_wanted);
}
