/* SPDX-License-Identifier: MPL-2.0 */
/* A server's side of netbootd, with one that behaves as the test wants. */
#include "link/peer.h"

#include "base/worker.h"
#include "eventually.h"
#include "link/socket.h"
#include "open_files.h"
#include "outcome.h"
#include "scratch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define MS UINT64_C(1000000) /* ns */

/* ---- A netbootd */

enum greeting { SOUND, OTHER_MAGIC, OTHER_VERSION, SHORT, UNSEALED, NOTHING_WITH_IT, MORE_THAN_WANTED, REFUSED, NONE };
enum mood {
    ANSWERS,
    SILENT,
    HANGS_UP,
    ANSWERS_LATE, /* the question before, and then this one */
    ANSWERS_ONLY_LATE,
    SAYS_TOO_LITTLE,
    SAYS_TOO_MUCH,
    SAYS_NO_VERDICT,
    SAYS_NO_REASON
};

#define CONNECTIONS 32

struct fake {
    const char *directory;
    pthread_t thread;
    int door, count, fds[CONNECTIONS];
    enum hello_kind kinds[CONNECTIONS]; /* 0: it has not said yet */
    struct armed_set armed;
    atomic_bool stop;
    atomic_int greeting, mood;
    atomic_uint hellos, questions, asked, sent, not_sent, reports, unasked;
    atomic_uint_fast64_t last, generation;
};

static void fake_drop(struct fake *fake, int i)
{
    close(fake->fds[i]);
    fake->fds[i] = fake->fds[fake->count - 1];
    fake->kinds[i] = fake->kinds[--fake->count];
}

static void greet(struct fake *fake, int fd)
{
    static const size_t counts[] = {[SOUND] = 1,
                                    [OTHER_MAGIC] = 1,
                                    [OTHER_VERSION] = 1,
                                    [SHORT] = 1,
                                    [UNSEALED] = 1,
                                    [NOTHING_WITH_IT] = 0,
                                    [MORE_THAN_WANTED] = SOCKET_FDS_MAX};
    enum greeting greeting = (enum greeting)atomic_load(&fake->greeting);
    struct welcome welcome = {.magic = HELLO_MAGIC, .version = HELLO_VERSION, .session = 7};
    int fds[SOCKET_FDS_MAX], unsealed = memfd_create("unsealed", MFD_CLOEXEC);

    welcome.magic += greeting == OTHER_MAGIC;
    welcome.version += greeting == OTHER_VERSION;
    for (size_t i = 0; i < SOCKET_FDS_MAX; i++)
        fds[i] = greeting == UNSEALED ? unsealed : fake->armed.fd;
    if (greeting < REFUSED)
        socket_send(fd, &welcome, sizeof(welcome) - (greeting == SHORT), fds, counts[greeting]);
    close(unsealed);
}

/* False: the connection is to end. */
static bool answer(struct fake *fake, int fd, uint64_t sequence)
{
    enum mood mood = (enum mood)atomic_load(&fake->mood);
    struct answer late = {.sequence = sequence - 1, .verdict = ANSWER_ONCE, .armed = NETBOOT_ARMED_SERVED};
    struct answer answers[2] = {
        {.sequence = sequence, .verdict = ANSWER_ONCE, .armed = NETBOOT_ARMED_SERVED}
    };

    if (mood == ANSWERS_LATE || mood == ANSWERS_ONLY_LATE) {
        answers[0].verdict = ANSWER_LASTING;
        answers[0].armed = NETBOOT_ARMED_USED;
        socket_send(fd, &late, sizeof(late), NULL, 0);
    }
    if (mood == SAYS_NO_VERDICT)
        answers[0].verdict = 0;
    if (mood == SAYS_NO_REASON)
        answers[0].armed = 255;
    if (mood != SILENT && mood != HANGS_UP && mood != ANSWERS_ONLY_LATE)
        socket_send(fd, answers, mood == SAYS_TOO_LITTLE ? 3 : sizeof(answers[0]) + (mood == SAYS_TOO_MUCH), NULL, 0);
    return mood != HANGS_UP;
}

static bool read_question(struct fake *fake, int fd)
{
    struct question question;
    ssize_t size = socket_receive(fd, &question, sizeof(question), NULL);

    if (size <= 0 || !question_is_sound(&question, (size_t)size))
        return false;
    if (question.kind != QUESTION_ASK) {
        atomic_store(&fake->last, question.sequence);
        atomic_fetch_add(question.kind == QUESTION_SENT ? &fake->sent : &fake->not_sent, 1);
        return true;
    }
    atomic_store(&fake->unasked, question.unasked);
    atomic_store(&fake->last, question.sequence);
    atomic_fetch_add(&fake->asked, 1);
    return answer(fake, fd, question.sequence);
}

static bool read_hello(struct fake *fake, int i)
{
    struct hello hello;

    if (socket_receive(fake->fds[i], &hello, sizeof(hello), NULL) != sizeof(hello) || hello.magic != HELLO_MAGIC ||
        hello.version != HELLO_VERSION || (hello.kind == HELLO_SERVER && strcmp(hello.server, "a server") != 0) ||
        (hello.kind == HELLO_QUESTIONS && hello.session != 7))
        return false;
    fake->kinds[i] = hello.kind;
    atomic_fetch_add(hello.kind == HELLO_SERVER ? &fake->hellos : &fake->questions, 1);
    if (hello.kind == HELLO_SERVER)
        greet(fake, fake->fds[i]);
    return hello.kind != HELLO_SERVER || atomic_load(&fake->greeting) != REFUSED;
}

static bool read_report(struct fake *fake, int fd)
{
    struct report report;

    if (socket_receive(fd, &report, sizeof(report), NULL) != sizeof(report))
        return false;
    atomic_store(&fake->generation, report.generation);
    atomic_fetch_add(&fake->reports, 1);
    return true;
}

static void read_one(struct fake *fake, int i)
{
    bool stays = fake->kinds[i] == HELLO_SERVER      ? read_report(fake, fake->fds[i])
                 : fake->kinds[i] == HELLO_QUESTIONS ? read_question(fake, fake->fds[i])
                                                     : read_hello(fake, i);

    if (!stays)
        fake_drop(fake, i);
}

static void *fake_run(void *user)
{
    struct fake *fake = user;

    while (!atomic_load(&fake->stop)) {
        struct pollfd waiting[CONNECTIONS + 1] = {
            {.fd = fake->door, .events = POLLIN}
        };
        int count = fake->count;
        for (int i = 0; i < count; i++)
            waiting[1 + i] = (struct pollfd){.fd = fake->fds[i], .events = POLLIN};
        poll(waiting, (nfds_t)count + 1, 5);
        for (int i = count - 1; i >= 0; i--)
            if (waiting[1 + i].revents)
                read_one(fake, i);
        if (waiting[0].revents && fake->count < CONNECTIONS)
            fake->kinds[fake->count] = 0, fake->fds[fake->count++] = accept(fake->door, NULL, NULL);
    }
    while (fake->count > 0)
        fake_drop(fake, fake->count - 1);
    close(fake->door);
    return NULL;
}

static void fake_start(struct fake *fake)
{
    atomic_store(&fake->stop, false);
    OK(socket_make_run(fake->directory, &error));
    assert_true((fake->door = socket_listen(fake->directory, SERVERS_SOCKET, 0600, NULL)) >= 0);
    assert_int_equal(pthread_create(&fake->thread, NULL, fake_run, fake), 0);
}

/* Hangs up on everybody. */
static void fake_stop(struct fake *fake)
{
    atomic_store(&fake->stop, true);
    pthread_join(fake->thread, NULL);
}

/* ---- A server, and its netbootd */

struct meeting {
    char directory[SCRATCH_SIZE];
    struct fake fake;
    struct peer peer;
};

static int set_up(void **state)
{
    struct meeting *meeting = aligned_alloc(64, (sizeof(*meeting) + 63) / 64 * 64);

    memset(meeting, 0, sizeof(*meeting));
    scratch_make(meeting->directory);
    meeting->fake.directory = meeting->directory;
    OK(armed_create(&meeting->fake.armed, &error));
    peer_init(&meeting->peer, meeting->directory, "a server", 1000);
    fake_start(&meeting->fake);
    *state = meeting;
    return 0;
}

static int tear_down(void **state)
{
    struct meeting *meeting = *state;

    peer_close(&meeting->peer);
    fake_stop(&meeting->fake);
    peer_fini(&meeting->peer);
    armed_close(&meeting->fake.armed);
    scratch_remove(meeting->directory);
    free(meeting);
    return 0;
}

static bool is_connected(struct peer *peer)
{
    struct peer_link *link = peer_take(peer);

    if (link)
        peer_give(link);
    return link != NULL;
}

static struct peer *connected(struct meeting *meeting, unsigned deadline_ms)
{
    meeting->peer.deadline_ns = deadline_ms * MS;
    peer_tick(&meeting->peer, 1);
    assert_true(is_connected(&meeting->peer));
    return &meeting->peer;
}

static struct answer ask(struct peer *peer)
{
    struct question question = {.method = ONCE_PXE4, .message = PHASE_BEGIN, .key_size = 7};
    struct peer_link *link = peer_take(peer);
    struct answer answer;

    assert_non_null(link);
    memset(&answer, 0xff, sizeof(answer));
    peer_ask(peer, link, &question, &answer);
    peer_give(link);
    assert_true(answer_is_sound(&answer, sizeof(answer)));
    return answer;
}

static void assert_not_answered(struct peer *peer)
{
    struct answer answer = ask(peer);

    assert_int_equal(answer.verdict, ANSWER_LASTING);
    assert_int_equal(answer.armed, NETBOOT_ARMED_UNMARKED);
}

static void assert_answered(struct peer *peer)
{
    struct answer answer = ask(peer);

    assert_int_equal(answer.verdict, ANSWER_ONCE);
    assert_int_equal(answer.armed, NETBOOT_ARMED_SERVED);
}

static void assert_told(struct peer *peer, enum netboot_event event, const char *text)
{
    struct netboot_error error = {0};

    assert_int_equal(notice_take(&peer->notice, &error), event);
    if (!strstr(error.text, text))
        fail_msg("%s", error.text);
}

/* ---- Connecting */

static void connecting(void **state)
{
    struct meeting *meeting = *state;
    struct peer *peer = connected(meeting, 1000);

    assert_told(peer, NETBOOT_EVENT_USABLE, "is connected");
    EVENTUALLY(meeting->fake.questions == PEER_QUESTIONS);
    assert_int_equal(meeting->fake.hellos, 1);
    assert_answered(peer);
    peer_tick(peer, 1);
    EVENTUALLY(meeting->fake.generation == 1);
    peer_tick(peer, 1); /* nothing new */
    peer_tick(peer, 2);
    EVENTUALLY(meeting->fake.generation == 2);
    assert_int_equal(meeting->fake.reports, 2);
    assert_int_equal(meeting->fake.hellos, 1);
    assert_told(peer, NETBOOT_EVENT_NONE, "");
}

/* It is said once, and nothing stays open. */
static void greetings_that_are_none(void **state)
{
    static const struct {
        enum greeting greeting;
        const char *text;
    } cases[] = {
        {OTHER_MAGIC,     "of another version"},
        {OTHER_VERSION,   "of another version"},
        {SHORT,           "of another version"},
        {UNSEALED,        "is not sealed"     },
        {NOTHING_WITH_IT, "is not sealed"     },
        {REFUSED,         "refused"           },
        {NONE,            "does not answer"   },
    };
    struct meeting *meeting = *state;
    struct peer *peer = &meeting->peer;

    for (size_t i = 0; i < COUNT(cases); i++) {
        EVENTUALLY(meeting->fake.count == 0);
        unsigned before = open_files(getpid());
        atomic_store(&meeting->fake.greeting, cases[i].greeting);
        for (unsigned j = 0; j < 3; j++)
            peer_tick(peer, 1);
        assert_false(is_connected(peer));
        assert_told(peer, NETBOOT_EVENT_UNUSABLE, cases[i].text);
        EVENTUALLY(meeting->fake.count == 0 && open_files(getpid()) == before);
        atomic_store(&meeting->fake.greeting, SOUND);
        peer_tick(peer, 1);
        assert_told(peer, NETBOOT_EVENT_USABLE, "is connected");
        peer_close(peer);
        notice_tell(&peer->notice, false, &(struct netboot_error){0});
        notice_take(&peer->notice, NULL);
        notice_tell(&peer->notice, true, &(struct netboot_error){0});
        notice_take(&peer->notice, NULL);
    }
    EVENTUALLY(meeting->fake.count == 0);
    unsigned before = open_files(getpid());
    atomic_store(&meeting->fake.greeting, MORE_THAN_WANTED);
    peer_tick(peer, 1);
    assert_answered(peer);
    peer_close(peer);
    EVENTUALLY(meeting->fake.count == 0 && open_files(getpid()) == before);
}

static void tick(void *data, unsigned round)
{
    peer_tick(data, round);
}

/* By itself, as soon as netbootd is there: no packet waits for it. */
static void connects_within_half_a_second(void **state)
{
    struct meeting *meeting = *state;
    struct worker worker;
    uint64_t best = UINT64_MAX;

    fake_stop(&meeting->fake);
    meeting->peer.worker = &worker;
    assert_int_equal(worker_start(&worker, 250, tick, &meeting->peer), 0);
    worker_wait(&worker, 5000);
    assert_told(&meeting->peer, NETBOOT_EVENT_UNUSABLE, "netbootd does not run");
    for (unsigned i = 0; i < 10 && best >= 500; i++) { /* this machine may be busy */
        fake_start(&meeting->fake);
        uint64_t begun = now_ms();
        EVENTUALLY(is_connected(&meeting->peer));
        best = now_ms() - begun < best ? now_ms() - begun : best;
        fake_stop(&meeting->fake);
        EVENTUALLY(!is_connected(&meeting->peer));
    }
    assert_true(best < 500);
    worker_stop(&worker);
    peer_close(&meeting->peer);
    worker_fini(&worker);
    fake_start(&meeting->fake);
}

/* ---- Questions */

static void what_became_of_an_answer(void **state)
{
    struct meeting *meeting = *state;
    struct peer *peer = connected(meeting, 1000);

    peer_sent(peer, 77, true);
    EVENTUALLY(meeting->fake.sent == 1);
    assert_int_equal(meeting->fake.last, 77);
    peer_sent(peer, 78, false);
    EVENTUALLY(meeting->fake.not_sent == 1);
    assert_int_equal(meeting->fake.last, 78);
    peer_close(peer);
    peer_sent(peer, 79, true); /* to nobody */
}

/* What is no answer ends the connection, and a new one is made. */
static void garbage(void **state)
{
    static const enum mood moods[] = {SAYS_TOO_LITTLE, SAYS_TOO_MUCH, SAYS_NO_VERDICT, SAYS_NO_REASON, HANGS_UP};
    struct meeting *meeting = *state;
    struct peer *peer = connected(meeting, 60000);

    for (size_t i = 0; i < COUNT(moods); i++) {
        atomic_store(&meeting->fake.mood, moods[i]);
        assert_not_answered(peer); /* at once: the deadline is long */
        assert_false(is_connected(peer));
        atomic_store(&meeting->fake.mood, ANSWERS);
        peer_tick(peer, 1);
        assert_answered(peer);
    }
    assert_int_equal(peer->unasked, 0);
}

static void a_hang_up(void **state)
{
    struct meeting *meeting = *state;
    struct peer *peer = connected(meeting, 60000);

    assert_told(peer, NETBOOT_EVENT_USABLE, "is connected");
    fake_stop(&meeting->fake);
    assert_not_answered(peer);
    assert_false(is_connected(peer));
    peer_tick(peer, 1);
    assert_told(peer, NETBOOT_EVENT_UNUSABLE, "netbootd does not run");
    fake_start(&meeting->fake);
    peer_tick(peer, 1);
    assert_told(peer, NETBOOT_EVENT_USABLE, "is connected");
    assert_answered(peer);
    fake_stop(&meeting->fake); /* which is noticed without a question */
    peer_tick(peer, 1);
    assert_told(peer, NETBOOT_EVENT_UNUSABLE, "netbootd does not run");
    fake_start(&meeting->fake);
}

static void late_answers(void **state)
{
    struct meeting *meeting = *state;
    struct peer *peer = connected(meeting, 1000);
    struct answer answer;

    atomic_store(&meeting->fake.mood, ANSWERS_LATE);
    answer = ask(peer);
    assert_int_equal(answer.verdict, ANSWER_LASTING);
    assert_int_equal(answer.armed, NETBOOT_ARMED_USED);
    peer->deadline_ns = 20 * MS;
    atomic_store(&meeting->fake.mood, ANSWERS_ONLY_LATE);
    assert_not_answered(peer);
    EVENTUALLY(meeting->fake.not_sent == 1);
    assert_int_equal(meeting->fake.last, peer->sequence);
    peer->deadline_ns = 1000 * MS;
    atomic_store(&meeting->fake.mood, ANSWERS);
    assert_answered(peer);
}

/* Then netbootd is not asked for a moment, and hears of how many packets. */
static void three_deadlines_in_a_row(void **state)
{
    struct meeting *meeting = *state;
    struct peer *peer = connected(meeting, 30);
    unsigned unasked = 0;

    atomic_store(&meeting->fake.mood, SILENT);
    for (unsigned i = 1; i <= 3; i++) {
        uint64_t begun = socket_now_ns();
        assert_not_answered(peer);
        assert_true(socket_now_ns() - begun >= 30 * MS);
        EVENTUALLY(meeting->fake.not_sent == i);
    }
    uint64_t begun = socket_now_ns();
    atomic_store(&meeting->fake.mood, ANSWERS);
    peer->deadline_ns = 60000 * MS;
    while (ask(peer).verdict == ANSWER_LASTING)
        unasked++;
    assert_true(unasked > 0);
    assert_true(socket_now_ns() + 30 * MS - begun >= 200 * MS); /* from the last deadline on */
    assert_int_equal(meeting->fake.asked, 4);
    assert_int_equal(meeting->fake.unasked, unasked);
    assert_answered(peer); /* one more deadline does not end it: they are counted anew */
}

static void *ask_in_a_thread(void *user)
{
    assert_not_answered(user);
    return NULL;
}

static void all_connections_are_busy(void **state)
{
    struct meeting *meeting = *state;
    struct peer *peer = connected(meeting, 60000);
    pthread_t threads[PEER_QUESTIONS];

    atomic_store(&meeting->fake.mood, SILENT);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_in_a_thread, peer), 0);
    EVENTUALLY(meeting->fake.asked == PEER_QUESTIONS);
    assert_not_answered(peer);
    assert_int_equal(peer->unasked, 1);
    assert_int_equal(meeting->fake.asked, PEER_QUESTIONS);
    peer_sent(peer, 5, true);  /* silence means the same */
    fake_stop(&meeting->fake); /* which ends all that wait */
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    fake_start(&meeting->fake);
    peer_tick(peer, 1);
    assert_false(is_connected(peer) && atomic_load(&peer->link.dead));
    peer_tick(peer, 1);
    atomic_store(&meeting->fake.mood, ANSWERS);
    assert_answered(peer);
    assert_int_equal(meeting->fake.unasked, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(connecting),
        TEST(greetings_that_are_none),
        TEST(connects_within_half_a_second),
        TEST(what_became_of_an_answer),
        TEST(garbage),
        TEST(a_hang_up),
        TEST(late_answers),
        TEST(three_deadlines_in_a_row),
        TEST(all_connections_are_busy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
