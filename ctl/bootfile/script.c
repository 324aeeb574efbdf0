/* SPDX-License-Identifier: MPL-2.0 */
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char blanks[] = " \t\r\n\v\f";

#define IMAGE_OPTIONS " --name -n --timeout -t "
#define DRIVE_OPTIONS " --drive -d --filename -f --extra -e --label -l "

/* Commands that load a file, and those of their options that have a value in the next word. */
static const struct script_command {
    const char *name;
    const char *value_options;
    bool images; /* may name an image that was loaded before: only a word with a slash is a file */
} commands[] = {
    {"kernel",    IMAGE_OPTIONS, false},
    {"initrd",    IMAGE_OPTIONS, false},
    {"module",    IMAGE_OPTIONS, false},
    {"imgfetch",  IMAGE_OPTIONS, false},
    {"chain",     IMAGE_OPTIONS, false},
    {"shim",      IMAGE_OPTIONS, false},
    {"imgselect", IMAGE_OPTIONS, true },
    {"imgload",   IMAGE_OPTIONS, true },
    {"imgexec",   IMAGE_OPTIONS, true },
    {"boot",      IMAGE_OPTIONS, true },
    {"sanboot",   DRIVE_OPTIONS, false},
    {"sanhook",   DRIVE_OPTIONS, false},
};

/* ---- Lines and words -------------------------------------------------------------------------------------------- */

/* Joins a line with those that continue it, in place. */
static bool line_take(struct script *script)
{
    char *from = script->rest, *to = from;

    if (*from == '\0')
        return false;
    script->line += 1 + script->lines_joined;
    script->lines_joined = 0;
    script->words = from;
    while (*from && *from != '\n') {
        size_t joint = strncmp(from, "\\\r\n", 3) == 0 ? 3 : strncmp(from, "\\\n", 2) == 0 ? 2 : 0;
        script->lines_joined += joint > 0;
        if (joint)
            from += joint;
        else
            *to++ = *from++;
    }
    script->rest = *from ? from + 1 : from;
    *to = '\0';
    script->begins = true;
    script->command = NULL;
    script->has_value = false;
    if (script->words[strspn(script->words, blanks)] == ':')
        script->words = to;
    return true;
}

/* The word at `*at`, its end in *ret_size, or NULL at the end of the line. */
static const char *word_at(const char *at, size_t *ret_size)
{
    at += strspn(at, blanks);
    *ret_size = strcspn(at, blanks);
    return *ret_size > 0 && at[0] != '#' ? at : NULL;
}

static char *word_take(struct script *script)
{
    size_t size;
    char *word = (char *)word_at(script->words, &size);

    if (!word)
        return NULL;
    script->words = word + size;
    if (*script->words)
        *script->words++ = '\0';
    return word;
}

static bool is_word(const char *word, size_t size, const char *wanted)
{
    return size == strlen(wanted) && memcmp(word, wanted, size) == 0;
}

static bool is_operator(const char *word, size_t size)
{
    return is_word(word, size, "||") || is_word(word, size, "&&") || is_word(word, size, ";");
}

/* Whether the words after a file's say that it may be absent: up to the operator they are the image's arguments, then
 * "||" or "&& exit ||", and no more. */
static bool is_optional(const char *rest)
{
    static const char *const ends[][4] = {
        {"||",  NULL},
        { "&&", "exit", "||", NULL},
    };
    const char *word;
    size_t size;

    while ((word = word_at(rest, &size)) && !is_operator(word, size))
        rest = word + size;
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        const char *at = rest;
        unsigned k = 0;
        while ((word = word_at(at, &size)) && ends[i][k] && is_word(word, size, ends[i][k])) {
            at = word + size;
            k++;
        }
        if (!word && !ends[i][k])
            return true;
    }
    return false;
}

/* ---- Files ------------------------------------------------------------------------------------------------------ */

const char *script_fetched_path(const char *file)
{
    static const char *const bases[] = {"${http}/", "${nfs}/"};

    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
        if (strncmp(file, bases[i], strlen(bases[i])) == 0)
            return file + strlen(bases[i]) - 1;
    return NULL;
}

/* "fetch=${http}/debian-live/filesystem.squashfs" */
static const char *fetched_file(const char *word)
{
    const char *value = strchr(word, '=');

    return value && script_fetched_path(value + 1) ? value + 1 : NULL;
}

static void command_begin(struct script *script, const char *word)
{
    script->begins = script->has_value = false;
    script->command = NULL;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(word, commands[i].name) == 0)
            script->command = &commands[i];
}

static bool takes_value(const struct script_command *command, const char *option)
{
    char wanted[32];

    return (size_t)snprintf(wanted, sizeof(wanted), " %s ", option) < sizeof(wanted) &&
           strstr(command->value_options, wanted);
}

/* Whether the word is the file that the command loads. Its options go before it. */
static bool is_file(struct script *script, const char *word)
{
    const struct script_command *command = script->command;

    if (!command)
        return false;
    if (script->has_value) {
        script->has_value = false;
        return false;
    }
    if (word[0] == '-') {
        script->has_value = takes_value(command, word);
        return false;
    }
    script->command = NULL;
    return !command->images || strchr(word, '/');
}

void script_begin(struct script *script, char *text)
{
    *script = (struct script){.rest = text};
}

/* Reads the word as a file, if it is one. */
static bool word_read(struct script *script, const char *word, struct script_file *ret)
{
    const struct script_command *command = script->command;

    *ret = (struct script_file){.line = script->line};
    if (is_operator(word, strlen(word))) {
        script->begins = true;
    } else if (script->begins) {
        command_begin(script, word);
    } else if (is_file(script, word)) {
        ret->command = command->name;
        ret->file = word;
        ret->optional = is_optional(script->words);
    } else if ((ret->file = fetched_file(word))) {
        ret->command = "fetch";
    }
    return ret->file;
}

bool script_next(struct script *script, struct script_file *ret)
{
    while (script->words || line_take(script)) {
        char *word = word_take(script);
        if (!word)
            script->words = NULL;
        else if (word_read(script, word, ret))
            return true;
    }
    return false;
}

/* ---- Settings --------------------------------------------------------------------------------------------------- */

static bool append(char ret[NETBOOT_FILE_SIZE], size_t *used, const char *text, size_t size)
{
    if (size >= NETBOOT_FILE_SIZE - *used)
        return false;
    memcpy(ret + *used, text, size);
    *used += size;
    ret[*used] = '\0';
    return true;
}

int script_expand(const char *file, const char *(*value)(const char *setting, void *user), void *user,
                  char ret[NETBOOT_FILE_SIZE], char ret_unknown[SCRIPT_SETTING_SIZE])
{
    size_t used = 0;

    ret[0] = '\0';
    while (*file) {
        const char *open = strstr(file, "${");
        const char *close = open ? strchr(open, '}') : NULL;
        if (!close)
            return append(ret, &used, file, strlen(file)) ? 0 : -ENAMETOOLONG;
        if (!append(ret, &used, file, (size_t)(open - file)))
            return -ENAMETOOLONG;
        snprintf(ret_unknown, SCRIPT_SETTING_SIZE, "%.*s", (int)(close - open - 2), open + 2);
        const char *text = (size_t)(close - open - 2) < SCRIPT_SETTING_SIZE ? value(ret_unknown, user) : NULL;
        if (!text)
            return -ENOENT;
        if (!append(ret, &used, text, strlen(text)))
            return -ENAMETOOLONG;
        file = close + 1;
    }
    return 0;
}
