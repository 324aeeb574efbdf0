/* SPDX-License-Identifier: MPL-2.0 */
/* Boot once: which host an arming is of, and its target. */
#include "once/once.h"

#include "base/bytes.h"
#include "base/failure.h"

static void fill(struct control_host *ret, const struct store_key *key, uint64_t store, uint64_t born)
{
    *ret = (struct control_host){.store = store, .born = born, .key = {.size = key->size}};
    memcpy(ret->key.octets, key->octets, key->size); /* others see it: no more than the key */
}

/* The host in a row of the targets store. 0, -ENOENT, -EBADMSG or what LMDB says. */
static int read_host(struct netboot_view *view, const struct store_key *id, struct control_host *ret)
{
    struct netboot_host host;
    struct store_key key;
    MDB_val value;
    uint64_t store;
    int code = view_find_host(view, id, &key, &value);

    if (code == 0 && (code = record_decode(&record_host, value_bytes(value), &host)) == 0 &&
        (code = view_meta(view, "id", &store)) == 0)
        fill(ret, &key, store, host.born);
    return code;
}

int once_find_host(struct netboot_view *view, const struct netboot_id *id, struct control_host *ret,
                   struct netboot_error *error)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    struct store_key key;
    int code = key_of_id(&key, (uint8_t)id->type, id->value, id->size) ? read_host(view, &key, ret) : -ENOENT;

    if (code == -ENOENT)
        return failure(error, code, "there is no host %s", netboot_id_text(id, text));
    return code == 0 ? 0 : failure(error, code, "the record of the host %s is damaged", netboot_id_text(id, text));
}

bool once_host_of(struct netboot_view *view, const struct netboot_host *host, struct control_host *ret)
{
    struct store_key key;
    uint64_t store;

    if (!key_of_host(&key, host) || view_meta(view, "id", &store) != 0)
        return false;
    fill(ret, &key, store, host->born);
    return true;
}

int once_has_host(struct netboot_view *view, const struct control_host *host)
{
    struct control_host found;
    int code = read_host(view, &host->key, &found);

    if (code == -ENOENT)
        return 0;
    return code == 0 ? control_same_host(&found, host) : code;
}

enum netboot_armed once_find_target(struct netboot_view *view, const char *name, struct netboot_target *ret)
{
    if (view_get_named(view, &record_target, ROW_TARGET, bytes_of_text(name), ret) != 0)
        return NETBOOT_ARMED_MISSING;
    return ret->kind == NETBOOT_KIND_BOOT || ret->kind == NETBOOT_KIND_LOCAL ? NETBOOT_ARMED_SERVED
                                                                             : NETBOOT_ARMED_KIND;
}
