/* SPDX-License-Identifier: MPL-2.0 */
/* A store whose files are to be damaged: as they are now, and as they were some changes ago. */
#ifndef PAGES_WORLD_H
#define PAGES_WORLD_H

#include "store_test.h"

#define PAGE 4096

enum { FILES = 1 };
extern const char *const files[FILES];

struct image {
    uint8_t *octets;
    size_t size, pages;
};

struct world {
    struct fixture fixture;
    struct image now[FILES], before[FILES];
    unsigned hosts;
    uint64_t digests[FILES]; /* of all that can be read of each */
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

/* All that can be read of each file, as a number. */
void read_store(const struct world *world, struct netboot_store *store, uint64_t ret[FILES]);
/* Each kind of change; whether they can be made is no matter. */
void change_store(struct netboot_store *store, unsigned hosts, unsigned seed);

#endif
