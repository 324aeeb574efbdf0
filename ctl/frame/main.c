/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/main.h"

#include "frame/command.h"
#include "frame/elsewhere.h"
#include "frame/help.h"
#include "frame/named.h"
#include "frame/operator.h"
#include "frame/output.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *directory_of(const struct arguments *before, const struct arguments *after)
{
    const char *ret = option_value(after, "directory");

    if (!ret)
        ret = option_value(before, "directory");
    if (!ret)
        ret = getenv("NETBOOT_DIR");
    return ret && ret[0] ? ret : NETBOOT_DEFAULT_DIRECTORY;
}

/* What netbootd runs for somebody, it runs for its own store. */
static int directory_check(const struct arguments *arguments)
{
    if (getenv("NETBOOT_PERSON") && option_given(arguments, "directory"))
        return failed("--directory: netbootd runs this, for its own store only");
    return DONE;
}

static int words_check(const struct command *command, const struct arguments *arguments)
{
    const char *verb = command->verb ? command->verb : "";
    const char *space = command->verb ? " " : "";

    if (arguments->word_count < command->least)
        return misused("%s%s%s needs %s", command->group, space, verb, command->words);
    if (arguments->word_count > command->most && command->most == 0)
        return misused("unexpected argument `%s`: %s%s%s takes only options", arguments->words[command->most],
                       command->group, space, verb);
    if (arguments->word_count > command->most)
        return misused("unexpected argument `%s`: %s%s%s takes %s", arguments->words[command->most], command->group,
                       space, verb, command->words);
    return DONE;
}

static int version_print(void)
{
    printf("%s " NETBOOT_VERSION "\n", program_name());
    return DONE;
}

static int command_run(const struct command *command, const struct arguments *before, int count, char **values)
{
    struct arguments arguments;
    struct session session = {.command = command, .arguments = &arguments, .thorough = command->thorough};
    const char *words[] = {command->group, command->verb};
    unsigned word_count = command == this_program()->itself ? 0 : command->verb ? 2 : 1;
    int code = arguments_parse(&arguments, command->options, count, values, NULL);

    if (code == DONE)
        code = directory_check(&arguments);
    if (code == DONE && option_given(&arguments, "help"))
        code = help_print(word_count, words);
    else if (code == DONE && option_given(&arguments, "version"))
        code = version_print();
    else if (code == DONE && (code = words_check(command, &arguments)) == DONE) {
        session.directory = directory_of(before, &arguments);
        named_open(&arguments, command->completion);
        code = command->operators && operator_is(&session) ? operator_run(&session, count, values)
                                                           : command->run(&session);
        session_close(&session);
    }
    arguments_free(&arguments);
    return code;
}

static int command_elsewhere(const struct command *command, const struct arguments *before, int count, char **values)
{
    const char *directory = option_value(before, "directory");
    const char *const first[] = {directory ? "--directory" : NULL, directory, NULL};

    return elsewhere_run(command, first, count, (const char *const *)values);
}

/* Options of every command, the command, its arguments. */
static int line_run(int count, char **values)
{
    const struct command *command = NULL;
    struct arguments before;
    int first = 0, used;
    int code = arguments_parse(&before, NULL, count, values, &first);
    char **words = values + first;

    count -= first;
    bool group_help = count == 2 && (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0);
    if (code == DONE)
        code = directory_check(&before);
    if (code == DONE && option_given(&before, "version"))
        code = version_print();
    else if (code == DONE && option_given(&before, "help"))
        code = help_print(count < 2 ? (unsigned)count : 2, (const char *const *)words);
    else if (code == DONE && count == 0)
        code = misused("missing command: see %s help", program_name());
    else if (code == DONE && (command = command_named(words[0])) && command->program)
        code = command_elsewhere(command, &before, count - 1, words + 1);
    else if (code == DONE && group_help)
        code = help_print(1, (const char *const *)words);
    else if (code == DONE && (used = command_find(count, words, &command)) < 0)
        code = -used;
    else if (code == DONE)
        code = command_run(command, &before, count - used, words + used);
    arguments_free(&before);
    return code;
}

/* Whoever starts us without standard input, output or error: the store would be opened in their place, and what is said
 * be written into it. Nothing can be read from or written to what is there now. */
static void fill_standard_files(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        if (fcntl(file, F_GETFD) < 0 && open("/", O_PATH) != file)
            _exit(FAILED);
}

int program_main(const struct program *program, int count, char **values)
{
    const struct arguments none = {.rows = NULL};

    fill_standard_files();
    program_set(program);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
    if (program->itself && !(count > 1 && command_named(values[1])))
        return output_end(command_run(program->itself, &none, count - 1, values + 1));
    return output_end(line_run(count - 1, values + 1));
}
