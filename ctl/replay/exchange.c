/* SPDX-License-Identifier: MPL-2.0 */
#include "exchange.h"

#include "common/base/bytes.h"
#include "common/dhcp/codes.h"
#include "common/dhcp/messages.h"

#include <errno.h>
#include <stdlib.h>

#define MICROSECONDS UINT64_C(1000000)

/* A message may belong to several exchanges. */
struct shared_message {
    struct message message;
    unsigned users;
    uint8_t octets[]; /* the payload, then as much room for joined options */
};

struct pending_entry {
    struct exchange exchange;
    bool given;
    struct pending_entry *next;
};

struct exchanges {
    bool in_order;
    struct pending_entry *first, *last;
    size_t count;
    struct exchange_counts counts;
};

/* The type of the usual answer to a question; -1: the message is no question. */
static int usual_answer(const struct packet *packet)
{
    return packet->reply ? -1 : message_usual_reply(packet->family, packet->message_type);
}

/* ---- Messages */

static struct message *message_new(uint64_t number, uint64_t time, const struct datagram *datagram, int *status)
{
    size_t size = datagram->payload.size;
    struct shared_message *ret = malloc(sizeof(*ret) + 2 * size);

    *status = -ENOMEM;
    if (!ret)
        return NULL;
    if (size > 0)
        memcpy(ret->octets, datagram->payload.data, size);
    ret->users = 1;
    ret->message = (struct message){.number = number, .time = time, .datagram = *datagram};
    ret->message.datagram.payload.data = ret->octets;
    *status = packet_parse(&ret->message.datagram, ret->octets + size, &ret->message.packet);
    if (*status == 0)
        return &ret->message;
    free(ret);
    return NULL;
}

static void message_release(struct message *message)
{
    struct shared_message *shared = (struct shared_message *)message;

    if (shared && --shared->users == 0)
        free(shared);
}

static struct message *message_share(struct message *message)
{
    ((struct shared_message *)message)->users++;
    return message;
}

static bool same_octets(const struct message *one, const struct message *other)
{
    struct netboot_bytes a = one->datagram.payload, b = other->datagram.payload;

    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* ---- Exchanges */

struct exchanges *exchanges_new(bool in_order)
{
    struct exchanges *ret = calloc(1, sizeof(*ret));

    if (ret)
        ret->in_order = in_order;
    return ret;
}

static void entry_free(struct pending_entry *entry)
{
    message_release(entry->exchange.question);
    message_release(entry->exchange.answer);
    free(entry);
}

void exchanges_free(struct exchanges *exchanges)
{
    while (exchanges && exchanges->first) {
        struct pending_entry *entry = exchanges->first;
        exchanges->first = entry->next;
        entry_free(entry);
    }
    free(exchanges);
}

/* Takes over the messages, which are freed with the entry. */
static int append(struct exchanges *exchanges, struct exchange exchange, bool given)
{
    struct pending_entry *entry = malloc(sizeof(*entry));

    if (!entry) {
        message_release(exchange.question);
        message_release(exchange.answer);
        return -ENOMEM;
    }
    *entry = (struct pending_entry){.exchange = exchange, .given = given};
    if (exchanges->last)
        exchanges->last->next = entry;
    else
        exchanges->first = entry;
    exchanges->last = entry;
    exchanges->count++;
    return 0;
}

/* Same family, transaction and client. */
static bool same_client(const struct packet *one, const struct packet *other)
{
    if (one->xid != other->xid || one->family != other->family || one->hardware_type != other->hardware_type)
        return false;
    if (one->client.size != other->client.size) /* an Information-request's reply need not name the client */
        return one->family == NETBOOT_V6 && (one->client.size == 0 || other->client.size == 0) &&
               memcmp(one->peer_address, other->peer_address, NETBOOT_ADDRESS_SIZE) == 0;
    return one->client.size == 0 || memcmp(one->client.data, other->client.data, one->client.size) == 0;
}

static bool same_relay(const struct packet *one, const struct packet *other)
{
    return memcmp(one->relay_address, other->relay_address, NETBOOT_ADDRESS_SIZE) == 0;
}

/* The number of an earlier packet that asks the same, or 0. */
static uint64_t earlier(const struct exchanges *exchanges, const struct packet *packet)
{
    for (const struct pending_entry *entry = exchanges->first; entry; entry = entry->next) {
        const struct packet *other = &entry->exchange.question->packet;
        if (same_client(packet, other) && same_relay(packet, other) && packet->message_type == other->message_type)
            return entry->exchange.question->number;
    }
    return 0;
}

/* Confirm, Release and Decline are tracked, too, but not given out. */
static bool has_boot_fields(const struct packet *question)
{
    return message_exchange(question->family, question->message_type, (uint8_t)usual_answer(question)) > PHASE_BARE;
}

static int add_question(struct exchanges *exchanges, struct message *question)
{
    bool given_out = has_boot_fields(&question->packet);
    struct exchange exchange = {.question = question, .retransmission_of = earlier(exchanges, &question->packet)};

    exchanges->counts.questions += given_out;
    exchanges->counts.others += !given_out;
    return append(exchanges, exchange, !given_out);
}

/* How well an entry fits an answer. */
enum fit { FIT_NONE, FIT_RAPID, FIT_ONE_MORE, FIT_OTHER_RELAY, FIT_EXACT };

static enum fit fit(const struct pending_entry *entry, const struct packet *answer)
{
    const struct packet *question = &entry->exchange.question->packet;
    enum message_phase phase = message_exchange(answer->family, question->message_type, answer->message_type);

    if (phase == PHASE_NONE || !same_client(answer, question))
        return FIT_NONE;
    if (entry->exchange.answer)
        return same_relay(answer, question) ? FIT_ONE_MORE : FIT_NONE;
    if (entry->given && has_boot_fields(question))
        return FIT_NONE;
    /* A rapid commit counts only where the question has no other answer: RFC 4039; RFC 8415, section 21.14. */
    if (phase == PHASE_WHOLE && question->message_type == MESSAGE_FIRST)
        return FIT_RAPID;
    return same_relay(answer, question) ? FIT_EXACT : FIT_OTHER_RELAY;
}

static bool is_repeated(const struct exchanges *exchanges, const struct message *answer)
{
    for (const struct pending_entry *entry = exchanges->first; entry; entry = entry->next)
        if (entry->exchange.answer && same_octets(entry->exchange.answer, answer))
            return true;
    return false;
}

static int add_answer(struct exchanges *exchanges, struct message *answer)
{
    struct pending_entry *best = NULL;
    enum fit best_fit = FIT_NONE;

    for (struct pending_entry *entry = exchanges->first; entry; entry = entry->next) {
        enum fit found = fit(entry, &answer->packet);
        if (found > best_fit) {
            best = entry;
            best_fit = found;
        }
    }
    if (best && best_fit != FIT_ONE_MORE) {
        best->exchange.answer = answer;
        return 0;
    }
    if (!best || is_repeated(exchanges, answer)) {
        exchanges->counts.repeated_answers += best != NULL;
        exchanges->counts.lone_answers += best == NULL;
        message_release(answer);
        return 0;
    }
    struct exchange exchange = {.question = message_share(best->exchange.question), .answer = answer, .one_more = true};
    return append(exchanges, exchange, !has_boot_fields(&exchange.question->packet));
}

int exchanges_add(struct exchanges *exchanges, uint64_t number, uint64_t time, const struct datagram *datagram)
{
    int status;
    struct message *message = message_new(number, time, datagram, &status);

    if (!message)
        return status;
    if (usual_answer(&message->packet) >= 0)
        return add_question(exchanges, message);
    if (message->packet.reply && message_is_reply(message->packet.family, message->packet.message_type))
        return add_answer(exchanges, message);
    exchanges->counts.others++;
    message_release(message);
    return 0;
}

/* ---- Giving out */

static bool is_old(const struct exchanges *exchanges, const struct pending_entry *entry, uint64_t time)
{
    uint64_t since = entry->exchange.question->time;

    if (time == UINT64_MAX || exchanges->count > EXCHANGES_MAX)
        return true;
    return time > since && time - since > EXCHANGE_SECONDS * MICROSECONDS;
}

/* Exchanges that were given out stay a while, since one more answer may come. */
static void forget_old(struct exchanges *exchanges, uint64_t time)
{
    struct pending_entry *entry;

    while ((entry = exchanges->first) && entry->given && is_old(exchanges, entry, time)) {
        exchanges->first = entry->next;
        if (!exchanges->first)
            exchanges->last = NULL;
        exchanges->count--;
        entry_free(entry);
    }
}

const struct exchange *exchanges_next(struct exchanges *exchanges, uint64_t time)
{
    forget_old(exchanges, time);
    for (struct pending_entry *entry = exchanges->first; entry; entry = entry->next) {
        if (entry->given)
            continue;
        if (entry->exchange.answer || is_old(exchanges, entry, time)) {
            entry->given = true;
            return &entry->exchange;
        }
        if (exchanges->in_order)
            return NULL;
    }
    return NULL;
}

const struct exchange_counts *exchanges_counts(const struct exchanges *exchanges)
{
    return &exchanges->counts;
}

/* ---- The query */

/* Without a relay, the server's source address is that of the interface that received the question. */
static void set_interface(const struct message *answer, struct netboot_query *query)
{
    if (query->family == NETBOOT_V4)
        memcpy(query->interface_address, answer->datagram.source, 4);
}

void exchange_query(const struct exchange *exchange, struct netboot_query *ret)
{
    const struct packet *question = &exchange->question->packet;

    *ret = question->query;
    ret->reply_type = (uint8_t)usual_answer(question);
    if (!exchange->answer)
        return;
    const struct packet *answer = &exchange->answer->packet;
    ret->reply_type = answer->message_type;
    memcpy(ret->assigned_address, answer->assigned_address, NETBOOT_ADDRESS_SIZE);
    set_interface(exchange->answer, ret);
    ret->reply_has_boot_file = fields_have_boot_file(&answer->fields);
}
