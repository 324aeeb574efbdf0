/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A server without a network: serves the packets that it reads, a line each, with netbootd, which has to run. It waits
 * where netbootd has more to write than the ring has room for, so that nothing is lost.
 *
 * usage: journal_agent DIRECTORY [join]
 * Lines: "FAMILY discover|request [mac=MAC] [uuid=UUID] [duid=DUID] [address=ADDRESS] [ipxe]". For each it prints
 * outcome, host, target, boot file and whether a boot-once was served, separated by tabs.
 */
#include "packets.h"

#include "base/clock.h"
#include "link/peer.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

#define WAIT_US 20000000
#define LOOK_US 500

static void stop_if(bool failed, const char *why)
{
    if (!failed)
        return;
    fprintf(stderr, "journal_agent: %s\n", why);
    exit(1);
}

static void read_word(char *word, struct packet *packet)
{
    const struct {
        const char *prefix;
        const char **value;
    } values[] = {
        {"mac=",     &packet->mac    },
        {"uuid=",    &packet->uuid   },
        {"duid=",    &packet->duid   },
        {"address=", &packet->address},
    };

    if (strcmp(word, "ipxe") == 0) {
        packet->ipxe = true;
        return;
    }
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (strncmp(word, values[i].prefix, strlen(values[i].prefix)) == 0) {
            *values[i].value = word + strlen(values[i].prefix);
            return;
        }
    }
    stop_if(true, word);
}

static void read_packet(char *line, struct packet *ret)
{
    char *save = NULL, *word = strtok_r(line, " \n", &save), *message = strtok_r(NULL, " \n", &save);

    stop_if(!word || !message, "a line begins with a family and a message");
    bool first = strcmp(message, "discover") == 0;
    *ret = (struct packet){.family = atoi(word)};
    if (ret->family == 4) {
        ret->message = first ? DHCPDISCOVER : DHCPREQUEST;
        ret->reply = first ? DHCPOFFER : DHCPACK;
    } else {
        ret->message = first ? SOLICIT : REQUEST;
        ret->reply = first ? ADVERTISE : REPLY;
    }
    while ((word = strtok_r(NULL, " \n", &save)))
        read_word(word, ret);
}

/* ---- netbootd */

static void wait_for_netbootd(struct netboot_store *store)
{
    uint64_t end = clock_us() + WAIT_US;

    while (!atomic_load(&store->peer->current)) {
        stop_if(clock_us() > end, "netbootd does not run");
        sleep_us(LOOK_US);
    }
}

/* Again, if the ring was full: of what is lost, the journal knows nothing. */
static void serve(struct netboot_store *store, const struct netboot_query *query, struct netboot_result *ret)
{
    uint64_t lost, end = clock_us() + WAIT_US;

    for (;;) {
        lost = netboot_journal_dropped(store);
        stop_if(netboot_serve(store, query, ret) != 0, "netboot_serve");
        if (netboot_journal_dropped(store) == lost)
            return;
        stop_if(clock_us() > end, "netbootd does not empty the ring");
        sleep_us(LOOK_US);
    }
}

static void serve_line(struct netboot_store *store, char *line)
{
    struct packet_octets octets = {0};
    struct netboot_query query;
    struct netboot_result result;
    struct packet packet;

    read_packet(line, &packet);
    make_query(&packet, &octets, &query);
    serve(store, &query, &result);
    printf("%s\t%s\t%s\t%s\t%d\n", netboot_outcome_name(result.decision.outcome), result.decision.host,
           result.decision.target, result.decision.boot_file, result.decision.armed == NETBOOT_ARMED_SERVED);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct netboot_store_options options = {
        .size = sizeof(options), .follow = true, .journal = true, .server = "agent"};
    struct netboot_error error = {0};
    struct netboot_store *store;
    char line[1024];

    stop_if(argc < 2, "usage: journal_agent DIRECTORY [join]");
    for (int i = 2; i < argc; i++) {
        stop_if(strcmp(argv[i], "join") != 0, argv[i]);
        options.join = true;
    }
    stop_if(netboot_store_open(argv[1], &options, &store, &error) != 0, error.text);
    wait_for_netbootd(store);
    while (fgets(line, sizeof(line), stdin))
        serve_line(store, line);
    netboot_store_close(store);
    return 0;
}
