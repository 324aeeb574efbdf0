// SPDX-License-Identifier: MPL-2.0
//
// What the hook logs, and how often. The messages are in netboot_messages.mes.
#ifndef NETBOOT_KEA_MESSAGES_H
#define NETBOOT_KEA_MESSAGES_H

#include "kea_versions.h"
#include "netboot_messages.h"

#include <netboot.h>

#include <log/logger.h>
#include <log/macros.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace netboot
{

// "kea-dhcp4.netboot-hooks" in Kea's "loggers".
extern isc::log::Logger logger;

// Lets at most ten messages of a kind pass in each minute. Any number of threads may use it.
class RateLimit
{
  public:
    // Whether to log now; `left_out` becomes the number of messages that were not logged since the last one.
    bool admit(uint64_t &left_out);

  private:
    std::atomic<int64_t> minute_{-1};
    std::atomic<uint32_t> logged_{0};
    std::atomic<uint64_t> left_out_{0};
};

// One for each message that a packet can cause.
struct RateLimits {
    RateLimit callout_failed;
    RateLimit nothing_to_boot;
    RateLimit once_unmarked;
    RateLimit store_read_failed;
};

// Every reason of a decision on one line.
std::string reasons_text(const netboot_result &result);

// Logs when netbootd is connected and when it is not any more, and at most once a minute how much of the journal was
// lost.
struct DaemonEvents {
    // Cheap if nothing happened. `store` may be null.
    void log(netboot_store *store);
};

// Logs once that the store was opened, and once that it became unusable.
class StoreEvents
{
  public:
    // Cheap if nothing happened. `store` may be null.
    void log(netboot_store *store, const std::string &directory);
    // Whether the store was usable at the last event.
    bool usable() const
    {
        return usable_;
    }

  private:
    std::atomic<bool> usable_{false};
};

} // namespace netboot

#endif
