/* SPDX-License-Identifier: MPL-2.0 */
#include "kernel_image.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HEAD_SIZE 4096

/* The Linux/x86 boot protocol (Documentation/arch/x86/boot.rst), which memdisk and others follow. */
#define SETUP_MAGIC_AT 0x202
#define SETUP_VERSION_AT 0x206
#define SETUP_FLAGS_AT 0x236 /* from version 2.12 on */
#define SETUP_FLAGS_VERSION 0x20c
#define SETUP_KERNEL_64 1

/* Microsoft's PE format, which UEFI programs have. */
#define PE_AT 0x3c

static const struct {
    uint16_t machine;
    int platform;
} pe_machines[] = {
    {0x014c, 6 },
    {0x8664, 7 },
    {0x01c2, 10},
    {0xaa64, 11},
};

static unsigned read_le16(const uint8_t *data)
{
    return data[0] | (unsigned)data[1] << 8;
}

static enum bios_kernel bios_kernel(const uint8_t *head, size_t size)
{
    if (size < SETUP_FLAGS_AT + 2 || memcmp(head + SETUP_MAGIC_AT, "HdrS", 4) != 0)
        return BIOS_KERNEL_NONE;
    bool has_flags = read_le16(head + SETUP_VERSION_AT) >= SETUP_FLAGS_VERSION;
    return has_flags && read_le16(head + SETUP_FLAGS_AT) & SETUP_KERNEL_64 ? BIOS_KERNEL_64 : BIOS_KERNEL;
}

static int efi_platform(const uint8_t *head, size_t size)
{
    if (size < PE_AT + 4 || memcmp(head, "MZ", 2) != 0)
        return -1;
    size_t at = read_le16(head + PE_AT) | (size_t)read_le16(head + PE_AT + 2) << 16;
    if (at > size - 6 || memcmp(head + at, "PE\0\0", 4) != 0)
        return -1;
    for (size_t i = 0; i < sizeof(pe_machines) / sizeof(pe_machines[0]); i++)
        if (pe_machines[i].machine == read_le16(head + at + 4))
            return pe_machines[i].platform;
    return -1;
}

void kernel_image_read(const char *path, struct kernel_image *ret)
{
    uint8_t head[HEAD_SIZE];
    FILE *file = fopen(path, "re");
    bool closed = !file && errno == EACCES;
    size_t size = file ? fread(head, 1, sizeof(head), file) : 0;

    if (file)
        fclose(file);
    *ret = (struct kernel_image){.bios = bios_kernel(head, size), .efi = efi_platform(head, size), .closed = closed};
    ret->known = ret->bios != BIOS_KERNEL_NONE || ret->efi >= 0;
}
