/* SPDX-License-Identifier: MPL-2.0 */
/* All that a migration writes but the report. */
#include "migrate.h"
#include "migrate/base/directory.h"
#include "migrate/base/program.h"
#include "migrate/boot/boot.h"
#include "migrate/kea/keama.h"
#include "migrate/kea/mend.h"
#include "migrate/leases/leases.h"

#include "json/record/json.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHECK_SECONDS = 120 };

struct converting {
    struct migration *migration;
    struct arena memory;
    struct leases leases[LEASES_MAX];
    cJSON *own[FAMILY_COUNT]; /* Kea's own boot fields */
    struct netboot_error error;
};

static const char *const kea_files[] = {FILE_KEA4, FILE_KEA6}, *const kea_programs[] = {"kea-dhcp4", "kea-dhcp6"};
static const char *const lease_files[] = {FILE_LEASES4, FILE_LEASES6}, *const roots[] = {"Dhcp4", "Dhcp6"};

static int text_save(struct converting *converting, const char *name, const char *text)
{
    char *path = directory_file(converting->migration->work, name);
    FILE *file = path ? fopen(path, "we") : NULL;
    bool ok = file && fputs(text, file) >= 0;

    if (file && fclose(file) != 0)
        ok = false;
    int code = ok ? DONE : failed("%s cannot be written: %s", path ? path : name, strerror(errno));
    free(path);
    return code;
}

/* ---- Kea's configuration ---------------------------------------------------------------------------------------- */

static cJSON *list_hook_add(cJSON *list, const char *library)
{
    cJSON *hook = cJSON_CreateObject();

    if (hook && library && cJSON_AddStringToObject(hook, "library", library) && cJSON_AddItemToArray(list, hook))
        return hook;
    cJSON_Delete(hook);
    return NULL;
}

/* Where a hook of Kea's own is: beside ours, or where this system has them; free(). NULL: out of memory. */
static char *kea_hook_find(const struct migration *migration, const char *name)
{
    static const char *const others[] = {HOOKS_DIR, "/usr/lib/*/kea/hooks", "/usr/lib/kea/hooks",
                                         "/usr/local/lib/kea/hooks"};
    const char *slash = strrchr(migration->hook, '/');
    int size = slash ? (int)(slash - migration->hook) : 0;
    char *beside = NULL, *pattern = NULL, *found = NULL;
    glob_t names;

    if (asprintf(&beside, "%.*s%s%s", size, migration->hook, slash ? "/" : "", name) < 0)
        return NULL;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && !found && access(beside, R_OK) != 0; i++) {
        if (asprintf(&pattern, "%s/%s", others[i], name) < 0)
            break;
        if (glob(pattern, 0, NULL, &names) == 0) {
            found = strdup(names.gl_pathv[0]);
            globfree(&names);
        }
        free(pattern);
    }
    if (!found)
        return beside;
    free(beside);
    return found;
}

static bool hook_add(const struct migration *migration, cJSON *dhcp, bool bootp)
{
    cJSON *list = cJSON_AddArrayToObject(dhcp, "hooks-libraries"), *parameters;
    cJSON *hook = list_hook_add(list, migration->hook);
    char *path = bootp ? kea_hook_find(migration, "libdhcp_bootp.so") : NULL;
    bool ok = list && hook && (!bootp || list_hook_add(list, path));

    free(path);
    if (!ok)
        return false;
    /* The boot files that are in this configuration are for clients that do not boot from the network. */
    return (parameters = cJSON_AddObjectToObject(hook, "parameters")) &&
           cJSON_AddStringToObject(parameters, "database", migration->database) &&
           cJSON_AddStringToObject(parameters, "existing-boot-file", "remove");
}

static int json_save(struct converting *converting, const char *name, const cJSON *json)
{
    char *text = cJSON_Print(json), *whole = NULL;
    int code =
        text && asprintf(&whole, "%s\n", text) >= 0 ? text_save(converting, name, whole) : failed("out of memory");

    free(text);
    free(whole);
    return code;
}

/* The leases of a family, and the server's DUID. */
static int leases_convert(struct converting *converting, int family, cJSON *dhcp)
{
    struct migration *migration = converting->migration;
    int status = 0;

    for (unsigned i = 0; i < migration->lease_count && status == 0; i++) {
        const struct leases *leases = &converting->leases[i];
        if (leases->family != family)
            continue;
        char *path = directory_file(migration->work, lease_files[family]);
        char *id = directory_file(migration->work, FILE_SERVERID);
        status = path && id ? leases_write(leases, dhcp, path, &migration->findings, &converting->error) : -ENOMEM;
        if (status == 0 && family == FAMILY_6)
            status = leases_server_duid(leases, dhcp, id, &migration->findings, &converting->error);
        free(path);
        free(id);
    }
    return status == 0 ? DONE : failed("%s", status == -ENOMEM ? "out of memory" : converting->error.text);
}

/* Hosts of dhcpd.leases count as if they stood at the end of dhcpd.conf. */
static void omapi_hosts_add(struct converting *converting, int family, struct statement **top)
{
    struct migration *migration = converting->migration;
    size_t count = 0;

    while (*top)
        top = &(*top)->next;
    for (unsigned i = 0; i < migration->lease_count; i++) {
        /* A file that holds nothing but hosts is of the family that there is. */
        int of = converting->leases[i].family >= 0     ? converting->leases[i].family
                 : migration->config[FAMILY_4] != NULL ? FAMILY_4
                                                       : FAMILY_6;
        if (of != family)
            continue;
        *top = converting->leases[i].hosts;
        for (; *top; top = &(*top)->next)
            count++;
    }
    if (count > 0)
        findings_moved(&migration->findings, "hosts made over OMAPI", count);
}

static int mended_save(struct converting *converting, struct reduction *reduction, cJSON *root)
{
    struct migration *migration = converting->migration;
    int family = reduction->family;
    struct mend mending = {.reduction = reduction,
                           .findings = &migration->findings,
                           .memory = &converting->memory,
                           .dhcp = cJSON_GetObjectItemCaseSensitive(root, roots[family]),
                           .own = converting->own[family],
                           .family = family};

    if (!mending.dhcp)
        return failed("keama wrote no %s", roots[family]);
    if (mend(&mending) != 0)
        return failed("out of memory");
    int code = leases_convert(converting, family, mending.dhcp);
    if (code == DONE && !hook_add(migration, mending.dhcp, mending.bootp))
        code = failed("out of memory");
    return code == DONE ? json_save(converting, kea_files[family], root) : code;
}

static int family_convert(struct converting *converting, int family)
{
    struct migration *migration = converting->migration;
    struct reduction reduction = {.family = family, .memory = &converting->memory, .findings = &migration->findings};
    struct statement *top = NULL;
    cJSON *root = NULL;
    int status = statements_read(migration->config[family], &converting->memory, &top, &converting->error);

    if (status != 0)
        return status == -EINVAL ? misused("%s", converting->error.text) : failed("%s", converting->error.text);
    omapi_hosts_add(converting, family, &top);
    if (!top)
        return misused("%s is empty", migration->config[family]);
    reduction.top = top;
    status = keama_run(migration->keama, migration->work, &reduction, &root, &converting->error);
    int code =
        status == 0 ? mended_save(converting, &reduction, root)
        : status == -ENOENT
            ? failed("keama is not there (%s): isc-patch/build makes it; --keama names another place", migration->keama)
            : failed("%s", converting->error.text);
    cJSON_Delete(root);
    reduction_free(&reduction);
    return code;
}

/* ---- Kea's own judgement ---------------------------------------------------------------------------------------- */

static void unreadable_remove(cJSON *hooks)
{
    cJSON *next;

    for (cJSON *at = hooks ? hooks->child : NULL; at; at = next) {
        const char *library = json_text(at, "library");
        next = at->next;
        if (library && access(library, R_OK) != 0)
            cJSON_Delete(cJSON_DetachItemViaPointer(hooks, at));
    }
}

/* What Kea is asked to check: without hooks that are not on this machine. */
static int check_file(struct converting *converting, int family, char **ret)
{
    struct migration *migration = converting->migration;
    char *path = directory_file(migration->work, kea_files[family]), *text = NULL;
    size_t room = 0;
    FILE *file = path ? fopen(path, "re") : NULL;
    ssize_t size = file ? getdelim(&text, &room, '\0', file) : -1;
    cJSON *root = size > 0 ? cJSON_Parse(text) : NULL;
    int code = root ? DONE : failed("%s cannot be read again", path ? path : "");

    if (file)
        fclose(file);
    free(path);
    free(text);
    unreadable_remove(
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, roots[family]), "hooks-libraries"));
    if (code == DONE)
        code = json_save(converting, "kea.check", root);
    cJSON_Delete(root);
    *ret = directory_file(migration->work, "kea.check");
    return code;
}

/* A copy of the program: AppArmor's profile of the installed one lets it read Kea's own directories only. */
static char *program_copy(struct converting *converting, const char *name)
{
    char *from = program_find(name), *to = directory_file(converting->migration->work, name);
    const char *const words[] = {"cp", "--", from, to, NULL};
    struct program_result result = {.status = -1};

    if (from && to && program_run(words, CHECK_SECONDS, &result, &converting->error) == 0)
        free(result.out);
    free(from);
    if (result.status == 0)
        return to;
    free(to);
    return NULL;
}

static void find_refused(struct migration *migration, int family, const char *said)
{
    const char *last = strstr(said, "Error encountered: ");
    char text[600];

    last = last ? last + 19 : said;
    snprintf(text, sizeof(text), "%.*s", (int)strcspn(last, "\n"), last);
    findings_add(&migration->findings, &(struct finding){.severity = FINDING_PERSON,
                                                         .file = kea_files[family],
                                                         .text = text,
                                                         .why = "Kea does not take the configuration as it is",
                                                         .fix = "mend what Kea names, until it takes it (-t)",
                                                         .differs = 0});
}

static int family_check(struct converting *converting, int family)
{
    struct migration *migration = converting->migration;
    char *program = program_copy(converting, kea_programs[family]), *path = NULL;
    struct program_result result = {.status = -1};
    int code = program ? check_file(converting, family, &path) : DONE;

    if (program && code == DONE) {
        const char *const words[] = {program, "-t", path, NULL};
        setenv("KEA_LOCKFILE_DIR", migration->work, true);
        int status = program_run(words, CHECK_SECONDS, &result, &converting->error);
        migration->check[family] = status != 0 ? CHECK_NOT_RUN : result.status == 0 ? CHECK_TAKEN : CHECK_REFUSED;
        if (status == 0 && result.status != 0)
            find_refused(migration, family, result.out);
        free(result.out);
    }
    if (path)
        unlink(path);
    if (program)
        unlink(program);
    char *lock = directory_file(migration->work, "logger_lockfile");
    if (lock)
        unlink(lock);
    free(lock);
    free(path);
    free(program);
    return code;
}

/* ---- Network boot ----------------------------------------------------------------------------------------------- */

static int records_save(struct converting *converting, const cJSON *records)
{
    char *path = directory_file(converting->migration->work, FILE_BOOT);
    FILE *file = path ? fopen(path, "we") : NULL;
    bool ok = file != NULL;
    const cJSON *record;

    cJSON_ArrayForEach(record, records)
    {
        char *text = cJSON_PrintUnformatted(record);
        ok = ok && text && fprintf(file, "%s\n", text) > 0;
        free(text);
    }
    if (file && fclose(file) != 0)
        ok = false;
    free(path);
    converting->migration->has_boot = ok;
    return ok ? DONE : failed("%s cannot be written", FILE_BOOT);
}

static int boot_convert(struct converting *converting)
{
    struct migration *migration = converting->migration;
    struct boot_input input = {.dhcpd = migration->dhcpd};
    struct boot_result result = {.records = NULL};

    for (int family = 0; family < FAMILY_COUNT; family++) {
        input.config[family] = migration->config[family];
        for (unsigned i = 0; i < migration->lease_count; i++)
            if (converting->leases[i].family == family)
                input.leases[family] = migration->leases[i];
    }
    int status = migrate_boot(&input, &result, &migration->findings, &converting->error);
    if (status == -ENOSYS)
        findings_add(&migration->findings,
                     &(struct finding){.severity = FINDING_PERSON,
                                       .text = "network boot",
                                       .why = converting->error.text,
                                       .fix = "set sites, loaders, targets and hosts by netbootctl",
                                       .differs = ANSWER_BOOT});
    int code = status == -ENOSYS   ? DONE
               : status == -EINVAL ? misused("%s", converting->error.text)
               : status == -ENOENT
                   ? failed("%s: isc-patch/build makes this dhcpd; --dhcpd names another place", converting->error.text)
               : status != 0 ? failed("%s", converting->error.text)
                             : records_save(converting, result.records);
    for (int family = 0; family < FAMILY_COUNT; family++) {
        converting->own[family] = result.own[family];
        result.own[family] = NULL;
    }
    boot_result_free(&result);
    return code;
}

/* ---- All -------------------------------------------------------------------------------------------------------- */

static int leases_all_read(struct converting *converting)
{
    struct migration *migration = converting->migration;
    int status = 0;

    for (unsigned i = 0; i < migration->lease_count && status == 0; i++)
        status = leases_read(migration->leases[i], &converting->memory, &converting->leases[i], &migration->findings,
                             &converting->error);
    return status == 0         ? DONE
           : status == -EINVAL ? misused("%s", converting->error.text)
                               : failed("%s", converting->error.text);
}

int migrate_convert(struct migration *migration)
{
    struct converting converting = {.migration = migration};
    int code = leases_all_read(&converting);

    if (code == DONE)
        code = boot_convert(&converting);
    for (int family = 0; family < FAMILY_COUNT && code == DONE; family++)
        if (migration->config[family])
            code = family_convert(&converting, family);
    for (int family = 0; family < FAMILY_COUNT && code == DONE; family++)
        if (migration->config[family])
            code = family_check(&converting, family);
    if (code == DONE && migration->findings.no_memory)
        code = failed("out of memory");
    for (unsigned i = 0; i < migration->lease_count; i++)
        leases_free(&converting.leases[i]);
    for (int family = 0; family < FAMILY_COUNT; family++)
        cJSON_Delete(converting.own[family]);
    arena_free(&converting.memory);
    return code;
}
