/* SPDX-License-Identifier: MPL-2.0 */
#include "program.h"

#include "common/base/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

char *program_find(const char *name)
{
    const char *path = getenv("PATH");
    char *places = NULL, *ret = NULL, *rest = NULL;

    if (strchr(name, '/'))
        return access(name, X_OK) == 0 ? strdup(name) : NULL;
    if (asprintf(&places, "%s:/usr/local/sbin:/usr/sbin", path ? path : "/usr/bin") < 0)
        return NULL;
    for (char *place = strtok_r(places, ":", &rest); place && !ret; place = strtok_r(NULL, ":", &rest)) {
        if (asprintf(&ret, "%s/%s", place, name) < 0)
            ret = NULL;
        if (ret && access(ret, X_OK) != 0) {
            free(ret);
            ret = NULL;
        }
    }
    free(places);
    return ret;
}

static pid_t child_start(const char *path, const char *const *words, int output)
{
    pid_t parent = getpid(), child = fork();

    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int input = open("/dev/null", O_RDONLY);
    if (getppid() != parent || dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        _exit(127);
    execv(path, (char *const *)words);
    _exit(127);
}

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Reads to the end. -ETIME: that did not come in time. */
static int output_read(int input, unsigned seconds, struct program_result *ret)
{
    long long end = now_ms() + seconds * 1000LL;
    size_t room = 0;

    for (;;) {
        struct pollfd waited = {.fd = input, .events = POLLIN};
        long long left = end - now_ms();
        if (left <= 0 || poll(&waited, 1, (int)left) == 0)
            return -ETIME;
        if (room < ret->size + 65536) {
            room = (ret->size + 65536) * 2;
            char *out = realloc(ret->out, room + 1);
            if (!out)
                return -ENOMEM;
            ret->out = out;
        }
        ssize_t got = read(input, ret->out + ret->size, room - ret->size);
        if (got < 0 && errno != EINTR)
            return -errno;
        ret->size += got > 0 ? (size_t)got : 0;
        ret->out[ret->size] = '\0';
        if (got == 0)
            return 0;
    }
}

int program_run(const char *const *words, unsigned seconds, struct program_result *ret, struct netboot_error *error)
{
    char *path = program_find(words[0]);
    int ends[2], state = 0, status;
    pid_t child;

    *ret = (struct program_result){.status = -1};
    if (!path)
        return failure(error, -ENOENT, "%s is not there", words[0]);
    if (pipe2(ends, O_CLOEXEC) < 0) {
        free(path);
        return failure(error, -errno, "%s cannot be run: %s", words[0], strerror(errno));
    }
    child = child_start(path, words, ends[1]);
    close(ends[1]);
    free(path);
    status = child < 0 ? -errno : output_read(ends[0], seconds, ret);
    close(ends[0]);
    if (child > 0) {
        if (status != 0)
            kill(child, SIGKILL);
        while (waitpid(child, &state, 0) < 0 && errno == EINTR)
            ;
        ret->status = WIFEXITED(state) && status == 0 ? WEXITSTATUS(state) : -1;
    }
    if (status == 0 || status == -ETIME)
        return 0;
    free(ret->out);
    ret->out = NULL;
    return failure(error, status, "%s cannot be run: %s", words[0], strerror(-status));
}
