// SPDX-License-Identifier: MPL-2.0
//
// Kea calls these for each reply just before it packs it. No exception may escape: Kea would drop the reply.
#include "hook.h"
#include "packet.h"

#include <cerrno>
#include <system_error>

using isc::dhcp::Pkt4Ptr;
using isc::dhcp::Pkt6Ptr;
using isc::hooks::CalloutHandle;

namespace netboot
{
namespace
{

template <typename PacketPtr> void log_decision(const PacketPtr &query, const netboot_result &result)
{
    uint64_t left_out;

    LOG_DEBUG(logger, isc::log::DBGLVL_TRACE_BASIC, NETBOOT_DECISION)
        .arg(query->getLabel())
        .arg(std::string(netboot_outcome_name(result.decision.outcome)))
        .arg(reasons_text(result));
    if (result.decision.outcome == NETBOOT_NO_BOOT_FILE && hook->limits.nothing_to_boot.admit(left_out)) {
        LOG_WARN(logger, NETBOOT_NOTHING_TO_BOOT).arg(query->getLabel()).arg(left_out).arg(reasons_text(result));
    }
    if (result.decision.armed == NETBOOT_ARMED_UNMARKED && hook->limits.once_unmarked.admit(left_out)) {
        LOG_ERROR(logger, NETBOOT_ONCE_UNMARKED)
            .arg(query->getLabel())
            .arg(left_out)
            .arg(hook->parameters.database)
            .arg(std::string(result.decision.host));
    }
}

template <typename PacketPtr> void store_failed(const PacketPtr &query, int code)
{
    uint64_t left_out;

    hook->statistics.count_store_error();
    // An unusable store was logged once; this is for an open one that fails.
    if (hook->events.usable() && hook->limits.store_read_failed.admit(left_out)) {
        LOG_ERROR(logger, NETBOOT_STORE_READ_FAILED)
            .arg(query->getLabel())
            .arg(left_out)
            .arg(code == EBADMSG ? "a record is damaged" : std::generic_category().message(code));
    }
}

// A boot-once is used up by a reply that leaves with it, and by no other.
class Sending
{
  public:
    explicit Sending(const netboot_result &result) : result_(result)
    {
    }
    ~Sending()
    {
        netboot_sent(hook->store, &result_, done_);
    }
    void done()
    {
        done_ = true;
    }
    Sending(const Sending &) = delete;
    Sending &operator=(const Sending &) = delete;

  private:
    const netboot_result &result_;
    bool done_ = false;
};

template <typename PacketPtr> void serve(const PacketPtr &query, const PacketPtr &response)
{
    OptionBytes bytes;
    netboot_query question;
    netboot_result result;

    hook->events.log(hook->store, hook->parameters.database);
    hook->daemon_events.log(hook->store);
    read_packets(*query, *response, bytes, question);
    question.existing_boot_file = hook->parameters.existing_boot_file;
    const int done = hook->store ? netboot_serve(hook->store, &question, &result) : -ENODEV;
    if (done < 0)
        return store_failed(query, -done);
    Sending sending(result);
    edit_reply(result.answer, *response);
    sending.done();
    hook->statistics.count(result.decision);
    hook->statistics.set_journal_dropped(netboot_journal_dropped(hook->store));
    log_decision(query, result);
}

template <typename PacketPtr> void callout_failed(const PacketPtr &query, const char *what) noexcept
{
    uint64_t left_out;

    try {
        if (hook->limits.callout_failed.admit(left_out)) {
            LOG_ERROR(logger, NETBOOT_CALLOUT_FAILED)
                .arg(query ? query->getLabel() : std::string("no query"))
                .arg(left_out)
                .arg(std::string(what));
        }
    } catch (...) {
        // Not even this can be logged. The reply goes out all the same.
    }
}

// Another hook may have dropped this reply, or packed it itself.
template <typename PacketPtr>
int send(CalloutHandle &handle, const char *query_name, const char *response_name) noexcept
{
    PacketPtr query, response;

    if (!hook || handle.getStatus() != CalloutHandle::NEXT_STEP_CONTINUE)
        return 0;
    try {
        handle.getArgument(query_name, query);
        handle.getArgument(response_name, response);
        if (query && response)
            serve(query, response);
    } catch (const std::exception &error) {
        callout_failed(query, error.what());
    } catch (...) {
        callout_failed(query, "an exception of an unknown kind");
    }
    return 0;
}

} // namespace
} // namespace netboot

extern "C" {

int pkt4_send(CalloutHandle &handle)
{
    return netboot::send<Pkt4Ptr>(handle, "query4", "response4");
}

int pkt6_send(CalloutHandle &handle)
{
    return netboot::send<Pkt6Ptr>(handle, "query6", "response6");
}

} // extern "C"
