/* SPDX-License-Identifier: MPL-2.0 */
#include "command.h"
#include "table.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *platform, *file;
} loaders[] = {
    {"x86-bios", "undionly.kpxe"},
    {"x86-uefi", "ipxe32.efi"   },
    {"x64-uefi", "ipxe.efi"     },
};

static struct netboot_bytes bytes(const char *text)
{
    return (struct netboot_bytes){(const uint8_t *)text, strlen(text)};
}

static int fill(struct netboot_change *change, struct netboot_error *error)
{
    const struct netboot_target target = {
        .name = bytes("default"), .kind = NETBOOT_KIND_BOOT, .script = bytes("script.ipxe")};
    const struct netboot_site site = {.name = bytes("default")};
    int status = netboot_change_put_site(change, &site, error);

    if (status == 0)
        status = netboot_change_put_target(change, &target, error);
    for (size_t i = 0; status == 0 && i < sizeof(loaders) / sizeof(loaders[0]); i++) {
        const struct netboot_loader loader = {.platform = (uint16_t)netboot_platform_find(loaders[i].platform),
                                              .file = bytes(loaders[i].file)};
        status = netboot_change_put_loader(change, &loader, error);
    }
    return status;
}

int init_run(struct session *session)
{
    struct netboot_error error;
    struct netboot_change *change;
    int status = netboot_store_create(session->directory, &error);
    int code = status == 0 || status == -EEXIST ? session_view(session) : failed("%s", error.text);

    if (code != DONE)
        return code;
    if (status == -EEXIST) {
        printf("there is a store in %s already: it stays as it is\n", session->directory);
        return DONE;
    }
    if ((code = session_change(session, &change)) != DONE)
        return code;
    status = fill(change, &error);
    if (status != 0)
        netboot_change_abort(change);
    else
        status = netboot_change_commit(change, &error);
    if (status != 0)
        return failed("%s", error.text);
    printf("created a store in %s\n"
           "next: tell it where boot files are: netbootctl site set default --tftp4 ADDRESS --http4 URL\n",
           session->directory);
    return DONE;
}
