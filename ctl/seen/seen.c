/* SPDX-License-Identifier: MPL-2.0 */
/* The machines of the journal, and which of their identifiers belong together. */
#include "commands.h"
#include "frame/output.h"
#include "journal/journal.h"
#include "json/record/json.h"
#include "json/show/result.h"

#include <errno.h>
#include <string.h>

/* clang-format off */
static const struct option_row seen_options[] = {
    {.name = "unknown", .help = "only machines without a host in the store"},
    {.name = "join", .help = "instead of machines, identifiers that belong together, and the command that adds them"},
    {.name = "json", .help = "as JSON"},
    {0},
};
/* clang-format on */

static const struct column columns[] = {
    {"MACHINE",   "id"       },
    {"HOST",      "host"     },
    {"PLATFORM",  "platform" },
    {"STAGES",    "stages"   },
    {"TRANSPORT", "transport"},
    {"ADDRESSES", "addresses"},
    {"COUNT",     "count"    },
    {"FIRST",     "first"    },
    {"LAST",      "last"     },
    {"UUID",      "uuid"     },
    {NULL,        NULL       },
};

static const struct column join_columns[] = {
    {"MACHINE", "mac"      },
    {"HOST",    "host"     },
    {"UUID",    "uuid"     },
    {"LAST V4", "mac_last" },
    {"LAST V6", "uuid_last"},
    {"TO TAKE", "command"  },
    {NULL,      NULL       },
};

struct seen {
    struct session *session;
    struct listing listing;
    bool unknown;
    int code;
};

static int seen_machine(const struct netboot_journal_machine *machine, void *user)
{
    struct seen *seen = user;
    struct netboot_record record;
    char text[NETBOOT_RECORD_TEXT_SIZE];
    const char *host = "";
    int status = machine_host(seen->session->view, machine, &record);

    if (status != -ENOENT && seen->unknown)
        return 0;
    if (status == 0)
        host = strchr(netboot_record_text(&record, text), ' ') + 1;
    seen->code = listing_row(&seen->listing, machine_to_json(machine, host));
    return seen->code == DONE ? 0 : 1;
}

static cJSON *join_to_json(const struct netboot_journal_join *join, const char *host)
{
    char mac[NETBOOT_ID_TEXT_SIZE], uuid[NETBOOT_ID_TEXT_SIZE], mac_last[MS_TEXT_SIZE], uuid_last[MS_TEXT_SIZE];
    char command[2 * NETBOOT_ID_TEXT_SIZE];
    cJSON *ret = cJSON_CreateObject();

    netboot_id_text(&join->mac, mac);
    snprintf(command, sizeof(command), "netbootctl host set --from-seen %s", mac);
    if (ret && result_add_text(ret, "mac", mac) && result_add_text(ret, "host", host) &&
        result_add_text(ret, "uuid", netboot_id_text(&join->uuid, uuid)) &&
        result_add_text(ret, "mac_last", ms_text(join->mac_last, mac_last)) &&
        result_add_text(ret, "uuid_last", ms_text(join->uuid_last, uuid_last)) &&
        result_add_text(ret, "command", command))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

/* Proposes to join identifiers, unless a host has them already. */
static int seen_join(const struct netboot_journal_join *join, void *user)
{
    struct seen *seen = user;
    char text[NETBOOT_RECORD_TEXT_SIZE];
    const char *host = "";
    struct netboot_record record;

    if (host_get(seen->session->view, &join->uuid, &record) != -ENOENT)
        return 0;
    if (host_get(seen->session->view, &join->mac, &record) == 0)
        host = strchr(netboot_record_text(&record, text), ' ') + 1;
    seen->code = listing_row(&seen->listing, join_to_json(join, host));
    return seen->code == DONE ? 0 : 1;
}

static int seen_run(struct session *session)
{
    struct seen seen = {.session = session, .unknown = session_has(session, "unknown")};
    bool join = session_has(session, "join");
    struct netboot_error error;
    int code = DONE, status;

    if (join && seen.unknown)
        return misused("--join and --unknown exclude each other: give one of them");
    if ((code = session_view(session)) == DONE)
        code = listing_begin(&seen.listing,
                             join           ? "identifiers to be joined"
                             : seen.unknown ? "unknown machines"
                                            : "machines",
                             join ? join_columns : columns, session_has(session, "json"));
    if (code != DONE)
        return code;
    if (join)
        status = netboot_journal_joins(session->store, seen_join, &seen, &error);
    else
        status = netboot_journal_machines(session->store, NULL, 0, seen_machine, &seen, &error);
    if (status < 0)
        seen.code = failed_with(&error);
    return listing_end(&seen.listing, seen.code);
}

/* clang-format off */
const struct command seen_commands[] = {
    {.group = "seen", .run = seen_run, .options = seen_options, .summary = "list the machines that the journal has seen",
     .details =
         "A machine is listed by its MAC, without one by its UUID, else by its DUID. HOST is its host in the store now.\n"
         "With --join: clients that send only a UUID over DHCPv6, and the one machine that has sent this UUID with its\n"
         "MAC over DHCPv4; host set --from-seen adds both to one host.\n"
         "\n"
         "  netbootctl seen --unknown\n"
         "  netbootctl host set 52:54:00:12:34:56 --from-seen --name web1 --target debian\n"
         "\n"
         "With --json: id, host, mac, uuid, duid, shared (identifiers that other machines have sent, too), platform,\n"
         "arch, stages, transport (of its firmware), addresses, first, last, count (steps), outcome and target (of the\n"
         "last one); with --join: mac, host, uuid, mac_last, uuid_last, command."},
    {0},
};
/* clang-format on */
