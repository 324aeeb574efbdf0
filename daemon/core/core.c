/* SPDX-License-Identifier: MPL-2.0 */
/* The loop: it answers at once, and does what can wait in between. */
#include "core/core.h"

#include "base/clock.h"
#include "base/failure.h"
#include "core/closer.h"
#include "core/control.h"
#include "core/log.h"
#include "core/notify.h"
#include "core/servers.h"
#include "core/state.h"
#include "handle/handle.h"
#include "journal/known.h"
#include "link/control.h"
#include "link/socket.h"
#include "once/once.h"

#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_US 100000
#define SECOND_US 1000000
#define STOP_SECONDS 5
#define SWEEP_ROWS 200 /* in each tick */

/* ---- Signals */

static void signals_ready(struct watch *watch)
{
    struct core *core = (struct core *)((uint8_t *)watch - offsetof(struct core, signals));
    struct signalfd_siginfo signal;

    if (read(watch->fd, &signal, sizeof(signal)) != sizeof(signal))
        return;
    if (signal.ssi_signo != SIGCHLD) {
        core->stop = true;
        return;
    }
    int status;
    for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;)
        control_child_ended(child, status);
}

static int signals_open(struct core *core, struct netboot_error *error)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    core->signals = (struct watch){.fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC), .ready = signals_ready};
    int code = core->signals.fd < 0 ? -errno : loop_add(&core->loop, &core->signals);
    return code == 0 ? 0 : failure(error, code, "cannot wait for signals: %s", strerror(-code));
}

/* ---- Hosts that are gone */

/* True also where it cannot be told. */
static bool is_there(const struct control_host *host, void *user)
{
    return once_has_host(user, host) != 0;
}

static void sweep(struct core *core)
{
    struct netboot_view *view;

    if (netboot_view_open(core->store, &view, NULL) != 0)
        return;
    book_sweep(core->book, is_there, view, SWEEP_ROWS);
    netboot_view_close(view);
}

/* ---- Its sockets */

static int find_socket(const struct core *core, const char *name, struct stat *ret, struct netboot_error *error)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/" RUN_DIRECTORY "/%s", core->directory, name);
    return stat(path, ret) == 0
               ? 0
               : failure(error, -errno, "%s was removed while netbootd listens there: %s", path, strerror(errno));
}

static const char *const socket_names[CORE_SOCKETS] = {SERVERS_SOCKET, CONTROL_SOCKET};

static int note_sockets(struct core *core, struct netboot_error *error)
{
    int code = 0;

    for (size_t i = 0; i < CORE_SOCKETS && code == 0; i++)
        code = find_socket(core, socket_names[i], &core->sockets[i], error);
    return code;
}

/* Where nobody can come to them any more, whoever starts netbootd starts it anew. */
static int check_sockets(const struct core *core, struct netboot_error *error)
{
    struct stat found;

    for (size_t i = 0; i < CORE_SOCKETS; i++) {
        int code = find_socket(core, socket_names[i], &found, error);
        if (code != 0)
            return code;
        if (found.st_ino != core->sockets[i].st_ino || found.st_dev != core->sockets[i].st_dev)
            return failure(error, -ESTALE, "%s/" RUN_DIRECTORY "/%s was removed while netbootd listens there",
                           core->directory, socket_names[i]);
    }
    return 0;
}

/* ---- The loop */

static int tick(struct core *core, struct netboot_error *error)
{
    static uint64_t second_us;
    uint64_t now = clock_us();

    sweep(core);
    servers_tick(core);
    if (now - second_us < SECOND_US)
        return 0;
    second_us = now;
    book_tidy(core->book);
    servers_expire();
    control_expire();
    core_log_tick();
    notify("WATCHDOG=1");
    return check_sockets(core, error);
}

/* How long nobody has anything to do but who is waited for. */
static int idle_ms(uint64_t tick_us, bool more)
{
    uint64_t now = clock_us();

    return more || now >= tick_us ? 0 : (int)((tick_us - now) / 1000) + 1;
}

/* Full rings are emptied between the questions, a batch at a time. */
static int run(struct core *core, struct netboot_error *error)
{
    uint64_t tick_us = clock_us();
    bool more = false;
    int code = 0;

    notify("READY=1");
    core_log("ready for %s", core->directory);
    while (!core->stop && code >= 0) {
        code = loop_round(&core->loop, idle_ms(tick_us, more));
        if (code < 0)
            failure(error, code, "cannot wait for anything: %s", strerror(-code));
        servers_settle(core);
        bool due = clock_us() >= tick_us;
        if (due || more)
            more = servers_drain(core);
        if (!due || code < 0)
            continue;
        code = tick(core, error);
        tick_us = clock_us() + TICK_US;
    }
    notify("STOPPING=1");
    return code < 0 ? code : 0;
}

/* ---- The whole */

static gid_t group_of(const char *name)
{
    const struct group *group = getgrnam(name);

    return group ? group->gr_gid : (gid_t)-1;
}

static int open_book(struct core *core, struct netboot_error *error)
{
    char state[PATH_MAX], run_directory[PATH_MAX];
    int code = armed_create(&core->armed, error);

    if (code != 0)
        return code;
    if ((size_t)snprintf(state, sizeof(state), "%s/state", core->directory) >= sizeof(state) ||
        (size_t)snprintf(run_directory, sizeof(run_directory), "%s/" RUN_DIRECTORY, core->directory) >=
            sizeof(run_directory))
        return failure(error, -ENAMETOOLONG, "the path %s is too long", core->directory);
    code = book_open(state, run_directory, &core->armed, &core->book, error);
    if (code == 0 && book_notice(core->book))
        core_log("%s", book_notice(core->book));
    return code;
}

static int open_keeper(struct core *core, struct netboot_error *error)
{
    const struct keeper_options options = {.size = core->journal_size, .known = known_in_store, .user = core->store};

    return keeper_open(core->directory, &options, &core->keeper, error);
}

/* A server of before netbootd may still write there. */
static int check_before(const struct core *core, struct netboot_error *error)
{
    static const char *const names[] = {"state", "journal"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s/data.mdb", core->directory, names[i]);
        if (access(path, F_OK) == 0)
            return failure(
                error, -EEXIST,
                "%s/%s is of a version before netbootd: run 'netbootctl -d %s init', which puts it aside and "
                "says what was armed",
                core->directory, names[i], core->directory);
    }
    return 0;
}

static int check_store(const struct core *core, struct netboot_error *error)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/targets/data.mdb", core->directory);
    if (access(path, F_OK) == 0 || errno != ENOENT)
        return 0;
    return failure(error, -ENOENT, "there is no store in %s: run netbootctl -d %s init", core->directory,
                   core->directory);
}

static int open_all(struct core *core, struct netboot_error *error)
{
    const struct netboot_store_options options = {.size = sizeof(options), .follow = true, .server = "netbootd"};
    int code = signals_open(core, error); /* before there are threads: they have it blocked as well */

    if (code == 0)
        code = check_store(core, error);
    if (code == 0)
        code = check_before(core, error);
    if (code == 0)
        code = socket_make_run(core->directory, error);
    if (code == 0)
        code = open_book(core, error);
    if (code == 0)
        code = handle_open(core->directory, &options, false, &core->store, error);
    if (code == 0)
        code = open_keeper(core, error);
    if (code == 0)
        code = servers_open(core, error);
    if (code == 0)
        code = control_door_open(core, error);
    if (code == 0)
        code = note_sockets(core, error);
    return code;
}

static void close_all(struct core *core)
{
    closer_end();
    alarm(STOP_SECONDS); /* whoever holds a lock of the targets store does not hold up the end */
    if (core->control_door.watch.ready)
        control_door_close(core);
    if (core->servers_door.watch.ready)
        servers_close(core);
    if (core->signals.ready)
        loop_remove(&core->loop, &core->signals);
    loop_fini(&core->loop);
    keeper_close(core->keeper);
    netboot_store_close(core->store);
    book_close(core->book);
    armed_close(&core->armed);
    alarm(0);
}

int core_run(const struct core_options *options, struct netboot_error *error)
{
    struct core core = {.directory = options->directory,
                        .owner = geteuid(),
                        .members = getegid(),
                        .operators = group_of(options->operators),
                        .tool = options->tool,
                        .journal_size = options->journal_size,
                        .armed.fd = -1};
    int code = loop_init(&core.loop);

    umask(0077);
    socket_close_by(closer_close);
    signal(SIGPIPE, SIG_IGN); /* whoever reads the log may be gone */
    if (code != 0)
        return failure(error, code, "cannot wait for anything: %s", strerror(-code));
    code = open_all(&core, error);
    if (code == 0)
        code = run(&core, error);
    close_all(&core);
    return code;
}
