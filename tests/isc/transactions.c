/* SPDX-License-Identifier: MPL-2.0 */
/* The transaction of each entry of a store's journal, a line each. */
#include "netboot-store.h"

#include <inttypes.h>
#include <stdio.h>

static int print(const struct netboot_journal_entry *entry, void *user)
{
    return fprintf(user, "%" PRIu32 "\n", entry->transaction) < 0;
}

int main(int argc, char **argv)
{
    struct netboot_error error = {.text = "usage: transactions DIRECTORY"};
    struct netboot_store *store = NULL;
    int status = argc == 2 ? netboot_store_open(argv[1], NULL, &store, &error) : -1;

    if (status == 0)
        status = netboot_journal_entries(store, NULL, print, stdout, &error);
    if (status != 0)
        fprintf(stderr, "%s\n", error.text);
    netboot_store_close(store);
    return status != 0;
}
