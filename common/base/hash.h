/* SPDX-License-Identifier: MPL-2.0 */
/* A hash with a secret (SipHash-2-4): nobody who does not know it makes octets that meet, or that pass as intact. */
#ifndef NETBOOT_HASH_H
#define NETBOOT_HASH_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_rotated(uint64_t number, unsigned bits)
{
    return number << bits | number >> (64 - bits);
}

static inline void hash_rounds(uint64_t v[4], unsigned count)
{
    for (; count > 0; count--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = hash_rotated(v[1], 13) ^ v[0];
        v[3] = hash_rotated(v[3], 16) ^ v[2];
        v[0] = hash_rotated(v[0], 32) + v[3];
        v[2] += v[1];
        v[3] = hash_rotated(v[3], 21) ^ v[0];
        v[1] = hash_rotated(v[1], 17) ^ v[2];
        v[2] = hash_rotated(v[2], 32);
    }
}

/* The same on every machine. */
static inline uint64_t hash64(uint64_t secret, const void *data, size_t size)
{
    uint64_t v[4] = {secret ^ UINT64_C(0x736f6d6570736575), secret ^ UINT64_C(0x646f72616e646f6d),
                     secret ^ UINT64_C(0x6c7967656e657261), secret ^ UINT64_C(0x7465646279746573)};
    const uint8_t *at = data, *end = at + size;

    for (;; at += 8) {
        size_t left = (size_t)(end - at);
        uint64_t word = 0;
        memcpy(&word, at, left < 8 ? left : 8);
        word = le64toh(word) | (left < 8 ? (uint64_t)size << 56 : 0);
        v[3] ^= word;
        hash_rounds(v, 2);
        v[0] ^= word;
        if (left < 8)
            break;
    }
    v[2] ^= 0xff;
    hash_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
