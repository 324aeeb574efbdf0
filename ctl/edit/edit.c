/* SPDX-License-Identifier: MPL-2.0 */
#include "edit.h"

#include "changes.h"
#include "common/base/suggest.h"
#include "frame/output.h"
#include "frame/pending.h"
#include "frame/who.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int edit_begin(struct session *session, struct edit *edit)
{
    *edit = (struct edit){.session = session, .dry_run = session_has(session, "dry-run")};
    edit->report = open_memstream(&edit->report_text, &edit->report_size);
    if (!edit->report)
        return failed("out of memory");
    int code = session_change(session, &edit->change);
    if (code != DONE) {
        fclose(edit->report);
        free(edit->report_text);
        return code;
    }
    edit->view = netboot_change_view(edit->change);
    return DONE;
}

static void edit_free(struct edit *edit)
{
    free(edit->report_text);
    arena_free(&edit->memory);
}

void edit_drop(struct edit *edit)
{
    netboot_change_abort(edit->change);
    fclose(edit->report);
    edit_free(edit);
}

int edit_end(struct edit *edit, int code)
{
    struct netboot_error error;

    if (code != DONE || edit->dry_run || !(edit->any || edit->armed))
        netboot_change_abort(edit->change);
    else if (netboot_change_commit(edit->change, &error) != 0)
        code = failed("%s", error.text);
    fclose(edit->report);
    if (code == DONE)
        fputs(edit->report_text, stdout);
    if (code == DONE && (edit->any || edit->armed) && !edit->dry_run)
        code = output_after_change();
    edit_free(edit);
    return code;
}

/* ---- Reports ---------------------------------------------------------------------------------------------------- */

static void difference_print(FILE *file, const char *separator, const cJSON *before, const cJSON *after)
{
    char *old = before ? value_text(before) : NULL;
    char *new = value_text(after);

    fprintf(file, "%s%s ", separator, after->string);
    if (old) {
        print_safe(file, old);
        fputs(" -> ", file);
    }
    print_safe(file, new ? new : "?");
    free(old);
    free(new);
}

void differences_print(FILE *file, const cJSON *before, const cJSON *after)
{
    const char *separator = ": ";
    const cJSON *value;

    cJSON_ArrayForEach(value, after)
    {
        const cJSON *old = before ? cJSON_GetObjectItemCaseSensitive(before, value->string) : NULL;
        char *text = value_text(value);
        bool absent = !text || strcmp(text, "-") == 0;
        free(text);
        bool is_title = !before && (strcmp(value->string, "name") == 0 || strcmp(value->string, "platform") == 0);
        if (is_title || (before ? cJSON_Compare(old, value, true) : absent))
            continue;
        difference_print(file, separator, old, value);
        separator = ", ";
    }
}

void edit_tell(struct edit *edit, const char *did, const char *would, const char *what, const cJSON *before,
               const cJSON *after)
{
    edit->any = true;
    fprintf(edit->report, "%s %s", edit->dry_run ? would : did, what);
    if (after)
        differences_print(edit->report, before, after);
    fputc('\n', edit->report);
}

struct names {
    struct suggestion nearest;
    char text[512];
    size_t count, shown;
};

static int name_collect(const struct netboot_record *record, void *user)
{
    struct names *names = user;
    char text[NETBOOT_RECORD_TEXT_SIZE];
    const char *name = strchr(netboot_record_text(record, text), ' ') + 1;
    size_t used = strlen(names->text);

    suggest_offer(&names->nearest, name);
    if (used + strlen(name) + 3 < sizeof(names->text) && names->shown < 12) {
        snprintf(names->text + used, sizeof(names->text) - used, "%s%s", names->count ? ", " : "", name);
        names->shown++;
    }
    names->count++;
    return 0;
}

int not_there(struct netboot_view *view, const struct netboot_record_key *key)
{
    struct names names = {.count = 0};
    char text[NETBOOT_RECORD_TEXT_SIZE], hint[SUGGEST_TEXT_SIZE];

    netboot_record_key_text(key, text);
    if (key->kind == NETBOOT_RECORD_HOST)
        return failed("there is no %s: see netbootctl host list", text);
    suggest_begin(&names.nearest, strchr(text, ' ') + 1);
    netboot_view_each(view, key->kind, NULL, name_collect, &names, NULL);
    return failed("there is no %s%s (there %s %s%s)", text, suggest_text(&names.nearest, hint),
                  names.count == 1 ? "is" : "are", names.count ? names.text : "none",
                  names.count > names.shown ? ", ..." : "");
}

/* ---- Changes ---------------------------------------------------------------------------------------------------- */

int edit_delete(struct edit *edit, const struct netboot_record_key *key)
{
    struct netboot_error error;
    struct netboot_record record;
    char text[NETBOOT_RECORD_TEXT_SIZE];
    int status = netboot_view_get(edit->view, key, &record, NULL);

    if (status == -ENOENT)
        return not_there(edit->view, key);
    if (status == 0)
        netboot_record_text(&record, text);
    else
        netboot_record_key_text(key, text); /* a damaged record can be deleted, too */
    status = netboot_change_delete(edit->change, key, &error);
    if (status != 0)
        return failed_with(&error);
    edit->deleted++;
    edit_tell(edit, "deleted", "would delete", text, NULL, NULL);
    return DONE;
}

cJSON *record_values(const struct netboot_record *record)
{
    cJSON *ret = record_to_json(record);

    cJSON_DeleteItemFromObjectCaseSensitive(ret, "changed"); /* the store sets it */
    return ret;
}

/* A host that goes by another identifier than before is disarmed. */
static void disarming_tell(struct edit *edit, const char *text)
{
    fprintf(edit->report, "%s %s: it goes by another identifier now; arm it again with --once or --until-done\n",
            edit->dry_run ? "would disarm" : "disarmed", text);
}

/* Puts a record that differs, and reports it. `old` and `new` may be invalid once it is put, so their values are
 * copied. */
static int put(struct edit *edit, const struct netboot_record_key *key, const struct netboot_record *old,
               const struct netboot_record *new)
{
    cJSON *before = old ? record_values(old) : NULL, *after = record_values(new);
    struct netboot_error error;
    char text[NETBOOT_RECORD_TEXT_SIZE];
    int code = DONE, status = -ENOMEM;
    bool is_host = key->kind == NETBOOT_RECORD_HOST;
    struct netboot_once once;
    bool armed = is_host && old && pending_find(edit->view, &old->host, &once);

    netboot_record_text(new, text);
    if (!after || (old && !before))
        code = failed("out of memory");
    else if ((status = old ? netboot_change_put(edit->change, key, new, &error)
                           : netboot_change_add(edit->change, new, &error)) == 0)
        edit_tell(edit, old ? "changed" : "added", old ? "would change" : "would add", text, before, after);
    else if (status != -EEXIST)
        code = failed_by_option(edit->session, &error);
    else
        code = failed("%s: %s", error.text,
                      is_host ? "change that host instead, or remove the identifier from it with --no-id"
                              : "give that site --prefix with those that it keeps, or --no-prefix");
    if (status == 0 && armed && !pending_find(edit->view, &new->host, &once))
        disarming_tell(edit, text);
    cJSON_Delete(before);
    cJSON_Delete(after);
    return code;
}

static int put_if_changed(struct edit *edit, const struct netboot_record_key *key, const struct netboot_record *old,
                          const struct netboot_record *new)
{
    char text[NETBOOT_RECORD_TEXT_SIZE];

    if (old && netboot_record_equal(old, new)) {
        edit->unchanged++;
        if (!edit->only_changes)
            fprintf(edit->report, "unchanged: %s\n", netboot_record_text(new, text));
        return DONE;
    }
    edit->added += !old;
    edit->changed += old != NULL;
    return put(edit, key, old, new);
}

int edit_set(struct edit *edit, const struct netboot_record_key *key, const struct netboot_record_patch *patch,
             edit_make *make)
{
    struct netboot_record_patch own = *patch;
    struct netboot_record old, new;
    struct netboot_error error;
    int status = netboot_view_get(edit->view, key, &old, &error), code = DONE;
    const struct netboot_record *before = status == 0 ? &old : NULL;

    if (status != 0 && status != -ENOENT)
        return failed_with(&error);
    if (make)
        code = make(edit, key, before, &own);
    if (code == DONE && netboot_patch_apply(before, &own, &new, &error) != 0)
        code = failed_by_option(edit->session, &error);
    if (code == DONE)
        code = put_if_changed(edit, key, before, &new);
    arena_reset(&edit->memory);
    return code;
}

/* ---- Commands --------------------------------------------------------------------------------------------------- */

/* The words are values of the record: the first one is what it goes by. */
static bool words_name(const struct session *session, const char *const *keys, cJSON *named)
{
    for (unsigned i = 0; i < session->arguments->word_count; i++)
        if (!cJSON_AddStringToObject(named, keys[i], session->arguments->words[i]))
            return false;
    return true;
}

int edit_set_command(struct session *session, enum netboot_record_kind kind, const char *const *keys)
{
    struct changes changes = {.memory = {NULL}};
    struct netboot_record_key key;
    struct netboot_error error;
    struct edit edit;
    cJSON *named = NULL;
    int code = options_to_changes(session->arguments, &named);

    if (code == DONE && netboot_record_key_parse(kind, session->arguments->words[0], &key, &error) != 0)
        code = misused("%s", error.text);
    if (code == DONE && !words_name(session, keys, named))
        code = failed("out of memory");
    if (code == DONE)
        code = changes_read(session, kind, named, &changes);
    if (code == DONE && (code = edit_begin(session, &edit)) == DONE)
        code = edit_end(&edit, edit_set(&edit, &key, &changes.patch, NULL));
    changes_free(&changes);
    cJSON_Delete(named);
    return code;
}

/* An earlier word may name the same record. */
bool is_repeated(const struct arguments *arguments, enum netboot_record_kind kind, unsigned index)
{
    char text[NETBOOT_RECORD_TEXT_SIZE], other[NETBOOT_RECORD_TEXT_SIZE];
    struct netboot_record_key key;

    netboot_record_key_parse(kind, arguments->words[index], &key, NULL);
    netboot_record_key_text(&key, text);
    for (unsigned i = 0; i < index; i++) {
        netboot_record_key_parse(kind, arguments->words[i], &key, NULL);
        if (strcmp(netboot_record_key_text(&key, other), text) == 0)
            return true;
    }
    return false;
}

int edit_delete_command(struct session *session, enum netboot_record_kind kind)
{
    struct netboot_error error;
    struct edit edit;
    struct netboot_record_key key;
    int code;

    for (unsigned i = 0; i < session->arguments->word_count; i++)
        if (netboot_record_key_parse(kind, session->arguments->words[i], &key, &error) != 0)
            return misused("%s", error.text);
    if ((code = edit_begin(session, &edit)) != DONE)
        return code;
    for (unsigned i = 0; code == DONE && i < session->arguments->word_count; i++) {
        if (is_repeated(session->arguments, kind, i))
            continue;
        netboot_record_key_parse(kind, session->arguments->words[i], &key, &error);
        code = edit_delete(&edit, &key);
    }
    return edit_end(&edit, code);
}

int show_begin(struct session *session, enum netboot_record_kind kind, struct netboot_record_key *ret_key,
               struct netboot_record *ret)
{
    struct netboot_error error;

    if (netboot_record_key_parse(kind, session->arguments->words[0], ret_key, &error) != 0)
        return misused("%s", error.text);
    int code = session_view(session);
    if (code != DONE)
        return code;
    int status = netboot_view_get(session->view, ret_key, ret, &error);
    if (status == -ENOENT)
        return not_there(session->view, ret_key);
    return status == 0 ? DONE : failed_with(&error);
}

int show_command(struct session *session, enum netboot_record_kind kind)
{
    struct netboot_record record;
    struct netboot_record_key key;
    int code = show_begin(session, kind, &key, &record);

    if (code != DONE)
        return code;
    return show_object(record_to_json(&record), session_has(session, "json"));
}
