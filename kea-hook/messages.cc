// SPDX-License-Identifier: MPL-2.0
#include "messages.h"

#include <chrono>

namespace netboot
{

isc::log::Logger logger("netboot-hooks");

bool RateLimit::admit(uint64_t &left_out)
{
    const uint32_t per_minute = 10;
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const int64_t minute = std::chrono::duration_cast<std::chrono::minutes>(now).count();

    if (minute_.exchange(minute) != minute)
        logged_ = 0;
    if (logged_.fetch_add(1) < per_minute) {
        left_out = left_out_.exchange(0);
        return true;
    }
    left_out_.fetch_add(1);
    return false;
}

std::string reasons_text(const netboot_result &result)
{
    char line[NETBOOT_REASON_SIZE];
    std::string text;

    for (unsigned i = 0; netboot_reason_text(&result.client, &result.decision, i, line); i++)
        text += (i ? "; " : "") + std::string(line);
    return text;
}

void StoreEvents::log(netboot_store *store, const std::string &directory)
{
    netboot_error error;

    switch (store ? netboot_store_event(store, &error) : NETBOOT_EVENT_NONE) {
    case NETBOOT_EVENT_USABLE:
        usable_ = true;
        LOG_INFO(logger, NETBOOT_STORE_OPENED).arg(directory);
        break;
    case NETBOOT_EVENT_UNUSABLE:
        usable_ = false;
        LOG_ERROR(logger, NETBOOT_STORE_UNUSABLE).arg(std::string(error.text));
        break;
    default:
        break;
    }
}

void DaemonEvents::log(netboot_store *store)
{
    netboot_error error;

    switch (store ? netboot_daemon_event(store, &error) : NETBOOT_EVENT_NONE) {
    case NETBOOT_EVENT_USABLE:
        LOG_INFO(logger, NETBOOT_DAEMON_CONNECTED).arg(std::string(error.text));
        break;
    case NETBOOT_EVENT_UNUSABLE:
        LOG_WARN(logger, NETBOOT_DAEMON_MISSING).arg(std::string(error.text));
        break;
    case NETBOOT_EVENT_LOST:
        LOG_WARN(logger, NETBOOT_JOURNAL_DROPPED).arg(std::string(error.text));
        break;
    case NETBOOT_EVENT_NONE:
        break;
    }
}

} // namespace netboot
