/* SPDX-License-Identifier: MPL-2.0 */
/* UTF-8 (RFC 3629). */
#ifndef NETBOOT_UTF8_H
#define NETBOOT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Reads the character at `data`, where `size` octets can be read. Returns the number of its octets; 0: it is none. */
static inline size_t utf8_read(const uint8_t *data, size_t size, uint32_t *ret)
{
    static const struct {
        uint8_t first, mask;
        uint32_t lowest;
    } forms[] = {
        {0x00, 0x80, 0      },
        {0xc0, 0xe0, 0x80   },
        {0xe0, 0xf0, 0x800  },
        {0xf0, 0xf8, 0x10000},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]) && i < size; i++) {
        if ((data[0] & forms[i].mask) != forms[i].first)
            continue;
        uint32_t character = data[0] & (uint8_t)~forms[i].mask;
        for (size_t j = 1; j <= i; j++) {
            if ((data[j] & 0xc0) != 0x80)
                return 0;
            character = character << 6 | (data[j] & 0x3f);
        }
        if (character < forms[i].lowest || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
            return 0;
        *ret = character;
        return i + 1;
    }
    return 0;
}

#endif
