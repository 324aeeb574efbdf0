/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a DHCP server that was broken into may send: any messages at a question connection, about hosts that are armed.
 * Whatever comes: a host that is armed for one boot is never marked more than once, only sound questions are answered,
 * and each no more than once.
 *
 * Input: messages, each two octets of size (little-endian), then as many octets over a question that is right: octets
 * are added to it, so that zeros ask rightly. A size of 0 settles.
 */
#include "check.h"
#include "scratch.h"

#include "link/socket.h"
#include "once/book.h"

#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[SCRATCH_SIZE], state[SCRATCH_SIZE + 16], run[SCRATCH_SIZE + 16];
static struct armed_set armed;
static struct book *book;
static struct control_host host = {
    .store = 1, .born = 2, .key = {.size = 7, .octets = {'M', 0x52, 0x54, 0, 0, 0, 1}}
};
static size_t asked, answered;

static void end(void)
{
    book_close(book);
    armed_close(&armed);
    scratch_remove(directory);
}

static void begin(void)
{
    struct netboot_error error = {0};

    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    scratch_make(directory);
    snprintf(state, sizeof(state), "%s/state", directory);
    snprintf(run, sizeof(run), "%s/run", directory);
    check(mkdir(run, 0700) == 0 && armed_create(&armed, &error) == 0 &&
              book_open(state, run, &armed, &book, &error) == 0,
          error.text);
    atexit(end);
}

static void arm(void)
{
    const struct netboot_once_request request = {.size = sizeof(request), .target = "install", .window = -1};
    struct netboot_error error = {0};

    check(book_arm(book, &host, 1, &request, &error) == 0, error.text);
}

static void right_question(uint64_t sequence, struct question *ret)
{
    struct armed_entry entry = {.token = {0}};

    armed_find(&armed, armed_hash(&host.key), &entry);
    memset(ret, 0, sizeof(*ret));
    ret->kind = QUESTION_ASK;
    ret->sequence = sequence;
    ret->deadline_ns = socket_now_ns() + UINT64_C(1000000000);
    ret->store = host.store;
    ret->born = host.born;
    memcpy(ret->token, entry.token, sizeof(ret->token));
    ret->method = ONCE_IPXE4;
    ret->message = PHASE_REQUEST;
    ret->able = ret->last = ret->has_mac = true;
    memcpy(ret->mac, host.key.octets + 1, sizeof(ret->mac));
    ret->transaction = (uint32_t)sequence;
    ret->key_size = (uint16_t)host.key.size;
    memcpy(ret->key, host.key.octets, host.key.size);
}

static void answer(uint64_t asker, const struct answer *got, void *user)
{
    (void)user;
    check(asker == 1 && answer_is_sound(got, sizeof(*got)), "an answer is sound");
    answered++;
}

static void take(const struct question *question, size_t size)
{
    if (!question_is_sound(question, size))
        return;
    if (question->kind == QUESTION_ASK) {
        asked++;
        book_ask(book, question, "server", 1);
    } else {
        book_sent(book, 1, question->sequence, question->kind == QUESTION_SENT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    union {
        struct question question;
        uint8_t octets[sizeof(struct question)];
    } message;
    struct netboot_once once;
    uint64_t sequence = 0;

    if (!directory[0])
        begin();
    arm();
    asked = answered = 0;
    while (size >= 2) {
        size_t length = (size_t)(data[0] | data[1] << 8),
               most = size - 2 < sizeof(message) ? size - 2 : sizeof(message);
        length = length < most ? length : most;
        right_question(++sequence, &message.question);
        for (size_t i = 0; i < length; i++)
            message.octets[i] += data[2 + i];
        data += 2 + length;
        size -= 2 + length;
        if (length == 0)
            book_settle(book, answer, NULL);
        else
            take(&message.question,
                 length > offsetof(struct question, file) ? length : question_size(&message.question));
    }
    book_settle(book, answer, NULL);
    check(answered <= asked, "no question is answered twice");
    check(book_find(book, &host, &once) == 0 && once.count <= 1, "a boot-once is of one boot");
    book_hang_up(book, 1);
    return 0;
}
