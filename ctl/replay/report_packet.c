/* SPDX-License-Identifier: MPL-2.0 */
/* One question and its answers: as JSON, and that as a block of text. */
#include "report_packet.h"

#include "frame/error.h"
#include "frame/output.h"
#include "json/record/json.h"
#include "json/show/result.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- JSON */

static const char *moment_text(uint64_t microseconds, char *text, size_t size)
{
    time_t seconds = (time_t)(microseconds / 1000000);
    struct tm utc;
    char start[32] = "";

    if (gmtime_r(&seconds, &utc))
        strftime(start, sizeof(start), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, size, "%s.%06uZ", start, (unsigned)(microseconds % 1000000));
    return text;
}

static bool add_address(cJSON *object, const char *key, enum netboot_family family, const uint8_t *address)
{
    static const uint8_t none[NETBOOT_ADDRESS_SIZE];
    char text[INET6_ADDRSTRLEN] = "";

    if (memcmp(address, none, sizeof(none)) != 0)
        inet_ntop(family == NETBOOT_V4 ? AF_INET : AF_INET6, address, text, sizeof(text));
    return result_add_text(object, key, text);
}

static bool add_type(cJSON *object, const struct packet *packet)
{
    char number[16];
    const char *name = packet_type_name(packet->family, packet->reply, packet->message_type);

    snprintf(number, sizeof(number), "%u", packet->message_type);
    return result_add_text(object, "message", name ? name : number);
}

static bool add_vlans(cJSON *object, const struct datagram *datagram)
{
    cJSON *vlans = cJSON_AddArrayToObject(object, "vlans");

    for (unsigned i = 0; vlans && i < datagram->vlan_count; i++) {
        cJSON *vlan = cJSON_CreateNumber(datagram->vlans[i]);
        if (!vlan || !cJSON_AddItemToArray(vlans, vlan))
            return false;
    }
    return vlans;
}

static bool add_number_or_null(cJSON *object, const char *key, uint64_t number)
{
    return number ? cJSON_AddNumberToObject(object, key, (double)number) != NULL
                  : cJSON_AddNullToObject(object, key) != NULL;
}

static bool add_question(cJSON *object, const struct exchange *exchange)
{
    const struct message *question = exchange->question;
    const struct packet *packet = &question->packet;
    char text[64];

    if (!cJSON_AddNumberToObject(object, "packet", (double)question->number) ||
        !result_add_text(object, "time", moment_text(question->time, text, sizeof(text))) || !add_type(object, packet))
        return false;
    snprintf(text, sizeof(text), packet->family == NETBOOT_V4 ? "0x%08x" : "0x%06x", packet->xid);
    return result_add_text(object, "xid", text) && add_vlans(object, &question->datagram) &&
           add_address(object, "relay", packet->family, packet->relay_address) &&
           cJSON_AddBoolToObject(object, "options_cut_off", packet->options_end_bad) &&
           add_number_or_null(object, "retransmission_of", exchange->retransmission_of) &&
           cJSON_AddBoolToObject(object, "one_more_answer", exchange->one_more);
}

static bool add_fields(cJSON *object, const char *key, const struct boot_fields *fields)
{
    char text[FIELD_TEXT_SIZE];
    cJSON *ret = cJSON_AddObjectToObject(object, key);

    for (unsigned i = 0; ret && i < fields->count; i++)
        if (fields->items[i].present &&
            !cJSON_AddStringToObject(ret, field_name(fields->family, fields->items[i].field),
                                     field_text(fields, fields->items[i].field, text)))
            return false;
    return ret;
}

/* The captured answer; behind a relay, "from" is the relay's address. */
static bool add_captured(cJSON *object, const struct exchange *exchange, const struct boot_fields *fields)
{
    const struct message *answer = exchange->answer;

    if (!answer)
        return cJSON_AddNullToObject(object, "captured");
    cJSON *ret = cJSON_AddObjectToObject(object, "captured");
    return ret && cJSON_AddNumberToObject(ret, "packet", (double)answer->number) && add_type(ret, &answer->packet) &&
           add_address(ret, "from", answer->packet.family, answer->datagram.source) &&
           add_address(ret, "assigned", answer->packet.family, answer->packet.assigned_address) &&
           add_fields(ret, "fields", fields);
}

static cJSON *difference_to_json(const struct difference *difference)
{
    cJSON *ret = cJSON_CreateObject();

    if (ret && result_add_text(ret, "what", meaning_name(difference->meaning)) &&
        result_add_text(ret, "captured", difference->captured) && result_add_text(ret, "netboot", difference->ours) &&
        result_add_text(ret, "because", difference->because ? difference->because->name : ""))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

static bool add_comparison(cJSON *object, const struct comparison *comparison)
{
    cJSON *differences;

    if (!result_add_text(object, "verdict", comparison ? verdict_name(comparison->verdict) : ""))
        return false;
    differences = cJSON_AddArrayToObject(object, "differences");
    for (unsigned i = 0; differences && comparison && i < comparison->count; i++) {
        cJSON *difference = difference_to_json(&comparison->differences[i]);
        if (!difference || !cJSON_AddItemToArray(differences, difference))
            return false;
    }
    return differences;
}

cJSON *report_packet_to_json(const struct exchange *exchange, const struct evaluation *evaluation, bool compare,
                             const struct comparison *comparison)
{
    cJSON *ret = cJSON_CreateObject();

    if (ret && add_question(ret, exchange) && result_add_client(ret, &evaluation->client) &&
        result_add_requested(ret, &evaluation->client) &&
        result_add_decision(ret, &evaluation->client, &evaluation->decision) &&
        result_add_edits(ret, evaluation->client.family, &evaluation->answer) &&
        add_captured(ret, exchange, &evaluation->captured) && (!compare || add_comparison(ret, comparison)))
        return ret;
    cJSON_Delete(ret);
    return NULL;
}

/* ---- Text */

#define COLUMNS 100
#define INDENT 13

static const cJSON *get(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* Words, broken at COLUMNS; `at` columns of the first line are taken. */
static void words_print(const char *text, int at, int indent)
{
    int column = at;

    while (*text) {
        size_t size = strcspn(text, " ");
        char word[FIELD_TEXT_SIZE];
        snprintf(word, sizeof(word), "%.*s", (int)size, text);
        if (column > at && column + 1 + (int)size > COLUMNS) {
            printf("\n%*s", indent, "");
            column = at = indent;
        } else if (column > at) {
            putchar(' ');
            column++;
        }
        print_safe(stdout, word);
        column += (int)size;
        text += size;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void line_print(const char *title, const char *text)
{
    printf("  %-*s", INDENT - 2, title);
    words_print(text, INDENT, INDENT);
}

/* A list with blanks between its items, so that lines can be broken. */
static char *spaced_text(const cJSON *value)
{
    char *ret = value_text(value);

    for (char *comma = ret; cJSON_IsArray(value) && comma && (comma = strchr(comma, ','));)
        *comma = ' ';
    return ret;
}

/* Appends ", NAME VALUE" if there is a value. */
static void say(FILE *file, bool *first, const char *name, const cJSON *value)
{
    char *text = spaced_text(value);

    if (text && strcmp(text, "-") != 0) {
        fprintf(file, "%s%s%s%s", *first ? "" : ", ", name, name[0] ? " " : "", text);
        *first = false;
    }
    free(text);
}

/* A line made by `say`; the caller's pairs end with a NULL key. */
struct said {
    const char *name, *key;
};

static void said_print(const char *title, const cJSON *object, const struct said *said)
{
    char *text = NULL;
    size_t size = 0;
    bool first = true;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return;
    for (; said->key; said++)
        say(file, &first, said->name, get(object, said->key));
    if (fclose(file) == 0 && size > 0)
        line_print(title, text);
    free(text);
}

/* What a person calls the client. */
static const char *client_of(const cJSON *object)
{
    static const char *const keys[] = {"mac", "uuid", "duid"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (json_text(object, keys[i]))
            return json_text(object, keys[i]);
    return "a client without an identifier";
}

static void head_print(const cJSON *object)
{
    static const struct said where[] = {
        {"VLAN",           "vlans"            },
        {"relay",          "relay"            },
        {"repeats packet", "retransmission_of"},
        {NULL,             NULL               }
    };

    printf("packet %.0f  %s  %s  %s\n", get(object, "packet")->valuedouble, json_text(object, "time"),
           json_text(object, "message"), client_of(object));
    said_print("way", object, where);
}

static void facts_print(const cJSON *object)
{
    static const struct said facts[] = {
        {"stage",             "stage"   },
        {"platform",          "platform"},
        {"architecture type", "arch"    },
        {"address",           "address" },
        {NULL,                NULL      }
    };
    static const struct said ids[] = {
        {"UUID", "uuid"},
        {"DUID", "duid"},
        {NULL,   NULL  }
    };
    static const struct said asks[] = {
        {"asks for", "requested"},
        {NULL,       NULL       }
    };

    said_print("facts", object, facts);
    said_print("", object, ids);
    said_print("", object, asks);
    if (cJSON_IsTrue(get(object, "options_cut_off")))
        line_print("", "its options end early: only complete ones count");
}

static void decision_print(const cJSON *object)
{
    static const struct said decision[] = {
        {"",       "outcome"},
        {"host",   "host"   },
        {"target", "target" },
        {"site",   "site"   },
        {NULL,     NULL     }
    };
    const cJSON *reason;
    unsigned number = 0;

    said_print("decision", object, decision);
    cJSON_ArrayForEach(reason, get(object, "reasons"))
    {
        printf("%*s%2u. ", INDENT, "", ++number);
        words_print(reason->valuestring, INDENT + 4, INDENT + 4);
    }
}

static void field_print(const char *title, const char *field, const char *value)
{
    printf("  %-*s%-36s", INDENT - 2, title, field);
    words_print(value, INDENT + 36, INDENT + 36);
}

static void answer_print(const cJSON *object)
{
    const cJSON *edits = get(object, "edits"), *edit;

    if (!edits->child)
        line_print("answer", "stays as the server made it");
    cJSON_ArrayForEach(edit, edits)
    {
        const char *value = json_text(edit, "value");
        bool remove = cJSON_IsTrue(get(edit, "remove"));
        field_print(edit == edits->child ? "answer" : "", json_text(edit, "field"),
                    remove  ? "is removed"
                    : value ? value
                            : "");
    }
}

static void captured_print(const cJSON *object)
{
    static const struct said answer[] = {
        {"packet",  "packet"  },
        {"",        "message" },
        {"from",    "from"    },
        {"assigns", "assigned"},
        {NULL,      NULL      }
    };
    const cJSON *captured = get(object, "captured"), *field;

    if (!cJSON_IsObject(captured)) {
        line_print("captured", "no reply");
        return;
    }
    said_print(cJSON_IsTrue(get(object, "one_more_answer")) ? "one more" : "captured", captured, answer);
    cJSON_ArrayForEach(field, get(captured, "fields")) field_print("", field->string, field->valuestring);
}

static const char *or_none(const char *text)
{
    return text ? text : "none";
}

static void verdict_print(const cJSON *object)
{
    const cJSON *difference;
    const char *verdict = json_text(object, "verdict");
    char text[2 * FIELD_TEXT_SIZE + 64];

    if (!verdict)
        return;
    if (!get(object, "differences")->child)
        line_print("verdict", verdict);
    cJSON_ArrayForEach(difference, get(object, "differences"))
    {
        const char *because = json_text(difference, "because");
        bool first = difference == get(object, "differences")->child;
        snprintf(text, sizeof(text), "%s%s%s: %s -> %s%s%s%s", first ? verdict : "", first ? ", " : "",
                 json_text(difference, "what"), or_none(json_text(difference, "captured")),
                 or_none(json_text(difference, "netboot")), because ? " (" : "", because ? because : "",
                 because ? ")" : "");
        line_print(first ? "verdict" : "", text);
    }
}

void report_packet_print(const cJSON *object)
{
    head_print(object);
    facts_print(object);
    decision_print(object);
    answer_print(object);
    captured_print(object);
    verdict_print(object);
    putchar('\n');
}
