/* SPDX-License-Identifier: MPL-2.0 */
/* All sites, loaders and targets in memory: there are few. */
#ifndef NETBOOTCTL_LINT_POLICY_H
#define NETBOOTCTL_LINT_POLICY_H

#include "bootfile/way.h"
#include "frame/session.h"

/* Everything points into the view. */
struct policy {
    size_t site_count, loader_count, target_count;
    struct netboot_site *sites;
    struct netboot_loader *loaders;
    struct netboot_target *targets; /* in the order of their names */
    bool in_use[WAYS];              /* a site has a server for it */
    uint16_t longest_platform;      /* of the platforms with a loader, the one with the longest name */
    struct netboot_bytes longest_target;
};

/* An exit code. policy_free() in either case. */
int policy_load(struct session *session, struct policy *policy);
void policy_free(struct policy *policy);
/* The target of that name, or NULL. */
const struct netboot_target *policy_target(const struct policy *policy, struct netboot_bytes name);

/* The site at which a value makes the longest name for that way; NULL: none has a server for it, if it is relative. */
const struct netboot_site *policy_longest_site(const struct policy *policy, enum way way, struct netboot_bytes value);

/* Values that name files, and who may load them. */
struct value {
    const char *record; /* "target debian" */
    const char *key;    /* "file x64-uefi" */
    const char *fix;    /* the command that changes it: "netbootctl target set debian --file x64-uefi=FILE" */
    struct netboot_bytes file;
    uint16_t platform;           /* NETBOOT_PLATFORM_NONE: any */
    bool firmware, ipxe;         /* clients of that stage get it */
    bool by_script;              /* a script loads it; no answer names it */
    struct netboot_bytes target; /* the value of {target}; empty: that of whatever machine */
};
typedef void value_visit(const struct value *value, void *user);
void loader_values(const struct netboot_loader *loader, value_visit *each, void *user);
void target_values(const struct netboot_target *target, value_visit *each, void *user);
void host_values(const struct netboot_record *host, value_visit *each, void *user);

#define HOST_VALUE_KEY_SIZE (NETBOOT_FILE_SIZE + 8)
/* Platform and file of a host's value as text, and the value of it for the host `record`. */
const char *host_value_key(const struct value *value, char key[HOST_VALUE_KEY_SIZE]);
void host_value_of(const char *key, const char *record, value_visit *each, void *user);

/* "target debian", of a site or a target by its name. Returns `text`. */
const char *named_text(enum netboot_record_kind kind, struct netboot_bytes name, char text[NETBOOT_RECORD_TEXT_SIZE]);
/* "debian" of "target debian". */
const char *record_name(const char *record);

#endif
