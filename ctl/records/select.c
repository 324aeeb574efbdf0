/* SPDX-License-Identifier: MPL-2.0 */
#include "select.h"

#include "edit/damaged.h"
#include "edit/edit.h"
#include "edit/repeats.h"
#include "frame/command.h"
#include "frame/confirm.h"
#include "frame/input.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WRONG_LINES_SHOWN 20

/* In `host set`, --label and --target are what hosts get; the options that select hosts have names of their own. */
static bool with_label(const struct session *session)
{
    return option_find(session->command->options, "with-label", strlen("with-label")) != NULL;
}

struct selection selection_of(const struct session *session)
{
    bool with = with_label(session);
    struct selection ret = {
        .session = session,
        .label = with ? "with-label" : "label",
        .target = with ? "with-target" : "target",
    };

    ret.by_property = session_has(session, ret.label) || session_has(session, ret.target);
    ret.is_set = ret.by_property || session_has(session, "from-file");
    return ret;
}

void selection_free(struct selection *selection)
{
    free(selection->ids);
    selection->ids = NULL;
}

/* ---- Labels and targets ----------------------------------------------------------------------------------------- */

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

bool selection_wants(const struct selection *selection, const struct netboot_host *host)
{
    const struct arguments *arguments = selection->session->arguments;
    const char *target = option_value(arguments, selection->target), *label;
    unsigned index = 0;

    if (target && (host->target.size != strlen(target) || memcmp(host->target.data, target, host->target.size) != 0))
        return false;
    while ((label = option_next(arguments, selection->label, &index)))
        if (!has_label(host, label))
            return false;
    return true;
}

/* ---- Gathering -------------------------------------------------------------------------------------------------- */

struct gathering {
    struct selection *selection;
    struct netboot_view *view;
    enum select_use use;
    struct repeats repeats; /* hosts that are selected already */
    size_t room;
    int code;
    uint64_t wrong; /* lines of the file */
};

static int add(struct gathering *gathering, const struct netboot_id *id)
{
    struct selection *selection = gathering->selection;

    if (selection->count == gathering->room) {
        size_t room = gathering->room > 0 ? 2 * gathering->room : 64;
        struct netboot_id *ids = realloc(selection->ids, room * sizeof(*ids));
        if (!ids)
            return failed("out of memory");
        selection->ids = ids;
        gathering->room = room;
    }
    selection->ids[selection->count++] = *id;
    return DONE;
}

/* Adds a host, called by `id`, unless it is selected already. `key` is the one that it goes by. */
static int add_once(struct gathering *gathering, const struct netboot_record_key *key, const struct netboot_id *id)
{
    int64_t before = repeats_find(&gathering->repeats, key);

    if (before > 0)
        return DONE;
    if (before < 0 || repeats_add(&gathering->repeats, key, 1) != 0)
        return failed("out of memory");
    return add(gathering, id);
}

/* Adds a named host. -EINVAL, -ENOENT, -EBADMSG with the reason. */
static int name_add(struct gathering *gathering, const char *text, struct netboot_error *error)
{
    struct netboot_record record;
    struct netboot_record_key typed, key;
    char name[NETBOOT_RECORD_TEXT_SIZE];
    int status = netboot_record_key_parse(NETBOOT_RECORD_HOST, text, &typed, error);

    if (status != 0)
        return status;
    key = typed;
    status = netboot_view_get(gathering->view, &typed, &record, NULL);
    if (status == -ENOENT && gathering->use != SELECT_ANY)
        return failure(error, status, "there is no %s: see netbootctl host list",
                       netboot_record_key_text(&typed, name));
    if (status != 0 && status != -ENOENT && gathering->use != SELECT_DAMAGED)
        return failure(error, status, "the record of %s is damaged: delete it and set it again",
                       netboot_record_key_text(&typed, name));
    if (status == 0 && !selection_wants(gathering->selection, &record.host))
        return 0;
    if (status == 0)
        netboot_record_key_of(&record, &key);
    gathering->code = add_once(gathering, &key, &typed.id);
    return 0;
}

static int words_add(struct gathering *gathering)
{
    const struct arguments *arguments = gathering->selection->session->arguments;
    struct netboot_error error;

    for (unsigned i = 0; i < arguments->word_count && gathering->code == DONE; i++)
        if (name_add(gathering, arguments->words[i], &error) != 0)
            gathering->code = failed_with(&error);
    return gathering->code;
}

/* A line has one identifier; blank lines and lines that begin with # have none. */
static void line_add(struct gathering *gathering, const char *name, uint64_t number, char *text, size_t size)
{
    struct netboot_error error;

    while (size > 0 && strchr(" \t", text[size - 1]))
        size--;
    text[size] = '\0';
    text += strspn(text, " \t");
    if (text[0] == '\0' || text[0] == '#')
        return;
    int status = name_add(gathering, text, &error);
    if (status != 0 && gathering->wrong++ < WRONG_LINES_SHOWN)
        note("%s:%" PRIu64 ": %s", name, number, error.text);
}

static int file_add(struct gathering *gathering, const char *path)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    struct input input;
    char *text;
    size_t size;
    int got = input_open(&input, path);

    if (got != 0)
        return gathering->code = failed("cannot read %s: %s", name, strerror(-got));
    while (gathering->code == DONE && (got = input_next(&input, &text, &size)) != 0) {
        if (got < 0 && got != -E2BIG)
            break;
        if (got == -E2BIG && gathering->wrong++ < WRONG_LINES_SHOWN)
            note("%s:%" PRIu64 ": the line is too long", name, input.line);
        else if (got > 0)
            line_add(gathering, name, input.line, text, size);
    }
    input_close(&input);
    if (got < 0 && got != -E2BIG)
        return gathering->code = failed("cannot read %s: %s", name, strerror(-got));
    if (gathering->wrong > 0)
        gathering->code =
            failed("%s: %" PRIu64 " wrong line%s", name, gathering->wrong, gathering->wrong == 1 ? "" : "s");
    return gathering->code;
}

static int record_add(const struct netboot_record *record, void *user)
{
    struct gathering *gathering = user;
    struct netboot_record_key key;

    if (!selection_wants(gathering->selection, &record->host))
        return 0;
    if (netboot_record_key_of(record, &key) == 0)
        gathering->code = add(gathering, &key.id);
    return gathering->code == DONE ? 0 : 1;
}

static int gather(struct gathering *gathering)
{
    const struct session *session = gathering->selection->session;
    const char *path = option_value(session->arguments, "from-file");

    if (session->arguments->word_count > 0 || path) {
        words_add(gathering);
        return gathering->code == DONE && path ? file_add(gathering, path) : gathering->code;
    }
    int status = netboot_view_each(gathering->view, NETBOOT_RECORD_HOST, NULL, record_add, gathering, NULL);
    if (status == -EBADMSG)
        damaged_tell(gathering->view); /* their labels are not known */
    else if (status < 0)
        gathering->code = failed("cannot read the hosts: %s", strerror(-status));
    return gathering->code;
}

/* ---- When no host is found -------------------------------------------------------------------------------------- */

/* A label or a target, and whether any host has it. */
struct wish {
    const char *label, *target; /* one of them, the other NULL */
    bool granted;
};

static int wish_look(const struct netboot_record *record, void *user)
{
    const struct netboot_host *host = &record->host;
    struct wish *wish = user;

    wish->granted = wish->label ? has_label(host, wish->label)
                                : host->target.size == strlen(wish->target) &&
                                      memcmp(host->target.data, wish->target, host->target.size) == 0;
    return wish->granted ? 1 : 0;
}

static bool in_vain(struct netboot_view *view, const char *label, const char *target)
{
    struct wish wish = {.label = label, .target = target};

    return netboot_view_each(view, NETBOOT_RECORD_HOST, NULL, wish_look, &wish, NULL) >= 0 && !wish.granted;
}

/* Says which label or target of those asked for no host has. */
static int nobody(const struct selection *selection, struct netboot_view *view)
{
    const struct arguments *arguments = selection->session->arguments;
    const char *target = option_value(arguments, selection->target), *label;
    const char *path = option_value(arguments, "from-file");
    unsigned index = 0;

    if (!selection->by_property)
        return failed("no hosts selected: %s names none", path && strcmp(path, "-") != 0 ? path : "standard input");
    while ((label = option_next(arguments, selection->label, &index)))
        if (in_vain(view, label, NULL))
            return failed("no hosts selected: no host has the label %s", label);
    if (target && in_vain(view, NULL, target))
        return failed("no hosts selected: no host has the target %s", target);
    if (path || arguments->word_count > 0)
        return failed("no hosts selected: none of the named hosts has all of the labels and the target");
    return failed("no hosts selected: no host has all of the labels and the target");
}

int selection_read(struct session *session, enum select_use use, struct selection *ret)
{
    struct selection selection = selection_of(session);
    struct gathering gathering = {.selection = &selection, .use = use, .code = DONE};

    if (session->arguments->word_count == 0 && !selection.is_set && session_has(session, "label") &&
        with_label(session))
        return misused("host set: no hosts given (--label sets a label; to choose hosts by label use --with-label)");
    if (session->arguments->word_count == 0 && !selection.is_set)
        return misused("host %s needs ID..., --%s, --%s or --from-file", session->command->verb, selection.label,
                       selection.target);
    int code = session_view(session);
    if (code != DONE)
        return code;
    gathering.view = session->view;
    code = gather(&gathering);
    repeats_free(&gathering.repeats);
    if (code == DONE && selection.count == 0)
        code = nobody(&selection, session->view);
    if (code == DONE)
        *ret = selection;
    else
        selection_free(&selection);
    return code;
}

/* ---- Before and while they are changed -------------------------------------------------------------------------- */

int selection_confirm(const struct selection *selection)
{
    enum { SHOWN = 3 };
    char question[1024], text[NETBOOT_ID_TEXT_SIZE];
    size_t used = (size_t)snprintf(question, sizeof(question), "host %s: %zu hosts (",
                                   selection->session->command->verb, selection->count);

    if (!selection->is_set) /* all were typed, so the user knows which */
        return DONE;
    for (size_t i = 0; i < selection->count && i < SHOWN; i++)
        used += (size_t)snprintf(question + used, sizeof(question) - used, "%s, ",
                                 netboot_id_text(&selection->ids[i], text));
    snprintf(question + used, sizeof(question) - used, "...)");
    return confirm(selection->session, selection->count, question);
}

int selection_recheck(const struct selection *selection, struct netboot_view *view, const struct netboot_id *id)
{
    const struct netboot_record_key key = host_key(id);
    char text[NETBOOT_RECORD_TEXT_SIZE];
    struct netboot_record record;

    if (!selection->by_property ||
        (netboot_view_get(view, &key, &record, NULL) == 0 && selection_wants(selection, &record.host)))
        return DONE;
    return failed("%s has changed meanwhile: nothing was done; try again", netboot_record_key_text(&key, text));
}
