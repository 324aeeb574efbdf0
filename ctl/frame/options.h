/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Options from tables: what a command takes, what its help and completion say, and what it changes in a record are
 * rows of one table, read by one parser. Options are written in full and may stand anywhere before `--`.
 */
#ifndef NETBOOTCTL_OPTIONS_H
#define NETBOOTCTL_OPTIONS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* What an option changes in the record of a `set` command. */
enum effect {
    EFFECT_NONE,     /* none: the command reads the option itself */
    EFFECT_TEXT,     /* key: the value */
    EFFECT_LIST,     /* key: the values in their order */
    EFFECT_MAP,      /* key: { K: V } of values K=V */
    EFFECT_CONSTANT, /* key: `constant` */
    EFFECT_CLEAR,    /* key: null */
    EFFECT_DROP_KEY, /* of a list: the value that has the key, or its platform, goes */
    EFFECT_DROP_ID   /* of the identifiers: that one goes */
};

/* What a value is: what the shell may offer for it. */
enum completion {
    COMPLETE_NONE,
    COMPLETE_FILE,
    COMPLETE_INPUT, /* a file that the command reads */
    COMPLETE_DIRECTORY,
    COMPLETE_PLATFORM,
    COMPLETE_TARGET,
    COMPLETE_SITE,
    COMPLETE_HOST,
    COMPLETE_WORDS,
    COMPLETE_COMMAND
};

struct option_row {
    const char *name;  /* without dashes */
    const char *value; /* its name in help; NULL: the option takes none */
    const char *help;
    enum effect effect;
    const char *key;      /* of the record */
    const char *constant; /* for EFFECT_CONSTANT */
    bool repeated;        /* may be given several times */
    bool keyed_by_platform;
    bool may_be_empty; /* '' is a value too */
    enum completion completion;
    const char *words; /* for COMPLETE_WORDS, separated by spaces */
    char letter;       /* short form, or 0 */
};

struct given {
    const struct option_row *row;
    const char *value;
};

struct arguments {
    const struct option_row *rows;
    unsigned word_count, given_count;
    const char **words; /* the words that are no options */
    struct given *given;
};

/* Options that every command takes. */
extern const struct option_row common_options[];
/* The options of commands that take only these. */
extern const struct option_row dry_run_options[], json_options[];

/*
 * Reads `count` arguments. With `first_word` the reading stops before the first word and its index is in
 * *first_word. DONE, or MISUSED after saying why. arguments_free() in either case.
 */
int arguments_parse(struct arguments *arguments, const struct option_row *rows, int count, char **values,
                    int *first_word);
void arguments_free(struct arguments *arguments);

/* The last value of an option, or NULL. */
const char *option_value(const struct arguments *arguments, const char *name);
bool option_given(const struct arguments *arguments, const char *name);
/* Calls for each value of a repeated option, in order; NULL past the last. Begin with *index = 0. */
const char *option_next(const struct arguments *arguments, const char *name, unsigned *index);

/* The row of an option among a command's own and the common ones, or NULL. */
const struct option_row *option_find(const struct option_row *rows, const char *name, size_t size);
const struct option_row *option_find_letter(const struct option_row *rows, char letter);

/* What the options name, as the keys of a record: the effects up to EFFECT_CLEAR. */
int options_to_changes(const struct arguments *arguments, cJSON **ret);

#endif
