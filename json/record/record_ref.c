/* SPDX-License-Identifier: MPL-2.0 */
#include "json/record/record_ref.h"

#include "common/base/bytes.h"
#include "common/base/failure.h"

#include <errno.h>
#include <string.h>

int key_parse(enum table table, const char *text, struct key *ret, struct netboot_error *error)
{
    struct key key = {.table = table, .name = text};
    int status = 0;

    if (table == TABLE_HOST)
        status = netboot_id_parse(text, &key.id, error);
    else if (table == TABLE_LOADER)
        status = netboot_platform_parse(text, &key.platform, error);
    else if (!netboot_name_valid(text))
        status = failure(error, -EINVAL,
                         "`%.150s` is no name of a %s: letters, digits and ._-, a letter or digit first, at most %d",
                         text, table_name(table), NETBOOT_NAME_MAX);
    if (status == 0)
        *ret = key;
    return status;
}

/* The first MAC, UUID or DUID, else the name. */
static int host_key(const struct netboot_host *host, struct netboot_id *ret)
{
    if (netboot_host_id(host, 0, ret) == 0)
        return 0;
    if (host->name.size == 0 || host->name.size > NETBOOT_NAME_MAX)
        return -EINVAL;
    *ret = (struct netboot_id){.type = NETBOOT_ID_NAME, .size = (uint8_t)host->name.size};
    memcpy(ret->value, host->name.data, host->name.size);
    return 0;
}

static struct netboot_bytes record_name(enum table table, const void *record)
{
    if (table == TABLE_SITE)
        return ((const struct netboot_site *)record)->name;
    if (table == TABLE_TARGET)
        return ((const struct netboot_target *)record)->name;
    return ((const struct netboot_host *)record)->name;
}

int key_of(enum table table, const void *record, struct memory *memory, struct key *ret)
{
    struct key key = {.table = table};

    if (table == TABLE_HOST) {
        if (host_key(record, &key.id) != 0)
            return -EINVAL;
    } else if (table == TABLE_LOADER) {
        key.platform = ((const struct netboot_loader *)record)->platform;
    } else {
        struct netboot_bytes name = record_name(table, record);
        char *text = memory_take(memory, name.size + 1);
        if (!text)
            return -ENOMEM;
        memcpy(text, name.data, name.size);
        text[name.size] = '\0';
        key.name = text;
    }
    *ret = key;
    return 0;
}

const char *key_text(const struct key *key, char text[KEY_TEXT_SIZE])
{
    char value[NETBOOT_ID_TEXT_SIZE];
    const char *shown = key->name;

    if (key->table == TABLE_HOST)
        shown = netboot_id_text(&key->id, value);
    else if (key->table == TABLE_LOADER)
        shown = netboot_platform_text(key->platform, value);
    snprintf(text, KEY_TEXT_SIZE, "%s %s", table_name(key->table), shown);
    return text;
}

const char *record_text(enum table table, const void *record, char text[KEY_TEXT_SIZE])
{
    struct key key = {.table = table};

    if (table == TABLE_LOADER || (table == TABLE_HOST && record_name(table, record).size == 0)) {
        key_of(table, record, NULL, &key);
        return key_text(&key, text);
    }
    struct netboot_bytes name = record_name(table, record);
    snprintf(text, KEY_TEXT_SIZE, "%s %.*s", table_name(table), (int)name.size, (const char *)name.data);
    return text;
}

int table_get(struct netboot_view *view, const struct key *key, struct record *ret)
{
    ret->table = key->table;
    switch (key->table) {
    case TABLE_SITE:
        return netboot_view_site(view, key->name, &ret->site);
    case TABLE_LOADER:
        return netboot_view_loader(view, key->platform, &ret->loader);
    case TABLE_TARGET:
        return netboot_view_target(view, key->name, &ret->target);
    default:
        return netboot_view_host(view, &key->id, &ret->host);
    }
}

/* The calls of the library have the type of their record in their callback's; this one has it beside. */
struct visit {
    int (*each)(enum table, const void *, void *user);
    void *user;
};

#define VISITOR(name, table)                                                                                           \
    static int visit_##name(const struct netboot_##name *record, void *user)                                           \
    {                                                                                                                  \
        const struct visit *visit = user;                                                                              \
        return visit->each(table, record, visit->user);                                                                \
    }
VISITOR(site, TABLE_SITE)
VISITOR(loader, TABLE_LOADER)
VISITOR(target, TABLE_TARGET)
VISITOR(host, TABLE_HOST)

int table_each(struct netboot_view *view, enum table table, int (*each)(enum table, const void *, void *user),
               void *user)
{
    struct visit visit = {each, user};

    switch (table) {
    case TABLE_SITE:
        return netboot_view_sites(view, visit_site, &visit);
    case TABLE_LOADER:
        return netboot_view_loaders(view, visit_loader, &visit);
    case TABLE_TARGET:
        return netboot_view_targets(view, visit_target, &visit);
    default:
        return netboot_view_hosts(view, NULL, visit_host, &visit);
    }
}

int table_put(struct netboot_change *change, const struct key *key, const struct record *record,
              struct netboot_error *error)
{
    switch (record->table) {
    case TABLE_SITE:
        return netboot_change_put_site(change, &record->site, error);
    case TABLE_LOADER:
        return netboot_change_put_loader(change, &record->loader, error);
    case TABLE_TARGET:
        return netboot_change_put_target(change, &record->target, error);
    default:
        return netboot_change_put_host(change, key ? &key->id : NULL, &record->host, error);
    }
}

int table_delete(struct netboot_change *change, const struct key *key, struct netboot_error *error)
{
    switch (key->table) {
    case TABLE_SITE:
        return netboot_change_delete_site(change, key->name, error);
    case TABLE_LOADER:
        return netboot_change_delete_loader(change, key->platform, error);
    case TABLE_TARGET:
        return netboot_change_delete_target(change, key->name, error);
    default:
        return netboot_change_delete_host(change, &key->id, error);
    }
}

uint64_t table_count(const struct netboot_status *status, enum table table)
{
    const uint64_t counts[TABLE_COUNT] = {
        [TABLE_SITE] = status->sites,
        [TABLE_LOADER] = status->loaders,
        [TABLE_TARGET] = status->targets,
        [TABLE_HOST] = status->hosts,
    };

    return counts[table];
}

static bool lists_equal(const struct netboot_list *a, const struct netboot_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!bytes_same(a->items[i], b->items[i]))
            return false;
    return true;
}

static bool sites_equal(const struct netboot_site *a, const struct netboot_site *b)
{
    return bytes_same(a->name, b->name) && lists_equal(&a->prefixes, &b->prefixes) && bytes_same(a->tftp4, b->tftp4) &&
           bytes_same(a->tftp6, b->tftp6) && bytes_same(a->http4, b->http4) && bytes_same(a->http6, b->http6);
}

static bool hosts_equal(const struct netboot_host *a, const struct netboot_host *b)
{
    return bytes_same(a->name, b->name) && lists_equal(&a->ids, &b->ids) && bytes_same(a->target, b->target) &&
           lists_equal(&a->loaders, &b->loaders) && lists_equal(&a->labels, &b->labels) && bytes_same(a->note, b->note);
}

bool record_equal(const struct record *a, const struct record *b)
{
    switch (a->table) {
    case TABLE_SITE:
        return sites_equal(&a->site, &b->site);
    case TABLE_LOADER:
        return a->loader.platform == b->loader.platform && bytes_same(a->loader.file, b->loader.file);
    case TABLE_TARGET:
        return bytes_same(a->target.name, b->target.name) && a->target.kind == b->target.kind &&
               bytes_same(a->target.script, b->target.script) && lists_equal(&a->target.files, &b->target.files) &&
               bytes_same(a->target.description, b->target.description) &&
               bytes_same(a->target.kernel, b->target.kernel) && lists_equal(&a->target.initrds, &b->target.initrds) &&
               bytes_same(a->target.command_line, b->target.command_line) && a->target.order == b->target.order;
    default:
        return hosts_equal(&a->host, &b->host);
    }
}
