// SPDX-License-Identifier: MPL-2.0
//
// The callouts as Kea calls them: they answer, nothing escapes them, and whatever fails on the way, the reply that
// leaves is either the server's own or the whole answer.
#include "failing_new.h"
#include "hook.h"
#include "packets.h"

#include <hooks/callout_manager.h>
#include <log/logger_support.h>
#include <netboot-store.h>

#include <boost/make_shared.hpp>

#include <csetjmp>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <string>
#include <unistd.h>

extern "C" {
#include <cmocka.h>

int pkt4_send(isc::hooks::CalloutHandle &handle);
int pkt6_send(isc::hooks::CalloutHandle &handle);
}

using namespace isc::dhcp;
using isc::hooks::CalloutHandle;
using isc::hooks::CalloutManager;

namespace
{

class LoadedStore
{
  public:
    LoadedStore()
    {
        netboot_store *store = nullptr;
        netboot_change *change = nullptr;
        netboot_error error;

        assert_non_null(mkdtemp(&directory_[0]));
        assert_int_equal(netboot_store_create(directory_.c_str(), &error), 0);
        assert_int_equal(netboot_store_open(directory_.c_str(), nullptr, &store, &error), 0);
        assert_int_equal(netboot_change_open(store, 1000, &change, &error), 0);
        fill(change);
        assert_int_equal(netboot_change_commit(change, &error), 0);
        netboot_store_close(store);
        netboot::Parameters parameters;
        parameters.database = directory_;
        netboot::hook = new netboot::Hook(parameters);
    }

    ~LoadedStore()
    {
        delete netboot::hook;
        netboot::hook = nullptr;
        remove();
    }

  private:
    static netboot_bytes bytes(const char *value)
    {
        return {reinterpret_cast<const uint8_t *>(value), strlen(value)};
    }

    static void fill(netboot_change *change)
    {
        static const uint8_t address[] = {192, 0, 2, 1};
        netboot_error error;
        netboot_record record;

        netboot_record_clear(NETBOOT_RECORD_SITE, &record);
        record.site.name = bytes("default");
        record.site.tftp4 = {address, sizeof(address)};
        record.site.http6 = bytes("http://[2001:db8::1]");
        assert_int_equal(netboot_change_put(change, nullptr, &record, &error), 0);
        netboot_record_clear(NETBOOT_RECORD_TARGET, &record);
        record.target.name = bytes("default");
        record.target.script = bytes("script.ipxe");
        assert_int_equal(netboot_change_put(change, nullptr, &record, &error), 0);
    }

    void remove() const
    {
        DIR *const directory = opendir(directory_.c_str());
        while (const dirent *const entry = readdir(directory))
            unlinkat(dirfd(directory), entry->d_name, 0);
        closedir(directory);
        rmdir(directory_.c_str());
    }

    std::string directory_ = "/tmp/netboot-packet-XXXXXX";
};

boost::shared_ptr<CalloutHandle> new_handle()
{
    return boost::make_shared<CalloutHandle>(boost::make_shared<CalloutManager>(0));
}

boost::shared_ptr<CalloutHandle> handle4(const Pkt4Ptr &response)
{
    const auto handle = new_handle();
    handle->setArgument("query4", query4(request4()));
    handle->setArgument("response4", response);
    return handle;
}

void callout4_answers(void **)
{
    const LoadedStore loaded;
    const Pkt4Ptr response = response4();

    assert_int_equal(pkt4_send(*handle4(response)), 0);
    assert_string_equal(reinterpret_cast<const char *>(response->getFile().data()), "tftp://192.0.2.1/script.ipxe");
    assert_string_equal(response->getSiaddr().toText().c_str(), "192.0.2.1");
}

void callout6_answers(void **)
{
    const LoadedStore loaded;
    const Pkt6Ptr response = response6();
    const auto handle = new_handle();

    handle->setArgument("query6", query6(request6()));
    handle->setArgument("response6", response);
    assert_int_equal(pkt6_send(*handle), 0);
    assert_true(response->getOption(59)->toBinary() == text("http://[2001:db8::1]/script.ipxe"));
}

void nothing_escapes_a_callout(void **)
{
    const LoadedStore loaded;
    const auto empty = new_handle(), wrong = new_handle(), nothing = new_handle();

    assert_int_equal(pkt4_send(*empty), 0);
    assert_int_equal(pkt6_send(*empty), 0);
    wrong->setArgument("query4", 4);
    wrong->setArgument("query6", std::string("no packet"));
    assert_int_equal(pkt4_send(*wrong), 0);
    assert_int_equal(pkt6_send(*wrong), 0);
    nothing->setArgument("query4", Pkt4Ptr());
    nothing->setArgument("response4", Pkt4Ptr());
    assert_int_equal(pkt4_send(*nothing), 0);
}

void reply_survives_any_failure(void **)
{
    const LoadedStore loaded;
    const Octets before = packed(*response4());
    Pkt4Ptr response = response4();
    unsigned unharmed = 0;

    assert_int_equal(pkt4_send(*handle4(response)), 0);
    const Octets after = packed(*response);
    assert_true(before != after);
    bool failed = true;
    for (long failing = 0; failed; failing++) {
        response = response4();
        const auto handle = handle4(response);
        allocations_left = failing;
        const int returned = pkt4_send(*handle);
        failed = allocations_left < 0;
        allocations_left = -1;
        assert_int_equal(returned, 0);
        const Octets sent = packed(*response);
        assert_true(sent == before || sent == after);
        unharmed += sent == before;
    }
    assert_true(packed(*response) == after);
    assert_true(unharmed > 5);
}

void decided_replies_are_left_alone(void **)
{
    const LoadedStore loaded;

    for (auto step : {CalloutHandle::NEXT_STEP_SKIP, CalloutHandle::NEXT_STEP_DROP, CalloutHandle::NEXT_STEP_PARK}) {
        const Pkt4Ptr response = response4();
        const auto handle = handle4(response);
        handle->setStatus(step);
        assert_int_equal(pkt4_send(*handle), 0);
        assert_true(packed(*response) == packed(*response4()));
        assert_int_equal(handle->getStatus(), step);
    }
}

void unloaded_hook_does_nothing(void **)
{
    const Pkt4Ptr response = response4();

    assert_int_equal(pkt4_send(*handle4(response)), 0);
    assert_true(packed(*response) == packed(*response4()));
}

void ten_messages_a_minute(void **)
{
    netboot::RateLimit limit;
    uint64_t left_out = 99;
    unsigned admitted = 0;

    // In two minutes at most, should a new one begin meanwhile.
    for (unsigned i = 0; i < 1000; i++)
        admitted += limit.admit(left_out);
    assert_in_range(admitted, 10, 20);
    assert_in_range(left_out, 0, 990);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(callout4_answers),
        cmocka_unit_test(callout6_answers),
        cmocka_unit_test(nothing_escapes_a_callout),
        cmocka_unit_test(reply_survives_any_failure),
        cmocka_unit_test(decided_replies_are_left_alone),
        cmocka_unit_test(unloaded_hook_does_nothing),
        cmocka_unit_test(ten_messages_a_minute),
    };

    isc::log::initLogger("test_callouts", isc::log::NONE);
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
