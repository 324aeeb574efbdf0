/* SPDX-License-Identifier: MPL-2.0 */
#include "lint.h"

#include "commands.h"
#include "frame/pending.h"

#include <errno.h>
#include <string.h>

/* clang-format off */
static const struct option_row lint_options[] = {
    {.name = "root", .value = "DIR", .help = "the data root that TFTP and HTTP serve: check the files there",
     .completion = COMPLETE_DIRECTORY},
    {.name = "file-user", .value = "USER", .repeated = true,
     .help = "user that reads boot files (default: tftp and www-data)"},
    {.name = "server-user", .value = "USER", .repeated = true,
     .help = "user of a DHCP server, which reads the store (default: _kea and dhcpd, if they exist)"},
    {.name = "skip", .value = "CODE", .repeated = true, .help = "leave out findings with that code"},
    {.name = "codes", .help = "list the codes of all findings"},
    {.name = "json", .help = "as JSON"},
    {0},
};
/* clang-format on */

#define TROUBLE 2 /* as diff(1) has it: 1 says that something was found */

/* ---- Options ---------------------------------------------------------------------------------------------------- */

static int root_option(struct lint *lint, char root[ACCESS_PATH_SIZE])
{
    const char *given = option_value(lint->session->arguments, "root");
    struct stat status;

    if (!given)
        return DONE;
    size_t size = strlen(given);
    while (size > 1 && given[size - 1] == '/')
        size--;
    if (size == 0 || size >= ACCESS_PATH_SIZE - 2 * NETBOOT_FILE_SIZE)
        return misused("--root needs the data root, not `%.200s`", given);
    memcpy(root, given, size);
    root[size] = '\0';
    if (stat(root, &status) != 0)
        return failed("%s: %s: --root needs the data root that TFTP and HTTP serve", root, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return failed("%s is not a directory: --root needs the data root that TFTP and HTTP serve", root);
    lint->root = root;
    lint->root_size = size;
    return DONE;
}

/* Users named by the option must exist. Without the option the defaults count; those that do not exist only with
 * `strangers`, as users with the rights of others. */
static int accounts_option(const struct session *session, const char *option, const char *const *defaults,
                           bool strangers, struct account accounts[LINT_ACCOUNTS_MAX], unsigned *ret_count)
{
    unsigned index = 0, count = 0;
    const char *name;

    while ((name = option_next(session->arguments, option, &index))) {
        if (count == LINT_ACCOUNTS_MAX)
            return misused("--%s: give at most %d of them", option, LINT_ACCOUNTS_MAX);
        if (account_find(name, &accounts[count++]) != 0)
            return misused("--%s: there is no user `%.100s` on this computer", option, name);
    }
    bool given = count > 0;
    for (; !given && *defaults; defaults++)
        if (account_find(*defaults, &accounts[count]) == 0 || strangers)
            count++;
    *ret_count = count;
    return DONE;
}

static int skip_option(struct lint *lint)
{
    unsigned index = 0;
    const char *name;

    while ((name = option_next(lint->session->arguments, "skip", &index))) {
        unsigned code = 0;
        while (code < LINT_CODES && strcmp(name, lint_kinds[code].name) != 0)
            code++;
        if (code == LINT_CODES)
            return misused("--skip: there is no code `%.100s`: see netbootctl lint --codes", name);
        lint->skipped[code] = true;
    }
    return DONE;
}

static int options_read(struct lint *lint, char root[ACCESS_PATH_SIZE])
{
    static const char *const readers[] = {"tftp", "www-data", NULL};
    static const char *const servers[] = {"_kea", "dhcpd", NULL};
    int code = root_option(lint, root);

    if (code == DONE)
        code = accounts_option(lint->session, "file-user", readers, true, lint->readers, &lint->reader_count);
    if (code == DONE)
        code = accounts_option(lint->session, "server-user", servers, false, lint->servers, &lint->server_count);
    return code == DONE ? skip_option(lint) : code;
}

/* ---- The command ------------------------------------------------------------------------------------------------ */

static int codes_print(bool json)
{
    static const struct column columns[] = {
        {"CODE",     "code"    },
        {"SEVERITY", "severity"},
        {"FINDS",    "summary" },
        {NULL,       NULL      }
    };
    struct listing listing;
    int code = listing_begin(&listing, "codes", columns, json);

    for (unsigned i = 0; code == DONE && i < LINT_CODES; i++) {
        cJSON *row = cJSON_CreateObject();
        if (row && cJSON_AddStringToObject(row, "code", lint_kinds[i].name) &&
            cJSON_AddStringToObject(row, "severity", lint_severity_name(lint_kinds[i].severity)) &&
            cJSON_AddStringToObject(row, "summary", lint_kinds[i].summary))
            code = listing_row(&listing, row);
        else
            code = failed("out of memory");
    }
    return listing_end(&listing, code);
}

static int findings_tell(struct lint *lint)
{
    int code = lint->json ? listing_begin(&lint->listing, "findings", NULL, true) : DONE;

    if (code == DONE)
        code = lint_check_all(lint);
    return lint->json ? listing_end(&lint->listing, code) : code;
}

static void lint_free(struct lint *lint)
{
    struct tally *const tallies[] = {&lint->missing_targets, &lint->host_values, &lint->host_files,
                                     &lint->closed,          &lint->scripts,     &lint->unserved};

    for (size_t i = 0; i < sizeof(tallies) / sizeof(tallies[0]); i++)
        tally_free(tallies[i]);
    policy_free(&lint->policy);
}

static int lint_run(struct session *session)
{
    struct lint lint = {.session = session, .json = session_has(session, "json")};
    char root[ACCESS_PATH_SIZE];

    if (session_has(session, "codes"))
        return codes_print(lint.json) == DONE ? DONE : TROUBLE;
    int code = options_read(&lint, root);
    if (code == DONE)
        code = session_view(session);
    if (code == DONE)
        code = policy_load(session, &lint.policy);
    if (code == DONE)
        lint.any_armed = pending_count(session->view) > 0; /* mostly none is: then none is looked up */
    if (code == DONE)
        code = findings_tell(&lint);
    lint_free(&lint);
    return code != DONE ? TROUBLE : lint.found > 0 ? FAILED : DONE;
}

/* clang-format off */
const struct command lint_commands[] = {
    {.group = "lint", .run = lint_run, .thorough = true, .options = lint_options,
     .summary = "find mistakes before a machine does",
     .details =
         "Checks the store: sites without servers, boot files that machines cannot load, targets that a platform cannot\n"
         "boot, two hosts that are one machine, machines in the journal that would get no boot file, a store that\n"
         "servers cannot read. With --root it also checks the files below the data root that records and scripts name.\n"
         "Each finding is a line, with what to do and its code; docs/lint.md has a paragraph on each code. Exit status:\n"
         "0 no findings, 1 findings, 2 trouble.\n"
         "\n"
         "  netbootctl lint --root /srv/tftp\n"
         "\n"
         "With --json: a list of severity, code, record, key, file, path, problem, fix, count."},
    {0},
};
/* clang-format on */
