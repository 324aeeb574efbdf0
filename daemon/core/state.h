/* SPDX-License-Identifier: MPL-2.0 */
/* What netbootd's core knows. */
#ifndef NETBOOTD_STATE_H
#define NETBOOTD_STATE_H

#include "core/door.h"
#include "journal/keeper.h"
#include "link/armed.h"
#include "once/book.h"

#include <sys/stat.h>
#include <sys/types.h>

struct server;

enum { CORE_SOCKETS = 2 };

struct core {
    const char *directory;
    struct loop loop;
    struct armed_set armed;
    struct book *book;
    struct keeper *keeper;       /* of the journal */
    struct netboot_store *store; /* whose hosts there are */
    struct door servers_door, control_door;
    struct watch signals;
    struct stat sockets[CORE_SOCKETS]; /* as they were made */
    struct server *servers;
    unsigned server_count, connection_count;
    uid_t owner;
    gid_t members, operators; /* (gid_t)-1: there is no such group */
    const char *tool;         /* netbootctl */
    uint64_t journal_size;
    bool stop;
};

#endif
