/* SPDX-License-Identifier: MPL-2.0 */
#include "report.h"

#include "frame/error.h"
#include "report_packet.h"
#include "json/show/result.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Clients */

/* The counts of one client. */
struct report_client {
    char name[NETBOOT_ID_TEXT_SIZE];
    char host[NETBOOT_ID_TEXT_SIZE];
    unsigned stages; /* bits of enum netboot_stage */
    uint64_t packets, unanswered, verdicts[VERDICT_COUNT];
    uint64_t improvements; /* bits of their indexes */
    struct report_client *next;
};

static int client_order(const void *one, const void *other)
{
    return strcmp(((const struct report_client *)one)->name, ((const struct report_client *)other)->name);
}

/* By MAC, so that both families of one card are one client; else by another identifier. */
static void client_name(const struct netboot_client *client, char name[NETBOOT_ID_TEXT_SIZE])
{
    struct netboot_id id = {.type = NETBOOT_ID_MAC, .size = NETBOOT_MAC_SIZE};
    const uint8_t *value = client->mac;

    if (!client->has_mac && client->has_uuid) {
        id = (struct netboot_id){.type = NETBOOT_ID_UUID, .size = NETBOOT_UUID_SIZE};
        value = client->uuid;
    } else if (!client->has_mac && client->duid.size > 0 && client->duid.size <= NETBOOT_DUID_MAX) {
        id = (struct netboot_id){.type = NETBOOT_ID_DUID, .size = (uint8_t)client->duid.size};
        value = client->duid.data;
    } else if (!client->has_mac) {
        strcpy(name, "-");
        return;
    }
    memcpy(id.value, value, id.size);
    netboot_id_text(&id, name);
}

/* The client's counts, made if it is new. NULL: out of memory. */
static struct report_client *client_of(struct report *report, const struct netboot_client *client)
{
    struct report_client *ret = calloc(1, sizeof(*ret));

    if (!ret)
        return NULL;
    client_name(client, ret->name);
    struct report_client **found = tsearch(ret, &report->index, client_order);
    if (!found || *found != ret) {
        free(ret);
        return found ? *found : NULL;
    }
    *report->last_client = ret;
    report->last_client = &ret->next;
    return ret;
}

static cJSON *stages_to_json(unsigned stages)
{
    cJSON *ret = cJSON_CreateArray();

    for (unsigned stage = 0; ret && stage <= NETBOOT_STAGE_IPXE; stage++)
        if (stages & 1U << stage)
            cJSON_AddItemToArray(ret, cJSON_CreateString(netboot_stage_name((enum netboot_stage)stage)));
    return ret;
}

static cJSON *improvements_to_json(uint64_t improvements)
{
    const struct improvement *improvement;
    cJSON *ret = cJSON_CreateArray();

    for (unsigned i = 0; ret && (improvement = improvement_get(i)); i++)
        if (improvements & UINT64_C(1) << i)
            cJSON_AddItemToArray(ret, cJSON_CreateString(improvement->name));
    return ret;
}

static bool add_verdicts(cJSON *object, const uint64_t verdicts[VERDICT_COUNT])
{
    for (unsigned i = 0; i < VERDICT_COUNT; i++)
        if (!cJSON_AddNumberToObject(object, verdict_name((enum verdict)i), (double)verdicts[i]))
            return false;
    return true;
}

static cJSON *client_to_json(const struct report *report, const struct report_client *client)
{
    cJSON *ret = cJSON_CreateObject();

    if (ret && result_add_text(ret, "client", client->name) && result_add_text(ret, "host", client->host) &&
        cJSON_AddItemToObject(ret, "stages", stages_to_json(client->stages)) &&
        cJSON_AddNumberToObject(ret, "packets", (double)client->packets) &&
        cJSON_AddNumberToObject(ret, "unanswered", (double)client->unanswered) &&
        (!report->compare || (add_verdicts(ret, client->verdicts) &&
                              cJSON_AddItemToObject(ret, "because", improvements_to_json(client->improvements)))))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

/* ---- Packets */

int report_begin(struct report *report)
{
    report->totals = (struct report_totals){.shown = 0};
    memset(report->improvements, 0, sizeof(report->improvements));
    report->clients = NULL;
    report->last_client = &report->clients;
    report->index = NULL;
    if (!report->json)
        return DONE;
    fputs("{\"packets\": ", stdout);
    return listing_begin(&report->packets, "packets", NULL, true);
}

/* Several rows may have one name: the first one counts for all. */
static unsigned index_of(const struct improvement *improvement)
{
    unsigned i = 0;

    while (strcmp(improvement_get(i)->name, improvement->name) != 0)
        i++;
    return i;
}

static void count(struct report *report, struct report_client *client, const struct exchange *exchange,
                  const struct evaluation *evaluation, const struct comparison *comparison)
{
    bool retransmitted = exchange->retransmission_of != 0;

    report->totals.shown += !exchange->one_more;
    client->packets += !exchange->one_more;
    client->stages |= 1U << evaluation->client.stage;
    memcpy(client->host, evaluation->decision.host, sizeof(client->host));
    if (!exchange->answer) {
        report->totals.retransmitted += retransmitted;
        report->totals.unanswered += !retransmitted;
        client->unanswered += !retransmitted;
    }
    if (!comparison)
        return;
    report->totals.verdicts[comparison->verdict]++;
    client->verdicts[comparison->verdict]++;
    for (unsigned i = 0; i < comparison->count; i++) {
        if (!comparison->differences[i].because)
            continue;
        unsigned index = index_of(comparison->differences[i].because);
        report->improvements[index]++;
        client->improvements |= UINT64_C(1) << index;
    }
}

static int packet_show(struct report *report, const struct exchange *exchange, const struct evaluation *evaluation,
                       const struct comparison *comparison)
{
    cJSON *object;

    if (report->summary_only)
        return DONE;
    object = report_packet_to_json(exchange, evaluation, report->compare, comparison);
    if (report->json)
        return listing_row(&report->packets, object);
    if (!object)
        return failed("out of memory");
    report_packet_print(object);
    cJSON_Delete(object);
    return ferror(stdout) ? FAILED : DONE; /* output_end() says why */
}

int report_exchange(struct report *report, const struct exchange *exchange, const struct evaluation *evaluation,
                    const struct comparison *comparison)
{
    bool same = !comparison || comparison->verdict == VERDICT_SAME;

    if (evaluation->client.stage == NETBOOT_STAGE_NONE && same && !report->all) {
        report->totals.ordinary += !exchange->one_more;
        return DONE;
    }
    struct report_client *client = client_of(report, &evaluation->client);
    if (!client)
        return failed("out of memory");
    count(report, client, exchange, evaluation, comparison);
    return packet_show(report, exchange, evaluation, comparison);
}

/* ---- Summary */

/* The numbers of the summary, as they are called in JSON and in the text. */
struct number {
    const char *key;
    uint64_t value;
    const char *text;
};

static const struct column columns[] = {
    {"CLIENT",     "client"    },
    {"HOST",       "host"      },
    {"STAGES",     "stages"    },
    {"PACKETS",    "packets"   },
    {"UNANSWERED", "unanswered"},
    {NULL,         NULL        },
};

static const struct column columns_compare[] = {
    {"CLIENT",     "client"    },
    {"HOST",       "host"      },
    {"STAGES",     "stages"    },
    {"SAME",       "same"      },
    {"BETTER",     "better"    },
    {"DIFFERENT",  "different" },
    {"UNANSWERED", "unanswered"},
    {"BECAUSE",    "because"   },
    {NULL,         NULL        },
};

static int clients_show(const struct report *report)
{
    struct listing listing;
    int code =
        listing_begin(&listing, "packets of boot clients", report->compare ? columns_compare : columns, report->json);

    for (const struct report_client *client = report->clients; client && code == DONE; client = client->next)
        code = listing_row(&listing, client_to_json(report, client));
    return listing_end(&listing, code);
}

static bool add_improvements(cJSON *object, const struct report *report)
{
    const struct improvement *improvement;
    cJSON *ret = cJSON_AddObjectToObject(object, "because");

    for (unsigned i = 0; ret && (improvement = improvement_get(i)); i++)
        if (report->improvements[i] &&
            !cJSON_AddNumberToObject(ret, improvement->name, (double)report->improvements[i]))
            return false;
    return ret;
}

static int summary_json(const struct report *report, const struct number *numbers)
{
    cJSON *summary = cJSON_CreateObject();
    bool done = summary && (!report->compare ||
                            (add_verdicts(summary, report->totals.verdicts) && add_improvements(summary, report)));

    for (; done && numbers->key; numbers++)
        done = cJSON_AddNumberToObject(summary, numbers->key, (double)numbers->value);
    if (!done) {
        cJSON_Delete(summary);
        summary = NULL;
    }
    fputs(", \"summary\": ", stdout);
    int code = show_object(summary, true);
    puts("}");
    return code;
}

static void improvements_print(const struct report *report)
{
    const struct improvement *improvement;

    for (unsigned i = 0; (improvement = improvement_get(i)); i++)
        if (report->improvements[i])
            printf("  %5llu  %-17s  %s\n", (unsigned long long)report->improvements[i], improvement->name,
                   improvement->text);
}

static void summary_text(const struct report *report, const struct number *numbers)
{
    const uint64_t *verdicts = report->totals.verdicts;

    if (report->clients)
        putchar('\n');
    if (report->compare) {
        printf("replies compared: %llu same, %llu better, %llu different\n", (unsigned long long)verdicts[0],
               (unsigned long long)verdicts[1], (unsigned long long)verdicts[2]);
        improvements_print(report);
    }
    for (; numbers->key; numbers++)
        if (numbers->value && numbers->text)
            printf("%s: %llu\n", numbers->text, (unsigned long long)numbers->value);
}

int report_end(struct report *report, const struct exchange_counts *counts, const struct report_losses *losses,
               int code)
{
    const struct report_totals *totals = &report->totals;
    const struct number numbers[] = {
        {"shown",            totals->shown,            NULL                                                        },
        {"unanswered",       totals->unanswered,       "packets without a reply in the capture"                    },
        {"retransmitted",    totals->retransmitted,    "packets repeated, with one reply at most"                  },
        {"ordinary",         totals->ordinary,         "packets of ordinary clients (--all shows them)"            },
        {"others",           counts->others,           "messages that carry no boot fields (Release, Confirm, ...)"},
        {"lone_answers",     counts->lone_answers,     "replies without their packet"                              },
        {"repeated_answers", counts->repeated_answers, "replies captured twice"                                    },
        {"malformed",        losses->malformed,        "malformed packets"                                         },
        {"incomplete",       losses->incomplete,       "fragmented packets with parts missing"                     },
        {"cut_off",          losses->cut_off,          "truncated packets"                                         },
        {NULL,               0,                        NULL                                                        },
    };

    if (report->json)
        code = listing_end(&report->packets, code);
    if (code != DONE)
        return code;
    if (report->json)
        fputs(", \"clients\": ", stdout);
    code = clients_show(report);
    if (code == DONE && report->json)
        return summary_json(report, numbers);
    summary_text(report, numbers);
    return code;
}

static void nothing(void *client)
{
    (void)client;
}

void report_free(struct report *report)
{
    tdestroy(report->index, nothing);
    while (report->clients) {
        struct report_client *client = report->clients;
        report->clients = client->next;
        free(client);
    }
}
