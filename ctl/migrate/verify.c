/* SPDX-License-Identifier: MPL-2.0 */
#include "verify_reading.h"

#include "json.h"
#include "output.h"
#include "program.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct proof {
    struct migration *migration;
    struct bench bench;
    struct findings findings; /* of the migration */
    struct announcements announcements;
    struct memory memory;
    struct verdicts verdicts;
    sigset_t stops; /* blocked, and looked for between questions, so that all is cleaned up */
    size_t sample;
};

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

static void answers_take(struct bench *bench, const struct client *client, struct answer answers[SIDES], int wait_ms)
{
    struct pollfd waited[SIDES];

    for (int side = 0; side < SIDES; side++)
        waited[side] = (struct pollfd){.fd = answers[side].size ? -1 : bench->servers[side].sockets[client->family],
                                       .events = POLLIN};
    if (poll(waited, SIDES, wait_ms) <= 0)
        return;
    for (int side = 0; side < SIDES; side++) {
        struct answer *answer = &answers[side];
        if (waited[side].fd < 0 || !(waited[side].revents & POLLIN))
            continue;
        ssize_t got = recv(waited[side].fd, answer->data, sizeof(answer->data), 0);
        answer->size = got > 0 && is_answer(client, answer->data, (size_t)got) ? (size_t)got : 0;
    }
}

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

enum { BOTH_SILENT_ROUNDS = 2, REQUEST_XID = 1 << 23 };

/* Asks both, again where there is silence, which may be a loss: 2 s of both, 5 s of one alone. `offers`: NULL, or what
 * they offered and are requested to give. */
static void ask(struct bench *bench, const struct client *client, const struct offer *offers,
                struct answer answers[SIDES])
{
    static const int waits_ms[] = {200, 600, 1200, 3000};

    answers[OLD].size = answers[NEW].size = 0;
    for (size_t round = 0; round < sizeof(waits_ms) / sizeof(waits_ms[0]); round++) {
        bool both_silent = !answers[OLD].size && !answers[NEW].size;
        if ((round > BOTH_SILENT_ROUNDS && both_silent) || (answers[OLD].size && answers[NEW].size))
            return;
        for (int side = 0; side < SIDES; side++)
            if (!answers[side].size)
                question_send(bench, side, client, offers ? &offers[side] : NULL);
        long long end = now_ms() + waits_ms[round];
        for (long long left = waits_ms[round]; left > 0 && !(answers[OLD].size && answers[NEW].size);
             left = end - now_ms())
            answers_take(bench, client, answers, (int)left);
    }
}

/* From the offer to the lease, for kinds that go on so far. */
static void play(struct bench *bench, const struct client *client, struct played *played)
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

static bool is_stopped(const struct proof *proof)
{
    sigset_t pending;

    sigpending(&pending);
    for (int number = 1; number < NSIG; number++)
        if (sigismember(&proof->stops, number) == 1 && sigismember(&pending, number) == 1)
            return true;
    return false;
}

/* ---- One family ------------------------------------------------------------------------------------------------- */

static int clients_ask(struct proof *proof, const struct clients *clients, const struct statement *top)
{
    struct played played;
    const char *log = proof->bench.servers[OLD].log;

    for (size_t i = 0; i < clients->count; i++) {
        if (is_stopped(proof))
            return failed("stopped after %zu of %zu clients", i, clients->count);
        announcements_forget(&proof->announcements, log);
        play(&proof->bench, &clients->rows[i], &played);
        announcements_read(&proof->announcements, log);
        answers_compare(&clients->rows[i], &played, top, &proof->announcements, &proof->verdicts);
    }
    return proof->verdicts.no_memory ? failed("out of memory") : DONE;
}

static int family_verify(struct proof *proof, int family)
{
    struct clients clients = {0};
    struct statement *top = NULL;
    struct netboot_error error;
    int status = statements_read(proof->migration->config[family], &proof->memory, &top, &error);

    if (status != 0)
        return status == -EINVAL ? misused("%s", error.text) : failed("%s", error.text);
    clients_make(&clients, family, top, proof->sample, &proof->memory);
    int code = clients.no_memory ? failed("out of memory") : bench_start(&proof->bench, family, top);
    if (code == DONE)
        code = clients_ask(proof, &clients, top);
    free(clients.rows);
    return code;
}

/* ---- The store that Kea's hook reads ---------------------------------------------------------------------------- */

static int own_program(const char *const *words)
{
    struct program_result result;
    struct netboot_error error;

    if (program_run(words, 600, &result, &error) != 0)
        return failed("%s", error.text);
    int code =
        result.status == 0 ? DONE : failed("the store for the proof: %.*s", (int)strcspn(result.out, "\n"), result.out);
    free(result.out);
    return code;
}

static int store_make(struct proof *proof)
{
    char *store = directory_file(proof->bench.directory, "store");
    char *records = directory_file(proof->migration->output, FILE_BOOT);
    const char *const init[] = {"/proc/self/exe", "--directory", store, "init", NULL};
    const char *const import[] = {"/proc/self/exe", "--directory", store, "import", "--replace", records, NULL};
    int code = store && records ? own_program(init) : failed("out of memory");

    if (code == DONE && access(records, R_OK) == 0)
        code = own_program(import);
    free(records);
    free(store);
    return code;
}

/* What the migration announced. */
static int findings_read(struct proof *proof)
{
    char *path = directory_file(proof->migration->output, FILE_REPORT_JSON);
    FILE *file = path ? fopen(path, "re") : NULL;
    char *text = NULL;
    size_t room = 0;
    ssize_t size = file ? getdelim(&text, &room, '\0', file) : -1;
    cJSON *json = size > 0 ? cJSON_Parse(text) : NULL;
    int code = json && findings_from_json(json, &proof->findings) == 0
                   ? DONE
                   : failed("%s cannot be read: migrate without --verify writes it", path ? path : "");

    if (file)
        fclose(file);
    cJSON_Delete(json);
    free(text);
    free(path);
    return code;
}

/* ---- The table -------------------------------------------------------------------------------------------------- */

static const struct column columns[] = {
    {"CLIENT",    "client"   },
    {"FIELD",     "field"    },
    {"DHCPD",     "dhcpd"    },
    {"KEA",       "kea"      },
    {"ANNOUNCED", "announced"},
    {NULL,        NULL       },
};

static int table_print(struct proof *proof)
{
    const struct verdicts *verdicts = &proof->verdicts;
    struct listing listing;
    int code = listing_begin(&listing, "differences", columns, proof->migration->json);

    while (code == DONE && verdicts->rows->child)
        code = listing_row(&listing, cJSON_DetachItemFromArray(verdicts->rows, 0));
    code = listing_end(&listing, code);
    note("%zu clients asked, %zu of them up to the lease: %zu the same, %zu different as announced, %zu different, %zu "
         "with no answer from either",
         verdicts->asked, verdicts->leased, verdicts->same, verdicts->announced, verdicts->different, verdicts->silent);
    return code;
}

int migrate_verify(struct migration *migration, size_t sample)
{
    static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
    struct proof proof = {.migration = migration, .sample = sample, .verdicts = {.rows = cJSON_CreateArray()}};
    sigset_t before;
    int code = proof.verdicts.rows ? findings_read(&proof) : failed("out of memory");

    sigemptyset(&proof.stops);
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
        sigaddset(&proof.stops, stops[i]);
    sigprocmask(SIG_BLOCK, &proof.stops, &before);
    if (code == DONE && announcements_begin(&proof.announcements, &proof.findings) != 0)
        code = failed("out of memory");
    if (code == DONE)
        code = bench_begin(&proof.bench, migration);
    proof.bench.announcements = &proof.announcements;
    if (code == DONE)
        code = store_make(&proof);
    for (int family = 0; family < FAMILY_COUNT && code == DONE; family++)
        if (migration->config[family])
            code = family_verify(&proof, family);
    bench_end(&proof.bench);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (code == DONE)
        code = table_print(&proof);
    if (code == DONE && proof.verdicts.different > 0)
        code = FAILED;
    cJSON_Delete(proof.verdicts.rows);
    announcements_end(&proof.announcements);
    findings_free(&proof.findings);
    memory_free(&proof.memory);
    return code;
}
