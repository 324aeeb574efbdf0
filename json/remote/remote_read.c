/* SPDX-License-Identifier: MPL-2.0 */
/* Commands that look: netboot-host-get, netboot-host-get-page, netboot-status. */
#include "json/remote/remote_commands.h"

#include "common/base/failure.h"
#include "json/record/arguments.h"
#include "json/show/host_json.h"
#include "json/show/status.h"

#include <errno.h>
#include <string.h>

/* ---- netboot-host-get */

static int get(struct netboot_view *view, const struct remote *remote, const cJSON *arguments, cJSON **ret,
               struct netboot_error *told)
{
    static const char *const known[] = {"id", NULL};
    struct netboot_id id;
    int status = arguments_check("netboot-host-get", arguments, known, told);

    (void)remote;
    if (status == 0)
        status = argument_id(arguments, "id", &id, told);
    if (status != 0)
        return status;
    status = host_to_json(view, &id, ret, told);
    if (status == 0)
        failure(told, 0, "Host found.");
    return status == -ENOENT ? -ENODATA : status;
}

int remote_host_get(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told)
{
    return remote_with_view(get, remote, arguments, ret, told);
}

/* ---- netboot-host-get-page */

struct page {
    unsigned long limit, count;
    bool more;
    cJSON *hosts;
    struct netboot_record_key last; /* the next page begins after it, even if it is deleted meanwhile */
};

static int page_add(const struct netboot_record *record, void *user)
{
    struct page *page = user;

    page->more = page->count == page->limit;
    if (page->more)
        return 1;
    cJSON *object = record_to_json(record);
    if (!object || !cJSON_AddItemToArray(page->hosts, object)) {
        cJSON_Delete(object);
        return -ENOMEM;
    }
    netboot_record_key_of(record, &page->last);
    page->count++;
    return 0;
}

static int page_read(const cJSON *arguments, struct page *page, bool *ret_from_start, struct netboot_id *ret_from,
                     struct netboot_error *told)
{
    static const char *const known[] = {"from", "limit", NULL};
    const char *from;
    int status = arguments_check("netboot-host-get-page", arguments, known, told);

    if (status == 0)
        status = argument_no_text(arguments, "limit", told);
    if (status == 0)
        status = argument_number(arguments, "limit", 1, REMOTE_PAGE_MAX, &page->limit, told);
    if (status == 0 && page->limit == 0)
        return failure(told, -EINVAL, "`limit` is missing: give the number of hosts per page, 1 to %d",
                       REMOTE_PAGE_MAX);
    if (status == 0)
        status = argument_text(arguments, "from", &from, told);
    if (status != 0)
        return status;
    *ret_from_start = !from || strcmp(from, "start") == 0;
    return *ret_from_start ? 0 : argument_id(arguments, "from", ret_from, told);
}

static cJSON *page_answer(struct page *page)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    cJSON *answer = cJSON_CreateObject(), *next;

    bool done = answer && cJSON_AddNumberToObject(answer, "count", (double)page->count) &&
                cJSON_AddItemToObject(answer, "hosts", page->hosts);
    if (done)
        page->hosts = NULL;
    if (done && page->more)
        done = (next = cJSON_AddObjectToObject(answer, "next")) &&
               cJSON_AddStringToObject(next, "from", netboot_id_text(&page->last.id, text));
    if (done)
        return answer;
    cJSON_Delete(answer);
    return NULL;
}

static int page(struct netboot_view *view, const struct remote *remote, const cJSON *arguments, cJSON **ret,
                struct netboot_error *told)
{
    struct page page = {.limit = 0};
    struct netboot_record_key from = {.kind = NETBOOT_RECORD_HOST};
    char text[NETBOOT_ID_TEXT_SIZE];
    bool from_start;
    int status = page_read(arguments, &page, &from_start, &from.id, told);

    (void)remote;
    if (status != 0)
        return status;
    if (!(page.hosts = cJSON_CreateArray()))
        return failure_no_memory(told);
    status = netboot_view_each(view, NETBOOT_RECORD_HOST, from_start ? NULL : &from, page_add, &page, NULL);
    if (status == -ENOENT)
        status = failure(told, -ENODATA, "from: there is no host %s", netboot_id_text(&from.id, text));
    else if (status == -ENOMEM)
        failure_no_memory(told);
    else if (status < 0)
        failure(told, status,
                "a record is damaged, after the first %lu hosts of this page: run netbootctl host list, which names it",
                page.count);
    else if (!(*ret = page_answer(&page)))
        status = failure_no_memory(told);
    else
        status = failure(told, page.count ? 0 : -ENODATA, "%lu host(s) found.", page.count);
    cJSON_Delete(page.hosts);
    return status;
}

int remote_host_page(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told)
{
    return remote_with_view(page, remote, arguments, ret, told);
}

/* ---- netboot-status */

static int status_of_view(struct netboot_view *view, const struct remote *remote, const cJSON *arguments, cJSON **ret,
                          struct netboot_error *told)
{
    (void)arguments;
    return status_to_json(view, remote->directory, ret, told);
}

/* Adds what the server knows beside its store. That the store is unusable is an answer, too: the one that people look
 * for. */
static bool add_server(const struct remote *remote, const char *problem, cJSON *object)
{
    return cJSON_AddStringToObject(object, "state", problem ? "unusable" : "usable") &&
           (!problem || cJSON_AddStringToObject(object, "problem", problem)) &&
           cJSON_AddNumberToObject(object, "errors", (double)remote->store_errors) &&
           cJSON_AddBoolToObject(object, "allow_changes", remote->allow_changes) &&
           cJSON_AddStringToObject(object, "version", NETBOOT_VERSION);
}

static bool add_journal(const struct remote *remote, cJSON *object)
{
    struct netboot_journal_state state;
    struct netboot_error reason;
    cJSON *journal = cJSON_AddObjectToObject(object, "journal");

    if (!journal || !cJSON_AddNumberToObject(journal, "written", (double)netboot_journal_written(remote->store)) ||
        !cJSON_AddNumberToObject(journal, "dropped", (double)netboot_journal_dropped(remote->store)))
        return false;
    if (netboot_journal_status(remote->store, &state, &reason) != 0)
        return cJSON_AddStringToObject(journal, "problem", reason.text);
    return cJSON_AddNumberToObject(journal, "entries", (double)state.entries) &&
           cJSON_AddNumberToObject(journal, "machines", (double)state.machines) &&
           cJSON_AddNumberToObject(journal, "size", (double)state.size) &&
           cJSON_AddNumberToObject(journal, "limit", (double)state.limit);
}

int remote_status(const struct remote *remote, const cJSON *arguments, cJSON **ret, struct netboot_error *told)
{
    static const char *const none[] = {NULL};
    struct netboot_error reason;
    cJSON *object = NULL;
    int status = arguments_check("netboot-status", arguments, none, told);

    if (status != 0)
        return status;
    bool usable = remote_with_view(status_of_view, remote, arguments, &object, &reason) == 0;
    if (!usable && (object = cJSON_CreateObject()) && !cJSON_AddStringToObject(object, "store", remote->directory)) {
        cJSON_Delete(object);
        object = NULL;
    }
    if (!object || !add_server(remote, usable ? NULL : reason.text, object) ||
        (remote->journal && remote->store && !add_journal(remote, object))) {
        cJSON_Delete(object);
        return failure_no_memory(told);
    }
    *ret = object;
    return failure(told, 0, usable ? "The targets store is in use." : "The targets store cannot be used.");
}
