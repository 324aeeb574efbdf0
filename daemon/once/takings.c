/* SPDX-License-Identifier: MPL-2.0 */
/* Marks that may be taken back: of an answer of which is not known whether it was sent. */
#include "once/inside.h"

#include <stdlib.h>

void takings_drop(struct taking **place)
{
    struct taking *taking = *place;

    *place = taking->next;
    taking->row->taking = NULL;
    free(taking->octets);
    free(taking);
}

void takings_drop_of_row(struct book *book, struct row *row)
{
    struct taking **place = &book->takings;

    if (!row->taking)
        return;
    while (*place != row->taking)
        place = &(*place)->next;
    takings_drop(place);
}

struct taking **takings_find(struct book *book, uint64_t asker, uint64_t sequence)
{
    struct taking **place = &book->takings;

    while (*place && ((*place)->asker != asker || (*place)->sequence != sequence))
        place = &(*place)->next;
    return *place ? place : NULL;
}

void takings_drop_of_asker(struct book *book, uint64_t asker)
{
    struct taking **place = &book->takings;

    while (*place)
        if ((*place)->asker == asker)
            takings_drop(place);
        else
            place = &(*place)->next;
}

void takings_add(struct book *book, struct asked *asked)
{
    struct taking *taking = malloc(sizeof(*taking));

    if (!taking)
        return;
    *taking = (struct taking){book->takings, asked->asker, asked->sequence, asked->row, asked->back, asked->back_size};
    asked->back = NULL;
    asked->row->taking = book->takings = taking;
}
