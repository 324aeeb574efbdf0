/* SPDX-License-Identifier: MPL-2.0 */
/* Two servers in two network namespaces, each on a link of its own to this process, which is in a third. */
#include "migrate/base/directory.h"
#include "migrate/base/program.h"
#include "verify.h"

#include "frame/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMAND_SECONDS = 30, START_SECONDS = 60 };

const char *bench_address(int side, bool ours)
{
    static const char *const addresses[SIDES][2] = {
        {"198.19.255.253", "198.19.255.254"},
        {"198.19.255.249", "198.19.255.250"},
    };

    return addresses[side][ours];
}

/* Runs a command line of the system's tools. */
__attribute__((format(printf, 2, 3))) static int command(const struct server *server, const char *format, ...)
{
    const char *words[32];
    struct program_result result;
    struct netboot_error error;
    char text[512], said[200] = "", *rest = NULL;
    unsigned count = 0;
    va_list arguments;

    (void)server;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    for (char *word = strtok_r(text, " ", &rest); word && count < 31; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    words[count] = NULL;
    if (program_run(words, COMMAND_SECONDS, &result, &error) != 0)
        return failed("%s", error.text);
    snprintf(said, sizeof(said), "%.*s", (int)strcspn(result.out, "\n"), result.out);
    free(result.out);
    return result.status == 0
               ? DONE
               : failed("%s %s %s: %s", words[0], count > 1 ? words[1] : "", count > 2 ? words[2] : "", said);
}

/* ---- The bench -------------------------------------------------------------------------------------------------- */

static int file_put(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    bool ok = file && fputs(text, file) >= 0;

    if (file && fclose(file) != 0)
        ok = false;
    return ok ? DONE : failed("%s cannot be written: %s", path, strerror(errno));
}

int bench_begin(struct bench *bench, struct migration *migration)
{
    const char *temporary = getenv("TMPDIR");
    char path[4096];

    *bench = (struct bench){.migration = migration};
    for (int side = 0; side < SIDES; side++) {
        struct server *server = &bench->servers[side];
        server->name = side == OLD ? "dhcpd" : "Kea";
        server->sockets[FAMILY_4] = server->sockets[FAMILY_6] = -1;
    }
    if (geteuid() != 0)
        return failed("--verify needs root, to make network namespaces: call it with sudo");
    snprintf(path, sizeof(path), "%s/netboot-verify.XXXXXX", temporary && temporary[0] ? temporary : "/tmp");
    if (!mkdtemp(path) || !(bench->directory = strdup(path)))
        return failed("%s cannot be made: %s", path, strerror(errno));
    if (unshare(CLONE_NEWNET) != 0)
        return failed("no network namespace can be made: %s", strerror(errno));
    int code = command(NULL, "ip link set lo up");
    if (code == DONE)
        code = file_put("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
    /* Whatever a relay's address is: it is ours. */
    if (code == DONE)
        code = command(NULL, "ip route add local 0.0.0.0/0 dev lo table main");
    return code;
}

static void server_stop(struct server *server)
{
    for (int family = 0; family < FAMILY_COUNT; family++) {
        if (server->sockets[family] >= 0)
            close(server->sockets[family]);
        server->sockets[family] = -1;
    }
    if (server->process > 0) {
        kill(server->process, SIGKILL);
        while (waitpid(server->process, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    server->process = 0;
    free(server->log);
    server->log = NULL;
}

void bench_stop(struct bench *bench)
{
    for (int side = 0; side < SIDES; side++)
        server_stop(&bench->servers[side]);
}

void bench_end(struct bench *bench)
{
    bench_stop(bench);
    if (bench->directory)
        directory_remove(bench->directory);
    free(bench->directory);
    bench->directory = NULL;
}

/* ---- A server --------------------------------------------------------------------------------------------------- */

/* The process of a server: waits in its namespace until its link is there. */
static void server_process(const char *const *words, const char *log, int ready, int go)
{
    char octet = 0;
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (out < 0 || unshare(CLONE_NEWNET) != 0 || write(ready, "", 1) != 1 || read(go, &octet, 1) != 1 ||
        dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(126);
    execv(words[0], (char *const *)words);
    _exit(127);
}

/* The veth pair between us, with addresses that no configuration has: dhcpd wants some. */
static int link_make(struct server *server, int side)
{
    int pid = (int)server->process;
    int code;

    /* Of its own, for each run: an interface goes with the other namespace, in the kernel's own time. */
    snprintf(server->interface, sizeof(server->interface), "side%d", pid);
    code = command(server, "ip link add %s type veth peer name eth0 netns %d", server->interface, pid);
    if (code == DONE)
        code = command(server, "ip address add %s/30 dev %s", bench_address(side, true), server->interface);
    if (code == DONE)
        code = command(server, "ip link set %s up", server->interface);
    if (code == DONE)
        code = command(server, "nsenter -t %d -n sysctl -q -w net.ipv6.conf.eth0.accept_dad=0", pid);
    if (code == DONE)
        code = command(server, "nsenter -t %d -n ip link set lo up", pid);
    if (code == DONE)
        code = command(server, "nsenter -t %d -n ip link set eth0 up", pid);
    if (code == DONE)
        code = command(server, "nsenter -t %d -n ip address add %s/30 dev eth0", pid, bench_address(side, false));
    if (code == DONE)
        code =
            command(server, "nsenter -t %d -n ip address add fdff:ffff:ffff:fff1::%d/64 dev eth0 nodad", pid, side + 1);
    if (code == DONE)
        code = command(server, "nsenter -t %d -n ip route add default via %s", pid, bench_address(side, true));
    return code;
}

static int socket_bind(struct server *server, int family)
{
    struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons(67)};
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(547)};
    const struct sockaddr *any = family == FAMILY_4 ? (struct sockaddr *)&any4 : (struct sockaddr *)&any6;
    socklen_t size = family == FAMILY_4 ? sizeof(any4) : sizeof(any6);
    int on = 1, handle = socket(any->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    server->sockets[family] = handle;
    if (handle < 0 || setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        setsockopt(handle, SOL_SOCKET, SO_BINDTODEVICE, server->interface, (socklen_t)strlen(server->interface)) != 0 ||
        (family == FAMILY_6 && setsockopt(handle, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
        (family == FAMILY_4 && setsockopt(handle, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)) != 0) ||
        bind(handle, any, size) != 0)
        return failed("no socket for %s: %s", server->name, strerror(errno));
    return DONE;
}

static int server_fork(struct server *server, const char *const *words)
{
    int ready[2], go[2];
    char octet;

    if (pipe2(ready, O_CLOEXEC) != 0 || pipe2(go, O_CLOEXEC) != 0)
        return failed("no pipe: %s", strerror(errno));
    server->process = fork();
    if (server->process == 0) {
        close(ready[0]);
        close(go[1]);
        server_process(words, server->log, ready[1], go[0]);
    }
    close(ready[1]);
    close(go[0]);
    int code = server->process > 0 && read(ready[0], &octet, 1) == 1
                   ? link_make(server, server->name[0] == 'd' ? OLD : NEW)
                   : failed("%s cannot be run in a network namespace", server->name);
    if (code == DONE && write(go[1], "", 1) != 1)
        code = failed("%s cannot be started", server->name);
    close(ready[0]);
    close(go[1]);
    return code;
}

static bool log_has(const char *path, const char *text)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    bool found = false;

    while (file && !found && getline(&line, &room, file) > 0)
        found = strstr(line, text) != NULL;
    free(line);
    if (file)
        fclose(file);
    return found;
}

static void log_show(const struct server *server)
{
    FILE *file = fopen(server->log, "re");
    char *line = NULL;
    size_t room = 0;

    while (file && getline(&line, &room, file) > 0)
        if (strstr(line, "rror") || strstr(line, "ERROR") || strstr(line, " line "))
            fprintf(stderr, "  %s: %s", server->name, line);
    free(line);
    if (file)
        fclose(file);
}

static int server_await(struct server *server, const char *said)
{
    for (int tenths = 0; tenths < START_SECONDS * 20; tenths++) {
        const struct timespec moment = {.tv_nsec = 50000000};
        if (log_has(server->log, said))
            return DONE;
        if (waitpid(server->process, NULL, WNOHANG) == server->process) {
            server->process = 0;
            log_show(server);
            return failed("%s does not start with this configuration", server->name);
        }
        nanosleep(&moment, NULL);
    }
    log_show(server);
    return failed("%s does not serve within %d seconds", server->name, START_SECONDS);
}

/* A copy of the program: AppArmor's profile of the installed one lets it read the system's own files only. */
static char *program_take(struct bench *bench, const char *name)
{
    char *from = program_find(name), *to = directory_file(bench->directory, name);
    int code = from && to ? command(NULL, "cp -- %s %s", from, to) : failed("%s is not installed", name);

    free(from);
    if (code == DONE)
        return to;
    free(to);
    return NULL;
}

static int old_start(struct bench *bench, int family, const struct statement *top)
{
    struct server *server = &bench->servers[OLD];
    char *program = program_take(bench, "dhcpd"), *config = directory_file(bench->directory, "dhcpd.conf");
    char *leases = directory_file(bench->directory, "dhcpd.leases");
    const char *const words[] = {
        program, family == FAMILY_4 ? "-4" : "-6", "-f", "-d", "--no-pid", "-cf", config, "-lf", leases, "eth0", NULL};
    int code = program && config && leases && server->log ? config_old_write(bench, family, top, config) : FAILED;

    if (code == DONE)
        code = leases_old_write(bench, family, leases);
    if (code == DONE)
        code = server_fork(server, words);
    if (code == DONE)
        code = server_await(server, "Server starting service");
    if (code == DONE)
        code = socket_bind(server, family);
    free(leases);
    free(config);
    free(program);
    return code;
}

static int new_start(struct bench *bench, int family)
{
    struct server *server = &bench->servers[NEW];
    char *program = program_take(bench, family == FAMILY_4 ? "kea-dhcp4" : "kea-dhcp6");
    char *config = directory_file(bench->directory, "kea.conf");
    const char *const words[] = {program, "-c", config, NULL};
    int code = program && config && server->log ? config_new_write(bench, family, config) : FAILED;

    setenv("KEA_PIDFILE_DIR", bench->directory, true);
    setenv("KEA_LOCKFILE_DIR", bench->directory, true);
    if (code == DONE)
        code = server_fork(server, words);
    if (code == DONE)
        code = server_await(server, family == FAMILY_4 ? "DHCP4_STARTED" : "DHCP6_STARTED");
    if (code == DONE)
        code = socket_bind(server, family);
    free(config);
    free(program);
    return code;
}

int bench_start(struct bench *bench, int family, const struct statement *top)
{
    static const char *const logs[FAMILY_COUNT][SIDES] = {
        {"dhcpd4.log", "kea4.log"},
        {"dhcpd6.log", "kea6.log"},
    };

    bench_stop(bench);
    for (int side = 0; side < SIDES; side++)
        bench->servers[side].log = directory_file(bench->directory, logs[family][side]);
    int code = old_start(bench, family, top);
    return code == DONE ? new_start(bench, family) : code;
}
