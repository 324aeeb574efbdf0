/* SPDX-License-Identifier: MPL-2.0 */
/* What a person may store in a record. */
#include "records.h"

static void assert_refused(const struct record_type *type, const void *record, const char *name, const char *reason)
{
    struct netboot_error error = {0};

    if (record_check(type, record, &error) != -EINVAL)
        fail_msg("%s is accepted", name);
    if (error.code != -EINVAL || !strstr(error.text, reason))
        fail_msg("%s: '%s' does not say '%s'", name, error.text, reason);
    assert_int_equal(record_check(type, record, NULL), -EINVAL);
}

static const struct {
    const char *name;
    struct netboot_bytes text;
    const char *reason; /* NULL: accepted */
} text_cases[] = {
#define CASE(name, text, reason)                                                                                       \
    {                                                                                                                  \
        name, {(const uint8_t *)(text), sizeof(text) - 1}, reason                                                      \
    }
    CASE("plain", "plain text", NULL),
    CASE("two octets", "\xc3\xa9", NULL),
    CASE("four octets", "\xf0\x9f\x90\xa7", NULL),
    CASE("the last character", "\xf4\x8f\xbf\xbf", NULL),
    CASE("newline", "a\nb", "octet 2"),
    CASE("tab", "\t", "octet 1"),
    CASE("escape", "abc\x1b[31m", "octet 4"),
    CASE("delete", "\x7f", "octet 1"),
    CASE("NUL", "a\0b", "octet 2"),
    CASE("C1 control character", "\xc2\x9b", "octet 1"),
    CASE("first octet only", "a\xc3", "octet 2"),
    CASE("three of four octets", "\xf0\x9f\x90", "octet 1"),
    CASE("Latin-1", "na\xefve", "octet 3"),
    CASE("overlong", "\xc1\xa1", "octet 1"),
    CASE("overlong slash", "\xe0\x80\xaf", "octet 1"),
    CASE("surrogate", "\xed\xa0\x80", "octet 1"),
    CASE("past the last character", "\xf4\x90\x80\x80", "octet 1"),
    CASE("five octets", "\xf8\x88\x80\x80\x80", "octet 1"),
#undef CASE
};

static void test_texts(void **state)
{
    struct netboot_target target = {.name = RAW("t")};

    (void)state;
    for (size_t i = 0; i < COUNT(text_cases); i++) {
        target.description = text_cases[i].text;
        if (text_cases[i].reason)
            assert_refused(&record_target, &target, text_cases[i].name, text_cases[i].reason);
        else if (record_check(&record_target, &target, NULL) != 0)
            fail_msg("%s is refused", text_cases[i].name);
    }
}

static void test_checks(void **state)
{
    static uint8_t long_text[1024];
    struct netboot_site site;
    struct netboot_target target;
    struct netboot_host host;
    struct netboot_loader loader = {.platform = 7, .file = RAW("ipxe.efi")};

    (void)state;
    memset(long_text, 'x', sizeof(long_text));
#define REFUSED(type, member, value, reason)                                                                           \
    type = full_##type();                                                                                              \
    type.member = (value);                                                                                             \
    assert_refused(&record_##type, &type, #type " " #member " " #value, reason)
    REFUSED(site, name, bytes_at(NULL, 0), "missing");
    REFUSED(site, name, RAW("-lab"), "'-lab' cannot be the name of a site");
    REFUSED(site, name, RAW("la\0b"), "octet 3");
    REFUSED(site, name, bytes_at(long_text, 128), "128 octets");
    REFUSED(site, tftp4, RAW("abc"), "malformed");
    REFUSED(site, tftp6, RAW("abcd"), "malformed");
    REFUSED(site, http4, RAW("192.0.2.1"), "");
    REFUSED(site, http6, RAW("ftp://[2001:db8::1]"), "");
    REFUSED(site, http4, RAW("http://a\0b/"), "NUL");
    REFUSED(site, prefixes.items[0], RAW("\x21zzzz"), "malformed");
    REFUSED(site, prefixes.count, 65, "at most 64");
    REFUSED(target, name, RAW("a b"), "'a b' cannot be the name of a target");
    REFUSED(target, kind, (enum netboot_kind)4, "malformed");
    REFUSED(target, script, RAW("a b"), "");
    REFUSED(target, script, RAW("a{nothing}b"), "");
    REFUSED(target, description, bytes_at(long_text, 1024), "1024 octets");
    REFUSED(target, files.items[0], RAW("\0\11x.efi"), "platform 9"); /* goes by 7 */
    REFUSED(target, files.items[0], RAW("\1\0x.efi"), "platform 256");
    REFUSED(target, files.items[0], RAW("\0\7"), "malformed");
    REFUSED(host, ids.count, 0, "missing");
    REFUSED(host, ids.items[0], RAW("M12345"), "malformed");
    REFUSED(host, ids.items[0], RAW("Nweb1"), "malformed");
    REFUSED(host, ids.items[0], RAW("M\0\0\0\0\0\0"), "all zeros");
    REFUSED(host, ids.items[1], RAW("U\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "all ones");
    REFUSED(host, labels.items[0], RAW("rack"), "no '='");
    REFUSED(host, labels.items[0], RAW("=12"), "key of a label");
    REFUSED(host, labels.items[0], RAW("a b=12"), "key of a label");
    REFUSED(host, labels.items[0], RAW("a=1\n2"), "octet 4");
    REFUSED(host, labels.items[0], bytes_at(long_text, 1024), "1024 octets");
    REFUSED(host, loaders.items[0], RAW("\0\7a b"), "");
    REFUSED(host, note, RAW("\x1b"), "octet 1");
    REFUSED(host, target, RAW("../x"), "name of a target");
#undef REFUSED
    loader.platform = 9;
    assert_refused(&record_loader, &loader, "loader of platform 9", "platform 9");
    loader = (struct netboot_loader){.platform = 7};
    assert_refused(&record_loader, &loader, "loader without a file", "missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_checks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
