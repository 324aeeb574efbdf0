/* SPDX-License-Identifier: MPL-2.0 */
#include "journal/known.h"

#include "store/view.h"

bool known_in_store(const struct store_key *id, void *user)
{
    struct netboot_store *store = user;
    struct db_reader *reader;
    struct store_key key;
    MDB_val value;

    if (db_read_begin(&store->place, &reader) != 0)
        return false;
    struct netboot_view view = view_of_reader(store, reader);
    bool ret = view_find_host(&view, id, &key, &value) == 0;
    db_read_end(reader);
    return ret;
}
