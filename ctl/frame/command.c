/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/command.h"

#include "common/base/suggest.h"
#include "frame/program.h"

#include "common/base/suggest.h"

#include <string.h>

const struct command *command_at(unsigned index)
{
    for (const struct command *const *array = this_program()->commands; *array; array++)
        for (const struct command *command = *array; command->group; command++)
            if (index-- == 0)
                return command;
    return NULL;
}

const struct command *command_named(const char *group)
{
    const struct command *ret;

    for (unsigned i = 0; (ret = command_at(i)); i++)
        if (strcmp(ret->group, group) == 0)
            return ret;
    return NULL;
}

void command_print(FILE *file, const struct command *command)
{
    fprintf(file, "%s%s%s%s%s%s", command->group, command->verb ? " " : "", command->verb ? command->verb : "",
            command->words ? " " : "", command->words ? command->words : "",
            command->options && command->options->name ? " [OPTION]..." : "");
}

/* "set, show, list or delete" */
static void verbs_text(const char *group, char *text, size_t size)
{
    const struct command *command;

    text[0] = '\0';
    for (unsigned i = 0; (command = command_at(i)); i++)
        if (command->verb && strcmp(command->group, group) == 0)
            snprintf(text + strlen(text), size - strlen(text), "%s%s", text[0] ? ", " : "", command->verb);
}

static int verb_find(const char *group, const char *verb, const struct command **ret)
{
    const struct command *command;
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE], verbs[128];

    verbs_text(group, verbs, sizeof(verbs));
    if (!verb)
        return -misused("missing subcommand of %s: use %s", group, verbs);
    suggest_begin(&nearest, verb);
    for (unsigned i = 0; (command = command_at(i)); i++) {
        if (strcmp(command->group, group) != 0)
            continue;
        if (strcmp(command->verb, verb) == 0) {
            *ret = command;
            return 2;
        }
        suggest_offer(&nearest, command->verb);
    }
    return -misused("there is no command `%s %s`%s (use %s)", group, verb, suggest_text(&nearest, hint), verbs);
}

int command_find(int count, char **words, const struct command **ret)
{
    const struct command *command;
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE];

    suggest_begin(&nearest, words[0]);
    for (unsigned i = 0; (command = command_at(i)); i++) {
        if (strcmp(command->group, words[0]) == 0) {
            *ret = command;
            return command->verb ? verb_find(words[0], count > 1 ? words[1] : NULL, ret) : 1;
        }
        suggest_offer(&nearest, command->group);
    }
    if (suggest_text(&nearest, hint)[0])
        return -misused("there is no command `%s`%s", words[0], hint);
    return -misused("there is no command `%s`: see %s help", words[0], program_name());
}
