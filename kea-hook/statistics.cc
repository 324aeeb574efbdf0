// SPDX-License-Identifier: MPL-2.0
#include "statistics.h"

#include "kea_versions.h"

#include <stats/stats_mgr.h>

using isc::stats::StatsMgr;

namespace netboot
{
namespace
{

void add_one(const std::string &name)
{
    StatsMgr::instance().addValue(name, static_cast<int64_t>(1));
}

} // namespace

Statistics::Statistics()
    : answered_("netboot.answered"), host_found_("netboot.host-found"), journal_dropped_("netboot.journal-dropped"),
      no_boot_file_("netboot.no-boot-file"), not_ours_("netboot.not-ours"), store_error_("netboot.store-error")
{
    for (const std::string *name :
         {&answered_, &host_found_, &journal_dropped_, &no_boot_file_, &not_ours_, &store_error_})
        StatsMgr::instance().setValue(*name, static_cast<int64_t>(0));
}

Statistics::~Statistics()
{
    try {
        for (const std::string *name :
             {&answered_, &host_found_, &journal_dropped_, &no_boot_file_, &not_ours_, &store_error_})
            StatsMgr::instance().del(*name);
    } catch (...) {
        // A counter misses one; Kea must go on.
    }
}

void Statistics::count(const netboot_decision &decision)
{
    if (decision.host_found)
        add_one(host_found_);
    switch (decision.outcome) {
    case NETBOOT_ANSWERED:
        return add_one(answered_);
    case NETBOOT_NOT_OURS:
        return add_one(not_ours_);
    case NETBOOT_NO_BOOT_FILE:
        return add_one(no_boot_file_);
    case NETBOOT_KEPT:
    case NETBOOT_IGNORED:
    case NETBOOT_SILENT:
        return;
    }
}

void Statistics::count_store_error()
{
    store_errors_++;
    add_one(store_error_);
}

void Statistics::set_journal_dropped(uint64_t dropped)
{
    // Only one of several threads sets it.
    if (dropped != dropped_.load(std::memory_order_relaxed) && dropped != dropped_.exchange(dropped))
        StatsMgr::instance().setValue(journal_dropped_, static_cast<int64_t>(dropped));
}

} // namespace netboot
