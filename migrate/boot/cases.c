/* SPDX-License-Identifier: MPL-2.0 */
#include "cases.h"

#include "scene.h"
#include "json/record/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_SIZE (FIELD_TEXT_SIZE + 400)

static const char *const forms[MANNER_COUNT + 1] = {
    [MANNER_USUAL] = "usual",          [MANNER_ITEMS] = "items", [MANNER_NO_CLASS] = "no user class",
    [MANNER_NO_175] = "no option 175", [MANNER_BOOTP] = "BOOTP",
};

/* A value without the MAC. */
static const char *value_make(struct texts *texts, const char *value, const uint8_t mac[NETBOOT_MAC_SIZE])
{
    char text[VALUE_SIZE], colons[NETBOOT_ID_TEXT_SIZE], hyphens[NETBOOT_ID_TEXT_SIZE];

    mac_texts(mac, colons, hyphens);
    snprintf(text, sizeof(text), "%s", value);
    text_replace(text, sizeof(text), colons, "{mac}");
    text_replace(text, sizeof(text), hyphens, "{mac-hyphen}");
    return texts_keep(texts, text);
}

/* ---- Adding ----------------------------------------------------------------------------------------------------- */

static struct boot_case *row_new(struct cases *cases)
{
    if (cases->count == cases->room) {
        size_t room = cases->room ? 2 * cases->room : 64;
        struct boot_case *rows = reallocarray(cases->rows, room, sizeof(*rows));
        if (!rows)
            return NULL;
        cases->rows = rows;
        cases->room = room;
    }
    return &cases->rows[cases->count];
}

int cases_add(struct cases *cases, const struct boot_case *added, const uint8_t mac[NETBOOT_MAC_SIZE])
{
    struct boot_case *row = row_new(cases);

    if (!row)
        return -ENOMEM;
    *row = *added;
    row->host = added->host ? texts_keep(cases->texts, added->host) : NULL;
    row->subnet = !added->host && added->subnet ? texts_keep(cases->texts, added->subnet) : NULL;
    row->old = value_make(cases->texts, added->old, mac);
    row->new = value_make(cases->texts, added->new, mac);
    if ((added->host && !row->host) || (!added->host && added->subnet && !row->subnet) || !row->old || !row->new)
        return -ENOMEM;
    cases->count++;
    return 0;
}

void cases_free(struct cases *cases)
{
    free(cases->rows);
    cases->rows = NULL;
    cases->count = cases->room = 0;
}

/* ---- As JSON ---------------------------------------------------------------------------------------------------- */

static int text_order(const char *one, const char *other)
{
    return one == other ? 0 : strcmp(one ? one : "", other ? other : "");
}

/* All but who it is and the architecture. */
static int sort_order(const struct boot_case *a, const struct boot_case *b)
{
    int order = (int)a->family - (int)b->family;

    order = order ? order : (int)a->kind.stage - (int)b->kind.stage;
    order = order ? order : (int)a->kind.manner - (int)b->kind.manner;
    order = order ? order : (int)a->field - (int)b->field;
    order = order ? order : text_order(a->old, b->old);
    order = order ? order : text_order(a->new, b->new);
    return order ? order : !a->host - !b->host;
}

static int who_order(const struct boot_case *a, const struct boot_case *b)
{
    return a->host && b->host ? text_order(a->host, b->host) : text_order(a->subnet, b->subnet);
}

static int by_who(const void *one, const void *other)
{
    const struct boot_case *a = one, *b = other;
    int order = sort_order(a, b);

    order = order ? order : who_order(a, b);
    return order ? order : (int)a->kind.arch - (int)b->kind.arch;
}

/* Who differs in the same for the same architectures. */
struct group {
    const struct boot_case *first;
    size_t count; /* cases: one for each architecture */
};

static int archs_order(const struct group *a, const struct group *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++)
        if (a->first[i].kind.arch != b->first[i].kind.arch)
            return (int)a->first[i].kind.arch - (int)b->first[i].kind.arch;
    return a->count == b->count ? 0 : a->count < b->count ? -1 : 1;
}

static int by_archs(const void *one, const void *other)
{
    const struct group *a = one, *b = other;
    int order = sort_order(a->first, b->first);

    order = order ? order : archs_order(a, b);
    return order ? order : who_order(a->first, b->first);
}

/* Cases that are there twice are one. */
static void rows_sort(struct cases *cases)
{
    size_t kept = 0;

    if (cases->count > 0)
        qsort(cases->rows, cases->count, sizeof(*cases->rows), by_who);
    for (size_t i = 0; i < cases->count; i++)
        if (kept == 0 || by_who(&cases->rows[kept - 1], &cases->rows[i]) != 0)
            cases->rows[kept++] = cases->rows[i];
    cases->count = kept;
}

static bool put(cJSON *object, const char *key, cJSON *value)
{
    if (value && (key ? cJSON_AddItemToObject(object, key, value) : cJSON_AddItemToArray(object, value)))
        return true;
    cJSON_Delete(value);
    return false;
}

static cJSON *arch_to_json(unsigned arch)
{
    return arch == NETBOOT_ARCH_NONE ? cJSON_CreateNull() : cJSON_CreateNumber(arch);
}

/* Groups that differ in who they are alone. */
static bool groups_to_json(cJSON *list, const struct group *groups, size_t count)
{
    const struct boot_case *first = groups->first;
    cJSON *item = cJSON_CreateObject(), *archs, *whom;
    bool ok = put(list, NULL, item) && cJSON_AddNumberToObject(item, "family", first->family == 0 ? 4 : 6) &&
              cJSON_AddStringToObject(item, "stage", netboot_stage_name(first->kind.stage)) &&
              cJSON_AddStringToObject(item, "form", forms[first->kind.manner]) &&
              cJSON_AddStringToObject(item, "field", meaning_name(first->field)) &&
              cJSON_AddStringToObject(item, "dhcpd", first->old) && cJSON_AddStringToObject(item, "kea", first->new);

    archs = ok ? cJSON_AddArrayToObject(item, "architectures") : NULL;
    whom = archs ? cJSON_AddArrayToObject(item, first->host ? "hosts" : "subnets") : NULL;
    ok = whom != NULL;
    if (!first->host && !first->subnet)
        return ok && put(archs, NULL, arch_to_json(first->kind.arch)); /* no subnet: any client */
    for (size_t i = 0; ok && i < groups->count; i++)
        ok = put(archs, NULL, arch_to_json(first[i].kind.arch));
    for (size_t i = 0; ok && i < count; i++)
        ok = put(whom, NULL, cJSON_CreateString(first->host ? groups[i].first->host : groups[i].first->subnet));
    return ok;
}

static size_t groups_make(const struct cases *cases, struct group *ret)
{
    size_t count = 0;

    for (size_t i = 0; i < cases->count; i++) {
        const struct boot_case *row = &cases->rows[i];
        if (i > 0 && sort_order(row, row - 1) == 0 && who_order(row, row - 1) == 0)
            ret[count - 1].count++;
        else
            ret[count++] = (struct group){row, 1};
    }
    qsort(ret, count, sizeof(*ret), by_archs);
    return count;
}

cJSON *cases_to_json(struct cases *cases)
{
    cJSON *list = cJSON_CreateArray();
    struct group *groups;
    size_t count, end;
    bool ok;

    rows_sort(cases);
    groups = calloc(cases->count + 1, sizeof(*groups));
    ok = list && groups;
    count = ok ? groups_make(cases, groups) : 0;
    for (size_t i = 0; ok && i < count; i = end) {
        for (end = i + 1; end < count && sort_order(groups[i].first, groups[end].first) == 0 &&
                          archs_order(&groups[i], &groups[end]) == 0;)
            end++;
        ok = groups_to_json(list, groups + i, end - i);
    }
    free(groups);
    if (ok)
        return list;
    cJSON_Delete(list);
    return NULL;
}

/* ---- Looking for one -------------------------------------------------------------------------------------------- */

/* dhcpd's configuration names DHCPv4 subnets without their length. */
static long *number_of(struct texts *index, const struct boot_case *one)
{
    const char *who = one->host ? one->host : one->subnet ? one->subnet : "";
    int size = (int)(one->host ? strlen(who) : strcspn(who, "/"));
    const char *key = texts_format(index, "%c%.*s %u %d %d %u %d %s\n%s", one->host ? 'h' : 's', size, who, one->family,
                                   one->kind.stage, one->kind.manner, one->kind.arch, one->field, one->old, one->new);

    return key ? texts_number(index, key) : NULL;
}

static int name_find(const char *name, const char *(*name_of)(unsigned), unsigned count)
{
    for (unsigned i = 0; name && i < count; i++)
        if (strcmp(name, name_of(i)) == 0)
            return (int)i;
    return -1;
}

static const char *stage_of(unsigned i)
{
    return netboot_stage_name((enum netboot_stage)i);
}

static const char *form_of(unsigned i)
{
    return forms[i];
}

static const char *field_of(unsigned i)
{
    return meaning_name((enum meaning)i);
}

/* One of a group, for each architecture. */
static int who_index(struct texts *index, struct boot_case *one, const cJSON *archs, long number)
{
    const cJSON *arch;

    cJSON_ArrayForEach(arch, archs)
    {
        one->kind.arch = cJSON_IsNumber(arch) ? (uint16_t)arch->valueint : NETBOOT_ARCH_NONE;
        long *found = number_of(index, one);
        if (!found)
            return -ENOMEM;
        if (*found == 0)
            *found = number;
    }
    return 0;
}

static int item_index(struct texts *index, const cJSON *item, long number)
{
    const cJSON *archs = cJSON_GetObjectItemCaseSensitive(item, "architectures"), *who;
    int stage = name_find(json_text(item, "stage"), stage_of, NETBOOT_STAGE_IPXE + 1);
    int form = name_find(json_text(item, "form"), form_of, MANNER_COUNT + 1);
    int field = name_find(json_text(item, "field"), field_of, MEANING_COUNT), status = 0;
    const cJSON *family = cJSON_GetObjectItemCaseSensitive(item, "family");
    struct boot_case one = {.old = json_text(item, "dhcpd"), .new = json_text(item, "kea")};

    if (stage < 0 || form < 0 || field < 0 || !cJSON_IsNumber(family) || !one.old || !one.new)
        return -EINVAL;
    one.family = family->valueint == 6;
    one.kind = (struct client_kind){.stage = (enum netboot_stage)stage, .manner = (enum client_manner)form};
    one.field = (enum meaning)field;
    cJSON_ArrayForEach(who, cJSON_GetObjectItemCaseSensitive(item, "hosts"))
    {
        one.host = cJSON_GetStringValue(who);
        if (one.host && status == 0)
            status = who_index(index, &one, archs, number);
    }
    one.host = NULL;
    if (!cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(item, "hosts")) &&
        !cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(item, "subnets")))
        status = who_index(index, &one, archs, number);
    cJSON_ArrayForEach(who, cJSON_GetObjectItemCaseSensitive(item, "subnets"))
    {
        one.subnet = cJSON_GetStringValue(who);
        if (one.subnet && status == 0)
            status = who_index(index, &one, archs, number);
    }
    return status;
}

int cases_index(struct texts *index, const cJSON *cases, long number)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, cases)
    {
        int status = item_index(index, item, number);
        if (status < 0)
            return status;
    }
    return 0;
}

long cases_find(struct texts *index, const struct boot_case *wanted, const uint8_t mac[NETBOOT_MAC_SIZE])
{
    struct boot_case one = *wanted;

    one.old = value_make(index, wanted->old, mac);
    one.new = value_make(index, wanted->new, mac);
    long *number = one.old && one.new ? number_of(index, &one) : NULL;
    return number ? *number : -ENOMEM;
}
