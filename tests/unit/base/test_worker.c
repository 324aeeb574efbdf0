/* SPDX-License-Identifier: MPL-2.0 */
/* Threads of ours, and what they tell a server's log. */
#include "eventually.h"

#include "base/failure.h"
#include "base/notice.h"
#include "base/worker.h"

#include <errno.h>
#include <signal.h>

#define NEVER_MS 3600000

/* ---- The worker */

struct job {
    atomic_uint rounds;
    atomic_bool begun, held, blocked, in_order;
};

static void do_round(void *data, unsigned round)
{
    struct job *job = data;
    sigset_t blocked;

    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    job->blocked = sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGCHLD);
    job->begun = true;
    while (job->held)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    job->in_order = job->rounds == round - 1;
    job->rounds = round;
}

static void it_works_again_and_again(void **state)
{
    struct job job = {0};
    struct worker worker;

    (void)state;
    assert_int_equal(worker_start(&worker, 1, do_round, &job), 0);
    EVENTUALLY(job.rounds >= 5);
    worker_stop(&worker);
    worker_fini(&worker);
    assert_true(job.in_order);
    assert_true(job.blocked); /* signals are the program's */
}

static void its_first_round_is_waited_for(void **state)
{
    struct job job = {0};
    struct worker worker;

    (void)state;
    assert_int_equal(worker_start(&worker, NEVER_MS, do_round, &job), 0);
    worker_wait(&worker, NEVER_MS);
    assert_int_equal(job.rounds, 1);
    worker_wait(&worker, NEVER_MS); /* that is over */
    worker_stop(&worker);
    worker_fini(&worker);
    assert_int_equal(job.rounds, 1);
}

static void a_first_round_that_takes_long_is_not_waited_for(void **state)
{
    struct job job = {.held = true};
    struct worker worker;

    (void)state;
    assert_int_equal(worker_start(&worker, NEVER_MS, do_round, &job), 0);
    worker_wait(&worker, 1);
    assert_int_equal(job.rounds, 0);
    job.held = false;
    worker_stop(&worker); /* and that is waited for */
    worker_fini(&worker);
    assert_int_equal(job.rounds, 1);
}

static void it_can_be_woken(void **state)
{
    struct job job = {0};
    struct worker worker;

    (void)state;
    assert_int_equal(worker_start(&worker, NEVER_MS, do_round, &job), 0);
    worker_wait(&worker, NEVER_MS);
    for (unsigned round = 2; round <= 4; round++) {
        worker_wake(&worker);
        EVENTUALLY(job.rounds == round);
    }
    worker_stop(&worker);
    worker_fini(&worker);
    assert_true(job.in_order);
}

/* Woken during a round: what it was woken for may have come too late for that one. */
static void it_is_woken_while_it_works(void **state)
{
    struct job job = {.held = true};
    struct worker worker;

    (void)state;
    assert_int_equal(worker_start(&worker, NEVER_MS, do_round, &job), 0);
    EVENTUALLY(job.begun);
    worker_wake(&worker);
    job.held = false;
    EVENTUALLY(job.rounds == 2);
    worker_stop(&worker);
    worker_fini(&worker);
    assert_int_equal(job.rounds, 2);
}

/* ---- The notice */

static void tell(struct notice *notice, bool usable, int code, const char *text)
{
    struct netboot_error cause;

    failure(&cause, code, "%s", text);
    notice_tell(notice, usable, &cause);
}

static void expect(struct notice *notice, int event, int code, const char *text)
{
    struct netboot_error error = {0};

    assert_int_equal(notice_waits(notice), event != 0);
    assert_int_equal(notice_take(notice, &error), event);
    assert_int_equal(error.code, code);
    assert_string_equal(error.text, text);
    assert_false(notice_waits(notice));
}

static void only_news_are_told_and_once(void **state)
{
    struct notice notice = {0};

    (void)state;
    notice_init(&notice);
    expect(&notice, 0, 0, "");
    tell(&notice, false, -ENOENT, "none");
    expect(&notice, NETBOOT_EVENT_UNUSABLE, -ENOENT, "none");
    expect(&notice, 0, 0, "");
    tell(&notice, false, -ENOENT, "still none");
    expect(&notice, 0, 0, "");
    tell(&notice, false, -EACCES, "not for us");
    expect(&notice, NETBOOT_EVENT_UNUSABLE, -EACCES, "not for us");
    tell(&notice, true, 0, "open");
    expect(&notice, NETBOOT_EVENT_USABLE, 0, "open");
    tell(&notice, true, 0, "still open");
    expect(&notice, 0, 0, "");
    tell(&notice, true, -EBADMSG, "made anew"); /* that is always told */
    expect(&notice, NETBOOT_EVENT_USABLE, -EBADMSG, "made anew");
    tell(&notice, true, -EBADMSG, "made anew");
    assert_int_equal(notice_take(&notice, NULL), NETBOOT_EVENT_USABLE);
    notice_fini(&notice);
}

static void the_first_is_told_whatever_it_is(void **state)
{
    struct notice open = {0}, none = {0};

    (void)state;
    notice_init(&open);
    tell(&open, true, 0, "open");
    expect(&open, NETBOOT_EVENT_USABLE, 0, "open");
    notice_fini(&open);
    notice_init(&none);
    tell(&none, false, 0, "no reason");
    expect(&none, NETBOOT_EVENT_UNUSABLE, 0, "no reason");
    notice_fini(&none);
}

static void the_last_is_told(void **state)
{
    struct notice notice = {0};

    (void)state;
    notice_init(&notice);
    tell(&notice, true, 0, "open");
    tell(&notice, false, -EIO, "gone");
    expect(&notice, NETBOOT_EVENT_UNUSABLE, -EIO, "gone");
    tell(&notice, false, -ENOENT, "gone");
    tell(&notice, true, 0, "back");
    expect(&notice, NETBOOT_EVENT_USABLE, 0, "back");
    notice_fini(&notice);
}

static void another_event_changes_nothing(void **state)
{
    const struct netboot_error lost = {.code = -ENOBUFS, .text = "5 were lost"};
    struct notice notice = {0};

    (void)state;
    notice_init(&notice);
    tell(&notice, true, 0, "open");
    expect(&notice, NETBOOT_EVENT_USABLE, 0, "open");
    notice_tell_event(&notice, NETBOOT_EVENT_LOST, &lost);
    expect(&notice, NETBOOT_EVENT_LOST, -ENOBUFS, "5 were lost");
    assert_int_equal(notice_trouble(&notice, NULL), 0);
    tell(&notice, true, 0, "open");
    expect(&notice, 0, 0, "");
    notice_fini(&notice);
}

static void trouble_is_told_as_often_as_it_is_asked_for(void **state)
{
    struct notice notice = {0};
    struct netboot_error error = {.code = 1};

    (void)state;
    notice_init(&notice);
    assert_int_equal(notice_trouble(&notice, &error), 0);
    assert_int_equal(error.code, 1);
    tell(&notice, false, -ENOENT, "none");
    expect(&notice, NETBOOT_EVENT_UNUSABLE, -ENOENT, "none");
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(notice_trouble(&notice, &error), -ENOENT);
        assert_string_equal(error.text, "none");
    }
    tell(&notice, true, 0, "open");
    assert_int_equal(notice_trouble(&notice, &error), 0);
    notice_fini(&notice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_works_again_and_again),
        cmocka_unit_test(its_first_round_is_waited_for),
        cmocka_unit_test(a_first_round_that_takes_long_is_not_waited_for),
        cmocka_unit_test(it_can_be_woken),
        cmocka_unit_test(it_is_woken_while_it_works),
        cmocka_unit_test(only_news_are_told_and_once),
        cmocka_unit_test(the_first_is_told_whatever_it_is),
        cmocka_unit_test(the_last_is_told),
        cmocka_unit_test(another_event_changes_nothing),
        cmocka_unit_test(trouble_is_told_as_often_as_it_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
