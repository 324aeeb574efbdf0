/* SPDX-License-Identifier: MPL-2.0 */
#include "list.h"

#include "edit/damaged.h"

#include <errno.h>
#include <string.h>

struct list {
    struct session *session;
    struct listing listing;
    struct list_rows rows;
    int code;
};

static int record_list(const struct netboot_record *record, void *user)
{
    struct list *list = user;

    if (list->rows.wanted && !list->rows.wanted(list->session, record))
        return 0;
    list->code =
        listing_row(&list->listing, list->rows.row ? list->rows.row(list->session, record) : record_to_json(record));
    return list->code == DONE ? 0 : 1;
}

int list_command(struct session *session, enum netboot_record_kind kind, const char *what, const struct column *columns,
                 struct list_rows rows)
{
    struct list list = {.session = session, .rows = rows};
    int code = session_view(session);

    if (code == DONE)
        code = listing_begin(&list.listing, what, columns, session_has(session, "json"));
    if (code != DONE)
        return code;
    int status = netboot_view_each(session->view, kind, NULL, record_list, &list, NULL);
    if (status < 0 && status != -EBADMSG)
        list.code = failed("cannot read the %s: %s", what, strerror(-status));
    code = listing_end(&list.listing, list.code);
    return code == DONE && status == -EBADMSG ? damaged_tell(session->view) : code;
}
