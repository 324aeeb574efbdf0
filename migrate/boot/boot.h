/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Network boot of an old configuration as records of netboot, by evaluation: dhcpd itself is asked what each kind of
 * client gets in each of its scopes, that is folded into sites, loaders, targets and hosts, and then every client is
 * decided once more from these records and compared. What is left over is a finding.
 */
#ifndef NETBOOTCTL_MIGRATE_BOOT_H
#define NETBOOTCTL_MIGRATE_BOOT_H

#include "input.h"

#include "migrate/base/findings.h"

struct boot_result {
    /* Array of the lines of netboot.jsonl, as import reads them: {"type": "site", "name": ..}, .. */
    cJSON *records;
    /* Array of what dhcpd read, by family; NULL where there is no configuration. */
    cJSON *inventory[BOOT_FAMILIES];
    /* What Kea's own configuration is to say of network boot, fold.h; NULL likewise. */
    cJSON *own[BOOT_FAMILIES];
    size_t clients; /* that were asked and compared */
};

/*
 * Runs dhcpd, folds, checks, adds findings. -EINVAL: dhcpd does not accept a configuration, with its first message,
 * file and line in `error`; -ENOENT and others: the program cannot be run. boot_result_free() what was filled in.
 */
int migrate_boot(const struct boot_input *input, struct boot_result *ret, struct findings *findings,
                 struct netboot_error *error);
void boot_result_free(struct boot_result *result);

#endif
