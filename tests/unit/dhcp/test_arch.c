/* SPDX-License-Identifier: MPL-2.0 */
#include "unit.h"

#include <errno.h>
#include <string.h>

/* The registry as the IANA page lists it: platform as operators type it, and whether it boots from HTTP. */
static const struct {
    const char *platform;
    bool http;
} registry[] = {
    [0] = {"x86-bios",             false},
    [1] = {"nec-pc98",             false},
    [2] = {"itanium",              false},
    [3] = {"alpha",                false},
    [4] = {"arc-x86",              false},
    [5] = {"intel-lean",           false},
    [6] = {"x86-uefi",             false},
    [7] = {"x64-uefi",             false},
    [8] = {"xscale-efi",           false},
    [9] = {"x64-uefi",             false},
    [10] = {"arm32-uefi",           false},
    [11] = {"arm64-uefi",           false},
    [12] = {"powerpc-openfirmware", false},
    [13] = {"powerpc-epapr",        false},
    [14] = {"power-opal",           false},
    [15] = {"x86-uefi",             true },
    [16] = {"x64-uefi",             true },
    [17] = {"x64-uefi",             true },
    [18] = {"arm32-uefi",           true },
    [19] = {"arm64-uefi",           true },
    [20] = {"x86-bios",             true },
    [21] = {"arm32-uboot",          false},
    [22] = {"arm64-uboot",          false},
    [23] = {"arm32-uboot",          true },
    [24] = {"arm64-uboot",          true },
    [25] = {"riscv32-uefi",         false},
    [26] = {"riscv32-uefi",         true },
    [27] = {"riscv64-uefi",         false},
    [28] = {"riscv64-uefi",         true },
    [29] = {"riscv128-uefi",        false},
    [30] = {"riscv128-uefi",        true },
    [31] = {"s390-basic",           false},
    [32] = {"s390-extended",        false},
    [33] = {"mips32-uefi",          false},
    [34] = {"mips64-uefi",          false},
    [35] = {"sunway32-uefi",        false},
    [36] = {"sunway64-uefi",        false},
    [37] = {"loongarch32-uefi",     false},
    [38] = {"loongarch32-uefi",     true },
    [39] = {"loongarch64-uefi",     false},
    [40] = {"loongarch64-uefi",     true },
    [41] = {"arm-rpiboot",          false},
};

static void every_code_has_its_platform(void **state)
{
    (void)state;
    for (unsigned code = 0; code < COUNT(registry); code++) {
        const struct netboot_arch *arch = netboot_arch_find(code);
        assert_non_null(arch);
        assert_int_equal(arch->code, code);
        assert_int_equal(arch->http, registry[code].http);
        assert_string_equal(netboot_platform_name(code), registry[code].platform);
        assert_string_equal(netboot_platform_name(arch->platform), registry[code].platform);
        assert_true(strlen(arch->name) > 0);
    }
}

static void a_name_finds_the_lowest_code(void **state)
{
    (void)state;
    assert_int_equal(netboot_platform_find("x64-uefi"), 7);
    assert_int_equal(netboot_platform_find("x86-bios"), 0);
    for (unsigned code = 0; code < COUNT(registry); code++)
        assert_int_equal(netboot_platform_find(registry[code].platform), netboot_arch_find(code)->platform);
}

static void what_is_not_registered_is_not_found(void **state)
{
    (void)state;
    assert_null(netboot_arch_find(42));
    assert_null(netboot_arch_find(NETBOOT_ARCH_NONE));
    assert_null(netboot_platform_name(NETBOOT_PLATFORM_NONE));
    assert_int_equal(netboot_platform_find("x65-uefi"), -ENOENT);
    assert_int_equal(netboot_platform_find(""), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_platform),
        cmocka_unit_test(a_name_finds_the_lowest_code),
        cmocka_unit_test(what_is_not_registered_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
