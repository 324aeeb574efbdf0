/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How long a change takes to reach a packet: starts `netbootctl host set` with other targets in turn and asks, packet
 * after packet, until the answer is the new one. Prints, per change, the milliseconds from the tool's start to that
 * packet, and to the tool's end.
 */
#include "../unit/asking.h"
#include "netboot-store.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static const char *ask(struct netboot_store *store, struct netboot_result *result)
{
    static const uint8_t mac[] = {0x52, 0x54, 0, 0x77, 0, 2};
    struct netboot_query query = query_from(mac);

    netboot_query_add(&query, 60, "PXEClient", 9);
    return netboot_serve(store, &query, result) == 0 ? result->decision.target : "";
}

static int change(char *tool, char *directory, struct netboot_store *store, const posix_spawn_file_actions_t *quiet,
                  const char *target)
{
    char *const command[] = {tool,       "-d",           directory, "host", "set", "52:54:00:77:00:02",
                             "--target", (char *)target, NULL};
    struct netboot_result result;
    double start = now_ms(), seen, ended;
    pid_t pid;
    int status;

    if (posix_spawn(&pid, tool, quiet, NULL, command, environ) != 0)
        return -1;
    while (strcmp(ask(store, &result), target) != 0) {
        if (now_ms() - start > 10000) {
            fprintf(stderr, "bench_live: the change was not seen within ten seconds\n");
            return -1;
        }
    }
    seen = now_ms();
    if (waitpid(pid, &status, 0) != pid || status != 0)
        return -1;
    ended = now_ms();
    printf("%.2f %.2f\n", seen - start, ended - start);
    return 0;
}

int main(int argc, char **argv)
{
    struct netboot_store *store;
    struct netboot_error error = {0};
    posix_spawn_file_actions_t quiet;

    if (argc != 3) {
        fprintf(stderr, "usage: bench_live NETBOOTCTL DIRECTORY (with targets a and b)\n");
        return 2;
    }
    if (netboot_store_open(argv[2], NULL, &store, &error) != 0) {
        fprintf(stderr, "bench_live: %s\n", error.text);
        return 1;
    }
    if (posix_spawn_file_actions_init(&quiet) != 0 ||
        posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0)
        return 1;
    for (unsigned i = 0; i < 20; i++)
        if (change(argv[1], argv[2], store, &quiet, i % 2 == 0 ? "a" : "b") != 0)
            return 1;
    netboot_store_close(store);
    return 0;
}
