/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/operator.h"

#include "frame/error.h"
#include "frame/session.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEADLINE_MS 60000

bool operator_is(const struct session *session)
{
    char path[PATH_MAX];

    if (geteuid() == 0)
        return false;
    snprintf(path, sizeof(path), "%s/targets/data.mdb", session->directory);
    if (access(path, W_OK) == 0 || (errno != EACCES && errno != EROFS))
        return false;
    snprintf(path, sizeof(path), "%s/run/control", session->directory);
    return access(path, W_OK) == 0;
}

/* How many words name the store, which is netbootd's own. */
static int directory_words(const char *word)
{
    if (strcmp(word, "-d") == 0 || strcmp(word, "--directory") == 0)
        return 2;
    return strncmp(word, "-d", 2) == 0 || strncmp(word, "--directory=", strlen("--directory=")) == 0;
}

int operator_run(const struct session *session, int count, char **values)
{
    const char **words = calloc((size_t)count + 3, sizeof(*words));
    struct netboot_error error;
    size_t used = 0;

    if (!words)
        return failed("out of memory");
    words[used++] = session->command->group;
    if (session->command->verb)
        words[used++] = session->command->verb;
    for (int i = 0; i < count;) {
        int more = directory_words(values[i]);
        if (more == 0)
            words[used++] = values[i];
        i += more > 0 ? more : 1;
    }
    fflush(stdout);
    int status = netboot_daemon_run(session->directory, words, STDOUT_FILENO, STDERR_FILENO, DEADLINE_MS, &error);
    free(words);
    return status < 0 ? failed_with(&error) : status;
}
