/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What netbootd knows of the armings, for people. The first hosts of a view are asked for one by one; whoever goes on
 * asking gets them all at once, and finds the rest there.
 */
#include "once/once.h"

#include "base/failure.h"

#include <stddef.h>
#include <stdlib.h>

#define ASKED_ONE_BY_ONE 4

/* A boot-once without the room behind its boot file, which it ends with. */
struct row {
    struct control_host host;
    uint32_t hash_next; /* one more than the number of the next row of that hash; 0: none */
    struct netboot_once *once;
};

struct once_list {
    unsigned asked;
    int code; /* why netbootd cannot be asked */
    struct netboot_error trouble;
    bool loaded;
    struct row *rows;
    size_t count, room;
    uint32_t *heads; /* of a hash: one more than the number of its first row */
    size_t head_count;
};

static void list_free(struct once_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        free(list->rows[i].once);
    free(list->rows);
    free(list->heads);
    free(list);
}

static struct once_list *list_of(struct netboot_view *view)
{
    if (!view->once)
        view->once = calloc(1, sizeof(*view->once));
    view->once_end = list_free;
    return view->once;
}

/* ---- Loading */

static int add(const struct control_row *row, struct once_list *list)
{
    size_t size = offsetof(struct netboot_once, boot_file) + strlen(row->once.boot_file) + 1;

    if (list->count == list->room) {
        size_t room = list->room > 0 ? 2 * list->room : 64;
        struct row *rows = realloc(list->rows, room * sizeof(*rows));
        if (!rows)
            return -ENOMEM;
        list->rows = rows;
        list->room = room;
    }
    struct netboot_once *once = malloc(size);
    if (!once)
        return -ENOMEM;
    memcpy(once, &row->once, size);
    list->rows[list->count++] = (struct row){.host = row->host, .once = once};
    return 0;
}

static int add_rows(const void *message, void *user)
{
    const struct control_rows *rows = message;
    int code = rows->head.kind == CONTROL_ROWS ? 0 : -EPROTO;

    for (uint32_t i = 0; i < rows->head.count && code == 0; i++)
        code = add(&rows->rows[i], user);
    return code;
}

static int make_index(struct once_list *list)
{
    list->head_count = list->count + 1;
    if (!(list->heads = calloc(list->head_count, sizeof(*list->heads))))
        return -ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        uint32_t *head = &list->heads[armed_hash(&list->rows[i].host.key) % list->head_count];
        list->rows[i].hash_next = *head;
        *head = (uint32_t)(i + 1);
    }
    return 0;
}

static int note_trouble(struct once_list *list, int code, struct netboot_error *error)
{
    list->code = code;
    if (error)
        *error = list->trouble;
    return code;
}

static int load(struct netboot_view *view, struct once_list *list, struct netboot_error *error)
{
    if (list->loaded)
        return 0;
    if (list->code != 0)
        return note_trouble(list, list->code, error);
    int control = control_open(view->store->directory, &list->trouble), code = control < 0 ? control : 0;
    if (code == 0)
        code = control_list(control, CONTROL_LIST, add_rows, list, &list->trouble);
    control_close(control);
    if (code == 0)
        code = make_index(list);
    if (code != 0 && list->trouble.code != code)
        failure(&list->trouble, code, "what is armed cannot be listed: %s", strerror(-code));
    list->loaded = code == 0;
    return code == 0 ? 0 : note_trouble(list, code, error);
}

/* ---- Looking */

static void copy(const struct netboot_once *from, struct netboot_once *ret)
{
    size_t size = offsetof(struct netboot_once, boot_file) + strlen(from->boot_file) + 1;

    memset(ret, 0, sizeof(*ret));
    memcpy(ret, from, size);
}

static int find(const struct once_list *list, const struct control_host *host, struct netboot_once *ret)
{
    for (uint32_t i = list->heads[armed_hash(&host->key) % list->head_count]; i > 0; i = list->rows[i - 1].hash_next)
        if (control_same_host(&list->rows[i - 1].host, host)) {
            copy(list->rows[i - 1].once, ret);
            return 0;
        }
    return -ENOENT;
}

static int get_one(struct netboot_view *view, struct once_list *list, const struct control_host *host,
                   struct netboot_once *ret, struct netboot_error *error)
{
    struct netboot_error reason = {0};
    int control = control_open(view->store->directory, &reason);
    int code = control < 0 ? control : control_get(control, host, ret, &reason);

    control_close(control);
    if (code != 0 && code != -ENOENT) {
        list->trouble = reason;
        return note_trouble(list, code, error);
    }
    if (code != 0 && error)
        *error = reason;
    return code;
}

int once_get(struct netboot_view *view, const struct control_host *host, struct netboot_once *ret,
             struct netboot_error *error)
{
    struct once_list *list = list_of(view);

    if (!list)
        return failure_no_memory(error);
    if (list->code != 0)
        return note_trouble(list, list->code, error);
    if (!list->loaded && list->asked < ASKED_ONE_BY_ONE) {
        list->asked++;
        return get_one(view, list, host, ret, error);
    }
    int code = load(view, list, error);
    return code == 0 ? find(list, host, ret) : code;
}

int once_each(struct netboot_view *view,
              int (*each)(const struct control_host *host, const struct netboot_once *once, void *user), void *user,
              struct netboot_error *error)
{
    struct once_list *list = list_of(view);
    struct netboot_once once;
    int code = list ? load(view, list, error) : failure_no_memory(error);

    for (size_t i = 0; code == 0 && i < list->count; i++) {
        copy(list->rows[i].once, &once);
        code = each(&list->rows[i].host, &once, user);
    }
    return code;
}
