/* SPDX-License-Identifier: MPL-2.0 */
/* Threads that serve while a test does something else. */
#ifndef CROWD_H
#define CROWD_H

#include "store_test.h"

#include <pthread.h>

#define CROWD_MOST 64

/* The one that is running. A thread counts what it does, until it is to stop. */
static struct crowd {
    struct netboot_store *store;
    pthread_t threads[CROWD_MOST];
    unsigned size;
    atomic_bool stop;
    atomic_uint served, refused, wrong, views, slept;
} crowd;

static inline void crowd_start(struct netboot_store *store, unsigned size, void *(*serve_on)(void *))
{
    crowd = (struct crowd){.store = store};
    for (; crowd.size < size; crowd.size++)
        assert_int_equal(pthread_create(&crowd.threads[crowd.size], NULL, serve_on, NULL), 0);
}

static inline void crowd_end(void)
{
    crowd.stop = true;
    for (; crowd.size > 0; crowd.size--)
        pthread_join(crowd.threads[crowd.size - 1], NULL);
}

static inline void crowd_stop(void)
{
    crowd_end();
    print_message("%u served, %u refused, %u views, %u slept\n", crowd.served, crowd.refused, crowd.views, crowd.slept);
    assert_int_equal(crowd.wrong, 0);
    assert_int_equal(crowd.slept, 0);
    assert_true(crowd.served > 0);
}

/* Serves a packet of a host of a round. Whether it was answered; refused is what has no answer at all. */
static inline bool crowd_serve(unsigned number, struct netboot_result *ret)
{
    struct netboot_query query;

    query_of(&query, number % ROUND_HOSTS);
    int code = serve_at_once(crowd.store, &query, ret, &crowd.slept);
    *(code == 0 ? &crowd.served : &crowd.refused) += 1;
    crowd.wrong += code != 0 && (code != -EAGAIN || ret->answer.edit_count != 0);
    return code == 0;
}

/* After a failure too: no thread outlives its store. */
static inline int crowd_teardown(void **state)
{
    crowd_end();
    return teardown(state);
}

#define CROWD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, crowd_teardown)

#endif
