/* SPDX-License-Identifier: MPL-2.0 */
#include "lint.h"

/* In the order in which it is told: a table's records, then what `once` finds out of all that came before. */
static const struct check {
    enum table table;
    void (*each)(struct lint *lint, const void *record);
    void (*once)(struct lint *lint);
} checks[] = {
    {TABLE_SITE,   lint_site_prefix,   lint_prefixes           },
    {TABLE_SITE,   lint_site_family,   lint_bases              },
    {TABLE_SITE,   NULL,               lint_data_root          },
    {TABLE_LOADER, lint_loader_value,  NULL                    },
    {TABLE_LOADER, lint_loader_file,   NULL                    },
    {TABLE_TARGET, lint_target_empty,  lint_default_target     },
    {TABLE_TARGET, lint_target_values, NULL                    },
    {TABLE_TARGET, lint_target_files,  NULL                    },
    {TABLE_HOST,   lint_host_target,   lint_missing_targets    },
    {TABLE_HOST,   lint_host_ids,      NULL                    },
    {TABLE_HOST,   lint_host_uuid,     NULL                    },
    {TABLE_HOST,   lint_host_values,   lint_host_values_tallied},
    {TABLE_HOST,   lint_host_files,    lint_closed_directories },
    {TABLE_HOST,   NULL,               lint_machines           },
};

#define CHECKS (sizeof(checks) / sizeof(checks[0]))

static int record_check(enum table table, const void *record, void *user)
{
    struct lint *lint = user;

    for (size_t i = 0; i < CHECKS; i++)
        if (checks[i].table == table && checks[i].each)
            checks[i].each(lint, record);
    return lint->code; /* a broken pipe, no memory */
}

int lint_check_all(struct lint *lint)
{
    lint_store_access(lint);
    lint_state_store(lint);
    for (enum table table = 0; lint->code == DONE && table < TABLE_COUNT; table++) {
        int status = table_each(lint->session->view, table, record_check, lint);
        if (status < 0)
            return failed("the %ss cannot all be read: a record is damaged", table_name(table));
        for (size_t i = 0; i < CHECKS; i++)
            if (checks[i].table == table && checks[i].once)
                checks[i].once(lint);
    }
    return lint->code;
}
