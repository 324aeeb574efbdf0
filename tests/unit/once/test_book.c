/* SPDX-License-Identifier: MPL-2.0 */
/* The book of boot once: what servers are answered, what is on disk then, and what people see of it. */
#include "once/book.h"

#include "unit.h"

#include "dhcp/messages.h"
#include "disk.h"
#include "scratch.h"
#include "store/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define STORE 77
#define SECOND UINT64_C(1000000000)

struct fixture {
    char path[SCRATCH_SIZE], state[SCRATCH_SIZE + 8], run[SCRATCH_SIZE + 8], file[SCRATCH_SIZE + 16];
    struct armed_set set;
    struct book *book;
    uint64_t sequence;
};

/* ---- netbootd starts, and ends as by kill -9 */

static void start(struct fixture *fixture)
{
    struct netboot_error error = {0};

    assert_int_equal(armed_create(&fixture->set, &error), 0);
    if (book_open(fixture->state, fixture->run, &fixture->set, &fixture->book, &error) != 0)
        fail_msg("%s", error.text);
}

static void end(struct fixture *fixture)
{
    book_close(fixture->book);
    armed_close(&fixture->set);
    fixture->book = NULL;
}

static void restart(struct fixture *fixture)
{
    end(fixture);
    start(fixture);
    assert_null(book_notice(fixture->book));
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    memset(&disk, 0, sizeof(disk));
    scratch_make(fixture->path);
    snprintf(fixture->state, sizeof(fixture->state), "%s/state", fixture->path);
    snprintf(fixture->run, sizeof(fixture->run), "%s/run", fixture->path);
    snprintf(fixture->file, sizeof(fixture->file), "%s/once", fixture->state);
    mkdir(fixture->run, 0700);
    start(fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    memset(&disk, 0, sizeof(disk));
    end(fixture);
    scratch_remove(fixture->path);
    free(fixture);
    return 0;
}

static off_t file_size(const struct fixture *fixture)
{
    struct stat status;

    assert_int_equal(stat(fixture->file, &status), 0);
    return status.st_size;
}

/* ---- Hosts */

static struct control_host host(unsigned number)
{
    struct control_host host = {
        .key = {.size = 7, .octets = {1, 0x52, 0x54}},
          .store = STORE, .born = number + 1
    };

    for (unsigned i = 0; i < 4; i++)
        host.key.octets[3 + i] = (uint8_t)(number >> (24 - 8 * i));
    return host;
}

static int try_arm(struct fixture *fixture, const struct control_host *hosts, size_t count, unsigned tries)
{
    struct netboot_once_request request = {.size = sizeof(request),
                                           .target = "install",
                                           .until_done = tries > 1,
                                           .tries = tries,
                                           .window = -1,
                                           .by = "ann"};
    struct netboot_error error;

    return book_arm(fixture->book, hosts, count, &request, &error);
}

static void arm(struct fixture *fixture, unsigned number, unsigned tries)
{
    struct control_host armed = host(number);

    assert_int_equal(try_arm(fixture, &armed, 1, tries), 0);
}

static bool find_armed(struct fixture *fixture, unsigned number, struct armed_entry *ret)
{
    struct control_host armed = host(number);

    return armed_find(&fixture->set, armed_hash(&armed.key), ret);
}

static bool is_armed(struct fixture *fixture, unsigned number)
{
    struct armed_entry entry;

    return find_armed(fixture, number, &entry);
}

static struct netboot_once once_of(struct fixture *fixture, unsigned number)
{
    struct control_host armed = host(number);
    struct netboot_once once;

    assert_int_equal(book_find(fixture->book, &armed, &once), 0);
    return once;
}

static void expect_state(struct fixture *fixture, unsigned number, enum netboot_once_state state)
{
    struct netboot_once once = once_of(fixture, number);

    assert_string_equal(netboot_once_state_name(once.state), netboot_once_state_name(state));
}

/* ---- Questions */

enum { LAST = 1, ABLE = 2, FULL = LAST | ABLE, SCRIPT = 4 };
#define D PHASE_BEGIN
#define R PHASE_REQUEST
#define W PHASE_WHOLE

static uint64_t monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static struct question make_question(struct fixture *fixture, unsigned number, enum once_method method,
                                     enum message_phase message, unsigned flags, uint32_t transaction)
{
    struct control_host armed = host(number);
    struct armed_entry entry = {.target = ""};
    struct question question = {
        .kind = QUESTION_ASK,
        .sequence = ++fixture->sequence,
        .deadline_ns = monotonic() + 10 * SECOND,
        .store = armed.store,
        .born = armed.born,
        .method = (uint8_t)method,
        .message = (uint8_t)message,
        .able = flags & ABLE,
        .last = flags & LAST,
        .has_script = flags & SCRIPT,
        .has_mac = true,
        .mac = {0x52},
        .transaction = transaction,
        .key_size = (uint16_t)armed.key.size,
        .file_size = 8,
        .file = "boot.efi",
    };

    find_armed(fixture, number, &entry);
    memcpy(question.token, entry.token, sizeof(question.token));
    memcpy(question.key, armed.key.octets, armed.key.size);
    assert_true(question_is_sound(&question, question_size(&question)));
    return question;
}

#define ANSWERS 64
static struct {
    unsigned count;
    uint64_t askers[ANSWERS];
    struct answer answers[ANSWERS];
} got;

static void take(uint64_t asker, const struct answer *answer, void *user)
{
    (void)user;
    if (got.count == ANSWERS)
        abort();
    assert_true(answer_is_sound(answer, sizeof(*answer)));
    got.askers[got.count] = asker;
    got.answers[got.count++] = *answer;
}

static void settle(struct fixture *fixture)
{
    got.count = 0;
    book_settle(fixture->book, take, NULL);
}

enum { SERVED = NETBOOT_ARMED_SERVED, UNANSWERED = -1 };

/* The answer: why it is lasting, or SERVED, or UNANSWERED. */
static int put(struct fixture *fixture, const struct question *question)
{
    book_ask(fixture->book, question, "dhcp1", 1);
    settle(fixture);
    if (got.count == 0)
        return UNANSWERED;
    assert_int_equal(got.count, 1);
    assert_int_equal(got.askers[0], 1);
    assert_int_equal(got.answers[0].sequence, question->sequence);
    assert_int_equal(got.answers[0].verdict == ANSWER_ONCE, got.answers[0].armed == NETBOOT_ARMED_SERVED);
    return got.answers[0].armed;
}

static int ask(struct fixture *fixture, unsigned number, enum once_method method, enum message_phase message,
               unsigned flags, uint32_t transaction)
{
    struct question question = make_question(fixture, number, method, message, flags, transaction);

    return put(fixture, &question);
}

/* iPXE's final request, of the transaction. */
static int request(struct fixture *fixture, unsigned number, uint32_t transaction)
{
    return ask(fixture, number, ONCE_IPXE4, R, FULL, transaction);
}

/* A boot begins. */
static int begin(struct fixture *fixture, unsigned number, uint32_t transaction)
{
    return ask(fixture, number, ONCE_PXE4, D, ABLE, transaction);
}

/* ---- Boots */

static void test_a_boot(void **state)
{
    struct fixture *fixture = *state;

    arm(fixture, 1, 1);
    assert_true(is_armed(fixture, 1));
    expect_state(fixture, 1, NETBOOT_ONCE_ARMED);
    assert_int_equal(begin(fixture, 1, 1), SERVED);
    expect_state(fixture, 1, NETBOOT_ONCE_IN_PROGRESS);
    assert_int_equal(ask(fixture, 1, ONCE_PXE4, R, ABLE, 1), SERVED);
    assert_int_equal(request(fixture, 1, 9), SERVED);
    expect_state(fixture, 1, NETBOOT_ONCE_USED);
    struct netboot_once once = once_of(fixture, 1);
    assert_string_equal(once.server, "dhcp1");
    assert_string_equal(once.boot_file, "boot.efi");
    assert_string_equal(once.target, "install");
    assert_string_equal(once.by, "ann");
    assert_int_equal(request(fixture, 1, 9), SERVED); /* again */
    assert_true(is_armed(fixture, 1));
    assert_int_equal(begin(fixture, 1, 2), NETBOOT_ARMED_USED);
    assert_false(is_armed(fixture, 1));
    assert_int_equal(request(fixture, 1, 9), NETBOOT_ARMED_USED);
    restart(fixture);
    assert_false(is_armed(fixture, 1));
    expect_state(fixture, 1, NETBOOT_ONCE_USED);
}

static void test_what_is_written(void **state)
{
    struct fixture *fixture = *state;

    arm(fixture, 1, 1);
    off_t before = file_size(fixture);
    disk.syncs = 0;
    assert_int_equal(begin(fixture, 1, 1), SERVED);
    assert_int_equal(ask(fixture, 1, ONCE_IPXE4, D, FULL, 9), SERVED);
    assert_int_equal(ask(fixture, 1, ONCE_IPXE6, D, FULL, 8), SERVED);
    book_tidy(fixture->book);
    assert_int_equal(disk.syncs, 0); /* notes are not */
    assert_int_equal(file_size(fixture), before);
    assert_int_equal(request(fixture, 1, 9), SERVED);
    assert_int_equal(disk.syncs, 1);
    assert_true(file_size(fixture) > before);
    assert_int_equal(ask(fixture, 1, ONCE_IPXE6, R, FULL, 8), SERVED);
    assert_int_equal(disk.syncs, 1); /* the boot was marked already */
    assert_int_equal(begin(fixture, 1, 2), NETBOOT_ARMED_USED);
    assert_int_equal(disk.syncs, 2);
}

static void test_one_sync_for_all_that_wait(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT_OF_HOSTS = 40 };

    for (unsigned i = 0; i < COUNT_OF_HOSTS; i++)
        arm(fixture, i, 1);
    disk.syncs = 0;
    for (unsigned i = 0; i < COUNT_OF_HOSTS; i++) {
        struct question question = make_question(fixture, i, ONCE_IPXE4, R, FULL, 9);
        book_ask(fixture->book, &question, "dhcp1", 100 + i);
    }
    settle(fixture);
    assert_int_equal(got.count, COUNT_OF_HOSTS);
    assert_int_equal(disk.syncs, 1);
    for (unsigned i = 0; i < COUNT_OF_HOSTS; i++)
        assert_int_equal(got.answers[i].verdict, ANSWER_ONCE);
    restart(fixture);
    for (unsigned i = 0; i < COUNT_OF_HOSTS; i++)
        assert_int_equal(request(fixture, i, 9), NETBOOT_ARMED_USED);
}

/* ---- A disk that fails */

static void test_a_mark_that_cannot_be_written(void **state)
{
    struct fixture *fixture = *state;

    arm(fixture, 1, 1);
    for (unsigned how = 0; how < 3; how++) {
        disk.full = how == 0;
        disk.syncs_fail = how == 1;
        disk.short_by = how == 2 ? 100 : 0;
        assert_int_equal(begin(fixture, 1, 1), SERVED);
        assert_int_equal(request(fixture, 1, 9), NETBOOT_ARMED_UNMARKED);
        /* Two at once: the second one does not count on the first one's mark. */
        struct question first = make_question(fixture, 1, ONCE_IPXE4, R, FULL, 9), second = first;
        second.sequence = ++fixture->sequence;
        book_ask(fixture->book, &first, "dhcp1", 1);
        book_ask(fixture->book, &second, "dhcp1", 2);
        settle(fixture);
        assert_int_equal(got.count, 2);
        for (unsigned i = 0; i < 2; i++)
            assert_int_equal(got.answers[i].armed, NETBOOT_ARMED_UNMARKED);
        disk.full = disk.syncs_fail = false;
        disk.short_by = 0;
        restart(fixture);
        expect_state(fixture, 1, NETBOOT_ONCE_ARMED);
    }
    assert_int_equal(request(fixture, 1, 9), SERVED);
}

static void test_an_end_that_cannot_be_written(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned anew = 0; anew < 2; anew++) {
        arm(fixture, 1, 1);
        assert_int_equal(request(fixture, 1, 9), SERVED);
        disk.full = true;
        assert_int_equal(begin(fixture, 1, 2), NETBOOT_ARMED_USED);
        disk.full = false;
        if (anew)
            restart(fixture);
        assert_true(is_armed(fixture, 1)); /* it is not written that it is over */
        assert_int_equal(request(fixture, 1, 9), NETBOOT_ARMED_USED);
        book_tidy(fixture->book);
        assert_false(is_armed(fixture, 1));
    }
}

static void test_a_promise_that_cannot_be_marked(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned anew = 0; anew < 2; anew++) {
        arm(fixture, 1, 1);
        assert_int_equal(ask(fixture, 1, ONCE_HTTP4, D, FULL, 1), SERVED);
        disk.full = true;
        /* The promise is on disk, which is enough. */
        assert_int_equal(ask(fixture, 1, ONCE_HTTP4, R, FULL, 1), SERVED);
        disk.full = false;
        if (anew)
            restart(fixture);
        assert_int_equal(ask(fixture, 1, ONCE_HTTP4, D, FULL, 2), NETBOOT_ARMED_USED);
        assert_false(is_armed(fixture, 1));
    }
    arm(fixture, 2, 1);
    disk.full = true;
    assert_int_equal(ask(fixture, 2, ONCE_HTTP4, D, FULL, 1), NETBOOT_ARMED_UNMARKED);
    assert_int_equal(ask(fixture, 2, ONCE_HTTP4, R, FULL, 1), NETBOOT_ARMED_UNABLE); /* nothing was promised */
    disk.full = false;
    expect_state(fixture, 2, NETBOOT_ONCE_ARMED);
}

/* ---- Servers that do not wait, or do not send */

static void test_a_question_that_comes_late(void **state)
{
    struct fixture *fixture = *state;

    arm(fixture, 1, 1);
    struct question late = make_question(fixture, 1, ONCE_IPXE4, R, FULL, 9);
    late.deadline_ns = monotonic() - 1;
    disk.syncs = 0;
    assert_int_equal(put(fixture, &late), UNANSWERED);
    assert_int_equal(disk.syncs, 0);
    expect_state(fixture, 1, NETBOOT_ONCE_ARMED);
    assert_int_equal(request(fixture, 1, 9), SERVED);
    /* But it is of a new boot, and was asked before the next one, whenever it is read. */
    late = make_question(fixture, 1, ONCE_PXE4, D, ABLE, 2);
    late.deadline_ns = monotonic() - 1;
    struct question again = make_question(fixture, 1, ONCE_IPXE4, R, FULL, 9);
    book_ask(fixture->book, &again, "dhcp1", 1);
    book_ask(fixture->book, &late, "dhcp1", 2);
    settle(fixture);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.answers[0].armed, NETBOOT_ARMED_USED);
}

static void test_an_answer_that_comes_late(void **state)
{
    struct fixture *fixture = *state;

    arm(fixture, 1, 1);
    disk.sync_ns = 20 * SECOND;
    assert_int_equal(request(fixture, 1, 9), UNANSWERED);
    disk.sync_ns = 0;
    expect_state(fixture, 1, NETBOOT_ONCE_ARMED);
    book_tidy(fixture->book);
    restart(fixture);
    expect_state(fixture, 1, NETBOOT_ONCE_ARMED);
    assert_int_equal(request(fixture, 1, 9), SERVED);
    /* What it was promised, firmware boots all the same. */
    arm(fixture, 2, 2);
    assert_int_equal(ask(fixture, 2, ONCE_HTTP4, D, FULL, 1), SERVED);
    struct question late = make_question(fixture, 2, ONCE_HTTP4, R, FULL, 1);
    late.deadline_ns = 1;
    assert_int_equal(put(fixture, &late), UNANSWERED);
    assert_int_equal(once_of(fixture, 2).count, 1);
    assert_int_equal(once_of(fixture, 2).state, NETBOOT_ONCE_WAITING);
}

/* The last question's. */
static void say_sent(struct fixture *fixture, uint64_t asker, bool sent)
{
    book_sent(fixture->book, asker, fixture->sequence, sent);
}

static void test_not_sent(void **state)
{
    struct fixture *fixture = *state;

    arm(fixture, 1, 1);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(request(fixture, 1, 9), SERVED);
        say_sent(fixture, 1, false);
        expect_state(fixture, 1, NETBOOT_ONCE_ARMED);
    }
    book_tidy(fixture->book);
    restart(fixture);
    expect_state(fixture, 1, NETBOOT_ONCE_ARMED);
    /* Of another connection, of another question, after "sent": nothing. */
    assert_int_equal(request(fixture, 1, 9), SERVED);
    say_sent(fixture, 2, false);
    book_sent(fixture->book, 1, fixture->sequence + 1, false);
    book_sent(fixture->book, 1, fixture->sequence - 1, false);
    say_sent(fixture, 1, true);
    say_sent(fixture, 1, false);
    expect_state(fixture, 1, NETBOOT_ONCE_USED);
}

static void test_not_sent_after_something_else(void **state)
{
    struct fixture *fixture = *state;

    /* Another server counted on the mark. */
    arm(fixture, 1, 1);
    struct question first = make_question(fixture, 1, ONCE_IPXE4, R, FULL, 9), second = first;
    second.sequence = ++fixture->sequence;
    assert_int_equal(put(fixture, &first), SERVED);
    book_ask(fixture->book, &second, "dhcp2", 2);
    settle(fixture);
    assert_int_equal(got.answers[0].armed, SERVED);
    book_sent(fixture->book, 1, first.sequence, false);
    expect_state(fixture, 1, NETBOOT_ONCE_USED);
    /* Also at the same time. */
    arm(fixture, 5, 1);
    first = make_question(fixture, 5, ONCE_IPXE4, R, FULL, 9);
    second = first;
    second.sequence = ++fixture->sequence;
    book_ask(fixture->book, &first, "dhcp1", 1);
    book_ask(fixture->book, &second, "dhcp2", 2);
    settle(fixture);
    assert_int_equal(got.count, 2);
    book_sent(fixture->book, 1, first.sequence, false);
    expect_state(fixture, 5, NETBOOT_ONCE_USED);
    /* It was armed anew. */
    arm(fixture, 2, 1);
    assert_int_equal(request(fixture, 2, 9), SERVED);
    arm(fixture, 2, 1);
    assert_int_equal(request(fixture, 2, 9), SERVED);
    book_sent(fixture->book, 1, fixture->sequence - 1, false);
    expect_state(fixture, 2, NETBOOT_ONCE_USED);
    /* It was disarmed. */
    struct control_host gone = host(2);
    assert_int_equal(book_disarm(fixture->book, &gone, 1, NULL, NULL), 0);
    say_sent(fixture, 1, false);
    assert_false(is_armed(fixture, 2));
    /* The connection ended: silence means sent. */
    arm(fixture, 3, 1);
    assert_int_equal(request(fixture, 3, 9), SERVED);
    book_hang_up(fixture->book, 1);
    say_sent(fixture, 1, false);
    expect_state(fixture, 3, NETBOOT_ONCE_USED);
    /* Before it was even decided. */
    arm(fixture, 4, 1);
    struct question question = make_question(fixture, 4, ONCE_IPXE4, R, FULL, 9);
    book_ask(fixture->book, &question, "dhcp1", 1);
    say_sent(fixture, 1, false);
    settle(fixture);
    assert_int_equal(got.count, 0);
    expect_state(fixture, 4, NETBOOT_ONCE_ARMED);
}

/* The mark that is taken back had ended a boot before, or kept a promise: that stays. */
static void test_not_sent_is_no_more_than_that(void **state)
{
    struct fixture *fixture = *state;

    arm(fixture, 1, 3);
    assert_int_equal(request(fixture, 1, 9), SERVED);
    assert_int_equal(request(fixture, 1, 10), SERVED); /* another boot */
    say_sent(fixture, 1, false);
    assert_int_equal(once_of(fixture, 1).count, 1);
    assert_int_equal(request(fixture, 1, 9), SERVED); /* not the first one again */
    assert_int_equal(once_of(fixture, 1).count, 2);
    arm(fixture, 2, 1);
    assert_int_equal(ask(fixture, 2, ONCE_HTTP4, D, FULL, 1), SERVED);
    assert_int_equal(ask(fixture, 2, ONCE_HTTP4, R, FULL, 1), SERVED);
    say_sent(fixture, 1, false);
    expect_state(fixture, 2, NETBOOT_ONCE_USED);
    /* An offer that was not sent promises nothing. */
    arm(fixture, 3, 1);
    assert_int_equal(ask(fixture, 3, ONCE_HTTP4, D, FULL, 1), SERVED);
    say_sent(fixture, 1, false);
    assert_int_equal(ask(fixture, 3, ONCE_HTTP4, R, FULL, 1), NETBOOT_ARMED_UNABLE);
    expect_state(fixture, 3, NETBOOT_ONCE_ARMED);
}

/* ---- Doubt */

static void test_doubts(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned how = 0; how < 4; how++) {
        arm(fixture, how, 1);
        assert_int_equal(request(fixture, how, 9), SERVED);
        if (how == 1)
            book_raise_doubt(fixture->book);
        if (how == 2)
            book_hang_up(fixture->book, 99);
        if (how == 3)
            restart(fixture);
        assert_int_equal(request(fixture, how, 9), how == 0 ? SERVED : (int)NETBOOT_ARMED_USED);
        assert_int_equal(is_armed(fixture, how), how == 0);
    }
}

/* ---- At most four marks in a minute */

static void test_a_flood_for_one_host(void **state)
{
    struct fixture *fixture = *state;
    unsigned served = 0;

    arm(fixture, 1, 1000);
    arm(fixture, 2, 1);
    disk.syncs = 0;
    for (uint32_t i = 1; i <= 500; i++) {
        int answer = request(fixture, 1, i);
        assert_true(answer == SERVED || answer == NETBOOT_ARMED_UNMARKED);
        served += answer == SERVED;
    }
    assert_int_equal(served, 4);
    assert_in_range(disk.syncs, 4, 9);
    assert_int_equal(request(fixture, 2, 9), SERVED);
    assert_int_equal(request(fixture, 2, 9), SERVED); /* no doubt was raised */
    disk.running_ns += 61 * SECOND;
    assert_int_equal(request(fixture, 1, 1000), SERVED);
    assert_int_equal(once_of(fixture, 1).count, 5);
}

/* ---- Which host, which arming */

static void test_what_is_not_of_this_arming(void **state)
{
    struct fixture *fixture = *state;

    arm(fixture, 1, 1);
    struct question question = make_question(fixture, 1, ONCE_IPXE4, R, FULL, 9);
    disk.syncs = 0;
    for (unsigned wrong = 0; wrong < 4; wrong++) {
        struct question other = question;
        other.born += wrong == 0;
        other.store += wrong == 1;
        other.token[15] ^= wrong == 2;
        other.key[6] ^= wrong == 3;
        assert_int_equal(put(fixture, &other), NETBOOT_ARMED_USED);
    }
    assert_int_equal(disk.syncs, 0);
    expect_state(fixture, 1, NETBOOT_ONCE_ARMED);
    arm(fixture, 1, 1); /* a new token */
    assert_int_equal(put(fixture, &question), NETBOOT_ARMED_USED);
    assert_int_equal(request(fixture, 1, 9), SERVED);
    /* A host of before has no number, which is a number too. */
    struct control_host old = host(7);
    old.born = 0;
    assert_int_equal(try_arm(fixture, &old, 1, 1), 0);
    question = make_question(fixture, 7, ONCE_IPXE4, R, FULL, 9);
    assert_int_equal(put(fixture, &question), NETBOOT_ARMED_USED);
    question.born = 0;
    assert_int_equal(put(fixture, &question), SERVED);
}

/* ---- People */

static void test_requests_that_make_no_sense(void **state)
{
    struct fixture *fixture = *state;
    struct control_host hosts[2] = {host(1), {.key = {.size = 0}}};
    const struct netboot_once_request sound = {.size = sizeof(sound), .target = "install", .window = -1};
    struct netboot_once_request wrong[7] = {sound, sound, sound, sound, sound, sound, sound};
    char long_name[100];
    off_t before = file_size(fixture);

    memset(long_name, 'x', sizeof(long_name));
    long_name[99] = '\0';
    wrong[0].target = NULL;
    wrong[1].target = "";
    wrong[2].target = "no name";
    wrong[3].tries = 1001;
    wrong[4].window = 601;
    wrong[5].by = long_name;
    wrong[6].size = 3;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct netboot_error error = {0};
        assert_int_equal(book_arm(fixture->book, hosts, 1, &wrong[i], &error), -EINVAL);
        assert_true(strlen(error.text) > 0);
    }
    assert_int_equal(book_arm(fixture->book, hosts, 2, &sound, NULL), -EINVAL);
    assert_int_equal(book_arm(fixture->book, hosts, 0, &sound, NULL), -EINVAL);
    assert_int_equal(book_disarm(fixture->book, hosts, 1, long_name, NULL), -EINVAL);
    assert_int_equal(book_done(fixture->book, hosts, 1, long_name, NULL), -EINVAL);
    assert_false(is_armed(fixture, 1));
    assert_int_equal(file_size(fixture), before);
}

static void test_all_or_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct control_host hosts[3] = {host(1), host(2), host(1)};

    disk.full = true;
    assert_int_equal(try_arm(fixture, hosts, 3, 1), -ENOSPC);
    disk.full = false;
    struct netboot_once once;
    for (unsigned i = 1; i < 3; i++) {
        assert_false(is_armed(fixture, i));
        assert_int_equal(book_find(fixture->book, &hosts[i - 1], &once), -ENOENT);
    }
    disk.syncs = 0;
    assert_int_equal(try_arm(fixture, hosts, 3, 1), 0);
    assert_int_equal(disk.syncs, 1);
    restart(fixture);
    assert_true(is_armed(fixture, 1) && is_armed(fixture, 2));
    disk.full = true;
    assert_int_equal(book_disarm(fixture->book, hosts, 3, NULL, NULL), -ENOSPC);
    assert_int_equal(book_done(fixture->book, hosts, 2, NULL, NULL), -ENOSPC);
    disk.full = false;
    assert_true(is_armed(fixture, 1) && is_armed(fixture, 2));
    expect_state(fixture, 1, NETBOOT_ONCE_ARMED);
    hosts[2] = host(3);
    assert_int_equal(book_done(fixture->book, hosts, 3, "ann", NULL), -ENOENT);
    expect_state(fixture, 1, NETBOOT_ONCE_ARMED);
    assert_int_equal(book_done(fixture->book, hosts, 2, "ann", NULL), 0);
    expect_state(fixture, 1, NETBOOT_ONCE_DONE);
    assert_false(is_armed(fixture, 1) || is_armed(fixture, 2));
    assert_int_equal(book_disarm(fixture->book, hosts, 3, "ann", NULL), 0);
    restart(fixture);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(book_find(fixture->book, &hosts[i], &once), -ENOENT);
}

static void test_disarming_what_waits_to_be_written(void **state)
{
    struct fixture *fixture = *state;
    struct control_host gone = host(1);
    struct netboot_once once;

    arm(fixture, 1, 3);
    assert_int_equal(request(fixture, 1, 9), SERVED);
    disk.full = true;
    assert_int_equal(begin(fixture, 1, 2), NETBOOT_ARMED_UNMARKED);
    disk.full = false;
    assert_int_equal(book_disarm(fixture->book, &gone, 1, NULL, NULL), 0);
    assert_false(is_armed(fixture, 1));
    restart(fixture);
    assert_int_equal(book_find(fixture->book, &gone, &once), -ENOENT);
}

static void test_a_host_that_is_another_one(void **state)
{
    struct fixture *fixture = *state;
    struct control_host other = host(1);
    struct netboot_once once;

    arm(fixture, 1, 1);
    other.born++;
    assert_int_equal(book_find(fixture->book, &other, &once), -ENOENT);
    assert_int_equal(book_done(fixture->book, &other, 1, NULL, NULL), -ENOENT);
    assert_int_equal(book_disarm(fixture->book, &other, 1, NULL, NULL), 0);
    expect_state(fixture, 1, NETBOOT_ONCE_ARMED);
}

static void test_too_many(void **state)
{
    struct fixture *fixture = *state;
    struct control_host *hosts = calloc(ARMED_MOST + 1, sizeof(*hosts));

    for (unsigned i = 0; i <= ARMED_MOST; i++)
        hosts[i] = host(i);
    assert_int_equal(try_arm(fixture, hosts, ARMED_MOST + 1, 1), -ENOSPC);
    assert_false(is_armed(fixture, 1));
    assert_int_equal(try_arm(fixture, hosts, ARMED_MOST, 1), 0);
    assert_int_equal(try_arm(fixture, &hosts[ARMED_MOST], 1, 1), -ENOSPC);
    assert_int_equal(try_arm(fixture, hosts, 100, 1), 0); /* anew */
    assert_int_equal(book_disarm(fixture->book, hosts, 1, NULL, NULL), 0);
    assert_int_equal(try_arm(fixture, &hosts[ARMED_MOST], 1, 1), 0);
    restart(fixture);
    assert_int_equal(fixture->set.count, ARMED_MOST);
    free(hosts);
}

static void count_one(const struct control_host *of, const struct netboot_once *once, void *user)
{
    assert_int_equal(of->store, STORE);
    ((unsigned *)user)[once->state]++;
}

/* Those that are over are kept for people, but not for ever. */
static void test_what_is_over(void **state)
{
    struct fixture *fixture = *state;
    enum { AT_ONCE = 40000 };
    struct control_host *hosts = calloc(AT_ONCE, sizeof(*hosts));
    struct netboot_once once;

    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < AT_ONCE; i++)
            hosts[i] = host(round * AT_ONCE + i);
        assert_int_equal(try_arm(fixture, hosts, AT_ONCE, 1), 0);
        assert_int_equal(book_done(fixture->book, hosts, AT_ONCE, NULL, NULL), 0);
        book_tidy(fixture->book);
    }
    for (unsigned anew = 0; anew < 2; anew++) {
        unsigned counts[8] = {0};
        book_each(fixture->book, count_one, counts);
        assert_int_equal(counts[NETBOOT_ONCE_DONE], 65536);
        for (unsigned i = 0; i < AT_ONCE; i++)
            assert_int_equal(book_find(fixture->book, &hosts[i], &once), 0);
        restart(fixture);
    }
    free(hosts);
}

/* ---- Acts */

struct acts {
    struct book_act list[BOOK_ACTS + 1];
    size_t count;
};

static void take_act(const struct book_act *act, void *user)
{
    struct acts *acts = user;

    assert_true(acts->count < BOOK_ACTS);
    acts->list[acts->count++] = *act;
}

static void test_acts(void **state)
{
    struct fixture *fixture = *state;
    struct acts *acts = calloc(1, sizeof(*acts));
    struct control_host hosts[2] = {host(1), host(2)};

    assert_int_equal(try_arm(fixture, hosts, 2, 1), 0);
    assert_int_equal(book_done(fixture->book, hosts, 1, "bob", NULL), 0);
    assert_int_equal(book_disarm(fixture->book, hosts, 2, "eve", NULL), 0);
    for (unsigned anew = 0; anew < 2; anew++) {
        acts->count = 0;
        book_each_act(fixture->book, take_act, acts);
        assert_int_equal(acts->count, 3);
        assert_int_equal(acts->list[0].kind, ACT_ARM);
        assert_int_equal(acts->list[0].hosts, 2);
        assert_string_equal(acts->list[0].target, "install");
        assert_string_equal(acts->list[0].by, "ann");
        assert_int_equal(acts->list[1].kind, ACT_DONE);
        assert_string_equal(acts->list[1].by, "bob");
        assert_int_equal(acts->list[2].kind, ACT_DISARM);
        assert_string_equal(acts->list[2].by, "eve");
        assert_true(key_equals(&acts->list[2].key, hosts[0].key.octets, hosts[0].key.size));
        assert_true(acts->list[0].when > 1000000000);
        restart(fixture);
    }
    for (unsigned i = 0; i < BOOK_ACTS + 5; i++)
        arm(fixture, i, 1);
    acts->count = 0;
    book_each_act(fixture->book, take_act, acts);
    assert_int_equal(acts->count, BOOK_ACTS);
    struct control_host first = host(5), last = host(BOOK_ACTS + 4);
    assert_true(key_equals(&acts->list[0].key, first.key.octets, first.key.size));
    assert_true(key_equals(&acts->list[BOOK_ACTS - 1].key, last.key.octets, last.key.size));
    free(acts);
}

/* ---- Now and then */

static bool is_odd(const struct control_host *of, void *user)
{
    ++*(unsigned *)user;
    return of->key.octets[6] % 2 == 1;
}

static void test_hosts_that_are_gone(void **state)
{
    struct fixture *fixture = *state;
    unsigned asked = 0, forgotten = 0;

    for (unsigned i = 0; i < 100; i++)
        arm(fixture, i, 1);
    disk.full = true;
    assert_int_equal(book_sweep(fixture->book, is_odd, &asked, 1000), 0);
    disk.full = false;
    assert_true(is_armed(fixture, 0));
    asked = 0;
    forgotten += (unsigned)book_sweep(fixture->book, is_odd, &asked, 10);
    assert_in_range(asked, 10, 20);
    for (unsigned i = 0; i < 12; i++)
        forgotten += (unsigned)book_sweep(fixture->book, is_odd, &asked, 10);
    assert_int_equal(forgotten, 50);
    for (unsigned anew = 0; anew < 2; anew++) {
        for (unsigned i = 0; i < 100; i++)
            assert_int_equal(is_armed(fixture, i), i % 2 == 1);
        restart(fixture);
    }
}

static void test_the_file_is_made_small(void **state)
{
    struct fixture *fixture = *state;
    struct control_host *hosts = calloc(1000, sizeof(*hosts));

    for (unsigned i = 0; i < 1000; i++)
        hosts[i] = host(i);
    for (unsigned i = 0; i < 40; i++)
        assert_int_equal(try_arm(fixture, hosts, 1000, 1), 0);
    assert_int_equal(request(fixture, 5, 9), SERVED);
    assert_int_equal(book_done(fixture->book, &hosts[6], 1, NULL, NULL), 0);
    off_t before = file_size(fixture);
    disk.full = true;
    book_tidy(fixture->book);
    disk.full = false;
    assert_int_equal(file_size(fixture), before);
    disk.running_ns += 3600 * SECOND;
    book_tidy(fixture->book);
    assert_true(file_size(fixture) < before / 10);
    before = file_size(fixture);
    book_tidy(fixture->book);
    assert_int_equal(file_size(fixture), before);
    for (unsigned anew = 0; anew < 2; anew++) {
        expect_state(fixture, 5, NETBOOT_ONCE_USED);
        expect_state(fixture, 6, NETBOOT_ONCE_DONE);
        expect_state(fixture, 7, NETBOOT_ONCE_ARMED);
        assert_int_equal(fixture->set.count, 999);
        restart(fixture);
    }
    free(hosts);
}

static void test_an_older_state_disarms_all(void **state)
{
    struct fixture *fixture = *state;
    char text[4 * SCRATCH_SIZE];

    arm(fixture, 1, 1);
    snprintf(text, sizeof(text), "cp %s %s/older", fixture->file, fixture->path);
    assert_int_equal(system(text), 0);
    assert_int_equal(request(fixture, 1, 9), SERVED);
    end(fixture);
    snprintf(text, sizeof(text), "cp %s/older %s", fixture->path, fixture->file);
    assert_int_equal(system(text), 0);
    start(fixture);
    assert_non_null(book_notice(fixture->book));
    assert_non_null(strstr(book_notice(fixture->book), "disarmed"));
    assert_false(is_armed(fixture, 1));
    assert_int_equal(fixture->set.count, 0);
    arm(fixture, 1, 1);
    restart(fixture);
    assert_true(is_armed(fixture, 1));
}

static void test_a_second_netbootd(void **state)
{
    struct fixture *fixture = *state;
    struct netboot_error error = {0};
    struct armed_set set;
    struct book *book = NULL;

    assert_int_equal(armed_create(&set, &error), 0);
    assert_int_equal(book_open(fixture->state, fixture->run, &set, &book, &error), -EBUSY);
    assert_null(book);
    armed_close(&set);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_boot),
        TEST(test_what_is_written),
        TEST(test_one_sync_for_all_that_wait),
        TEST(test_a_mark_that_cannot_be_written),
        TEST(test_an_end_that_cannot_be_written),
        TEST(test_a_promise_that_cannot_be_marked),
        TEST(test_a_question_that_comes_late),
        TEST(test_an_answer_that_comes_late),
        TEST(test_not_sent),
        TEST(test_not_sent_after_something_else),
        TEST(test_not_sent_is_no_more_than_that),
        TEST(test_doubts),
        TEST(test_a_flood_for_one_host),
        TEST(test_what_is_not_of_this_arming),
        TEST(test_requests_that_make_no_sense),
        TEST(test_all_or_nothing),
        TEST(test_disarming_what_waits_to_be_written),
        TEST(test_a_host_that_is_another_one),
        TEST(test_too_many),
        TEST(test_what_is_over),
        TEST(test_acts),
        TEST(test_hosts_that_are_gone),
        TEST(test_the_file_is_made_small),
        TEST(test_an_older_state_disarms_all),
        TEST(test_a_second_netbootd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
