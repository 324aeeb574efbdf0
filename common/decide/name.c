/* SPDX-License-Identifier: MPL-2.0 */
/* The names of enumerators. */
#include "netboot-store.h"

#include "base/names.h"

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
    return NAME_FIND(name, existing);
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

static const char *const kinds[] = {
    [NETBOOT_KIND_BOOT] = "boot",
    [NETBOOT_KIND_LOCAL] = "local",
    [NETBOOT_KIND_SILENT] = "silent",
    [NETBOOT_KIND_IGNORE] = "ignore",
};

const char *netboot_kind_name(enum netboot_kind kind)
{
    return NAME_OF(kind, kinds);
}

int netboot_kind_find(const char *name)
{
    return NAME_FIND(name, kinds);
}
