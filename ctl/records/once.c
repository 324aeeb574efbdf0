/* SPDX-License-Identifier: MPL-2.0 */
#include "once.h"

#include "frame/output.h"
#include "frame/who.h"
#include "host.h"
#include "json/record/json.h"
#include "json/text/when.h"

#include <errno.h>
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

static int apply(struct session *session, const struct once *once, const struct selection *selection)
{
    struct netboot_error error = {0};
    struct once signed_by = *once;
    char by[NETBOOT_ONCE_BY_SIZE];

    signed_by.request.by = who_name(by);
    if (once_apply(session->store, &signed_by, selection->ids, selection->count, DEADLINE_MS, &error) != 0)
        return failed_with(&error);
    return DONE;
}

int once_carry_out(struct session *session, const struct once *once, const struct selection *selection)
{
    bool dry_run = session_has(session, "dry-run");
    char text[NETBOOT_ID_TEXT_SIZE];
    int code = DONE;

    if (once->action == ONCE_NOTHING)
        return DONE;
    if (!dry_run)
        code = apply(session, once, selection);
    for (size_t i = 0; i < selection->count && code == DONE; i++)
        tell(session, once, netboot_id_text(&selection->ids[i], text));
    if (code == DONE && selection->is_set)
        printf("%zu hosts%s\n", selection->count, dry_run ? " (nothing was written: --dry-run)" : "");
    return code == DONE && !dry_run ? output_after_change() : code;
}

/* ---- host done -------------------------------------------------------------------------------------------------- */

/* Whether all can be reported done. Of hosts that go by label or target, those stay that can be. */
static int keep_armed(struct session *session, struct selection *selection)
{
    char text[NETBOOT_ID_TEXT_SIZE];
    struct netboot_once once;
    size_t kept = 0;

    for (size_t i = 0; i < selection->count; i++) {
        const struct netboot_id *id = &selection->ids[i];
        int status = netboot_view_once(session->view, id, &once, NULL);
        if (status == -ENOENT && selection->by_property)
            continue;
        if (status == -ENOENT)
            return failed("host %s has nothing armed that could be reported done", netboot_id_text(id, text));
        selection->ids[kept++] = *id;
    }
    selection->count = kept;
    return kept > 0 ? DONE : failed("none of those hosts has anything armed that could be reported done");
}

int host_done(struct session *session)
{
    const struct once once = {.action = ONCE_REPORT};
    struct selection selection;
    int code = selection_read(session, SELECT_PRESENT, &selection);

    if (code != DONE)
        return code;
    code = keep_armed(session, &selection);
    session_view_close(session);
    if (code == DONE)
        code = selection_confirm(&selection);
    if (code == DONE)
        code = once_carry_out(session, &once, &selection);
    selection_free(&selection);
    return code;
}

void once_note_trouble(struct session *session)
{
    struct netboot_error error;
    int status = netboot_once_check(session->store, &error);

    if (status != 0 && status != -ENOENT)
        note("cannot tell which hosts are armed: %s", error.text);
}
