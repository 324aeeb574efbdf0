/* SPDX-License-Identifier: MPL-2.0 */
/* Option codes, message types and constants of DHCPv4 and DHCPv6 that network boot uses. */
#ifndef NETBOOT_OPTIONS_H
#define NETBOOT_OPTIONS_H

enum { /* DHCPv4: RFC 2132, RFC 3004 (77), RFC 4578 (93, 97), iPXE (175) */
       DHCP4_PAD = 0,
       DHCP4_OVERLOAD = 52,
       DHCP4_MESSAGE_TYPE = 53,
       DHCP4_PARAMETER_REQUEST_LIST = 55,
       DHCP4_VENDOR_CLASS = 60,
       DHCP4_CLIENT_IDENTIFIER = 61,
       DHCP4_TFTP_SERVER_NAME = 66,
       DHCP4_BOOT_FILE_NAME = 67,
       DHCP4_USER_CLASS = 77,
       DHCP4_CLIENT_ARCH = 93,
       DHCP4_CLIENT_MACHINE_IDENTIFIER = 97,
       DHCP4_IPXE_ENCAPSULATED = 175,
       DHCP4_END = 255
};

enum { /* DHCPv6: RFC 8415 / RFC 9915, RFC 5970 (59 to 61), RFC 6939 (79) */
       DHCP6_CLIENT_IDENTIFIER = 1,
       DHCP6_IA_NA = 3,
       DHCP6_IAADDR = 5,
       DHCP6_OPTION_REQUEST = 6,
       DHCP6_RELAY_MESSAGE = 9,
       DHCP6_USER_CLASS = 15,
       DHCP6_VENDOR_CLASS = 16,
       DHCP6_BOOT_FILE_URL = 59,
       DHCP6_BOOT_FILE_PARAMETERS = 60,
       DHCP6_CLIENT_ARCH = 61,
       DHCP6_CLIENT_LINK_LAYER_ADDRESS = 79
};

enum { DHCP4_SERVER_PORT = 67, DHCP4_CLIENT_PORT = 68, DHCP6_CLIENT_PORT = 546, DHCP6_SERVER_PORT = 547 };

enum { BOOTREQUEST = 1, BOOTREPLY = 2 }; /* op */

enum { BOOTP = 0, DHCPDISCOVER = 1, DHCPOFFER = 2, DHCPREQUEST = 3, DHCPACK = 5, DHCPNAK = 6, DHCPINFORM = 8 };

enum {
    SOLICIT = 1,
    ADVERTISE = 2,
    REQUEST = 3,
    CONFIRM = 4,
    RENEW = 5,
    REBIND = 6,
    REPLY = 7,
    RELEASE = 8,
    DECLINE = 9,
    RECONFIGURE = 10,
    INFORMATION_REQUEST = 11,
    RELAY_FORWARD = 12,
    RELAY_REPLY = 13
};

enum { HARDWARE_ETHERNET = 1, HARDWARE_IEEE802 = 6 };

enum { DUID_LLT = 1, DUID_LL = 3, DUID_UUID = 4 };

#define ENTERPRISE_INTEL 343 /* Intel defined PXEClient and HTTPClient; every vendor is expected to send it */

#define FILE_FIELD_MAX 127 /* octets of `file` in the DHCPv4 header without its NUL (RFC 2131, section 2) */

#endif
