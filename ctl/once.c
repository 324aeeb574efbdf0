/* SPDX-License-Identifier: MPL-2.0 */
#include "once.h"

#include "command.h"
#include "output.h"
#include "table.h"
#include "text.h"
#include "who.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEADLINE_MS 10000

static void tell(const struct session *session, const struct once *once, const char *word)
{
    static const char *const did[][2] = {
        [ONCE_ARM] = {"armed",    "would arm"     },
        [ONCE_DISARM] = {"disarmed", "would disarm"  },
        [ONCE_REPORT] = {"done:",    "would be done:"},
    };
    const struct netboot_once_request *request = &once->request;
    uint64_t expires = request->expires > 0 ? request->expires : (uint64_t)time(NULL) + 86400;
    char until[TIME_TEXT_SIZE];

    printf("%s host ", did[once->action][session_has(session, "dry-run")]);
    print_safe(stdout, word);
    if (once->action == ONCE_ARM && request->until_done)
        printf(": %s until done, %u times at most, until %s", request->target, request->tries ? request->tries : 3,
               time_text(expires, until));
    else if (once->action == ONCE_ARM)
        printf(": %s once, until %s", request->target, time_text(expires, until));
    putchar('\n');
}

static int apply(struct session *session, const struct once *once, const struct netboot_id *ids, unsigned count)
{
    struct netboot_error error = {0};
    struct once signed_by = *once;
    char by[NETBOOT_ONCE_BY_SIZE];

    signed_by.request.by = who_name(by);
    return once_apply(session->store, &signed_by, ids, count, DEADLINE_MS, &error) == 0 ? DONE : failed_with(&error);
}

int once_carry_out(struct session *session, const struct once *once)
{
    const struct arguments *arguments = session->arguments;
    struct netboot_error error;
    int code = DONE;

    if (once->action == ONCE_NOTHING)
        return DONE;
    struct netboot_id *ids = calloc(arguments->word_count, sizeof(*ids));
    if (!ids)
        return failed("out of memory");
    for (unsigned i = 0; i < arguments->word_count && code == DONE; i++) {
        struct key key;
        if (key_parse(TABLE_HOST, arguments->words[i], &key, &error) != 0)
            code = misused("%s", error.text);
        else
            ids[i] = key.id;
    }
    if (code == DONE && !session_has(session, "dry-run"))
        code = apply(session, once, ids, arguments->word_count);
    for (unsigned i = 0; i < arguments->word_count && code == DONE; i++)
        tell(session, once, arguments->words[i]);
    free(ids);
    return code;
}

int host_done(struct session *session)
{
    const struct once once = {.action = ONCE_REPORT};
    int code = session_store(session);

    return code == DONE ? once_carry_out(session, &once) : code;
}
