/* SPDX-License-Identifier: MPL-2.0 */
/* A store whose file is to be damaged: as it is now, and as it was some changes ago. */
#ifndef PAGES_WORLD_H
#define PAGES_WORLD_H

#include "store_test.h"

#define PAGE 4096

#define FILE_NAME "targets/data.mdb"

struct image {
    uint8_t *octets;
    size_t size, pages;
};

struct world {
    struct fixture fixture;
    struct image now, before;
    unsigned hosts;
    uint64_t digest; /* of all that can be read */
    struct report *report;
};

/* What the child says, in memory that both see. */
struct report {
    unsigned next; /* the case that it works at */
    unsigned refused, same, other;
    size_t unused; /* a page that was filled with zeros, and nobody noticed */
    char trouble[1024];
};

void write_image(const char *path, const uint8_t *octets, size_t size);

/* With so many hosts, `each` of them in a change. */
void make_world(struct world *world, unsigned hosts, unsigned each);
void free_world(struct world *world);

/* All that can be read, as a number. */
uint64_t read_store(const struct world *world, struct netboot_store *store);
/* Each kind of change; whether they can be made is no matter. */
void change_store(struct netboot_store *store, unsigned hosts, unsigned seed);

#endif
