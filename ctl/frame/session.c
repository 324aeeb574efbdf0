/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/session.h"

#include "frame/fault.h"
#include "frame/identity.h"
#include "frame/person.h"

#include <errno.h>
#include <string.h>

/* A look at all pages takes a millisecond for two of these MiB: too long, for a large store, before one host is shown,
 * and nothing beside all that is read for a backup. */
#define CHECK_MOST ((size_t)16 << 20)

static struct netboot_store_options session_options(const struct session *session)
{
    bool thorough = session->thorough || session_has(session, "check");

    return (struct netboot_store_options){.size = sizeof(struct netboot_store_options),
                                          .check_most = thorough ? 0 : CHECK_MOST};
}

int session_open(struct session *session, struct netboot_error *error)
{
    struct netboot_store_options options = session_options(session);
    char by[NETBOOT_ONCE_BY_SIZE];

    who_name(by); /* who it is now */
    int code = identity_take(&session->directory, error);
    return code == 0 ? netboot_store_open(session->directory, &options, &session->store, error) : code;
}

int session_store(struct session *session)
{
    struct netboot_error error;

    if (session->store)
        return DONE;
    fault_explain();
    int status = session_open(session, &error);
    /* What the library advises a server is not for a person at a prompt. */
    const char *advice =
        status == -EACCES && !identity_note(status)[0] ? strstr(error.text, ": add this program's user") : NULL;
    if (advice)
        return failed("%.*s: run this as root, or as a member of the directory's group", (int)(advice - error.text),
                      error.text);
    return status == 0 ? DONE : failed("%s%s", error.text, identity_note(status));
}

int session_view(struct session *session)
{
    struct netboot_error error;
    int code = session_store(session);

    if (code != DONE || session->view)
        return code;
    return netboot_view_open(session->store, &session->view, &error) == 0 ? DONE : failed("%s", error.text);
}

void session_view_close(struct session *session)
{
    if (session->view)
        netboot_view_close(session->view);
    session->view = NULL;
}

void session_close(struct session *session)
{
    session_view_close(session);
    netboot_store_close(session->store);
    session->store = NULL;
}

int failed_by_option(const struct session *session, const struct netboot_error *error)
{
    size_t size = strcspn(error->text, ": ");
    bool is_option = size > 0 && option_find(session->arguments->rows, error->text, size);
    struct netboot_error shown = {.code = error->code};

    for (const struct option_row *row = session->arguments->rows; !is_option && row && row->name; row++)
        if (row->effect == EFFECT_LIST && strlen(row->key) == size && strncmp(row->key, error->text, size) == 0) {
            snprintf(shown.text, sizeof(shown.text), "--%s%.400s", row->name, error->text + size);
            return failed_with(&shown);
        }
    snprintf(shown.text, sizeof(shown.text), "%s%.*s", is_option ? "--" : "", (int)sizeof(shown.text) - 3, error->text);
    return failed_with(&shown);
}

bool session_has(const struct session *session, const char *option)
{
    return option_given(session->arguments, option);
}
