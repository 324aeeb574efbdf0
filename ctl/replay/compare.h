/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What netboot would answer to a captured question, compared with the captured answer: the same, better for a named
 * reason, or different.
 */
#ifndef NETBOOTCTL_COMPARE_H
#define NETBOOTCTL_COMPARE_H

#include "exchange.h"
#include "netboot-store.h"

/* The boot fields of the captured answers are the old server's, and the new one has none of its own. Else it has them
 * too, and a setting of enum netboot_existing_boot_file. */
#define EXISTING_GONE (-1)

/* The store's loaders by the last part of their names. */
#define LOADERS_MAX 64
struct loaders {
    unsigned count;
    struct {
        uint16_t platform;
        char name[256];
    } items[LOADERS_MAX];
};

/* 0, or -EBADMSG. */
int loaders_read(struct netboot_view *view, struct loaders *ret, struct netboot_error *error);

struct evaluation {
    struct netboot_query query;
    struct netboot_client client;
    struct netboot_decision decision;
    struct netboot_answer answer; /* points into `decision` */
    bool has_captured;
    struct boot_fields captured, ours; /* ours: the reply as it would go out */
};

/* 0, or -EBADMSG: a record of the store is damaged. */
int evaluate(struct netboot_view *view, const struct loaders *loaders, const struct exchange *exchange, int existing,
             struct evaluation *ret, struct netboot_error *error);

/* A way in which an answer is better than the old one. */
struct improvement {
    const char *name; /* "no-second-loader" */
    const char *text;
};

enum verdict { VERDICT_SAME, VERDICT_BETTER, VERDICT_DIFFERENT, VERDICT_COUNT };
const char *verdict_name(enum verdict verdict);

struct difference {
    enum meaning meaning;
    const struct improvement *because; /* NULL: it is only different */
    char captured[FIELD_TEXT_SIZE], ours[FIELD_TEXT_SIZE];
};

struct comparison {
    enum verdict verdict;
    unsigned count;
    struct difference differences[MEANING_COUNT];
};

void compare(const struct evaluation *evaluation, const struct loaders *loaders, struct comparison *ret);

/* Improvement number `index`, from 0; NULL past the last. */
const struct improvement *improvement_get(unsigned index);

#endif
