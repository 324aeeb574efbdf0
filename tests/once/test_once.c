/* SPDX-License-Identifier: MPL-2.0 */
/* The state machine of boot once: sequences of events, and what each gets. */
#include "unit.h"

#include "dhcp/codes.h"
#include "once/machine.h"

#include <string.h>

enum { LAST = 1, ABLE = 2, FULL = LAST | ABLE, SCRIPT = 4 };

struct event {
    unsigned ms; /* after the one before */
    enum once_method method;
    enum message_phase message;
    unsigned flags;
    uint32_t transaction;
    uint8_t card;
    /* What is wanted */
    bool serve;
    enum once_write write;
    enum once_phase phase;
};

#define EVENTS_MAX 12
struct sequence {
    const char *name;
    unsigned tries;
    struct event events[EVENTS_MAX];
};

#define D PHASE_BEGIN
#define R PHASE_REQUEST
#define W PHASE_WHOLE

/* clang-format off */
static const struct sequence sequences[] = {
    {"firmware, then iPXE, then another boot",
     1, {{0, ONCE_PXE4, D, ABLE, 1, 0, true, ONCE_NOTE, ONCE_STARTED},
      {3000, ONCE_PXE4, R, ABLE, 1, 0, true, ONCE_KEEP, ONCE_STARTED},
      {7000, ONCE_IPXE4, D, FULL, 9, 0, true, ONCE_NOTE, ONCE_STARTED},
      {1000, ONCE_IPXE4, D, FULL, 9, 0, true, ONCE_KEEP, ONCE_STARTED},
      {2000, ONCE_IPXE4, R, FULL, 9, 0, true, ONCE_MARK, ONCE_USED},
      {1000, ONCE_IPXE4, R, FULL, 9, 0, true, ONCE_KEEP, ONCE_USED},
      {9000, ONCE_PXE4, D, ABLE, 2, 0, false, ONCE_CLOSE, ONCE_OVER},
      {9000, ONCE_IPXE4, R, FULL, 9, 0, false, ONCE_KEEP, ONCE_OVER}}         },
    {"iPXE alone: a new DISCOVER is a new boot",
     1, {{0, ONCE_IPXE4, D, FULL, 1, 0, true, ONCE_NOTE, ONCE_STARTED},
      {3000, ONCE_IPXE4, R, FULL, 1, 0, true, ONCE_MARK, ONCE_USED},
      {100, ONCE_IPXE4, D, FULL, 1, 0, false, ONCE_CLOSE, ONCE_OVER}}         },
    {"a request of another transaction is none that is sent again",
     1, {{0, ONCE_IPXE4, R, FULL, 1, 0, true, ONCE_MARK, ONCE_USED},
      {100, ONCE_IPXE4, R, FULL, 2, 0, false, ONCE_CLOSE, ONCE_OVER}}         },
    {"nor one past the window",
     1, {{0, ONCE_IPXE4, R, FULL, 1, 0, true, ONCE_MARK, ONCE_USED},
      {59999, ONCE_IPXE4, R, FULL, 1, 0, true, ONCE_KEEP, ONCE_USED},
      {1, ONCE_IPXE4, R, FULL, 1, 0, false, ONCE_CLOSE, ONCE_OVER}}           },
    {"nor one of another card",
     1, {{0, ONCE_IPXE4, R, FULL, 1, 0, true, ONCE_MARK, ONCE_USED},
      {100, ONCE_IPXE4, R, FULL, 1, 1, false, ONCE_CLOSE, ONCE_OVER}}         },
    {"both families at once",
     1, {{0, ONCE_IPXE4, D, FULL, 1, 0, true, ONCE_NOTE, ONCE_STARTED},
      {5, ONCE_IPXE6, D, FULL, 2, 0, true, ONCE_NOTE, ONCE_STARTED},
      {10, ONCE_IPXE6, R, FULL, 2, 0, true, ONCE_MARK, ONCE_USED},
      {985, ONCE_IPXE4, D, FULL, 1, 0, true, ONCE_KEEP, ONCE_USED},
      {2000, ONCE_IPXE4, R, FULL, 1, 0, true, ONCE_MARK, ONCE_USED},
      {10, ONCE_IPXE6, R, FULL, 2, 0, true, ONCE_KEEP, ONCE_USED},
      {9000, ONCE_IPXE6, D, FULL, 3, 0, false, ONCE_CLOSE, ONCE_OVER}}        },
    {"the other family begins right after",
     1, {{0, ONCE_IPXE4, D, FULL, 1, 0, true, ONCE_NOTE, ONCE_STARTED},
      {10, ONCE_IPXE4, R, FULL, 1, 0, true, ONCE_MARK, ONCE_USED},
      {999, ONCE_IPXE6, D, FULL, 2, 0, true, ONCE_NOTE, ONCE_USED},
      {10, ONCE_IPXE6, R, FULL, 2, 0, true, ONCE_MARK, ONCE_USED}}            },
    {"the other family begins too late",
     1, {{0, ONCE_IPXE4, R, FULL, 1, 0, true, ONCE_MARK, ONCE_USED},
      {1000, ONCE_IPXE6, D, FULL, 2, 0, false, ONCE_CLOSE, ONCE_OVER}}        },
    {"the other family of another boot",
     1, {{0, ONCE_IPXE4, D, FULL, 1, 0, true, ONCE_NOTE, ONCE_STARTED},
      {10, ONCE_IPXE6, D, FULL, 2, 0, true, ONCE_NOTE, ONCE_STARTED},
      {10, ONCE_IPXE6, R, FULL, 2, 0, true, ONCE_MARK, ONCE_USED},
      {4000, ONCE_IPXE4, D, FULL, 7, 0, false, ONCE_CLOSE, ONCE_OVER}}        },
    {"the other family after firmware was seen again",
     1, {{0, ONCE_IPXE4, D, FULL, 1, 0, true, ONCE_NOTE, ONCE_STARTED},
      {10, ONCE_IPXE6, D, FULL, 2, 0, true, ONCE_NOTE, ONCE_STARTED},
      {10, ONCE_IPXE6, R, FULL, 2, 0, true, ONCE_MARK, ONCE_USED},
      {1000, ONCE_PXE4, D, ABLE, 3, 0, false, ONCE_CLOSE, ONCE_OVER},
      {1000, ONCE_IPXE4, R, FULL, 1, 0, false, ONCE_KEEP, ONCE_OVER}}         },
    {"a direct target, its next attempts, and the first one again",
     1, {{0, ONCE_PXE4, D, FULL, 1, 0, true, ONCE_MARK, ONCE_STARTED},
      {3000, ONCE_PXE4, R, FULL, 1, 0, true, ONCE_MARK, ONCE_USED},
      {9000, ONCE_PXE6, D, FULL, 2, 0, true, ONCE_NOTE, ONCE_USED},
      {4000, ONCE_PXE6, R, FULL, 3, 0, true, ONCE_MARK, ONCE_USED},
      {9000, ONCE_HTTP4, D, FULL, 4, 0, true, ONCE_NOTE, ONCE_USED},
      {3000, ONCE_HTTP4, R, FULL, 4, 0, true, ONCE_MARK, ONCE_USED},
      {9000, ONCE_PXE4, D, FULL, 5, 0, false, ONCE_CLOSE, ONCE_OVER}}         },
    {"a method that was tried before the one that was served",
     1, {{0, ONCE_PXE6, D, FULL, 1, 0, true, ONCE_MARK, ONCE_STARTED},
      {20000, ONCE_PXE4, D, FULL, 2, 0, true, ONCE_MARK, ONCE_STARTED},
      {3000, ONCE_PXE4, R, FULL, 2, 0, true, ONCE_MARK, ONCE_USED},
      {9000, ONCE_PXE6, D, FULL, 3, 0, false, ONCE_CLOSE, ONCE_OVER}}         },
    {"HTTP boot that was offered something else",
     1, {{0, ONCE_HTTP4, R, FULL, 1, 0, false, ONCE_KEEP, ONCE_ARMED},
      {0, ONCE_HTTP4, D, FULL, 2, 0, true, ONCE_MARK, ONCE_STARTED},
      {3000, ONCE_HTTP4, R, FULL, 2, 0, true, ONCE_MARK, ONCE_USED}}          },
    {"an iPXE of the target's own",
     1, {{0, ONCE_PXE4, D, FULL | SCRIPT, 1, 0, true, ONCE_MARK, ONCE_STARTED},
      {3000, ONCE_PXE4, R, FULL | SCRIPT, 1, 0, true, ONCE_MARK, ONCE_USED},
      {7000, ONCE_IPXE4, D, FULL | SCRIPT, 2, 0, true, ONCE_NOTE, ONCE_USED},
      {3000, ONCE_IPXE4, R, FULL | SCRIPT, 2, 0, true, ONCE_MARK, ONCE_USED},
      {7000, ONCE_PXE4, D, FULL | SCRIPT, 3, 0, false, ONCE_CLOSE, ONCE_OVER}}},
    {"iPXE after a direct target without a script",
     1, {{0, ONCE_PXE4, D, FULL, 1, 0, true, ONCE_MARK, ONCE_STARTED},
      {3000, ONCE_PXE4, R, FULL, 1, 0, true, ONCE_MARK, ONCE_USED},
      {7000, ONCE_IPXE4, D, FULL, 2, 0, false, ONCE_CLOSE, ONCE_OVER}}        },
    {"one message is a whole exchange",
     1, {{0, ONCE_PXE6, W, FULL, 1, 0, true, ONCE_MARK, ONCE_USED},
      {4000, ONCE_PXE6, W, FULL, 1, 0, true, ONCE_KEEP, ONCE_USED},
      {1000, ONCE_PXE6, W, FULL, 1, 0, false, ONCE_CLOSE, ONCE_OVER}}         },
    {"one message with the loader is not final",
     1, {{0, ONCE_PXE4, W, ABLE, 1, 0, true, ONCE_NOTE, ONCE_STARTED},
      {4000, ONCE_IPXE4, W, FULL, 2, 0, true, ONCE_MARK, ONCE_USED}}          },
    {"what the client cannot load waits",
     1, {{0, ONCE_IPXE4, D, 0, 1, 0, false, ONCE_KEEP, ONCE_ARMED},
      {3000, ONCE_IPXE4, R, LAST, 1, 0, false, ONCE_KEEP, ONCE_ARMED},
      {3000, ONCE_IPXE4, R, FULL, 1, 0, true, ONCE_MARK, ONCE_USED}}          },
    {"a lease that is prolonged",
     1, {{0, ONCE_IPXE6, PHASE_RENEW, FULL, 1, 0, false, ONCE_KEEP, ONCE_ARMED},
      {3000, ONCE_IPXE6, R, FULL, 1, 0, true, ONCE_MARK, ONCE_USED},
      {3000, ONCE_IPXE6, PHASE_RENEW, FULL, 1, 0, false, ONCE_KEEP, ONCE_USED}}},
    {"until done, twice",
     2, {{0, ONCE_IPXE4, R, FULL, 1, 0, true, ONCE_MARK, ONCE_USED},
      {100, ONCE_IPXE4, R, FULL, 1, 0, true, ONCE_KEEP, ONCE_USED},
      {9000, ONCE_IPXE4, D, FULL, 2, 0, true, ONCE_MARK, ONCE_STARTED},
      {3000, ONCE_IPXE4, R, FULL, 2, 0, true, ONCE_MARK, ONCE_USED},
      {9000, ONCE_IPXE4, D, FULL, 3, 0, false, ONCE_CLOSE, ONCE_OVER}}        },
};
/* clang-format on */

static const uint8_t token[ONCE_TOKEN_SIZE];

static struct once_record armed(unsigned tries)
{
    return (struct once_record){
        .token = {token, sizeof(token)},
        .window = ONCE_WINDOW_MS,
        .expires = 5000,
        .tries = (uint16_t)tries,
        .until_done = tries > 1
    };
}

static struct once_event make_event(const struct event *from)
{
    return (struct once_event){.method = from->method,
                               .message = from->message,
                               .able = from->flags & ABLE,
                               .last = from->flags & LAST,
                               .has_script = from->flags & SCRIPT,
                               .has_mac = true,
                               .mac = {from->card},
                               .transaction = from->transaction};
}

/* Makes the step and writes it, where it is to be written. */
static struct once_step take(struct once_record *record, const struct once_event *event, const struct once_time *now)
{
    struct once_step step;

    once_step(record, event, now, &step);
    if (step.write != ONCE_KEEP)
        *record = step.record;
    return step;
}

static void test_sequences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sequences); i++) {
        struct once_record record = armed(sequences[i].tries);
        struct once_time now = {.wall = 1000, .ms = 500, .clock = 3, .certain = true};
        for (size_t j = 0; j < EVENTS_MAX && sequences[i].events[j].transaction; j++) {
            const struct event *event = &sequences[i].events[j];
            struct once_event made = make_event(event);
            now.ms += event->ms;
            struct once_step step = take(&record, &made, &now);
            if (step.serve != event->serve || step.write != event->write || record.phase != event->phase)
                fail_msg("%s, event %zu: serve %d write %d phase %u", sequences[i].name, j + 1, step.serve,
                         (int)step.write, record.phase);
        }
    }
}

/* A record that was used at 10 s, by iPXE over IPv4 with transaction 1. */
static struct once_record used(struct once_time *ret_now)
{
    struct once_record record = armed(1);
    struct once_event request =
        make_event(&(struct event){.method = ONCE_IPXE4, .message = R, .flags = FULL, .transaction = 1});

    *ret_now = (struct once_time){.wall = 1000, .ms = 10000, .clock = 3, .doubt = 7, .certain = true};
    take(&record, &request, ret_now);
    return record;
}

static bool is_served_again(const struct once_record *record, const struct once_time *now)
{
    struct once_event request =
        make_event(&(struct event){.method = ONCE_IPXE4, .message = R, .flags = FULL, .transaction = 1});
    struct once_step step;

    once_step(record, &request, now, &step);
    return step.serve;
}

static void test_doubts(void **state)
{
    struct once_time now;
    struct once_record record = used(&now);

    (void)state;
    assert_true(is_served_again(&record, &now));
    now.wall = 1;
    assert_true(is_served_again(&record, &now)); /* the clock on the wall is not asked */
    now.wall = 100000;
    assert_true(is_served_again(&record, &now)); /* nor has what was served expired */
    now.doubt = 8;
    assert_false(is_served_again(&record, &now));
    now.doubt = 7;
    now.certain = false;
    assert_false(is_served_again(&record, &now));
    now.certain = true;
    now.clock = 4;
    assert_false(is_served_again(&record, &now));
    now.clock = 3;
    now.ms = 9999;
    assert_false(is_served_again(&record, &now));
}

static void test_a_promise_that_could_not_be_marked(void **state)
{
    struct once_record record = armed(1);
    struct once_time now = {.wall = 1000, .ms = 10000, .clock = 3, .doubt = 7, .certain = true};
    struct event http = {.method = ONCE_HTTP4, .message = D, .flags = FULL, .transaction = 1};
    struct once_event begin = make_event(&http), request;
    struct once_step step;

    (void)state;
    assert_true(take(&record, &begin, &now).serve);
    http.message = R;
    request = make_event(&http);
    once_step(&record, &request, &now, &step);
    assert_true(step.serve && step.promised && step.write == ONCE_MARK);
    now.doubt = 8; /* that is what follows when it cannot be written */
    step = take(&record, &begin, &now);
    assert_false(step.serve);
    assert_int_equal(record.phase, ONCE_OVER);
    assert_int_equal(once_state(&record, 1000), NETBOOT_ONCE_USED);
}

static void test_expiry(void **state)
{
    struct once_record record = armed(1);
    struct once_time now = {.wall = 5000, .ms = 1, .certain = true};
    struct once_event begin = make_event(&(struct event){.method = ONCE_IPXE4, .message = D, .flags = FULL});
    struct once_step step;

    (void)state;
    once_step(&record, &begin, &now, &step);
    assert_true(!step.serve && step.expired && step.write == ONCE_KEEP);
    assert_int_equal(once_state(&record, 4999), NETBOOT_ONCE_ARMED);
    assert_int_equal(once_state(&record, 5000), NETBOOT_ONCE_EXPIRED);
    now.wall = 4999;
    once_step(&record, &begin, &now, &step);
    assert_true(step.serve);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_doubts),
        cmocka_unit_test(test_a_promise_that_could_not_be_marked),
        cmocka_unit_test(test_expiry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
