/* SPDX-License-Identifier: MPL-2.0 */
/* Kinds of damage: each changes the page at `page`, and tells whether it did. */
#ifndef PAGES_DAMAGE_H
#define PAGES_DAMAGE_H

#include "pages_world.h"

struct damage {
    const struct image *now, *before;
    uint8_t *page;
    size_t number;
    unsigned seed;
};

struct kind {
    const char *name;
    bool (*apply)(const struct damage *damage);
    unsigned times; /* with another seed each, for each page of a small store */
    unsigned step;  /* between two seeds */
    bool whole;     /* what is read is right, or it is refused: it does not fall on values alone */
};

enum { KINDS = 12 };
extern const struct kind kinds[KINDS];
/* The first kind tells whether the page is used at all. */
#define KIND_UNUSED (&kinds[0])

#endif
