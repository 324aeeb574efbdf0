/* SPDX-License-Identifier: MPL-2.0 */
#include "migrate.h"

#include "frame/output.h"
#include "migrate/base/directory.h"
#include "migrate/verify/verify.h"
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct option_row migrate_options[] = {
    {.name = "dhcpd4", .letter = '4', .value = "FILE", .help = "the dhcpd.conf for DHCPv4", .completion = COMPLETE_FILE},
    {.name = "dhcpd6", .letter = '6', .value = "FILE", .help = "the dhcpd.conf for DHCPv6", .completion = COMPLETE_FILE},
    {.name = "leases", .value = "FILE", .help = "dhcpd.leases or dhcpd6.leases; may be given again", .repeated = true,
     .completion = COMPLETE_FILE},
    {.name = "output", .value = "DIR", .help = "where to write: a directory that is empty or not there",
     .completion = COMPLETE_DIRECTORY},
    {.name = "force", .help = "replaces all that is in DIR"},
    {.name = "hook", .value = "FILE", .help = "the hook as Kea is to load it (default: " HOOKS_DIR
     "/libdhcp_netboot.so)", .completion = COMPLETE_FILE},
    {.name = "dhcpd", .value = "FILE", .help = "ISC dhcpd with netboot (default: " PROGRAMS_DIR "/dhcpd)",
     .completion = COMPLETE_FILE},
    {.name = "keama", .value = "FILE", .help = "Kea's migration assistant (default: " PROGRAMS_DIR "/keama)",
     .completion = COMPLETE_FILE},
    {.name = "dry-run", .help = "writes nothing, prints the report"},
    {.name = "verify", .help = "asks the old server and the new one of DIR, in network namespaces, and compares"},
    {.name = "sample", .value = "N", .help = "with --verify: no more than N hosts, spread over all"},
    {.name = "json", .help = "prints the report as JSON"},
    {0},
};
/* clang-format on */

static int arguments_read(const struct session *session, struct migration *migration)
{
    const struct arguments *arguments = session->arguments;
    const char *hook = option_value(arguments, "hook"), *file;
    const char *dhcpd = option_value(arguments, "dhcpd"), *keama = option_value(arguments, "keama");
    unsigned index = 0;

    *migration = (struct migration){
        .config = {option_value(arguments, "dhcpd4"), option_value(arguments, "dhcpd6")},
        .hook = hook ? hook : HOOKS_DIR "/libdhcp_netboot.so",
        .dhcpd = dhcpd ? dhcpd : PROGRAMS_DIR "/dhcpd",
        .keama = keama ? keama : PROGRAMS_DIR "/keama",
        .database = session->directory,
        .output = option_value(arguments, "output"),
        .dry_run = session_has(session, "dry-run"),
        .force = session_has(session, "force"),
        .json = session_has(session, "json"),
    };
    while ((file = option_next(arguments, "leases", &index))) {
        if (migration->lease_count == LEASES_MAX)
            return misused("--leases may be given %d times", LEASES_MAX);
        migration->leases[migration->lease_count++] = file;
    }
    if (!migration->config[FAMILY_4] && !migration->config[FAMILY_6])
        return misused("migrate wants the configuration of dhcpd: -4 /etc/dhcp/dhcpd.conf, -6 /etc/dhcp/dhcpd6.conf");
    if (!migration->output && !migration->dry_run)
        return misused("migrate wants to be told where to write: --output DIR; or --dry-run, which prints the report");
    return DONE;
}

/* Both forms of the report into the directory. */
static int reports_write(const struct migration *migration)
{
    char *markdown = directory_file(migration->work, FILE_REPORT);
    char *path = directory_file(migration->work, FILE_REPORT_JSON);
    FILE *file = markdown ? fopen(markdown, "we") : NULL, *json_file = path ? fopen(path, "we") : NULL;
    cJSON *json = findings_to_json(&migration->findings);
    char *text = cJSON_Print(json);
    bool ok = file && json_file && text && fprintf(json_file, "%s\n", text) > 0;

    if (ok)
        migrate_report(file, migration);
    ok = ok && !ferror(file);
    if (file && fclose(file) != 0)
        ok = false;
    if (json_file && fclose(json_file) != 0)
        ok = false;
    int code = ok ? DONE : failed("the report cannot be written into %s: %s", migration->work, strerror(errno));
    free(text);
    cJSON_Delete(json);
    free(path);
    free(markdown);
    return code;
}

static void summary_print(const struct migration *migration)
{
    const struct findings *findings = &migration->findings;

    printf("%s: written. %zu things changed on purpose, %zu need a person: see %s/%s\n", migration->output,
           findings->counts[FINDING_CHANGED], findings->counts[FINDING_PERSON], migration->output, FILE_REPORT);
}

static int result_print(const struct migration *migration)
{
    cJSON *json = migration->json ? findings_to_json(&migration->findings) : NULL;
    char *text = json ? cJSON_Print(json) : NULL;
    int code = DONE;

    if (migration->json && !text)
        code = failed("out of memory");
    else if (migration->json)
        puts(text);
    else if (migration->dry_run)
        migrate_report(stdout, migration);
    else
        summary_print(migration);
    free(text);
    cJSON_Delete(json);
    return code;
}

static int verify_run(const struct session *session, struct migration *migration)
{
    const char *text = option_value(session->arguments, "sample");
    char *end = NULL;
    unsigned long sample = text ? strtoul(text, &end, 10) : 0;

    if (text && (sample == 0 || *end || text[0] < '0' || text[0] > '9'))
        return misused("--sample wants a number of hosts, not `%s`", text);
    if (!migration->output || migration->dry_run || migration->force)
        return misused(
            "--verify wants the directory that migrate has written, as --output DIR, and changes nothing there");
    return migrate_verify(migration, sample);
}

static int migrate_run(struct session *session)
{
    struct migration migration;
    int code = arguments_read(session, &migration);

    if (code != DONE)
        return code;
    if (session_has(session, "verify"))
        return verify_run(session, &migration);
    if (session_has(session, "sample"))
        return misused("--sample goes with --verify");
    code = directory_begin(&migration);
    if (code == DONE)
        code = migrate_convert(&migration);
    findings_sort(&migration.findings);
    if (code == DONE)
        code = reports_write(&migration);
    code = directory_end(&migration, code);
    if (code == DONE)
        code = result_print(&migration);
    if (code == DONE && migration.findings.counts[FINDING_PERSON] > 0)
        code = FAILED;
    findings_free(&migration.findings);
    return code;
}

/* clang-format off */
const struct command migrate_command = {
     .group = "netboot-migrate", .run = migrate_run, .options = migrate_options,
     .summary = "from ISC dhcpd to Kea with netboot",
     .details =
         "Writes into DIR: kea-dhcp4.conf and kea-dhcp6.conf with the hook in them; netboot.jsonl, for netbootctl\n"
         "import: what hosts and platforms boot; leases as Kea's memfile loads them; REPORT.md, which says what moved,\n"
         "what changed on purpose and what needs a person, with file and line; report.json, the same for programs.\n"
         "Nothing else is touched, and DIR is written whole or not at all. Leases are given on the day of the move.\n"
         "Hosts in them that were made over OMAPI count as hosts.\n\n"
         "  netboot-migrate -4 /etc/dhcp/dhcpd.conf --leases /var/lib/dhcp/dhcpd.leases --output kea\n\n"
         "With --verify dhcpd with the old files and Kea with those of DIR are started in network namespaces, and asked\n"
         "the same: every platform in every subnet, every host. Needs root; the machine's network is not touched.\n\n"
         "  netboot-migrate -4 /etc/dhcp/dhcpd.conf --output kea --verify --sample 500\n\n"
         "Exit status: 0 nothing needs a person (--verify: nothing differs but what exactly was announced), 1 something does or\n"
         "it failed, 2 wrong use, or a file that dhcpd does not take either.",
};
/* clang-format on */
