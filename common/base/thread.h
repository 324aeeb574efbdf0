/* SPDX-License-Identifier: MPL-2.0 */
/* Threads of ours in a program of others. */
#ifndef NETBOOT_THREAD_H
#define NETBOOT_THREAD_H

#include <pthread.h>
#include <time.h>

/* Starts a thread that no signal ends up in: they are the program's. Negative errno value. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *data);

/* A condition that is waited for by a clock that no one sets, as thread_after_ms() tells it. */
void thread_wake_init(pthread_cond_t *wake);
struct timespec thread_after_ms(unsigned ms);

#endif
