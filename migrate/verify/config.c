/* SPDX-License-Identifier: MPL-2.0 */
/* The configurations as the two servers of a proof read them: both want a link and files of their own. */
#include "migrate/base/directory.h"
#include "migrate/leases/leases.h"
#include "verify.h"

#include "frame/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What cannot work with one server alone, or is about the machine. */
static const char *const left_out[] = {
    "failover",   "omapi-port",    "omapi-key",      "lease-file-name", "pid-file-name", "dhcpv6-lease-file-name",
    "ping-check", "local-address", "local-address6", "log-facility",    "interface",     "dhcpv6-pid-file-name",
    "local-port", "remote-port",   "ping-timeout",   "delayed-ack",
};

static bool is_left_out(const struct statement *statement)
{
    for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
        if (statement_is(statement, left_out[i]))
            return true;
    return false;
}

static void statements_print(const struct announcements *announcements, FILE *out, const struct statement *list,
                             bool top)
{
    for (; list; list = list->next) {
        /* `on commit` and the like would run programs. */
        bool runs = statement_is(list, "execute") || (statement_is(list, "on") && list->block);
        if (runs || is_left_out(list) || (top && statement_is(list, "host") && statement_child(list, "dynamic")))
            continue;
        if (!list->block)
            announcements_mark(announcements, list, out);
        fprintf(out, "%s%s\n", list->text, list->block ? " {" : list->label ? "" : ";");
        if (!list->block)
            continue;
        announcements_mark(announcements, list, out);
        statements_print(announcements, out, list->child, false);
        fputs("}\n", out);
    }
}

int config_old_write(struct bench *bench, int family, const struct statement *top, const char *path)
{
    FILE *out = fopen(path, "we");
    bool ok = out != NULL;

    if (out) {
        statements_print(bench->announcements, out, top, true);
        fputs(family == FAMILY_4
                  ? "ping-check false;\ndhcp-cache-threshold 0;\ndont-use-fsync true;\n"
                    "subnet 198.19.255.252 netmask 255.255.255.252 { }\n"
                    "subnet " BENCH_PROBE4 ".0 netmask 255.255.255.0 { allow unknown-clients; range " BENCH_PROBE4
                    ".2 " BENCH_PROBE4 ".250; }\n"
                  : "dhcp-cache-threshold 0;\ndont-use-fsync true;\nsubnet6 fdff:ffff:ffff:fff1::/64 { }\n"
                    "subnet6 " BENCH_PROBE6 "/64 { allow unknown-clients; range6 " BENCH_PROBE6 "2 " BENCH_PROBE6
                    "ffff; }\n",
              out);
        ok = fclose(out) == 0;
    }
    return ok ? DONE : failed("%s cannot be written: %s", path, strerror(errno));
}

int leases_old_write(struct bench *bench, int family, const char *path)
{
    const struct migration *migration = bench->migration;
    struct arena memory = {0};
    struct findings findings = {0};
    struct netboot_error error;
    FILE *out = fopen(path, "we");
    int status = out ? 0 : -errno;

    for (unsigned i = 0; i < migration->lease_count && status == 0; i++) {
        struct leases leases;
        status = leases_read(migration->leases[i], &memory, &leases, &findings, &error);
        if (status == 0 && (leases.family == family || leases.family < 0))
            for (const struct statement *host = leases.hosts; host; host = host->next) {
                fprintf(out, "%s {\n", host->text);
                statements_print(bench->announcements, out, host->child, false);
                fputs("}\n", out);
            }
        leases_free(&leases);
    }
    if (out && fclose(out) != 0)
        status = -EIO;
    findings_free(&findings);
    arena_free(&memory);
    return status == 0 ? DONE : failed("%s cannot be written", path);
}

/* ---- Kea -------------------------------------------------------------------------------------------------------- */

/* Interfaces of the machine are not on the bench. */
static void interfaces_remove(cJSON *node)
{
    cJSON *child;

    if (cJSON_IsObject(node) && cJSON_HasObjectItem(node, "subnet"))
        cJSON_DeleteItemFromObjectCaseSensitive(node, "interface");
    cJSON_ArrayForEach(child, node) interfaces_remove(child);
}

static bool replace(cJSON *object, const char *key, const char *json)
{
    cJSON *value = cJSON_Parse(json);

    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    if (value && cJSON_AddItemToObject(object, key, value))
        return true;
    cJSON_Delete(value);
    return false;
}

static bool hooks_replace(struct bench *bench, cJSON *dhcp)
{
    cJSON *hook, *parameters;

    cJSON_ArrayForEach(hook, cJSON_GetObjectItemCaseSensitive(dhcp, "hooks-libraries"))
    {
        const char *library = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(hook, "library"));
        if (!library || !strstr(library, "libdhcp_netboot"))
            continue;
        char *store = directory_file(bench->directory, "store");
        parameters = cJSON_GetObjectItemCaseSensitive(hook, "parameters");
        cJSON_DeleteItemFromObjectCaseSensitive(hook, "library");
        cJSON_DeleteItemFromObjectCaseSensitive(parameters, "database");
        bool ok = store && cJSON_AddStringToObject(parameters, "database", store) &&
                  cJSON_AddStringToObject(hook, "library", bench->migration->hook);
        free(store);
        if (!ok)
            return false;
    }
    return true;
}

static cJSON *config_read(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t room = 0;
    ssize_t size = file ? getdelim(&text, &room, '\0', file) : -1;
    cJSON *ret;

    if (file)
        fclose(file);
    if (size > 0)
        cJSON_Minify(text); /* a person may have written comments */
    ret = size > 0 ? cJSON_Parse(text) : NULL;
    free(text);
    return ret;
}

static bool probe_add(cJSON *dhcp, int family)
{
    static const char *const subnets[] = {
        "{\"id\": 4000000000, \"subnet\": \"" BENCH_PROBE4 ".0/24\", \"pools\": [{\"pool\": \"" BENCH_PROBE4
        ".2-" BENCH_PROBE4 ".250\"}]}",
        "{\"id\": 4000000000, \"subnet\": \"" BENCH_PROBE6 "/64\", \"pools\": [{\"pool\": \"" BENCH_PROBE6
        "2-" BENCH_PROBE6 "ffff\"}]}",
    };
    const char *key = family == FAMILY_4 ? "subnet4" : "subnet6";
    cJSON *list = cJSON_GetObjectItemCaseSensitive(dhcp, key), *subnet = cJSON_Parse(subnets[family]);

    if (!list)
        list = cJSON_AddArrayToObject(dhcp, key);
    if (list && subnet && cJSON_AddItemToArray(list, subnet))
        return true;
    cJSON_Delete(subnet);
    return false;
}

static bool config_fit(struct bench *bench, int family, cJSON *root)
{
    cJSON *dhcp = cJSON_GetObjectItemCaseSensitive(root, family == FAMILY_4 ? "Dhcp4" : "Dhcp6");
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(dhcp, "server-id");

    interfaces_remove(dhcp);
    cJSON_DeleteItemFromObjectCaseSensitive(dhcp, "control-socket");
    if (id)
        cJSON_AddFalseToObject((cJSON *)id, "persist");
    else if (family == FAMILY_6 && !replace(dhcp, "server-id", "{\"type\": \"LLT\", \"persist\": false}"))
        return false;
    if (family == FAMILY_6 && !cJSON_AddStringToObject(dhcp, "data-directory", bench->directory))
        return false;
    return dhcp && replace(dhcp, "interfaces-config", "{\"interfaces\": [\"eth0\"]}") &&
           replace(dhcp, "lease-database", "{\"type\": \"memfile\", \"persist\": false}") &&
           replace(dhcp, "loggers",
                   "[{\"name\": \"*\", \"severity\": \"INFO\", \"output_options\": [{\"output\": \"stdout\", "
                   "\"flush\": true}]}]") &&
           hooks_replace(bench, dhcp) && probe_add(dhcp, family);
}

int config_new_write(struct bench *bench, int family, const char *path)
{
    char *from = directory_file(bench->migration->output, family == FAMILY_4 ? FILE_KEA4 : FILE_KEA6);
    cJSON *root = from ? config_read(from) : NULL;
    int code = root ? DONE : failed("%s cannot be read: migrate writes it", from ? from : "");
    char *text = NULL;
    FILE *out = NULL;

    if (code == DONE && (!config_fit(bench, family, root) || !(text = cJSON_Print(root))))
        code = failed("%s holds no configuration of Kea", from);
    if (code == DONE) {
        out = fopen(path, "we");
        bool ok = out && fputs(text, out) >= 0;
        if (out && fclose(out) != 0)
            ok = false;
        code = ok ? DONE : failed("%s cannot be written: %s", path, strerror(errno));
    }
    free(text);
    cJSON_Delete(root);
    free(from);
    return code;
}
