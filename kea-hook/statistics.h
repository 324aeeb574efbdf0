// SPDX-License-Identifier: MPL-2.0
//
// The hook's counters in Kea's statistics manager.
#ifndef NETBOOT_KEA_STATISTICS_H
#define NETBOOT_KEA_STATISTICS_H

#include <netboot.h>

#include <string>

namespace netboot
{

// They are there, at 0, as long as this object lives.
class Statistics
{
  public:
    Statistics();
    ~Statistics();
    Statistics(const Statistics &) = delete;
    Statistics &operator=(const Statistics &) = delete;

    void count(const netboot_decision &decision);
    void count_store_error();

  private:
    // Kea asks for strings; these are not made anew for each packet.
    const std::string answered_, host_found_, no_boot_file_, not_ours_, store_error_;
};

} // namespace netboot

#endif
