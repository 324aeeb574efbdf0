// SPDX-License-Identifier: MPL-2.0
#include "statistics.h"

#include "kea_versions.h"

#include <stats/stats_mgr.h>

#include <string>

using isc::stats::StatsMgr;

namespace netboot
{
namespace
{

const char answered[] = "netboot.answered";
const char host_found[] = "netboot.host-found";
const char no_boot_file[] = "netboot.no-boot-file";
const char not_ours[] = "netboot.not-ours";
const char store_error[] = "netboot.store-error";

const char *const names[] = {answered, host_found, no_boot_file, not_ours, store_error};

void add_one(const char *name)
{
    StatsMgr::instance().addValue(name, static_cast<int64_t>(1));
}

} // namespace

Statistics::Statistics()
{
    for (const char *name : names)
        StatsMgr::instance().setValue(name, static_cast<int64_t>(0));
}

Statistics::~Statistics()
{
    try {
        for (const char *name : names)
            StatsMgr::instance().del(name);
    } catch (...) {
        // Nothing is lost but the place of a counter; Kea must go on.
    }
}

void Statistics::count(const netboot_decision &decision)
{
    if (decision.host_found)
        add_one(host_found);
    switch (decision.outcome) {
    case NETBOOT_ANSWERED:
        return add_one(answered);
    case NETBOOT_NOT_OURS:
        return add_one(not_ours);
    case NETBOOT_NO_BOOT_FILE:
        return add_one(no_boot_file);
    case NETBOOT_KEPT:
    case NETBOOT_IGNORED:
    case NETBOOT_SILENT:
        return;
    }
}

void Statistics::count_store_error()
{
    add_one(store_error);
}

} // namespace netboot
