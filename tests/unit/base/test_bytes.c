/* SPDX-License-Identifier: MPL-2.0 */
#include "unit.h"

#include "base/bytes.h"

static void text_becomes_octets(void **state)
{
    (void)state;
    assert_true(bytes_equal(bytes_of_text("abc"), "abc"));
    assert_int_equal(bytes_of_text("").size, 0);
    assert_int_equal(bytes_of_text(NULL).size, 0);
}

static void octets_become_text_that_fits(void **state)
{
    char text[5];

    (void)state;
    for (size_t size = 0; size < 8; size++) {
        struct netboot_bytes bytes = {(const uint8_t *)"abcdefgh", size};
        memset(text, '#', sizeof(text));
        bytes_to_text(bytes, text, sizeof(text) - 1);
        assert_int_equal(strlen(text), size < 3 ? size : 3);
        assert_memory_equal(text, "abc", strlen(text));
        assert_int_equal(text[4], '#');
    }
    bytes_to_text((struct netboot_bytes){NULL, 0}, text, sizeof(text));
    assert_string_equal(text, "");
}

static void only_hexadecimal_digits_have_a_value(void **state)
{
    static const char digits[] = "0123456789abcdef", capitals[] = "0123456789ABCDEF";

    (void)state;
    for (int c = 0; c < 256; c++) {
        const char *found = c > 0 ? strchr(digits, c) : NULL, *capital = c > 0 ? strchr(capitals, c) : NULL;
        int value = found ? (int)(found - digits) : capital ? (int)(capital - capitals) : -1;
        assert_int_equal(hex_digit((uint8_t)c), value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_becomes_octets),
        cmocka_unit_test(octets_become_text_that_fits),
        cmocka_unit_test(only_hexadecimal_digits_have_a_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
