/* SPDX-License-Identifier: MPL-2.0 */
#include "base/address.h"

#include "base/bytes.h"

unsigned address4_text(const uint8_t address[4], char text[ADDRESS4_TEXT_SIZE])
{
    char *end = text;

    for (unsigned i = 0; i < 4; i++) {
        if (i > 0)
            *end++ = '.';
        if (address[i] >= 100)
            *end++ = (char)('0' + address[i] / 100);
        if (address[i] >= 10)
            *end++ = (char)('0' + address[i] / 10 % 10);
        *end++ = (char)('0' + address[i] % 10);
    }
    *end = '\0';
    return (unsigned)(end - text);
}

static char *group_text(unsigned group, char *end)
{
    static const char digits[] = "0123456789abcdef";

    for (int shift = 12; shift >= 0; shift -= 4)
        if (group >> shift || shift == 0)
            *end++ = digits[group >> shift & 15];
    return end;
}

/* The longest run of two or more zero groups, the first of equal ones (RFC 5952, section 4.2). */
static void longest_zero_run(const unsigned groups[8], unsigned *start, unsigned *size)
{
    *start = 8;
    *size = 1;
    for (unsigned i = 0, run = 0; i < 8; i++) {
        run = groups[i] == 0 ? run + 1 : 0;
        if (run > *size) {
            *size = run;
            *start = i + 1 - run;
        }
    }
}

unsigned address6_text(const uint8_t address[16], char text[ADDRESS6_TEXT_SIZE])
{
    unsigned groups[8], zeros, zero_count;
    char *end = text;

    for (unsigned i = 0; i < 8; i++)
        groups[i] = be_get16(address + 2 * i);
    longest_zero_run(groups, &zeros, &zero_count);
    for (unsigned i = 0; i < 8; i++) {
        if (i == zeros) {
            *end++ = ':';
            *end++ = ':';
            i += zero_count - 1;
            continue;
        }
        if (i > 0 && end[-1] != ':')
            *end++ = ':';
        end = group_text(groups[i], end);
    }
    *end = '\0';
    return (unsigned)(end - text);
}
