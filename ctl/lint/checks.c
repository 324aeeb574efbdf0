/* SPDX-License-Identifier: MPL-2.0 */
#include "lint.h"

/* What may be found; docs/lint.md has a paragraph for each. */
const struct lint_kind lint_kinds[LINT_CODES] = {
    [LINT_STORE_ACCESS] = {"store-access",          LINT_ERROR,   "a DHCP server's user cannot use the store"                     },
    [LINT_STATE_STORE] = {"state-store",           LINT_ERROR,   "the state store cannot be read: nothing armed is booted"       },
    [LINT_SITE_WITHOUT_PREFIX] = {"site-without-prefix",   LINT_WARNING, "no machine is of the site"                                     },
    [LINT_PREFIX_WITHOUT_EFFECT] = {"prefix-without-effect", LINT_WARNING, "a site's prefix that changes nothing"                          },
    [LINT_NO_BASE] = {"no-base",               LINT_ERROR,   "a site without a server for relative files"                    },
    [LINT_WRONG_SCHEME] = {"wrong-scheme",          LINT_ERROR,   "a URL that machines cannot load: http by PXE, tftp by HTTP"    },
    [LINT_WRONG_FAMILY] = {"wrong-family",          LINT_ERROR,   "a URL with an address of the other family"                     },
    [LINT_UNUSABLE_URL] = {"unusable-url",          LINT_ERROR,   "a URL that firmware cannot be told"                            },
    [LINT_NAME_TOO_LONG] = {"name-too-long",         LINT_ERROR,   "a name that does not fit into the answer"                      },
    [LINT_NAME_LONG] = {"name-long",             LINT_WARNING, "a name that fits into option 67, but not into the field `file`"},
    [LINT_EMPTY_TARGET] = {"empty-target",          LINT_ERROR,   "a target that boots nothing"                                   },
    [LINT_TARGET_PLATFORM] = {"target-platform",       LINT_ERROR,   "a target that a platform cannot boot"                          },
    [LINT_MISSING_TARGET] = {"missing-target",        LINT_ERROR,   "hosts name a target that is not there"                         },
    [LINT_SHARED_ID] = {"shared-id",             LINT_ERROR,   "two hosts that are one machine by UUID or MAC"                 },
    [LINT_COMMON_UUID] = {"common-uuid",           LINT_WARNING, "a UUID that manufacturers leave in many machines"              },
    [LINT_NO_LOADER] = {"no-loader",             LINT_ERROR,   "machines of the journal have a platform without a loader"      },
    [LINT_NO_BOOT_FILE] = {"no-boot-file",          LINT_ERROR,   "machines of the journal would get no boot file"                },
    [LINT_MISSING_FILE] = {"missing-file",          LINT_ERROR,   "a file that is not below the data root"                        },
    [LINT_UNREADABLE_FILE] = {"unreadable-file",       LINT_ERROR,   "a file that the TFTP or HTTP server may not read"              },
    [LINT_SHIM_ALONE] = {"shim-alone",            LINT_ERROR,   "a shim without GRUB beside it"                                 },
};

const char *lint_severity_name(enum lint_severity severity)
{
    static const char *const names[] = {[LINT_WARNING] = "warning", [LINT_ERROR] = "error"};

    return names[severity];
}

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
