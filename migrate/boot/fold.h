/* SPDX-License-Identifier: MPL-2.0 */
/* The scene folded into records. Nothing here prints. */
#ifndef NETBOOTCTL_MIGRATE_FOLD_H
#define NETBOOTCTL_MIGRATE_FOLD_H

#include "spec.h"
#include "trial.h"
#include "where.h"

#include "migrate/base/findings.h"

struct fold {
    struct scene *scene;
    struct trial *trial;
    struct where *where;
    struct findings *findings;
    struct netboot_error *error;
    bool classes[BOOT_FAMILIES][MEANING_COUNT]; /* of the configuration say something of it, too */
    cJSON *records;
    struct texts names; /* that are taken, and how often they were wanted */
    struct spec all;
    struct texts targets; /* specifications that have a target, with its number */
    const char **target_names;
    size_t target_count;
};

/* own.c: what Kea's own configuration is to say; after all was asked. */
void own_read(struct fold *fold);
/* Whether it has a boot file where netboot has to take it from clients that boot. */
bool own_is_too_much(const struct fold *fold);
/* What it says to the client of a row, which is not in a class. */
struct reply own_reply(const struct scene *scene, const struct row *row);
/* {"subnets": {PREFIX: reply}, "hosts": {NAME: {PREFIX: reply}}}, a reply being {"next-server", "boot-file-name",
 * "server-hostname", and by code options in hexadecimal}. NULL: out of memory. */
cJSON *own_to_json(const struct fold *fold, unsigned family);

/* sites.c: a site for each sort of place. */
int fold_sites(struct fold *fold);
/* fold.c: loaders and the target `default`, which are put into the trial with the sites. */
int fold_default(struct fold *fold);
/* machines.c: hosts, and their targets. */
int fold_machines(struct fold *fold);

/* record.c: a new record of that type, and the same among the records; NULL: out of memory. */
cJSON *record_new(const char *type, const char *name);
cJSON *record_add(struct fold *fold, const char *type, const char *name);
/* A name for a record, made of a text, that no other record of the type has. */
const char *name_make(struct fold *fold, const char *type, const char *text);
/* {"x64-uefi": file, ..}; nothing if there are none. -ENOMEM. */
int files_add(cJSON *object, const char *key, const char *const files[ARCH_COUNT]);

/* Takes out of a specification what no record can hold, and tells of it unless `what` is NULL. */
void spec_check(struct fold *fold, const char *what, struct spec *spec);
void fold_free(struct fold *fold);

/* check.c: every client decided from the records and compared with what it wants. Differences are findings. */
int check(struct fold *fold);
/* depend.c: clients that say what expressions look at, tried in every place. What makes a difference is a finding. */
int depend(struct fold *fold);

#endif
