/* SPDX-License-Identifier: MPL-2.0 */
/* A packet's question to netbootd. */
#include "link/peer.h"

#include "base/worker.h"
#include "link/socket.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define MISSED_MOST 3 /* deadlines in a row, before nothing is asked for a while */
#define QUIET_NS 200000000

/* A connection on which no question is under way. */
static struct peer_question *take(struct peer_link *link)
{
    for (size_t i = 0; i < PEER_QUESTIONS; i++)
        if (atomic_load_explicit(&link->questions[i].busy, memory_order_relaxed) == 0 &&
            atomic_exchange(&link->questions[i].busy, 1) == 0)
            return &link->questions[i];
    return NULL;
}

static void give(struct peer_question *connection)
{
    atomic_store_explicit(&connection->busy, 0, memory_order_release);
}

/* netbootd is gone, or talks nonsense: the server's thread connects anew. */
static void bury(struct peer *peer, struct peer_link *link)
{
    if (!atomic_exchange(&link->dead, true) && peer->worker)
        worker_wake(peer->worker);
}

static void say_sent(struct peer_question *connection, uint64_t sequence, bool sent)
{
    struct question question;

    memset(&question, 0, offsetof(struct question, file));
    question.kind = sent ? QUESTION_SENT : QUESTION_NOT_SENT;
    question.sequence = sequence;
    socket_send(connection->fd, &question, question_size(&question), NULL, 0);
}

/* -ETIMEDOUT; -EPROTO. Answers that came too late for an earlier question are passed over. */
static int await(const struct peer_question *connection, const struct question *question, struct answer *ret)
{
    struct answer answer;

    while (socket_now_ns() < question->deadline_ns && socket_wait(connection->fd, question->deadline_ns)) {
        ssize_t size = socket_receive(connection->fd, &answer, sizeof(answer), NULL);
        if (size == -EAGAIN)
            continue;
        if (size < 0 || !answer_is_sound(&answer, (size_t)size))
            return -EPROTO;
        if (answer.sequence == question->sequence && socket_now_ns() < question->deadline_ns) {
            *ret = answer;
            return 0;
        }
    }
    return -ETIMEDOUT;
}

static int ask(struct peer *peer, struct peer_question *connection, struct question *question, struct answer *ret)
{
    question->kind = QUESTION_ASK;
    question->unasked = atomic_load(&peer->unasked);
    question->sequence = atomic_fetch_add(&peer->sequence, 1) + 1;
    question->deadline_ns = socket_now_ns() + peer->deadline_ns;
    int code = socket_send(connection->fd, question, question_size(question), NULL, 0);
    if (code == 0 && (code = await(connection, question, ret)) == -ETIMEDOUT)
        say_sent(connection, question->sequence, false);
    return code;
}

/* Three deadlines in a row: nothing more is asked for a moment, else each packet of an armed host would wait. */
static void note(struct peer *peer, int code)
{
    if (code != -ETIMEDOUT)
        atomic_store(&peer->missed, 0);
    else if (atomic_fetch_add(&peer->missed, 1) + 1 >= MISSED_MOST)
        atomic_store(&peer->quiet_until_ns, socket_now_ns() + QUIET_NS);
}

void peer_ask(struct peer *peer, struct peer_link *link, struct question *question, struct answer *ret)
{
    bool quiet = socket_now_ns() < atomic_load(&peer->quiet_until_ns);
    struct peer_question *connection = quiet ? NULL : take(link);
    int code = -EAGAIN;

    *ret = (struct answer){.verdict = ANSWER_LASTING, .armed = NETBOOT_ARMED_UNMARKED};
    if (connection) {
        code = ask(peer, connection, question, ret);
        give(connection);
        note(peer, code);
    }
    if (code == -EAGAIN) /* netbootd does not know of this packet, which may have been the first of a new boot */
        atomic_fetch_add(&peer->unasked, 1);
    else if (code != 0 && code != -ETIMEDOUT)
        bury(peer, link);
}

void peer_sent(struct peer *peer, uint64_t sequence, bool sent)
{
    struct peer_link *link = peer_take(peer);

    if (!link)
        return;
    struct peer_question *connection = take(link);
    if (connection) {
        say_sent(connection, sequence, sent);
        give(connection);
    }
    peer_give(link);
}
