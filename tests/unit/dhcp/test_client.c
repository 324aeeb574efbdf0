/* SPDX-License-Identifier: MPL-2.0 */
/* Client facts, read from options that end at an inaccessible page. */
#include "unit.h"

#include "guarded.h"

#include <stdbool.h>

#define OPTIONS 6

struct option_case {
    uint16_t code;
    const char *data;
    size_t size;
};

#define TEXT(code, literal)                                                                                            \
    {                                                                                                                  \
        code, literal, sizeof(literal) - 1                                                                             \
    }
#define ARCH(literal) TEXT(93, literal)
#define PXE_CLASS TEXT(60, "PXEClient:Arch:00007:UNDI:003000")
#define HTTP_CLASS TEXT(60, "HTTPClient:Arch:00016:UNDI:003000")
#define RAW_UUID "\x44\x33\x22\x11\x66\x55\x88\x77\x99\xaa\xbb\xcc\xdd\xee\xff\x01"
#define UUID "\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x01"
#define ENTERPRISE "\x00\x00\x01\x57"

/* Stage and platform. */
static const struct {
    const char *name;
    int family;
    struct option_case options[OPTIONS];
    enum netboot_stage stage;
    unsigned arch;
    const char *platform;
} stages[] = {
    {"no option at all",                 4, {{0}},                                                                             NETBOOT_STAGE_NONE, NETBOOT_ARCH_NONE, NULL        },
    {"an ordinary host",                 4, {TEXT(60, "MSFT 5.0"), TEXT(55, "\1\3\6")},                                        NETBOOT_STAGE_NONE, NETBOOT_ARCH_NONE, NULL        },
    {"PXE by class",                     4, {PXE_CLASS, ARCH("\0\7")},                                                         NETBOOT_STAGE_PXE,  7,                 "x64-uefi"  },
    {"PXE by architecture alone",        4, {ARCH("\0\x0b")},                                                                  NETBOOT_STAGE_PXE,  11,                "arm64-uefi"},
    {"HTTP by class",                    4, {HTTP_CLASS, ARCH("\0\x10")},                                                      NETBOOT_STAGE_HTTP, 16,                "x64-uefi"  },
    {"HTTP code, PXE class",             4, {PXE_CLASS, ARCH("\0\x10")},                                                       NETBOOT_STAGE_PXE,  16,                "x64-uefi"  },
    {"PXE code, HTTP class",             4, {HTTP_CLASS, ARCH("\0\7")},                                                        NETBOOT_STAGE_HTTP, 7,                 "x64-uefi"  },
    {"class cut short",                  4, {TEXT(60, "PXEClien")},                                                            NETBOOT_STAGE_NONE, NETBOOT_ARCH_NONE, NULL        },
    {"empty class",                      4, {TEXT(60, "")},                                                                    NETBOOT_STAGE_NONE, NETBOOT_ARCH_NONE, NULL        },
    {"PXE, architecture from the class", 4, {PXE_CLASS},                                                                       NETBOOT_STAGE_PXE,  7,                 "x64-uefi"  },
    {"PXE, class ends in the number",    4, {TEXT(60, "PXEClient:Arch:0000")},                                                 NETBOOT_STAGE_PXE,  0,                 "x86-bios"  },
    {"PXE, no number in the class",      4, {TEXT(60, "PXEClient:Arch:0x007:")},                                               NETBOOT_STAGE_PXE,  0,                 "x86-bios"  },
    {"PXE without any architecture",     4, {TEXT(60, "PXEClient")},                                                           NETBOOT_STAGE_PXE,  0,                 "x86-bios"  },
    {"HTTP without any architecture",    4, {TEXT(60, "HTTPClient")},                                                          NETBOOT_STAGE_HTTP, NETBOOT_ARCH_NONE, NULL        },
    {"the option goes before the class", 4, {PXE_CLASS, ARCH("\0\0")},                                                         NETBOOT_STAGE_PXE,  0,                 "x86-bios"  },
    {"list, first known",                4, {PXE_CLASS, ARCH("\0\x63\0\x0b\0\7")},                                             NETBOOT_STAGE_PXE,  11,                "arm64-uefi"},
    {"list, none known",                 4, {PXE_CLASS, ARCH("\0\x63\0\x64")},                                                 NETBOOT_STAGE_PXE,  99,                NULL        },
    {"architecture of one octet",        4, {PXE_CLASS, ARCH("\7")},                                                           NETBOOT_STAGE_PXE,  7,                 "x64-uefi"  },
    {"architecture of three octets",     4, {ARCH("\0\7\0")},                                                                  NETBOOT_STAGE_NONE, NETBOOT_ARCH_NONE, NULL        },
    {"empty architecture",               4, {ARCH("")},                                                                        NETBOOT_STAGE_NONE, NETBOOT_ARCH_NONE, NULL        },
    {"iPXE, bare",                       4, {PXE_CLASS, TEXT(77, "iPXE"), ARCH("\0\7")},                                       NETBOOT_STAGE_IPXE, 7,                 "x64-uefi"  },
    {"iPXE, bare with NUL",              4, {TEXT(77, "iPXE\0")},                                                              NETBOOT_STAGE_IPXE, NETBOOT_ARCH_NONE, NULL        },
    {"iPXE, RFC 3004",                   4, {TEXT(77, "\4iPXE")},                                                              NETBOOT_STAGE_IPXE, NETBOOT_ARCH_NONE, NULL        },
    {"iPXE, RFC 3004 with NUL",          4, {TEXT(77, "\5iPXE\0")},                                                            NETBOOT_STAGE_IPXE, NETBOOT_ARCH_NONE, NULL        },
    {"iPXE, second item",                4, {TEXT(77, "\3foo\4iPXE")},                                                         NETBOOT_STAGE_IPXE, NETBOOT_ARCH_NONE, NULL        },
    {"iPXE after an empty item",         4, {TEXT(77, "\0\4iPXE")},                                                            NETBOOT_STAGE_IPXE, NETBOOT_ARCH_NONE, NULL        },
    {"iPXE, then an item cut off",
     4,                                     {TEXT(77, "\4iPXE\x9"
               "foo")},
     NETBOOT_STAGE_IPXE,                                                                                                                           NETBOOT_ARCH_NONE,
     NULL                                                                                                                                                                         },
    {"an item cut off",                  4, {PXE_CLASS, TEXT(77, "\5iPXE")},                                                   NETBOOT_STAGE_PXE,  7,                 "x64-uefi"  },
    {"gPXE is none",                     4, {PXE_CLASS, TEXT(77, "gPXE"), TEXT(175, "\1\2\3")},                                NETBOOT_STAGE_PXE,  7,                 "x64-uefi"  },
    {"iPXE by option 175",               4, {PXE_CLASS, TEXT(175, "\xb1\1\0")},                                                NETBOOT_STAGE_IPXE, 7,                 "x64-uefi"  },
    {"iPXE that poses as another",
     4,                                     {PXE_CLASS, TEXT(77, "PLAIN"), TEXT(175, "\1")},
     NETBOOT_STAGE_PXE,                                                                                                                            7,
     "x64-uefi"                                                                                                                                                                   },
    {"iPXE and HTTPClient",              4, {HTTP_CLASS, TEXT(77, "iPXE")},                                                    NETBOOT_STAGE_IPXE, 16,                "x64-uefi"  },
    {"175 and an empty user class",      4, {TEXT(77, ""), TEXT(175, "\1")},                                                   NETBOOT_STAGE_IPXE, NETBOOT_ARCH_NONE, NULL        },

    {"v6 ordinary host",                 6, {TEXT(6, "\0\x17\0\x3b")},                                                         NETBOOT_STAGE_NONE, NETBOOT_ARCH_NONE, NULL        },
    {"v6 PXE",
     6,                                     {TEXT(61, "\0\7"), TEXT(16, ENTERPRISE "\0\x20PXEClient:Arch:00007:UNDI:003000")},
     NETBOOT_STAGE_PXE,                                                                                                                            7,
     "x64-uefi"                                                                                                                                                                   },
    {"v6 HTTP",                          6, {TEXT(61, "\0\x10"), TEXT(16, ENTERPRISE "\0\x0aHTTPClient")},                     NETBOOT_STAGE_HTTP, 16,                "x64-uefi"  },
    {"v6 HTTP as second item",
     6,                                     {TEXT(16, ENTERPRISE "\0\3foo\0\x0aHTTPClient")},
     NETBOOT_STAGE_HTTP,                                                                                                                           NETBOOT_ARCH_NONE,
     NULL                                                                                                                                                                         },
    {"v6 HTTP in a second option",
     6,                                     {TEXT(16, ENTERPRISE "\0\3foo"), TEXT(16, "\0\0\0\0\0\x0aHTTPClient")},
     NETBOOT_STAGE_HTTP,                                                                                                                           NETBOOT_ARCH_NONE,
     NULL                                                                                                                                                                         },
    {"v6 architecture from the class",
     6,                                     {TEXT(16, ENTERPRISE "\0\x14PXEClient:Arch:00011")},
     NETBOOT_STAGE_PXE,                                                                                                                            11,
     "arm64-uefi"                                                                                                                                                                 },
    {"v6 class without architecture",
     6,                                     {TEXT(16, ENTERPRISE "\0\x09PXEClient")},
     NETBOOT_STAGE_PXE,                                                                                                                            NETBOOT_ARCH_NONE,
     NULL                                                                                                                                                                         },
    {"v6 class shorter than its number", 6, {TEXT(16, "\0\0\1")},                                                              NETBOOT_STAGE_NONE, NETBOOT_ARCH_NONE, NULL        },
    {"v6 class with only its number",    6, {TEXT(16, ENTERPRISE)},                                                            NETBOOT_STAGE_NONE, NETBOOT_ARCH_NONE, NULL        },
    {"v6 class cut off",
     6,                                     {TEXT(61, "\0\7"), TEXT(16, ENTERPRISE "\0\x0bHTTPClient")},
     NETBOOT_STAGE_PXE,                                                                                                                            7,
     "x64-uefi"                                                                                                                                                                   },
    {"v6 iPXE",                          6, {TEXT(61, "\0\7"), TEXT(15, "\0\4iPXE")},                                          NETBOOT_STAGE_IPXE, 7,                 "x64-uefi"  },
    {"v6 iPXE second",                   6, {TEXT(15, "\0\3foo\0\4iPXE")},                                                     NETBOOT_STAGE_IPXE, NETBOOT_ARCH_NONE, NULL        },
    {"v6 iPXE with NUL",                 6, {TEXT(15, "\0\5iPXE\0")},                                                          NETBOOT_STAGE_IPXE, NETBOOT_ARCH_NONE, NULL        },
    {"v6 iPXE bare is no item",          6, {TEXT(61, "\0\7"), TEXT(15, "iPXE")},                                              NETBOOT_STAGE_PXE,  7,                 "x64-uefi"  },
    {"v6 class length cut off",          6, {TEXT(61, "\0\7"), TEXT(15, "\0")},                                                NETBOOT_STAGE_PXE,  7,                 "x64-uefi"  },
    {"v6 list",                          6, {TEXT(61, "\xff\xfe\0\x10")},                                                      NETBOOT_STAGE_PXE,  16,                "x64-uefi"  },
};

/* Puts the options of a case, each ending at its own inaccessible page, into the query. */
static void fill(struct netboot_query *query, const struct option_case *options, struct guarded *pages)
{
    for (unsigned i = 0; i < OPTIONS; i++)
        if (options[i].code)
            netboot_query_add(query, options[i].code, guarded_copy(&pages[i], options[i].data, options[i].size),
                              options[i].size);
}

static struct guarded pages[OPTIONS];

static int make_pages(void **state)
{
    (void)state;
    for (unsigned i = 0; i < OPTIONS; i++)
        pages[i] = guarded_new();
    return 0;
}

static int free_pages(void **state)
{
    (void)state;
    for (unsigned i = 0; i < OPTIONS; i++)
        guarded_free(&pages[i]);
    return 0;
}

static void stage_and_platform(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(stages); i++) {
        struct netboot_query query = {
            .size = sizeof(query), .family = (enum netboot_family)stages[i].family, .message_type = 1};
        struct netboot_client client;
        print_message("%s\n", stages[i].name);
        fill(&query, stages[i].options, pages);
        netboot_client_parse(&query, &client);
        assert_int_equal(client.stage, stages[i].stage);
        assert_int_equal(netboot_query_boots(&query), stages[i].stage != NETBOOT_STAGE_NONE);
        assert_int_equal(client.arch, stages[i].arch);
        if (stages[i].platform)
            assert_string_equal(netboot_platform_name(client.platform), stages[i].platform);
        else
            assert_int_equal(client.platform, NETBOOT_PLATFORM_NONE);
    }
}

/* Every prefix of every option of every case: nothing is read past its end, whatever comes out. */
static void every_option_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(stages); i++) {
        for (unsigned cut = 0; cut < OPTIONS; cut++) {
            const struct option_case *option = &stages[i].options[cut];
            for (size_t size = 0; option->code && size < option->size; size++) {
                struct netboot_query query = {.size = sizeof(query), .family = (enum netboot_family)stages[i].family};
                struct netboot_client client;
                netboot_query_add(&query, option->code, guarded_copy(&pages[0], option->data, size), size);
                netboot_client_parse(&query, &client);
                assert_in_range(client.stage, NETBOOT_STAGE_NONE, NETBOOT_STAGE_IPXE);
                assert_int_equal(netboot_query_boots(&query), client.stage != NETBOOT_STAGE_NONE);
            }
        }
    }
}

#define MAC "\x52\x54\x00\x77\x00\x02"
#define PEER "\xfe\x80\0\0\0\0\0\0\x50\x54\x00\xff\xfe\x77\x00\x02"
#define OTHERS "\xfe\x80\0\0\0\0\0\0\x50\x54\x00\xff\xfe\x99\x99\x99"

/* Who it is. */
static const struct {
    const char *name;
    int family;
    uint8_t hardware_type;
    struct {
        const char *data;
        size_t size;
    } hardware, link_layer;
    const char *peer; /* 16 octets */
    struct option_case options[OPTIONS];
    const char *mac, *uuid;
    size_t duid_size;
} identities[] = {
    {"chaddr",                               4, 1,  {MAC, 6},            {0},               NULL,                                     {{0}},                                                                            MAC,  NULL, 0 },
    {"chaddr of IEEE 802",                   4, 6,  {MAC, 6},            {0},               NULL,                                     {{0}},                                                                            MAC,  NULL, 0 },
    {"chaddr of zeros is nobody's",          4, 1,  {"\0\0\0\0\0\0", 6}, {0},               NULL,                                     {{0}},                                                                            NULL, NULL, 0 },
    {"chaddr of another hardware",           4, 32, {MAC, 6},            {0},               NULL,                                     {{0}},                                                                            NULL, NULL, 0 },
    {"chaddr of another length",             4, 1,  {MAC "\1\2", 8},     {0},               NULL,                                     {{0}},                                                                            NULL, NULL, 0 },
    {"no chaddr, client identifier",         4, 32, {NULL, 0},           {0},               NULL,                                     {TEXT(61, "\1" MAC)},                                                             MAC,  NULL, 0 },
    {"client identifier with DUID",          4, 32, {NULL, 0},           {0},               NULL,                                     {TEXT(61, "\xff\1\2\3\4\0\3\0\1" MAC)},                                           MAC,  NULL, 10},
    {"chaddr goes before client identifier",
     4,                                         1,
     {MAC, 6},
     {0},
     NULL,                                                                                                                            {TEXT(61, "\1\x52\x54\0\x99\x99\x99")},
     MAC,                                                                                                                                                                                                                     NULL,
     0                                                                                                                                                                                                                                },
    {"machine identifier",                   4, 1,  {MAC, 6},            {0},               NULL,                                     {TEXT(97, "\0" RAW_UUID)},                                                        MAC,  UUID, 0 },
    {"machine identifier of another type",   4, 1,  {MAC, 6},            {0},               NULL,                                     {TEXT(97, "\1" RAW_UUID)},                                                        MAC,  NULL, 0 },
    {"machine identifier too short",         4, 1,  {MAC, 6},            {0},               NULL,                                     {TEXT(97, "\0\1\2\3")},                                                           MAC,  NULL, 0 },
    {"UUID of zeros is nobody's",
     4,                                         1,
     {MAC, 6},
     {0},
     NULL,                                                                                                                            {TEXT(97, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
     MAC,                                                                                                                                                                                                                     NULL,
     0                                                                                                                                                                                                                                },
    {"UUID of ones is nobody's",
     4,                                         1,
     {MAC, 6},
     {0},
     NULL,                                                                                                                            {TEXT(97, "\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")},
     MAC,                                                                                                                                                                                                                     NULL,
     0                                                                                                                                                                                                                                },
    {"relay's option 79",                    6, 0,  {0},                 {"\0\1" MAC, 8},   NULL,                                     {{0}},                                                                            MAC,  NULL, 0 },
    {"option 79 goes before the address",    6, 0,  {0},                 {"\0\1" MAC, 8},   OTHERS,                                   {{0}},                                                                            MAC,  NULL, 0 },
    {"option 79 of another hardware",        6, 0,  {0},                 {"\0\x20" MAC, 8}, PEER,                                     {{0}},                                                                            MAC,  NULL, 0 },
    {"option 79 cut off",                    6, 0,  {0},                 {"\0\1\x52", 3},   PEER,                                     {{0}},                                                                            MAC,  NULL, 0 },
    {"EUI-64, locally administered",         6, 0,  {0},                 {0},               PEER,                                     {{0}},                                                                            MAC,  NULL, 0 },
    {"EUI-64, universal",
     6,                                         0,
     {0},
     {0},
     "\xfe\x80\0\0\0\0\0\0\x02\x11\x22\xff\xfe\x33\x44\x55",                                                                          {{0}},
     "\0\x11\x22\x33\x44\x55",                                                                                                                                                                                                NULL,
     0                                                                                                                                                                                                                                },
    {"no EUI-64",                            6, 0,  {0},                 {0},               "\xfe\x80\0\0\0\0\0\0\1\2\3\4\5\6\7\x08", {{0}},                                                                            NULL, NULL, 0 },
    {"global address tells no MAC",
     6,                                         0,
     {0},
     {0},
     "\x20\x01\x0d\xb8\0\0\0\0\x50\x54\x00\xff\xfe\x77\x00\x02",                                                                      {{0}},
     NULL,                                                                                                                                                                                                                    NULL,
     0                                                                                                                                                                                                                                },
    {"DUID-LL",                              6, 0,  {0},                 {0},               NULL,                                     {TEXT(1, "\0\3\0\1" MAC)},                                                        MAC,  NULL, 10},
    {"DUID-LLT",                             6, 0,  {0},                 {0},               NULL,                                     {TEXT(1, "\0\1\0\1\1\2\3\4" MAC)},                                                MAC,  NULL, 14},
    {"DUID-LL cut off",                      6, 0,  {0},                 {0},               NULL,                                     {TEXT(1, "\0\3\0\1\x52\x54")},                                                    NULL, NULL, 6 },
    {"DUID-EN",                              6, 0,  {0},                 {0},               NULL,                                     {TEXT(1, "\0\2\0\0\1\x57" MAC)},                                                  NULL, NULL, 12},
    {"DUID-UUID of EDK2",                    6, 0,  {0},                 {0},               PEER,                                     {TEXT(61, "\0\7"), TEXT(1, "\0\4" RAW_UUID)},                                     MAC,  UUID, 18},
    {"DUID-UUID of iPXE",                    6, 0,  {0},                 {0},               PEER,                                     {TEXT(1, "\0\4" UUID), TEXT(15, "\0\4iPXE")},                                     MAC,  UUID, 18},
    {"DUID-UUID cut off",                    6, 0,  {0},                 {0},               PEER,                                     {TEXT(1, "\0\4\1\2\3")},                                                          MAC,  NULL, 5 },
    {"DUID of two octets is none",           6, 0,  {0},                 {0},               NULL,                                     {TEXT(1, "\0\4")},                                                                NULL, NULL, 0 },
};

static void identity(void **state)
{
    struct guarded hardware = guarded_new(), link_layer = guarded_new();

    (void)state;
    for (size_t i = 0; i < COUNT(identities); i++) {
        struct netboot_query query = {.size = sizeof(query),
                                      .family = (enum netboot_family)identities[i].family,
                                      .hardware_type = identities[i].hardware_type};
        struct netboot_client client;
        print_message("%s\n", identities[i].name);
        query.hardware_address.size = identities[i].hardware.size;
        query.hardware_address.data = guarded_copy(&hardware, identities[i].hardware.data, identities[i].hardware.size);
        query.link_layer_address.size = identities[i].link_layer.size;
        query.link_layer_address.data =
            guarded_copy(&link_layer, identities[i].link_layer.data, identities[i].link_layer.size);
        if (identities[i].peer)
            memcpy(query.peer_address, identities[i].peer, 16);
        fill(&query, identities[i].options, pages);
        netboot_client_parse(&query, &client);
        assert_int_equal(client.has_mac, identities[i].mac != NULL);
        if (identities[i].mac)
            assert_memory_equal(client.mac, identities[i].mac, 6);
        assert_int_equal(client.has_uuid, identities[i].uuid != NULL);
        if (identities[i].uuid)
            assert_memory_equal(client.uuid, identities[i].uuid, 16);
        assert_int_equal(client.duid.size, identities[i].duid_size);
    }
    guarded_free(&hardware);
    guarded_free(&link_layer);
}

static void the_first_address_that_is_set_counts(void **state)
{
    struct netboot_query query = {.size = sizeof(query), .family = NETBOOT_V4};
    struct netboot_client client;
    uint8_t *const places[] = {query.interface_address, query.relay_address, query.client_address,
                               query.assigned_address};

    (void)state;
    netboot_client_parse(&query, &client);
    assert_memory_equal(client.address, ((uint8_t[16]){0}), 16);
    for (uint8_t i = 0; i < COUNT(places); i++) {
        places[i][0] = 10;
        places[i][3] = i;
        netboot_client_parse(&query, &client);
        assert_memory_equal(client.address, ((uint8_t[16]){10, 0, 0, i}), 16);
    }
}

static void what_it_asked_for(void **state)
{
    static const struct {
        const char *name;
        int family;
        struct option_case option;
        uint16_t code;
        bool requested;
    } cases[] = {
        {"v4 asked",                4, TEXT(55, "\1\x42\x43"),   67,       true },
        {"v4 not asked",            4, TEXT(55, "\1\x42"),       67,       false},
        {"v4 empty list",           4, TEXT(55, ""),             67,       false},
        {"v4 code past an octet",   4, TEXT(55, "\x43"),         67 + 256, false},
        {"v6 asked",                6, TEXT(6,  "\0\x17\0\x3b"), 59,       true },
        {"v6 not on an even place", 6, TEXT(6,  "\x3b\0\x3b\0"), 59,       false},
        {"v6 odd list",             6, TEXT(6,  "\0\x17\0"),     59,       false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct netboot_query query = {.size = sizeof(query), .family = (enum netboot_family)cases[i].family};
        struct netboot_client client;
        print_message("%s\n", cases[i].name);
        netboot_query_add(&query, cases[i].option.code,
                          guarded_copy(&pages[0], cases[i].option.data, cases[i].option.size), cases[i].option.size);
        netboot_client_parse(&query, &client);
        assert_int_equal(netboot_client_requested(&client, cases[i].code), cases[i].requested);
    }
}

static void a_query_takes_what_it_wants_and_has_room_for(void **state)
{
    struct netboot_query query = {.size = sizeof(query), .family = NETBOOT_V6};

    (void)state;
    netboot_query_add(&query, 82, "x", 1);
    assert_int_equal(query.option_count, 0);
    for (unsigned i = 0; i < NETBOOT_QUERY_OPTIONS_MAX + 5; i++)
        netboot_query_add(&query, 16, "x", 1);
    assert_int_equal(query.option_count, NETBOOT_QUERY_OPTIONS_MAX);
    for (int family = 4; family <= 6; family += 2)
        for (const uint16_t *code = netboot_query_options((enum netboot_family)family); *code; code++)
            assert_true(*code < 256);
}

/* However many options of one code a client sends, and in which order: it pushes none of its other facts out. */
static void no_fact_is_pushed_out(void **state)
{
    static const uint8_t values[] = {0, 4, 'i', 'P', 'X', 'E', 0, 7};

    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        const uint16_t *codes = netboot_query_options((enum netboot_family)family);
        for (const uint16_t *often = codes; *often; often++) {
            struct netboot_query query = {.size = sizeof(query), .family = (enum netboot_family)family};
            unsigned found = 0, wanted = 0;
            for (unsigned i = 0; i < 40; i++)
                netboot_query_add(&query, *often, values + 6, 2);
            for (const uint16_t *code = codes; *code; code++, wanted++)
                for (unsigned i = 0; i < 40; i++)
                    netboot_query_add(&query, *code, values, sizeof(values));
            assert_int_equal(query.option_count, NETBOOT_QUERY_OPTIONS_MAX);
            for (const uint16_t *code = codes; *code; code++) {
                unsigned i = 0;
                while (i < query.option_count && query.options[i].code != *code)
                    i++;
                found += i < query.option_count;
            }
            assert_int_equal(found, wanted);
            assert_int_equal(query.options[0].code, *often); /* the first one of a code stays */
            assert_int_equal(query.options[0].data.size, 2);
        }
    }
}

static void bootp_is_told_apart(void **state)
{
    struct netboot_query query = {.size = sizeof(query), .family = NETBOOT_V4, .message_type = 0};
    struct netboot_client client;

    (void)state;
    netboot_client_parse(&query, &client);
    assert_true(client.bootp);
    query.message_type = 1;
    netboot_client_parse(&query, &client);
    assert_false(client.bootp);
}

static void stages_have_names(void **state)
{
    static const char *const names[] = {"none", "PXE", "HTTP", "iPXE", NULL, NULL};

    (void)state;
    for (unsigned i = 0; i < COUNT(names); i++) {
        const char *name = netboot_stage_name((enum netboot_stage)i);
        if (!names[i])
            assert_null(name);
        else
            assert_string_equal(name, names[i]);
    }
    assert_null(netboot_stage_name((enum netboot_stage) - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stage_and_platform),
        cmocka_unit_test(every_option_cut_anywhere),
        cmocka_unit_test(identity),
        cmocka_unit_test(the_first_address_that_is_set_counts),
        cmocka_unit_test(what_it_asked_for),
        cmocka_unit_test(a_query_takes_what_it_wants_and_has_room_for),
        cmocka_unit_test(no_fact_is_pushed_out),
        cmocka_unit_test(bootp_is_told_apart),
        cmocka_unit_test(stages_have_names),
    };

    return cmocka_run_group_tests(tests, make_pages, free_pages);
}
