/* SPDX-License-Identifier: MPL-2.0 */
/* How the journal is: netbootd knows it, and answers members of the group as well, who may not read the files. Without
 * netbootd the files tell it. */
#include "journal/journal.h"

#include "base/failure.h"
#include "link/control.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>

#define DEADLINE_MS 200 /* a DHCP server may wait for it, too */

/* ---- netbootd */

static void take_figures(const struct control_figures *figures, struct netboot_journal_state *ret)
{
    *ret = (struct netboot_journal_state){
        .identity = figures->identity,
        .newest = figures->newest,
        .entries = figures->entries,
        .machines = figures->machines,
        .size = figures->size,
        .limit = figures->limit,
        .dropped = figures->dropped,
    };
}

static int ask_netbootd(const char *directory, struct netboot_journal_state *ret, struct netboot_error *error)
{
    struct control_figures figures;
    int control = control_open(directory, error);

    if (control < 0)
        return control;
    int code = control_figures(control, &figures, DEADLINE_MS, error);
    control_close(control);
    if (code == 0)
        take_figures(&figures, ret);
    if (code == 0 && figures.trouble != 0)
        return failure(error, -EIO,
                       "netbootd cannot write the journal in %s: %s; %" PRIu64 " records were dropped so far",
                       directory, strerror(-figures.trouble), figures.dropped);
    return code;
}

/* ---- The files */

int journal_read_state(struct netboot_store *store, struct netboot_journal_state *ret, struct netboot_error *error)
{
    struct journal *journal = store->journal;
    int code = journal_begin(journal, error);

    if (code != 0)
        return code;
    *ret = (struct netboot_journal_state){.newest = 0};
    for (unsigned i = 0; i < JOURNAL_FILES; i++)
        journal_file_add_state(&journal->files[i], i, &journal->index, ret);
    bool damaged = journal->damaged[JOURNAL_KNOWN] || journal->damaged[JOURNAL_STRANGERS];
    journal_end(journal);
    return !damaged ? 0
                    : failure(error, -EBADMSG,
                              "a file of the journal in %s is damaged: netbootd makes it anew when it starts",
                              store->directory);
}

/* ---- Both */

/* A server never reads the files: that takes a while. */
int netboot_journal_status(struct netboot_store *store, struct netboot_journal_state *ret, struct netboot_error *error)
{
    struct netboot_journal_state state;
    struct netboot_error reason = {0};

    if (db_place_in_child(&store->place))
        return failure(error, -ECHILD, "the journal cannot be used after fork: open the store anew");
    int code = ask_netbootd(store->directory, &state, &reason);
    bool answered = code == 0 || code == -EIO;
    if (!answered && !store->follow)
        code = journal_read_state(store, &state, error);
    else if (code != 0)
        failure(error, code, "%s", reason.text);
    if (code == 0)
        *ret = state;
    return code;
}
