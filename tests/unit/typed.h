/* SPDX-License-Identifier: MPL-2.0 */
/* The calls over records, for tests that have the structure of one kind at hand. */
#ifndef TYPED_H
#define TYPED_H

#include "netboot-store.h"

#include <string.h>

/* Not public. */
int change_clear(struct netboot_change *change, struct netboot_error *error);

static inline struct netboot_record_key typed_named(enum netboot_record_kind kind, const char *name)
{
    struct netboot_record_key key = {.kind = kind};

    strncpy(key.name, name, sizeof(key.name) - 1);
    return key;
}

static inline struct netboot_record_key typed_host(const struct netboot_id *id)
{
    return (struct netboot_record_key){.kind = NETBOOT_RECORD_HOST, .id = *id};
}

#define TYPED_KIND(name, NAME)                                                                                         \
    static inline int typed_put_##name(struct netboot_change *change, const struct netboot_##name *name,               \
                                       struct netboot_error *error)                                                    \
    {                                                                                                                  \
        struct netboot_record record = {.kind = NETBOOT_RECORD_##NAME};                                                \
                                                                                                                       \
        record.name = *name;                                                                                           \
        return netboot_change_put(change, NULL, &record, error);                                                       \
    }                                                                                                                  \
                                                                                                                       \
    struct typed_each_##name {                                                                                         \
        int (*each)(const struct netboot_##name *, void *user);                                                        \
        void *user;                                                                                                    \
    };                                                                                                                 \
                                                                                                                       \
    static inline int typed_visit_##name(const struct netboot_record *record, void *user)                              \
    {                                                                                                                  \
        const struct typed_each_##name *typed = user;                                                                  \
                                                                                                                       \
        return typed->each(&record->name, typed->user);                                                                \
    }                                                                                                                  \
                                                                                                                       \
    static inline int typed_each_##name##s(struct netboot_view *view,                                                  \
                                           int (*each)(const struct netboot_##name *, void *user), void *user)         \
    {                                                                                                                  \
        return netboot_view_each(view, NETBOOT_RECORD_##NAME, NULL, typed_visit_##name,                                \
                                 &(struct typed_each_##name){each, user}, NULL);                                       \
    }                                                                                                                  \
                                                                                                                       \
    static inline int typed_get_##name##_by(struct netboot_view *view, struct netboot_record_key key,                  \
                                            struct netboot_##name *ret)                                                \
    {                                                                                                                  \
        struct netboot_record record = {.kind = NETBOOT_RECORD_##NAME};                                                \
        int code = netboot_view_get(view, &key, &record, NULL);                                                        \
                                                                                                                       \
        *ret = record.name;                                                                                            \
        return code;                                                                                                   \
    }

TYPED_KIND(site, SITE)
TYPED_KIND(loader, LOADER)
TYPED_KIND(target, TARGET)
TYPED_KIND(host, HOST)

static inline int typed_put_host_as(struct netboot_change *change, const struct netboot_id *id,
                                    const struct netboot_host *host, struct netboot_error *error)
{
    struct netboot_record record = {.kind = NETBOOT_RECORD_HOST};

    record.host = *host;
    if (!id)
        return netboot_change_put(change, NULL, &record, error);
    const struct netboot_record_key key = typed_host(id);
    return netboot_change_put(change, &key, &record, error);
}

static inline int typed_each_hosts_after(struct netboot_view *view, const struct netboot_id *after,
                                         int (*each)(const struct netboot_host *, void *user), void *user)
{
    const struct netboot_record_key key = after ? typed_host(after) : (struct netboot_record_key){.platform = 0};

    return netboot_view_each(view, NETBOOT_RECORD_HOST, after ? &key : NULL, typed_visit_host,
                             &(struct typed_each_host){each, user}, NULL);
}

static inline int typed_get_host(struct netboot_view *view, const struct netboot_id *id, struct netboot_host *ret)
{
    return typed_get_host_by(view, typed_host(id), ret);
}

static inline int typed_get_site(struct netboot_view *view, const char *name, struct netboot_site *ret)
{
    return typed_get_site_by(view, typed_named(NETBOOT_RECORD_SITE, name), ret);
}

static inline int typed_get_target(struct netboot_view *view, const char *name, struct netboot_target *ret)
{
    return typed_get_target_by(view, typed_named(NETBOOT_RECORD_TARGET, name), ret);
}

static inline int typed_get_loader(struct netboot_view *view, uint16_t platform, struct netboot_loader *ret)
{
    return typed_get_loader_by(view, (struct netboot_record_key){.kind = NETBOOT_RECORD_LOADER, .platform = platform},
                               ret);
}

static inline int typed_delete_host(struct netboot_change *change, const struct netboot_id *id,
                                    struct netboot_error *error)
{
    const struct netboot_record_key key = typed_host(id);

    return netboot_change_delete(change, &key, error);
}

static inline int typed_delete_site(struct netboot_change *change, const char *name, struct netboot_error *error)
{
    const struct netboot_record_key key = typed_named(NETBOOT_RECORD_SITE, name);

    return netboot_change_delete(change, &key, error);
}

static inline int typed_delete_target(struct netboot_change *change, const char *name, struct netboot_error *error)
{
    const struct netboot_record_key key = typed_named(NETBOOT_RECORD_TARGET, name);

    return netboot_change_delete(change, &key, error);
}

static inline int typed_delete_loader(struct netboot_change *change, uint16_t platform, struct netboot_error *error)
{
    const struct netboot_record_key key = {.kind = NETBOOT_RECORD_LOADER, .platform = platform};

    return netboot_change_delete(change, &key, error);
}

#endif
