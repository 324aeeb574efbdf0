/* SPDX-License-Identifier: MPL-2.0 */
/* Completion: the shell asks `PROGRAM complete`, which answers from the rows of commands and from the store. */
#include "frame/commands.h"
#include "frame/elsewhere.h"
#include "frame/program.h"
#include "json/record/json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OFFERS_MAX 200

/* Words are split at spaces alone: bash's own list splits MACs and K=V at their punctuation. */
static const char bash_script[] =
    "# bash completion for " PROGRAM "\n"
    "_" PROGRAM "()\n"
    "{\n"
    "    local line=${COMP_LINE:0:COMP_POINT} words word offers\n"
    "    read -ra words <<<\"$line\"\n"
    "    [[ $line == *[[:space:]] ]] && words+=('')\n"
    "    word=${words[${#words[@]}-1]}\n"
    "    mapfile -t offers < <(\"${words[0]}\" complete -- \"${words[@]:1}\" 2>/dev/null)\n"
    "    [[ ${#offers[@]} -gt 0 ]] || return 0\n"
    "    case ${offers[0]} in\n"
    "        @file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return ;;\n"
    "        @directory) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$word\"); return ;;\n"
    "    esac\n"
    "    # bash replaces only what follows the last of its own word breaks.\n"
    "    local cut=${word%\"${word##*[:=]}\"}\n"
    "    COMPREPLY=(\"${offers[@]#\"$cut\"}\")\n"
    "    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
    "    return 0\n"
    "}\n"
    "complete -F _" PROGRAM " " PROGRAM "\n";

static int completion_run(struct session *session)
{
    if (strcmp(session->arguments->words[0], "bash") != 0)
        return misused("there is no completion for `%s`: only for bash", session->arguments->words[0]);
    char *script = program_text(bash_script);
    if (!script)
        return failed("out of memory");
    fputs(script, stdout);
    free(script);
    return DONE;
}

/* ---- What fits -------------------------------------------------------------------------------------------------- */

struct completion_offer {
    const char *begun; /* what is typed of the word */
    const char *after; /* goes after each offer: "=" of PLATFORM= */
    unsigned count;
};

static int offer_word(struct completion_offer *offer, const char *word)
{
    if (strncmp(word, offer->begun, strlen(offer->begun)) != 0)
        return 0;
    printf("%s%s\n", word, offer->after);
    return ++offer->count >= OFFERS_MAX;
}

static int offer_record(const struct netboot_record *record, void *user)
{
    char text[NETBOOT_RECORD_TEXT_SIZE], id[NETBOOT_ID_TEXT_SIZE];
    const struct netboot_host *host = &record->host;
    struct completion_offer *offer = user;
    struct netboot_record_key key;

    if (offer_word(offer, strchr(netboot_record_text(record, text), ' ') + 1))
        return 1;
    if (record->kind == NETBOOT_RECORD_HOST && host->name.size > 0 && offer->begun[0] &&
        netboot_record_key_of(record, &key) == 0)
        return offer_word(offer, netboot_id_text(&key.id, id));
    return 0;
}

static void offer_records(struct session *session, enum netboot_record_kind kind, struct completion_offer *offer)
{
    /* Without a store there is nothing to offer, and nobody to tell. */
    if (session_open(session, NULL) == 0 && netboot_view_open(session->store, &session->view, NULL) == 0)
        netboot_view_each(session->view, kind, NULL, offer_record, offer, NULL);
}

static void offer_platforms(struct completion_offer *offer)
{
    const struct netboot_arch *arch;

    for (unsigned code = 0; (arch = netboot_arch_find(code)); code++)
        if (arch->platform == code && netboot_platform_name(code))
            offer_word(offer, netboot_platform_name(code));
}

static void offer_list(struct completion_offer *offer, const char *words)
{
    char word[64];

    while (*words) {
        size_t size = strcspn(words, " ");
        snprintf(word, sizeof(word), "%.*s", (int)size, words);
        offer_word(offer, word);
        words += size + (words[size] == ' ');
    }
}

static void offer_groups(struct completion_offer *offer)
{
    const struct command *command;
    const char *last = "";

    for (unsigned i = 0; (command = command_at(i)); i++) {
        if (command->summary && strcmp(last, command->group) != 0)
            offer_word(offer, command->group);
        last = command->group;
    }
}

static void offer_topics(struct completion_offer *offer)
{
    for (const struct topic *topic = this_program()->topics; topic && topic->name; topic++)
        offer_word(offer, topic->name);
}

static void offer_verbs(struct completion_offer *offer, const char *group)
{
    const struct command *command;

    for (unsigned i = 0; (command = command_at(i)); i++)
        if (command->verb && strcmp(command->group, group) == 0)
            offer_word(offer, command->verb);
}

static void offer_values(struct session *session, enum completion completion, const char *words,
                         struct completion_offer *offer)
{
    switch (completion) {
    case COMPLETE_FILE:
    case COMPLETE_INPUT:
        puts("@file");
        break;
    case COMPLETE_DIRECTORY:
        puts("@directory");
        break;
    case COMPLETE_PLATFORM:
        offer_platforms(offer);
        break;
    case COMPLETE_TARGET:
        offer_records(session, NETBOOT_RECORD_TARGET, offer);
        break;
    case COMPLETE_SITE:
        offer_records(session, NETBOOT_RECORD_SITE, offer);
        break;
    case COMPLETE_HOST:
        offer_records(session, NETBOOT_RECORD_HOST, offer);
        break;
    case COMPLETE_COMMAND:
        offer_groups(offer);
        offer_topics(offer);
        break;
    case COMPLETE_WORDS:
        offer_list(offer, words);
        break;
    default:
        break;
    }
}

static void offer_options(struct completion_offer *offer, const struct option_row *rows)
{
    char word[64];

    for (; rows && rows->name; rows++) {
        snprintf(word, sizeof(word), "--%s", rows->name);
        offer_word(offer, word);
    }
}

/* Where the words typed so far have led: the command, and the option that waits for its value. */
struct completion_place {
    const struct command *command;
    const char *group;
    const struct option_row *option;
    unsigned words;
    unsigned rest; /* index of what follows a command that is another program's */
};

static const struct option_row *option_of(const struct completion_place *place, const char *typed)
{
    const struct option_row *rows = place->command ? place->command->options : NULL;

    if (typed[1] != '-')
        return typed[1] && !typed[2] ? option_find_letter(rows, typed[1]) : NULL;
    return option_find(rows, typed + 2, strlen(typed + 2));
}

static void place_word(struct completion_place *place, const char *word)
{
    const struct command *command;

    if (place->command) {
        place->words++;
        return;
    }
    if (!place->group)
        place->group = word;
    else
        place->words++;
    const char *verb = place->words ? word : NULL;
    for (unsigned i = 0; (command = command_at(i)); i++)
        if (strcmp(command->group, place->group) == 0 && (!command->verb || (verb && strcmp(command->verb, verb) == 0)))
            break;
    if (command) {
        place->command = command;
        place->words = 0;
    }
}

static void place_find(const struct arguments *arguments, struct completion_place *place, const char **directory)
{
    for (unsigned i = 0; i + 1 < arguments->word_count && place->rest == 0; i++) {
        const char *word = arguments->words[i];
        if (place->option) {
            if (strcmp(place->option->name, "directory") == 0)
                *directory = word;
            place->option = NULL;
        } else if (word[0] == '-') {
            const struct option_row *row = option_of(place, word);
            place->option = row && row->value ? row : NULL;
        } else {
            place_word(place, word);
            place->rest = place->command && place->command->program ? i + 1 : 0;
        }
    }
}

static int complete_run(struct session *session)
{
    const struct arguments *arguments = session->arguments;
    const char *begun = arguments->word_count ? arguments->words[arguments->word_count - 1] : "";
    struct completion_offer offer = {.begun = begun, .after = ""};
    struct completion_place place = {.command = this_program()->itself};

    place_find(arguments, &place, &session->directory);
    if (place.rest > 0)
        return elsewhere_run(place.command, (const char *const[]){"complete", "--", NULL},
                             (int)(arguments->word_count - place.rest), arguments->words + place.rest);
    if (place.option) {
        offer.after = place.option->effect == EFFECT_MAP && place.option->keyed_by_platform ? "=" : "";
        offer_values(session, place.option->completion, place.option->words, &offer);
    } else if (begun[0] == '-') {
        offer_options(&offer, place.command ? place.command->options : NULL);
        offer_options(&offer, common_options);
    } else if (place.command) {
        const struct command *command = place.command;
        if (place.words < (command->completed ? command->completed : command->most))
            offer_values(session, command->completion, command->word_list, &offer);
    } else if (place.group) {
        offer_verbs(&offer, place.group);
    } else {
        offer_groups(&offer);
    }
    return DONE;
}

/* clang-format off */
const struct command completion_commands[] = {
    {.group = "completion", .run = completion_run, .words = "bash", .least = 1, .most = 1,
     .completion = COMPLETE_WORDS, .word_list = "bash", .summary = "write a script that completes command lines",
     .details = "  source <(" PROGRAM " completion bash)"},
    {.group = "complete", .run = complete_run, .words = "[WORD]...", .least = 0, .most = ANY_NUMBER},
    {0},
};
/* clang-format on */
