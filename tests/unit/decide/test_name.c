/* SPDX-License-Identifier: MPL-2.0 */
/* Every enumerator that people meet has a name, and a number without one has none. */
#include "unit.h"

#include <errno.h>

/* The names in the order of the numbers, and what follows the last one. */
#define ALL_NAMES(call, ...)                                                                                           \
    do {                                                                                                               \
        static const char *const names[] = {__VA_ARGS__};                                                              \
        for (unsigned i = 0; i < COUNT(names); i++)                                                                    \
            assert_string_equal(call(i), names[i]);                                                                    \
        assert_null(call(COUNT(names)));                                                                               \
        assert_null(call((unsigned)-1));                                                                               \
    } while (0)

static void names(void **state)
{
    (void)state;
    ALL_NAMES(netboot_stage_name, "none", "PXE", "HTTP", "iPXE");
    ALL_NAMES(netboot_kind_name, "boot", "local", "silent", "ignore");
    ALL_NAMES(netboot_outcome_name, "not-ours", "kept", "ignored", "no-boot-file", "silent", "answered");
    ALL_NAMES(netboot_source_name, "none", "target-script", "target-file", "host-loader", "loader");
    ALL_NAMES(netboot_armed_name, "none", "served", "missing", "kind", "unable", "expired", "used", "renewal",
              "unmarked");
    ALL_NAMES(netboot_existing_boot_file_name, "keep", "replace", "remove");
    ALL_NAMES(netboot_once_state_name, "armed", "in-progress", "used", "waiting", "done", "expired", "never-done");
}

static void words_of_the_setting(void **state)
{
    (void)state;
    assert_int_equal(netboot_existing_boot_file_find("keep"), NETBOOT_EXISTING_KEEP);
    assert_int_equal(netboot_existing_boot_file_find("replace"), NETBOOT_EXISTING_REPLACE);
    assert_int_equal(netboot_existing_boot_file_find("remove"), NETBOOT_EXISTING_REMOVE);
    assert_int_equal(netboot_existing_boot_file_find("Keep"), -ENOENT);
    assert_int_equal(netboot_existing_boot_file_find(""), -ENOENT);
}

static void version(void **state)
{
    (void)state;
    assert_string_equal(netboot_version(), NETBOOT_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(words_of_the_setting),
        cmocka_unit_test(version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
