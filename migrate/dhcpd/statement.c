/* SPDX-License-Identifier: MPL-2.0 */
#include "statement.h"

#include "common/base/failure.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { INCLUDE_DEPTH = 16, BLOCK_DEPTH = 200 };

/* ---- Words ------------------------------------------------------------------------------------------------------ */

static bool is_alone(char c)
{
    return c != '\0' && strchr("{};,()=!", c) != NULL;
}

/* Goes to the next word; whether there was anything between. */
static bool gap_skip(struct statement_reader *reader)
{
    size_t before = reader->at;

    while (reader->at < reader->size) {
        char c = reader->data[reader->at];
        if (c == '#') {
            while (reader->at < reader->size && reader->data[reader->at] != '\n')
                reader->at++;
            continue;
        }
        if (!isspace((unsigned char)c))
            break;
        reader->line += c == '\n';
        reader->at++;
    }
    return reader->at > before;
}

/* The size of the word that begins here; strings count lines. */
static size_t word_size(struct statement_reader *reader)
{
    const char *data = reader->data + reader->at;
    size_t left = reader->size - reader->at, size = 1;

    if (data[0] == '"') {
        while (size < left && data[size] != '"') {
            reader->line += data[size] == '\n';
            size += data[size] == '\\' && size + 1 < left ? 2 : 1;
        }
        return size < left ? size + 1 : left;
    }
    if (is_alone(data[0]))
        return 1;
    while (size < left && !isspace((unsigned char)data[size]) && !is_alone(data[size]) && data[size] != '"' &&
           data[size] != '#')
        size++;
    return size;
}

/* ---- Statements ------------------------------------------------------------------------------------------------- */

/* The head of a statement while it is read. */
struct head {
    char *text;
    size_t size, room;
    const char **words;
    unsigned count, words_room;
};

static bool head_add(struct head *head, struct arena *memory, const char *word, size_t size, bool gap)
{
    if (head->size + size + 2 > head->room) {
        size_t room = (head->size + size + 2) * 2;
        char *text = arena_take(memory, room);
        if (!text)
            return false;
        if (head->size > 0)
            memcpy(text, head->text, head->size);
        head->text = text;
        head->room = room;
    }
    if (head->count == head->words_room) {
        unsigned room = head->words_room ? head->words_room * 2 : 8;
        const char **words = arena_take(memory, room * sizeof(*words));
        if (!words)
            return false;
        for (unsigned i = 0; i < head->count; i++)
            words[i] = head->words[i];
        head->words = words;
        head->words_room = room;
    }
    if (gap && head->size > 0)
        head->text[head->size++] = ' ';
    memcpy(head->text + head->size, word, size);
    head->size += size;
    head->text[head->size] = '\0';
    char *copy = arena_take(memory, size + 1);
    if (!copy)
        return false;
    memcpy(copy, word, size);
    copy[size] = '\0';
    head->words[head->count++] = copy;
    return true;
}

static int unbalanced(struct statement_reader *reader, struct netboot_error *error, const char *what)
{
    return failure(error, -EINVAL, "%s line %u: %s", reader->file, reader->line, what);
}

static int block_read(struct statement_reader *reader, struct arena *memory, struct statement *parent, unsigned depth,
                      struct netboot_error *error);

/* The size of what belongs to the head's label in the word to come: `default:option` and `:option` are two words. */
static size_t label_size(const struct head *head, const char *word, size_t size)
{
    const char *colon = memchr(word, ':', size);
    bool first = head->count == 0 && size > 8 && strncasecmp(word, "default:", 8) == 0;
    bool after = head->count > 0 && strcasecmp(head->words[0], "case") == 0 && word[0] == ':';

    return first || after ? (size_t)(colon - word) + 1 : size;
}

/* Whether it ends here: `case VALUE:`, `default:`. */
static bool is_label(const struct head *head)
{
    const char *last = head->words[head->count - 1];
    const size_t size = strlen(last); /* 0: the string "" */
    bool colon = size > 0 && last[0] != '"' && last[size - 1] == ':';

    if (strcasecmp(head->words[0], "case") == 0)
        return head->count > 1 && colon;
    return colon && strncasecmp(head->words[0], "default", 7) == 0 && head->count <= 2 &&
           (head->count == 2 ? strcmp(last, ":") == 0 : size == 8);
}

/* Reads one statement. 1; 0 at the end or at the `}` of the block that it is in, which is left alone. */
static int statement_read(struct statement_reader *reader, struct arena *memory, unsigned depth, struct statement **ret,
                          struct netboot_error *error)
{
    struct statement *statement = arena_take(memory, sizeof(*statement));
    struct head head = {0};
    unsigned braces = 0; /* open ones of a record's types */

    if (!statement)
        return failure_no_memory(error);
    *statement = (struct statement){.file = reader->file};
    for (;;) {
        bool gap = gap_skip(reader);
        if (reader->at == reader->size)
            return head.count == 0 ? 0 : unbalanced(reader, error, "the file ends within a statement");
        char c = reader->data[reader->at];
        if (head.count == 0)
            statement->line = reader->line;
        if (c == ';' && head.count == 0) { /* key x { ... }; */
            reader->at++;
            continue;
        }
        if (c == '}' && head.count == 0)
            return 0;
        /* option x code 1 = { integer 8, text } is no block. */
        bool after_equals = head.count > 0 && strcmp(head.words[head.count - 1], "=") == 0;
        braces += c == '{' && (after_equals || braces > 0);
        if (c == ';' || (braces == 0 && (c == '{' || c == '}')))
            break;
        braces -= c == '}';
        size_t size = word_size(reader);
        size = label_size(&head, reader->data + reader->at, size);
        if (!head_add(&head, memory, reader->data + reader->at, size, gap))
            return failure_no_memory(error);
        reader->at += size;
        statement->label = is_label(&head);
        if (statement->label)
            break;
    }
    statement->text = head.text ? head.text : "";
    statement->words = head.words;
    statement->word_count = head.count;
    *ret = statement;
    if (statement->label)
        return 1;
    if (reader->data[reader->at] == '}')
        return unbalanced(reader, error, "`}` where `;` should be");
    statement->block = reader->data[reader->at++] == '{';
    return statement->block ? block_read(reader, memory, statement, depth + 1, error) : 1;
}

static int block_read(struct statement_reader *reader, struct arena *memory, struct statement *parent, unsigned depth,
                      struct netboot_error *error)
{
    struct statement **at = &parent->child, *child;
    int status;

    if (depth > BLOCK_DEPTH)
        return unbalanced(reader, error, "too many blocks within each other");
    while ((status = statement_read(reader, memory, depth, &child, error)) > 0) {
        child->parent = parent;
        *at = child;
        at = &child->next;
    }
    if (status < 0)
        return status;
    if (reader->at == reader->size)
        return unbalanced(reader, error, "a `}` is missing");
    reader->at++;
    return 1;
}

int statement_next(struct statement_reader *reader, struct arena *memory, struct statement **ret,
                   struct netboot_error *error)
{
    int status = statement_read(reader, memory, 0, ret, error);

    if (status == 0 && reader->at < reader->size)
        return unbalanced(reader, error, "`}` without a `{`");
    return status;
}

/* ---- Files ------------------------------------------------------------------------------------------------------ */

static int file_read(const char *name, char **ret, size_t *ret_size)
{
    FILE *file = fopen(name, "re");
    size_t size = 0, room = 65536;
    char *data = file ? malloc(room) : NULL;
    int status = file ? data ? 0 : -ENOMEM : -errno;

    while (status == 0) {
        size_t got = fread(data + size, 1, room - size, file);
        size += got;
        if (got == 0)
            break;
        if (size == room) {
            char *more = realloc(data, room * 2);
            status = more ? 0 : -ENOMEM;
            data = more ? more : data;
            room *= 2;
        }
    }
    if (status == 0 && ferror(file))
        status = -EIO;
    if (file)
        fclose(file);
    if (status != 0) {
        free(data);
        return status;
    }
    *ret = data;
    *ret_size = size;
    return 0;
}

int statement_reader_open(struct statement_reader *reader, const char *file, struct netboot_error *error)
{
    int status;

    *reader = (struct statement_reader){.file = file, .line = 1};
    status = file_read(file, &reader->data, &reader->size);
    return status == 0 ? 0 : failure(error, status, "%s cannot be read: %s", file, strerror(-status));
}

void statement_reader_close(struct statement_reader *reader)
{
    free(reader->data);
    reader->data = NULL;
}

static int file_statements(const char *name, struct arena *memory, struct statement *parent, unsigned depth,
                           struct statement **ret, struct netboot_error *error);

/* Puts the statements of the files that are included in the place of `include`. */
static int includes_resolve(struct statement **at, struct arena *memory, struct statement *parent, unsigned depth,
                            struct netboot_error *error)
{
    int status = 0;

    while (*at && status == 0) {
        struct statement *statement = *at, *included = NULL;
        if (!statement_is(statement, "include")) {
            status = includes_resolve(&statement->child, memory, statement, depth, error);
            at = &statement->next;
            continue;
        }
        struct netboot_bytes name = word_octets(statement_word(statement, 1), memory);
        if (!name.data)
            return failure_no_memory(error);
        status = depth >= INCLUDE_DEPTH
                     ? failure(error, -EINVAL, "%s line %u: includes within includes", statement->file, statement->line)
                     : file_statements((const char *)name.data, memory, parent, depth + 1, &included, error);
        *at = included;
        while (*at)
            at = &(*at)->next;
        *at = statement->next;
    }
    return status;
}

static int file_statements(const char *name, struct arena *memory, struct statement *parent, unsigned depth,
                           struct statement **ret, struct netboot_error *error)
{
    struct statement_reader reader;
    struct statement *first = NULL, **at = &first;
    struct netboot_bytes copy = arena_copy(memory, name, strlen(name) + 1);
    int status = copy.data ? statement_reader_open(&reader, (const char *)copy.data, error) : failure_no_memory(error);

    if (status != 0)
        return status;
    while ((status = statement_next(&reader, memory, at, error)) > 0) {
        (*at)->parent = parent;
        at = &(*at)->next;
    }
    statement_reader_close(&reader);
    if (status == 0)
        status = includes_resolve(&first, memory, parent, depth, error);
    if (status == 0)
        *ret = first;
    return status;
}

int statements_read(const char *name, struct arena *memory, struct statement **ret, struct netboot_error *error)
{
    return file_statements(name, memory, NULL, 0, ret, error);
}
