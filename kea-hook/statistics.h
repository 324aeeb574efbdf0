// SPDX-License-Identifier: MPL-2.0
//
// The hook's counters in Kea's statistics manager.
#ifndef NETBOOT_KEA_STATISTICS_H
#define NETBOOT_KEA_STATISTICS_H

#include <netboot.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace netboot
{

// They exist, starting at 0, while this object lives.
class Statistics
{
  public:
    Statistics();
    ~Statistics();
    Statistics(const Statistics &) = delete;
    Statistics &operator=(const Statistics &) = delete;

    void count(const netboot_decision &decision);
    void count_store_error();
    // Cheap if the number is unchanged.
    void set_journal_dropped(uint64_t dropped);
    uint64_t store_errors() const
    {
        return store_errors_;
    }

  private:
    // Kea takes strings: these are made once, not for each packet.
    std::atomic<uint64_t> store_errors_{0}, dropped_{0};
    const std::string answered_, host_found_, journal_dropped_, no_boot_file_, not_ours_, store_error_;
};

} // namespace netboot

#endif
