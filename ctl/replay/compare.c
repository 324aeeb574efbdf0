/* SPDX-License-Identifier: MPL-2.0 */
#include "compare.h"

#include "common/base/bytes.h"
#include "common/dhcp/codes.h"

#include <stdio.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Boot programs by their names */

/* The part after the last slash, without what a URL has behind its path. Returns `name`. */
static const char *last_part(const char *file, char *name, size_t size)
{
    size_t end = strcspn(file, "?#");
    size_t start = end;

    while (start > 0 && file[start - 1] != '/')
        start--;
    snprintf(name, size, "%.*s", (int)(end - start), file + start);
    return name;
}

static bool has_suffix(const char *name, const char *const *suffixes)
{
    const char *dot = strrchr(name, '.');

    for (; dot && *suffixes; suffixes++)
        if (strcasecmp(dot + 1, *suffixes) == 0)
            return true;
    return false;
}

static bool has_prefix(const char *name, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (strncasecmp(name, *prefixes, strlen(*prefixes)) == 0)
            return true;
    return false;
}

/* The suffixes of programs that a BIOS can run, of those that only EFI can, and of scripts. */
static const char *const bios_suffixes[] = {"kpxe", "kkpxe", "kkkpxe", "pxe", "0", "n12", "com", NULL};
static const char *const efi_suffixes[] = {"efi", NULL};
static const char *const script_suffixes[] = {"ipxe", NULL};
static const char *const ipxe_names[] = {"ipxe", "undionly", "snp", NULL};

static bool is_loader_of_store(const struct loaders *loaders, const char *name, bool bios)
{
    for (unsigned i = 0; i < loaders->count; i++)
        if (strcmp(loaders->items[i].name, name) == 0 && (!bios || loaders->items[i].platform == 0))
            return true;
    return false;
}

static bool is_bios_loader(const struct loaders *loaders, const char *file)
{
    char name[256];

    last_part(file, name, sizeof(name));
    return is_loader_of_store(loaders, name, true) || has_suffix(name, bios_suffixes);
}

/* Whether the file loads iPXE, or is the store's loader of any platform. */
static bool is_loader(const struct loaders *loaders, const char *file)
{
    char name[256];

    last_part(file, name, sizeof(name));
    return is_loader_of_store(loaders, name, false) ||
           (has_prefix(name, ipxe_names) && (has_suffix(name, bios_suffixes) || has_suffix(name, efi_suffixes)));
}

static bool is_boot_program(const struct loaders *loaders, const char *file)
{
    char name[256];

    last_part(file, name, sizeof(name));
    return is_loader(loaders, file) || has_suffix(name, bios_suffixes) || has_suffix(name, efi_suffixes) ||
           has_suffix(name, script_suffixes);
}

static int loader_add(const struct netboot_record *record, void *user)
{
    const struct netboot_loader *loader = &record->loader;
    struct loaders *loaders = user;
    char file[NETBOOT_FILE_SIZE];

    if (loaders->count == LOADERS_MAX)
        return 1;
    snprintf(file, sizeof(file), "%.*s", (int)loader->file.size, (const char *)loader->file.data);
    loaders->items[loaders->count].platform = loader->platform;
    last_part(file, loaders->items[loaders->count].name, sizeof(loaders->items[0].name));
    loaders->count++;
    return 0;
}

int loaders_read(struct netboot_view *view, struct loaders *ret, struct netboot_error *error)
{
    *ret = (struct loaders){.count = 0};
    int status = netboot_view_each(view, NETBOOT_RECORD_LOADER, NULL, loader_add, ret, error);
    return status < 0 ? status : 0;
}

/* ---- Evaluation */

/* Removes the server's own boot fields except siaddr: a server without boot fields may still set that. */
static void clear_old_fields(struct boot_fields *fields)
{
    for (unsigned i = 0; i < fields->count; i++)
        if (fields->items[i].field != NETBOOT_FIELD_SIADDR)
            fields->items[i].present = false;
}

/* Servers give files to telephones and the like, too. The answer to an ordinary client is left alone, unless its file
 * is certainly a boot program: then it was the old server's mistake. */
static bool is_left_alone(const struct evaluation *evaluation, const struct loaders *loaders)
{
    char file[FIELD_TEXT_SIZE];

    return evaluation->client.stage == NETBOOT_STAGE_NONE &&
           !is_boot_program(loaders, fields_meaning(&evaluation->captured, MEANING_FILE, file));
}

int evaluate(struct netboot_view *view, const struct loaders *loaders, const struct exchange *exchange, int existing,
             struct evaluation *ret, struct netboot_error *error)
{
    struct netboot_policy policy;

    exchange_query(exchange, &ret->query);
    ret->query.reply_has_boot_file = ret->query.reply_has_boot_file && existing != EXISTING_GONE;
    if (existing != EXISTING_GONE)
        ret->query.existing_boot_file = (enum netboot_existing_boot_file)existing;
    netboot_client_parse(&ret->query, &ret->client);
    int status = netboot_view_policy(view, &ret->client, &policy, error);
    if (status)
        return status;
    netboot_decide(&ret->query, &ret->client, &policy, &ret->decision);
    netboot_answer_encode(&ret->client, &ret->decision, &ret->answer);
    ret->has_captured = exchange->answer != NULL;
    fields_clear(ret->query.family, &ret->captured);
    if (exchange->answer)
        ret->captured = exchange->answer->packet.fields;
    ret->ours = ret->captured;
    if (existing == EXISTING_GONE && !is_left_alone(ret, loaders))
        clear_old_fields(&ret->ours);
    fields_edit(&ret->ours, &ret->answer);
    return 0;
}

/* ---- The traits of a difference */

enum trait {
    STAGE_NONE = 1 << 0,
    STAGE_PXE = 1 << 1,
    STAGE_HTTP = 1 << 2,
    STAGE_IPXE = 1 << 3,
    OLD_NO_FILE = 1 << 4,
    OLD_BIOS_LOADER = 1 << 5,
    OLD_LOADER = 1 << 6,
    OLD_HTTP = 1 << 7,   /* an http or https URL */
    OLD_NAME = 1 << 8,   /* a file that is no URL */
    OLD_IS_CUT = 1 << 9, /* the beginning of our file, cut at the end of the field */
    NEW_NO_FILE = 1 << 10,
    NEW_FILE = 1 << 11,
    NEW_HTTP = 1 << 12,
    NEW_NAME = 1 << 13,
    OLD_NO_CLASS = 1 << 14,
    OLD_PXE_CLASS = 1 << 15,
    OLD_HTTP_CLASS = 1 << 16,
    NEW_NO_CLASS = 1 << 17,
    NEW_HTTP_CLASS = 1 << 18,
    ARCH_EBC = 1 << 19,    /* EFI byte code, which some x64 firmware sends */
    ARCH_LIST = 1 << 20,   /* several types */
    NOT_BIOS = 1 << 21,    /* an architecture type that is not x86 BIOS */
    CLASS_ITEMS = 1 << 22, /* the user class is in RFC 3004's form, or not alone */
    NO_USER_CLASS = 1 << 23,
    NOT_ASKED = 1 << 24, /* DHCPv6: the client does not ask for the boot file */
    NEW_NO_PARAMETERS = 1 << 25,
    OLD_NO_SERVER = 1 << 26
};

#define BIT(meaning) (1U << (meaning))
#define FILE_AND_CLASS (BIT(MEANING_FILE) | BIT(MEANING_VENDOR_CLASS))
#define FILE_AND_SERVER (BIT(MEANING_FILE) | BIT(MEANING_SERVER))
#define ALL (FILE_AND_CLASS | FILE_AND_SERVER | BIT(MEANING_PARAMETERS))

/* A difference in one of `meanings`, with all of `traits`, is an improvement; the first row that applies names it. */
static const struct improvement_row {
    struct improvement improvement;
    unsigned meanings;
    unsigned traits;
} improvements[] = {
    {{"plain-host", "an ordinary client gets no boot file"},                                                ALL,               STAGE_NONE | NEW_NO_FILE                },
    {{"ipxe-class-items", "iPXE is recognized by its user class in the form of RFC 3004, or among others"},
     ALL,                                                                                                                      STAGE_IPXE | CLASS_ITEMS | OLD_LOADER   },
    {{"ipxe-option-175", "iPXE without a user class is recognized by its option 175"},
     ALL,                                                                                                                      STAGE_IPXE | NO_USER_CLASS | OLD_LOADER },
    {{"no-second-loader", "iPXE does not get a loader again"},                                              ALL,               STAGE_IPXE | OLD_LOADER                 },
    {{"http-gets-url", "an HTTP client gets a URL"},                                                        FILE_AND_SERVER,   STAGE_HTTP | OLD_NAME | NEW_HTTP        },
    {{"http-gets-no-name", "an HTTP client does not get a TFTP name, which it cannot load"},
     ALL,                                                                                                                      STAGE_HTTP | OLD_NAME | NEW_NO_FILE     },
    {{"pxe-gets-name", "a PXE client gets a name that it can load by TFTP, not a URL"},
     FILE_AND_SERVER,                                                                                                          STAGE_PXE | OLD_HTTP | NEW_NAME         },
    {{"pxe-gets-no-url", "a PXE client does not get a URL, which it cannot load"},
     ALL,                                                                                                                      STAGE_PXE | OLD_HTTP | NEW_NO_FILE      },
    {{"arch-9-is-x64", "architecture type 9 or 17 (EFI byte code) is served as x64"},
     FILE_AND_SERVER,                                                                                                          ARCH_EBC | OLD_BIOS_LOADER | NEW_FILE   },
    {{"arch-9-is-x64", "architecture type 9 or 17 (EFI byte code) is served as x64"},
     FILE_AND_SERVER,                                                                                                          ARCH_EBC | OLD_NO_FILE | NEW_FILE       },
    {{"arch-list", "the first known one of several architecture types counts"},
     FILE_AND_SERVER,                                                                                                          ARCH_LIST | OLD_BIOS_LOADER | NEW_FILE  },
    {{"arch-list", "the first known one of several architecture types counts"},
     FILE_AND_SERVER,                                                                                                          ARCH_LIST | OLD_NO_FILE | NEW_FILE      },
    {{"platform-loader", "the client gets the loader of its platform instead of the one for BIOS"},
     FILE_AND_SERVER,                                                                                                          NOT_BIOS | OLD_BIOS_LOADER | NEW_FILE   },
    {{"no-bios-loader", "the client's platform has no loader, and it does not get the one for BIOS"},
     ALL,                                                                                                                      NOT_BIOS | OLD_BIOS_LOADER | NEW_NO_FILE},
    {{"not-asked-for", "the boot file is sent even if the client does not ask for it"},
     FILE_AND_CLASS,                                                                                                           NOT_ASKED | OLD_NO_FILE | NEW_FILE      },
    {{"whole-name", "a long name is sent whole"},                                                           BIT(MEANING_FILE), OLD_IS_CUT                              },
    {{"http-class", "an HTTP client gets HTTPClient; without it, it does not accept the reply"},
     BIT(MEANING_VENDOR_CLASS),
     STAGE_HTTP | OLD_NO_CLASS | NEW_HTTP_CLASS                                                                                                                        },
    {{"no-http-class", "only an HTTP client gets HTTPClient"},
     BIT(MEANING_VENDOR_CLASS),
     STAGE_IPXE | OLD_HTTP_CLASS | NEW_NO_CLASS                                                                                                                        },
    {{"no-http-class", "only an HTTP client gets HTTPClient"},
     BIT(MEANING_VENDOR_CLASS),
     STAGE_PXE | OLD_HTTP_CLASS | NEW_NO_CLASS                                                                                                                         },
    {{"no-pxe-class", "PXEClient is not echoed: it would make clients ask a boot server"},
     BIT(MEANING_VENDOR_CLASS),
     OLD_PXE_CLASS | NEW_NO_CLASS                                                                                                                                      },
    {{"next-server", "iPXE gets the next server beside its URL: scripts use it"},
     BIT(MEANING_SERVER),
     STAGE_IPXE | OLD_NO_SERVER                                                                                                                                        },
    {{"no-parameters", "there are no boot file parameters: firmware would take them for the file's size"},
     BIT(MEANING_PARAMETERS),
     NEW_NO_PARAMETERS                                                                                                                                                 },
};

const struct improvement *improvement_get(unsigned index)
{
    return index < COUNT(improvements) ? &improvements[index].improvement : NULL;
}

static bool is_http(const char *file)
{
    return strncmp(file, "http://", 7) == 0 || strncmp(file, "https://", 8) == 0;
}

static unsigned if_trait(bool condition, enum trait trait)
{
    return condition ? trait : 0;
}

static unsigned file_traits(const struct loaders *loaders, const char *old, const char *new)
{
    size_t size = strlen(old);

    return if_trait(!old[0], OLD_NO_FILE) | if_trait(!new[0], NEW_NO_FILE) | if_trait(new[0], NEW_FILE) |
           if_trait(is_http(old), OLD_HTTP) | if_trait(old[0] && !is_http(old), OLD_NAME) |
           if_trait(is_http(new), NEW_HTTP) | if_trait(new[0] && !is_http(new), NEW_NAME) |
           if_trait(old[0] && is_bios_loader(loaders, old), OLD_BIOS_LOADER) |
           if_trait(old[0] && is_loader(loaders, old), OLD_LOADER) |
           if_trait(size >= 127 && strlen(new) > size && strncmp(old, new, size) == 0, OLD_IS_CUT);
}

static unsigned class_traits(const char *old, const char *new)
{
    return if_trait(!old[0], OLD_NO_CLASS) | if_trait(!new[0], NEW_NO_CLASS) |
           if_trait(strncmp(old, "PXEClient", 9) == 0, OLD_PXE_CLASS) |
           if_trait(strncmp(old, "HTTPClient", 10) == 0, OLD_HTTP_CLASS) |
           if_trait(strncmp(new, "HTTPClient", 10) == 0, NEW_HTTP_CLASS);
}

static const struct netboot_bytes *query_option(const struct netboot_query *query, uint16_t code)
{
    for (unsigned i = 0; i < query->option_count; i++)
        if (query->options[i].code == code)
            return &query->options[i].data;
    return NULL;
}

static unsigned client_traits(const struct evaluation *evaluation)
{
    static const unsigned stages[] = {[NETBOOT_STAGE_NONE] = STAGE_NONE,
                                      [NETBOOT_STAGE_PXE] = STAGE_PXE,
                                      [NETBOOT_STAGE_HTTP] = STAGE_HTTP,
                                      [NETBOOT_STAGE_IPXE] = STAGE_IPXE};
    const struct netboot_client *client = &evaluation->client;
    bool v4 = client->family == NETBOOT_V4;
    const struct netboot_bytes *archs = query_option(&evaluation->query, v4 ? DHCP4_CLIENT_ARCH : DHCP6_CLIENT_ARCH);
    const struct netboot_bytes *class = query_option(&evaluation->query, v4 ? DHCP4_USER_CLASS : DHCP6_USER_CLASS);
    bool alone =
        class && (v4 ? bytes_begin_with(*class, "iPXE") : class->size == 6 && memcmp(class->data, "\0\4iPXE", 6) == 0);

    return stages[client->stage] | if_trait(client->arch == 9 || client->arch == 17, ARCH_EBC) |
           if_trait(archs && archs->size > 2, ARCH_LIST) |
           if_trait(client->arch != NETBOOT_ARCH_NONE && client->platform != 0, NOT_BIOS) |
           if_trait(class && !alone, CLASS_ITEMS) | if_trait(!class, NO_USER_CLASS) |
           if_trait(!v4 && !netboot_client_requested(client, DHCP6_BOOT_FILE_URL), NOT_ASKED);
}

/* ---- Comparison */

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[VERDICT_COUNT] = {"same", "better", "different"};

    return names[verdict];
}

static const struct improvement *improvement_find(enum meaning meaning, unsigned traits)
{
    for (size_t i = 0; i < COUNT(improvements); i++)
        if ((improvements[i].meanings & BIT(meaning)) && (improvements[i].traits & ~traits) == 0)
            return &improvements[i].improvement;
    return NULL;
}

/* If one side has no file, a difference in its server does not count. */
static bool counts(const struct difference *file, const struct difference *difference)
{
    if (difference->meaning == MEANING_SERVER && (!file->captured[0] || !file->ours[0]))
        return false;
    return strcmp(difference->captured, difference->ours) != 0;
}

void compare(const struct evaluation *evaluation, const struct loaders *loaders, struct comparison *ret)
{
    struct difference *all = ret->differences;
    unsigned traits = client_traits(evaluation);

    for (unsigned i = 0; i < MEANING_COUNT; i++) {
        all[i].meaning = (enum meaning)i;
        fields_meaning(&evaluation->captured, all[i].meaning, all[i].captured);
        fields_meaning(&evaluation->ours, all[i].meaning, all[i].ours);
    }
    traits |= file_traits(loaders, all[MEANING_FILE].captured, all[MEANING_FILE].ours) |
              class_traits(all[MEANING_VENDOR_CLASS].captured, all[MEANING_VENDOR_CLASS].ours) |
              if_trait(!all[MEANING_PARAMETERS].ours[0], NEW_NO_PARAMETERS) |
              if_trait(!all[MEANING_SERVER].captured[0], OLD_NO_SERVER);
    ret->verdict = VERDICT_SAME;
    ret->count = 0;
    const struct difference file = all[MEANING_FILE];
    for (unsigned i = 0; i < MEANING_COUNT; i++) {
        if (!counts(&file, &all[i]))
            continue;
        struct difference *difference = &all[ret->count++];
        if (difference != &all[i])
            *difference = all[i];
        difference->because = improvement_find(difference->meaning, traits);
        enum verdict verdict = difference->because ? VERDICT_BETTER : VERDICT_DIFFERENT;
        if (verdict > ret->verdict)
            ret->verdict = verdict;
    }
}
