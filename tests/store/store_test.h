/* SPDX-License-Identifier: MPL-2.0 */
/* What the tests of the store's faults share with the second process that they start. */
#ifndef STORE_TEST_H
#define STORE_TEST_H

#include "asking.h"
#include "eventually.h"
#include "outcome.h"
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- Time */

static inline void sleep_ms(unsigned ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

/* ---- Hosts by number: MAC 52:54:00 and the number, name hNUMBER unless another one is given */

static inline void mac_of(unsigned number, uint8_t mac[6])
{
    uint8_t octets[6] = {0x52, 0x54, 0x00, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};

    memcpy(mac, octets, sizeof(octets));
}

static inline int put_host(struct netboot_change *change, unsigned number, const char *name,
                           struct netboot_error *error)
{
    struct netboot_host host = {.ids.count = 1};
    char text[32];
    uint8_t id[7] = {NETBOOT_ID_MAC};

    snprintf(text, sizeof(text), "h%u", number);
    mac_of(number, id + 1);
    host.name = bytes_of(name ? name : text);
    host.ids.items[0] = (struct netboot_bytes){id, sizeof(id)};
    return typed_put_host(change, &host, error);
}

#define ROUND_HOSTS 8

/* All of eight hosts, and the default target, get the number of the round in one change. */
static inline int put_round(struct netboot_store *store, unsigned round, struct netboot_error *error)
{
    struct netboot_target target = {.name = bytes_of("default")};
    struct netboot_change *change;
    char name[32], script[32];
    int code = netboot_change_open(store, 20000, &change, error);

    if (code != 0)
        return code;
    snprintf(script, sizeof(script), "round%u.ipxe", round);
    target.script = bytes_of(script);
    code = typed_put_target(change, &target, error);
    for (unsigned i = 0; i < ROUND_HOSTS && code == 0; i++) {
        snprintf(name, sizeof(name), "round%u-%u", round, i);
        code = put_host(change, i, name, error);
    }
    if (code == 0)
        return netboot_change_commit(change, error);
    netboot_change_abort(change);
    return code;
}

/* The round that a view shows; all hosts and the target have to be of the same one. 0: of none yet. */
static inline unsigned round_of(struct netboot_view *view)
{
    struct netboot_target target;
    struct netboot_host host;
    unsigned round = 0, of_target = 0, number;

    if (typed_get_target(view, "default", &target) == 0)
        assert_int_equal(sscanf((const char *)target.script.data, "round%u.", &of_target), 1);
    for (unsigned i = 0; i < ROUND_HOSTS; i++) {
        struct netboot_id id = {.type = NETBOOT_ID_MAC, .size = 6};
        unsigned of_host = 0;
        mac_of(i, id.value);
        int code = typed_get_host(view, &id, &host);
        assert_true(code == 0 || code == -ENOENT);
        if (code == 0) {
            assert_int_equal(sscanf((const char *)host.name.data, "round%u-%u", &of_host, &number), 2);
            assert_int_equal(number, i);
        }
        if (i > 0 && of_host != round)
            fail_msg("host %u is of round %u, others are of %u", i, of_host, round);
        round = of_host;
    }
    assert_int_equal(round, of_target);
    return round;
}

/* What iPXE on the host of that number asks. */
static inline void query_of(struct netboot_query *query, unsigned number)
{
    static _Thread_local uint8_t mac[6];
    static const uint8_t arch[2] = {0, 7};

    mac_of(number, mac);
    *query = query_from(mac);
    netboot_query_add(query, 60, "PXEClient", 9);
    netboot_query_add(query, 77, "iPXE", 4);
    netboot_query_add(query, 93, arch, sizeof(arch));
}

/* Whether a packet of host `number` is answered from the store, with this host name (NULL: any). */
static inline bool is_served(struct netboot_store *store, unsigned number, const char *name)
{
    struct netboot_query query;
    struct netboot_result result;

    query_of(&query, number);
    memset(&result, 0xff, sizeof(result));
    int code = netboot_serve(store, &query, &result);
    if (code != 0) {
        assert_int_equal(result.answer.edit_count, 0);
        assert_int_equal(result.decision.outcome, NETBOOT_NO_BOOT_FILE);
        assert_int_equal(result.decision.reason_count, 0);
        assert_string_equal(result.decision.host, "");
        assert_string_equal(result.decision.boot_file, "");
    }
    return code == 0 && (!name || strcmp(result.decision.host, name) == 0);
}

/* ---- Packets that wait for nothing */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* its own locks sleep */
#else
#define SANITIZED 0
#endif

/* Serves a packet. *slept: one more if the thread slept in there, but for pages that the kernel brought in: those that
 * a writer has just written it brings in for each process, and has up to four locks for each, which others wait for. */
static inline int serve_at_once(struct netboot_store *store, const struct netboot_query *query,
                                struct netboot_result *ret, atomic_uint *slept)
{
    struct rusage before, after;

    assert_int_equal(getrusage(RUSAGE_THREAD, &before), 0);
    int code = netboot_serve(store, query, ret);
    assert_int_equal(getrusage(RUSAGE_THREAD, &after), 0);
    long pages = after.ru_minflt + after.ru_majflt - before.ru_minflt - before.ru_majflt;
    *slept += !SANITIZED && after.ru_nvcsw - before.ru_nvcsw > 4 * pages;
    return code;
}

/* ---- The second process */

struct agent {
    pid_t pid;
    int output;
};

#ifdef AGENT
static inline struct agent agent_start(const char *directory, const char *const *arguments)
{
    const char *argv[8] = {AGENT, directory};
    struct agent agent;
    int ends[2];

    for (size_t i = 0; i < 5 && arguments[i]; i++)
        argv[2 + i] = arguments[i];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fflush(NULL);
    agent.pid = fork();
    assert_true(agent.pid >= 0);
    if (agent.pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execv(AGENT, (char *const *)argv);
        _exit(127);
    }
    close(ends[1]);
    agent.output = ends[0];
    return agent;
}

#define AGENT_START(directory, ...) agent_start(directory, (const char *const[6]){__VA_ARGS__})

/* The next line that it says. */
static inline const char *agent_line(const struct agent *agent)
{
    static char line[1024];
    size_t length = 0;

    while (length < sizeof(line) - 1) {
        struct pollfd wait = {agent->output, POLLIN, 0};
        if (poll(&wait, 1, DEADLINE_MS) <= 0 || read(agent->output, line + length, 1) != 1)
            fail_msg("the agent says nothing more after '%.*s'", (int)length, line);
        if (line[length] == '\n')
            break;
        length++;
    }
    line[length] = '\0';
    return line;
}

static inline void agent_says(const struct agent *agent, const char *text)
{
    const char *line = agent_line(agent);

    if (strcmp(line, text) != 0)
        fail_msg("the agent says '%s', not '%s'", line, text);
}

/* Waits for its end. Its exit status, or -signal. */
static inline int agent_end(const struct agent *agent)
{
    int status;

    assert_int_equal(waitpid(agent->pid, &status, 0), agent->pid);
    close(agent->output);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline void agent_kill(const struct agent *agent)
{
    assert_int_equal(kill(agent->pid, SIGKILL), 0);
    assert_int_equal(agent_end(agent), -SIGKILL);
}
#endif

/* ---- A store in a directory of its own */

static inline int setup(void **state)
{
    struct fixture *fixture = fixture_new();

    *state = fixture;
    return 0;
}

static inline struct netboot_store *open_with(struct fixture *fixture, struct netboot_store_options options)
{
    options.size = sizeof(options);
    OK(netboot_store_open(fixture->directory, &options, &fixture->store, &error));
    return fixture->store;
}

static inline void close_store(struct fixture *fixture)
{
    netboot_store_close(fixture->store);
    fixture->store = NULL;
}

/* A site, so that scripts have a URL, and a round. */
static inline void make_site(struct netboot_store *store)
{
    struct netboot_site site = {.name = bytes_of("default"), .http4 = bytes_of("http://192.0.2.1/")};
    struct netboot_change *change;

    OK(netboot_change_open(store, 5000, &change, &error));
    OK(typed_put_site(change, &site, &error));
    OK(netboot_change_commit(change, &error));
    OK(put_round(store, 1, &error));
}

/* Three rounds. */
static inline void fill(struct fixture *fixture)
{
    struct netboot_store *store = open_with(fixture, (struct netboot_store_options){0});

    for (unsigned round = 1; round < 4; round++)
        OK(put_round(store, round, &error));
    close_store(fixture);
}

static inline struct netboot_status status_of(struct netboot_store *store)
{
    struct netboot_view *view;
    struct netboot_status status;

    OK(netboot_view_open(store, &view, &error));
    OK(netboot_view_status(view, &status, NULL));
    netboot_view_close(view);
    return status;
}

static inline char *path_in(const struct fixture *fixture, const char *name)
{
    static _Thread_local char paths[4][SCRATCH_SIZE + 64];
    static _Thread_local unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", fixture->directory, name);
    return path;
}

#endif
