/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Ranges: all addresses of both families, each range under its last address.
 *
 * They are the prefixes of all sites, made flat: the first row at or after an address has the site of that address, the
 * one with the longest prefix that contains it. The row holds the site's record, so that no second search is needed.
 */
#include "change/change.h"

#include "base/address.h"

struct open_prefix {
    uint8_t last[NETBOOT_ADDRESS_SIZE];
    struct store_key site;
};

struct flattening {
    struct netboot_change *change;
    enum netboot_family family;
    size_t size;                        /* of its addresses */
    uint8_t next[NETBOOT_ADDRESS_SIZE]; /* the first address that has no row yet */
    bool full;                          /* there is none */
    unsigned depth;
    struct open_prefix open[8 * NETBOOT_ADDRESS_SIZE + 1]; /* those that contain `next`, the longest last */
};

static void add_one(uint8_t *address, size_t size, bool *ret_over)
{
    while (size-- > 0)
        if (++address[size] != 0)
            return;
    *ret_over = true;
}

static void subtract_one(uint8_t *address, size_t size)
{
    while (size-- > 0)
        if (address[size]-- != 0)
            return;
}

static int put_range(struct flattening *flat, const uint8_t *last, struct netboot_error *error)
{
    static const uint8_t none = NO_RECORD_MARK;
    struct netboot_site site;
    struct store_key name, key;
    MDB_val value;

    key_of_name(&name, ROW_SITE, NETBOOT_NAME_DEFAULT, strlen(NETBOOT_NAME_DEFAULT));
    if (flat->depth > 0)
        name = flat->open[flat->depth - 1].site;
    key_of_range(&key, flat->family, last);
    int code = view_get(&flat->change->view, TABLE_POLICY, &name, &value);
    if (code == -ENOENT && flat->depth == 0)
        return change_put_row(flat->change, TABLE_POLICY, &key, &none, 1, error);
    if (code == 0)
        code = record_decode(&record_site, value_bytes(value), &site);
    if (code != 0) {
        char what[NAME_SHOWN + 16];
        snprintf(what, sizeof(what), "site %.*s", (int)(name.size - 1), (const char *)name.octets + 1);
        return change_damaged(-EBADMSG, what, error);
    }
    site.prefixes.count = 0;
    return change_put_record(flat->change, &key, &record_site, &site, error);
}

/* Adds a row up to and with `last`: its site is that of the innermost open prefix, or `default`. */
static int fill_to(struct flattening *flat, const uint8_t *last, struct netboot_error *error)
{
    if (flat->full || memcmp(flat->next, last, flat->size) > 0)
        return 0;
    memcpy(flat->next, last, flat->size);
    add_one(flat->next, flat->size, &flat->full);
    return put_range(flat, last, error);
}

/* Closes the prefixes that end before `address` (NULL: all). */
static int close_prefixes(struct flattening *flat, const uint8_t *address, struct netboot_error *error)
{
    for (; flat->depth > 0; flat->depth--) {
        const struct open_prefix *open = &flat->open[flat->depth - 1];
        if (address && memcmp(open->last, address, flat->size) >= 0)
            break;
        int code = fill_to(flat, open->last, error);
        if (code != 0)
            return code;
    }
    return 0;
}

/* Prefixes come sorted by address and length: the open ones contain the next prefix, or end before it. */
static int add_prefix(struct flattening *flat, const struct store_key *row, const struct store_key *site,
                      struct netboot_error *error)
{
    uint8_t prefix[1 + NETBOOT_ADDRESS_SIZE], before[NETBOOT_ADDRESS_SIZE];
    int code;

    if (row->size != 3 + flat->size || flat->depth == sizeof(flat->open) / sizeof(flat->open[0]))
        return change_damaged_store(-EBADMSG, "list of prefixes", error);
    prefix[0] = row->octets[row->size - 1];
    memcpy(prefix + 1, row->octets + 2, flat->size);
    if ((code = close_prefixes(flat, prefix + 1, error)) != 0)
        return code;
    memcpy(before, prefix + 1, flat->size);
    subtract_one(before, flat->size);
    if (memcmp(flat->next, prefix + 1, flat->size) < 0 && (code = fill_to(flat, before, error)) != 0)
        return code;
    struct open_prefix *open = &flat->open[flat->depth++];
    open->site = *site;
    prefix_set_host_bits((struct netboot_bytes){prefix, 1 + flat->size}, prefix + 1, true);
    memcpy(open->last, prefix + 1, flat->size);
    return 0;
}

int change_next_row(struct netboot_change *change, struct store_key *key, size_t same, struct store_key *ret_name)
{
    MDB_val row = key_value(key), value;
    int rc = mdb_cursor_get(change->view.cursor, &row, &value, MDB_SET_RANGE);

    if (rc != 0)
        return db_code(rc);
    if (row.mv_size < same || memcmp(row.mv_data, key->octets, same) != 0)
        return -ENOENT;
    if (row.mv_size > KEY_SIZE)
        return -EBADMSG;
    key->size = row.mv_size;
    memcpy(key->octets, row.mv_data, row.mv_size);
    if (ret_name && !key_of_name(ret_name, ROW_SITE, value.mv_data, value.mv_size))
        return -EBADMSG;
    return 0;
}

static int drop_ranges(struct netboot_change *change, struct netboot_error *error)
{
    for (;;) {
        struct store_key key = {1, {ROW_RANGE}};
        int code = change_next_row(change, &key, 1, NULL);
        if (code == 0)
            code = change_delete_row(change, TABLE_POLICY, &key, error);
        if (code != 0)
            return code == -ENOENT ? 0 : code;
    }
}

static int build_ranges(struct netboot_change *change, enum netboot_family family, struct netboot_error *error)
{
    struct flattening flat = {.change = change, .family = family, .size = family == NETBOOT_V4 ? 4 : 16};
    struct store_key row =
                         {
                             2, {ROW_PREFIX, (uint8_t)family}
    },
                     site;
    uint8_t last[NETBOOT_ADDRESS_SIZE];
    int code;

    while ((code = change_next_row(change, &row, 2, &site)) == 0 && (code = add_prefix(&flat, &row, &site, error)) == 0)
        row.octets[row.size++] = 0; /* the next row is after this one */
    if (code != -ENOENT || (code = close_prefixes(&flat, NULL, error)) != 0)
        return code;
    memset(last, 0xff, sizeof(last));
    return fill_to(&flat, last, error);
}

int change_settle(struct netboot_change *change)
{
    struct netboot_error error = {0};
    int code;

    if (!change->ranges_stale)
        return 0;
    if ((code = drop_ranges(change, &error)) == 0 && (code = build_ranges(change, NETBOOT_V4, &error)) == 0)
        code = build_ranges(change, NETBOOT_V6, &error);
    if (code == 0)
        change->ranges_stale = false;
    else if (change->failed.code == 0)
        failure(&change->failed, code, "%s",
                error.code != 0 ? error.text
                                : "the prefixes of the sites are damaged: set the sites again, or restore a backup");
    return code;
}
