/* SPDX-License-Identifier: MPL-2.0 */
/* One client's questions to both servers. */
#include "reading.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BOTH_SILENT_ROUNDS = 2, PASSES = 2, REQUEST_XID = 1 << 23 };

/* ---- One question ----------------------------------------------------------------------------------------------- */

static void question_send(struct bench *bench, int side, const struct client *client, const struct offer *offer)
{
    const struct server *server = &bench->servers[side];
    struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(67)};
    struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(547)};
    uint8_t packet[PACKET_ROOM];
    size_t size = client_packet(client, offer, packet);

    inet_pton(AF_INET, bench_address(side, false), &to4.sin_addr);
    inet_pton(AF_INET6, "ff02::1:2", &to6.sin6_addr);
    to6.sin6_scope_id = if_nametoindex(server->interface);
    /* One that is lost is sent again. */
    if (client->family == FAMILY_4)
        (void)!sendto(server->sockets[FAMILY_4], packet, size, 0, (struct sockaddr *)&to4, sizeof(to4));
    else
        (void)!sendto(server->sockets[FAMILY_6], packet, size, 0, (struct sockaddr *)&to6, sizeof(to6));
}

/* Whether a datagram is the answer to this question, not a late one to another. */
static bool is_answer(const struct client *client, const uint8_t *data, size_t size)
{
    uint8_t xid[3] = {(uint8_t)(client->xid >> 16), (uint8_t)(client->xid >> 8), (uint8_t)client->xid};

    if (client->family == FAMILY_4)
        return size > 240 && data[0] == 2 && memcmp(data + 4, &client->xid, 4) == 0;
    for (size_t at = 34; at + 4 <= size;) {
        size_t length = (size_t)data[at + 2] << 8 | data[at + 3];
        if (data[at] == 0 && data[at + 1] == 9)
            return length > 4 && size - at - 4 >= length && memcmp(data + at + 5, xid, 3) == 0;
        at += 4 + length;
    }
    return false;
}

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

struct asking {
    struct bench *bench;
    const struct client *client, *probe;
    struct answer *answers; /* by side */
    bool passed[SIDES];     /* the probe, which came after the question, is answered */
};

static void side_take(struct asking *asking, int side)
{
    struct answer *answer = &asking->answers[side];
    uint8_t data[sizeof(answer->data)];
    ssize_t got = recv(asking->bench->servers[side].sockets[asking->client->family], data, sizeof(data), 0);

    if (got > 0 && is_answer(asking->client, data, (size_t)got)) {
        memcpy(answer->data, data, (size_t)got);
        answer->size = (size_t)got;
    } else if (got > 0 && is_answer(asking->probe, data, (size_t)got)) {
        asking->passed[side] = true;
    }
}

static bool is_waiting(const struct asking *asking, int side)
{
    return !asking->answers[side].size && !asking->passed[side];
}

static void answers_take(struct asking *asking, int wait_ms)
{
    struct pollfd waited[SIDES];

    for (int side = 0; side < SIDES; side++)
        waited[side] = (struct pollfd){
            .fd = is_waiting(asking, side) ? asking->bench->servers[side].sockets[asking->client->family] : -1,
            .events = POLLIN};
    if (poll(waited, SIDES, wait_ms) <= 0)
        return;
    for (int side = 0; side < SIDES; side++)
        if (waited[side].fd >= 0 && waited[side].revents & POLLIN)
            side_take(asking, side);
}

static bool is_any_waiting(const struct asking *asking)
{
    return is_waiting(asking, OLD) || is_waiting(asking, NEW);
}

/* Until both have answered or passed over it. */
static void round_await(struct asking *asking, int wait_ms)
{
    long long end = now_ms() + wait_ms;

    for (long long left = wait_ms; left > 0 && is_any_waiting(asking); left = end - now_ms())
        answers_take(asking, (int)left);
}

/*
 * Asks both. A server takes packets in their order: where it answers the probe that is sent behind a question, and the
 * question not, it is silent; it is asked once more, for packets may be lost. Where the probe is not answered either,
 * silence is waited for: 2 s of both, 5 s of one alone. `offers`: NULL, or what they offered and are requested to give.
 */
static void ask(struct bench *bench, const struct client *client, const struct offer *offers,
                struct answer answers[SIDES])
{
    static const int waits_ms[] = {200, 600, 1200, 3000};
    struct client probe = bench_probe(client);
    struct asking asking = {.bench = bench, .client = client, .probe = &probe, .answers = answers};
    unsigned passes = 0;

    answers[OLD].size = answers[NEW].size = 0;
    for (size_t round = 0; round < sizeof(waits_ms) / sizeof(waits_ms[0]) && passes < PASSES; round++) {
        if (round > BOTH_SILENT_ROUNDS && !answers[OLD].size && !answers[NEW].size)
            return;
        for (int side = 0; side < SIDES; side++) {
            asking.passed[side] = false;
            if (answers[side].size)
                continue;
            question_send(bench, side, client, offers ? &offers[side] : NULL);
            question_send(bench, side, &probe, NULL);
        }
        round_await(&asking, waits_ms[round]);
        if (answers[OLD].size && answers[NEW].size)
            return;
        passes += !is_any_waiting(&asking);
    }
}

/* From the offer to the lease, for kinds that go on so far. */
void play(struct bench *bench, const struct client *client, struct played *played)
{
    struct client again = *client;
    struct offer offers[SIDES];
    struct reading readings[SIDES];

    played->leased = false;
    ask(bench, client, NULL, played->answers[OFFER]);
    if (!client->kind->requests)
        return;
    played->leased = true;
    for (int side = 0; side < SIDES; side++) {
        answer_read(client, &played->answers[OFFER][side], &readings[side]);
        played->leased &= offer_read(client, &readings[side], &offers[side]);
    }
    again.xid ^= REQUEST_XID;
    if (played->leased)
        ask(bench, &again, offers, played->answers[LEASE]);
}
