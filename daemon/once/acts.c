/* SPDX-License-Identifier: MPL-2.0 */
/* What people did: the last acts, in a ring, and as entries of the log. */
#include "base/bytes.h"
#include "once/inside.h"

enum { TIME = 0, KIND = 8, HOSTS = 9, TEXTS = 13 };

void acts_add(struct book *book, const struct book_act *act)
{
    book->acts[book->act_next] = *act;
    book->act_next = (book->act_next + 1) % BOOK_ACTS;
    if (book->act_count < BOOK_ACTS)
        book->act_count++;
}

static size_t put_text(uint8_t *octets, size_t at, const char *text)
{
    size_t size = strlen(text);

    octets[at] = (uint8_t)size;
    memcpy(octets + at + 1, text, size);
    return at + 1 + size;
}

void acts_write(const struct book_act *act, struct log_batch *batch)
{
    uint8_t octets[TEXTS + 2 + sizeof(act->target) + sizeof(act->by)];

    be_put64(octets + TIME, act->when);
    octets[KIND] = (uint8_t)act->kind;
    be_put32(octets + HOSTS, act->hosts);
    size_t size = put_text(octets, TEXTS, act->target);
    size = put_text(octets, size, act->by);
    log_add(batch, LOG_ACT, &act->key, (struct netboot_bytes){octets, size});
}

static bool take_text(struct netboot_bytes *rest, char *ret, size_t room)
{
    struct netboot_bytes text;

    if (!bytes_take_item(rest, 1, &text) || text.size >= room)
        return false;
    bytes_to_text(text, ret, room);
    return true;
}

bool acts_read(struct book *book, const struct store_key *key, struct netboot_bytes octets)
{
    struct book_act act = {.key = *key};

    if (octets.size < TEXTS)
        return false;
    act.when = be_get64(octets.data + TIME);
    act.kind = (enum book_act_kind)octets.data[KIND];
    act.hosts = be_get32(octets.data + HOSTS);
    octets = bytes_after(octets, TEXTS);
    if (act.kind < ACT_ARM || act.kind > ACT_DONE || !take_text(&octets, act.target, sizeof(act.target)) ||
        !take_text(&octets, act.by, sizeof(act.by)))
        return false;
    acts_add(book, &act);
    return true;
}

void book_each_act(const struct book *book, void (*each)(const struct book_act *act, void *user), void *user)
{
    for (size_t i = 0; i < book->act_count; i++)
        each(&book->acts[(book->act_next + BOOK_ACTS - book->act_count + i) % BOOK_ACTS], user);
}
