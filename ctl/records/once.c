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

static void tell_one(FILE *file, const struct once *once, bool dry_run, const char *word)
{
    static const char *const did[][2] = {
        [ONCE_ARM] = {"armed",    "would arm"     },
        [ONCE_DISARM] = {"disarmed", "would disarm"  },
        [ONCE_REPORT] = {"done:",    "would be done:"},
    };
    const struct netboot_once_request *request = &once->request;
    uint64_t expires = request->expires > 0 ? request->expires : (uint64_t)time(NULL) + 86400;
    char until[TIME_TEXT_SIZE];

    fprintf(file, "%s host ", did[once->action][dry_run]);
    print_safe(file, word);
    if (once->action == ONCE_ARM && request->until_done)
        fprintf(file, ": %s until done, %u times at most, until %s", request->target,
                request->tries ? request->tries : 3, time_text(expires, until));
    else if (once->action == ONCE_ARM)
        fprintf(file, ": %s once, until %s", request->target, time_text(expires, until));
    fputc('\n', file);
}

static void tell(FILE *file, const struct once *once, bool dry_run, const struct selection *selection)
{
    char text[NETBOOT_ID_TEXT_SIZE];

    for (size_t i = 0; i < selection->count; i++)
        tell_one(file, once, dry_run, netboot_id_text(&selection->ids[i], text));
    if (selection->is_set)
        fprintf(file, "%zu hosts%s\n", selection->count, dry_run ? " (nothing was written: --dry-run)" : "");
}

/* Nothing is disarmed where nothing is armed. */
static size_t count_armed(struct netboot_view *view, const struct selection *selection)
{
    struct netboot_once once;
    size_t count = 0;

    for (size_t i = 0; i < selection->count; i++)
        count += netboot_view_once(view, &selection->ids[i], &once, NULL) != -ENOENT;
    return count;
}

int once_join(struct edit *edit, const struct once *once, const struct selection *selection)
{
    struct netboot_error error;
    struct once signed_by = *once;
    char by[NETBOOT_ONCE_BY_SIZE];

    if (once->action == ONCE_NOTHING)
        return DONE;
    if (once->action == ONCE_DISARM && count_armed(edit->view, selection) == 0) {
        if (!edit->any)
            fputs("unchanged: nothing was armed\n", edit->report);
        return DONE;
    }
    signed_by.request.by = who_name(by);
    if (once_change(edit->change, &signed_by, selection->ids, selection->count, &error) != 0)
        return failed_by_option(edit->session, &error);
    edit->armed = true;
    tell(edit->report, once, edit->dry_run, selection);
    return DONE;
}

/* ---- host done -------------------------------------------------------------------------------------------------- */

/* Checks that all can be reported done. If hosts are selected by label or target, only those that can be stay. */
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

static int report_done(struct session *session, const struct selection *selection)
{
    const struct once once = {.action = ONCE_REPORT};
    bool dry_run = session_has(session, "dry-run");
    struct netboot_error error;
    char by[NETBOOT_ONCE_BY_SIZE];

    if (!dry_run &&
        netboot_once_done(session->store, selection->ids, selection->count, who_name(by), DEADLINE_MS, &error) != 0)
        return failed_with(&error);
    tell(stdout, &once, dry_run, selection);
    return dry_run ? DONE : output_after_change();
}

int host_done(struct session *session)
{
    struct selection selection;
    int code = selection_read(session, SELECT_PRESENT, &selection);

    if (code != DONE)
        return code;
    code = keep_armed(session, &selection);
    session_view_close(session);
    if (code == DONE)
        code = selection_confirm(&selection);
    if (code == DONE)
        code = report_done(session, &selection);
    selection_free(&selection);
    return code;
}

void once_note_trouble(struct session *session)
{
    struct netboot_error error;
    int status = netboot_once_check(session->store, &error);

    if (status != 0)
        note("cannot tell which hosts are armed: %s", error.text);
}
