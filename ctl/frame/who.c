/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/who.h"

#include "frame/command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Most writers are done in milliseconds; an import is not. */
#define WAIT_SILENTLY_MS 1000
#define WAIT_MS 60000

static void add(char text[NETBOOT_HISTORY_WHAT_SIZE], const char *before, const char *word)
{
    size_t used = strlen(text);

    snprintf(text + used, NETBOOT_HISTORY_WHAT_SIZE - used, "%s%s%s", used ? " " : "", before, word ? word : "");
}

/* The command with its words and options, as it was typed, without quotes; cut to fit. Returns `text`. */
static const char *command_text(const struct session *session, char text[NETBOOT_HISTORY_WHAT_SIZE])
{
    enum { SHOWN = 5 };
    const struct arguments *arguments = session->arguments;
    char more[32];

    text[0] = '\0';
    add(text, "", session->command->group);
    if (session->command->verb)
        add(text, "", session->command->verb);
    for (unsigned i = 0; i < arguments->word_count && i < SHOWN; i++)
        add(text, "", arguments->words[i]);
    if (arguments->word_count > SHOWN) {
        snprintf(more, sizeof(more), "(and %u more)", arguments->word_count - SHOWN);
        add(text, "", more);
    }
    for (unsigned i = 0; i < arguments->given_count; i++) {
        const struct given *given = &arguments->given[i];
        if (strcmp(given->row->name, "directory") == 0)
            continue;
        add(text, "--", given->row->name);
        if (given->value)
            add(text, "", given->value);
    }
    return text;
}

int session_change(struct session *session, struct netboot_change **ret)
{
    char by[NETBOOT_ONCE_BY_SIZE], what[NETBOOT_HISTORY_WHAT_SIZE];
    struct netboot_error error;
    int code = session_store(session);

    if (code != DONE)
        return code;
    int status = netboot_change_open(session->store, WAIT_SILENTLY_MS, ret, &error);
    if (status == -ETIMEDOUT) {
        if (isatty(STDERR_FILENO))
            note("%s; waiting up to %d seconds", error.text, WAIT_MS / 1000);
        status = netboot_change_open(session->store, WAIT_MS, ret, &error);
    }
    if (status != 0)
        return failed("%s", error.text);
    netboot_change_describe(*ret, who_name(by), command_text(session, what));
    return DONE;
}
