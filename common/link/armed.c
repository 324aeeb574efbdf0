/* SPDX-License-Identifier: MPL-2.0 */
#include "link/armed.h"

#include "link/slots.h"

#include <errno.h>
#include <unistd.h>

/* The words of an entry: the token, then the target as a text that ends with NUL. */
enum { WORD_TARGET = ARMED_TOKEN_SIZE / 8, WORDS = WORD_TARGET + (NETBOOT_NAME_MAX + 1) / 8 };

static const struct slots_type type = {
    .name = "netboot-armed",
    .what = "armed hosts",
    .magic = UINT64_C(0x6e6574626f6f7431), /* "netboot1" */
    .slots = ARMED_SLOTS,
    .words = WORDS,
};
_Static_assert(WORDS <= SLOTS_WORDS_MOST, "an entry fits");

uint64_t armed_hash(const struct store_key *key)
{
    return slots_hash(key);
}

/* ---- The writer */

int armed_create(struct armed_set *ret, struct netboot_error *error)
{
    struct armed_set set = {.fd = -1};
    int code = slots_create(&type, &set.slots, &set.fd, error);

    if (code == 0)
        *ret = set;
    return code;
}

int armed_put(struct armed_set *set, uint64_t host, const struct armed_entry *entry)
{
    uint64_t words[WORDS] = {0};

    if (!netboot_name_valid(entry->target))
        return -EINVAL;
    memcpy(words, entry->token, ARMED_TOKEN_SIZE);
    memcpy(&words[WORD_TARGET], entry->target, strlen(entry->target));
    return slots_put(&type, set->slots, &set->count, host, words);
}

bool armed_remove(struct armed_set *set, uint64_t host)
{
    return slots_remove(&type, set->slots, &set->count, host);
}

/* ---- A server */

int armed_open(int fd, struct armed_set *ret, struct netboot_error *error)
{
    struct armed_set set = {.fd = -1};
    int code = slots_open(&type, fd, &set.slots, error);

    if (code == 0)
        *ret = set;
    return code;
}

bool armed_find(const struct armed_set *set, uint64_t host, struct armed_entry *ret)
{
    uint64_t words[WORDS];
    const char *target = (const char *)&words[WORD_TARGET];

    if (!slots_find(&type, set->slots, host, words) || !memchr(target, '\0', NETBOOT_NAME_MAX + 1) ||
        !netboot_name_valid(target))
        return false;
    memcpy(ret->token, words, ARMED_TOKEN_SIZE);
    strcpy(ret->target, target);
    return true;
}

void armed_close(struct armed_set *set)
{
    slots_close(&type, set->slots);
    if (set->fd >= 0)
        close(set->fd);
    *set = (struct armed_set){.fd = -1};
}
