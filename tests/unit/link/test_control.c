/* SPDX-License-Identifier: MPL-2.0 */
/* The messages of the control socket: those that are none, the client with a netbootd that misbehaves, and netbootd
 * with a client that does. */
#include "link/control.h"

#include "link/hello.h"
#include "link/socket.h"
#include "open_files.h"
#include "store_unit.h"

#include <sys/socket.h>

static union {
    struct control_head head;
    struct control_order order;
    struct control_hosts hosts;
    struct control_result result;
    struct control_rows rows;
    struct control_act act;
    struct control_server server;
    struct control_run run;
    struct control_exit exit;
    struct control_figures figures;
    uint8_t octets[CONTROL_MESSAGE_MAX];
} message;

static void fill_host(struct control_host *ret, unsigned number)
{
    *ret = (struct control_host){
        .key = {7, {NETBOOT_ID_MAC, 0x52, 0x54, 0, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}}
    };
}

/* A sound message of that kind, with as many parts as there may be. Its size. */
static size_t make(enum control_kind kind)
{
    memset(&message, 0, sizeof(message));
    message.head = control_head(kind, 0);
    switch (kind) {
    case CONTROL_ARM:
    case CONTROL_DISARM:
    case CONTROL_DONE:
        return sizeof(message.order);
    case CONTROL_HOSTS:
    case CONTROL_GET:
        message.head.count = kind == CONTROL_GET ? 1 : CONTROL_HOSTS_MAX;
        for (uint32_t i = 0; i < message.head.count; i++)
            fill_host(&message.hosts.hosts[i], i);
        return control_hosts_size(message.head.count);
    case CONTROL_ROWS:
        message.head.count = CONTROL_ROWS_MAX;
        for (uint32_t i = 0; i < message.head.count; i++)
            fill_host(&message.rows.rows[i].host, i);
        return control_rows_size(message.head.count);
    case CONTROL_ACT:
        message.act.action = CONTROL_DONE;
        fill_host(&message.act.host, 1);
        return sizeof(message.act);
    case CONTROL_RESULT:
        return sizeof(message.result);
    case CONTROL_SERVER:
        return sizeof(message.server);
    case CONTROL_RUN:
        message.head.count = sizeof(message.run.words);
        return sizeof(message.run);
    case CONTROL_EXIT:
        return sizeof(message.exit);
    case CONTROL_FIGURES:
        return sizeof(message.figures);
    default:
        return sizeof(message.head);
    }
}

/* As it comes: in memory of just that size. */
static bool is_sound(size_t size)
{
    void *exact = malloc(size > 0 ? size : 1);

    memcpy(exact, &message, size);
    bool ret = control_is_sound(exact, size);
    free(exact);
    return ret;
}

static void every_kind(void **state)
{
    (void)state;
    for (unsigned kind = 1; kind < CONTROL_KINDS; kind++) {
        size_t size = make(kind);
        if (!is_sound(size))
            fail_msg("kind %u", kind);
        for (size_t other = 0; other < size; other += other < 64 ? 1 : 61)
            assert_false(is_sound(other));
        assert_false(is_sound(size - 1));
        assert_false(is_sound(size + 1));
        message.head.version++;
        assert_false(is_sound(size));
        make(kind);
        message.head.count++; /* one more than there are, or than there may be */
        assert_false(is_sound(size));
        message.head.count = UINT32_MAX;
        assert_false(is_sound(size));
    }
    make(CONTROL_DO);
    for (unsigned i = 0; i < 2; i++) {
        message.head.kind = i == 0 ? 0 : CONTROL_KINDS;
        assert_false(is_sound(sizeof(message.head)));
    }
    message.head.kind = UINT32_MAX;
    assert_false(is_sound(sizeof(message.head)));
}

static void wrong_members(void **state)
{
    static const struct {
        enum control_kind kind;
        void *member;
        size_t size;
        uint64_t value;
    } cases[] = {
#define MEMBER(member) &message.member, sizeof(message.member)
        {CONTROL_ARM,     MEMBER(order.until_done),             2                          },
        {CONTROL_ARM,     MEMBER(order.until_done),             255                        },
        {CONTROL_HOSTS,   MEMBER(hosts.hosts[0].key.size),      0                          },
        {CONTROL_HOSTS,   MEMBER(hosts.hosts[7].key.size),      1                          },
        {CONTROL_HOSTS,   MEMBER(hosts.hosts[299].key.size),    KEY_SIZE + 1               },
        {CONTROL_GET,     MEMBER(hosts.hosts[0].key.size),      UINT16_MAX                 },
        {CONTROL_RESULT,  MEMBER(result.code),                  1                          },
        {CONTROL_ROWS,    MEMBER(rows.rows[0].host.key.size),   0                          },
        {CONTROL_ROWS,    MEMBER(rows.rows[23].host.key.size),  KEY_SIZE + 1               },
        {CONTROL_ROWS,    MEMBER(rows.rows[1].once.state),      NETBOOT_ONCE_NEVER_DONE + 1},
        {CONTROL_ROWS,    MEMBER(rows.rows[1].once.state),      UINT32_MAX                 },
        {CONTROL_ROWS,    MEMBER(rows.rows[1].once.until_done), 2                          },
        {CONTROL_FIGURES, MEMBER(figures.trouble),              1                          },
        {CONTROL_ACT,     MEMBER(act.action),                   0                          },
        {CONTROL_ACT,     MEMBER(act.action),                   CONTROL_HOSTS              },
        {CONTROL_ACT,     MEMBER(act.host.key.size),            0                          },
        {CONTROL_ACT,     MEMBER(act.host.key.size),            UINT16_MAX                 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size = make(cases[i].kind);
        memcpy(cases[i].member, &cases[i].value, cases[i].size);
        if (is_sound(size))
            fail_msg("case %zu", i);
    }
}

static void texts_without_end(void **state)
{
    static const struct {
        enum control_kind kind;
        void *text;
        size_t size;
    } cases[] = {
        {CONTROL_ARM,    MEMBER(order.target)                },
        {CONTROL_DONE,   MEMBER(order.by)                    },
        {CONTROL_RESULT, MEMBER(result.text)                 },
        {CONTROL_ROWS,   MEMBER(rows.rows[2].once.target)    },
        {CONTROL_ROWS,   MEMBER(rows.rows[2].once.by)        },
        {CONTROL_ROWS,   MEMBER(rows.rows[2].once.server)    },
        {CONTROL_ROWS,   MEMBER(rows.rows[23].once.boot_file)},
        {CONTROL_ACT,    MEMBER(act.target)                  },
        {CONTROL_ACT,    MEMBER(act.by)                      },
        {CONTROL_SERVER, MEMBER(server.name)                 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size = make(cases[i].kind);
        memset(cases[i].text, 'x', cases[i].size);
        assert_true(control_is_sound(&message, size));
        assert_int_equal(strnlen(cases[i].text, cases[i].size), cases[i].size - 1);
    }
}

/* ---- The client, at one end of a connection */

struct ends {
    int client, server;
};

static int set_up_ends(void **state)
{
    static struct ends ends;
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    ends = (struct ends){fds[0], fds[1]};
    *state = &ends;
    return 0;
}

static int tear_down_ends(void **state)
{
    const struct ends *ends = *state;

    close(ends->client);
    close(ends->server);
    return 0;
}

static void answer(const struct ends *ends, size_t size)
{
    assert_int_equal(socket_send(ends->server, &message, size, NULL, 0), 0);
}

static void answer_result(const struct ends *ends, int code, const char *text)
{
    size_t size = make(CONTROL_RESULT);

    message.result.code = code;
    snprintf(message.result.text, sizeof(message.result.text), "%s", text);
    answer(ends, size);
}

static void results(void **state)
{
    const struct ends *ends = *state;
    struct netboot_once once = {.tries = 7};
    struct control_host host;

    fill_host(&host, 1);
    answer_result(ends, 0, "");
    OK(control_do(ends->client, 1000, &error));
    answer_result(ends, -ENOSPC, "there is no room");
    FAILS(-ENOSPC, "there is no room", control_do(ends->client, 1000, &error));
    answer(ends, make(CONTROL_ROWS));
    FAILS(-EPROTO, "something else than it was asked", control_do(ends->client, 1000, &error));
    answer_result(ends, -ENOENT, "nothing is armed");
    FAILS(-ENOENT, "nothing is armed", control_get(ends->client, &host, &once, &error));
    answer_result(ends, 0, "");
    FAILS(-EPROTO, "something else than it was asked", control_get(ends->client, &host, &once, &error));
    answer(ends, make(CONTROL_ROWS));
    FAILS(-EPROTO, "something else than it was asked", control_get(ends->client, &host, &once, &error));
    answer(ends, make(CONTROL_ACT));
    FAILS(-EPROTO, "something else than it was asked", control_get(ends->client, &host, &once, &error));
    assert_int_equal(once.tries, 7);
    make(CONTROL_ROWS);
    message.head.count = 1;
    message.rows.rows[0].once.tries = 3;
    answer(ends, control_rows_size(1));
    OK(control_get(ends->client, &host, &once, &error));
    assert_int_equal(once.tries, 3);
}

static void answers_that_are_none(void **state)
{
    const struct ends *ends = *state;

    make(CONTROL_RESULT);
    answer(ends, 5);
    FAILS(-EPROTO, "of another version", control_do(ends->client, 1000, &error));
    size_t size = make(CONTROL_RESULT);
    message.head.version = 9;
    answer(ends, size);
    FAILS(-EPROTO, "of another version", control_do(ends->client, 1000, &error));
    uint64_t begun = socket_now_ns();
    FAILS(-ETIMEDOUT, "does not answer", control_do(ends->client, 50, &error));
    assert_true(socket_now_ns() - begun >= 50000000);
    shutdown(ends->server, SHUT_RDWR);
    FAILS(-EPIPE, "does not take", control_do(ends->client, 1000, &error));
}

static void an_end_in_the_middle(void **state)
{
    const struct ends *ends = *state;

    shutdown(ends->server, SHUT_WR);
    FAILS(-ECONNRESET, "ended the connection", control_do(ends->client, 1000, &error));
}

/* It says why and hangs up, wherever the client is by then. */
static void refusals(void **state)
{
    struct control_order order = {.head = control_head(CONTROL_DISARM, 0)};

    (void)state;
    for (unsigned moment = 0; moment < 3; moment++) {
        struct netboot_error error = {0};
        int fds[2], code = 0;
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
        const struct ends ends = {fds[0], fds[1]};
        if (moment > 0)
            code = control_order(ends.client, &order, NULL, 0, 1000, &error);
        assert_int_equal(code, 0);
        if (moment == 2) /* it has read all that came so far */
            assert_true(socket_receive(ends.server, &message, sizeof(message), NULL) > 0);
        answer_result(&ends, -EACCES, "you may not");
        close(ends.server);
        if (moment == 0)
            code = control_order(ends.client, &order, NULL, 0, 1000, &error);
        else
            code = control_do(ends.client, 1000, &error);
        if (code != -EACCES || strcmp(error.text, "you may not") != 0)
            fail_msg("moment %u: %d %s", moment, code, error.text);
        close(ends.client);
    }
}

static int count_messages(const void *got, void *user)
{
    (void)got;
    return ++*(unsigned *)user == 3 ? -ECANCELED : 0;
}

static void lists(void **state)
{
    const struct ends *ends = *state;
    unsigned count = 0;

    answer(ends, make(CONTROL_SERVER));
    answer(ends, make(CONTROL_SERVER));
    answer_result(ends, 0, "");
    OK(control_list(ends->client, CONTROL_SERVERS, count_messages, &count, &error));
    assert_int_equal(count, 2);
    answer(ends, make(CONTROL_SERVER));
    assert_int_equal(control_list(ends->client, CONTROL_SERVERS, count_messages, &count, NULL), -ECANCELED);
    assert_int_equal(count, 3);
    answer_result(ends, -EACCES, "you may not");
    FAILS(-EACCES, "you may not", control_list(ends->client, CONTROL_SERVERS, count_messages, &count, &error));
}

static void figures_of_the_journal(void **state)
{
    const struct ends *ends = *state;
    struct control_figures got = {.written = 9};

    make(CONTROL_FIGURES);
    message.figures.entries = 5;
    message.figures.trouble = -ENOSPC;
    answer(ends, sizeof(message.figures));
    OK(control_figures(ends->client, &got, 1000, &error));
    assert_true(got.entries == 5 && got.trouble == -ENOSPC && got.written == 0);
    answer_result(ends, -EACCES, "you may not");
    FAILS(-EACCES, "you may not", control_figures(ends->client, &got, 1000, &error));
    answer_result(ends, 0, "");
    FAILS(-EPROTO, "something else", control_figures(ends->client, &got, 1000, &error));
    answer(ends, make(CONTROL_SERVER));
    FAILS(-EPROTO, "something else", control_figures(ends->client, &got, 1000, &error));
    FAILS(-ETIMEDOUT, "does not answer", control_figures(ends->client, &got, 50, &error));
    assert_int_equal(got.entries, 5);
}

static void many_hosts(void **state)
{
    enum { MANY = 2 * CONTROL_HOSTS_MAX + 1 };
    static struct control_host hosts[MANY];
    const struct ends *ends = *state;
    struct control_order order = {.head = control_head(CONTROL_DISARM, 0)};
    unsigned got = 0;

    for (unsigned i = 0; i < MANY; i++)
        fill_host(&hosts[i], i);
    OK(control_order(ends->client, &order, hosts, MANY, 1000, &error));
    assert_int_equal(socket_receive(ends->server, &message, sizeof(message), NULL), sizeof(order));
    assert_true(control_is_sound(&message, sizeof(order)));
    while (got < MANY) {
        ssize_t size = socket_receive(ends->server, &message, sizeof(message), NULL);
        assert_true(size > 0 && control_is_sound(&message, (size_t)size) && message.head.kind == CONTROL_HOSTS);
        for (uint32_t i = 0; i < message.head.count; i++)
            assert_memory_equal(&message.hosts.hosts[i], &hosts[got + i], sizeof(hosts[0]));
        got += message.head.count;
    }
    assert_int_equal(got, MANY);
    assert_int_equal(socket_receive(ends->server, &message, sizeof(message), NULL), -EAGAIN);
    for (;;) { /* nobody reads it any more */
        struct netboot_error error = {0};
        int code = control_order(ends->client, &order, hosts, MANY, 20, &error);
        if (code == 0)
            continue;
        assert_int_equal(code, -EAGAIN);
        assert_non_null(strstr(error.text, "does not take what is asked"));
        break;
    }
}

/* ---- netbootd itself, whatever comes */

static int connect_to(const struct fixture *fixture, const char *name)
{
    int fd = socket_connect(fixture->directory, name, NULL);

    assert_true(fd >= 0);
    return fd;
}

/* What it says before it hangs up: -code of the result, 0 for nothing. */
static int last_words(int fd)
{
    int code = 0;

    for (;;) {
        assert_true(socket_wait(fd, socket_now_ns() + UINT64_C(20000000000)));
        ssize_t size = socket_receive(fd, &message, sizeof(message), NULL);
        if (size <= 0)
            break;
        assert_true(control_is_sound(&message, (size_t)size) && message.head.kind == CONTROL_RESULT);
        code = message.result.code;
    }
    close(fd);
    return code;
}

static int say(const struct fixture *fixture, size_t size)
{
    int fd = connect_to(fixture, CONTROL_SOCKET);

    assert_int_equal(socket_send(fd, &message, size, NULL, 0), 0);
    return last_words(fd);
}

static void bad_messages(void **state)
{
    const struct fixture *fixture = *state;

    for (unsigned kind = CONTROL_RESULT; kind < CONTROL_KINDS; kind++)
        if (kind != CONTROL_RUN)
            assert_int_equal(say(fixture, make(kind)), -EPROTO); /* which only netbootd says */
    for (unsigned kind = 1; kind < CONTROL_RESULT; kind++) {
        size_t size = make(kind);
        assert_int_equal(say(fixture, size - 1), -EPROTO);
        make(kind);
        assert_int_equal(say(fixture, size + 1), -EPROTO);
        make(kind);
        message.head.version++;
        assert_int_equal(say(fixture, size), -EPROTO);
    }
    assert_int_equal(say(fixture, make(CONTROL_HOSTS)), -EINVAL);
    make(CONTROL_GET);
    message.head.count = 0;
    assert_int_equal(say(fixture, control_hosts_size(0)), -EINVAL);
    memset(&message, 0xff, sizeof(message));
    assert_int_equal(say(fixture, 1), -EPROTO);
    assert_int_equal(say(fixture, 1000), -EPROTO);
    assert_true(netbootd_answers(fixture->directory));
}

static void too_many_orders(void **state)
{
    const struct fixture *fixture = *state;
    int fd = connect_to(fixture, CONTROL_SOCKET), code = 0;
    size_t size = make(CONTROL_DISARM);

    for (unsigned i = 0; i < 1001 && (code == 0 || code == -EAGAIN); i += code == 0)
        code = socket_send(fd, &message, size, NULL, 0);
    assert_int_equal(last_words(fd), -E2BIG);
    assert_true(netbootd_answers(fixture->directory));
}

/* It may come again with them, and is nothing else. */
static void a_command_without_files(void **state)
{
    const struct fixture *fixture = *state;
    int fd = connect_to(fixture, CONTROL_SOCKET);

    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(socket_send(fd, &message, make(CONTROL_RUN), NULL, 0), 0);
        assert_true(socket_wait(fd, socket_now_ns() + UINT64_C(20000000000)));
        ssize_t size = socket_receive(fd, &message, sizeof(message), NULL);
        assert_true(size > 0 && control_is_sound(&message, (size_t)size) && message.head.kind == CONTROL_RESULT);
        assert_int_equal(message.result.code, CONTROL_NO_FILES);
    }
    close(fd);
}

/* More clients than it takes; those that it has are answered. */
static void too_many_clients(void **state)
{
    enum { MANY = 140 };
    const struct fixture *fixture = *state;
    int fds[MANY];

    for (unsigned i = 0; i < MANY; i++)
        fds[i] = connect_to(fixture, CONTROL_SOCKET);
    assert_int_equal(last_words(fds[MANY - 1]), -EAGAIN);
    make(CONTROL_DO);
    assert_int_equal(socket_send(fds[0], &message, sizeof(message.head), NULL, 0), 0);
    assert_int_equal(last_words(fds[0]), 0);
    for (unsigned i = 1; i < MANY - 1; i++)
        close(fds[i]);
    EVENTUALLY(netbootd_answers(fixture->directory));
}

/* Files that come along fill it up neither here nor there. */
static void unasked_files(void **state)
{
    static const char *const names[] = {CONTROL_SOCKET, SERVERS_SOCKET};
    const struct fixture *fixture = *state;
    unsigned before = open_files(fixture->netbootd);

    for (unsigned i = 0; i < COUNT(names); i++) {
        int fd = connect_to(fixture, names[i]), fds[SOCKET_FDS_MAX] = {fd, fd, fd, fd};
        size_t size = make(CONTROL_DISARM);
        if (i == 1) {
            struct hello hello = {.magic = HELLO_MAGIC, .version = HELLO_VERSION, .kind = HELLO_SERVER};
            size = sizeof(hello);
            memcpy(&message, &hello, size);
        }
        for (unsigned j = 0; j < 50; j++) {
            int code;
            do /* it lets root's pass when it has seen whose they are */
                code = socket_send(fd, &message, size, fds, COUNT(fds));
            while (i == 0 && code == -EPERM);
            if (code == -EPIPE || code == -ECONNRESET)
                break; /* a second hello is none */
            assert_true(code == 0 || code == -EAGAIN || (i == 1 && code == -EPERM));
        }
        assert_true(netbootd_answers(fixture->directory));       /* it has come to them */
        EVENTUALLY(open_files(fixture->netbootd) <= before + 2); /* some may be on their way */
        close(fd);
    }
    EVENTUALLY(open_files(fixture->netbootd) <= before);
}

/* What is no server is hung up on, and no number of them keeps a server out. */
static void strangers(void **state)
{
    const struct fixture *fixture = *state;
    static const size_t sizes[] = {1, sizeof(struct hello) - 1, sizeof(struct hello), sizeof(struct hello) + 1, 4000};
    uint8_t octet;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        int fd = connect_to(fixture, SERVERS_SOCKET);
        memset(&message, 0xa5, sizeof(message));
        assert_int_equal(socket_send(fd, &message, sizes[i], NULL, 0), 0);
        assert_true(socket_wait(fd, socket_now_ns() + UINT64_C(20000000000)));
        assert_int_equal(socket_receive(fd, &octet, 1, NULL), 0);
        close(fd);
    }
    struct hello hello = {.magic = HELLO_MAGIC, .version = HELLO_VERSION, .kind = HELLO_QUESTIONS, .session = 5};
    int fd = connect_to(fixture, SERVERS_SOCKET);
    assert_int_equal(socket_send(fd, &hello, sizeof(hello), NULL, 0), 0); /* of a server that there is not */
    assert_true(socket_wait(fd, socket_now_ns() + UINT64_C(20000000000)));
    assert_int_equal(socket_receive(fd, &octet, 1, NULL), 0);
    close(fd);
    assert_true(netbootd_answers(fixture->directory));
}

#define TEST_ENDS(name) cmocka_unit_test_setup_teardown(name, set_up_ends, tear_down_ends)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind),
        cmocka_unit_test(wrong_members),
        cmocka_unit_test(texts_without_end),
        TEST_ENDS(results),
        TEST_ENDS(answers_that_are_none),
        TEST_ENDS(an_end_in_the_middle),
        cmocka_unit_test(refusals),
        TEST_ENDS(lists),
        TEST_ENDS(figures_of_the_journal),
        TEST_ENDS(many_hosts),
        TEST_ONCE(bad_messages),
        TEST_ONCE(a_command_without_files),
        TEST_ONCE(too_many_orders),
        TEST_ONCE(too_many_clients),
        TEST_ONCE(unasked_files),
        TEST_ONCE(strangers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
