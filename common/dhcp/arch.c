/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The IANA registry "Processor Architecture Types" (dhcpv6-parameters), codes 0 to 41.
 *
 * RFC 4578 had 7 and 9 the wrong way round (erratum 4624), and firmware of both readings is out there: both are x64.
 */
#include "netboot-store.h"

#include "base/failure.h"
#include "base/number.h"
#include "base/suggest.h"

#include <errno.h>
#include <string.h>

static const struct netboot_arch archs[] = {
    {0,  0,  false, "x86 BIOS"                            },
    {1,  1,  false, "NEC/PC98 (DEPRECATED)"               },
    {2,  2,  false, "Itanium"                             },
    {3,  3,  false, "DEC Alpha (DEPRECATED)"              },
    {4,  4,  false, "Arc x86 (DEPRECATED)"                },
    {5,  5,  false, "Intel Lean Client (DEPRECATED)"      },
    {6,  6,  false, "x86 UEFI"                            },
    {7,  7,  false, "x64 UEFI"                            },
    {8,  8,  false, "EFI Xscale (DEPRECATED)"             },
    {9,  7,  false, "EBC"                                 },
    {10, 10, false, "ARM 32-bit UEFI"                     },
    {11, 11, false, "ARM 64-bit UEFI"                     },
    {12, 12, false, "PowerPC Open Firmware"               },
    {13, 13, false, "PowerPC ePAPR"                       },
    {14, 14, false, "POWER OPAL v3"                       },
    {15, 6,  true,  "x86 UEFI boot from HTTP"             },
    {16, 7,  true,  "x64 UEFI boot from HTTP"             },
    {17, 7,  true,  "EBC boot from HTTP"                  },
    {18, 10, true,  "ARM UEFI 32 boot from HTTP"          },
    {19, 11, true,  "ARM UEFI 64 boot from HTTP"          },
    {20, 0,  true,  "PC/AT BIOS boot from HTTP"           },
    {21, 21, false, "ARM 32 U-Boot"                       },
    {22, 22, false, "ARM 64 U-Boot"                       },
    {23, 21, true,  "ARM U-Boot 32 boot from HTTP"        },
    {24, 22, true,  "ARM U-Boot 64 boot from HTTP"        },
    {25, 25, false, "RISC-V 32-bit UEFI"                  },
    {26, 25, true,  "RISC-V 32-bit UEFI boot from HTTP"   },
    {27, 27, false, "RISC-V 64-bit UEFI"                  },
    {28, 27, true,  "RISC-V 64-bit UEFI boot from HTTP"   },
    {29, 29, false, "RISC-V 128-bit UEFI"                 },
    {30, 29, true,  "RISC-V 128-bit UEFI boot from HTTP"  },
    {31, 31, false, "s390 Basic"                          },
    {32, 32, false, "s390 Extended"                       },
    {33, 33, false, "MIPS 32-bit UEFI"                    },
    {34, 34, false, "MIPS 64-bit UEFI"                    },
    {35, 35, false, "Sunway 32-bit UEFI"                  },
    {36, 36, false, "Sunway 64-bit UEFI"                  },
    {37, 37, false, "LoongArch 32-bit UEFI"               },
    {38, 37, true,  "LoongArch 32-bit UEFI boot from HTTP"},
    {39, 39, false, "LoongArch 64-bit UEFI"               },
    {40, 39, true,  "LoongArch 64-bit UEFI boot from HTTP"},
    {41, 41, false, "ARM rpiboot"                         },
};

#define ARCH_COUNT (sizeof(archs) / sizeof(archs[0]))

/* What operators type, at the lowest code of each platform. */
static const char *const platforms[ARCH_COUNT] = {
    [0] = "x86-bios",       [1] = "nec-pc98",          [2] = "itanium",           [3] = "alpha",
    [4] = "arc-x86",        [5] = "intel-lean",        [6] = "x86-uefi",          [7] = "x64-uefi",
    [8] = "xscale-efi",     [10] = "arm32-uefi",       [11] = "arm64-uefi",       [12] = "powerpc-openfirmware",
    [13] = "powerpc-epapr", [14] = "power-opal",       [21] = "arm32-uboot",      [22] = "arm64-uboot",
    [25] = "riscv32-uefi",  [27] = "riscv64-uefi",     [29] = "riscv128-uefi",    [31] = "s390-basic",
    [32] = "s390-extended", [33] = "mips32-uefi",      [34] = "mips64-uefi",      [35] = "sunway32-uefi",
    [36] = "sunway64-uefi", [37] = "loongarch32-uefi", [39] = "loongarch64-uefi", [41] = "arm-rpiboot",
};

const struct netboot_arch *netboot_arch_find(unsigned code)
{
    return code < ARCH_COUNT ? &archs[code] : NULL;
}

const char *netboot_platform_name(unsigned platform)
{
    const struct netboot_arch *arch = netboot_arch_find(platform);

    return arch ? platforms[arch->platform] : NULL;
}

int netboot_platform_find(const char *name)
{
    for (size_t i = 0; i < ARCH_COUNT; i++)
        if (platforms[i] && strcmp(platforms[i], name) == 0)
            return (int)i;
    return -ENOENT;
}

int netboot_platform_parse(const char *text, uint16_t *ret, struct netboot_error *error)
{
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE];
    int platform = netboot_platform_find(text);
    long code = number_read(text, ARCH_COUNT - 1);

    if (platform < 0 && code >= 0)
        platform = archs[code].platform;
    if (platform >= 0) {
        *ret = (uint16_t)platform;
        return 0;
    }
    suggest_begin(&nearest, text);
    for (size_t i = 0; i < ARCH_COUNT; i++)
        if (platforms[i])
            suggest_offer(&nearest, platforms[i]);
    return failure(error, -EINVAL, "there is no platform `%.100s`%s (see netbootctl help platforms)", text,
                   suggest_text(&nearest, hint));
}

const char *netboot_platform_text(uint16_t platform, char text[NETBOOT_PLATFORM_TEXT_SIZE])
{
    const char *name = netboot_platform_name(platform);

    if (name)
        snprintf(text, NETBOOT_PLATFORM_TEXT_SIZE, "%s", name);
    else
        snprintf(text, NETBOOT_PLATFORM_TEXT_SIZE, "%u", platform);
    return text;
}
