/* SPDX-License-Identifier: MPL-2.0 */
/* The names of what a query and a decision have. */
#include "netboot.h"

#include <errno.h>
#include <string.h>

static const char *name_of(unsigned number, const char *const *names, size_t count)
{
    return number < count ? names[number] : NULL;
}

#define NAME_OF(number, names) name_of((unsigned)(number), names, sizeof(names) / sizeof((names)[0]))

static const char *const existing[] = {
    [NETBOOT_EXISTING_KEEP] = "keep",
    [NETBOOT_EXISTING_REPLACE] = "replace",
    [NETBOOT_EXISTING_REMOVE] = "remove",
};

const char *netboot_existing_boot_file_name(enum netboot_existing_boot_file number)
{
    return NAME_OF(number, existing);
}

int netboot_existing_boot_file_find(const char *name)
{
    for (size_t i = 0; i < sizeof(existing) / sizeof(existing[0]); i++)
        if (strcmp(existing[i], name) == 0)
            return (int)i;
    return -ENOENT;
}

const char *netboot_outcome_name(enum netboot_outcome outcome)
{
    static const char *const names[] = {
        [NETBOOT_NOT_OURS] = "not-ours",         [NETBOOT_KEPT] = "kept",     [NETBOOT_IGNORED] = "ignored",
        [NETBOOT_NO_BOOT_FILE] = "no-boot-file", [NETBOOT_SILENT] = "silent", [NETBOOT_ANSWERED] = "answered",
    };

    return NAME_OF(outcome, names);
}

const char *netboot_source_name(enum netboot_source source)
{
    static const char *const names[] = {
        [NETBOOT_SOURCE_NONE] = "none",
        [NETBOOT_SOURCE_TARGET_SCRIPT] = "target-script",
        [NETBOOT_SOURCE_TARGET_FILE] = "target-file",
        [NETBOOT_SOURCE_HOST_LOADER] = "host-loader",
        [NETBOOT_SOURCE_LOADER] = "loader",
    };

    return NAME_OF(source, names);
}

const char *netboot_armed_name(enum netboot_armed armed)
{
    static const char *const names[] = {
        [NETBOOT_ARMED_NONE] = "none", [NETBOOT_ARMED_SERVED] = "served",   [NETBOOT_ARMED_MISSING] = "missing",
        [NETBOOT_ARMED_KIND] = "kind", [NETBOOT_ARMED_UNABLE] = "unable",   [NETBOOT_ARMED_EXPIRED] = "expired",
        [NETBOOT_ARMED_USED] = "used", [NETBOOT_ARMED_RENEWAL] = "renewal", [NETBOOT_ARMED_UNMARKED] = "unmarked",
    };

    return NAME_OF(armed, names);
}
