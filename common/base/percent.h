/* SPDX-License-Identifier: MPL-2.0 */
/* Percent escapes of URLs (RFC 3986, section 2.1). */
#ifndef NETBOOT_PERCENT_H
#define NETBOOT_PERCENT_H

#include "bytes.h"

#include <errno.h>

/* Characters with a meaning of their own in a URL's path. */
#define PERCENT_NAME "%?#"

/* Writes `text` with its escapes decoded, and no NUL, to `to`, which has room for text.size octets. Returns the size;
 * -EINVAL: a % without two hexadecimal digits. */
static inline int percent_decode(struct netboot_bytes text, char *to)
{
    int size = 0;

    for (size_t i = 0; i < text.size; i++, size++) {
        to[size] = (char)text.data[i];
        if (text.data[i] != '%')
            continue;
        int high = i + 2 < text.size ? hex_digit(text.data[i + 1]) : -1;
        int low = high < 0 ? -1 : hex_digit(text.data[i + 2]);
        if (low < 0)
            return -EINVAL;
        to[size] = (char)(high << 4 | low);
        i += 2;
    }
    return size;
}

/* Writes `text`, and no NUL, to `to`, which has room for `room` octets. Escapes each octet of `which`, blanks,
 * controls, and octets that are not ASCII. Returns the size; -ENAMETOOLONG. */
static inline int percent_encode(struct netboot_bytes text, const char *which, char *to, size_t room)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        bool escape = c <= ' ' || c > '~' || strchr(which, c);
        if (room - size < (escape ? 3 : 1))
            return -ENAMETOOLONG;
        if (escape) {
            to[size++] = '%';
            to[size++] = digits[c >> 4];
            c = (uint8_t)digits[c & 15];
        }
        to[size++] = (char)c;
    }
    return (int)size;
}

#endif
