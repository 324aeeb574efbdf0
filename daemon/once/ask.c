/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Questions of servers.
 *
 * All that wait are decided in memory, in the order in which they were asked, then written at once, then answered. If
 * that cannot be written, all is undone and decided again as if nothing could be: then the target armed is not served
 * where that had to be marked, but what is known of the boot stays known, in memory, until it can be written.
 *
 * Whatever is not served, because of the time, the disk or the server, is decided like the packet of a client that
 * cannot load the target: that ends a boot before, and keeps a promise, but begins nothing. What was late raises a
 * doubt as well: a server that waits in vain does not ask for a while, and says so only later.
 */
#include "base/bytes.h"
#include "base/failure.h"
#include "once/clock.h"
#include "once/inside.h"
#include "once/machine.h"

#include <stdlib.h>

#define SYNCS_MOST 4 /* marks of one host in so many milliseconds; a boot needs one */
#define SYNCS_MS 60000

/* ---- One question */

static struct once_event event_of(const struct asked *asked)
{
    const struct question *question = &asked->question;
    struct once_event event = {
        .method = (enum once_method)question->method,
        .message = (enum message_phase)question->message,
        .able = question->able && !asked->late,
        .last = question->last,
        .has_script = question->has_script,
        .has_mac = question->has_mac,
        .transaction = question->transaction,
        .server = bytes_of_text(asked->server),
        .file = {(const uint8_t *)question->file, question->file_size},
    };

    memcpy(event.mac, question->mac, sizeof(event.mac));
    return event;
}

static bool is_promised(const struct once_record *record)
{
    for (unsigned i = ONCE_PXE4; i <= ONCE_HTTP6; i++)
        if (record->exchanges[i].state == ONCE_PROMISED)
            return true;
    return false;
}

/* Whether the disk has to know before the answer. It need not, where it knows already what, after a restart, makes the
 * boot count: a mark, or a promise. */
static bool needs_disk(const struct once_record *before, const struct once_step *step)
{
    if (step->write == ONCE_KEEP || step->write == ONCE_NOTE)
        return false;
    if (step->new_boot || step->write == ONCE_CLOSE)
        return true;
    return before->phase != ONCE_USED && !(before->phase == ONCE_STARTED && is_promised(before));
}

/* Whether it counts among those that are limited: without them there is nothing to close. */
static bool is_limited(const struct once_step *step)
{
    return step->write == ONCE_MARK && (step->record.phase == ONCE_USED || is_promised(&step->record));
}

static bool may_sync(struct row *row, const struct once_time *now)
{
    if (now->ms < row->syncs_since || now->ms - row->syncs_since >= SYNCS_MS) {
        row->syncs_since = now->ms;
        row->syncs = 0;
    }
    return row->syncs < SYNCS_MOST;
}

static enum netboot_armed reason_of(const struct asked *asked, const struct once_step *step)
{
    if (step->expired)
        return NETBOOT_ARMED_EXPIRED;
    if (step->new_boot)
        return NETBOOT_ARMED_USED;
    return asked->question.message == PHASE_RENEW ? NETBOOT_ARMED_RENEWAL : NETBOOT_ARMED_UNABLE;
}

/* The row of the arming that the server saw, if that is still what there is. */
static bool find_arming(struct book *book, struct asked *asked, struct once_record *ret)
{
    const struct question *question = &asked->question;
    struct control_host host = {.key = {.size = question->key_size}, .store = question->store, .born = question->born};

    memcpy(host.key.octets, question->key, smaller(question->key_size, KEY_SIZE));
    asked->row = rows_find(&book->rows, &host.key);
    return asked->row && row_get(asked->row, ret) == 0 && book_is_of(ret, &host) &&
           memcmp(ret->token.data, question->token, ARMED_TOKEN_SIZE) == 0 && !once_is_over(ret);
}

/* What the record is, had the client not been able to load the target. */
static void keep_back(struct asked *asked, const struct once_record *before, const struct once_event *event,
                      const struct once_time *now)
{
    struct once_event unable = *event;
    struct once_step step;
    uint8_t octets[ONCE_RECORD_MAX];

    unable.able = false;
    once_step(before, &unable, now, &step);
    ssize_t size = stored_write(&step.record, octets);
    if (size > 0 && (asked->back = malloc((size_t)size))) {
        memcpy(asked->back, octets, (size_t)size);
        asked->back_size = (size_t)size;
    }
}

/* Into memory; true: it has to be on disk before the answer. */
static bool store_step(struct book *book, struct asked *asked, struct once_step *step, bool sync)
{
    bool write = step->write == ONCE_MARK || step->write == ONCE_CLOSE;

    if (step->write == ONCE_KEEP)
        return false;
    if (row_put(&book->rows, asked->row, &step->record, write)) {
        asked->row->syncs += sync && is_limited(step);
        return sync;
    }
    /* No memory. */
    if (step->new_boot || step->promised)
        book_raise_doubt(book);
    if (write)
        step->serve = false;
    return false;
}

/* Decides in memory. True: that has to be on disk before the answer. */
static bool decide(struct book *book, struct asked *asked, struct once_time *now, bool may_write)
{
    struct once_event event = event_of(asked);
    struct once_record record;
    struct once_step step;
    bool unmarked = false;

    free(asked->back);
    asked->back = NULL;
    asked->answer = (struct answer){asked->sequence, ANSWER_LASTING, NETBOOT_ARMED_USED};
    if (!find_arming(book, asked, &record))
        return false;
    takings_drop_of_row(book, asked->row);
    asked->row->last = asked;
    now->doubt = book->doubt;
    once_step(&record, &event, now, &step);
    bool sync = needs_disk(&record, &step) && !asked->late;
    if (sync && !(may_write && (!is_limited(&step) || may_sync(asked->row, now)))) {
        sync = false;
        if ((unmarked = step.write == ONCE_MARK)) {
            event.able = false;
            once_step(&record, &event, now, &step);
        }
    }
    if (step.write == ONCE_MARK && sync)
        keep_back(asked, &record, &event, now);
    sync = store_step(book, asked, &step, sync);
    asked->answer.verdict = step.serve ? ANSWER_ONCE : ANSWER_LASTING;
    asked->answer.armed = step.serve ? NETBOOT_ARMED_SERVED
                          : unmarked ? NETBOOT_ARMED_UNMARKED
                                     : reason_of(asked, &step);
    return sync;
}

/* ---- All that wait */

/* In the order in which they were asked: servers give all the same time. */
static int compare(const void *a, const void *b)
{
    const struct asked *first = a, *second = b;

    if (first->deadline_ns != second->deadline_ns)
        return first->deadline_ns < second->deadline_ns ? -1 : 1;
    if (first->asker != second->asker)
        return first->asker < second->asker ? -1 : 1;
    return first->sequence < second->sequence ? -1 : first->sequence > second->sequence;
}

static bool decide_all(struct book *book, struct once_time *now, bool may_write)
{
    bool sync = false;

    for (size_t i = 0; i < book->asked_count; i++)
        sync |= decide(book, &book->asked[i], now, may_write);
    return sync;
}

static void write_all(struct book *book)
{
    struct log_batch batch = {.octets = NULL};
    struct once_time now = {.certain = true};

    once_clock(&now);
    if (decide_all(book, &now, true) && book_write(book, &batch) != 0) {
        rows_undo(&book->rows);
        decide_all(book, &now, false);
    }
    rows_keep(&book->rows);
    log_free(&batch);
}

/* Takes back a mark. On disk it may stay for a moment: at worst a boot is lost. */
static void take_back(struct book *book, struct row *row, const uint8_t *octets, size_t size)
{
    may_fail(row_put_octets(&book->rows, row, (struct netboot_bytes){octets, size}, true));
    rows_keep(&book->rows);
}

static void end_question(struct book *book, struct asked *asked, bool in_time)
{
    bool last = asked->row && asked->row->last == asked;

    if (asked->back && last && asked->answer.verdict == ANSWER_ONCE) {
        if (in_time)
            takings_add(book, asked);
        else
            take_back(book, asked->row, asked->back, asked->back_size);
    }
    free(asked->back);
    asked->back = NULL;
}

void book_settle(struct book *book, void (*each)(uint64_t asker, const struct answer *answer, void *user), void *user)
{
    uint64_t now = once_clock_ns();

    if (book->asked_count == 0)
        return;
    bool late = false;
    for (size_t i = 0; i < book->asked_count; i++)
        late |= book->asked[i].late |= book->asked[i].deadline_ns <= now;
    if (late)
        book_raise_doubt(book);
    qsort(book->asked, book->asked_count, sizeof(*book->asked), compare);
    write_all(book);
    now = once_clock_ns();
    for (size_t i = 0; i < book->asked_count; i++) {
        struct asked *asked = &book->asked[i];
        bool in_time = !asked->late && asked->deadline_ns > now;
        if (!in_time && !asked->late)
            book_raise_doubt(book); /* and whoever waited in vain may ask nothing for a while */
        end_question(book, asked, in_time);
        if (in_time)
            each(asked->asker, &asked->answer, user);
    }
    for (size_t i = 0; i < book->asked_count; i++)
        if (book->asked[i].row)
            book->asked[i].row->last = NULL;
    book->asked_count = 0;
}

void book_ask(struct book *book, const struct question *question, const char *server, uint64_t asker)
{
    if (book->asked_count == book->asked_room) {
        size_t room = book->asked_room * 2 + 16;
        struct asked *wider = realloc(book->asked, room * sizeof(*wider));
        if (!wider) {
            book_raise_doubt(book);
            return;
        }
        book->asked = wider;
        book->asked_room = room;
    }
    struct asked *asked = &book->asked[book->asked_count++];
    *asked = (struct asked){.asker = asker, .sequence = question->sequence, .deadline_ns = question->deadline_ns};
    memcpy(&asked->question, question, question_size(question));
    bytes_to_text(bytes_of_text(server), asked->server, sizeof(asked->server));
}

/* Its server is gone on. */
static void pass_over(struct book *book, uint64_t asker, const uint64_t *sequence)
{
    for (size_t i = 0; i < book->asked_count; i++)
        if (book->asked[i].asker == asker && (!sequence || book->asked[i].sequence == *sequence))
            book->asked[i].late = true;
}

void book_sent(struct book *book, uint64_t asker, uint64_t sequence, bool sent)
{
    struct taking **place = takings_find(book, asker, sequence);

    if (!sent)
        pass_over(book, asker, &sequence);
    if (!place)
        return;
    if (!sent)
        take_back(book, (*place)->row, (*place)->octets, (*place)->size);
    takings_drop(place);
}

void book_hang_up(struct book *book, uint64_t asker)
{
    pass_over(book, asker, NULL);
    takings_drop_of_asker(book, asker);
    book_raise_doubt(book);
}
