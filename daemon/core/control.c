/* SPDX-License-Identifier: MPL-2.0 */
/*
 * People and their programs. Root, netbootd's own user and the group of operators change what is armed; the group of
 * DHCP servers may only look.
 */
#include "core/control.h"

#include "base/clock.h"
#include "base/failure.h"
#include "core/closer.h"
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
#define CLIENTS_RESERVED 16 /* of those: for root and netbootd's own user */
#define CLIENTS_OF_ONE 32   /* of another user's */
#define IDLE_US 30000000
#define HOSTS_MAX (1 << 20)       /* of all clients' orders at the same time */
#define HOSTS_OF_OTHERS (1 << 19) /* of those: of clients that are neither root nor netbootd's own user */
#define HOSTS_OF_OPERATOR 100000  /* of one of these clients */
#define ORDERS_MAX 1000
#define SEND_MS 5000
#define CHILDREN_MAX 16 /* lists and commands that run at the same time */
#define LIST_SECONDS 30 /* that a list may take */
#define GROUPS_MAX 1024

enum right { RIGHT_NONE, RIGHT_LOOK, RIGHT_CHANGE, RIGHT_ALL /* and to say for whom */ };

struct order {
    struct order *next;
    struct control_order what;
    struct control_host *hosts;
    size_t count, room;
};

struct client {
    struct watch watch; /* first */
    struct core *core;
    struct client *next;
    enum right right;
    uid_t user;
    char person[NETBOOT_ONCE_BY_SIZE]; /* its name; empty: not asked for yet */
    uint64_t heard_us;
    bool busy; /* a child works for it: nothing is read meanwhile */
    struct order *orders, *last;
    size_t order_count, host_count;
};

static struct client *clients;
static unsigned client_count;
static size_t all_hosts, others_hosts; /* of orders */

/* A child lives on when its client is gone, until it is reaped. */
static struct child {
    pid_t pid; /* 0: none */
    struct client *client;
    bool command;
} children[CHILDREN_MAX];

/* ---- Who it is */

static bool is_in(int fd, gid_t group, gid_t own)
{
    static gid_t groups[GROUPS_MAX];
    socklen_t size = sizeof(groups);

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
    if (is_in(fd, core->operators, peer->gid))
        return RIGHT_CHANGE;
    return is_in(fd, core->members, peer->gid) ? RIGHT_LOOK : RIGHT_NONE;
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

static void kill_child(const struct client *client)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (children[i].pid > 0 && children[i].client == client) {
            kill(children[i].pid, SIGKILL);
            children[i].client = NULL;
        }
}

static void drop(struct client *client)
{
    struct client **at = &clients;

    kill_child(client);
    all_hosts -= client->host_count;
    others_hosts -= client->right == RIGHT_ALL ? 0 : client->host_count;
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

/* Asked for once: whoever knows users may be slow. */
static const char *person(struct client *client)
{
    const struct passwd *user = client->person[0] ? NULL : getpwuid(client->user);

    if (user)
        snprintf(client->person, sizeof(client->person), "%s", user->pw_name);
    else if (!client->person[0])
        snprintf(client->person, sizeof(client->person), "%u", (unsigned)client->user);
    return client->person;
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
        snprintf(order->what.by, sizeof(order->what.by), "%s", person(client));
    if (client->last)
        client->last->next = order;
    else
        client->orders = order;
    client->last = order;
    client->order_count++;
}

/* Of one client's, and of all that wait. */
static bool may_have(const struct client *client, size_t more)
{
    if (all_hosts + more > HOSTS_MAX)
        return false;
    return client->right == RIGHT_ALL ||
           (client->host_count + more <= HOSTS_OF_OPERATOR && others_hosts + more <= HOSTS_OF_OTHERS);
}

static void count_hosts(struct client *client, size_t more)
{
    client->host_count += more;
    all_hosts += more;
    others_hosts += client->right == RIGHT_ALL ? 0 : more;
}

static bool make_room(struct order *order, size_t more)
{
    size_t room = order->room;

    while (room < order->count + more)
        room = room > 0 ? 2 * room : CONTROL_HOSTS_MAX;
    struct control_host *hosts = room > order->room ? realloc(order->hosts, room * sizeof(*hosts)) : order->hosts;
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

    if (!order) {
        refuse(client, -EINVAL, "hosts came without what is to be done with them");
        return;
    }
    if (!may_have(client, hosts->head.count) || !make_room(order, hosts->head.count)) {
        refuse(client, -E2BIG, "these are too many hosts at once");
        return;
    }
    count_hosts(client, hosts->head.count);
    memcpy(&order->hosts[order->count], hosts->hosts, hosts->head.count * sizeof(*order->hosts));
    order->count += hosts->head.count;
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

static void read_get(struct client *client, const void *message)
{
    static struct control_rows rows;
    const struct control_hosts *hosts = message;
    struct control_row *row = &rows.rows[0];

    if (hosts->head.count != 1) {
        refuse(client, -EINVAL, "one host is asked for at a time");
        return;
    }
    row->host = hosts->hosts[0];
    int code = book_find(client->core->book, &row->host, &row->once);
    if (code != 0) {
        say(client->watch.fd, code, "nothing is armed for that host");
        return;
    }
    rows.head = control_head(CONTROL_ROWS, 1);
    socket_send(client->watch.fd, &rows, control_rows_size(1), NULL, 0);
}

/* ---- Children */

/* NULL: there are too many. */
static struct child *free_child(struct client *client)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (children[i].pid == 0)
            return &children[i];
    refuse(client, -EAGAIN, "netbootd does too much for others at the moment: try again");
    return NULL;
}

static void begin_child(struct child *child, pid_t pid, struct client *client, bool command)
{
    *child = (struct child){.pid = pid, .client = client, .command = command};
    client->busy = true;
    loop_pause(&client->core->loop, &client->watch, true);
}

static void end_command(struct client *client, int status)
{
    struct control_exit message = {.head = control_head(CONTROL_EXIT, 0)};

    message.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    socket_send(client->watch.fd, &message, sizeof(message), NULL, 0);
}

void control_child_ended(pid_t pid, int status)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        struct client *client = children[i].client;
        if (children[i].pid != pid)
            continue;
        children[i].pid = 0;
        if (!client)
            return;
        children[i].client = NULL;
        client->busy = false;
        client->heard_us = clock_us();
        loop_pause(&client->core->loop, &client->watch, false);
        if (children[i].command)
            end_command(client, status);
        else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            drop(client); /* it has a part of a list */
        return;
    }
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

static void list_row(const struct control_host *host, const struct netboot_once *once, void *user)
{
    struct listing *listing = user;

    listing->rows.rows[listing->rows.head.count++] = (struct control_row){*host, *once};
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
                                  .host = {.key = act->key}};

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

static void put_end(struct listing *listing)
{
    const struct control_result result = {.head = control_head(CONTROL_RESULT, 0)};

    put(listing, &result, sizeof(result));
}

static void list(struct client *client, void (*all)(const struct core *core, struct listing *listing))
{
    static struct listing listing;
    struct child *child = free_child(client);
    pid_t pid = child ? fork() : -1;

    if (pid > 0)
        begin_child(child, pid, client, false);
    else if (pid < 0 && child)
        refuse(client, -EAGAIN, "this machine cannot start a process that lists it: try again");
    if (pid != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(LIST_SECONDS);
    keep_only(client->watch.fd);
    listing = (struct listing){.fd = STDIN_FILENO};
    all(client->core, &listing);
    if (!listing.failed)
        put_end(&listing);
    _exit(listing.failed);
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

static void read_run(struct client *client, const void *message, const int *fds)
{
    const struct control_run *run = message;
    struct netboot_error error;

    if (fds[0] < 0 || fds[1] < 0) {
        say(client->watch.fd, CONTROL_NO_FILES, "a command came without two files for what it says");
        return;
    }
    struct child *child = free_child(client);
    if (!child)
        return;
    pid_t pid = run_start(client->core, run->words, run->head.count, person(client), fds[0], fds[1], &error);
    if (pid < 0)
        refuse(client, pid, error.text);
    else
        begin_child(child, pid, client, true);
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
        refuse(client, -EACCES, "only root and members of the group netboot-operator may change what is armed");
    else if (head->kind == CONTROL_RUN)
        read_run(client, message, fds);
    else
        reads[head->kind].read(client, message);
}

static void client_ready(struct watch *watch)
{
    static _Alignas(16) uint8_t message[CONTROL_MESSAGE_MAX];
    struct client *client = (struct client *)watch;
    int fds[SOCKET_FDS_MAX];

    if (client->busy) { /* only a hang-up is told */
        drop(client);
        return;
    }
    ssize_t size = socket_receive(watch->fd, message, sizeof(message), fds);
    client->heard_us = clock_us();
    if (size != -EAGAIN)
        take_message(client, message, size, fds);
    for (size_t i = 0; i < SOCKET_FDS_MAX; i++)
        if (fds[i] >= 0)
            closer_close(fds[i]);
}

/* ---- The door */

/* Whoever may do more keeps a place, however many there are of those who may do less. */
static bool has_room(enum right right, uid_t user)
{
    unsigned same = 0;

    if (right == RIGHT_ALL)
        return client_count < CLIENTS_MAX;
    for (const struct client *client = clients; client; client = client->next)
        same += client->user == user;
    return client_count < CLIENTS_MAX - CLIENTS_RESERVED && same < CLIENTS_OF_ONE;
}

/* NULL: it was told why. */
static struct client *let_in(struct core *core, int fd)
{
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);
    enum right right =
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? right_of(core, fd, &peer) : RIGHT_NONE;

    if (right == RIGHT_NONE) {
        say(fd, -EACCES, "netbootd answers root and members of the groups netboot and netboot-operator");
        return NULL;
    }
    struct client *client = has_room(right, peer.uid) ? malloc(sizeof(*client)) : NULL;
    if (!client) {
        say(fd, -EAGAIN, "too many programs ask netbootd at the same time: try again");
        return NULL;
    }
    *client = (struct client){
        .watch = {.fd = fd, .ready = client_ready, .end = client_end},
        .core = core,
        .next = clients,
        .right = right,
        .user = peer.uid,
        .heard_us = clock_us()
    };
    return client;
}

static void take_in(struct core *core, int fd)
{
    struct client *client = let_in(core, fd);

    if (!client || loop_add(&core->loop, &client->watch) != 0) {
        free(client);
        closer_close(fd);
        return;
    }
    if (client->right >= RIGHT_CHANGE)
        socket_let_pass(fd, true); /* what a command says goes to files of theirs */
    clients = client;
    client_count++;
}

void control_expire(void)
{
    uint64_t now = clock_us();

    for (struct client *client = clients, *next; client; client = next) {
        next = client->next;
        if (!client->busy && now - client->heard_us > IDLE_US)
            refuse(client, -ETIMEDOUT, "nothing was asked for too long");
    }
}

int control_door_open(struct core *core, struct netboot_error *error)
{
    core->control_door = (struct door){.core = core, .take_in = take_in};
    return door_open(&core->control_door, &core->loop, core->directory, CONTROL_SOCKET, 0666, error);
}

void control_door_close(struct core *core)
{
    while (clients)
        drop(clients);
    loop_remove(&core->loop, &core->control_door.watch);
}
