// SPDX-License-Identifier: MPL-2.0
#include "packets.h"

#include <dhcp/option6_ia.h>
#include <dhcp/option6_iaaddr.h>
#include <dhcp/option6_iaprefix.h>

#include <cstring>

using namespace isc::dhcp;
using isc::asiolink::IOAddress;

Octets text(const char *value)
{
    return Octets(value, value + strlen(value));
}

const Octets uuid = {0x44, 0x33, 0x22, 0x11, 0x66, 0x55, 0x88, 0x77, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 1};

Octets joined(Octets front, const Octets &back)
{
    front.insert(front.end(), back.begin(), back.end());
    return front;
}

const std::vector<RawOption> options4 = {
    {55, {1, 3, 60, 66, 67}                      },
    {60, text("PXEClient:Arch:00007:UNDI:003016")},
    {61, {1, 0x52, 0x54, 0, 0x77, 0, 2}          },
    {77, text("iPXE")                            },
    {93, {0, 16, 0, 7}                           },
    {97, joined({0},                               uuid)},
    {175,  {0xb1, 5, 1, 0x80, 0x86, 0x10, 0x0e}                                       },
};

const std::vector<RawOption> options6 = {
    {1,                              joined({0, 4},                       uuid)},
    {6,                              {0, 59, 0, 60, 0, 23}                                                                },
    {15,                              joined({0, 4},text("iPXE"))},
    {16,                 joined({0, 0, 1, 0x57, 0, 10},                                                     text("HTTPClient"))},
    {16,{0, 0, 0, 9, 0, 1, 'x'}},
    {61,                             {0, 16, 0, 7}                                                        },
};

void append(Octets &packet, const Octets &octets)
{
    packet.insert(packet.end(), octets.begin(), octets.end());
}

void append6(Octets &packet, const RawOption &option)
{
    append(packet, {static_cast<uint8_t>(option.code >> 8), static_cast<uint8_t>(option.code),
                    static_cast<uint8_t>(option.data.size() >> 8), static_cast<uint8_t>(option.data.size())});
    append(packet, option.data);
}

Octets request4(const std::vector<RawOption> &options)
{
    const uint8_t mac[] = {0x52, 0x54, 0, 0x77, 0, 2}, ciaddr[] = {192, 0, 2, 77}, giaddr[] = {198, 51, 100, 1};
    Octets packet(236);

    packet[0] = packet[1] = packet[3] = 1;
    packet[2] = sizeof(mac);
    std::copy(ciaddr, ciaddr + 4, packet.begin() + 12);
    std::copy(giaddr, giaddr + 4, packet.begin() + 24);
    std::copy(mac, mac + sizeof(mac), packet.begin() + 28);
    append(packet, {0x63, 0x82, 0x53, 0x63, 53, 1, DHCPREQUEST});
    for (const RawOption &option : options) {
        append(packet, {static_cast<uint8_t>(option.code), static_cast<uint8_t>(option.data.size())});
        append(packet, option.data);
    }
    packet.push_back(255);
    return packet;
}

Pkt4Ptr query4(const Octets &octets)
{
    const Pkt4Ptr packet(new Pkt4(octets.data(), octets.size()));
    packet->unpack();
    return packet;
}

Pkt4Ptr response4()
{
    const Pkt4Ptr packet(new Pkt4(DHCPACK, 0));
    packet->setYiaddr(IOAddress("192.0.2.64"));
    packet->setLocalAddr(IOAddress("192.0.2.1"));
    packet->addOption(OptionPtr(new Option(Option::V4, 51, OptionBuffer(4))));
    return packet;
}

// What the configuration may have put into a reply.
Pkt4Ptr own_response4()
{
    const Pkt4Ptr packet = response4();
    packet->setSiaddr(IOAddress("192.0.2.9"));
    packet->setFile(text("own.0").data(), 5);
    packet->setSname(text("own-name").data(), 8);
    for (uint8_t code : {60, 66, 67})
        packet->addOption(OptionPtr(new Option(Option::V4, code, text("own"))));
    return packet;
}

Octets request6(const std::vector<RawOption> &options)
{
    Octets packet = {DHCPV6_REQUEST, 0, 0, 1};

    for (const RawOption &option : options)
        append6(packet, option);
    return packet;
}

Octets relayed6(const Octets &inner, uint8_t hops, uint8_t mark)
{
    Octets packet = {DHCPV6_RELAY_FORW, hops};

    packet.resize(34);
    packet[17] = packet[33] = mark;
    packet[18] = 0xfe;
    packet[19] = 0x80;
    append6(packet, {
                        79, {0, 1, 0x52, 0x54, 0, 0x77, 0, mark}
    });
    append6(packet, {9, inner});
    return packet;
}

Pkt6Ptr query6(const Octets &octets)
{
    const Pkt6Ptr packet(new Pkt6(octets.data(), static_cast<uint32_t>(octets.size())));
    packet->setRemoteAddr(IOAddress("fe80::77"));
    packet->unpack();
    return packet;
}

OptionPtr ia_na(const char *address)
{
    const OptionPtr ia(new Option6IA(D6O_IA_NA, 1));
    if (address)
        ia->addOption(OptionPtr(new Option6IAAddr(D6O_IAADDR, IOAddress(address), 1, 2)));
    return ia;
}

Pkt6Ptr response6()
{
    const Pkt6Ptr packet(new Pkt6(DHCPV6_REPLY, 1));
    const OptionPtr prefixes(new Option6IA(D6O_IA_PD, 1));
    prefixes->addOption(OptionPtr(new Option6IAPrefix(D6O_IAPREFIX, IOAddress("2001:db8:9::"), 48, 1, 2)));
    packet->addOption(prefixes);
    packet->addOption(ia_na(nullptr));
    packet->addOption(ia_na("2001:db8::1:0"));
    packet->addOption(ia_na("2001:db8::2:0"));
    return packet;
}
