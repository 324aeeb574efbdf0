/* SPDX-License-Identifier: MPL-2.0 */
/* A store in a directory of its own. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "netbootd.h"
#include "outcome.h"
#include "scratch.h"

#include <stdlib.h>

struct fixture {
    char directory[SCRATCH_SIZE];
    struct netboot_store *store; /* closed by teardown; NULL where a test opens none */
    pid_t netbootd;              /* ended by teardown; 0 where a test starts none */
};

/* With an empty store, which is not open. */
static inline struct fixture *fixture_new(void)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    scratch_make(fixture->directory);
    OK(netboot_store_create(fixture->directory, &error));
    return fixture;
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;

    netboot_store_close(fixture->store);
    netbootd_end(&fixture->netbootd);
    scratch_remove(fixture->directory);
    free(fixture);
    return 0;
}

#endif
