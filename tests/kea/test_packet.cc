// SPDX-License-Identifier: MPL-2.0
//
// Between Kea's packets and the library: what the library is told, that its edits arrive, and that they do so whole or
// not at all, whatever allocation fails.
#include "failing_new.h"
#include "packet.h"
#include "packets.h"

#include <algorithm>
#include <csetjmp>
#include <cstdarg>
#include <cstring>
#include <new>

extern "C" {
#include <cmocka.h>
}

using namespace isc::dhcp;
using isc::asiolink::IOAddress;

namespace
{

const netboot_bytes *find(const netboot_query &query, uint16_t code, unsigned nth = 0)
{
    for (unsigned i = 0; i < query.option_count; i++)
        if (query.options[i].code == code && nth-- == 0)
            return &query.options[i].data;
    return nullptr;
}

void assert_bytes(const netboot_bytes *found, const Octets &expected)
{
    assert_non_null(found);
    assert_int_equal(found->size, expected.size());
    assert_memory_equal(found->data, expected.data(), expected.size());
}

void assert_address(const uint8_t found[NETBOOT_ADDRESS_SIZE], const char *expected)
{
    Octets octets = IOAddress(expected).toBytes();
    octets.resize(NETBOOT_ADDRESS_SIZE);
    assert_memory_equal(found, octets.data(), NETBOOT_ADDRESS_SIZE);
}

// ---- What the library is told

void query4_is_read_whole(void **)
{
    netboot::OptionBytes bytes;
    netboot_query query;
    const Pkt4Ptr asked = query4(request4());

    netboot::read_packets(*asked, *response4(), bytes, query);
    assert_int_equal(query.family, NETBOOT_V4);
    assert_int_equal(query.message_type, DHCPREQUEST);
    assert_int_equal(query.reply_type, DHCPACK);
    assert_int_equal(query.hardware_type, 1);
    assert_bytes(&query.hardware_address, {0x52, 0x54, 0, 0x77, 0, 2});
    assert_address(query.assigned_address, "192.0.2.64");
    assert_address(query.client_address, "192.0.2.77");
    assert_address(query.relay_address, "198.51.100.1");
    assert_address(query.interface_address, "192.0.2.1");
    assert_false(query.reply_has_boot_file);
    assert_int_equal(query.option_count, options4.size());
    for (const RawOption &option : options4)
        assert_bytes(find(query, option.code), option.data);
}

void long_option4_is_joined(void **)
{
    netboot::OptionBytes bytes;
    netboot_query query;
    const Pkt4Ptr asked = query4(request4({
        {77,          Octets(200, 'x')},
        {93,          {0, 7}    },
        {77, Octets(100,       'x')    }
    }));

    netboot::read_packets(*asked, *response4(), bytes, query);
    assert_bytes(find(query, 77), Octets(300, 'x'));
    assert_null(find(query, 77, 1));
}

void empty_options_are_there(void **)
{
    netboot::OptionBytes bytes;
    netboot_query query;
    const Pkt4Ptr asked4 = query4(request4({
        {175, {}}
    }));
    const Pkt6Ptr asked6 = query6(request6({
        {15, {}}
    }));

    netboot::read_packets(*asked4, *response4(), bytes, query);
    assert_bytes(find(query, 175), {});
    netboot::read_packets(*asked6, *response6(), bytes, query);
    assert_bytes(find(query, 15), {});
}

void bootp_query_has_no_type(void **)
{
    netboot::OptionBytes bytes;
    netboot_query query;
    const Pkt4Ptr asked = query4(request4());

    asked->addClass("BOOTP");
    netboot::read_packets(*asked, *response4(), bytes, query);
    assert_int_equal(query.message_type, 0);
}

void own_boot_file4_is_seen(void **)
{
    netboot::OptionBytes bytes;
    netboot_query query;
    const Pkt4Ptr asked = query4(request4()), file = response4(), option = response4(), server = response4();

    file->setFile(text("own.0").data(), 5);
    netboot::read_packets(*asked, *file, bytes, query);
    assert_true(query.reply_has_boot_file);
    option->addOption(OptionPtr(new Option(Option::V4, 67, text("own"))));
    netboot::read_packets(*asked, *option, bytes, query);
    assert_true(query.reply_has_boot_file);
    server->setSiaddr(IOAddress("192.0.2.9"));
    netboot::read_packets(*asked, *server, bytes, query);
    assert_false(query.reply_has_boot_file);
}

void query6_is_read_whole(void **)
{
    netboot::OptionBytes bytes;
    netboot_query query;
    const Pkt6Ptr asked = query6(request6());

    netboot::read_packets(*asked, *response6(), bytes, query);
    assert_int_equal(query.family, NETBOOT_V6);
    assert_int_equal(query.message_type, 3);
    assert_int_equal(query.reply_type, 7);
    assert_address(query.peer_address, "fe80::77");
    assert_address(query.assigned_address, "2001:db8::1:0");
    assert_address(query.relay_address, "::");
    assert_int_equal(query.link_layer_address.size, 0);
    assert_false(query.reply_has_boot_file);
    assert_int_equal(query.option_count, options6.size());
    for (const RawOption &option : options6)
        assert_bytes(find(query, option.code, option.data == options6[4].data), option.data);
}

void relay_nearest_the_client_counts(void **)
{
    netboot::OptionBytes bytes;
    netboot_query query;
    const Pkt6Ptr asked = query6(relayed6(relayed6(request6(), 0, 1), 1, 2));

    netboot::read_packets(*asked, *response6(), bytes, query);
    assert_int_equal(query.message_type, 3);
    assert_address(query.peer_address, "fe80::1");
    assert_address(query.relay_address, "::1");
    assert_bytes(&query.link_layer_address, {0, 1, 0x52, 0x54, 0, 0x77, 0, 1});
}

void own_boot_file6_is_seen(void **)
{
    netboot::OptionBytes bytes;
    netboot_query query;
    const Pkt6Ptr own = response6();

    own->addOption(OptionPtr(new Option(Option::V6, 59, text("tftp://[::1]/own"))));
    const Pkt6Ptr asked = query6(request6());
    netboot::read_packets(*asked, *own, bytes, query);
    assert_true(query.reply_has_boot_file);
}

// ---- Edits

netboot_edit set(uint32_t field, const Octets &data)
{
    return {
        field, false, {data.data(), data.size()}
    };
}

netboot_edit unset(uint32_t field)
{
    return {
        field, true, {nullptr, 0}
    };
}

struct netboot_answer answer_of(const std::vector<netboot_edit> &edits)
{
    struct netboot_answer answer;
    answer.edit_count = static_cast<unsigned>(edits.size());
    std::copy(edits.begin(), edits.end(), answer.edits);
    return answer;
}

const Octets vendor_class = {0, 0, 1, 0x57, 0, 10, 'H', 'T', 'T', 'P', 'C', 'l', 'i', 'e', 'n', 't'};
const Octets server = {192, 0, 2, 1}, name = text("ipxe.efi"), http = text("HTTPClient");
const std::vector<netboot_edit> boot4 = {set(NETBOOT_FIELD_SIADDR, server),
                                         unset(NETBOOT_FIELD_SNAME),
                                         set(NETBOOT_FIELD_FILE, name),
                                         unset(66),
                                         set(67, name),
                                         set(60, http)};

void edits4_arrive(void **)
{
    const Pkt4Ptr response = own_response4();

    netboot::edit_reply(answer_of(boot4), *response);
    const Pkt4Ptr sent = query4(packed(*response));
    assert_string_equal(sent->getSiaddr().toText().c_str(), "192.0.2.1");
    assert_string_equal(reinterpret_cast<const char *>(sent->getFile().data()), "ipxe.efi");
    assert_true(sent->getSname() == OptionBuffer(64));
    assert_null(sent->getOption(66).get());
    assert_true(sent->getOption(67)->toBinary() == name);
    assert_true(sent->getOption(60)->toBinary() == http);
    assert_int_equal(sent->options_.count(67), 1);
}

void removal4_leaves_nothing(void **)
{
    const Pkt4Ptr response = own_response4();

    netboot::edit_reply(answer_of({unset(NETBOOT_FIELD_SIADDR), unset(NETBOOT_FIELD_SNAME), unset(NETBOOT_FIELD_FILE),
                                   unset(60), unset(66), unset(67)}),
                        *response);
    assert_true(packed(*response) == packed(*response4()));
}

void longest_file_fits(void **)
{
    const Octets longest(127, 'x');
    const Pkt4Ptr response = response4();

    netboot::edit_reply(answer_of({set(NETBOOT_FIELD_FILE, longest)}), *response);
    const OptionBuffer file = response->getFile();
    assert_memory_equal(file.data(), longest.data(), 127);
    assert_int_equal(file[127], 0);
}

void edit_that_does_not_fit_changes_nothing(void **)
{
    const Octets too_long(129, 'x');

    for (uint32_t field : {NETBOOT_FIELD_SIADDR, NETBOOT_FIELD_SNAME, NETBOOT_FIELD_FILE}) {
        const Pkt4Ptr response = own_response4();
        bool thrown = false;
        try {
            netboot::edit_reply(answer_of({set(67, name), set(field, too_long)}), *response);
        } catch (const std::exception &) {
            thrown = true;
        }
        assert_true(thrown);
        assert_true(packed(*response) == packed(*own_response4()));
    }
}

void edits6_replace_all_of_a_code(void **)
{
    const Pkt6Ptr response = response6();
    const Octets url = text("http://[2001:db8::1]/ipxe.efi");

    for (const char *own : {"one", "two"})
        response->addOption(OptionPtr(new Option(Option::V6, 59, text(own))));
    response->addOption(OptionPtr(new Option(Option::V6, 60, text("own"))));
    netboot::edit_reply(answer_of({set(59, url), unset(60), set(16, vendor_class)}), *response);
    assert_int_equal(response->options_.count(59), 1);
    assert_int_equal(response->options_.count(60), 0);
    const Pkt6Ptr sent = query6(packed(*response));
    assert_true(sent->getOption(59)->toBinary() == url);
    assert_true(sent->getOption(16)->toBinary() == vendor_class);
}

void shared_options_stay_as_they_are(void **)
{
    // Kea puts the options of its configuration into replies without copying them.
    const OptionPtr configured(new Option(Option::V4, 67, text("own")));
    const Pkt4Ptr response = response4();

    response->addOption(configured);
    netboot::edit_reply(answer_of(boot4), *response);
    assert_true(configured->toBinary() == text("own"));
}

void edits_are_all_or_nothing(void **)
{
    const struct netboot_answer answer = answer_of(boot4);
    const Pkt4Ptr whole = own_response4();
    Pkt4Ptr response;
    bool thrown = false;

    netboot::edit_reply(answer, *whole);
    const Octets before = packed(*own_response4()), after = packed(*whole);
    for (long failing = 0; failing == 0 || thrown; failing++) {
        response = own_response4();
        thrown = false;
        allocations_left = failing;
        try {
            netboot::edit_reply(answer, *response);
        } catch (const std::bad_alloc &) {
            thrown = true;
        }
        allocations_left = -1;
        assert_true(packed(*response) == (thrown ? before : after));
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(query4_is_read_whole),
        cmocka_unit_test(long_option4_is_joined),
        cmocka_unit_test(empty_options_are_there),
        cmocka_unit_test(bootp_query_has_no_type),
        cmocka_unit_test(own_boot_file4_is_seen),
        cmocka_unit_test(query6_is_read_whole),
        cmocka_unit_test(relay_nearest_the_client_counts),
        cmocka_unit_test(own_boot_file6_is_seen),
        cmocka_unit_test(edits4_arrive),
        cmocka_unit_test(removal4_leaves_nothing),
        cmocka_unit_test(longest_file_fits),
        cmocka_unit_test(edit_that_does_not_fit_changes_nothing),
        cmocka_unit_test(edits6_replace_all_of_a_code),
        cmocka_unit_test(shared_options_stay_as_they_are),
        cmocka_unit_test(edits_are_all_or_nothing),
    };

    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
