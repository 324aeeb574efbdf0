// SPDX-License-Identifier: MPL-2.0
//
// What the hook costs Kea per packet: from the entry of pkt4_send or pkt6_send to its return, with Kea's own packet
// classes, hook manager and statistics, in this process.
//
//   bench_callout HOOK DIRECTORY [ROUNDS [CASE]]
//   bench_callout HOOK DIRECTORY reload TIMES
//
// HOOK is libdhcp_netboot.so, DIRECTORY a targets store. The client's MAC is 52:54:00:77:00:02. `reload` loads, uses
// and unloads the hook so often, for leak checkers.
#include <config.h>

#include <cc/data.h>
#include <dhcp/dhcp6.h>
#include <dhcp/option6_ia.h>
#include <dhcp/option6_iaaddr.h>
#include <dhcp/option_string.h>
#include <dhcp/pkt4.h>
#include <dhcp/pkt6.h>
#include <hooks/hooks_manager.h>
#include <log/logger_support.h>
#include <process/daemon.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <malloc.h>
#include <stdexcept>
#include <string>
#include <vector>

using namespace isc::dhcp;
using isc::asiolink::IOAddress;
using isc::data::Element;
using isc::hooks::CalloutHandle;
using isc::hooks::CalloutHandlePtr;
using isc::hooks::HooksManager;

namespace
{

typedef int (*Callout)(CalloutHandle &);
typedef std::vector<uint8_t> Octets;

const unsigned batch = 64;
const uint8_t mac[] = {0x52, 0x54, 0x00, 0x77, 0x00, 0x02};

// ---- Packets as EDK2 sends them

void option4(Octets &packet, uint8_t code, const Octets &data)
{
    packet.push_back(code);
    packet.push_back(static_cast<uint8_t>(data.size()));
    packet.insert(packet.end(), data.begin(), data.end());
}

Octets text(const std::string &value)
{
    return Octets(value.begin(), value.end());
}

Octets discover(bool boots)
{
    Octets packet(236);
    packet[0] = packet[1] = 1;
    packet[2] = sizeof(mac);
    std::copy(mac, mac + sizeof(mac), packet.begin() + 28);
    for (uint8_t octet : {0x63, 0x82, 0x53, 0x63})
        packet.push_back(octet);
    option4(packet, 53, {1});
    option4(packet, 55, {1,  2,  3,  4,  5,  6,  12, 13, 15, 17,  18,  22,  23,  28,  40,  41,  42, 43,
                         50, 51, 54, 58, 59, 60, 66, 67, 97, 128, 129, 130, 131, 132, 133, 134, 135});
    if (boots) {
        option4(packet, 57, {0x05, 0xb8});
        option4(packet, 97,
                {0, 0x44, 0x33, 0x22, 0x11, 0x66, 0x55, 0x88, 0x77, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01});
        option4(packet, 94, {1, 3, 16});
        option4(packet, 93, {0, 7});
        option4(packet, 60, text("PXEClient:Arch:00007:UNDI:003016"));
    }
    packet.push_back(255);
    return packet;
}

void option6(Octets &packet, uint16_t code, const Octets &data)
{
    const size_t size = data.size();
    for (unsigned octet : {code >> 8, code & 255, static_cast<int>(size >> 8), static_cast<int>(size & 255)})
        packet.push_back(static_cast<uint8_t>(octet));
    packet.insert(packet.end(), data.begin(), data.end());
}

Octets solicit(bool boots)
{
    Octets packet = {1, 0, 0, 1};
    option6(packet, 1,
            {0, 4, 0x44, 0x33, 0x22, 0x11, 0x66, 0x55, 0x88, 0x77, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01});
    option6(packet, 8, {0, 0});
    option6(packet, 3, Octets(12));
    option6(packet, 6, {0, 59, 0, 60, 0, 23, 0, 16});
    if (boots) {
        option6(packet, 62, {1, 3, 16});
        option6(packet, 61, {0, 16});
        Octets vendor = {0, 0, 1, 0x57, 0, 33};
        const Octets name = text("HTTPClient:Arch:00016:UNDI:003016");
        vendor.insert(vendor.end(), name.begin(), name.end());
        option6(packet, 16, vendor);
    }
    return packet;
}

Pkt4Ptr query(const Octets &octets, const Pkt4Ptr &)
{
    const Pkt4Ptr packet(new Pkt4(octets.data(), octets.size()));
    packet->unpack();
    return packet;
}

Pkt6Ptr query(const Octets &octets, const Pkt6Ptr &)
{
    const Pkt6Ptr packet(new Pkt6(octets.data(), static_cast<uint32_t>(octets.size())));
    packet->setRemoteAddr(IOAddress("fe80::5054:ff:fe77:2"));
    packet->unpack();
    return packet;
}

Pkt4Ptr response(const Pkt4Ptr &)
{
    const Pkt4Ptr packet(new Pkt4(DHCPOFFER, 1));
    packet->setYiaddr(IOAddress("192.0.2.64"));
    packet->setLocalAddr(IOAddress("192.0.2.1"));
    for (uint8_t code : {1, 3, 6, 51, 54, 58, 59})
        packet->addOption(OptionPtr(new Option(Option::V4, code, OptionBuffer(4))));
    return packet;
}

Pkt6Ptr response(const Pkt6Ptr &)
{
    const Pkt6Ptr packet(new Pkt6(DHCPV6_ADVERTISE, 1));
    const OptionPtr ia(new Option6IA(D6O_IA_NA, 1));
    ia->addOption(OptionPtr(new Option6IAAddr(D6O_IAADDR, IOAddress("2001:db8::1:0"), 1800, 3600)));
    packet->addOption(ia);
    packet->addOption(OptionPtr(new Option(Option::V6, D6O_CLIENTID, OptionBuffer(18))));
    packet->addOption(OptionPtr(new Option(Option::V6, D6O_SERVERID, OptionBuffer(14))));
    return packet;
}

// ---- The hook

class LoadedHook
{
  public:
    LoadedHook(const std::string &path, const std::string &directory)
    {
        const isc::data::ElementPtr parameters = Element::createMap();
        isc::hooks::HookLibsCollection libraries;

        parameters->set("database", Element::create(directory));
        libraries.emplace_back(path, parameters);
        if (!HooksManager::loadLibraries(libraries))
            throw std::runtime_error("cannot load " + path);
        library_ = dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
    }

    ~LoadedHook()
    {
        dlclose(library_);
        HooksManager::prepareUnloadLibraries();
        HooksManager::unloadLibraries();
    }

    Callout callout(const char *name) const
    {
        const Callout found = reinterpret_cast<Callout>(dlsym(library_, name));
        if (!found)
            throw std::runtime_error(std::string("the hook has no ") + name);
        return found;
    }

  private:
    void *library_;
};

template <typename PacketPtr> std::vector<CalloutHandlePtr> prepare(const char *family, const Octets &octets)
{
    std::vector<CalloutHandlePtr> handles;
    const PacketPtr asked = query(octets, PacketPtr());

    for (unsigned i = 0; i < batch; i++) {
        handles.push_back(HooksManager::createCalloutHandle());
        handles.back()->setArgument(std::string("query") + family, asked);
        handles.back()->setArgument(std::string("response") + family, response(PacketPtr()));
    }
    return handles;
}

template <typename PacketPtr>
void measure(const LoadedHook &hook, const char *what, const char *family, const Octets &octets, unsigned rounds)
{
    const Callout callout = hook.callout((std::string("pkt") + family + "_send").c_str());
    std::vector<double> nanoseconds;

    for (unsigned round = 0; round < rounds; round++) {
        const std::vector<CalloutHandlePtr> handles = prepare<PacketPtr>(family, octets);
        const auto start = std::chrono::steady_clock::now();
        for (const CalloutHandlePtr &handle : handles)
            callout(*handle);
        const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
        nanoseconds.push_back(spent.count() / batch);
    }
    std::sort(nanoseconds.begin(), nanoseconds.end());
    printf("%-28s %8.0f ns median %8.0f ns best\n", what, nanoseconds[rounds / 2], nanoseconds[0]);
}

void reload(const std::string &path, const std::string &directory, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        const LoadedHook hook(path, directory);
        hook.callout("pkt4_send")(*prepare<Pkt4Ptr>("4", discover(true)).front());
        hook.callout("pkt6_send")(*prepare<Pkt6Ptr>("6", solicit(true)).front());
    }
}

void start()
{
    // A server's heap does not come and go with each packet: no page faults in what is measured.
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    isc::log::initLogger("bench_callout", isc::log::WARN);
    isc::process::Daemon::setProcName("kea-dhcp4");
    HooksManager::registerHook("pkt4_send");
    HooksManager::registerHook("pkt6_send");
}

// The case of that number; all of them for a negative one.
void measure_all(const std::string &path, const std::string &directory, unsigned rounds, int only)
{
    const LoadedHook hook(path, directory);

    if (only < 0 || only == 0)
        measure<Pkt4Ptr>(hook, "v4 x64 UEFI by PXE", "4", discover(true), rounds);
    if (only < 0 || only == 1)
        measure<Pkt4Ptr>(hook, "v4 ordinary host", "4", discover(false), rounds);
    if (only < 0 || only == 2)
        measure<Pkt6Ptr>(hook, "v6 x64 UEFI by HTTP", "6", solicit(true), rounds);
    if (only < 0 || only == 3)
        measure<Pkt6Ptr>(hook, "v6 ordinary host", "6", solicit(false), rounds);
}

unsigned number(const char *value)
{
    return static_cast<unsigned>(strtoul(value, nullptr, 10));
}

} // namespace

int main(int argc, char **argv)
{
    const bool reloads = argc == 5 && std::string(argv[3]) == "reload";

    if (argc < 3 || argc > 5) {
        fprintf(stderr, "usage: %s HOOK DIRECTORY [ROUNDS [CASE] | reload TIMES]\n", argv[0]);
        return 2;
    }
    try {
        start();
        if (reloads)
            reload(argv[1], argv[2], number(argv[4]));
        else
            measure_all(argv[1], argv[2], argc > 3 ? number(argv[3]) : 2000, argc > 4 ? atoi(argv[4]) : -1);
        return 0;
    } catch (const std::exception &error) {
        fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
}
