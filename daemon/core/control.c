/* SPDX-License-Identifier: MPL-2.0 */
/*
 * People and their programs. Root, netbootd's own user and the group of operators change what is armed; the group of
 * DHCP servers may only look.
 */
#include "core/control.h"

#include "base/failure.h"
#include "core/run.h"
#include "core/servers.h"
#include "link/control.h"
#include "link/socket.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENTS_MAX 128
#define HOSTS_MAX (1 << 20) /* of one client's orders */
#define ORDERS_MAX 1000
#define SEND_MS 5000
#define CHILDREN_MAX 16 /* commands that run at the same time */
#define GROUPS_MAX 1024

enum right { RIGHT_NONE, RIGHT_LOOK, RIGHT_CHANGE, RIGHT_ALL /* and to say for whom */ };

struct order {
    struct order *next;
    struct control_order what;
    struct book_host *hosts;
    size_t count, room;
};

struct client {
    struct watch watch; /* first */
    struct core *core;
    struct client *next;
    enum right right;
    uid_t user;
    pid_t child; /* that runs a command for it; 0: none */
    struct order *orders, *last;
    size_t order_count, host_count;
};

static struct client *clients;
static unsigned client_count;

/* ---- Who it is */

static bool is_in(const struct core *core, int fd, gid_t group, gid_t own)
{
    static gid_t groups[GROUPS_MAX];
    socklen_t size = sizeof(groups);

    (void)core;
    if (group == (gid_t)-1)
        return false;
    if (own == group)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0)
        return false;
    for (size_t i = 0; i < size / sizeof(groups[0]); i++)
        if (groups[i] == group)
            return true;
    return false;
}

static enum right right_of(const struct core *core, int fd, const struct ucred *peer)
{
    if (peer->uid == 0 || peer->uid == core->owner)
        return RIGHT_ALL;
    if (is_in(core, fd, core->operators, peer->gid))
        return RIGHT_CHANGE;
    return is_in(core, fd, core->members, peer->gid) ? RIGHT_LOOK : RIGHT_NONE;
}

/* ---- What is sent */

static void say(int fd, int code, const char *text)
{
    struct control_result result = {.head = control_head(CONTROL_RESULT, 0), .code = code};

    snprintf(result.text, sizeof(result.text), "%s", text);
    socket_send(fd, &result, sizeof(result), NULL, 0);
}

static void client_end(struct watch *watch)
{
    struct client *client = (struct client *)watch;

    while (client->orders) {
        struct order *order = client->orders;
        client->orders = order->next;
        free(order->hosts);
        free(order);
    }
    free(client);
}

static void drop(struct client *client)
{
    struct client **at = &clients;

    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    client_count--;
    loop_remove(&client->core->loop, &client->watch);
}

static void refuse(struct client *client, int code, const char *text)
{
    say(client->watch.fd, code, text);
    drop(client);
}

/* ---- Orders */

static void name_person(const struct client *client, char text[NETBOOT_ONCE_BY_SIZE])
{
    const struct passwd *user = getpwuid(client->user);

    if (user)
        snprintf(text, NETBOOT_ONCE_BY_SIZE, "%s", user->pw_name);
    else
        snprintf(text, NETBOOT_ONCE_BY_SIZE, "%u", (unsigned)client->user);
}

static void read_order(struct client *client, const void *message)
{
    struct order *order = client->order_count < ORDERS_MAX ? calloc(1, sizeof(*order)) : NULL;

    if (!order) {
        refuse(client, -E2BIG, "these are too many orders at once");
        return;
    }
    order->what = *(const struct control_order *)message;
    if (client->right != RIGHT_ALL || !order->what.by[0])
        name_person(client, order->what.by);
    if (client->last)
        client->last->next = order;
    else
        client->orders = order;
    client->last = order;
    client->order_count++;
}

static void take_host(const struct control_host *from, struct book_host *ret)
{
    *ret = (struct book_host){.store = from->store, .born = from->born, .key = {.size = from->key_size}};
    memcpy(ret->key.octets, from->key, from->key_size);
}

static bool make_room(struct order *order, size_t more)
{
    size_t room = order->room;

    while (room < order->count + more)
        room = room > 0 ? 2 * room : CONTROL_HOSTS_MAX;
    struct book_host *hosts = room > order->room ? realloc(order->hosts, room * sizeof(*hosts)) : order->hosts;
    if (!hosts)
        return false;
    order->hosts = hosts;
    order->room = room;
    return true;
}

static void read_hosts(struct client *client, const void *message)
{
    const struct control_hosts *hosts = message;
    struct order *order = client->last;

    client->host_count += hosts->head.count;
    if (!order) {
        refuse(client, -EINVAL, "hosts came without what is to be done with them");
        return;
    }
    if (client->host_count > HOSTS_MAX || !make_room(order, hosts->head.count)) {
        refuse(client, -E2BIG, "these are too many hosts at once");
        return;
    }
    for (uint32_t i = 0; i < hosts->head.count; i++)
        take_host(&hosts->hosts[i], &order->hosts[order->count++]);
}

static int carry_out(struct book *book, const struct order *order, struct netboot_error *error)
{
    const struct control_order *what = &order->what;
    const struct netboot_once_request request = {.size = sizeof(request),
                                                 .target = what->target,
                                                 .expires = what->expires,
                                                 .until_done = what->until_done,
                                                 .tries = what->tries,
                                                 .window = what->window,
                                                 .by = what->by};

    if (order->count == 0)
        return 0;
    switch (what->head.kind) {
    case CONTROL_ARM:
        return book_arm(book, order->hosts, order->count, &request, error);
    case CONTROL_DISARM:
        return book_disarm(book, order->hosts, order->count, what->by, error);
    default:
        return book_done(book, order->hosts, order->count, what->by, error);
    }
}

static void read_do(struct client *client, const void *message)
{
    struct netboot_error error = {0};
    int code = 0;

    (void)message;
    for (const struct order *order = client->orders; order && code == 0; order = order->next)
        code = carry_out(client->core->book, order, &error);
    refuse(client, code, error.text);
}

/* ---- What is asked */

static void fill_row(struct control_row *row, const struct book_host *host, const struct netboot_once *once)
{
    memset(row, 0, sizeof(*row));
    row->host = (struct control_host){.store = host->store, .born = host->born, .key_size = (uint16_t)host->key.size};
    memcpy(row->host.key, host->key.octets, host->key.size);
    row->once = *once;
}

static void read_get(struct client *client, const void *message)
{
    static struct control_rows rows;
    const struct control_hosts *hosts = message;
    struct netboot_once once;
    struct book_host host;

    if (hosts->head.count != 1) {
        refuse(client, -EINVAL, "one host is asked for at a time");
        return;
    }
    take_host(&hosts->hosts[0], &host);
    int code = book_find(client->core->book, &host, &once);
    if (code != 0) {
        say(client->watch.fd, code, "nothing is armed for that host");
        return;
    }
    rows.head = control_head(CONTROL_ROWS, 1);
    fill_row(&rows.rows[0], &host, &once);
    socket_send(client->watch.fd, &rows, control_rows_size(1), NULL, 0);
}

/* ---- Lists
 *
 * A child of this process sends them, as they are at this moment: it may wait for a slow reader. */

struct listing {
    int fd;
    bool failed;
    struct control_rows rows;
};

static void put(struct listing *listing, const void *message, size_t size)
{
    struct pollfd waiting = {.fd = listing->fd, .events = POLLOUT};
    int code = -EPIPE;

    while (!listing->failed && (code = socket_send(listing->fd, message, size, NULL, 0)) == -EAGAIN)
        if (poll(&waiting, 1, SEND_MS) <= 0)
            break;
    listing->failed |= code != 0;
}

static void put_rows(struct listing *listing)
{
    if (listing->rows.head.count > 0)
        put(listing, &listing->rows, control_rows_size(listing->rows.head.count));
    listing->rows.head.count = 0;
}

static void list_row(const struct book_host *host, const struct netboot_once *once, void *user)
{
    struct listing *listing = user;

    fill_row(&listing->rows.rows[listing->rows.head.count++], host, once);
    if (listing->rows.head.count == CONTROL_ROWS_MAX)
        put_rows(listing);
}

static void list_armings(const struct core *core, struct listing *listing)
{
    listing->rows.head = control_head(CONTROL_ROWS, 0);
    book_each(core->book, list_row, listing);
    put_rows(listing);
}

static void list_act(const struct book_act *act, void *user)
{
    static const enum control_kind kinds[] = {
        [ACT_ARM] = CONTROL_ARM, [ACT_DISARM] = CONTROL_DISARM, [ACT_DONE] = CONTROL_DONE};
    struct control_act message = {.head = control_head(CONTROL_ACT, 0),
                                  .wall = act->when,
                                  .action = kinds[act->kind],
                                  .hosts = act->hosts,
                                  .host = {.key_size = (uint16_t)act->key.size}};

    memcpy(message.host.key, act->key.octets, act->key.size);
    snprintf(message.target, sizeof(message.target), "%s", act->target);
    snprintf(message.by, sizeof(message.by), "%s", act->by);
    put(user, &message, sizeof(message));
}

static void list_acts(const struct core *core, struct listing *listing)
{
    book_each_act(core->book, list_act, listing);
}

static void list_server(const struct server_facts *facts, void *user)
{
    struct control_server message = {.head = control_head(CONTROL_SERVER, 0),
                                     .pid = facts->pid,
                                     .generation = facts->generation,
                                     .since = facts->since};

    snprintf(message.name, sizeof(message.name), "%s", facts->name);
    put(user, &message, sizeof(message));
}

static void list_servers(const struct core *core, struct listing *listing)
{
    servers_each(core, list_server, listing);
}

/* Only this client's connection stays open in the child: the end of netbootd's others is seen at once. */
static void keep_only(int fd)
{
    dup2(fd, STDIN_FILENO);
    close_range(STDIN_FILENO + 1, ~0U, 0);
}

static void list(struct client *client, void (*all)(const struct core *core, struct listing *listing))
{
    static struct listing listing;
    pid_t child = fork();

    if (child < 0)
        refuse(client, -EAGAIN, "this machine cannot start a process that lists it: try again");
    if (child != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    keep_only(client->watch.fd);
    listing = (struct listing){.fd = STDIN_FILENO};
    all(client->core, &listing);
    if (!listing.failed)
        say(STDIN_FILENO, 0, "");
    _exit(0);
}

static void read_list(struct client *client, const void *message)
{
    (void)message;
    list(client, list_armings);
}

static void read_acts(struct client *client, const void *message)
{
    (void)message;
    list(client, list_acts);
}

static void read_servers(struct client *client, const void *message)
{
    (void)message;
    list(client, list_servers);
}

/* ---- The journal */

static void read_journal(struct client *client, const void *message)
{
    struct keeper_figures figures;

    (void)message;
    keeper_figures(client->core->keeper, &figures);
    const struct control_figures answer = {
        .head = control_head(CONTROL_FIGURES, 0),
        .trouble = figures.trouble,
        .identity = figures.state.identity,
        .newest = figures.state.newest,
        .entries = figures.state.entries,
        .machines = figures.state.machines,
        .size = figures.state.size,
        .limit = figures.state.limit,
        .dropped = figures.dropped,
        .written = figures.written,
    };
    socket_send(client->watch.fd, &answer, sizeof(answer), NULL, 0);
}

/* ---- Commands */

static unsigned count_children(void)
{
    unsigned count = 0;

    for (const struct client *client = clients; client; client = client->next)
        count += client->child > 0;
    return count;
}

static void read_run(struct client *client, const void *message, const int *fds)
{
    const struct control_run *run = message;
    char person[NETBOOT_ONCE_BY_SIZE];
    struct netboot_error error;

    if (fds[0] < 0 || fds[1] < 0 || client->child > 0) {
        refuse(client, -EPROTO, "a command came without two files for what it says, or before the last one had ended");
        return;
    }
    if (count_children() >= CHILDREN_MAX) {
        refuse(client, -EAGAIN, "netbootd runs too many commands at the moment: try again");
        return;
    }
    name_person(client, person);
    pid_t child = run_start(client->core, run->words, run->head.count, person, fds[0], fds[1], &error);
    if (child < 0)
        refuse(client, child, error.text);
    else
        client->child = child;
}

void control_child_ended(pid_t child, int status)
{
    struct control_exit message = {.head = control_head(CONTROL_EXIT, 0)};

    for (struct client *client = clients; client; client = client->next)
        if (client->child == child) {
            message.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
            socket_send(client->watch.fd, &message, sizeof(message), NULL, 0);
            client->child = 0;
            return;
        }
}

/* ---- Messages */

static const struct {
    enum right right;
    void (*read)(struct client *client, const void *message);
} reads[CONTROL_KINDS] = {
    [CONTROL_ARM] = {RIGHT_CHANGE, read_order  },
      [CONTROL_DISARM] = {RIGHT_CHANGE, read_order  },
    [CONTROL_DONE] = {RIGHT_CHANGE, read_order  },
      [CONTROL_HOSTS] = {RIGHT_CHANGE, read_hosts  },
    [CONTROL_DO] = {RIGHT_CHANGE, read_do     },
      [CONTROL_GET] = {RIGHT_LOOK,   read_get    },
    [CONTROL_LIST] = {RIGHT_LOOK,   read_list   },
      [CONTROL_ACTS] = {RIGHT_LOOK,   read_acts   },
    [CONTROL_SERVERS] = {RIGHT_LOOK,   read_servers},
      [CONTROL_RUN] = {RIGHT_CHANGE, NULL        },
    [CONTROL_JOURNAL] = {RIGHT_LOOK,   read_journal},
};

static void take_message(struct client *client, void *message, ssize_t size, const int *fds)
{
    const struct control_head *head = message;

    if (size <= 0)
        drop(client);
    else if (!control_is_sound(message, (size_t)size) || reads[head->kind].right == RIGHT_NONE)
        refuse(client, -EPROTO, "netbootd does not know this message: it is of another version than this program");
    else if (client->right < reads[head->kind].right)
        refuse(client, -EACCES,
               client->right == RIGHT_NONE
                   ? "netbootd answers root and members of the groups netboot and netboot-operator"
                   : "only root and members of the group netboot-operator may change what is armed");
    else if (head->kind == CONTROL_RUN)
        read_run(client, message, fds);
    else
        reads[head->kind].read(client, message);
}

static void client_ready(struct watch *watch)
{
    static _Alignas(16) uint8_t message[CONTROL_MESSAGE_MAX];
    int fds[SOCKET_FDS_MAX];
    ssize_t size = socket_receive(watch->fd, message, sizeof(message), fds);

    if (size != -EAGAIN)
        take_message((struct client *)watch, message, size, fds);
    for (size_t i = 0; i < SOCKET_FDS_MAX; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* ---- The door */

static void take_in(struct core *core, int fd)
{
    struct client *client = client_count < CLIENTS_MAX ? calloc(1, sizeof(*client)) : NULL;
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);

    if (!client || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        say(fd, -EAGAIN, "too many programs ask netbootd at the same time: try again");
        free(client);
        close(fd);
        return;
    }
    *client = (struct client){
        .watch = {.fd = fd, .ready = client_ready, .end = client_end},
        .core = core,
        .next = clients,
        .right = right_of(core, fd, &peer),
        .user = peer.uid
    };
    if (loop_add(&core->loop, &client->watch) != 0) {
        free(client);
        close(fd);
        return;
    }
    clients = client;
    client_count++;
}

static void door_ready(struct watch *watch)
{
    struct core *core = (struct core *)((uint8_t *)watch - offsetof(struct core, control_door));
    int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0)
        take_in(core, fd);
}

static void door_end(struct watch *watch)
{
    (void)watch;
}

int control_door_open(struct core *core, struct netboot_error *error)
{
    int fd = socket_listen(core->directory, CONTROL_SOCKET, 0666, error);

    if (fd < 0)
        return fd;
    core->control_door = (struct watch){.fd = fd, .ready = door_ready, .end = door_end};
    int code = loop_add(&core->loop, &core->control_door);
    return code == 0 ? 0 : failure(error, code, "cannot wait for programs: %s", strerror(-code));
}

void control_door_close(struct core *core)
{
    while (clients)
        drop(clients);
    loop_remove(&core->loop, &core->control_door);
}
