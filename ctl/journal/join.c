/* SPDX-License-Identifier: MPL-2.0 */
#include "join.h"

#include <string.h>

int join_option(const struct session *session, enum join *ret)
{
    const char *text = option_value(session->arguments, "join-identifiers");

    if (text && strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
        return misused("--join-identifiers: give on or off, not `%s`", text);
    *ret = !text ? JOIN_NOT_SAID : strcmp(text, "on") == 0 ? JOIN_ON : JOIN_OFF;
    return DONE;
}

int join_view(struct session *session)
{
    struct netboot_error error;
    enum join join;
    int code = join_option(session, &join);

    if (code == DONE && join != JOIN_NOT_SAID && netboot_view_join(session->view, join == JOIN_ON, &error) < 0)
        code = failed("--join-identifiers: %s", error.text);
    return code;
}
