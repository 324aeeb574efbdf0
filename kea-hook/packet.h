// SPDX-License-Identifier: MPL-2.0
//
// Between Kea's packets and libnetboot's structures: bytes in, edits out.
#ifndef NETBOOT_KEA_PACKET_H
#define NETBOOT_KEA_PACKET_H

#include "kea_versions.h"

#include <netboot.h>

#include <dhcp/pkt4.h>
#include <dhcp/pkt6.h>

namespace netboot
{

// Room for the options of a query that Kea does not keep as octets: enough for packets of 1500 octets. An option that
// does not fit is skipped.
struct OptionBytes {
    uint8_t data[2048];
    size_t size = 0;
    isc::util::OutputBuffer scratch{0}; // allocates only when it is used
};

// Fills a query from the client's packet and from the server's reply to it. It points into `bytes` and into `query`.
void read_packets(const isc::dhcp::Pkt4 &query, const isc::dhcp::Pkt4 &response, OptionBytes &bytes,
                  netboot_query &ret);
void read_packets(const isc::dhcp::Pkt6 &query, const isc::dhcp::Pkt6 &response, OptionBytes &bytes,
                  netboot_query &ret);

// Carries out the edits. If it throws, the reply is as it was.
void edit_reply(const struct netboot_answer &answer, isc::dhcp::Pkt4 &response);
void edit_reply(const struct netboot_answer &answer, isc::dhcp::Pkt6 &response);

} // namespace netboot

#endif
