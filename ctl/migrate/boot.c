/* SPDX-License-Identifier: MPL-2.0 */
#include "migrate/boot.h"

#include "error.h"

#include <errno.h>

int migrate_boot(const struct boot_input *input, struct boot_result *ret, struct findings *findings,
                 struct netboot_error *error)
{
    (void)input, (void)ret, (void)findings;
    return error_set(error, -ENOSYS, "this version cannot read what a configuration boots");
}

void boot_result_free(struct boot_result *result)
{
    cJSON_Delete(result->records);
    for (int i = 0; i < BOOT_FAMILIES; i++)
        cJSON_Delete(result->inventory[i]);
    *result = (struct boot_result){.clients = 0};
}
