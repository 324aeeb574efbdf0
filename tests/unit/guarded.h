/* SPDX-License-Identifier: MPL-2.0 */
/* Octets that end right before a page that cannot be read: one octet too far is a crash, in any build. */
#ifndef GUARDED_H
#define GUARDED_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guarded {
    uint8_t *pages;
    size_t page;
};

static inline struct guarded guarded_new(void)
{
    struct guarded guarded = {.page = (size_t)sysconf(_SC_PAGESIZE)};

    guarded.pages = mmap(NULL, 2 * guarded.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (guarded.pages == MAP_FAILED || mprotect(guarded.pages + guarded.page, guarded.page, PROT_NONE) != 0)
        abort();
    return guarded;
}

/* A copy of `size` octets (at most a page) that ends at the inaccessible page. */
static inline uint8_t *guarded_copy(struct guarded *guarded, const void *data, size_t size)
{
    uint8_t *copy = guarded->pages + guarded->page - size;

    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

static inline void guarded_free(struct guarded *guarded)
{
    munmap(guarded->pages, 2 * guarded->page);
}

/* One for all tests of a program, which cmocka_run_group_tests() has made and freed by these. */
static struct guarded guarded_page;

static inline int guarded_setup(void **state)
{
    (void)state;
    guarded_page = guarded_new();
    return 0;
}

static inline int guarded_teardown(void **state)
{
    (void)state;
    guarded_free(&guarded_page);
    return 0;
}

#endif
