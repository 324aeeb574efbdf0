// SPDX-License-Identifier: MPL-2.0
#include "packet.h"

#include <dhcp/iface_mgr.h>
#include <dhcp/option6_iaaddr.h>
#include <dhcp/option_int_array.h>
#include <dhcp/option_string.h>

#include <boost/make_shared.hpp>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <typeinfo>
#include <vector>

using isc::asiolink::IOAddress;
using namespace isc::dhcp;

namespace netboot
{
namespace
{

// libdhcp_bootp.so puts BOOTP queries into this class, and makes them look like DHCPREQUESTs.
const ClientClass bootp_class("BOOTP");

// ---- Reading

void copy(const IOAddress &address, uint8_t ret[NETBOOT_ADDRESS_SIZE])
{
    if (address.isV4()) {
        const uint32_t bits = address.toUint32();
        for (unsigned i = 0; i < 4; i++)
            ret[i] = static_cast<uint8_t>(bits >> (24 - 8 * i));
    } else {
        const std::vector<uint8_t> bytes = address.toBytes();
        std::copy(bytes.begin(), bytes.end(), ret);
    }
}

// Room for `size` octets of an option; null if there is none.
uint8_t *take_room(OptionBytes &bytes, size_t size)
{
    uint8_t *const start = bytes.data + bytes.size;

    if (size > sizeof(bytes.data) - bytes.size)
        return nullptr;
    bytes.size += size;
    return start;
}

// An option's data if Kea keeps it as it was on the wire, else null. Kea keeps most options so; pack() would write a
// long list of octets one by one.
const OptionBuffer *plain_data(const Option &option)
{
    const std::type_info &type = typeid(option);

    if (type == typeid(Option) || type == typeid(OptionString))
        return option.getOptions().empty() ? &option.getData() : nullptr;
    if (type == typeid(OptionUint8Array))
        return &static_cast<const OptionUint8Array &>(option).getValues();
    return nullptr;
}

// A list of numbers: architecture types, and the ORO of DHCPv6.
netboot_bytes numbers_data(const std::vector<uint16_t> &numbers, OptionBytes &bytes)
{
    uint8_t *const start = take_room(bytes, 2 * numbers.size());

    if (!start)
        return {nullptr, 0};
    for (size_t i = 0; i < numbers.size(); i++) {
        start[2 * i] = static_cast<uint8_t>(numbers[i] >> 8);
        start[2 * i + 1] = static_cast<uint8_t>(numbers[i]);
    }
    return {start, 2 * numbers.size()};
}

// Only pack() works for every class of option: getData() of a list of numbers is empty.
netboot_bytes packed_data(const Option &option, OptionBytes &bytes)
{
    const size_t header = option.getHeaderLen();

    bytes.scratch.clear();
    option.pack(bytes.scratch, false);
    const size_t packed = bytes.scratch.getLength();
    uint8_t *const start = packed < header ? nullptr : take_room(bytes, packed - header);
    if (!start)
        return {nullptr, 0};
    memcpy(start, data_of(bytes.scratch) + header, packed - header);
    return {start, packed - header};
}

netboot_bytes option_data(const Option &option, OptionBytes &bytes)
{
    const OptionBuffer *const plain = plain_data(option);

    if (plain) // an empty option is not an absent one
        return {plain->empty() ? bytes.data : plain->data(), plain->size()};
    if (typeid(option) == typeid(OptionUint16Array))
        return numbers_data(static_cast<const OptionUint16Array &>(option).getValues(), bytes);
    return packed_data(option, bytes);
}

// Kea has concatenated the parts of long DHCPv4 options (RFC 3396); in DHCPv6 each instance is an option of its own.
void read_options(const OptionCollection &options, OptionBytes &bytes, netboot_query &ret)
{
    for (const uint16_t *code = netboot_query_options(ret.family); *code; code++) {
        for (auto option = options.lower_bound(*code); option != options.end() && option->first == *code; ++option) {
            const netboot_bytes data = option_data(*option->second, bytes);
            if (data.data)
                netboot_query_add(&ret, *code, data.data, data.size);
        }
    }
}

bool has_option(const Pkt &packet, uint16_t code)
{
    return packet.options_.find(code) != packet.options_.end();
}

// The first address that the reply assigns; not a prefix.
void read_assigned_address(const Pkt6 &response, netboot_query &ret)
{
    const auto range = response.options_.equal_range(D6O_IA_NA);

    for (auto ia = range.first; ia != range.second; ++ia) {
        const OptionCollection &inside = ia->second->getOptions();
        const auto found = inside.find(D6O_IAADDR);
        const auto address = found == inside.end() ? nullptr : dynamic_cast<Option6IAAddr *>(found->second.get());
        if (address)
            return copy(address->getAddress(), ret.assigned_address);
    }
}

bool is_set(const uint8_t address[NETBOOT_ADDRESS_SIZE])
{
    return std::any_of(address, address + NETBOOT_ADDRESS_SIZE, [](uint8_t octet) { return octet != 0; });
}

// Kea keeps the relays in the order of the headers: the last one is nearest the client. A relay may name no link
// (RFC 6221): then the next one around it does.
void read_relays(const Pkt6 &query, OptionBytes &bytes, netboot_query &ret)
{
    const Pkt6::RelayInfo &relay = query.relay_info_.back();
    const auto link_layer = relay.options_.find(D6O_CLIENT_LINKLAYER_ADDR);

    copy(relay.peeraddr_, ret.peer_address);
    for (auto each = query.relay_info_.rbegin(); each != query.relay_info_.rend() && !is_set(ret.relay_address); ++each)
        copy(each->linkaddr_, ret.relay_address);
    if (link_layer != relay.options_.end())
        ret.link_layer_address = option_data(*link_layer->second, bytes);
}

// The first address of the interface that is not link-local.
void read_interface_address(const Pkt6 &query, netboot_query &ret)
{
    const IfacePtr interface = query.indexSet() ? IfaceMgr::instance().getIface(query.getIndex()) : IfacePtr();

    if (!interface)
        return;
    for (const auto &held : interface->getAddresses()) {
        const IOAddress address = held.get();
        if (address.isV6() && !address.isV6LinkLocal() && !address.isV6Multicast())
            return copy(address, ret.interface_address);
    }
}

// ---- Editing

bool is_option(const netboot_edit &edit)
{
    return edit.field < NETBOOT_FIELD_SIADDR;
}

// Appends all new options first; then it removes the old ones, which cannot fail. addOption() would not do: in DHCPv4
// it needs the old one removed first.
void edit_options(const struct netboot_answer &answer, Option::Universe universe, OptionCollection &options)
{
    OptionCollection::iterator added[NETBOOT_EDITS_MAX];
    unsigned count = 0;

    try {
        for (unsigned i = 0; i < answer.edit_count; i++) {
            const netboot_edit &edit = answer.edits[i];
            if (!is_option(edit) || edit.remove)
                continue;
            const OptionPtr option = boost::make_shared<Option>(universe, static_cast<uint16_t>(edit.field));
            option->setData(edit.data.data, edit.data.data + edit.data.size);
            added[count] = options.insert(std::make_pair(edit.field, option));
            count++;
        }
    } catch (...) {
        while (count > 0)
            options.erase(added[--count]);
        throw;
    }
    for (unsigned i = 0; i < answer.edit_count; i++) {
        const netboot_edit &edit = answer.edits[i];
        if (!is_option(edit))
            continue;
        const auto range = options.equal_range(edit.field);
        options.erase(range.first, edit.remove ? range.second : std::prev(range.second));
    }
}

// Throws where the setters of Pkt4 would, before anything is changed.
void check_fields(const struct netboot_answer &answer)
{
    for (unsigned i = 0; i < answer.edit_count; i++) {
        const netboot_edit &edit = answer.edits[i];
        const bool fits = edit.remove || is_option(edit) ||
                          (edit.field == NETBOOT_FIELD_SIADDR && edit.data.size == 4) ||
                          (edit.field == NETBOOT_FIELD_SNAME && edit.data.size <= Pkt4::MAX_SNAME_LEN) ||
                          (edit.field == NETBOOT_FIELD_FILE && edit.data.size <= Pkt4::MAX_FILE_LEN);
        if (!fits)
            throw std::length_error("an edit does not fit into the reply");
    }
}

void edit_field(const netboot_edit &edit, Pkt4 &response)
{
    static const uint8_t zeros[4] = {};
    const uint8_t *const data = edit.remove ? zeros : edit.data.data;
    const size_t size = edit.remove ? 0 : edit.data.size;

    switch (edit.field) {
    case NETBOOT_FIELD_SIADDR:
        return response.setSiaddr(IOAddress(uint32_t(data[0]) << 24 | data[1] << 16 | data[2] << 8 | data[3]));
    case NETBOOT_FIELD_SNAME:
        return response.setSname(data, size);
    case NETBOOT_FIELD_FILE:
        return response.setFile(data, size);
    }
}

} // namespace

void read_packets(const Pkt4 &query, const Pkt4 &response, OptionBytes &bytes, netboot_query &ret)
{
    const HWAddrPtr hardware = query.getHWAddr();

    netboot_query_init(&ret, NETBOOT_V4);
    ret.transaction = query.getTransid();
    ret.message_type = query.getType();
    ret.reply_type = response.getType();
    if (ret.message_type == DHCPREQUEST && query.getClasses().contains(bootp_class)) {
        ret.message_type = 0;
        // It is still a DHCPACK if libdhcp_bootp.so runs after this hook and removes the type then.
        ret.reply_type = ret.reply_type == DHCPACK ? 0 : ret.reply_type;
    }
    if (hardware) {
        ret.hardware_type = static_cast<uint8_t>(hardware->htype_);
        ret.hardware_address = {hardware->hwaddr_.data(), hardware->hwaddr_.size()};
    }
    copy(response.getYiaddr(), ret.assigned_address);
    copy(query.getCiaddr(), ret.client_address);
    copy(query.getGiaddr(), ret.relay_address);
    copy(response.getLocalAddr(), ret.interface_address);
    ret.reply_has_boot_file = response.getFile()[0] != 0 || has_option(response, DHO_BOOT_FILE_NAME);
    read_options(query.options_, bytes, ret);
}

void read_packets(const Pkt6 &query, const Pkt6 &response, OptionBytes &bytes, netboot_query &ret)
{
    netboot_query_init(&ret, NETBOOT_V6);
    ret.transaction = query.getTransid();
    ret.message_type = query.getType();
    ret.reply_type = response.getType();
    if (query.relay_info_.empty())
        copy(query.getRemoteAddr(), ret.peer_address);
    else
        read_relays(query, bytes, ret);
    read_assigned_address(response, ret);
    // It costs a look-up, and is not used if one of these is set.
    if (!is_set(ret.assigned_address) && !is_set(ret.relay_address))
        read_interface_address(query, ret);
    ret.reply_has_boot_file = has_option(response, D6O_BOOTFILE_URL);
    read_options(query.options_, bytes, ret);
}

void edit_reply(const struct netboot_answer &answer, Pkt4 &response)
{
    check_fields(answer);
    edit_options(answer, Option::V4, response.options_);
    for (unsigned i = 0; i < answer.edit_count; i++)
        edit_field(answer.edits[i], response);
}

void edit_reply(const struct netboot_answer &answer, Pkt6 &response)
{
    edit_options(answer, Option::V6, response.options_);
}

} // namespace netboot
