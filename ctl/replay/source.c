/* SPDX-License-Identifier: MPL-2.0 */
#include "source.h"

#include "frame/error.h"
#include "frame/named.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define SNAPSHOT_LENGTH 65535
#define TICK_MS 1000 /* a live capture without frames reports the time so often */

struct source {
    pcap_t *pcap;
    const char *name;
    bool live;
    int signals; /* a descriptor; -1 for a file */
    sigset_t mask;
    uint64_t number;
};

/* DHCP, and what may hold it: fragments and IPv6 extension headers. */
#define DHCP                                                                                                           \
    "(udp and (port 67 or port 68 or port 546 or port 547)) or (ip and ip[6:2] & 0x3fff != 0)"                         \
    " or (ip6 and ip6[6] != 17 and ip6[6] != 6 and ip6[6] != 58)"

static struct source *source_new(const char *name)
{
    struct source *ret = calloc(1, sizeof(*ret));

    if (ret) {
        ret->name = name;
        ret->signals = -1;
    }
    return ret;
}

/* Signals do what they did before: a second one ends the program. */
static void unblock_signals(struct source *source)
{
    if (source->signals < 0)
        return;
    close(source->signals);
    source->signals = -1;
    sigprocmask(SIG_SETMASK, &source->mask, NULL);
}

void source_close(struct source *source)
{
    if (!source)
        return;
    if (source->pcap)
        pcap_close(source->pcap);
    unblock_signals(source);
    free(source);
}

int source_open_file(const char *path, struct source **ret, struct netboot_error *error)
{
    char reason[PCAP_ERRBUF_SIZE] = "";
    bool from_stdin = strcmp(path, "-") == 0;

    if (from_stdin && isatty(STDIN_FILENO))
        return failure(error, -EINVAL, "standard input is a terminal: pipe a capture into it (tcpdump -w - ...)");
    struct source *source = source_new(from_stdin ? "standard input" : path);
    if (!source)
        return failure_no_memory(error);
    int named = from_stdin ? -1 : named_take(path);
    FILE *file = from_stdin ? stdin : named < 0 ? NULL : fdopen(named, "rb");
    if (!file) {
        int status = -errno;
        source_close(source);
        return failure(error, status, "cannot open %.300s: %s", path, strerror(-status));
    }
    source->pcap = pcap_fopen_offline(file, reason);
    if (source->pcap) {
        *ret = source;
        return 0;
    }
    failure(error, -EBADMSG, "%.200s is not a capture file: %.200s (use tcpdump -w)", source->name, reason);
    if (!from_stdin)
        fclose(file);
    source_close(source);
    return -EBADMSG;
}

/* ---- Live */

/* A filter only saves time: without one, all traffic comes through here. On Ethernet, `vlan` finds tags that the kernel
 * removed; other link types do not know it. */
static void set_filter(pcap_t *pcap)
{
    static const char *const filters[] = {DHCP " or (vlan and (" DHCP " or vlan))", DHCP};
    struct bpf_program program;

    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        if (pcap_compile(pcap, &program, filters[i], 1, PCAP_NETMASK_UNKNOWN) != 0)
            continue;
        int status = pcap_setfilter(pcap, &program);
        pcap_freecode(&program);
        if (status == 0)
            return;
    }
}

static int activate(struct source *source, struct netboot_error *error)
{
    char reason[PCAP_ERRBUF_SIZE] = "";

    source->pcap = pcap_create(source->name, reason);
    if (!source->pcap)
        return failure(error, -EIO, "%.100s: %.200s", source->name, reason);
    pcap_set_snaplen(source->pcap, SNAPSHOT_LENGTH);
    pcap_set_promisc(source->pcap, 1);
    pcap_set_immediate_mode(source->pcap, 1);
    pcap_set_timeout(source->pcap, TICK_MS);
    int status = pcap_activate(source->pcap);
    if (status == PCAP_ERROR_NO_SUCH_DEVICE)
        return failure(error, -ENODEV, "there is no interface `%.100s`: see ip link", source->name);
    if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED)
        return failure(error, -EACCES, "no permission to capture on %.100s: run this as root, or with CAP_NET_RAW",
                       source->name);
    if (status < 0)
        return failure(error, -EIO, "%.100s: %.200s", source->name, pcap_geterr(source->pcap));
    if (pcap_setnonblock(source->pcap, 1, reason) != 0)
        return failure(error, -EIO, "%.100s: %.200s", source->name, reason);
    set_filter(source->pcap);
    return 0;
}

static int block_signals(struct source *source, struct netboot_error *error)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    source->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (source->signals >= 0 && sigprocmask(SIG_BLOCK, &signals, &source->mask) == 0)
        return 0;
    return failure(error, -errno, "cannot wait for signals: %s", strerror(errno));
}

int source_open_interface(const char *name, struct source **ret, struct netboot_error *error)
{
    struct source *source = source_new(name);
    int status = source ? activate(source, error) : failure_no_memory(error);

    if (status == 0)
        status = block_signals(source, error);
    if (status < 0) {
        source_close(source);
        return status;
    }
    source->live = true;
    note("capturing on %s until it is interrupted", name);
    *ret = source;
    return 0;
}

/* ---- Frames */

int source_link_type(const struct source *source)
{
    return pcap_datalink(source->pcap);
}

const char *source_link_name(const struct source *source)
{
    const char *name = pcap_datalink_val_to_description(source_link_type(source));

    return name ? name : "unknown";
}

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

/* Waits for a frame, a signal or a tick. False: a signal came, which is taken. */
static bool wait_live(struct source *source, int milliseconds)
{
    struct pollfd files[] = {
        {.fd = source->signals,                      .events = POLLIN},
        {.fd = pcap_get_selectable_fd(source->pcap), .events = POLLIN},
    };
    struct signalfd_siginfo signal;

    if (poll(files, 2, milliseconds) <= 0 || !(files[0].revents & POLLIN))
        return true;
    while (read(source->signals, &signal, sizeof(signal)) > 0)
        continue;
    unblock_signals(source);
    return false;
}

int source_next(struct source *source, struct source_frame *ret, struct netboot_error *error)
{
    struct pcap_pkthdr *header;
    const u_char *data;

    if (source->live && (source->signals < 0 || !wait_live(source, 0)))
        return 0;
    int status = pcap_next_ex(source->pcap, &header, &data);

    if (status == PCAP_ERROR_BREAK)
        return 0;
    if (status == PCAP_ERROR)
        return failure(error, -EIO, "cannot read %.100s past packet %llu: %.200s", source->name,
                       (unsigned long long)source->number, pcap_geterr(source->pcap));
    if (status == 0) { /* live, and nothing there */
        *ret = (struct source_frame){.number = source->number, .time = now()};
        return wait_live(source, TICK_MS) ? 1 : 0;
    }
    *ret = (struct source_frame){
        .number = ++source->number,
        .time = (uint64_t)header->ts.tv_sec * 1000000 + (uint64_t)header->ts.tv_usec,
        .data = {data, header->caplen},
        .wire_size = header->len,
    };
    return 1;
}

uint64_t source_dropped(const struct source *source)
{
    struct pcap_stat statistics;

    if (!source->live || pcap_stats(source->pcap, &statistics) != 0)
        return 0;
    return statistics.ps_drop;
}
