/* SPDX-License-Identifier: MPL-2.0 */
/* A record of each kind with all that it may have. */
#ifndef RECORDS_H
#define RECORDS_H

#include "unit.h"

#include "record/record.h"
#include "record/type.h"
#include "store/schema.h"

#include <errno.h>

static inline struct netboot_bytes bytes_at(const void *data, size_t size)
{
    return (struct netboot_bytes){data, size};
}

/* A string's octets without its NUL; "\1\2x" has numbers among its letters. */
#define RAW(text) bytes_at(text, sizeof(text) - 1)
#define LIST(...)                                                                                                      \
    {                                                                                                                  \
        sizeof((struct netboot_bytes[]){__VA_ARGS__}) / sizeof(struct netboot_bytes),                                  \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }

static inline void assert_bytes(struct netboot_bytes a, struct netboot_bytes b)
{
    assert_int_equal(a.size, b.size);
    if (a.size > 0)
        assert_memory_equal(a.data, b.data, a.size);
}

static inline void assert_list(const struct netboot_list *a, const struct netboot_list *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_bytes(a->items[i], b->items[i]);
}

static inline struct netboot_site full_site(void)
{
    return (struct netboot_site){
        .name = RAW("lab"),
        .prefixes = LIST(RAW("\x18\xc0\x00\x02\x00"), RAW("\x20\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0")),
        .tftp4 = RAW("\xc0\x00\x02\x01"),
        .tftp6 = RAW("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
        .http4 = RAW("http://192.0.2.1/boot/"),
        .http6 = RAW("http://[2001:db8::1]/boot/"),
    };
}

static inline struct netboot_target full_target(void)
{
    return (struct netboot_target){
        .name = RAW("debian-12"),
        .kind = NETBOOT_KIND_LOCAL,
        .script = RAW("hosts/{mac}.ipxe"),
        .files = LIST(RAW("\0\7grub/x64.efi"), RAW("\0\13grub/arm64.efi")),
        .description = RAW("Debian 12, na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\xa7"),
        .kernel = RAW("{target}/linux"),
        .initrds = LIST(RAW("initrd.img"), RAW("http://192.0.2.1/{mac}.img")),
        .command_line = RAW("boot=live BOOTIF=01-{mac-hyphen} || console=ttyS0"),
        .order = 0x0102,
    };
}

static inline struct netboot_host full_host(void)
{
    return (struct netboot_host){
        .name = RAW("web1.example"),
        .ids = LIST(RAW("M\x52\x54\x00\x77\x00\x02"), RAW("U\x11\x22\x33\x44\x55\x66\x77\x88\x99\0\1\2\3\4\5\6"),
                    RAW("D\0\3\0\1\x52\x54\0\x77\0\2")),
        .target = RAW("debian-12"),
        .loaders = LIST(RAW("\0\0ipxe.pxe")),
        .labels = LIST(RAW("rack=12"), RAW("empty="), RAW("note=a = b")),
        .note = RAW("a card with a broken UNDI"),
        .changed = UINT64_C(0x0102030405060708),
    };
}

#endif
