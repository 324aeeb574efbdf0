/* SPDX-License-Identifier: MPL-2.0 */
/* What a kernel's file says about the machines that it runs on. */
#ifndef NETBOOTCTL_KERNEL_IMAGE_H
#define NETBOOTCTL_KERNEL_IMAGE_H

#include <stdbool.h>

enum bios_kernel { BIOS_KERNEL_NONE, BIOS_KERNEL, BIOS_KERNEL_64 };

struct kernel_image {
    bool known;            /* false: there is no such file, or its kind is unknown */
    enum bios_kernel bios; /* whether a PC's BIOS starts it, and which processor it needs */
    int efi;               /* the platform whose UEFI starts it, -1 for none */
    bool closed;           /* this process may not read it */
};

void kernel_image_read(const char *path, struct kernel_image *ret);

#endif
