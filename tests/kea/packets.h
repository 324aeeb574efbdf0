// SPDX-License-Identifier: MPL-2.0
//
// Kea's packets for the tests of the hook: a query with an option of each class that Kea has for those that hold facts,
// and replies with and without boot fields of their own.
#ifndef NETBOOT_TESTS_PACKETS_H
#define NETBOOT_TESTS_PACKETS_H

#include "kea_versions.h"

#include <dhcp/dhcp6.h>
#include <dhcp/pkt4.h>
#include <dhcp/pkt6.h>

#include <vector>

typedef std::vector<uint8_t> Octets;

struct RawOption {
    uint16_t code;
    Octets data;
};

extern const std::vector<RawOption> options4, options6;

Octets text(const char *value);

// With these options; from 192.0.2.77 through a relay at 198.51.100.1.
Octets request4(const std::vector<RawOption> &options = options4);
isc::dhcp::Pkt4Ptr query4(const Octets &octets);
// An ACK for 192.0.2.64 from 192.0.2.1; the other one has siaddr, sname, file, 60, 66 and 67.
isc::dhcp::Pkt4Ptr response4();
isc::dhcp::Pkt4Ptr own_response4();

Octets request6(const std::vector<RawOption> &options = options6);
// Around another message: link-address ::mark, peer-address fe80::mark, a link-layer address that ends with it.
Octets relayed6(const Octets &inner, uint8_t hops, uint8_t mark);
// From fe80::77.
isc::dhcp::Pkt6Ptr query6(const Octets &octets);
// A Reply with a prefix, an IA_NA that failed, and two that have 2001:db8::1:0 and 2001:db8::2:0.
isc::dhcp::Pkt6Ptr response6();

// What leaves the server. The packet stays as it is.
template <typename Packet> Octets packed(Packet &packet)
{
    packet.pack();
    const uint8_t *const data = netboot::data_of(packet.getBuffer());
    return Octets(data, data + packet.getBuffer().getLength());
}

#endif
