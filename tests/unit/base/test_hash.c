/* SPDX-License-Identifier: MPL-2.0 */
/* The hash is the one that files were written with. */
#include "base/hash.h"

#include "unit.h"

/* By the reference implementation of SipHash-2-4, with both halves of its key equal, octets 0, 1, 2, ... */
static void test_reference(void **state)
{
    (void)state;
    uint8_t octets[64];
    for (uint8_t i = 0; i < sizeof(octets); i++)
        octets[i] = i;
    static const struct {
        uint64_t secret;
        size_t size;
        uint64_t hash;
    } cases[] = {
        {UINT64_C(0x0),               0,  UINT64_C(0x1e924b9d737700d7)},
        {UINT64_C(0x0),               1,  UINT64_C(0x8b5a0baa49fbc58d)},
        {UINT64_C(0x0),               7,  UINT64_C(0xb3d67eaf2c11480b)},
        {UINT64_C(0x0),               8,  UINT64_C(0xc72b1c24fc2f7938)},
        {UINT64_C(0x0),               15, UINT64_C(0xd0567cd44e891363)},
        {UINT64_C(0x0),               63, UINT64_C(0x8825b5ec8cfb55c6)},
        {UINT64_C(0x123456789abcdef), 0,  UINT64_C(0x74072ede7183d897)},
        {UINT64_C(0x123456789abcdef), 1,  UINT64_C(0x508dff450bef276e)},
        {UINT64_C(0x123456789abcdef), 7,  UINT64_C(0xbcac3b21d1c319dd)},
        {UINT64_C(0x123456789abcdef), 8,  UINT64_C(0x1c23f5abd0ef9ddc)},
        {UINT64_C(0x123456789abcdef), 15, UINT64_C(0x181756c336f6e6d2)},
        {UINT64_C(0x123456789abcdef), 63, UINT64_C(0x90e4b6ad3eb4d578)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_true(hash64(cases[i].secret, octets, cases[i].size) == cases[i].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reference)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
