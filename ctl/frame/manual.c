/* SPDX-License-Identifier: MPL-2.0 */
/* The manual page: its text is in a template, its commands and options come from their tables. */
#include "frame/commands.h"
#include "frame/program.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PLACE ".\\\" COMMANDS\n"

/* One line of text: no backslash of it is an escape, no point at its begin a macro. */
static void line_print(const char *text, size_t size)
{
    if (size > 0 && (text[0] == '.' || text[0] == '\''))
        fputs("\\&", stdout);
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\\')
            fputs("\\e", stdout);
        else
            putchar(text[i]);
    putchar('\n');
}

/* A sentence begins on a line of its own: that is how mdoc knows where one ends. */
static void text_print(const char *text, size_t size)
{
    for (const char *end; (end = memmem(text, size, ". ", 2));) {
        size_t sentence = (size_t)(end - text) + 1;
        line_print(text, sentence);
        text += sentence + 1;
        size -= sentence + 1;
    }
    line_print(text, size);
}

/* The arguments of a macro; quotes keep a value in one piece. */
static void argument_print(const char *text, size_t size)
{
    fputs(" \"", stdout);
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\\')
            fputs("\\e", stdout);
        else if (text[i] == '"')
            fputs("\\(dq", stdout);
        else
            putchar(text[i]);
    putchar('"');
}

static void rows_print(const struct option_row *rows)
{
    for (; rows->name; rows++) {
        fputs(".It", stdout);
        if (rows->letter)
            printf(" Fl %c ,", rows->letter);
        printf(" Fl -%s", rows->name);
        if (rows->value) {
            fputs(" Ar", stdout);
            argument_print(rows->value, strlen(rows->value));
        }
        putchar('\n');
        text_print(rows->help, strlen(rows->help));
    }
}

static void options_print(const struct option_row *rows)
{
    if (!rows || !rows->name)
        return;
    puts(".Bl -tag -width indent");
    rows_print(rows);
    puts(".El");
}

/* Text as help prints it: an empty line ends a paragraph, lines that are indented stay as they are. */
static void details_print(const char *text)
{
    bool literal = false, paragraph = true;

    while (*text) {
        size_t size = strcspn(text, "\n");
        bool indented = size > 0 && text[0] == ' ';
        if (literal && !indented)
            puts(".Ed");
        if (indented && !literal)
            puts(".Bd -literal -offset indent");
        else if (size > 0 && !indented && (paragraph || literal))
            puts(".Pp");
        literal = indented;
        paragraph = size == 0;
        size_t space = indented && text[1] == ' ' ? 2 : indented;
        if (literal)
            line_print(text + space, size - space);
        else if (size > 0)
            text_print(text, size);
        text += size + (text[size] == '\n');
    }
    if (literal)
        puts(".Ed");
}

static void command_details(const struct command *command)
{
    char *details = command->details ? program_text(command->details) : NULL;

    if (details)
        details_print(details);
    free(details);
}

static void command_manual(const struct command *command)
{
    printf(".Ss %s%s%s\n.Nm Cm %s%s%s", command->group, command->verb ? " " : "", command->verb ? command->verb : "",
           command->group, command->verb ? " " : "", command->verb ? command->verb : "");
    if (command->words) {
        fputs(" Ar", stdout);
        argument_print(command->words, strlen(command->words));
    }
    if (command->options && command->options->name)
        fputs(" Op Ar option ...", stdout);
    puts("\n.Pp");
    printf("%c%s.\n", toupper((unsigned char)command->summary[0]), command->summary + 1);
    command_details(command);
    options_print(command->options);
}

static void itself_manual(const struct command *itself)
{
    command_details(itself);
    puts(".Pp\nThe options are:\n.Bl -tag -width indent");
    rows_print(itself->options);
    rows_print(common_options);
    puts(".El");
}

static void commands_manual(void)
{
    const struct command *command;

    if (this_program()->itself) {
        itself_manual(this_program()->itself);
        return;
    }
    puts(".Ss Options of every command");
    options_print(common_options);
    for (unsigned i = 0; (command = command_at(i)); i++)
        if (command->summary)
            command_manual(command);
}

static int manual_run(struct session *session)
{
    const char *path = session->arguments->words[0];
    FILE *template = fopen(path, "re");
    char line[1024];
    bool placed = false;

    if (!template)
        return failed("%s: %s", path, strerror(errno));
    while (fgets(line, sizeof(line), template)) {
        if (strcmp(line, PLACE) != 0) {
            fputs(line, stdout);
            continue;
        }
        commands_manual();
        placed = true;
    }
    fclose(template);
    return placed ? DONE : failed("%s has no line that says where the commands go", path);
}

/* clang-format off */
const struct command manual_commands[] = {
    {.group = "manual", .run = manual_run, .words = "TEMPLATE", .least = 1, .most = 1},
    {0},
};
/* clang-format on */
