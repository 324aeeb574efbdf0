/* SPDX-License-Identifier: MPL-2.0 */
/* Decisions from facts and policies written by hand. */
#include "unit.h"

#include "dhcp/codes.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define X64 "\0\7"
#define BIOS "\0\0"
#define ARM64 "\0\x0b"

#define LONG_128                                                                                                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxx"                                                                                                             \
    "xxxxxxxxxxxx"
#define LONG_127 (&LONG_128[1])
#define LONG_256 LONG_128 LONG_128

static const uint8_t tftp4[] = {192, 0, 2, 1};
static const uint8_t tftp6[] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

enum site { FULL, EMPTY, ONLY_TFTP, NO_SITE, CROSSED };
enum host { UNKNOWN, NAMELESS, LABELLED, WITH_TARGET, WITH_LOADER, DANGLING };
enum existing { NONE, KEEP, REPLACE, REMOVE };

struct decide_case {
    const char *name;
    int family;
    enum netboot_stage stage;
    int platform;
    const char *script, *file, *loader; /* the target's, the target's for the platform, the platform's */
    enum netboot_kind kind;
    enum site site;
    enum host host;
    enum existing existing;
    enum netboot_outcome outcome;
    const char *boot_file, *next_server, *server_name;
};

#define PXE NETBOOT_STAGE_PXE
#define HTTP NETBOOT_STAGE_HTTP
#define IPXE NETBOOT_STAGE_IPXE

static const struct decide_case cases[] = {
    {"firmware gets the loader",                        4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      0,           0,       NETBOOT_ANSWERED,     "ipxe.efi",
     "192.0.2.1",                                                                                                                                                                                                                                                                                                                                                                "192.0.2.1"   },
    {"firmware gets it over IPv6",                      6, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      0,           0,       NETBOOT_ANSWERED,
     "tftp://[2001:db8::1]/ipxe.efi",                                                                                                                                                                                                                                                                                                                            NULL,           ""            },
    {"firmware gets it over HTTP",                      4, HTTP, 7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      0,           0,       NETBOOT_ANSWERED,
     "http://192.0.2.1/b/ipxe.efi",                                                                                                                                                                                                                                                                                                                              NULL,           ""            },
    {"firmware gets it over HTTP and IPv6",             6, HTTP, 7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      0,           0,       NETBOOT_ANSWERED,
     "http://[2001:db8::1]/ipxe.efi",                                                                                                                                                                                                                                                                                                                            NULL,           ""            },
    {"iPXE gets the script",                            4, IPXE, 7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      0,           0,       NETBOOT_ANSWERED,
     "http://192.0.2.1/b/s.ipxe",                                                                                                                                                                                                                                                                                                                                "192.0.2.1",    "192.0.2.1"   },
    {"iPXE gets it over IPv6",                          6, IPXE, 7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      0,           0,       NETBOOT_ANSWERED,
     "http://[2001:db8::1]/s.ipxe",                                                                                                                                                                                                                                                                                                                              NULL,           ""            },
    {"iPXE of no known platform",                       4, IPXE, -1, "s.ipxe",                                      NULL,                               NULL,            0,                   FULL,      0,           0,       NETBOOT_ANSWERED,
     "http://192.0.2.1/b/s.ipxe",                                                                                                                                                                                                                                                                                                                                "192.0.2.1",    "192.0.2.1"   },
    {"iPXE gets the file where there is no script",     4, IPXE, 7,  NULL,                                          "grub.efi",                         "ipxe.efi",      0,                   FULL,      0,           0,
     NETBOOT_ANSWERED,                                                                                                                                                                                                                               "http://192.0.2.1/b/grub.efi",                                                                              "192.0.2.1",    "192.0.2.1"   },
    {"iPXE never gets a loader",                        4, IPXE, 7,  NULL,                                          NULL,                               "ipxe.efi",      0,                   FULL,      0,           0,       NETBOOT_NO_BOOT_FILE, "",                                                                                                         NULL,           ""            },
    {"iPXE never gets the host's loader",               4, IPXE, 7,  NULL,                                          NULL,                               "ipxe.efi",      0,                   FULL,      WITH_LOADER, 0,
     NETBOOT_NO_BOOT_FILE,                                                                                                                                                                                                                           "",                                                                                                         NULL,           ""            },
    {"iPXE on a site with TFTP alone",                  4, IPXE, 7,  "s.ipxe",                                      NULL,                               NULL,            0,                   ONLY_TFTP, 0,           0,       NETBOOT_ANSWERED,
     "tftp://192.0.2.1/s.ipxe",                                                                                                                                                                                                                                                                                                                                  "192.0.2.1",    "192.0.2.1"   },
    {"iPXE, IPv6, TFTP alone",                          6, IPXE, 7,  "/s.ipxe",                                     NULL,                               NULL,            0,                   ONLY_TFTP, 0,           0,       NETBOOT_ANSWERED,
     "tftp://[2001:db8::1]/s.ipxe",                                                                                                                                                                                                                                                                                                                              NULL,           ""            },
    {"the target's file goes before the loader",        4, PXE,  7,  "s.ipxe",                                      "shim.efi",                         "ipxe.efi",      0,                   FULL,      0,           0,
     NETBOOT_ANSWERED,                                                                                                                                                                                                                               "shim.efi",                                                                                                 "192.0.2.1",    "192.0.2.1"   },
    {"the host's loader goes before the platform's",    4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      WITH_LOADER, 0,
     NETBOOT_ANSWERED,                                                                                                                                                                                                                               "special.efi",                                                                                              "192.0.2.1",    "192.0.2.1"   },
    {"the host's loader is of one platform",            4, PXE,  0,  "s.ipxe",                                      NULL,                               "undionly.kpxe", 0,                   FULL,      WITH_LOADER, 0,
     NETBOOT_ANSWERED,                                                                                                                                                                                                                               "undionly.kpxe",                                                                                            "192.0.2.1",    "192.0.2.1"   },
    {"the target's file goes before the host's loader", 4, PXE,  7,  NULL,                                          "shim.efi",                         "ipxe.efi",      0,                   FULL,      WITH_LOADER,
     0,                                                                                                                                                                                                                        NETBOOT_ANSWERED,     "shim.efi",                                                                                                 "192.0.2.1",    "192.0.2.1"   },
    {"no loader for the platform",                      4, PXE,  11, "s.ipxe",                                      NULL,                               NULL,            0,                   FULL,      0,           0,       NETBOOT_NO_BOOT_FILE, "",                                                                                                         NULL,           ""            },
    {"no known platform",                               4, PXE,  -1, "s.ipxe",                                      NULL,                               NULL,            0,                   FULL,      0,           0,       NETBOOT_NO_BOOT_FILE, "",                                                                                                         NULL,           ""            },
    {"an empty site serves nobody",                     4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   EMPTY,     0,           0,       NETBOOT_NO_BOOT_FILE, "",
     NULL,                                                                                                                                                                                                                                                                                                                                                                       ""            },
    {"an empty site serves no iPXE",                    6, IPXE, 7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   EMPTY,     0,           0,       NETBOOT_NO_BOOT_FILE, "",
     NULL,                                                                                                                                                                                                                                                                                                                                                                       ""            },
    {"no site serves nobody",                           4, HTTP, 7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   NO_SITE,   0,           0,       NETBOOT_NO_BOOT_FILE, "",                                                                                                         NULL,
     ""                                                                                                                                                                                                                                                                                                                                                                                        },
    {"a site without HTTP",                             6, HTTP, 7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   ONLY_TFTP, 0,           0,       NETBOOT_NO_BOOT_FILE, "",                                                                                                         NULL,
     ""                                                                                                                                                                                                                                                                                                                                                                                        },
    {"a URL needs no site",                             4, HTTP, 7,  NULL,                                          "http://198.51.100.1/x.efi",        NULL,            0,                   NO_SITE,   0,           0,       NETBOOT_ANSWERED,
     "http://198.51.100.1/x.efi",                                                                                                                                                                                                                                                                                                                                NULL,           ""            },
    {"an HTTP client follows https",                    4, HTTP, 7,  NULL,                                          "https://boot/x.efi",               NULL,            0,                   NO_SITE,   0,           0,       NETBOOT_ANSWERED,
     "https://boot/x.efi",                                                                                                                                                                                                                                                                                                                                       NULL,           ""            },
    {"an HTTP client never gets a TFTP name",           4, HTTP, 7,  NULL,                                          "tftp://192.0.2.1/x.efi",           "ipxe.efi",      0,                   FULL,      0,           0,
     NETBOOT_ANSWERED,                                                                                                                                                                                                                               "http://192.0.2.1/b/ipxe.efi",                                                                              NULL,           ""            },
    {"a v6 PXE client never gets an http URL",          6, PXE,  7,  NULL,                                          "http://[2001:db8::1]/x.efi",       "ipxe.efi",      0,                   FULL,      0,           0,
     NETBOOT_ANSWERED,                                                                                                                                                                                                                               "tftp://[2001:db8::1]/ipxe.efi",                                                                            NULL,           ""            },
    {"a v4 PXE client never gets an http URL",          4, PXE,  7,  NULL,                                          "http://192.0.2.1/x.efi",           "ipxe.efi",      0,                   FULL,      0,           0,
     NETBOOT_ANSWERED,                                                                                                                                                                                                                               "ipxe.efi",                                                                                                 "192.0.2.1",    "192.0.2.1"   },
    {"a v4 PXE client gets server and path of a URL",   4, PXE,  7,  NULL,                                          "tftp://198.51.100.9/a/x.efi",      NULL,            0,                   FULL,      0,
     0,                                                                                                                                                                                                                        NETBOOT_ANSWERED,     "a/x.efi",                                                                                                  "198.51.100.9", "198.51.100.9"},
    {"a v4 PXE client gets the name of a server",       4, PXE,  7,  NULL,                                          "tftp://boot.example/a/x.efi",      NULL,            0,                   FULL,      0,           0,
     NETBOOT_ANSWERED,                                                                                                                                                                                                                               "a/x.efi",                                                                                                  "0.0.0.0",      "boot.example"},
    {"a v4 PXE client asks for what escapes stand for", 4, PXE,  7,  NULL,                                          "tftp://198.51.100.9/a%20b%25.efi", NULL,            0,
     FULL,                                                                                                                                                                                               0,           0,       NETBOOT_ANSWERED,     "a b%.efi",                                                                                                 "198.51.100.9", "198.51.100.9"},
    {"a v6 PXE client takes them out itself",           6, PXE,  7,  NULL,                                          "tftp://[2001:db8::9]/a%20b.efi",   NULL,            0,                   FULL,      0,           0,
     NETBOOT_ANSWERED,                                                                                                                                                                                                                               "tftp://[2001:db8::9]/a%20b.efi",                                                                           NULL,           ""            },
    {"so does iPXE",                                    4, IPXE, 7,  "tftp://198.51.100.9/a%20b.ipxe",              NULL,                               NULL,            0,                   FULL,      0,           0,       NETBOOT_ANSWERED,
     "tftp://198.51.100.9/a%20b.ipxe",                                                                                                                                                                                                                                                                                                                           "198.51.100.9", "198.51.100.9"},
    {"half an escape cannot be told",                   4, PXE,  7,  NULL,                                          "tftp://198.51.100.9/a%2",          NULL,            0,                   FULL,      0,           0,
     NETBOOT_NO_BOOT_FILE,                                                                                                                                                                                                                           "",                                                                                                         NULL,           ""            },
    {"nor can a NUL",                                   4, PXE,  7,  NULL,                                          "tftp://198.51.100.9/a%00b",        NULL,            0,                   FULL,      0,           0,       NETBOOT_NO_BOOT_FILE, "",                                                                                                         NULL,
     ""                                                                                                                                                                                                                                                                                                                                                                                        },
    {"a path is a name as it is",                       4, PXE,  7,  NULL,                                          "a%20b#c?d.efi",                    NULL,            0,                   FULL,      0,           0,       NETBOOT_ANSWERED,
     "a%20b#c?d.efi",                                                                                                                                                                                                                                                                                                                                            "192.0.2.1",    "192.0.2.1"   },
    {"a # of a path is no fragment, a ? is a query",    4, IPXE, 7,  "a#b?c",                                       NULL,                               NULL,            0,                   FULL,      0,           0,       NETBOOT_ANSWERED,
     "http://192.0.2.1/b/a%23b?c",                                                                                                                                                                                                                                                                                                                               "192.0.2.1",    "192.0.2.1"   },
    {"nor in a tftp URL",                               6, PXE,  7,  NULL,                                          "/a#b",                             NULL,            0,                   FULL,      0,           0,       NETBOOT_ANSWERED,     "tftp://[2001:db8::1]/a%23b",
     NULL,                                                                                                                                                                                                                                                                                                                                                                       ""            },
    {"TFTP with a port cannot be told",                 4, PXE,  7,  NULL,                                          "tftp://198.51.100.9:6969/x.efi",   NULL,            0,                   FULL,      0,           0,
     NETBOOT_NO_BOOT_FILE,                                                                                                                                                                                                                           "",                                                                                                         NULL,           ""            },
    {"nor over IPv6",                                   6, PXE,  7,  NULL,                                          "tftp://[2001:db8::9]:6969/x.efi",  NULL,            0,                   FULL,      0,           0,       NETBOOT_NO_BOOT_FILE, "",
     NULL,                                                                                                                                                                                                                                                                                                                                                                       ""            },
    {"a v6 PXE client keeps its family",                6, PXE,  7,  NULL,                                          "tftp://198.51.100.9/x.efi",        NULL,            0,                   FULL,      0,           0,
     NETBOOT_NO_BOOT_FILE,                                                                                                                                                                                                                           "",                                                                                                         NULL,           ""            },
    {"a v4 PXE client too",                             4, PXE,  7,  NULL,                                          "tftp://[2001:db8::9]/x.efi",       NULL,            0,                   FULL,      0,           0,       NETBOOT_NO_BOOT_FILE,
     "",                                                                                                                                                                                                                                                                                                                                                         NULL,           ""            },
    {"iPXE has both families",                          4, IPXE, 7,  "http://[2001:db8::9]/x",                      NULL,                               NULL,            0,                   EMPTY,     0,           0,       NETBOOT_ANSWERED,
     "http://[2001:db8::9]/x",                                                                                                                                                                                                                                                                                                                                   NULL,           ""            },
    {"iPXE with a URL still learns the next server",    4, IPXE, 7,  "http://198.51.100.9/x",                       NULL,                               NULL,            0,                   FULL,      0,           0,
     NETBOOT_ANSWERED,                                                                                                                                                                                                                               "http://198.51.100.9/x",                                                                                    "192.0.2.1",    "192.0.2.1"   },
    {"a base of the other family",                      4, HTTP, 7,  NULL,                                          NULL,                               "ipxe.efi",      0,                   CROSSED,   0,           0,       NETBOOT_NO_BOOT_FILE, "",                                                                                                         NULL,
     ""                                                                                                                                                                                                                                                                                                                                                                                        },
    {"a base of the other family, IPv6",                6, HTTP, 7,  NULL,                                          NULL,                               "ipxe.efi",      0,                   CROSSED,   0,           0,       NETBOOT_NO_BOOT_FILE, "",
     NULL,                                                                                                                                                                                                                                                                                                                                                                       ""            },
    {"but iPXE has both families",                      4, IPXE, 7,  "s.ipxe",                                      NULL,                               NULL,            0,                   CROSSED,   0,           0,       NETBOOT_ANSWERED,
     "http://[2001:db8::9]/s.ipxe",                                                                                                                                                                                                                                                                                                                              "192.0.2.1",    "192.0.2.1"   },
    {"placeholders",                                    4, IPXE, 7,  "{site}/{platform}/{mac}/{mac-hyphen}/{uuid}", NULL,                               NULL,            0,                   FULL,      0,           0,
     NETBOOT_ANSWERED,                                                                                                                                                                                                                               "http://192.0.2.1/b/lab/x64-uefi/52:54:00:77:00:02/52-54-00-77-00-02/11223344-5566-7788-99aa-bbccddeeff01",
     "192.0.2.1",                                                                                                                                                                                                                                                                                                                                                                "192.0.2.1"   },
    {"a placeholder without a value",                   4, IPXE, -1, "{platform}.ipxe",                             NULL,                               NULL,            0,                   FULL,      0,           0,       NETBOOT_NO_BOOT_FILE,
     "",                                                                                                                                                                                                                                                                                                                                                         NULL,           ""            },
    {"127 octets",                                      4, PXE,  7,  NULL,                                          LONG_127,                           NULL,            0,                   FULL,      0,           0,       NETBOOT_ANSWERED,     LONG_127,                                                                                                   "192.0.2.1",
     "192.0.2.1"                                                                                                                                                                                                                                                                                                                                                                               },
    {"128 octets",                                      4, PXE,  7,  NULL,                                          LONG_128,                           NULL,            0,                   FULL,      0,           0,       NETBOOT_ANSWERED,     LONG_128,                                                                                                   "192.0.2.1",
     "192.0.2.1"                                                                                                                                                                                                                                                                                                                                                                               },
    {"256 octets go no way",                            4, PXE,  7,  NULL,                                          LONG_256,                           "ipxe.efi",      0,                   FULL,      0,           0,       NETBOOT_ANSWERED,     "ipxe.efi",
     "192.0.2.1",                                                                                                                                                                                                                                                                                                                                                                "192.0.2.1"   },
    {"256 octets over IPv6",                            6, IPXE, 7,  "http://h/" LONG_256,                          NULL,                               NULL,            0,                   FULL,      0,           0,       NETBOOT_ANSWERED,
     "http://h/" LONG_256,                                                                                                                                                                                                                                                                                                                                       NULL,           ""            },
    {"local: iPXE",                                     4, IPXE, 7,  NULL,                                          NULL,                               "ipxe.efi",      NETBOOT_KIND_LOCAL,  FULL,      0,           0,       NETBOOT_ANSWERED,
     "http://192.0.2.1/b/local.ipxe",                                                                                                                                                                                                                                                                                                                            "192.0.2.1",    "192.0.2.1"   },
    {"local: a script from before it was local",        4, IPXE, 7,  "my.ipxe",                                     NULL,                               NULL,            NETBOOT_KIND_LOCAL,  FULL,      0,           0,
     NETBOOT_ANSWERED,                                                                                                                                                                                                                               "http://192.0.2.1/b/local.ipxe",                                                                            "192.0.2.1",    "192.0.2.1"   },
    {"local: firmware",                                 4, PXE,  7,  NULL,                                          NULL,                               "ipxe.efi",      NETBOOT_KIND_LOCAL,  FULL,      0,           0,       NETBOOT_ANSWERED,     "ipxe.efi",
     "192.0.2.1",                                                                                                                                                                                                                                                                                                                                                                "192.0.2.1"   },
    {"silent",                                          4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      NETBOOT_KIND_SILENT, FULL,      WITH_TARGET, KEEP,    NETBOOT_SILENT,       "",
     NULL,                                                                                                                                                                                                                                                                                                                                                                       ""            },
    {"ignore",                                          4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      NETBOOT_KIND_IGNORE, FULL,      WITH_TARGET, REPLACE, NETBOOT_IGNORED,
     "",                                                                                                                                                                                                                                                                                                                                                         NULL,           ""            },
    {"the server's own stays",                          4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      UNKNOWN,     KEEP,    NETBOOT_KEPT,         "",                                                                                                         NULL,
     ""                                                                                                                                                                                                                                                                                                                                                                                        },
    {"labels change nothing",                           4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      LABELLED,    KEEP,    NETBOOT_KEPT,         "",                                                                                                         NULL,
     ""                                                                                                                                                                                                                                                                                                                                                                                        },
    {"unless it is replaced",                           4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      UNKNOWN,     REPLACE, NETBOOT_ANSWERED,
     "ipxe.efi",                                                                                                                                                                                                                                                                                                                                                 "192.0.2.1",    "192.0.2.1"   },
    {"or removed",                                      4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      UNKNOWN,     REMOVE,  NETBOOT_ANSWERED,     "ipxe.efi",
     "192.0.2.1",                                                                                                                                                                                                                                                                                                                                                                "192.0.2.1"   },
    {"removed, and none of ours",                       4, PXE,  7,  "s.ipxe",                                      NULL,                               NULL,            0,                   FULL,      UNKNOWN,     REMOVE,  NETBOOT_NO_BOOT_FILE, "",
     NULL,                                                                                                                                                                                                                                                                                                                                                                       ""            },
    {"replaced, and none of ours",                      4, PXE,  7,  "s.ipxe",                                      NULL,                               NULL,            0,                   FULL,      UNKNOWN,     REPLACE, NETBOOT_NO_BOOT_FILE, "",
     NULL,                                                                                                                                                                                                                                                                                                                                                                       ""            },
    {"or the host names a target",                      4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      WITH_TARGET, KEEP,    NETBOOT_ANSWERED,
     "ipxe.efi",                                                                                                                                                                                                                                                                                                                                                 "192.0.2.1",    "192.0.2.1"   },
    {"or a loader",                                     4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      WITH_LOADER, KEEP,    NETBOOT_ANSWERED,     "special.efi",
     "192.0.2.1",                                                                                                                                                                                                                                                                                                                                                                "192.0.2.1"   },
    {"but not a target that is missing",                4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      DANGLING,    KEEP,    NETBOOT_KEPT,
     "",                                                                                                                                                                                                                                                                                                                                                         NULL,           ""            },
    {"a scheme in upper case",                          4, HTTP, 7,  NULL,                                          "HTTP://boot/x.efi",                NULL,            0,                   FULL,      0,           0,       NETBOOT_ANSWERED,
     "HTTP://boot/x.efi",                                                                                                                                                                                                                                                                                                                                        NULL,           ""            },
    {"a host by its identifier",                        4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      NAMELESS,    NONE,    NETBOOT_ANSWERED,
     "ipxe.efi",                                                                                                                                                                                                                                                                                                                                                 "192.0.2.1",    "192.0.2.1"   },
    {"a target that is missing",                        4, PXE,  7,  "s.ipxe",                                      NULL,                               "ipxe.efi",      0,                   FULL,      DANGLING,    NONE,    NETBOOT_ANSWERED,
     "ipxe.efi",                                                                                                                                                                                                                                                                                                                                                 "192.0.2.1",    "192.0.2.1"   },
};

static struct netboot_bytes octets(const void *data, size_t size)
{
    return (struct netboot_bytes){data, size};
}

static struct netboot_site make_site(enum site site)
{
    struct netboot_site full = {.name = bytes_of("lab"),
                                .tftp4 = octets(tftp4, 4),
                                .tftp6 = octets(tftp6, 16),
                                .http4 = bytes_of("http://192.0.2.1/b"),
                                .http6 = bytes_of("http://[2001:db8::1]/")};
    struct netboot_site none = {
        .name = {NULL, 0}
    };

    if (site == ONLY_TFTP)
        full.http4 = full.http6 = (struct netboot_bytes){NULL, 0};
    if (site == EMPTY)
        none.name = bytes_of("default");
    if (site == CROSSED) {
        full.http4 = bytes_of("http://[2001:db8::9]/");
        full.http6 = bytes_of("http://198.51.100.9/");
    }
    return site == EMPTY || site == NO_SITE ? none : full;
}

static void make_host(enum host kind, struct netboot_host *host)
{
    static const uint8_t uuid[] = "U0123456789abcdef", mac[] = {'M', 0x52, 0x54, 0, 0x77, 0, 2};

    *host = (struct netboot_host){
        .ids = {.count = 2, .items = {{uuid, sizeof(uuid) - 1}, {mac, sizeof(mac)}}}
    };
    if (kind != NAMELESS)
        host->name = bytes_of("web1");
    if (kind == WITH_TARGET || kind == DANGLING)
        host->target = bytes_of("install");
    if (kind == WITH_LOADER) {
        host->loaders.count = 1;
        host->loaders.items[0] = octets(X64 "special.efi", 13);
    }
    if (kind == LABELLED) {
        host->labels.count = 1;
        host->labels.items[0] = bytes_of("rack=12");
    }
}

/* A platform file, its text in a buffer of the caller's. */
static struct netboot_bytes platform_file(int platform, const char *file, char buffer[300])
{
    buffer[0] = (char)(platform >> 8);
    buffer[1] = (char)platform;
    memcpy(buffer + 2, file, strlen(file));
    return octets(buffer, 2 + strlen(file));
}

static void decide(const struct decide_case *test, struct netboot_client *client, struct netboot_decision *decision)
{
    static const enum netboot_existing_boot_file existing[] = {
        [REPLACE] = NETBOOT_EXISTING_REPLACE, [REMOVE] = NETBOOT_EXISTING_REMOVE};
    static struct netboot_host host;
    static struct netboot_target target;
    static struct netboot_site site;
    static char file[300];
    bool v4 = test->family == 4;
    struct netboot_query query = {.size = sizeof(query),
                                  .family = (enum netboot_family)test->family,
                                  .message_type = v4 ? DHCPDISCOVER : SOLICIT,
                                  .reply_type = v4 ? DHCPOFFER : ADVERTISE,
                                  .reply_has_boot_file = test->existing != NONE,
                                  .existing_boot_file = existing[test->existing]};

    *client = (struct netboot_client){
        .family = query.family,
        .stage = test->stage,
        .platform = test->platform < 0 ? NETBOOT_PLATFORM_NONE : (uint16_t)test->platform,
        .has_mac = true,
        .has_uuid = true,
        .mac = {0x52,  0x54, 0,    0x77, 0,    2},
        .uuid = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 1}
    };
    target = (struct netboot_target){.name = bytes_of("t"), .kind = test->kind, .script = bytes_of(test->script)};
    if (test->file) {
        target.files.count = 1;
        target.files.items[0] = platform_file(test->platform, test->file, file);
    }
    make_host(test->host, &host);
    site = make_site(test->site);
    const struct netboot_policy policy = {.target_is_missing = test->host == DANGLING,
                                          .host = test->host != UNKNOWN ? &host : NULL,
                                          .target = &target,
                                          .site = &site,
                                          .loader = bytes_of(test->loader)};
    /* What was there before must not shine through. */
    memset(decision, 'x', sizeof(*decision));
    netboot_decide(&query, client, &policy, decision);
}

static void every_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct decide_case *test = &cases[i];
        struct netboot_client client;
        struct netboot_decision decision;
        char text[NETBOOT_REASON_SIZE], next_server[16] = "";
        print_message("%s\n", test->name);
        decide(test, &client, &decision);
        assert_string_equal(netboot_outcome_name(decision.outcome), netboot_outcome_name(test->outcome));
        assert_string_equal(decision.boot_file, test->boot_file);
        assert_int_equal(decision.boot_file_size, strlen(test->boot_file));
        assert_int_equal(decision.has_next_server, test->next_server != NULL);
        if (test->next_server) {
            const uint8_t *a = decision.next_server;
            snprintf(next_server, sizeof(next_server), "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
            assert_string_equal(next_server, test->next_server);
        }
        assert_string_equal(decision.tftp_server_name, test->server_name);
        assert_int_equal(decision.vendor_class, test->stage == HTTP && test->outcome == NETBOOT_ANSWERED);
        assert_string_equal(decision.host, test->host == UNKNOWN    ? ""
                                           : test->host == NAMELESS ? "52:54:00:77:00:02"
                                                                    : "web1");
        assert_int_equal(decision.own_file_goes, test->existing == REMOVE && test->outcome == NETBOOT_NO_BOOT_FILE);
        assert_true(decision.reason_count > 0);
        for (unsigned n = 0; n < decision.reason_count; n++) {
            assert_non_null(netboot_reason_text(&client, &decision, n, text));
            assert_true(strlen(text) > 5);
            assert_null(strchr(text, '{'));
        }
        assert_null(netboot_reason_text(&client, &decision, decision.reason_count, text));
    }
}

/* Replies that carry boot fields, and those that never do. */
static void messages(void **state)
{
    static const struct {
        int family;
        uint8_t message, reply;
        bool ours;
    } pairs[] = {
        {4, 1,  2, true },
        {4, 3,  5, true },
        {4, 8,  5, true },
        {4, 0,  0, true },
        {4, 3,  6, false},
        {4, 4,  5, false},
        {4, 7,  5, false},
        {6, 1,  2, true },
        {6, 1,  7, true },
        {6, 3,  7, true },
        {6, 5,  7, true },
        {6, 6,  7, true },
        {6, 11, 7, true },
        {6, 4,  7, false},
        {6, 8,  7, false},
        {6, 9,  7, false},
        {6, 3,  2, false},
    };
    const struct netboot_target target = {.name = bytes_of("t"), .script = bytes_of("http://h/x")};
    const struct netboot_policy policy = {.target = &target};

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct netboot_query query = {.size = sizeof(query),
                                      .family = (enum netboot_family)pairs[i].family,
                                      .message_type = pairs[i].message,
                                      .reply_type = pairs[i].reply};
        struct netboot_client client = {.family = query.family, .stage = IPXE, .platform = 7};
        struct netboot_decision decision;
        netboot_decide(&query, &client, &policy, &decision);
        assert_int_equal(decision.outcome, pairs[i].ours ? NETBOOT_ANSWERED : NETBOOT_NOT_OURS);
    }
}

/* The header of BOOTP has an address for the server and no name. */
static void bootp_is_told_no_servers_name(void **state)
{
    static const struct {
        bool bootp;
        const char *file, *boot_file, *server_name;
    } rows[] = {
        {true,  "tftp://boot.example/x", "ipxe.efi", "192.0.2.1"   },
        {true,  "tftp://192.0.2.9/x",    "x",        "192.0.2.9"   },
        {false, "tftp://boot.example/x", "x",        "boot.example"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char file[300];
        struct netboot_query query = {
            .size = sizeof(query), .family = NETBOOT_V4, .message_type = rows[i].bootp ? BOOTP : DHCPDISCOVER};
        struct netboot_client client = {.family = NETBOOT_V4, .stage = PXE, .platform = 7, .bootp = rows[i].bootp};
        const struct netboot_site site = make_site(FULL);
        struct netboot_target target = {.name = bytes_of("t"), .files = {.count = 1}};
        struct netboot_policy policy = {.target = &target, .site = &site, .loader = bytes_of("ipxe.efi")};
        struct netboot_decision decision;
        target.files.items[0] = platform_file(7, rows[i].file, file);
        query.reply_type = rows[i].bootp ? BOOTP : DHCPOFFER;
        netboot_decide(&query, &client, &policy, &decision);
        assert_int_equal(decision.outcome, NETBOOT_ANSWERED);
        assert_string_equal(decision.boot_file, rows[i].boot_file);
        assert_string_equal(decision.tftp_server_name, rows[i].server_name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),
        cmocka_unit_test(messages),
        cmocka_unit_test(bootp_is_told_no_servers_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
