/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Going back to an earlier generation: each row that was changed since becomes what the first of those changes kept of
 * it.
 *
 *     generation   5        6          7 (present)
 *     kept                  a b        b c           -> 5 is: a and b as 6 kept them, c as 7 kept it
 */
#include "change/change.h"

#include "base/bytes.h"
#include "change/history.h"
#include "store/sweep.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* What becomes of a row. */
struct undo_step {
    struct image image;             /* as it will be */
    const struct undo_step *origin; /* the row where this row's host is now, if that is another one */
    bool moves;                     /* the host of this row moves to another row */
};

/* All images of the generations that are undone, the oldest generation first. */
struct undo {
    uint8_t *octets;
    size_t size;
    struct undo_step *steps; /* sorted, each once */
    size_t count;
};

/* ---- Gathering */

static int not_kept(struct netboot_change *change, uint64_t generation, uint64_t missing, struct netboot_error *error)
{
    MDB_val value;

    if (history_get(&change->view, HISTORY_ENTRY, missing, &value) == 0)
        return failure(error, -ENODATA,
                       "cannot revert to generation %" PRIu64 ": the change that made generation %" PRIu64
                       " was too large for the history; restore a backup",
                       generation, missing);
    return failure(error, -ENODATA,
                   "cannot revert to generation %" PRIu64 ": the history lacks the change that made generation %" PRIu64
                   "; restore a backup",
                   generation, missing);
}

static int gather_one(struct netboot_change *change, uint64_t generation, struct undo *undo)
{
    MDB_val value;

    if (history_get(&change->view, HISTORY_IMAGES, generation, &value) != 0)
        return -ENODATA;
    uint8_t *octets = realloc(undo->octets, undo->size + value.mv_size + 1);
    if (!octets)
        return -ENOMEM;
    memcpy(octets + undo->size, value.mv_data, value.mv_size);
    undo->octets = octets;
    undo->size += value.mv_size;
    return 0;
}

/* Sorts by row, and images of one row by their place in the octets: the one that was kept first comes first. */
static int compare_keys(const void *left, const void *right)
{
    const struct image *a = &((const struct undo_step *)left)->image, *b = &((const struct undo_step *)right)->image;

    if (a->table != b->table)
        return a->table < b->table ? -1 : 1;
    size_t size = a->key.size < b->key.size ? a->key.size : b->key.size;
    int order = memcmp(a->key.octets, b->key.octets, size);
    if (order == 0 && a->key.size != b->key.size)
        order = a->key.size < b->key.size ? -1 : 1;
    return order;
}

static int compare(const void *left, const void *right)
{
    const struct image *a = &((const struct undo_step *)left)->image, *b = &((const struct undo_step *)right)->image;
    int order = compare_keys(left, right);

    return order != 0 ? order : a->value.data < b->value.data ? -1 : 1;
}

static void keep_first(struct undo *undo)
{
    size_t count = 0;

    for (size_t i = 0; i < undo->count; i++)
        if (i == 0 || compare_keys(&undo->steps[count - 1], &undo->steps[i]) != 0)
            undo->steps[count++] = undo->steps[i];
    undo->count = count;
}

/* The images as a list; they point into the octets. */
static int list(struct undo *undo)
{
    struct netboot_bytes rest = {undo->octets, undo->size};
    struct image image;
    size_t count = 0;

    while (images_take(&rest, &image))
        count++;
    if (rest.size > 0)
        return -EBADMSG;
    undo->steps = calloc(count + 1, sizeof(*undo->steps));
    if (!undo->steps)
        return -ENOMEM;
    rest = (struct netboot_bytes){undo->octets, undo->size};
    while (images_take(&rest, &undo->steps[undo->count].image))
        undo->count++;
    qsort(undo->steps, undo->count, sizeof(*undo->steps), compare);
    keep_first(undo);
    return 0;
}

static int gather(struct netboot_change *change, uint64_t generation, uint64_t present, struct undo *ret,
                  struct netboot_error *error)
{
    int code = 0;

    for (uint64_t i = generation + 1; i <= present && code == 0; i++)
        if ((code = gather_one(change, i, ret)) == -ENODATA)
            return not_kept(change, generation, i, error);
    if (code == 0)
        code = list(ret);
    if (code == -EBADMSG)
        return failure(error, code, "the history of the store is damaged: restore a backup");
    return code == 0 ? 0 : failure(error, code, "out of memory for the records of that generation");
}

/* ---- What changes */

/* The row as it is now; it points into the store, and is valid until that changes. */
static int look(struct netboot_change *change, const struct store_key *key, unsigned table, struct image *ret,
                struct netboot_error *error)
{
    MDB_val value;
    int code = view_get(&change->view, table, key, &value);

    if (code != 0 && code != -ENOENT)
        return failure(error, code, "cannot read the store: %s", strerror(-code));
    *ret = (struct image){.table = table, .key = *key, .present = code == 0};
    if (code == 0)
        ret->value = value_bytes(value);
    return 0;
}

static bool same(const struct image *a, const struct image *b)
{
    return a->present == b->present && a->value.size == b->value.size &&
           (a->value.size == 0 || memcmp(a->value.data, b->value.data, a->value.size) == 0);
}

static bool is_record(const struct image *image)
{
    return image->present && row_kind(image->table, &image->key, image->value) >= 0;
}

/* The row that has the host of `id` now, and will have no host. */
static struct undo_step *find_moving(struct netboot_change *change, const struct undo *undo, const struct store_key *id)
{
    struct undo_step wanted = {.image.table = TABLE_HOST};
    MDB_val value;

    if (view_find_host(&change->view, id, &wanted.image.key, &value) != 0)
        return NULL;
    struct undo_step *row = bsearch(&wanted, undo->steps, undo->count, sizeof(*undo->steps), compare_keys);
    return row && !row->moves && !is_record(&row->image) ? row : NULL;
}

/* A host's row has the key of its first MAC, else its first identifier. If that changes, the host moves to another row:
 * it is the same host if it has an identifier or its name in common. */
static int find_origin(struct netboot_change *change, struct undo *undo, struct undo_step *row,
                       struct netboot_error *error)
{
    struct netboot_host host;
    struct image present;
    struct store_key id;
    struct undo_step *origin = NULL;
    int code;

    if (row->image.table != TABLE_HOST || !is_record(&row->image))
        return 0;
    if ((code = look(change, &row->image.key, TABLE_HOST, &present, error)) != 0 || is_record(&present) ||
        record_decode(&record_host, row->image.value, &host) != 0)
        return code;
    for (size_t i = 0; i < host.ids.count && !origin; i++) {
        struct netboot_bytes item = host.ids.items[i];
        if (key_of_item(&id, item))
            origin = find_moving(change, undo, &id);
    }
    if (!origin && host.name.size > 0 && key_of_id(&id, NETBOOT_ID_NAME, host.name.data, host.name.size))
        origin = find_moving(change, undo, &id);
    if (origin)
        origin->moves = true;
    row->origin = origin;
    return 0;
}

/* ---- Bringing back */

/* Decodes what a row holds; NULL where there is no record. */
static const struct netboot_record *decode(const struct image *image, struct netboot_record *record)
{
    int kind = image->present ? row_kind(image->table, &image->key, image->value) : -ENOENT;

    if (kind < 0)
        return NULL;
    record->kind = (enum netboot_record_kind)kind;
    return record_decode(record_kinds[kind].type, image->value, record->room) == 0 ? record : NULL;
}

struct reporting {
    void (*each)(const struct netboot_difference *, void *user);
    void *user;
};

static void report(const struct reporting *reporting, const struct image *before, const struct image *after)
{
    struct netboot_record old, new;
    const struct netboot_difference difference = {decode(before, &old), decode(after, &new)};

    if (reporting->each && (difference.before || difference.after))
        reporting->each(&difference, reporting->user);
}

static void count(struct netboot_change *change, const struct undo_step *row, const struct image *before)
{
    bool had = is_record(before), has = is_record(&row->image);

    if (row->image.table == TABLE_HOST) {
        change->hosts += has;
        change->hosts -= had;
        change->hosts_changed += (had || has) && !row->moves;
    } else {
        change->others_changed += had || has;
    }
}

/* Must run before the store is changed: it uses pointers into it. */
static int tell(struct netboot_change *change, const struct undo_step *row, const struct reporting *reporting,
                struct netboot_error *error)
{
    struct image before, origin;
    int code = look(change, &row->image.key, row->image.table, &before, error);

    if (code != 0 || same(&before, &row->image))
        return code;
    count(change, row, &before);
    if (row->origin && (code = look(change, &row->origin->image.key, TABLE_HOST, &origin, error)) != 0)
        return code;
    if (!row->moves)
        report(reporting, row->origin ? &origin : &before, &row->image);
    return 0;
}

/* A host that stays in its row stays the host that it is, unless it gets an identifier back: then it is a new host,
 * which nobody has armed, like a host that comes back itself. */
static int bring_back_host(struct netboot_change *change, const struct image *image, const struct image *present,
                           struct netboot_error *error)
{
    struct netboot_host host, now;
    bool stays = is_record(present) && record_decode(&record_host, present->value, &now) == 0;
    int code = record_decode(&record_host, image->value, &host);

    stays = stays && code == 0 && now.born == host.born; /* else it was made anew since */
    for (size_t i = 0; stays && i < host.ids.count; i++)
        stays = record_list_has(&now.ids, host.ids.items[i]);
    if (code == 0 && stays)
        host.born = now.born;
    else if (code == 0)
        code = change_born(change, &host.born, error);
    else /* a damaged record comes back as it was */
        return change_put_row(change, TABLE_HOST, &image->key, image->value.data, image->value.size, error);
    if (code != 0)
        return code;
    ssize_t size = record_encode(&record_host, &host, change->record, sizeof(change->record));
    if (size < 0)
        return failure(error, (int)size, "the record of a host is too large with its number");
    return change_put_row(change, TABLE_HOST, &image->key, change->record, (size_t)size, error);
}

static int bring_back(struct netboot_change *change, const struct image *image, struct netboot_error *error)
{
    struct image present;
    int code = look(change, &image->key, image->table, &present, error);

    if (code != 0 || same(&present, image))
        return code;
    if (image->table == TABLE_HOST && is_record(image))
        return bring_back_host(change, image, &present, error);
    change->ranges_stale |= image->table == TABLE_POLICY;
    return image->present
               ? change_put_row(change, image->table, &image->key, image->value.data, image->value.size, error)
               : change_delete_row(change, image->table, &image->key, error);
}

static int check(struct netboot_change *change, uint64_t generation, uint64_t *ret_present, struct netboot_error *error)
{
    int code = change_check(change, error);

    if (code != 0)
        return code;
    if (change->touched)
        return failure(error, -EINVAL, "a change that reverts to a generation cannot contain other changes");
    if ((code = view_meta(&change->view, "generation", ret_present)) != 0)
        return change_damaged_store(code, "generation", error);
    if (generation == 0)
        return failure(error, -EINVAL, "there is no generation 0: generation 1 is the empty store");
    if (generation >= *ret_present)
        return failure(error, -EINVAL,
                       "cannot revert to generation %" PRIu64 ": the store is at generation %" PRIu64
                       "; give an earlier one",
                       generation, *ret_present);
    return 0;
}

int netboot_change_revert(struct netboot_change *change, uint64_t generation,
                          void (*each)(const struct netboot_difference *, void *user), void *user,
                          struct netboot_error *error)
{
    const struct reporting reporting = {each, user};
    struct undo undo = {0};
    uint64_t present;
    int code = check(change, generation, &present, error);

    if (code != 0)
        return code;
    code = gather(change, generation, present, &undo, error);
    for (size_t i = 0; i < undo.count && code == 0; i++)
        code = find_origin(change, &undo, &undo.steps[i], error);
    for (size_t i = 0; i < undo.count && code == 0; i++)
        code = tell(change, &undo.steps[i], &reporting, error);
    for (size_t i = 0; i < undo.count && code == 0; i++)
        code = bring_back(change, &undo.steps[i].image, error);
    free(undo.steps);
    free(undo.octets);
    return code;
}
