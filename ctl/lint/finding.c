/* SPDX-License-Identifier: MPL-2.0 */
/* The findings that there are, and how one is printed. */
#include "lint.h"

/* docs/lint.md has a paragraph for each. */
const struct lint_kind lint_kinds[LINT_CODES] = {
    [LINT_STORE_ACCESS] = {"store-access",          LINT_ERROR,   "a DHCP server's user cannot use the store"                },
    [LINT_NO_NETBOOTD] = {"no-netbootd",           LINT_WARNING,
                           "netbootd cannot be asked: armed hosts boot their regular target"                                 },
    [LINT_NO_DEFAULT] = {"no-default",            LINT_WARNING, "what all machines fall back to is missing"                },
    [LINT_SITE_WITHOUT_PREFIX] = {"site-without-prefix",   LINT_WARNING, "no client is at the site"                                 },
    [LINT_PREFIX_WITHOUT_EFFECT] = {"prefix-without-effect", LINT_WARNING, "a prefix of a site that has no effect"                    },
    [LINT_NO_BASE] = {"no-base",               LINT_ERROR,   "a site without a server for relative paths"               },
    [LINT_WRONG_SCHEME] = {"wrong-scheme",          LINT_ERROR,   "a URL that clients cannot load: http by PXE, tftp by HTTP"},
    [LINT_WRONG_FAMILY] = {"wrong-family",          LINT_ERROR,   "a URL with an address of the other family"                },
    [LINT_UNUSABLE_URL] = {"unusable-url",          LINT_ERROR,   "a URL that firmware cannot use"                           },
    [LINT_NAME_TOO_LONG] = {"name-too-long",         LINT_ERROR,   "a boot file that does not fit into the reply"             },
    [LINT_NAME_LONG] = {"name-long",             LINT_WARNING,
                           "a boot file that fits into option 67, but not into the field `file`"                             },
    [LINT_EMPTY_TARGET] = {"empty-target",          LINT_ERROR,   "a target that boots nothing"                              },
    [LINT_TARGET_PLATFORM] = {"target-platform",       LINT_ERROR,   "a target that a platform cannot boot"                     },
    [LINT_MISSING_TARGET] = {"missing-target",        LINT_ERROR,
                           "hosts name a target that does not exist, or cannot be armed"                                     },
    [LINT_SHARED_ID] = {"shared-id",             LINT_ERROR,   "two hosts that are one machine by UUID or MAC"            },
    [LINT_COMMON_UUID] = {"common-uuid",           LINT_WARNING, "a UUID that many boards have"                             },
    [LINT_NO_LOADER] = {"no-loader",             LINT_ERROR,   "machines in the journal have a platform without a loader" },
    [LINT_NO_BOOT_FILE] = {"no-boot-file",          LINT_ERROR,   "machines in the journal would get no boot file"           },
    [LINT_MISSING_FILE] = {"missing-file",          LINT_ERROR,   "a file that does not exist below the data root"           },
    [LINT_UNREADABLE_FILE] = {"unreadable-file",       LINT_ERROR,   "a file that the TFTP or HTTP server cannot read"          },
    [LINT_SHIM_ALONE] = {"shim-alone",            LINT_ERROR,   "a shim without GRUB beside it"                            },
};

const char *lint_severity_name(enum lint_severity severity)
{
    static const char *const names[] = {[LINT_WARNING] = "warning", [LINT_ERROR] = "error"};

    return names[severity];
}

static cJSON *finding_to_json(enum lint_code code, const struct lint_finding *finding)
{
    const struct {
        const char *key, *text;
    } texts[] = {
        {"severity", lint_severity_name(lint_kinds[code].severity)},
        {"code",     lint_kinds[code].name                        },
        {"record",   finding->record                              },
        {"key",      finding->key                                 },
        {"file",     finding->file                                },
        {"path",     finding->path                                },
        {"problem",  finding->problem                             },
        {"fix",      finding->fix                                 },
    };
    cJSON *ret = cJSON_CreateObject();

    for (size_t i = 0; ret && i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!(texts[i].text ? cJSON_AddStringToObject(ret, texts[i].key, texts[i].text)
                            : cJSON_AddNullToObject(ret, texts[i].key))) {
            cJSON_Delete(ret);
            return NULL;
        }
    if (ret && !cJSON_AddNumberToObject(ret, "count", finding->count ? (double)finding->count : 1)) {
        cJSON_Delete(ret);
        return NULL;
    }
    return ret;
}

static void part_print(const char *text, const char *after)
{
    if (!text)
        return;
    print_safe(stdout, text);
    fputs(after, stdout);
}

/* "error: target debian: kernel: /srv/tftp/k is not there: put it there [missing-file]" */
static void finding_print(enum lint_code code, const struct lint_finding *finding)
{
    char more[MORE_TEXT_SIZE];

    part_print(lint_severity_name(lint_kinds[code].severity), ": ");
    part_print(finding->record, lint_more(finding->count, more));
    fputs(": ", stdout);
    part_print(finding->key, ": ");
    part_print(finding->path ? finding->path : finding->file, " ");
    part_print(finding->problem, ": ");
    part_print(finding->fix, " ");
    printf("[%s]\n", lint_kinds[code].name);
}

void lint_found(struct lint *lint, enum lint_code code, const struct lint_finding *finding)
{
    if (lint->skipped[code] || lint->code != DONE)
        return;
    lint->found++;
    if (lint->json)
        lint->code = listing_row(&lint->listing, finding_to_json(code, finding));
    else
        finding_print(code, finding);
    if (ferror(stdout))
        lint->code = FAILED; /* output_end() says why */
}

void lint_no_memory(struct lint *lint)
{
    if (lint->code == DONE)
        lint->code = failed("out of memory");
}

const char *lint_more(uint64_t count, char text[MORE_TEXT_SIZE])
{
    text[0] = '\0';
    if (count > 1)
        snprintf(text, MORE_TEXT_SIZE, " and %llu more", (unsigned long long)count - 1);
    return text;
}

const char *lint_names(const struct account *accounts, unsigned count, unsigned bits, char text[NAMES_SIZE])
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < count; i++) {
        if (!(bits >> i & 1))
            continue;
        const char *before = used == 0 ? "" : bits >> i == 1 ? " and " : ", ";
        int size = snprintf(text + used, NAMES_SIZE - used, "%s%s", before, accounts[i].name);
        if (size < 0 || (size_t)size >= NAMES_SIZE - used)
            break;
        used += (size_t)size;
    }
    return text;
}
