/* SPDX-License-Identifier: MPL-2.0 */
#include "lint.h"

/* In the order of the report: `each` for the records of the kind, then `once`, which may use all that came before. */
static const struct check {
    enum netboot_record_kind kind;
    void (*each)(struct lint *lint, const struct netboot_record *record);
    void (*once)(struct lint *lint);
} checks[] = {
    {NETBOOT_RECORD_SITE,   lint_site_prefix,   lint_prefixes           },
    {NETBOOT_RECORD_SITE,   lint_site_family,   lint_bases              },
    {NETBOOT_RECORD_SITE,   NULL,               lint_data_root          },
    {NETBOOT_RECORD_LOADER, lint_loader_value,  NULL                    },
    {NETBOOT_RECORD_LOADER, lint_loader_file,   NULL                    },
    {NETBOOT_RECORD_TARGET, lint_target_empty,  lint_default_target     },
    {NETBOOT_RECORD_TARGET, NULL,               lint_defaults           },
    {NETBOOT_RECORD_TARGET, lint_target_values, NULL                    },
    {NETBOOT_RECORD_TARGET, lint_target_files,  NULL                    },
    {NETBOOT_RECORD_HOST,   lint_host_target,   lint_missing_targets    },
    {NETBOOT_RECORD_HOST,   lint_host_ids,      NULL                    },
    {NETBOOT_RECORD_HOST,   lint_host_uuid,     NULL                    },
    {NETBOOT_RECORD_HOST,   lint_host_values,   lint_host_values_tallied},
    {NETBOOT_RECORD_HOST,   lint_host_files,    lint_closed_directories },
    {NETBOOT_RECORD_HOST,   NULL,               lint_machines           },
};

#define CHECKS (sizeof(checks) / sizeof(checks[0]))

static int record_check(const struct netboot_record *record, void *user)
{
    struct lint *lint = user;

    for (size_t i = 0; i < CHECKS; i++)
        if (checks[i].kind == record->kind && checks[i].each)
            checks[i].each(lint, record);
    return lint->code; /* a broken pipe, or no memory */
}

int lint_check_all(struct lint *lint)
{
    struct netboot_error error;

    lint_store_access(lint);
    lint_netbootd(lint);
    for (enum netboot_record_kind kind = 0; lint->code == DONE && kind < NETBOOT_RECORD_KINDS; kind++) {
        if (netboot_view_each(lint->session->view, kind, NULL, record_check, lint, &error) < 0)
            return failed_with(&error);
        for (size_t i = 0; i < CHECKS; i++)
            if (checks[i].kind == kind && checks[i].once)
                checks[i].once(lint);
    }
    return lint->code;
}
