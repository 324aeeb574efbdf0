/* SPDX-License-Identifier: MPL-2.0 */
#include "edit/damaged.h"
#include "edit/edit.h"
#include "import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_ON_TERMINAL 20
#define REMOVED_AT_ONCE 65536

/* ---- --dry-run -------------------------------------------------------------------------------------------------- */

static void tell(struct import *import, const char *would, const struct netboot_record *record,
                 const struct netboot_record *before, const struct netboot_record *after)
{
    char text[NETBOOT_RECORD_TEXT_SIZE];

    if (!import->dry_run || (import->on_terminal && import->told >= TOLD_ON_TERMINAL)) {
        import->told++;
        return;
    }
    import->told++;
    printf("would %s %s", would, netboot_record_text(record, text));
    cJSON *old = before ? record_values(before) : NULL, *new = after ? record_values(after) : NULL;
    if (new)
        differences_print(stdout, old, new);
    cJSON_Delete(old);
    cJSON_Delete(new);
    putchar('\n');
}

/* ---- Targets of hosts -------------------------------------------------------------------------------------------- */

static int wait_name(struct waits *waits, const char *name, unsigned *ret, struct netboot_error *error)
{
    unsigned i = 0;

    while (i < waits->name_count && strcmp(waits->names[i], name) != 0)
        i++;
    if (i == WAIT_NAMES_MAX)
        return failure(error, -EINVAL, "target: there is no target %s, and %d other missing targets came before it",
                       name, WAIT_NAMES_MAX);
    if (i == waits->name_count)
        strcpy(waits->names[waits->name_count++], name);
    *ret = i;
    return 0;
}

static int wait_add(struct import *import, const char *name, struct netboot_error *error)
{
    struct waits *waits = import->waits;
    struct wait wait = {.line = import->line};
    int status = wait_name(waits, name, &wait.name, error);

    if (status == 0 && waits->count == waits->size) {
        size_t size = waits->size ? 2 * waits->size : 256;
        struct wait *items = realloc(waits->items, size * sizeof(*items));
        if (!items)
            return failure_no_memory(error);
        waits->items = items;
        waits->size = size;
    }
    if (status == 0)
        waits->items[waits->count++] = wait;
    return status;
}

/* The target may come later in the file: targets_check() looks at the end. */
static int target_note(struct import *import, const struct netboot_host *host, struct netboot_error *error)
{
    struct netboot_record_key key = {.kind = NETBOOT_RECORD_TARGET};
    struct netboot_record target;

    if (host->target.size == 0 || host->target.size > NETBOOT_NAME_MAX)
        return 0;
    memcpy(key.name, host->target.data, host->target.size);
    if (strcmp(import->target_known, key.name) == 0)
        return 0;
    if (netboot_view_get(import->view, &key, &target, NULL) == -ENOENT)
        return wait_add(import, key.name, error);
    strcpy(import->target_known, key.name);
    return 0;
}

/* ---- Conflicts -------------------------------------------------------------------------------------------------- */

static bool same_host(const struct netboot_host *a, const struct netboot_host *b)
{
    struct netboot_id id, other;

    return netboot_host_id(a, 0, &id) == 0 && netboot_host_id(b, 0, &other) == 0 && id.type == other.type &&
           id.size == other.size && memcmp(id.value, other.value, id.size) == 0;
}

/* The host in the change, other than `own`, that has one of the record's identifiers or its name. */
static int rival_find(struct import *import, const struct netboot_host *host, const struct netboot_host *own,
                      struct netboot_record *ret)
{
    struct netboot_id id;

    for (size_t i = 0; netboot_host_id(host, i, &id) == 0; i++)
        if (host_get(import->view, &id, ret) == 0 && !(own && same_host(own, &ret->host)))
            return 0;
    if (host->name.size == 0 || host->name.size > NETBOOT_NAME_MAX)
        return -ENOENT;
    id = (struct netboot_id){.type = NETBOOT_ID_NAME, .size = (uint8_t)host->name.size};
    memcpy(id.value, host->name.data, host->name.size);
    return host_get(import->view, &id, ret) == 0 && !(own && same_host(own, &ret->host)) ? 0 : -ENOENT;
}

/* The line of the import that brought this host, or 0. */
static int64_t line_of(struct import *import, const struct netboot_record *host)
{
    struct netboot_record_key key;

    return netboot_record_key_of(host, &key) == 0 ? repeats_find(&import->repeats, &key) : 0;
}

static int host_put(struct import *import, const struct netboot_record_key *key, const struct netboot_record *record,
                    struct netboot_error *error);

/* Another host has an identifier of this one. With --replace, a host that the file has not named so far gives way. */
static int rival_settle(struct import *import, const struct netboot_record_key *key,
                        const struct netboot_record *record, struct netboot_error *error)
{
    struct netboot_record own, rival;
    struct netboot_record_key rival_key;
    char text[NETBOOT_RECORD_TEXT_SIZE];
    bool has_own = key && host_get(import->view, &key->id, &own) == 0;

    if (rival_find(import, &record->host, has_own ? &own.host : NULL, &rival) != 0 ||
        netboot_record_key_of(&rival, &rival_key) != 0)
        return -EEXIST;
    int64_t line = line_of(import, &rival);
    if (line < 0)
        return failure_no_memory(error);
    if (line > 0)
        return failure(error, -EEXIST, "%s of line %" PRId64 " has the same name or identifier",
                       netboot_record_text(&rival, text), line);
    if (!import->replace)
        return -EEXIST;
    tell(import, "remove", &rival, NULL, NULL);
    int status = netboot_change_delete(import->change, &rival_key, error);
    if (status != 0)
        return status;
    import->counts[NETBOOT_RECORD_HOST].removed++;
    return host_put(import, key, record, error);
}

static int host_put(struct import *import, const struct netboot_record_key *key, const struct netboot_record *record,
                    struct netboot_error *error)
{
    int status = netboot_change_put(import->change, key, record, error);

    return status == -EEXIST ? rival_settle(import, key, record, error) : status;
}

/* ---- Records ---------------------------------------------------------------------------------------------------- */

/* Notes the record and its line. */
static int repeats_note(struct import *import, const struct netboot_record_key *key, struct netboot_error *error)
{
    return repeats_add(&import->repeats, key, import->line) == 0 ? 0 : failure_no_memory(error);
}

static int put(struct import *import, const struct netboot_record_key *key, const struct netboot_record *record,
               struct netboot_error *error)
{
    struct netboot_record_key own;
    int status = record->kind == NETBOOT_RECORD_HOST ? target_note(import, &record->host, error) : 0;

    /* What `record` points to may not outlive the change. */
    if (status == 0 && netboot_record_key_of(record, &own) != 0)
        own = *key; /* a host that loses its last identifier, which is refused */
    if (status == 0)
        status = record->kind == NETBOOT_RECORD_HOST ? host_put(import, key, record, error)
                                                     : netboot_change_put(import->change, key, record, error);
    return status == 0 ? repeats_note(import, &own, error) : status;
}

/* The identifiers of a line say which host it is about, and remove none: a line that names one card of four leaves the
 * others. Only null and [] take all of a type away. */
static void ids_add(struct netboot_record_patch *patch)
{
    struct netboot_record_patch given = {.record = patch->record};
    struct netboot_id id;

    for (size_t i = 0; netboot_host_id(&patch->record->host, i, &id) == 0; i++)
        netboot_patch_set_ids(&given, id.type);
    patch->id_types &= ~given.id_types;
    patch->add_ids = &patch->record->host.ids;
}

static int unchanged(struct import *import, const struct netboot_record *record, struct netboot_error *error)
{
    struct netboot_record_key key;

    import->counts[record->kind].unchanged++;
    return netboot_record_key_of(record, &key) == 0 ? repeats_note(import, &key, error) : 0;
}

/* A record that the store has: values of the line replace its own; with --replace, the line replaces the whole
 * record. */
static int change(struct import *import, const struct netboot_record *old, struct line_record *line,
                  struct netboot_error *error)
{
    struct netboot_record patched;
    const struct netboot_record *new = &line->record;
    int status = 0;

    line->patch.record = &line->record;
    if (!import->replace) {
        if (line->record.kind == NETBOOT_RECORD_HOST)
            ids_add(&line->patch);
        status = netboot_patch_apply(old, &line->patch, &patched, error);
        new = &patched;
    }
    if (status != 0)
        return status;
    if (netboot_record_equal(old, new))
        return unchanged(import, new, error);
    /* The report comes first: what `old` points to may not outlive the change. */
    tell(import, "change", old, old, new);
    status = put(import, &line->key, new, error);
    import->counts[line->key.kind].changed += status == 0;
    return status;
}

static int duplicate_check(struct import *import, const struct netboot_record *old, struct netboot_error *error)
{
    struct netboot_record_key key;
    char text[NETBOOT_RECORD_TEXT_SIZE];
    int64_t line = 0;

    if (netboot_record_key_of(old, &key) == 0)
        line = repeats_find(&import->repeats, &key);
    if (line < 0)
        return failure_no_memory(error);
    if (line == 0)
        return 0;
    return failure(error, -EINVAL, "%s is also on line %" PRId64 ": keep one", netboot_record_text(old, text), line);
}

static int damaged(const struct netboot_record_key *key, int status, struct netboot_error *error)
{
    char text[NETBOOT_RECORD_TEXT_SIZE];
    const char *name = strchr(netboot_record_key_text(key, text), ' ') + 1;

    return failure(error, status, "%s in the store is damaged: run netbootctl %s delete %s, or import with --replace",
                   text, netboot_record_kind_name(key->kind), name);
}

/* --replace: a damaged record gives way to the one of the file. */
static int damaged_replace(struct import *import, const struct netboot_record_key *key, struct netboot_error *error)
{
    int status = netboot_change_delete(import->change, key, error);

    import->counts[key->kind].removed += status == 0;
    return status;
}

int import_record(struct import *import, uint64_t number, struct line_record *line, struct netboot_error *error)
{
    enum netboot_record_kind kind = line->record.kind;
    struct netboot_record old;
    int status = netboot_view_get(import->view, &line->key, &old, NULL);

    import->line = number;
    import->counts[kind].lines++;
    if (status == 0) {
        status = duplicate_check(import, &old, error);
        return status == 0 ? change(import, &old, line, error) : status;
    }
    if (status == -EBADMSG && import->replace)
        status = damaged_replace(import, &line->key, error);
    else if (status != -ENOENT)
        return damaged(&line->key, status, error);
    if (status != 0 && status != -ENOENT)
        return status;
    if (kind == NETBOOT_RECORD_HOST && line->key.id.type == NETBOOT_ID_NAME)
        return failure(error, -EINVAL, "there is no host %.*s, and a new host needs a mac, uuid or duid",
                       (int)line->record.host.name.size, (const char *)line->record.host.name.data);
    status = put(import, NULL, &line->record, error);
    if (status == 0) {
        import->counts[kind].added++;
        tell(import, "add", &line->record, NULL, &line->record);
    }
    return status;
}

/* ---- --replace -------------------------------------------------------------------------------------------------- */

struct rest {
    struct import *import;
    struct netboot_error *error;
    struct netboot_record_key *keys;
    size_t count;
};

static int rest_collect(const struct netboot_record *record, void *user)
{
    struct rest *rest = user;
    struct netboot_record_key *key = &rest->keys[rest->count];
    int status = netboot_record_key_of(record, key);
    int64_t line = status == 0 ? repeats_find(&rest->import->repeats, key) : status;

    if (line < 0)
        return failure_no_memory(rest->error);
    if (line > 0)
        return 0;
    tell(rest->import, "remove", record, NULL, NULL);
    return ++rest->count == REMOVED_AT_ONCE;
}

static int kind_remove_rest(struct rest *rest, enum netboot_record_kind kind)
{
    int status;

    do {
        rest->count = 0;
        status = netboot_view_each(rest->import->view, kind, NULL, rest_collect, rest, rest->error);
        if (status == -EBADMSG)
            damaged_tell(rest->import->view);
        if (status < 0)
            return status;
        for (size_t i = 0; i < rest->count; i++) {
            int failure = netboot_change_delete(rest->import->change, &rest->keys[i], rest->error);
            if (failure)
                return failure;
        }
        rest->import->counts[kind].removed += rest->count;
    } while (status > 0);
    return 0;
}

int import_remove_rest(struct import *import, struct netboot_error *error)
{
    const struct counts *counts = import->counts;
    bool hosts_only = !counts[NETBOOT_RECORD_SITE].lines && !counts[NETBOOT_RECORD_LOADER].lines &&
                      !counts[NETBOOT_RECORD_TARGET].lines;
    struct rest rest = {
        .import = import, .error = error, .keys = malloc(REMOVED_AT_ONCE * sizeof(struct netboot_record_key))};
    int ret = rest.keys ? 0 : failure_no_memory(error);

    for (enum netboot_record_kind kind = 0; ret == 0 && kind < NETBOOT_RECORD_KINDS; kind++) {
        if (hosts_only && kind != NETBOOT_RECORD_HOST)
            continue;
        uint64_t there = import->before.records[kind] + counts[kind].added - counts[kind].removed;
        if (there > counts[kind].lines)
            ret = kind_remove_rest(&rest, kind);
    }
    free(rest.keys);
    return ret;
}
