/* SPDX-License-Identifier: MPL-2.0 */
/* The form of dhcpd.conf: statements, blocks, labels, where each is, and what its words stand for. */
#include "unit.h"

#include "guarded.h"
#include "migrate/dhcpd/statement.h"
#include "scratch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TEXT_SIZE 4096

static struct arena memory;

static int forget(void **state)
{
    (void)state;
    arena_free(&memory);
    return 0;
}

/* "LINE TEXT;" of each; a block has its statements in braces, a label ends with its colon. */
static void list_print(FILE *out, const struct statement *at, const struct statement *parent)
{
    for (; at; at = at->next) {
        assert_ptr_equal(at->parent, parent);
        fprintf(out, "%u %s", at->line, at->text);
        if (at->block) {
            fputc('{', out);
            list_print(out, at->child, at);
            fputc('}', out);
        } else {
            assert_null(at->child);
            fputs(at->label ? "" : ";", out);
        }
    }
}

static void list_text(const struct statement *list, char text[TEXT_SIZE])
{
    FILE *out = fmemopen(text, TEXT_SIZE, "w");

    text[0] = '\0';
    list_print(out, list, NULL);
    fclose(out);
}

/* Statements of octets that end at a page which cannot be read. */
static int read_octets(const char *octets, size_t size, struct statement **ret, struct netboot_error *error)
{
    struct statement_reader reader = {
        .file = "f", .data = (char *)guarded_copy(&guarded_page, octets, size), .size = size, .line = 1};
    struct statement **at = ret;
    int status;

    *ret = NULL;
    while ((status = statement_next(&reader, &memory, at, error)) > 0)
        at = &(*at)->next;
    return status;
}

static struct statement *read_one(const char *text)
{
    struct netboot_error error;
    struct statement *ret;

    assert_int_equal(read_octets(text, strlen(text), &ret, &error), 0);
    assert_non_null(ret);
    return ret;
}

/* ---- Form */

static const struct {
    const char *name, *text, *found;
} forms[] = {
    {"nothing",               "",                                        ""                                              },
    {"a comment",             "# a;\n\n # b",                            ""                                              },
    {"white space",           "\n\t a \r\n  b\n;",                       "2 a b;"                                        },
    {"a comment within",      "a # b;\n c;# d\ne;",                      "1 a c;3 e;"                                    },
    {"a comment at a word",   "a#b;\nc;",                                "1 a c;"                                        },
    {"strings",               "a \"b;{}#c\\\";\" d;",                    "1 a \"b;{}#c\\\";\" d;"                        },
    {"a string of two lines", "a \"b\nc\" d;\ne;",                       "1 a \"b\nc\" d;3 e;"                           },
    {"a string at a word",    "a\"b\"c;",                                "1 a\"b\"c;"                                    },
    {"lone semicolons",       ";;a;;b;",                                 "1 a;1 b;"                                      },
    {"a block",               "a {\n b;\n}\nc;",                         "1 a{2 b;}4 c;"                                 },
    {"an empty block",        "a{}b;",                                   "1 a{}1 b;"                                     },
    {"blocks in blocks",      "a {b {c;} d;}",                           "1 a{1 b{1 c;}1 d;}"                            },
    {"a block's semicolon",   "key k { secret x; };\na;",                "1 key k{1 secret x;}2 a;"                      },
    {"a record's types",      "option o code 1 = { text, { a, b } };",   "1 option o code 1 = { text, { a, b } };"       },
    {"an expression",         "if (a=b)and!(c) { d; } else { e; }",      "1 if (a=b)and!(c){1 d;}1 else{1 e;}"           },
    {"labels",                "switch (x) { case 1: a; default: b; }",   "1 switch (x){1 case 1:1 a;1 default:1 b;}"     },
    {"labels at words",       "case 1 :option a b; default:option a c;", "1 case 1 :1 option a b;1 default:1 option a c;"},
    {"a label's own colon",   "case 1 : a; default : b;",                "1 case 1 :1 a;1 default :1 b;"                 },
    {"a colon in a string",   "case \"a:\": b;",                         "1 case \"a:\":1 b;"                            },
    {"no label",              "hardware ethernet 1:2:3; option a 1:;",   "1 hardware ethernet 1:2:3;1 option a 1:;"      },
    {"no label either",       "default-lease-time 5;",                   "1 default-lease-time 5;"                       },
};

static void the_form(void **state)
{
    char text[TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct netboot_error error = {.text = ""};
        struct statement *list;
        int status = read_octets(forms[i].text, strlen(forms[i].text), &list, &error);
        if (status != 0)
            fail_msg("%s: %s", forms[i].name, error.text);
        list_text(list, text);
        if (strcmp(text, forms[i].found) != 0)
            fail_msg("%s: %s", forms[i].name, text);
    }
}

static const struct {
    const char *text, *error;
} faults[] = {
    {"a",            "f line 1: the file ends within a statement"},
    {"\na {\nb",     "f line 3: the file ends within a statement"},
    {"a \"b;\nc;\n", "f line 3: the file ends within a statement"},
    {"a {\nb;\n",    "f line 3: a `}` is missing"                },
    {"a;\n}\nb;",    "f line 2: `}` without a `{`"               },
    {"a {\nb }",     "f line 2: `}` where `;` should be"         },
    {"a = { b",      "f line 1: the file ends within a statement"},
};

static void faults_are_named(void **state)
{
    struct netboot_error error;
    struct statement *list;

    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        int status = read_octets(faults[i].text, strlen(faults[i].text), &list, &error);
        assert_int_equal(status, -EINVAL);
        assert_int_equal(error.code, -EINVAL);
        assert_string_equal(error.text, faults[i].error);
    }
}

static void blocks_within_each_other_have_an_end(void **state)
{
    struct netboot_error error;
    struct statement *list;
    char text[1000];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 2 ? '{' : 'a';
    assert_int_equal(read_octets(text, 300 * 2, &list, &error), -EINVAL);
    assert_string_equal(error.text, "f line 1: too many blocks within each other");
}

/* Wherever it ends, and with any octet in any place: an error or statements, and nothing is read past the end. */
static void every_text_cut_and_changed_anywhere(void **state)
{
    static const char text[] = "a \"b\\\"\" { case 1: c = { d, e }; default:f; } # g\nif (h) { i; }";
    static const char octets[] = "\0\n\"#{};:\\ =x";
    struct netboot_error error;
    struct statement *list;
    char changed[sizeof(text)];

    (void)state;
    for (size_t size = 0; size < sizeof(text); size++)
        assert_true(read_octets(text, size, &list, &error) <= 0);
    for (size_t at = 0; at < sizeof(text) - 1; at++)
        for (size_t i = 0; i < sizeof(octets) - 1; i++) {
            memcpy(changed, text, sizeof(text));
            changed[at] = octets[i];
            assert_true(read_octets(changed, sizeof(text) - 1, &list, &error) <= 0);
        }
}

/* ---- Words */

static void words_of_a_statement(void **state)
{
    const struct statement *statement = read_one("Option domain-name-servers 192.0.2.1,192.0.2.2 (a , b);");

    (void)state;
    assert_int_equal(statement->word_count, 10);
    assert_string_equal(statement_word(statement, 3), ",");
    assert_string_equal(statement_word(statement, 10), "");
    assert_true(statement_is(statement, "option"));
    assert_true(statement_is(statement, "option Domain-Name-Servers"));
    assert_false(statement_is(statement, "option domain"));
    assert_false(statement_is(statement, "options"));
    assert_true(statement_is(statement, ""));
    assert_string_equal(statement_rest(statement, 1, &memory), "domain-name-servers 192.0.2.1, 192.0.2.2 (a, b)");
    assert_string_equal(statement_rest(statement, 10, &memory), "");
}

static void children(void **state)
{
    const struct statement *statement = read_one("host a { hardware ethernet 1:2; fixed-address b; hardware x; }");

    (void)state;
    assert_string_equal(statement_child(statement, "hardware")->text, "hardware ethernet 1:2");
    assert_string_equal(statement_child(statement, "fixed-address b")->text, "fixed-address b");
    assert_null(statement_child(statement, "fixed"));
    assert_null(statement_child(statement_child(statement, "hardware"), "x"));
}

#define OCTETS(literal) literal, sizeof(literal) - 1

/* clang-format off */
static const struct {
    const char *word, *octets;
    size_t size;
} strings[] = {
    {"\"\"",                     OCTETS("")            },
    {"\"a b\"",                  OCTETS("a b")         },
    {"a\\n",                     OCTETS("a\\n")        },
    {"\"\\n\\t\\r\\b\\\\\\\"\"", OCTETS("\n\t\r\b\\\"")},
    {"\"\\0\\1\\12\\377\\400\"", OCTETS("\0\1\n\377\0")},
    {"\"\\0001\\18\"",           OCTETS("\0" "1\1" "8")},
    {"\"\\x1\\xfFa\\xg\"",       OCTETS("\1\377a\0g")  },
    {"\"a\\",                    OCTETS("a\\")         },
    {"\"a",                      OCTETS("a")           },
};
/* clang-format on */

static void strings_are_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(strings); i++) {
        struct netboot_bytes octets = word_octets(strings[i].word, &memory);
        assert_int_equal(octets.size, strings[i].size);
        assert_memory_equal(octets.data, strings[i].octets, strings[i].size);
        assert_int_equal(octets.data[octets.size], 0);
    }
}

/* clang-format off */
static const struct {
    const char *word, *octets; /* NULL: it is no such word */
    size_t size;
} hexes[] = {
    {"52:54:0:A:fF", OCTETS("\x52\x54\0\x0a\xff")},
    {"1",            OCTETS("\1")                },
    {"",             NULL, 0                     },
    {"1:2:",         OCTETS("\1\2")              },
    {"123",          NULL, 0                     },
    {"1::2",         NULL, 0                     },
    {"1:g",          NULL, 0                     },
    {"\"1\"",        NULL, 0                     },
};
/* clang-format on */

static void octets_in_hexadecimal(void **state)
{
    static const uint8_t untouched[1];

    (void)state;
    for (size_t i = 0; i < COUNT(hexes); i++) {
        struct netboot_bytes octets = {untouched, 1};
        assert_int_equal(word_hex(hexes[i].word, &memory, &octets), hexes[i].octets != NULL);
        if (!hexes[i].octets) {
            assert_ptr_equal(octets.data, untouched);
            continue;
        }
        assert_int_equal(octets.size, hexes[i].size);
        assert_memory_equal(octets.data, hexes[i].octets, hexes[i].size);
    }
}

/* ---- Files */

static char scratch[SCRATCH_SIZE];

static int scratch_setup(void **state)
{
    (void)state;
    scratch_make(scratch);
    return 0;
}

static int scratch_teardown(void **state)
{
    scratch_remove(scratch);
    return forget(state);
}

static const char *path_of(const char *name)
{
    static char paths[4][SCRATCH_SIZE + 32];
    static unsigned next;
    char *path = paths[next++ % COUNT(paths)];

    snprintf(path, sizeof(paths[0]), "%s/%s", scratch, name);
    return path;
}

/* In `text`, % is the path of `other`. */
static const char *file_write(const char *name, const char *text, const char *other)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (; *text; text++)
        if (*text == '%')
            fputs(path_of(other), file);
        else
            fputc(*text, file);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void includes_stand_in_their_place(void **state)
{
    struct netboot_error error;
    struct statement *list;
    char text[TEXT_SIZE];

    (void)state;
    file_write("empty", "# nothing\n", NULL);
    file_write("inner", "\nb;\ninclude \"%\";\nc { d; }", "empty");
    const char *path = file_write("outer", "a;\ngroup {\ninclude \"%\"; e;\n}\ninclude \"%\";f;", "inner");
    assert_int_equal(statements_read(path, &memory, &list, &error), 0);
    list_text(list, text);
    assert_string_equal(text, "1 a;2 group{2 b;4 c{4 d;}3 e;}2 b;4 c{4 d;}5 f;");
    assert_string_equal(list->file, path);
    assert_string_equal(list->next->child->file, path_of("inner"));
    assert_string_equal(list->next->child->next->next->file, path);
}

static void includes_that_do_not_end(void **state)
{
    struct netboot_error error;
    struct statement *list = NULL;
    char wanted[NETBOOT_ERROR_SIZE];

    (void)state;
    const char *path = file_write("self", "a;\ninclude \"%\";", "self");
    assert_int_equal(statements_read(path, &memory, &list, &error), -EINVAL);
    snprintf(wanted, sizeof(wanted), "%s line 2: includes within includes", path);
    assert_string_equal(error.text, wanted);
    assert_null(list);
}

static void a_file_that_is_not_there(void **state)
{
    struct netboot_error error;
    struct statement *list = NULL;
    char wanted[NETBOOT_ERROR_SIZE];

    (void)state;
    const char *path = file_write("outer", "include \"%\";", "none");
    assert_int_equal(statements_read(path, &memory, &list, &error), -ENOENT);
    snprintf(wanted, sizeof(wanted), "%s cannot be read: No such file or directory", path_of("none"));
    assert_string_equal(error.text, wanted);
    assert_int_equal(statements_read(scratch, &memory, &list, &error), -EIO);
    assert_null(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_form, forget),
        cmocka_unit_test_teardown(faults_are_named, forget),
        cmocka_unit_test_teardown(blocks_within_each_other_have_an_end, forget),
        cmocka_unit_test_teardown(every_text_cut_and_changed_anywhere, forget),
        cmocka_unit_test_teardown(words_of_a_statement, forget),
        cmocka_unit_test_teardown(children, forget),
        cmocka_unit_test_teardown(strings_are_octets, forget),
        cmocka_unit_test_teardown(octets_in_hexadecimal, forget),
        cmocka_unit_test_setup_teardown(includes_stand_in_their_place, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(includes_that_do_not_end, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_not_there, scratch_setup, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, guarded_setup, guarded_teardown);
}
