/* SPDX-License-Identifier: MPL-2.0 */
/* What netbootd tells people beside the armings: who did what, and which DHCP servers are there. */
#include "once/once.h"

#include "base/failure.h"

struct telling {
    int (*act)(const struct netboot_once_act *, void *user);
    int (*server)(const struct netboot_server *, void *user);
    void *user;
};

static int ask(struct netboot_store *store, enum control_kind kind, int (*each)(const void *message, void *user),
               struct telling *telling, struct netboot_error *error)
{
    int control = control_open(store->directory, error);
    int code = control < 0 ? control : control_list(control, kind, each, telling, error);

    control_close(control);
    return code;
}

static int tell_act(const void *message, void *user)
{
    static const enum netboot_once_action actions[] = {
        [CONTROL_ARM] = NETBOOT_ONCE_ARM, [CONTROL_DISARM] = NETBOOT_ONCE_DISARM, [CONTROL_DONE] = NETBOOT_ONCE_REPORT};
    const struct control_act *from = message;
    const struct telling *telling = user;

    if (from->head.kind != CONTROL_ACT)
        return -EPROTO;
    struct netboot_once_act act = {
        .when = from->wall,
        .action = actions[from->action],
        .hosts = from->hosts,
        .host = {.type = from->host.key.octets[0], .size = (uint8_t)(from->host.key.size - 1)}
    };
    memcpy(act.host.value, from->host.key.octets + 1, act.host.size);
    memcpy(act.target, from->target, sizeof(act.target));
    memcpy(act.by, from->by, sizeof(act.by));
    return telling->act(&act, telling->user);
}

int netboot_once_acts(struct netboot_store *store, int (*each)(const struct netboot_once_act *, void *user), void *user,
                      struct netboot_error *error)
{
    return ask(store, CONTROL_ACTS, tell_act, &(struct telling){.act = each, .user = user}, error);
}

static int tell_server(const void *message, void *user)
{
    const struct control_server *from = message;
    const struct telling *telling = user;

    if (from->head.kind != CONTROL_SERVER)
        return -EPROTO;
    struct netboot_server server = {.pid = from->pid, .generation = from->generation, .since = from->since};
    memcpy(server.name, from->name, sizeof(server.name));
    return telling->server(&server, telling->user);
}

int netboot_servers(struct netboot_store *store, int (*each)(const struct netboot_server *, void *user), void *user,
                    struct netboot_error *error)
{
    return ask(store, CONTROL_SERVERS, tell_server, &(struct telling){.server = each, .user = user}, error);
}

int netboot_daemon_run(const char *directory, const char *const *words, int out, int err, unsigned deadline_ms,
                       struct netboot_error *error)
{
    int control = control_open(directory, error);
    int code = control < 0 ? control : control_run(control, words, out, err, deadline_ms, error);

    control_close(control);
    return code;
}
