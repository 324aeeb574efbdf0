/* SPDX-License-Identifier: MPL-2.0 */
/* cmocka with what it needs before it. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "typed.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline struct netboot_bytes bytes_of(const char *text)
{
    size_t size = 0;

    while (text && text[size])
        size++;
    return (struct netboot_bytes){(const uint8_t *)text, size};
}

#endif
