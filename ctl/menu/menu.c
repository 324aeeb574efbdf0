/* SPDX-License-Identifier: MPL-2.0 */
/* The boot menu: iPXE scripts made of the targets. */
#include "menu.h"
#include "commands.h"
#include "frame/identity.h"
#include "place.h"
#include "json/record/json.h"

#include "common/base/bytes.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_SECONDS 10
#define TIMEOUT_MAX 86400

/* clang-format off */
static const struct option_row menu_options[] = {
    {.name = "output", .value = "DIR", .help = "the data root: write the menu and the targets' scripts there",
     .completion = COMPLETE_DIRECTORY},
    {.name = "default", .value = "NAME", .help = "target that boots after the timeout (default: the machine's own disk)", .completion = COMPLETE_TARGET},
    {.name = "timeout", .value = "SECONDS", .help = "how long the menu waits; 0: for ever (default: 10)"},
    {0},
};
/* clang-format on */

/* ---- The targets ------------------------------------------------------------------------------------------------ */

static int entry_collect(const struct netboot_record *record, void *user)
{
    const struct netboot_target *target = &record->target;
    struct menu *menu = user;

    if (menu->count == menu->room) {
        size_t room = menu->room ? 2 * menu->room : 16;
        struct entry *entries = realloc(menu->entries, room * sizeof(*entries));
        if (!entries)
            return 1;
        menu->entries = entries;
        menu->room = room;
    }
    struct entry *entry = &menu->entries[menu->count++];
    *entry = (struct entry){.target = *target};
    memcpy(entry->name, target->name.data, target->name.size);
    entry->name[target->name.size] = '\0';
    return 0;
}

static int entry_compare(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;

    if (left->target.order != right->target.order)
        return left->target.order < right->target.order ? -1 : 1;
    return strcmp(left->name, right->name);
}

/* A kernel that is there says where it can work; one elsewhere is shown everywhere. */
static void image_read(struct entry *entry, const char *root)
{
    struct netboot_bytes kernel = entry->target.kernel;
    char path[PATH_MAX];

    if (!entry_has_kernel_script(entry) || memchr(kernel.data, '{', kernel.size) ||
        memmem(kernel.data, kernel.size, "://", 3))
        return;
    int size = snprintf(path, sizeof(path), "%s/%.*s", root, (int)kernel.size, (const char *)kernel.data);
    if (size > 0 && (size_t)size < sizeof(path))
        kernel_image_read(path, &entry->image);
    if (entry->image.closed)
        note("%s cannot be read%s: its target is shown everywhere", path, identity_note(EACCES));
}

static bool has_site(struct netboot_bytes path)
{
    return path.size > 0 && memmem(path.data, path.size, "{site}", 6);
}

/* What a script for all sites cannot say. */
static int sites_check(const struct entry *entry)
{
    bool found = has_site(entry->target.script);

    for (size_t i = 0; i < entry->target.files.count; i++)
        found = found || has_site(entry->target.files.items[i]);
    if (!found)
        return DONE;
    return failed("target %s has {site} in its script or files, but one menu serves all sites: remove the target from "
                  "the menu (netbootctl target set %s --no-order), or make a target for each site",
                  entry->name, entry->name);
}

static int menu_check(const struct menu *menu)
{
    bool found = !menu->fallback;
    size_t shown = 0;
    int code = DONE;

    for (size_t i = 0; code == DONE && i < menu->count; i++) {
        const struct entry *entry = &menu->entries[i];
        if (!entry_is_shown(entry)) {
            if (entry->target.order > 0)
                note("target %s is not in the menu: it boots nothing", entry->name);
            continue;
        }
        shown++;
        found = found || strcmp(entry->name, menu->fallback) == 0;
        code = sites_check(entry);
    }
    if (code == DONE && !found)
        return failed(
            "target %s is not in the menu, so it cannot be its default: run netbootctl target set %s --order 10",
            menu->fallback, menu->fallback);
    if (code == DONE && shown == 0)
        note("no target is in the menu: add one with netbootctl target set NAME --order 10");
    return code;
}

/* ---- Into files ------------------------------------------------------------------------------------------------- */

static int place_menu(struct place *place, const struct menu *menu)
{
    FILE *file = place_begin(place);

    if (!file)
        return FAILED;
    menu_print(file, menu);
    return place_end(place, "menu.ipxe");
}

static int place_kernel_script(struct place *place, const struct entry *entry)
{
    char name[sizeof("targets/.ipxe") + NETBOOT_NAME_MAX];
    FILE *file = place_begin(place);

    if (!file)
        return FAILED;
    kernel_script_print(file, entry);
    snprintf(name, sizeof(name), "targets/%s.ipxe", entry->name);
    return place_end(place, name);
}

/* The menu last: what it names is there then. */
static int menu_place(const struct menu *menu, struct place *place)
{
    int code = DONE;

    for (size_t i = 0; code == DONE && i < menu->count; i++) {
        if (!entry_has_kernel_script(&menu->entries[i]))
            continue;
        code = place_targets(place);
        if (code == DONE)
            code = place_kernel_script(place, &menu->entries[i]);
    }
    return code == DONE ? place_menu(place, menu) : code;
}

static int timeout_parse(const char *text, unsigned *ret)
{
    char *end;

    if (!text)
        return DONE;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || value > TIMEOUT_MAX)
        return misused("--timeout: give seconds from 0 to %d, not `%s`", TIMEOUT_MAX, text);
    *ret = (unsigned)value;
    return DONE;
}

/* `place`: NULL for standard output. */
static int menu_make(struct session *session, struct menu *menu, struct place *place)
{
    int code = session_view(session);

    if (code != DONE)
        return code;
    int status = netboot_view_each(session->view, NETBOOT_RECORD_TARGET, NULL, entry_collect, menu, NULL);
    if (status != 0)
        code = status < 0 ? failed("cannot read all targets: a record is damaged") : failed("out of memory");
    if (menu->count > 0)
        qsort(menu->entries, menu->count, sizeof(*menu->entries), entry_compare);
    for (size_t i = 0; code == DONE && place && i < menu->count; i++)
        image_read(&menu->entries[i], place->path);
    if (code == DONE)
        code = menu_check(menu);
    if (code == DONE && place)
        code = menu_place(menu, place);
    else if (code == DONE)
        menu_print(stdout, menu);
    free(menu->entries);
    return code;
}

static int menu_run(struct session *session)
{
    const struct arguments *arguments = session->arguments;
    const char *output = option_value(arguments, "output");
    struct menu menu = {.fallback = option_value(arguments, "default"), .timeout = TIMEOUT_SECONDS};
    struct place place = {.publish = PUBLISH_CLOSED};
    int code = timeout_parse(option_value(arguments, "timeout"), &menu.timeout);

    if (code == DONE && menu.fallback && !netboot_name_valid(menu.fallback))
        code = misused("--default: `%s` cannot be the name of a target", menu.fallback);
    if (code == DONE && output)
        code = place_open(&place, output);
    if (code == DONE)
        code = menu_make(session, &menu, output ? &place : NULL);
    place_close(&place);
    return code;
}

/* clang-format off */
const struct command menu_commands[] = {
    {.group = "menu", .run = menu_run, .options = menu_options, .summary = "write the boot menu from the targets",
     .details =
         "Writes an iPXE script with a menu of the targets that have an --order. It shows each target where it can work,\n"
         "and says what failed. Without --output it goes to standard output; with it, to DIR/menu.ipxe, and for each\n"
         "target with a kernel to DIR/targets/NAME.ipxe: DIR is the data root that TFTP and HTTP serve. Run it again when\n"
         "targets or kernels change; files that are up to date are not touched. A kernel below DIR is shown where its\n"
         "file says that it works (64 bits, BIOS, UEFI of which processor). On a machine where the default cannot work,\n"
         "the default is its own disk. To give machines the menu:\n"
         "\n"
         "  netbootctl menu --output /srv/tftp && netbootctl target set default --script menu.ipxe\n"
         "\n"
         "As script.ipxe does, it runs a machine's own script first, and settings.ipxe beside it."},
    {0},
};
/* clang-format on */
