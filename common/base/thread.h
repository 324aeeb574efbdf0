/* SPDX-License-Identifier: MPL-2.0 */
/* The library's threads in a server's process. */
#ifndef NETBOOT_THREAD_H
#define NETBOOT_THREAD_H

#include <pthread.h>
#include <time.h>

/* Starts a thread that blocks all signals: they are for the program. Negative errno value. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *data);

/* A condition that waits by the monotonic clock; thread_after_ms() gives the deadline. */
void thread_wake_init(pthread_cond_t *wake);
struct timespec thread_after_ms(unsigned ms);

#endif
