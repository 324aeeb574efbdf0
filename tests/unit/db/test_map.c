/* SPDX-License-Identifier: MPL-2.0 */
/* The size of a map: room for what a change may write, and never more than there is address space. */
#include "unit.h"

#include "db/inside.h"

#define MIB ((size_t)1 << 20)
#define HIGHEST (SIZE_MAX / 2 + 1) /* power of two */

static void it_has_room_for_twice_what_is_used(void **state)
{
    static const struct {
        size_t used, least, limit, want;
    } cases[] = {
        {0,               16 * MIB, 1024 * MIB,  16 * MIB   },
        {8 * MIB,         16 * MIB, 1024 * MIB,  16 * MIB   },
        {8 * MIB + 1,     16 * MIB, 1024 * MIB,  32 * MIB   },
        {200 * MIB,       16 * MIB, 1024 * MIB,  512 * MIB  },
        {600 * MIB,       16 * MIB, 1024 * MIB,  1024 * MIB },
        {600 * MIB,       16 * MIB, 1000 * MIB,  1000 * MIB },
        {2000 * MIB,      16 * MIB, 1000 * MIB,  1000 * MIB }, /* others have made it larger than this process may */
        {0,               16 * MIB, 10 * MIB,    10 * MIB   },
        {0,               16 * MIB, 0,           0          },
        {HIGHEST / 2 - 1, 16 * MIB, SIZE_MAX,    HIGHEST    },
        {HIGHEST / 2 + 1, 16 * MIB, SIZE_MAX,    SIZE_MAX   }, /* twice the highest one is none */
        {SIZE_MAX,        16 * MIB, SIZE_MAX,    SIZE_MAX   },
        {HIGHEST,         3 * MIB,  HIGHEST + 5, HIGHEST + 5},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t got = map_size_for(cases[i].used, cases[i].least, cases[i].limit);
        if (got != cases[i].want)
            fail_msg("%zu used, %zu to %zu: %zu", cases[i].used, cases[i].least, cases[i].limit, got);
    }
}

/* Of a process whose addresses have 32 bits, in which there are three stores and all else. */
static void it_fits_into_small_address_spaces(void **state)
{
    (void)state;
    assert_int_equal(DB_MAP_SIZE_FOR(UINT32_MAX), 256 * MIB);
    assert_int_equal(DB_MAP_SIZE_FOR(UINT64_MAX), UINT64_C(16) << 30);
    assert_true(DB_MAP_SIZE > 0 && 2 * DB_MAP_SIZE > DB_MAP_SIZE && DB_MAP_SIZE < SIZE_MAX / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_room_for_twice_what_is_used),
        cmocka_unit_test(it_fits_into_small_address_spaces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
