/* SPDX-License-Identifier: MPL-2.0 */
#include "pages_world.h"

static void digest_octets(uint64_t *digest, const void *data, size_t size)
{
    const uint8_t *octets = data;

    for (size_t i = 0; i < size; i++)
        *digest = (*digest ^ octets[i]) * UINT64_C(0x100000001b3);
}

static void digest_bytes(uint64_t *digest, struct netboot_bytes bytes)
{
    digest_octets(digest, bytes.data, bytes.size);
    digest_octets(digest, &bytes.size, sizeof(bytes.size));
}

static int digest_host(const struct netboot_host *host, void *user)
{
    digest_bytes(user, host->name);
    for (size_t i = 0; i < host->ids.count; i++)
        digest_bytes(user, host->ids.items[i]);
    return 0;
}

static int digest_site(const struct netboot_site *site, void *user)
{
    digest_bytes(user, site->name);
    return 0;
}

static int digest_target(const struct netboot_target *target, void *user)
{
    digest_bytes(user, target->name);
    digest_bytes(user, target->script);
    for (size_t i = 0; i < target->initrds.count; i++)
        digest_bytes(user, target->initrds.items[i]);
    return 0;
}

static int digest_loader(const struct netboot_loader *loader, void *user)
{
    digest_bytes(user, loader->file);
    return 0;
}

static int digest_history(const struct netboot_history *history, void *user)
{
    digest_octets(user, &history->generation, sizeof(history->generation));
    digest_bytes(user, bytes_of(history->what));
    return 0;
}

static int digest_damaged(const char *record, void *user)
{
    digest_octets(user, record, strlen(record));
    return 0;
}

static int digest_backup(const void *data, size_t size, void *user)
{
    digest_octets(user, data, size);
    return 0;
}

static uint64_t read_targets(const struct world *world, struct netboot_view *view)
{
    uint64_t digest = 1;
    struct netboot_backup backup;
    struct netboot_host host;

    typed_each_hosts(view, digest_host, &digest);
    typed_each_sites(view, digest_site, &digest);
    typed_each_targets(view, digest_target, &digest);
    typed_each_loaders(view, digest_loader, &digest);
    netboot_view_history(view, digest_history, &digest, NULL);
    netboot_view_damaged(view, digest_damaged, &digest, NULL);
    netboot_view_backup(view, digest_backup, &digest, &backup, NULL);
    for (unsigned i = 0; i < world->hosts + 2; i += 1 + world->hosts / 100) {
        struct netboot_id id = {.type = NETBOOT_ID_MAC, .size = 6};
        mac_of(i, id.value);
        digest_octets(&digest, &i, typed_get_host(view, &id, &host) == 0 ? sizeof(i) : 1);
    }
    return digest;
}

void read_store(const struct world *world, struct netboot_store *store, uint64_t ret[FILES])
{
    struct netboot_view *view;

    memset(ret, 0, FILES * sizeof(*ret));
    if (netboot_view_open(store, &view, NULL) != 0)
        return;
    ret[0] = read_targets(world, view);
    netboot_view_close(view);
}
