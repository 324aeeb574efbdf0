/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What dhcpd said: the places where clients can be, the hosts, and for each client that was asked about what it wants.
 *
 * A want is one text: the URL that the client would load, "tftp://SERVER/FILE" where dhcpd names both apart (without a
 * server where dhcpd names none), "" for nothing, "!NAME" for a name that such a client cannot load. Texts are kept
 * once: the same want is the same pointer.
 */
#ifndef NETBOOTCTL_MIGRATE_SCENE_H
#define NETBOOTCTL_MIGRATE_SCENE_H

#include "client.h"
#include "input.h"
#include "reply.h"
#include "texts.h"

#define ARCH_COUNT 42 /* codes of the registry */
#define NOBODY (-1)   /* instead of a host */

struct scene_place {
    unsigned family; /* index */
    const char *subnet, *share;
    const char *address;   /* that a client gets here */
    size_t row, row_count; /* of the clients without a host entry */
    /* For the fold: */
    const char *tftp; /* as in a URL; "" where there is none */
    const char *http; /* base URL with a slash at its end; NULL: none */
    const char *site; /* NULL: default */
    bool serves;      /* clients without a host entry are given something */
    bool leads;       /* of the places of its subnet, the one that the site is made of */
    struct reply own; /* what Kea's configuration says there of itself */
    bool makes;       /* a boot file that is another for each client: that is not in `own` */
};

struct machine {
    const char *name; /* NULL: only a subclass names its hardware address */
    unsigned family;
    bool has_mac;
    bool left_out; /* netboot cannot know it: that is told already */
    uint8_t mac[NETBOOT_MAC_SIZE];
    uint8_t id_size; /* client identifier or DUID */
    uint8_t id[CLIENT_ID_SIZE];
    const cJSON *declared;
    size_t row, row_count;
    struct machine *head, *next; /* declarations of one machine: the first, and the rest of them */
};

/* One way in which a client can say something else than usual, because an expression looks at it. */
struct variation {
    unsigned family;
    const cJSON *expression;
    bool hardware; /* it has `mac`; else it says `option` */
    uint8_t mac[NETBOOT_MAC_SIZE];
    struct client_option option;
    const char *text;  /* "option host-name is \"x\"" */
    const char *value; /* the last part of it, as a configuration has it */
};

struct row {
    const char *want;
    const char *told[MEANING_COUNT]; /* the rest of what it is told; NULL for the file */
    const struct reply *reply;       /* of a client that does not boot from the network; else NULL */
    uint32_t place;
    int32_t machine;   /* or NOBODY */
    int16_t variation; /* or -1 */
    bool refused;      /* dhcpd would not answer it */
    struct client_kind kind;
    uint8_t address[NETBOOT_ADDRESS_SIZE];
};

struct scene {
    const struct boot_input *input;
    struct netboot_error *error;
    struct arena memory;
    struct texts texts;
    cJSON *inventory[BOOT_FAMILIES];
    struct scene_place *places;
    size_t place_count;
    struct machine *machines;
    size_t machine_count;
    struct variation *variations;
    size_t variation_count;
    struct row *rows;
    size_t row_count, row_room;
    bool told[ARCH_COUNT + 1];  /* codes that the configurations tell apart; the last is for none at all */
    bool named[ARCH_COUNT + 1]; /* those and the usual ones: every machine is asked for with them */
    unsigned other;             /* one that they do not: it stands for all those */
    bool hardware_matters;      /* an expression looks at hardware addresses */
};

/* inventory.c: the inventories, places and machines. */
int scene_read(struct scene *scene);
/* The place that an address is in; NULL: none. */
const struct scene_place *place_find(const struct scene *scene, unsigned family, const char *address);
/* Asks what every kind of client without a host entry gets in every place. */
int scene_ask_places(struct scene *scene);
/* Asks for every machine, with the kinds of client that the configurations tell apart. After scene_ask_places(). */
int scene_ask_machines(struct scene *scene);
void scene_free(struct scene *scene);

/* What a client would say in that row. */
void row_sample(const struct scene *scene, const struct row *row, struct client_sample *ret);
/* The MAC of a client that nothing names. */
extern const uint8_t nobodys_mac[NETBOOT_MAC_SIZE];

/* Adds a row to be asked: NULL: out of memory. The pointer is good until the next one. */
struct row *scene_add(struct scene *scene, uint32_t place, int32_t machine, struct client_kind kind);
/* Asks dhcpd about the rows from `first` on, and fills them in. */
int scene_ask(struct scene *scene, size_t first);
/* Whether firmware of that architecture speaks the family. */
bool arch_speaks(unsigned arch, unsigned family);

/* want.c: what a reply or a decision of netboot's comes to for such a client. */
const char *want_of_fields(struct texts *texts, const struct boot_fields *fields, enum netboot_stage stage);
/* The same after iPXE has filled in what it says of its hardware address. */
const char *want_in_ipxe(struct texts *texts, const char *want, const uint8_t mac[NETBOOT_MAC_SIZE]);
/* Whether both are the same to a client at that stage. */
bool want_equal(enum netboot_stage stage, const char *want, const char *got);
/* Puts `with` wherever `what` is. Whether it is anywhere, and fits. */
bool text_replace(char *text, size_t size, const char *what, const char *with);
/* "52:54:00:12:34:56", or with hyphens. */
void mac_texts(const uint8_t mac[NETBOOT_MAC_SIZE], char colons[NETBOOT_ID_TEXT_SIZE],
               char hyphens[NETBOOT_ID_TEXT_SIZE]);
const char *want_of_decision(struct texts *texts, const struct netboot_decision *decision, enum netboot_family family,
                             enum netboot_stage stage);

#endif
