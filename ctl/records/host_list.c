/* SPDX-License-Identifier: MPL-2.0 */
/* host list: the hosts, and what each is armed to boot once. */
#include "host.h"
#include "list.h"
#include "once.h"
#include "select.h"
#include "json/show/boot_once.h"

#include <stdio.h>

static const struct column columns[] = {
    {"NAME",   "name"         },
    {"ID",     "mac|uuid|duid"},
    {"TARGET", "target"       },
    {"ONCE",   "once"         },
    {"LABELS", "labels"       },
    {"NOTE",   "note"         },
    {NULL,     NULL           },
};

static bool host_wanted(const struct session *session, const struct netboot_record *record)
{
    const struct selection selection = selection_of(session);

    return selection_wants(&selection, &record->host);
}

/* "armed install" in place of all details. */
static bool once_shorten(cJSON *host)
{
    const cJSON *once = cJSON_GetObjectItemCaseSensitive(host, "once");
    const char *state = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(once, "state"));
    const char *target = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(once, "target"));
    char text[NETBOOT_NAME_MAX + 64];

    if (!once)
        return true;
    snprintf(text, sizeof(text), "%s%s%s", state ? state : "?", target ? " " : "", target ? target : "");
    return cJSON_ReplaceItemInObjectCaseSensitive(host, "once", cJSON_CreateString(text));
}

/* As host show has it. A boot-once that cannot be read leaves the host in the list; NULL: out of memory. */
static cJSON *host_row(const struct session *session, const struct netboot_record *record)
{
    cJSON *ret = record_to_json(record);
    struct netboot_error error;
    struct netboot_id id;

    if (ret && netboot_host_id(&record->host, 0, &id) == 0)
        once_add(session->view, &id, ret, &error);
    if (!ret || session_has(session, "json") || once_shorten(ret))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

static int list_selected(struct session *session)
{
    struct selection selection;
    struct listing listing;
    struct netboot_record record;
    int code = selection_read(session, SELECT_PRESENT, &selection);

    if (code != DONE)
        return code;
    once_note_trouble(session);
    code = listing_begin(&listing, "such hosts", columns, session_has(session, "json"));
    for (size_t i = 0; code == DONE && i < selection.count; i++)
        if (host_get(session->view, &selection.ids[i], &record) == 0)
            code = listing_row(&listing, host_row(session, &record));
    selection_free(&selection);
    return listing_end(&listing, code);
}

int host_list(struct session *session)
{
    if (session_has(session, "from-file"))
        return list_selected(session);
    int code = session_view(session);
    if (code != DONE)
        return code;
    once_note_trouble(session);
    return list_command(session, NETBOOT_RECORD_HOST, selection_of(session).is_set ? "such hosts" : "hosts", columns,
                        (struct list_rows){host_wanted, host_row});
}
