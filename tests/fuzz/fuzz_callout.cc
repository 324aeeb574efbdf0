// SPDX-License-Identifier: MPL-2.0
//
// A packet as Kea's own classes read it, through the hook's callout, into a reply as they write it.
//
// Input: octet of flags, octet of the reply's type, then the packet: DHCPv4, or DHCPv6 with the flag V6. What Kea
// itself refuses to read is passed over, as a server does. Nothing may escape from a callout; a reply that could be
// packed before can be packed after; and what the hook has no business with is as it was.
#include "hook.h"
#include "packet.h"
#include "packets.h"

#include <hooks/callout_manager.h>
#include <log/logger_support.h>
#include <netboot-store.h>

#include <boost/make_shared.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

extern "C" {
#include "check.h"
#include "scratch.h"

int pkt4_send(isc::hooks::CalloutHandle &handle);
int pkt6_send(isc::hooks::CalloutHandle &handle);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
}

using namespace isc::dhcp;
using isc::hooks::CalloutHandle;
using isc::hooks::CalloutManager;

namespace
{

enum { V6 = 1, OWN_BOOT_FILE = 2, KEEP = 4, REMOVE = 8 };

char directory[SCRATCH_SIZE];

netboot_bytes bytes(const char *value)
{
    return {reinterpret_cast<const uint8_t *>(value), strlen(value)};
}

// A site with everything, a script for iPXE, and a loader for most platforms.
void fill(netboot_change *change)
{
    static const uint8_t server4[] = {192, 0, 2, 1}, server6[16] = {0x20, 1, 0x0d, 0xb8};
    netboot_record record;
    netboot_error error;

    netboot_record_clear(NETBOOT_RECORD_SITE, &record);
    record.site.name = bytes("default");
    record.site.tftp4 = {server4, sizeof(server4)};
    record.site.tftp6 = {server6, sizeof(server6)};
    record.site.http4 = bytes("http://192.0.2.1/");
    record.site.http6 = bytes("http://[2001:db8::1]/");
    check(netboot_change_put(change, nullptr, &record, &error) == 0, error.text);
    netboot_record_clear(NETBOOT_RECORD_TARGET, &record);
    record.target.name = bytes("default");
    record.target.script = bytes("{mac}/{uuid}.ipxe");
    check(netboot_change_put(change, nullptr, &record, &error) == 0, error.text);
    for (uint16_t platform : {0, 6, 7, 11, 16, 19}) {
        netboot_record_clear(NETBOOT_RECORD_LOADER, &record);
        record.loader.platform = platform;
        record.loader.file = bytes("{platform}/loader");
        netboot_change_put(change, nullptr, &record, &error); // some are numbers of no platform of their own
    }
}

void end()
{
    delete netboot::hook;
    netboot::hook = nullptr;
    scratch_remove(directory);
}

void begin()
{
    netboot_store *store = nullptr;
    netboot_change *change = nullptr;
    netboot_error error = {};
    netboot::Parameters parameters;

    setenv("KEA_LOCKFILE_DIR", "none", 1);
    isc::log::initLogger("fuzz", isc::log::NONE);
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0); // nothing here is about the disk
    scratch_make(directory);
    check(netboot_store_create(directory, &error) == 0, error.text);
    check(netboot_store_open(directory, nullptr, &store, &error) == 0, error.text);
    check(netboot_change_open(store, 1000, &change, &error) == 0, error.text);
    fill(change);
    check(netboot_change_commit(change, &error) == 0, error.text);
    netboot_store_close(store);
    parameters.database = directory;
    parameters.journal = true;
    netboot::hook = new netboot::Hook(parameters);
    atexit(end);
}

netboot_existing_boot_file existing_of(uint8_t flags)
{
    return flags & REMOVE ? NETBOOT_EXISTING_REMOVE : flags & KEEP ? NETBOOT_EXISTING_KEEP : NETBOOT_EXISTING_REPLACE;
}

// Options that the hook may set or remove.
bool is_boot_option(bool v6, uint16_t code)
{
    return v6 ? code == 16 || code == 59 || code == 60 : code == 60 || code == 66 || code == 67;
}

template <typename PacketPtr> Octets others_of(const PacketPtr &reply, bool v6)
{
    Octets ret;

    for (const auto &option : reply->options_)
        if (!is_boot_option(v6, option.first)) {
            const Octets octets = option.second->toBinary(true);
            ret.insert(ret.end(), octets.begin(), octets.end());
        }
    return ret;
}

// Whether anything may be changed.
template <typename Packet> bool boots(const Packet &query, const Packet &reply)
{
    netboot::OptionBytes room;
    netboot_query question;

    try {
        netboot::read_packets(query, reply, room, question);
    } catch (const std::exception &) {
        return false; // Kea's classes throw where an option that they parsed is too short for its type
    }
    return netboot_query_boots(&question);
}

template <typename PacketPtr>
void send(const PacketPtr &query, const PacketPtr &reply, const char *names[2], int (*callout)(CalloutHandle &),
          bool v6)
{
    const auto handle = boost::make_shared<CalloutHandle>(boost::make_shared<CalloutManager>(0));
    const Octets before = packed(*reply), others = others_of(reply, v6);

    handle->setArgument(names[0], query);
    handle->setArgument(names[1], reply);
    check(callout(*handle) == 0, "a callout fails");
    check(handle->getStatus() == CalloutHandle::NEXT_STEP_CONTINUE, "a callout drops the reply");
    check(others_of(reply, v6) == others, "an option of another purpose is changed");
    const Octets after = packed(*reply);
    check(after.size() < 65000, "the reply is too large to be sent");
    check(boots(*query, *reply) || after == before, "the reply to an ordinary client is changed");
}

void send4(uint8_t flags, uint8_t type, const uint8_t *data, size_t size)
{
    static const char *names[] = {"query4", "response4"};
    Pkt4Ptr query;

    try {
        query.reset(new Pkt4(data, size));
        query->unpack();
    } catch (const std::exception &) {
        return;
    }
    const Pkt4Ptr reply = flags & OWN_BOOT_FILE ? own_response4() : response4();
    if (type % 8 > 0)
        reply->setType(type % 8);
    send(query, reply, names, pkt4_send, false);
}

void send6(uint8_t type, const uint8_t *data, size_t size)
{
    static const char *names[] = {"query6", "response6"};
    Pkt6Ptr query;

    try {
        query.reset(new Pkt6(data, static_cast<uint32_t>(size)));
        query->setRemoteAddr(isc::asiolink::IOAddress("fe80::77"));
        query->unpack();
    } catch (const std::exception &) {
        return;
    }
    const Pkt6Ptr reply = response6();
    reply->setType(type % 14);
    send(query, reply, names, pkt6_send, true);
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!netboot::hook)
        begin();
    if (size < 2)
        return 0;
    const_cast<netboot::Parameters &>(netboot::hook->parameters).existing_boot_file = existing_of(data[0]);
    if (data[0] & V6)
        send6(data[1], data + 2, size - 2);
    else
        send4(data[0], data[1], data + 2, size - 2);
    return 0;
}
