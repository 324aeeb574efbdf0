/* SPDX-License-Identifier: MPL-2.0 */
/* The clients that an old configuration is tried with, as the options of their packets. Nothing here prints. */
#ifndef NETBOOTCTL_MIGRATE_CLIENT_H
#define NETBOOTCTL_MIGRATE_CLIENT_H

#include "netboot-store.h"

#define CLIENT_OPTIONS_SIZE 1024
#define CLIENT_ID_SIZE 256

enum client_manner {
    MANNER_USUAL,    /* as firmware of that stage and iPXE do it today */
    MANNER_ITEMS,    /* iPXE: user class as items of RFC 3004 */
    MANNER_NO_CLASS, /* iPXE: option 175, no user class */
    MANNER_NO_175,   /* iPXE: user class, no option 175 */
    MANNER_COUNT,
    MANNER_BOOTP = MANNER_COUNT /* of announced cases alone: a client that speaks BOOTP */
};

struct client_kind {
    uint16_t arch; /* NETBOOT_ARCH_NONE: names none */
    enum netboot_stage stage;
    enum client_manner manner;
};

struct client_option {
    uint16_t code;
    uint16_t size; /* of `data`; none: the option is left out */
    const uint8_t *data;
};

/* One that asks. */
struct client_sample {
    enum netboot_family family;
    struct client_kind kind;
    uint8_t mac[NETBOOT_MAC_SIZE];
    uint8_t id_size; /* DHCPv4: of the client identifier, 0: none; DHCPv6: of the DUID, 0: one made of the MAC */
    uint8_t id[CLIENT_ID_SIZE];
    struct client_option instead; /* what it says otherwise; code 0: nothing */
};

/* The family of an index. */
enum netboot_family client_family(unsigned family);
/* The options as a packet holds them. Their size. */
size_t client_options(const struct client_sample *sample, uint8_t ret[CLIENT_OPTIONS_SIZE]);
/* The same packet as netboot sees it. The query points into `options`. */
void client_query(const struct client_sample *sample, const uint8_t *options, size_t size,
                  const uint8_t address[NETBOOT_ADDRESS_SIZE], struct netboot_query *ret);
/* "x64-uefi PXE (architecture 9)" and the like, for people. */
#define CLIENT_TEXT_SIZE 128
const char *client_kind_text(const struct client_kind *kind, char text[CLIENT_TEXT_SIZE]);

#endif
