/* SPDX-License-Identifier: MPL-2.0 */
/* Files that iPXE scripts name, and where they are. */
#include "unit.h"

#include "bootfile/script.h"
#include "chain/location.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lines */

static const struct {
    const char *name, *text;
    const char *found; /* "LINE COMMAND FILE", with a question mark for one that may be absent, each ended by ';' */
} scripts[] = {
    {"empty",                 "",                                       ""                                     },
    {"one",                   "kernel vmlinuz",                         "1 kernel vmlinuz;"                    },
    {"its arguments",         "kernel a b c=d",                         "1 kernel a;"                          },
    {"options",               "initrd -n x --timeout 9 --autofree a",   "1 initrd a;"                          },
    {"an option with =",      "initrd --name=x a",                      "1 initrd a;"                          },
    {"a drive's options",     "sanboot --drive 0x80 -k http://h/a.iso", "1 sanboot http://h/a.iso;"            },
    {"no file",               "boot || sanboot --drive 0x80",           ""                                     },
    {"an image's name",       "boot linux && imgexec a/b",              "1 imgexec a/b;"                       },
    {"two in a line",         "chain a || chain b ; chain c",           "1 chain a;1 chain b;1 chain c;"       },
    {"a condition",           "isset ${x} && chain a",                  "1 chain a;"                           },
    {"may be absent",         "chain a ||",                             "1 chain a?;"                          },
    {"with its arguments",    "chain a b c ||",                         "1 chain a?;"                          },
    {"may leave",             "chain a && exit ||",                     "1 chain a?;"                          },
    {"another way",           "chain a || chain b ||",                  "1 chain a;1 chain b?;"                },
    {"goes elsewhere",        "chain a && goto b ||",                   "1 chain a;"                           },
    {"comments",              "# chain a\nchain b # chain c",           "2 chain b;"                           },
    {"a number sign within",  "chain a#b",                              "1 chain a#b;"                         },
    {"a label",               ":chain a\nchain b",                      "2 chain b;"                           },
    {"line ends of Windows",  "chain a\r\nchain b\r\n",                 "1 chain a;2 chain b;"                 },
    {"joined lines",          "kernel \\\na\\\r\nb\nchain c",           "1 kernel ab;4 chain c;"               },
    {"a joint at the end",    "chain a\\\n",                            "1 chain a;"                           },
    {"fetched",               "imgargs k fetch=${http}/a/b x=${nfs}/c", "1 fetch ${http}/a/b;1 fetch ${nfs}/c;"},
    {"fetched by a kernel",   "kernel k fetch=${http}/a || exit",       "1 kernel k;1 fetch ${http}/a;"        },
    {"words that look alike", "echo chain a\nset chain b",              ""                                     },
};

static void collect(const char *text, char *found, size_t size)
{
    char *copy = strdup(text);
    struct script script;
    struct script_file file;

    assert_non_null(copy);
    found[0] = '\0';
    script_begin(&script, copy);
    while (script_next(&script, &file)) {
        size_t used = strlen(found);
        snprintf(found + used, size - used, "%u %s %s%s;", file.line, file.command, file.file,
                 file.optional ? "?" : "");
    }
    free(copy);
}

static void test_files_of_scripts(void **state)
{
    char found[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        collect(scripts[i].text, found, sizeof(found));
        if (strcmp(found, scripts[i].found) != 0)
            fail_msg("%s: %s, not %s", scripts[i].name, found, scripts[i].found);
    }
}

/* ---- Settings */

static const char *value_of(const char *setting, void *user)
{
    (void)user;
    return strcmp(setting, "mac:hexhyp") == 0 ? "52-54" : strcmp(setting, "none") == 0 ? "" : NULL;
}

static void test_settings(void **state)
{
    static const struct {
        const char *text;
        int status;
        const char *expanded; /* or what is not known */
    } cases[] = {
        {"a",                    0,       "a"           },
        {"a-${mac:hexhyp}.ipxe", 0,       "a-52-54.ipxe"},
        {"${none}${mac:hexhyp}", 0,       "52-54"       },
        {"a${",                  0,       "a${"         },
        {"a${x}${mac:hexhyp}",   -ENOENT, "x"           },
        {"${a${none}}",          -ENOENT, "a${none"     },
        {"${}",                  -ENOENT, ""            },
    };
    char text[NETBOOT_FILE_SIZE], unknown[SCRIPT_SETTING_SIZE], longest[2 * NETBOOT_FILE_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(script_expand(cases[i].text, value_of, NULL, text, unknown), cases[i].status);
        assert_string_equal(cases[i].status == 0 ? text : unknown, cases[i].expanded);
    }
    memset(longest, 'a', sizeof(longest));
    longest[NETBOOT_FILE_SIZE] = '\0';
    assert_int_equal(script_expand(longest, value_of, NULL, text, unknown), -ENAMETOOLONG);
    longest[NETBOOT_FILE_SIZE - 1] = '\0';
    assert_int_equal(script_expand(longest, value_of, NULL, text, unknown), 0);
}

/* ---- Places */

static void site_make(struct netboot_site *site, uint8_t tftp4[4], uint8_t tftp6[16])
{
    inet_pton(AF_INET, "192.0.2.1", tftp4);
    inet_pton(AF_INET6, "2001:db8::1", tftp6);
    *site = (struct netboot_site){
        .name = bytes_of("default"),
        .tftp4 = {tftp4, 4 },
        .tftp6 = {tftp6, 16},
        .http4 = bytes_of("http://192.0.2.1/boot"),
        .http6 = bytes_of("http://[2001:db8::1]/")
    };
}

/* RFC 3986, section 5.4, as far as files are meant, and what the data root makes of it. */
static const struct {
    const char *base, *file;
    const char *url;  /* NULL: none */
    const char *path; /* NULL: not on the site's server */
} places[] = {
    {"http://192.0.2.1/boot/a/s.ipxe", "k",                    "http://192.0.2.1/boot/a/k",          "a/k"         },
    {"http://192.0.2.1/boot/a/s.ipxe", "./k",                  "http://192.0.2.1/boot/a/k",          "a/k"         },
    {"http://192.0.2.1/boot/a/s.ipxe", "../k/../l",            "http://192.0.2.1/boot/l",            "l"           },
    {"http://192.0.2.1/boot/a/s.ipxe", "../../../../k",        "http://192.0.2.1/k",                 NULL          },
    {"http://192.0.2.1/boot/a/s.ipxe", "/boot/k",              "http://192.0.2.1/boot/k",            "k"           },
    {"http://192.0.2.1/boot/a/s.ipxe", "..",                   "http://192.0.2.1/boot/",             ""            },
    {"http://192.0.2.1/boot/a/s.ipxe", "b/.",                  "http://192.0.2.1/boot/a/b/",         "a/b/"        },
    {"http://192.0.2.1/boot/a/s?q=/x", "k",                    "http://192.0.2.1/boot/a/k",          "a/k"         },
    {"http://192.0.2.1/boot/a/s.ipxe", "//h/k",                "http://h/k",                         NULL          },
    {"http://192.0.2.1/boot/a/s.ipxe", "tftp://192.0.2.1/a/k", "tftp://192.0.2.1/a/k",               "a/k"         },
    {"http://192.0.2.1/boot/a/s.ipxe", "iscsi:192.0.2.1::::x", "iscsi:192.0.2.1::::x",               NULL          },
    {"http://192.0.2.1/boot/a/s.ipxe", "k-52:54:00",           "k-52:54:00",                         NULL          },
    {"http://192.0.2.1/boot/a/s.ipxe", "./k-52:54:00",         "http://192.0.2.1/boot/a/k-52:54:00", "a/k-52:54:00"},
    {"http://192.0.2.10/boot/s.ipxe",  "k",                    "http://192.0.2.10/boot/k",           NULL          },
    {"http://192.0.2.1/bootx/s.ipxe",  "k",                    "http://192.0.2.1/bootx/k",           NULL          },
    {"tftp://[2001:db8::1]/s.ipxe",    "a/k",                  "tftp://[2001:db8::1]/a/k",           "a/k"         },
    {"http://192.0.2.1/boot/a/s.ipxe", "k%20l",                "http://192.0.2.1/boot/a/k%20l",      "a/k l"       },
    {"http://192.0.2.1/boot/a/s.ipxe", "k%2",                  "http://192.0.2.1/boot/a/k%2",        "a/k%2"       },
    {"http://192.0.2.1/boot/a/s.ipxe", "k%00l",                "http://192.0.2.1/boot/a/k%00l",      "a/k%00l"     },
    {"tftp://192.0.2.1",               "k",                    "tftp://192.0.2.1/k",                 "k"           },
    {"http://192.0.2.1/boot/a/s.ipxe", "",                     NULL,                                 NULL          },
    {"s.ipxe",                         "k",                    NULL,                                 NULL          },
};

static void test_places(void **state)
{
    uint8_t tftp4[4], tftp6[16];
    struct netboot_site site;

    (void)state;
    site_make(&site, tftp4, tftp6);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct location base = {.below = false}, found;
        snprintf(base.url, sizeof(base.url), "%s", places[i].base);
        int status = location_resolve(&base, &site, places[i].file, &found);
        if (!places[i].url) {
            assert_int_equal(status, -EINVAL);
            continue;
        }
        assert_int_equal(status, 0);
        assert_string_equal(found.url, places[i].url);
        if (found.below != (places[i].path != NULL))
            fail_msg("%s: below the data root or not", found.url);
        if (places[i].path)
            assert_string_equal(found.path, places[i].path);
    }
}

static void test_below_the_root(void **state)
{
    uint8_t tftp4[4], tftp6[16];
    struct netboot_site site;
    const struct location begin = {.url = "http://192.0.2.1/boot/"};
    struct location base, found;

    (void)state;
    site_make(&site, tftp4, tftp6);
    assert_int_equal(location_resolve(&begin, &site, "a%20b/s.ipxe", &base), 0);
    assert_int_equal(location_below(&base, &site, "/x/y", &found), 0);
    assert_string_equal(found.url, "http://192.0.2.1/boot/x/y");
    assert_string_equal(found.path, "x/y");
    base.below = false;
    assert_int_equal(location_below(&base, &site, "/x/y", &found), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_of_scripts),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_below_the_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
