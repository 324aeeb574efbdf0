/* SPDX-License-Identifier: MPL-2.0 */
/* What migrate makes of the network boot of a configuration, as JSON: records, findings, clients. */
#include "migrate/boot/boot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int print(const struct boot_result *result, const struct findings *findings)
{
    cJSON *all = findings_to_json(findings);
    char *text;

    cJSON_AddItemReferenceToObject(all, "records", result->records);
    for (unsigned family = 0; family < BOOT_FAMILIES; family++)
        if (result->own[family])
            cJSON_AddItemReferenceToObject(all, family == 0 ? "own4" : "own6", result->own[family]);
    cJSON_AddNumberToObject(all, "clients", (double)result->clients);
    text = cJSON_PrintUnformatted(all);
    int printed = text ? puts(text) : EOF;
    cJSON_free(text);
    cJSON_Delete(all);
    return printed < 0;
}

int main(int argc, char **argv)
{
    struct boot_input input = {.dhcpd = argc > 1 ? argv[1] : NULL};
    struct boot_result result = {.clients = 0};
    struct findings findings = {.rows = NULL};
    struct netboot_error error = {.text = ""};

    for (int i = 2; i + 1 < argc; i += 2) {
        unsigned family = strpbrk(argv[i], "6") != NULL;
        if (argv[i][1] == 'l')
            input.leases[family] = argv[i + 1];
        else
            input.config[family] = argv[i + 1];
    }
    if (argc < 4) {
        fprintf(stderr, "usage: fold DHCPD [-4 FILE] [-6 FILE] [-l4 LEASES] [-l6 LEASES]\n");
        return 2;
    }
    int status = migrate_boot(&input, &result, &findings, &error);
    if (status == 0) {
        findings_sort(&findings);
        status = print(&result, &findings);
    } else {
        fprintf(stderr, "%s\n", error.text);
    }
    boot_result_free(&result);
    findings_free(&findings);
    return status != 0;
}
