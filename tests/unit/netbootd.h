/* SPDX-License-Identifier: MPL-2.0 */
/* netbootd of a test's store: a process of its own, as its unit would start it. */
#ifndef NETBOOTD_H
#define NETBOOTD_H

#include "unit.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0: none runs. */
static inline void netbootd_end(pid_t *pid)
{
    if (*pid == 0)
        return;
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

#ifdef NETBOOTD
#include "eventually.h"

#include "link/control.h"

static inline int netbootd_ignore(const void *message, void *user)
{
    (void)message;
    (void)user;
    return 0;
}

static inline bool netbootd_answers(const char *directory)
{
    int control = control_open(directory, NULL);
    bool answers = control >= 0 && control_list(control, CONTROL_SERVERS, netbootd_ignore, NULL, NULL) == 0;

    control_close(control);
    return answers;
}

/* Returns when it answers. */
static inline pid_t netbootd_start(const char *directory)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(NETBOOTD, NETBOOTD, "-d", directory, NULL);
        _exit(127);
    }
    EVENTUALLY(netbootd_answers(directory) || waitpid(pid, NULL, WNOHANG) != 0);
    if (kill(pid, 0) != 0)
        fail_msg("netbootd did not start");
    return pid;
}
#endif

#endif
