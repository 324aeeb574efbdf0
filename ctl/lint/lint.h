/* SPDX-License-Identifier: MPL-2.0 */
/*
 * lint: what will not work, before a machine finds out at night.
 *
 * A table of checks (checks.c): some look at each record of a table, all in one walk over it, some at the whole after
 * that. A check reports a finding at once; a finding that many hosts share is tallied first, and reported once. Memory
 * grows with sites, loaders and targets, not with hosts.
 */
#ifndef NETBOOTCTL_LINT_H
#define NETBOOTCTL_LINT_H

#include "bootfile/account.h"
#include "frame/output.h"
#include "frame/session.h"
#include "policy.h"
#include "tally.h"
#include "json/record/json.h"

/* The findings that there are. */
enum lint_code {
    LINT_STORE_ACCESS,
    LINT_NO_NETBOOTD,
    LINT_NO_DEFAULT,
    LINT_SITE_WITHOUT_PREFIX,
    LINT_PREFIX_WITHOUT_EFFECT,
    LINT_NO_BASE,
    LINT_WRONG_SCHEME,
    LINT_WRONG_FAMILY,
    LINT_UNUSABLE_URL,
    LINT_NAME_TOO_LONG,
    LINT_NAME_LONG,
    LINT_EMPTY_TARGET,
    LINT_TARGET_PLATFORM,
    LINT_MISSING_TARGET,
    LINT_SHARED_ID,
    LINT_COMMON_UUID,
    LINT_NO_LOADER,
    LINT_NO_BOOT_FILE,
    LINT_MISSING_FILE,
    LINT_UNREADABLE_FILE,
    LINT_SHIM_ALONE,
    LINT_CODES
};

enum lint_severity { LINT_WARNING, LINT_ERROR };

struct lint_kind {
    const char *name; /* "no-base" */
    enum lint_severity severity;
    const char *summary;
};
extern const struct lint_kind lint_kinds[LINT_CODES];
const char *lint_severity_name(enum lint_severity severity); /* "warning", "error" */

#define LINT_ACCOUNTS_MAX 16
struct lint {
    struct session *session;
    struct policy policy; /* sites, loaders, targets */
    const char *root;     /* the data root, without a slash at its end; NULL: files are not checked */
    size_t root_size;
    unsigned reader_count, server_count;
    struct account readers[LINT_ACCOUNTS_MAX]; /* users who read boot files */
    struct account servers[LINT_ACCOUNTS_MAX]; /* users of DHCP servers, who read the store */
    bool skipped[LINT_CODES];
    bool json;
    struct listing listing;
    bool any_armed; /* at least one host is armed */
    uint64_t found;
    int code; /* the exit code of what went wrong meanwhile */
    /* What many hosts or files share. */
    struct tally missing_targets;         /* a digit, of what it is to be, and the target */
    struct tally host_values, host_files; /* "PLATFORM FILE" */
    struct tally closed;                  /* directories that may not be entered */
    struct tally scripts;                 /* scripts that were read */
    struct tally unserved;                /* machines of the journal that get nothing */
};

/* finding.c. Any text may be NULL. */
struct lint_finding {
    const char *record;  /* "target debian" */
    const char *key;     /* "kernel", "script, menu.ipxe line 12" */
    const char *file;    /* as the record has it */
    const char *path;    /* below the data root */
    const char *problem; /* what it is */
    const char *fix;     /* what to do or type */
    uint64_t count;      /* records with this finding, `record` the first of them; 0: one */
};
void lint_found(struct lint *lint, enum lint_code code, const struct lint_finding *finding);
/* Notes that memory ran out; lint then ends with trouble. */
void lint_no_memory(struct lint *lint);

/* " and 41 more" for 42, "" for 1. Returns `text`. */
#define MORE_TEXT_SIZE 32
const char *lint_more(uint64_t count, char text[MORE_TEXT_SIZE]);
/* "a, b and c" of the names of those whose bits are set. */
#define NAMES_SIZE 512
const char *lint_names(const struct account *accounts, unsigned count, unsigned bits, char text[NAMES_SIZE]);

/* ---- The checks: each of one record, or of the whole after all records */

/* An exit code. */
int lint_check_all(struct lint *lint);

void lint_store_access(struct lint *lint); /* store.c */
void lint_netbootd(struct lint *lint);

void lint_site_prefix(struct lint *lint, const struct netboot_record *site); /* sites.c */
void lint_prefixes(struct lint *lint);
void lint_site_family(struct lint *lint, const struct netboot_record *site);
void lint_bases(struct lint *lint);

void lint_loader_value(struct lint *lint, const struct netboot_record *loader); /* values.c */
void lint_target_values(struct lint *lint, const struct netboot_record *target);
void lint_host_values(struct lint *lint, const struct netboot_record *host);
void lint_host_values_tallied(struct lint *lint);

void lint_target_empty(struct lint *lint, const struct netboot_record *target); /* targets.c */
void lint_default_target(struct lint *lint);
void lint_defaults(struct lint *lint);

void lint_host_target(struct lint *lint, const struct netboot_record *host); /* hosts.c */
void lint_missing_targets(struct lint *lint);
void lint_host_ids(struct lint *lint, const struct netboot_record *host);
void lint_host_uuid(struct lint *lint, const struct netboot_record *host);

void lint_machines(struct lint *lint); /* machines.c */

void lint_data_root(struct lint *lint); /* files.c */
void lint_loader_file(struct lint *lint, const struct netboot_record *loader);
void lint_target_files(struct lint *lint, const struct netboot_record *target);
void lint_host_files(struct lint *lint, const struct netboot_record *host);
void lint_closed_directories(struct lint *lint);

#endif
