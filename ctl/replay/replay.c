/* SPDX-License-Identifier: MPL-2.0 */
/* Captured packets, served once more: what would each get, and is that what it got? */
#include "capture.h"
#include "commands.h"
#include "report.h"
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* As diff(1): 0 the same, 1 different, 2 trouble. */
enum { SAME = 0, DIFFERENT = 1, TROUBLE = 2 };

static const struct option_row replay_options[] = {
    {.name = "compare",             .help = "compare with the replies in the capture; the exit status is then 1 if any differs"},
    {.name = "existing-boot-file",
     .value = "HOW",
     .help = "keep, replace or remove: the new server has the boot files of the capture in its own configuration, and "
             "the hook has this setting (default: it has none)", .completion = COMPLETE_WORDS,
     .words = "keep replace remove"},
    {.name = "interface",                .value = "NAME", .help = "capture live instead of reading a file, until it is interrupted"},
    {.name = "summary", .help = "print only the table of clients and the totals"},
    {.name = "all",                             .help = "show ordinary clients, too"},
    {.name = "json",.help = "as JSON"},
    {0                            },
};

struct replay {
    struct session *session;
    int existing; /* as evaluate() takes it */
    bool live;
    struct source *source;
    struct capture *capture;
    struct exchanges *exchanges;
    struct loaders loaders;
    struct report report;
    struct report_losses losses;
};

/* ---- Options */

static int existing_read(const struct session *session, int *ret)
{
    const char *value = option_value(session->arguments, "existing-boot-file");

    *ret = value ? netboot_existing_boot_file_find(value) : EXISTING_GONE;
    if (value && *ret < 0)
        return misused("--existing-boot-file: give keep, replace or remove, not `%s`", value);
    return DONE;
}

static int source_of(struct replay *replay)
{
    const struct arguments *arguments = replay->session->arguments;
    const char *interface = option_value(arguments, "interface");
    struct netboot_error error;

    if (arguments->word_count == 1 && interface)
        return misused("replay takes a capture file or --interface, not both");
    if (arguments->word_count == 0 && !interface)
        return misused("replay needs a capture file, - for standard input, or --interface NAME");
    replay->live = interface != NULL;
    int status = interface ? source_open_interface(interface, &replay->source, &error)
                           : source_open_file(arguments->words[0], &replay->source, &error);
    if (status < 0)
        return failed("%s", error.text);
    int link_type = source_link_type(replay->source);
    if (!capture_knows(link_type))
        return failed("the capture has the link type %d (%s), which is not supported: use Ethernet, Linux cooked "
                      "(tcpdump -i any), raw IP or loopback",
                      link_type, source_link_name(replay->source));
    replay->capture = capture_new(link_type);
    replay->exchanges = exchanges_new(!replay->live);
    return replay->capture && replay->exchanges ? DONE : failed("out of memory");
}

/* ---- The store */

/* A file is replayed on one state of the store; a live packet sees the newest state. */
static int view_renew(struct replay *replay)
{
    struct session *session = replay->session;
    struct netboot_error error;

    if (session->view && !replay->live)
        return DONE;
    if (session->view)
        netboot_view_close(session->view);
    session->view = NULL;
    int code = session_view(session);
    if (code == DONE && loaders_read(session->view, &replay->loaders, &error) < 0)
        code = failed_with(&error);
    return code;
}

static int exchange_replay(struct replay *replay, const struct exchange *exchange)
{
    struct netboot_error error;
    struct evaluation evaluation;
    struct comparison comparison;
    bool compared = replay->report.compare && exchange->answer;
    int code = view_renew(replay);

    if (code != DONE)
        return code;
    if (evaluate(replay->session->view, &replay->loaders, exchange, replay->existing, &evaluation, &error) < 0)
        return failed("packet %llu: %s", (unsigned long long)exchange->question->number, error.text);
    if (compared)
        compare(&evaluation, &replay->loaders, &comparison);
    return report_exchange(&replay->report, exchange, &evaluation, compared ? &comparison : NULL);
}

/* ---- Packets */

static int exchanges_replay(struct replay *replay, uint64_t time)
{
    const struct exchange *exchange;
    int code = DONE;

    while (code == DONE && (exchange = exchanges_next(replay->exchanges, time)))
        code = exchange_replay(replay, exchange);
    if (replay->live)
        fflush(stdout);
    return code;
}

static int frame_add(struct replay *replay, const struct source_frame *frame)
{
    struct datagram datagram;

    switch (capture_read(replay->capture, frame->time, frame->data, frame->wire_size, &datagram)) {
    case CAPTURE_DATAGRAM:
        break;
    case CAPTURE_CUT_OFF:
        replay->losses.cut_off++;
        return DONE;
    case CAPTURE_MALFORMED:
        replay->losses.malformed++;
        return DONE;
    default:
        return DONE;
    }
    int status = exchanges_add(replay->exchanges, frame->number, frame->time, &datagram);
    replay->losses.malformed += status == -EBADMSG;
    return status == -ENOMEM ? failed("out of memory") : DONE;
}

/* Reads to the end. *damaged: the capture ends early, and all before was read. */
static int frames_replay(struct replay *replay, bool *damaged)
{
    struct source_frame frame;
    struct netboot_error error;
    int code = DONE, status = 0;

    while (code == DONE && (status = source_next(replay->source, &frame, &error)) > 0) {
        if (frame.data.data)
            code = frame_add(replay, &frame);
        if (code == DONE)
            code = exchanges_replay(replay, frame.time);
        if (code == DONE && ferror(stdout))
            code = FAILED; /* output_end() says why */
    }
    *damaged = code == DONE && status < 0;
    if (*damaged)
        note("%s", error.text);
    return code == DONE ? exchanges_replay(replay, UINT64_MAX) : code;
}

static int losses_check(const struct replay *replay)
{
    const uint64_t *verdicts = replay->report.totals.verdicts;

    if (replay->losses.cut_off)
        return failed("%llu packets are truncated: capture whole packets (tcpdump -s 0)",
                      (unsigned long long)replay->losses.cut_off);
    if (source_dropped(replay->source))
        return failed("%llu packets were lost while capturing", (unsigned long long)source_dropped(replay->source));
    if (replay->report.compare && verdicts[0] + verdicts[1] + verdicts[2] + replay->report.totals.ordinary == 0)
        return failed("nothing to compare: the capture has no client packet with its reply");
    return DONE;
}

static int replay_all(struct replay *replay)
{
    bool damaged = false;
    int code = report_begin(&replay->report);

    if (code == DONE)
        code = frames_replay(replay, &damaged);
    replay->losses.incomplete = capture_incomplete(replay->capture);
    code = report_end(&replay->report, exchanges_counts(replay->exchanges), &replay->losses, code);
    if (code == DONE)
        code = losses_check(replay);
    return damaged ? FAILED : code;
}

static int exit_status(const struct replay *replay, int code)
{
    const uint64_t *verdicts = replay->report.totals.verdicts;

    if (code != DONE || fflush(stdout) != 0)
        return TROUBLE;
    return verdicts[VERDICT_BETTER] || verdicts[VERDICT_DIFFERENT] ? DIFFERENT : SAME;
}

static int replay_run(struct session *session)
{
    struct replay replay = {
        .session = session,
        .report = {.json = session_has(session, "json"),
                   .compare = session_has(session, "compare"),
                   .all = session_has(session, "all"),
                   .summary_only = session_has(session, "summary")}
    };
    int code = existing_read(session, &replay.existing);

    if (code == DONE)
        code = source_of(&replay);
    if (code == DONE)
        code = view_renew(&replay);
    if (code == DONE)
        code = replay_all(&replay);
    code = exit_status(&replay, code);
    report_free(&replay.report);
    exchanges_free(replay.exchanges);
    capture_free(replay.capture);
    source_close(replay.source);
    return code;
}

/* clang-format off */
const struct command replay_commands[] = {
    {.group = "replay", .run = replay_run, .words = "[FILE|-]", .least = 0, .most = 1, .options = replay_options,
     .completion = COMPLETE_INPUT, .summary = "show what captured packets would get, and compare it with what they got",
     .details =
         "Reads a capture (tcpdump -w FILE, pcap or pcapng), and decides for each packet of a boot client as the DHCP\n"
         "servers would, with the store as it is now: who asks, what is decided and why, what is sent. With --compare\n"
         "each decision is compared with the reply in the capture: same, better (for a reason that is named) or\n"
         "different. Nothing is sent, nothing changes. Exit status as diff(1): 0 the same, 1 better or different,\n"
         "2 trouble.\n"
         "\n"
         "  tcpdump -i any -s 0 -w day.pcap 'udp port 67 or udp port 68 or udp port 546 or udp port 547'\n"
         "  netbootctl replay --compare --summary day.pcap\n"
         "  netbootctl replay --compare --existing-boot-file keep day.pcap\n"
         "  netbootctl replay --interface eth0"},
    {0},
};
/* clang-format on */
