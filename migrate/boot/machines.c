/* SPDX-License-Identifier: MPL-2.0 */
/* Hosts. One whose clients get what all get has no target; those that get the same have one together. */
#include "fold.h"

#include "common/base/failure.h"
#include "json/record/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VIEWS_MAX 16

/* A machine's specification, in both forms: with its MAC in the values, and with a placeholder instead. */
struct machine_draft {
    struct machine *machine;
    bool own; /* it gets something else than all */
    bool templated;
    struct spec plain, template;
    const char *plain_key, *template_key;
};

/* ---- Declarations of one machine -------------------------------------------------------------------------------- */

static int head_of(struct fold *fold, struct machine *machine, struct machine **ret)
{
    struct scene *scene = fold->scene;
    const uint8_t *mac = machine->mac;
    const char *keys[2] = {NULL, NULL};
    long *number;

    if (machine->has_mac)
        keys[0] =
            texts_format(&scene->texts, "mac %02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    if (machine->name)
        keys[1] = texts_format(&scene->texts, "named %s", machine->name);
    *ret = machine;
    for (int i = 0; i < 2; i++) {
        number = keys[i] ? texts_number(&fold->names, keys[i]) : NULL;
        if (keys[i] && !number)
            return -ENOMEM;
        if (number && *number > 0 && *ret == machine)
            *ret = &scene->machines[*number - 1];
    }
    for (int i = 0; i < 2; i++) {
        number = keys[i] ? texts_number(&fold->names, keys[i]) : NULL;
        if (number && *number == 0)
            *number = *ret - scene->machines + 1;
    }
    return 0;
}

static int join(struct fold *fold)
{
    struct scene *scene = fold->scene;
    int status = 0;

    for (size_t i = 0; status == 0 && i < scene->machine_count; i++) {
        struct machine *machine = &scene->machines[i], *last;
        status = head_of(fold, machine, &machine->head);
        for (last = machine->head; last->next;)
            last = last->next;
        if (machine->head != machine)
            last->next = machine;
    }
    return status;
}

/* ---- What it wants ---------------------------------------------------------------------------------------------- */

static size_t machine_views(const struct scene *scene, const struct machine *machine, struct view views[VIEWS_MAX])
{
    size_t count = 0;

    for (; machine; machine = machine->next)
        if (machine->row_count > 0)
            count += views_read(scene, machine->row, machine->row_count, views + count, VIEWS_MAX - count);
    return count;
}

/* What no client can load makes no difference, nor does a code that is not the usual one of its platform. */
static bool counts(const struct scene *scene, const struct row *row)
{
    const struct netboot_arch *arch = netboot_arch_find(row->kind.arch);

    return row->want[0] != '!' && !row->refused && arch &&
           canonical_arch(scene, arch->platform, row->kind.stage) == row->kind.arch;
}

/* Whether it gets something else than what all get. */
static int differs(struct fold *fold, const struct machine *machine, bool *ret)
{
    *ret = false;
    for (; machine && !*ret; machine = machine->next)
        for (size_t i = machine->row; i < machine->row + machine->row_count && !*ret; i++) {
            const struct row *row = &fold->scene->rows[i];
            const char *got = counts(fold->scene, row) ? trial_want(fold->trial, fold->scene, row) : row->want;
            if (!got)
                return -ENOMEM;
            *ret = !want_equal(row->kind.stage, row->want, got);
        }
    return 0;
}

static const char *spec_key(struct texts *texts, const struct spec *spec)
{
    char *text = NULL;
    const char *key = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    fprintf(file, "%d %s", spec->silent, spec->script ? spec->script : "");
    for (unsigned i = 0; i < ARCH_COUNT; i++)
        if (spec->files[i])
            fprintf(file, " %u=%s", i, spec->files[i]);
    if (fclose(file) == 0)
        key = texts_keep(texts, text);
    free(text);
    return key;
}

static bool has_target(const struct spec *spec)
{
    bool any = spec->silent || spec->script;

    for (unsigned i = 0; i < ARCH_COUNT; i++)
        any |= spec->files[i] != NULL;
    return any;
}

static int count_key(struct fold *fold, const struct spec *spec, const char **ret_key)
{
    long *number;

    *ret_key = NULL;
    if (!has_target(spec))
        return 0;
    *ret_key = spec_key(&fold->scene->texts, spec);
    number = *ret_key ? texts_number(&fold->names, *ret_key) : NULL;
    if (!number)
        return -ENOMEM;
    ++*number;
    return 0;
}

static int draft_make(struct fold *fold, struct machine_draft *draft)
{
    struct scene *scene = fold->scene;
    struct view views[VIEWS_MAX];
    size_t count;
    int status = differs(fold, draft->machine, &draft->own);

    if (status < 0 || !draft->own)
        return status;
    count = machine_views(scene, draft->machine, views);
    status = spec_machine(scene, views, count, &fold->all, &draft->plain);
    if (status < 0)
        return status;
    for (size_t i = 0; draft->machine->has_mac && status >= 0 && i < count; i++) {
        status = view_template(scene, &views[i], draft->machine->mac);
        draft->templated |= status > 0;
    }
    if (status >= 0 && draft->templated)
        status = spec_machine(scene, views, count, &fold->all, &draft->template);
    if (status < 0)
        return status;
    const char *what =
        draft->machine->name ? texts_format(&scene->texts, "host %s", draft->machine->name) : "a machine";
    if (draft->templated)
        spec_check(fold, what, &draft->template);
    spec_check(fold, draft->templated ? NULL : what, &draft->plain);
    if (draft->templated)
        status = count_key(fold, &draft->template, &draft->template_key);
    return status < 0 ? status : count_key(fold, &draft->plain, &draft->plain_key);
}

/* ---- Records ---------------------------------------------------------------------------------------------------- */

/* A name after the script or the file. */
static const char *target_name(struct fold *fold, const struct spec *spec)
{
    const char *file = spec->silent ? "silent" : spec->script;
    char name[200];
    size_t size;

    for (unsigned i = 0; !file && i < ARCH_COUNT; i++)
        file = spec->files[i];
    size = strcspn(file, "?#");
    const char *slash = memrchr(file, '/', size);
    file = slash && slash[1] ? slash + 1 : file;
    size = strcspn(file, "?#");
    snprintf(name, sizeof(name), "%.*s", (int)(size < 150 ? size : 150), file);
    char *end = strstr(name, ".ipxe");
    if (end && end > name && end[5] == '\0')
        *end = '\0';
    return name_make(fold, "target", name);
}

/* The number of a specification that has a target is the target's, counted from 1. */
static int target_add(struct fold *fold, const struct spec *spec, const char *key, const char **ret_name)
{
    long *number = texts_number(&fold->targets, key);
    cJSON *record;

    if (!number)
        return -ENOMEM;
    if (*number) {
        *ret_name = fold->target_names[*number - 1];
        return 0;
    }
    const char **names = realloc(fold->target_names, (fold->target_count + 1) * sizeof(*names));
    if (!names)
        return -ENOMEM;
    fold->target_names = names;
    *number = (long)++fold->target_count;
    *ret_name = names[fold->target_count - 1] = target_name(fold, spec);
    record = *ret_name ? record_add(fold, "target", *ret_name) : NULL;
    if (!record || !cJSON_AddStringToObject(record, "kind", spec->silent ? "silent" : "boot") ||
        (spec->script && !cJSON_AddStringToObject(record, "script", spec->script)))
        return -ENOMEM;
    return files_add(record, "files", spec->files);
}

/* Into an array of the host's, once. */
static int id_add(cJSON *host, const char *key, const struct netboot_id *id)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(host, key), *item;
    char text[NETBOOT_ID_TEXT_SIZE];

    netboot_id_text(id, text);
    if (!list)
        list = cJSON_AddArrayToObject(host, key);
    cJSON_ArrayForEach(item, list)
    {
        if (strcmp(item->valuestring, text) == 0)
            return 0;
    }
    return list && cJSON_AddItemToArray(list, cJSON_CreateString(text)) ? 1 : -ENOMEM;
}

/* What a client identifier of DHCPv4 tells: hardware address, UUID as PXE sends it, or a DUID (RFC 4361). */
static bool id_of_client_id(const struct machine *machine, struct netboot_id *ret, const char **ret_key)
{
    static const uint8_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}; /* SMBIOS */
    const uint8_t *id = machine->id;
    size_t size = machine->id_size;

    memset(ret, 0, sizeof(*ret));
    if (machine->family == 1 || (size > 5 && id[0] == 255)) {
        size_t skip = machine->family == 1 ? 0 : 5;
        if (size - skip < 7 || size - skip > NETBOOT_DUID_MAX)
            return false;
        *ret = (struct netboot_id){.type = NETBOOT_ID_DUID, .size = (uint8_t)(size - skip)};
        memcpy(ret->value, id + skip, size - skip);
        *ret_key = "duid";
    } else if (size == 1 + NETBOOT_MAC_SIZE && id[0] == 1) {
        *ret = (struct netboot_id){.type = NETBOOT_ID_MAC, .size = NETBOOT_MAC_SIZE};
        memcpy(ret->value, id + 1, NETBOOT_MAC_SIZE);
        *ret_key = "mac";
    } else if (size == 1 + NETBOOT_UUID_SIZE && id[0] == 0) {
        *ret = (struct netboot_id){.type = NETBOOT_ID_UUID, .size = NETBOOT_UUID_SIZE};
        for (unsigned i = 0; i < NETBOOT_UUID_SIZE; i++)
            ret->value[i] = id[1 + order[i]];
        *ret_key = "uuid";
    } else {
        return false;
    }
    return true;
}

static int ids_add(cJSON *host, const struct machine *machine)
{
    struct netboot_id id = {.type = NETBOOT_ID_MAC, .size = NETBOOT_MAC_SIZE};
    const char *key;
    int added = 0, status = 0;

    for (; machine && status >= 0; machine = machine->next) {
        if (machine->has_mac) {
            id = (struct netboot_id){.type = NETBOOT_ID_MAC, .size = NETBOOT_MAC_SIZE};
            memcpy(id.value, machine->mac, NETBOOT_MAC_SIZE);
            status = id_add(host, "mac", &id);
            added += status > 0;
        }
        if (status >= 0 && machine->id_size > 0 && id_of_client_id(machine, &id, &key)) {
            status = id_add(host, key, &id);
            added += status > 0;
        }
    }
    return status < 0 ? status : added;
}

static void lacks_id(struct fold *fold, struct machine *machine, bool own)
{
    const char *text = texts_format(&fold->scene->texts, "host %s", machine->name);

    const struct statement *at = text ? where_find(fold->where, machine->family, text) : NULL;
    findings_add(fold->findings,
                 &(struct finding){.file = at ? at->file : NULL,
                                   .line = at ? at->line : 0,
                                   .severity = own || !machine->has_mac ? FINDING_PERSON : FINDING_CHANGED,
                                   .text = text,
                                   .why =
                                       "it is known by something else than a hardware address of Ethernet, a DUID or "
                                       "a UUID, and netboot does not know machines by that",
                                   .fix = "add the host to netboot.jsonl with the MAC of its network card",
                                   .differs = ANSWER_BOOT,
                                   .whom = text});
    for (; machine; machine = machine->next)
        machine->left_out = true;
}

static int host_add(struct fold *fold, struct machine_draft *draft)
{
    struct machine *machine = draft->machine;
    const long *shared = draft->template_key ? texts_number(&fold->names, draft->template_key) : NULL;
    bool template = draft->templated && (!draft->template_key || (shared && *shared > 1));
    const struct spec *spec = template ? &draft->template : &draft->plain;
    const char *key = template ? draft->template_key : draft->plain_key, *target;
    cJSON *host = record_new("host", machine->name ? name_make(fold, "host", machine->name) : NULL);
    int status = host ? ids_add(host, machine) : -ENOMEM;
    bool known = status > 0;

    if (status == 0)
        lacks_id(fold, machine, draft->own);
    if (known && draft->own && key) {
        status = target_add(fold, spec, key, &target);
        if (status == 0 && !cJSON_AddStringToObject(host, "target", target))
            status = -ENOMEM;
    }
    if (known && draft->own && status >= 0)
        status = files_add(host, "loader", spec->loaders);
    if (known && status >= 0 && cJSON_AddItemToArray(fold->records, host))
        return 0;
    cJSON_Delete(host);
    return status < 0 || !known ? status : -ENOMEM;
}

int fold_machines(struct fold *fold)
{
    struct scene *scene = fold->scene;
    struct machine_draft *drafts = calloc(scene->machine_count + 1, sizeof(*drafts));
    cJSON *last = fold->records->child ? fold->records->child->prev : NULL;
    size_t count = 0;
    int status = drafts ? join(fold) : -ENOMEM;

    for (size_t i = 0; status >= 0 && i < scene->machine_count; i++) {
        if (scene->machines[i].head != &scene->machines[i])
            continue;
        drafts[count].machine = &scene->machines[i];
        status = draft_make(fold, &drafts[count++]);
    }
    for (size_t i = 0; status >= 0 && i < count; i++)
        status = host_add(fold, &drafts[i]);
    free(drafts);
    if (status < 0)
        return failure(fold->error, status, "out of memory");
    return trial_put(fold->trial, last ? last->next : fold->records->child, fold->error);
}
