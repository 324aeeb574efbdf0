/* SPDX-License-Identifier: MPL-2.0 */
#include "json/show/status.h"

#include "commands.h"
#include "frame/output.h"
#include "json/show/boot_once.h"
#include "json/text/when.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* clang-format off */
static const struct option_row status_options[] = {
    {.name = "json", .help = "as JSON"},
    {.name = "check", .help = "check all pages for damage"},
    {.name = "expect", .value = "NAME", .help = "a DHCP server that has to be there, or several with commas",
     .repeated = true, .completion = COMPLETE_WORDS, .words = "kea-dhcp4 kea-dhcp6 dhcpd"},
    {0},
};
/* clang-format on */

/* "36864 octets (36 KiB)" in place of the bare number. */
static bool size_for_people(cJSON *object, const char *key)
{
    static const char *const units[] = {"octets", "KiB", "MiB", "GiB", "TiB"};
    double octets = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, key)), shown = octets;
    size_t unit = 0;
    char text[64];

    while (shown >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        shown /= 1024;
        unit++;
    }
    snprintf(text, sizeof(text), "%.0f octets (%.1f %s)", octets, shown, units[unit]);
    return cJSON_ReplaceItemInObjectCaseSensitive(object, key, cJSON_CreateString(text));
}

/* ---- netbootd, and the DHCP servers that are connected to it */

struct servers {
    cJSON *list;
    bool json;
};

static cJSON *server_to_json(const struct netboot_server *server, bool json)
{
    char text[NETBOOT_ONCE_BY_SIZE + 64], since[TIME_TEXT_SIZE];

    if (!json) {
        if (server->generation > 0)
            snprintf(text, sizeof(text), "%s (%d), generation %" PRIu64, server->name, server->pid, server->generation);
        else
            snprintf(text, sizeof(text), "%s (%d), without a store", server->name, server->pid);
        return cJSON_CreateString(text);
    }
    cJSON *ret = cJSON_CreateObject();
    if (cJSON_AddStringToObject(ret, "name", server->name) && cJSON_AddNumberToObject(ret, "pid", server->pid) &&
        cJSON_AddNumberToObject(ret, "generation", (double)server->generation) &&
        cJSON_AddStringToObject(ret, "since", time_text(server->since, since)))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

static int server_add(const struct netboot_server *server, void *user)
{
    const struct servers *servers = user;

    return cJSON_AddItemToArray(servers->list, server_to_json(server, servers->json)) ? 0 : -ENOMEM;
}

static bool netbootd_add(struct session *session, cJSON *object, bool json)
{
    struct servers servers = {cJSON_CreateArray(), json};
    struct netboot_error error;
    int status = servers.list ? netboot_servers(session->store, server_add, &servers, &error) : -ENOMEM;

    if (status == 0)
        return cJSON_AddStringToObject(object, "netbootd", "runs") &&
               cJSON_AddItemToObject(object, "servers", servers.list);
    cJSON_Delete(servers.list);
    return status != -ENOMEM && cJSON_AddStringToObject(object, "netbootd", error.text);
}

struct search {
    const char *name;
    size_t size;
    bool found;
};

static int server_is(const struct netboot_server *server, void *user)
{
    struct search *search = user;

    search->found |= strlen(server->name) == search->size && memcmp(server->name, search->name, search->size) == 0;
    return 0;
}

/* Whether each server that was expected is connected. */
static int expected_check(struct session *session)
{
    struct netboot_error error;
    int code = DONE;

    for (unsigned i = 0; i < session->arguments->given_count; i++) {
        const struct given *given = &session->arguments->given[i];
        if (strcmp(given->row->name, "expect") != 0)
            continue;
        for (const char *name = given->value; *name; name += strspn(name, ",")) {
            struct search search = {.name = name, .size = strcspn(name, ",")};
            if (netboot_servers(session->store, server_is, &search, &error) != 0)
                return failed_with(&error);
            if (!search.found)
                code = failed("%.*s is not connected: see whether it runs, and its log", (int)search.size, name);
            name += search.size;
        }
    }
    return code;
}

/* What DHCP servers wrote to the journal, and what was lost; nothing if no server ever kept one. */
static bool journal_add(struct session *session, cJSON *object, bool json)
{
    struct netboot_journal_state state;
    struct netboot_error error;
    char text[128];
    int status = netboot_journal_status(session->store, &state, &error);

    if (status != 0)
        return status == -ENOENT || cJSON_AddStringToObject(object, "journal_trouble", error.text);
    snprintf(text, sizeof(text), "%" PRIu64 " steps of %" PRIu64 " machines, %" PRIu64 " dropped", state.entries,
             state.machines, state.dropped);
    if (!json)
        return cJSON_AddStringToObject(object, "journal", text);
    cJSON *journal = cJSON_AddObjectToObject(object, "journal");
    return journal && cJSON_AddNumberToObject(journal, "entries", (double)state.entries) &&
           cJSON_AddNumberToObject(journal, "machines", (double)state.machines) &&
           cJSON_AddNumberToObject(journal, "dropped", (double)state.dropped) &&
           cJSON_AddNumberToObject(journal, "size", (double)state.size) &&
           cJSON_AddNumberToObject(journal, "limit", (double)state.limit);
}

/* The name of a process, which may have ended meanwhile. */
static const char *program_name(int pid, char name[32])
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/%d/comm", pid);
    FILE *file = fopen(path, "re");
    bool known = file && fgets(name, 32, file);
    if (file)
        fclose(file);
    if (!known)
        return "?";
    name[strcspn(name, "\n")] = '\0';
    return name;
}

static cJSON *user_to_json(int pid, bool json)
{
    char name[32], text[64];
    const char *program = program_name(pid, name);

    if (!json) {
        snprintf(text, sizeof(text), "%s (%d)", program, pid);
        return cJSON_CreateString(text);
    }
    cJSON *ret = cJSON_CreateObject();
    if (cJSON_AddStringToObject(ret, "program", program) && cJSON_AddNumberToObject(ret, "pid", pid))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

struct store_users {
    cJSON *list;
    bool json;
};

static int user_add(int pid, void *user)
{
    const struct store_users *users = user;
    bool dead = kill(pid, 0) != 0 && errno == ESRCH;

    return pid == getpid() || dead || cJSON_AddItemToArray(users->list, user_to_json(pid, users->json)) ? 0 : -ENOMEM;
}

/* The other programs that have the store open: a DHCP server that is not among them does not read it. */
static bool users_add(struct session *session, cJSON *object, bool json)
{
    struct store_users users = {cJSON_AddArrayToObject(object, "used_by"), json};

    return users.list && netboot_view_readers(session->view, user_add, &users, NULL) == 0;
}

/* The reader that keeps pages from being used again, because it shows an old state. */
static bool oldest_reader_add(struct session *session, cJSON *object, bool json)
{
    struct netboot_status status;
    char name[32], text[96];

    if (netboot_view_status(session->view, &status, NULL) != 0 || status.oldest_behind == 0 ||
        (kill(status.oldest_pid, 0) != 0 && errno == ESRCH))
        return true;
    if (!json) {
        snprintf(text, sizeof(text), "%s (%d), %" PRIu64 " change%s behind", program_name(status.oldest_pid, name),
                 status.oldest_pid, status.oldest_behind, status.oldest_behind == 1 ? "" : "s");
        return cJSON_AddStringToObject(object, "oldest_reader", text);
    }
    cJSON *reader = user_to_json(status.oldest_pid, true);
    return cJSON_AddItemToObject(object, "oldest_reader", reader) &&
           cJSON_AddNumberToObject(reader, "behind", (double)status.oldest_behind);
}

static int status_run(struct session *session)
{
    struct netboot_error error;
    cJSON *object = NULL;
    int code = session_view(session);

    if (code != DONE)
        return code;
    if (status_to_json(session->view, session->directory, &object, &error) != 0)
        return failed_with(&error);
    if (once_counts_add(session->view, object, &error) != 0) {
        cJSON_Delete(object);
        return failed_with(&error);
    }
    bool json = session_has(session, "json"), check = session_has(session, "check");
    if (!users_add(session, object, json) || !oldest_reader_add(session, object, json) ||
        !netbootd_add(session, object, json) || !journal_add(session, object, json) ||
        (check && !cJSON_AddBoolToObject(object, "checked", true))) {
        cJSON_Delete(object);
        return failed("out of memory");
    }
    if (!json && !(size_for_people(object, "size") && size_for_people(object, "map_size"))) {
        cJSON_Delete(object);
        return failed("out of memory");
    }
    bool trouble = cJSON_HasObjectItem(object, "journal_trouble");
    code = show_object(object, json);
    if (code == DONE)
        code = expected_check(session);
    return code == DONE && check && trouble ? FAILED : code;
}

/* clang-format off */
const struct command status_commands[] = {
    {.group = "status", .run = status_run, .options = status_options, .summary = "show the state of the store",
     .details =
         "store: its directory; format: of its records; generation: its number, which each change increases by one;\n"
         "changed: time of the last change; hosts, sites, targets, loaders: their numbers; size: octets in use; map_size:\n"
         "octets mapped, which grow as needed; readers: reader slots in use, by all DHCP servers and tools; once: how many\n"
         "hosts are armed, in progress, used, never done; used_by: the other programs that have the store open;\n"
         "oldest_reader: the program that looks at a state that was changed since, as a backup that waits: the file grows\n"
         "meanwhile; netbootd: whether it runs; servers: the DHCP servers that are connected to it, each with the\n"
         "generation that it answers from; journal: its steps and machines, and how many records were dropped, or\n"
         "journal_trouble.\n"
         "\n"
         "With --check, all pages are checked, as DHCP servers do before they use them; checked says so. Exit status: 1 if\n"
         "anything is damaged, or a server that --expect names is not connected. Other commands check all pages, too, except\n"
         "for files of more than 16 MiB of which the command reads little."},
    {0},
};
/* clang-format on */
