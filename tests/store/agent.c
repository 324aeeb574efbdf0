/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A second process for the tests of the store: it does one thing with the store in DIR, and says so line by line.
 *
 *   agent DIR rounds           for ever: changes in each of which all of eight hosts get the number of the round
 *   agent DIR hold             begins a change, says "held", and waits to be killed
 *   agent DIR hosts FIRST N    puts N hosts in one change each
 *   agent DIR bulk FIRST N     puts N hosts in one change
 *   agent DIR follow MAC       as a server: says each time that the name of the host with that MAC changes
 *   agent DIR view             opens a view, says "viewing", and waits to be killed
 *   agent DIR open             opens the store and says the code; then waits to be killed if that went well
 *   agent DIR quiet            serves packets where every system call is death, and counts allocations
 */
#include "store_test.h"

#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static void say(const char *text)
{
    printf("%s\n", text);
    fflush(stdout);
}

static int complain(const char *what, int code, const struct netboot_error *error)
{
    fprintf(stderr, "agent: %s: %d %s\n", what, code, error->text);
    printf("%d %s\n", code, error->text);
    fflush(stdout);
    return 1;
}

static void wait_to_be_killed(void)
{
    for (;;)
        pause();
}

/* ---- What it does */

static int rounds(struct netboot_store *store, char **arguments)
{
    struct netboot_error error = {0};
    (void)arguments;

    for (unsigned round = 1;; round++) {
        int code = put_round(store, round, &error);
        if (code != 0)
            return complain("rounds", code, &error);
        if (round == 1)
            say("going");
    }
}

static int hold(struct netboot_store *store, char **arguments)
{
    struct netboot_change *change;
    struct netboot_error error = {0};
    int code = netboot_change_open(store, 5000, &change, &error);

    (void)arguments;
    if (code == 0)
        code = put_host(change, 1, "held", &error);
    if (code != 0)
        return complain("hold", code, &error);
    say("held");
    wait_to_be_killed();
    return 0;
}

static int put_many(struct netboot_store *store, unsigned first, unsigned count, struct netboot_error *error)
{
    struct netboot_change *change;
    int code = netboot_change_open(store, 20000, &change, error);

    if (code != 0)
        return code;
    for (unsigned i = first; i < first + count && code == 0; i++)
        code = put_host(change, i, NULL, error);
    if (code == 0)
        return netboot_change_commit(change, error);
    netboot_change_abort(change);
    return code;
}

static int bulk(struct netboot_store *store, char **arguments)
{
    struct netboot_error error = {0};
    int code = put_many(store, (unsigned)atoi(arguments[0]), (unsigned)atoi(arguments[1]), &error);

    if (code != 0)
        return complain("bulk", code, &error);
    say("done");
    return 0;
}

static int hosts(struct netboot_store *store, char **arguments)
{
    unsigned first = (unsigned)atoi(arguments[0]), count = (unsigned)atoi(arguments[1]);
    struct netboot_error error = {0};
    int code = 0;

    for (unsigned i = first; i < first + count && code == 0; i++)
        code = put_many(store, i, 1, &error);
    if (code != 0)
        return complain("hosts", code, &error);
    say("done");
    return 0;
}

static int view(struct netboot_store *store, char **arguments)
{
    struct netboot_view *opened;
    struct netboot_error error = {0};
    int code = netboot_view_open(store, &opened, &error);

    (void)arguments;
    if (code != 0)
        return complain("view", code, &error);
    say("viewing");
    wait_to_be_killed();
    return 0;
}

static int opened(struct netboot_store *store, char **arguments)
{
    (void)store;
    (void)arguments;
    say("0");
    wait_to_be_killed();
    return 0;
}

static int follow(struct netboot_store *store, char **arguments)
{
    char name[NETBOOT_ID_TEXT_SIZE] = "?";
    struct netboot_query query;
    struct netboot_result result;

    query_of(&query, (unsigned)atoi(arguments[0]));
    do {
        int code = netboot_serve(store, &query, &result);
        const char *now = code == 0 ? result.decision.host : "closed";
        if (strcmp(name, now) != 0) {
            snprintf(name, sizeof(name), "%s", now);
            say(name);
        }
        sleep_ms(1);
    } while (!ferror(stdout));
    return 1;
}

/* ---- No system calls, no allocations */

static atomic_uint allocations;
static atomic_bool counting;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS 1
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    allocations += counting;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations += counting;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations += counting;
    return __libc_realloc(old, size);
}
#else
#define COUNTS 0
#endif

struct quiet {
    struct netboot_store *store;
    atomic_uint served, failed;
    atomic_bool finished;
};

/* In strict mode the kernel kills at every system call but read, write and exit. */
static void *serve_quietly(void *data)
{
    enum { PACKETS = 10000 };
    struct quiet *quiet = data;
    struct netboot_query query;
    struct netboot_result result;

    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
        abort();
    counting = true;
    for (unsigned i = 0; i < PACKETS; i++) {
        query_of(&query, i % 16); /* eight of them are known */
        if (netboot_serve(quiet->store, &query, &result) == 0)
            quiet->served++;
        else
            quiet->failed++;
    }
    counting = false;
    quiet->finished = true;
    syscall(SYS_exit, 0);
    return NULL;
}

static int quiet(struct netboot_store *store, char **arguments)
{
    struct quiet quiet = {.store = store};
    pthread_t thread;

    (void)arguments;
    if (pthread_create(&thread, NULL, serve_quietly, &quiet) != 0)
        return 1;
    while (!quiet.finished)
        sleep_ms(1);
    printf("%u served, %u failed, %u allocations%s\n", quiet.served, quiet.failed, allocations,
           COUNTS ? "" : " counted");
    fflush(stdout);
    _exit(0); /* the thread cannot be joined: it ended without the C library's knowledge */
}

static const struct {
    const char *name;
    int arguments;
    bool follow;
    int (*run)(struct netboot_store *store, char **arguments);
} commands[] = {
    {"rounds", 0, false, rounds},
    {"hold",   0, false, hold  },
    {"hosts",  2, false, hosts },
    {"bulk",   2, false, bulk  },
    {"follow", 1, true,  follow},
    {"view",   0, false, view  },
    {"open",   0, false, opened},
    {"quiet",  0, true,  quiet },
};

int main(int argc, char **argv)
{
    struct netboot_store_options options = {.size = sizeof(options)};
    struct netboot_error error = {0};
    struct netboot_store *store;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; argc > 2 && i < COUNT(commands); i++) {
        if (strcmp(argv[2], commands[i].name) != 0 || argc != 3 + commands[i].arguments)
            continue;
        options.follow = commands[i].follow;
        int code = netboot_store_open(argv[1], &options, &store, &error);
        if (code != 0)
            return complain("open", code, &error);
        code = commands[i].run(store, argv + 3);
        netboot_store_close(store);
        return code;
    }
    fprintf(stderr, "usage: agent DIR COMMAND [ARGUMENT]...\n");
    return 2;
}
