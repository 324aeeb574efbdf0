/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/help.h"

#include "common/base/suggest.h"
#include "frame/commands.h"
#include "frame/program.h"

#include "common/base/suggest.h"
#include "frame/command.h"

#include <stdlib.h>
#include <string.h>

#define NAME_WIDTH 26
#define COMMAND_WIDTH 29
#define LINE_WIDTH 78

/* Prints words in the column after the name, broken into lines. */
static void wrap_print(const char *text)
{
    int column = NAME_WIDTH;

    while (*text) {
        int size = (int)strcspn(text, " ");
        if (column > NAME_WIDTH && column + 1 + size > LINE_WIDTH) {
            printf("\n%*s", NAME_WIDTH, "");
            column = NAME_WIDTH;
        }
        column += printf("%s%.*s", column > NAME_WIDTH ? " " : "", size, text);
        text += size;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void options_help(const struct option_row *rows)
{
    for (; rows && rows->name; rows++) {
        char name[64], letter[8] = "";
        if (rows->letter)
            snprintf(letter, sizeof(letter), "-%c, ", rows->letter);
        snprintf(name, sizeof(name), "  %s--%s%s%s", letter, rows->name, rows->value ? " " : "",
                 rows->value ? rows->value : "");
        if (strlen(name) + 2 > NAME_WIDTH)
            printf("%s\n%*s", name, NAME_WIDTH, "");
        else
            printf("%-*s", NAME_WIDTH, name);
        wrap_print(rows->help);
    }
}

static void command_help(const struct command *command)
{
    bool is_itself = command == this_program()->itself;
    char *details = command->details ? program_text(command->details) : NULL;

    if (!is_itself)
        printf("%s ", program_name());
    command_print(stdout, command);
    putchar('\n');
    if (command->summary)
        printf("  %s\n", command->summary);
    if (command->options && command->options->name) {
        putchar('\n');
        options_help(command->options);
    }
    if (is_itself)
        options_help(common_options);
    if (details)
        printf("\n%s\n", details);
    free(details);
}

static void commands_help(void)
{
    const struct program *program = this_program();
    const struct command *command;

    printf("%s [-d DIR] COMMAND ...\n  %s\n\n", program->name, program->summary);
    for (unsigned i = 0; (command = command_at(i)); i++) {
        char name[64];
        if (!command->summary)
            continue;
        snprintf(name, sizeof(name), "  %s%s%s%s%s", command->group, command->verb ? " " : "",
                 command->verb ? command->verb : "", command->words ? " " : "", command->words ? command->words : "");
        printf("%-*s%s\n", COMMAND_WIDTH, name, command->summary);
    }
    putchar('\n');
    options_help(common_options);
    printf("\n%s help COMMAND explains one. Topics: %s help\n", program->name, program->name);
    for (const struct topic *topic = program->topics; topic && topic->name; topic++)
        printf("  %-*s%s\n", COMMAND_WIDTH - 2, topic->name, topic->summary);
    puts("\nExit status: 0 success, 1 failure, 2 wrong command line.");
}

static void all_help(void)
{
    if (this_program()->itself)
        command_help(this_program()->itself);
    else
        commands_help();
}

static int unknown_help(const char *word)
{
    const struct command *command;
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE];

    suggest_begin(&nearest, word);
    for (unsigned i = 0; (command = command_at(i)); i++)
        if (command->summary)
            suggest_offer(&nearest, command->group);
    for (const struct topic *topic = this_program()->topics; topic && topic->name; topic++)
        suggest_offer(&nearest, topic->name);
    if (suggest_text(&nearest, hint)[0])
        return misused("there is no help on `%s`%s", word, hint);
    return misused("there is no help on `%s`: see %s help", word, program_name());
}

int help_print(unsigned count, const char *const *words)
{
    const struct command *command;
    bool is_group = false;
    unsigned found = 0;

    if (count == 0) {
        all_help();
        return DONE;
    }
    for (const struct topic *topic = this_program()->topics; topic && topic->name; topic++)
        if (count == 1 && strcmp(topic->name, words[0]) == 0)
            return topic->print();
    for (unsigned i = 0; (command = command_at(i)); i++) {
        if (strcmp(command->group, words[0]) != 0)
            continue;
        is_group = true;
        if (count > 1 && (!command->verb || strcmp(command->verb, words[1]) != 0))
            continue;
        if (found++)
            putchar('\n');
        command_help(command);
    }
    if (found)
        return DONE;
    char *typed[] = {(char *)words[0], count > 1 ? (char *)words[1] : NULL};
    return is_group ? -command_find((int)count, typed, &command) : unknown_help(words[0]);
}

static int help_run(struct session *session)
{
    return help_print(session->arguments->word_count, session->arguments->words);
}

/* clang-format off */
const struct command help_commands[] = {
    {.group = "help", .run = help_run, .words = "[COMMAND|TOPIC]", .least = 0, .most = 2,
     .completion = COMPLETE_COMMAND, .summary = "list the commands, or explain one command or topic"},
    {0},
};
/* clang-format on */
