/* SPDX-License-Identifier: MPL-2.0 */
/* The boot menu: iPXE scripts made of the targets. */
#include "command.h"
#include "ipxe.h"
#include "place.h"
#include "table.h"

#include "common/bytes.h"

#include <stdlib.h>
#include <string.h>

#define TIMEOUT_SECONDS 10
#define TIMEOUT_MAX 86400

/* clang-format off */
const struct option_row menu_options[] = {
    {.name = "output", .value = "DIR", .help = "the data root: writes the menu and the targets' scripts there",
     .completion = COMPLETE_DIRECTORY},
    {.name = "default", .value = "NAME", .help = "the target that is booted after the timeout (default: the machine's "
         "own disk)", .completion = COMPLETE_TARGET},
    {.name = "timeout", .value = "SECONDS", .help = "until then; 0: the menu waits (default: 10)"},
    {0},
};
/* clang-format on */

/* One target, as far as scripts are made of it. */
struct entry {
    char name[NETBOOT_NAME_MAX + 1];
    struct netboot_target target; /* points into the view */
};

struct menu {
    struct entry *entries;
    size_t count, room;
    const char *fallback; /* --default */
    unsigned timeout;
};

/* ---- The targets ------------------------------------------------------------------------------------------------ */

static int entry_collect(enum table table, const void *record, void *user)
{
    const struct netboot_target *target = record;
    struct menu *menu = user;

    (void)table;
    if (menu->count == menu->room) {
        size_t room = menu->room ? 2 * menu->room : 16;
        struct entry *entries = realloc(menu->entries, room * sizeof(*entries));
        if (!entries)
            return 1;
        menu->entries = entries;
        menu->room = room;
    }
    struct entry *entry = &menu->entries[menu->count++];
    entry->target = *target;
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

/* Whether iPXE boots the target's kernel by the script that is written here. */
static bool has_kernel_script(const struct entry *entry)
{
    const struct netboot_target *target = &entry->target;

    return target->kind == NETBOOT_KIND_BOOT && target->script.size == 0 && target->kernel.size > 0;
}

static bool is_shown(const struct entry *entry)
{
    const struct netboot_target *target = &entry->target;
    bool boots = target->script.size > 0 || target->kernel.size > 0 || target->files.count > 0;

    return target->order > 0 && (target->kind == NETBOOT_KIND_LOCAL || (target->kind == NETBOOT_KIND_BOOT && boots));
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
    return failed("target %s has {site} in its script or files, and the menu is one for all sites: take the target out "
                  "of it (netbootctl target set %s --no-order), or make one for each site",
                  entry->name, entry->name);
}

static int menu_check(const struct menu *menu)
{
    bool found = !menu->fallback;
    size_t shown = 0;
    int code = DONE;

    for (size_t i = 0; code == DONE && i < menu->count; i++) {
        const struct entry *entry = &menu->entries[i];
        if (!is_shown(entry)) {
            if (entry->target.order > 0)
                note("target %s is not in the menu: it boots nothing", entry->name);
            continue;
        }
        shown++;
        found = found || strcmp(entry->name, menu->fallback) == 0;
        code = sites_check(entry);
    }
    if (code == DONE && !found)
        return failed("target %s is not in the menu, so it cannot be its default: netbootctl target set %s --order 10",
                      menu->fallback, menu->fallback);
    if (code == DONE && shown == 0)
        note("no target is in the menu: netbootctl target set NAME --order 10 puts one there");
    return code;
}

/* ---- The menu's script. Its own labels begin with a slash, which no target's name has. ----------------------------
 */

static const char menu_head[] =
    "#!ipxe\n"
    "# netboot: the menu of the targets. Written by \"netbootctl menu\": what is changed here is gone the next time.\n"
    "\n"
    "# This machine's own script, and the site's settings: as in script.ipxe.\n"
    "chain --autofree script.ipxe-${mac:hexhyp} && exit ||\n"
    "isset ${next-server} && chain --autofree tftp://${next-server}/script.ipxe-${mac} && exit ||\n"
    "chain --autofree settings.ipxe ||\n"
    "isset ${menu-title} || set menu-title netboot\n"
    "set netboot-menu yes\n";

static const char menu_tail[] =
    "\n"
    ":/config\n"
    "config\n"
    "goto /menu\n"
    "\n"
    ":/shell\n"
    "echo Type \"exit\" to come back to the menu.\n"
    "shell\n"
    "goto /menu\n"
    "\n"
    ":/local\n"
    "imgfree\n"
    "chain --autofree local.ipxe ||\n"
    "exit\n"
    "\n"
    ":/reboot\n"
    "reboot\n"
    "\n"
    ":/failed\n"
    "echo\n"
    "echo ${selected} did not boot: ${errno} (https://ipxe.org/${errno} says what that is)\n"
    ":/pause\n"
    "prompt --timeout 30000 Any key for the menu... ||\n"
    "goto /menu\n";

static bool is_image(struct netboot_bytes path)
{
    return path.size > 4 && memcmp(path.data + path.size - 4, ".iso", 4) == 0;
}

static uint16_t platform_of(struct netboot_bytes item)
{
    return (uint16_t)(item.data[0] << 8 | item.data[1]);
}

/* Whether there is nothing but a file for each platform. */
static bool by_files(const struct entry *entry)
{
    const struct netboot_target *target = &entry->target;

    return target->kind == NETBOOT_KIND_BOOT && target->script.size == 0 && target->kernel.size == 0;
}

static void item_line_print(FILE *file, const struct entry *entry)
{
    struct netboot_bytes text = entry->target.description;

    fprintf(file, "item %s ", entry->name);
    if (text.size > 0)
        ipxe_text_print(file, text);
    else
        fputs(entry->name, file);
    fputs(" ||\n", file); /* never last: the operator's words */
}

static void item_print(FILE *file, const struct entry *entry)
{
    const struct netboot_list *files = &entry->target.files;

    if (!by_files(entry)) {
        item_line_print(file, entry);
        return;
    }
    for (size_t i = 0; i < files->count; i++) {
        fprintf(file, "iseq ${netboot-platform} %s && ", netboot_platform_name(platform_of(files->items[i])));
        item_line_print(file, entry);
    }
}

static void menu_items_print(FILE *file, const struct menu *menu)
{
    fprintf(file,
            "set netboot-timeout %u\n"
            "set netboot-default %s\n"
            "\n"
            ":/menu\n"
            "menu ${menu-title}: ${mac} ${platform} ${buildarch}\n",
            menu->timeout * 1000, menu->fallback ? menu->fallback : "/local");
    for (size_t i = 0; i < menu->count; i++)
        if (is_shown(&menu->entries[i]))
            item_print(file, &menu->entries[i]);
    fputs("item --gap -- This machine\n"
          "item --key c /config Configuration of iPXE\n"
          "item --key i /shell Shell of iPXE\n"
          "item --key l /local Next boot device (its own disk)\n"
          "item --key r /reboot Reboot\n"
          "choose --timeout ${netboot-timeout} --default ${netboot-default} selected || goto /local\n"
          "set netboot-timeout 0\n"
          "set netboot-default ${selected}\n"
          "clear netboot-step\n"
          "goto ${selected} || goto /failed\n",
          file);
}

/* A file: a program, or a disk image that iPXE presents as a drive. */
static void file_entry_print(FILE *file, struct netboot_bytes path, const char *name)
{
    fputs(is_image(path) ? "sanboot --no-describe " : "chain --autofree ", file);
    ipxe_file_print(file, path, "./", name);
    fputs(" || goto /failed\ngoto /menu\n", file);
}

static void files_entry_print(FILE *file, const struct entry *entry)
{
    const struct netboot_list *files = &entry->target.files;

    fprintf(file, "goto %s/${netboot-platform} || goto /failed\n", entry->name);
    for (size_t i = 0; i < files->count; i++) {
        fprintf(file, ":%s/%s\n", entry->name, netboot_platform_name(platform_of(files->items[i])));
        file_entry_print(file, bytes_after(files->items[i], 2), entry->name);
    }
}

static void entry_print(FILE *file, const struct entry *entry)
{
    fprintf(file, "\n:%s\nimgfree\n", entry->name);
    if (entry->target.kind == NETBOOT_KIND_LOCAL)
        fputs("goto /local\n", file);
    else if (by_files(entry))
        files_entry_print(file, entry);
    else if (entry->target.script.size > 0)
        file_entry_print(file, entry->target.script, entry->name);
    else /* the script says itself what failed */
        fprintf(file, "chain --autofree targets/%s.ipxe || isset ${netboot-step} && goto /pause || goto /failed\n",
                entry->name);
}

static void menu_print(FILE *file, const struct menu *menu)
{
    fputs(menu_head, file);
    ipxe_platform_print(file);
    menu_items_print(file, menu);
    for (size_t i = 0; i < menu->count; i++)
        if (is_shown(&menu->entries[i]))
            entry_print(file, &menu->entries[i]);
    fputs(menu_tail, file);
}

/* ---- The script of a kernel ------------------------------------------------------------------------------------- */

/* Images have names of their own: UEFI kernels look initrds up by what their command line says. */
static void kernel_print(FILE *file, const struct entry *entry)
{
    const struct netboot_target *target = &entry->target;

    fputs("imgfree\nset netboot-step the kernel\nkernel --name kernel ", file);
    ipxe_file_print(file, target->kernel, "../", entry->name);
    fputs(" || goto failed\n", file);
    for (size_t i = 0; i < target->initrds.count; i++) {
        fprintf(file, "set netboot-step initrd %zu\ninitrd --name initrd%zu ", i + 1, i + 1);
        ipxe_file_print(file, target->initrds.items[i], "../", entry->name);
        fputs(" || goto failed\n", file);
    }
    fputs("set netboot-step the start of the kernel\nimgargs kernel", file);
    for (size_t i = 0; i < target->initrds.count; i++)
        fprintf(file, " initrd=initrd%zu", i + 1);
    fputc(' ', file);
    ipxe_command_line_print(file, target->command_line, entry->name);
    fputs(" ${kernel-options} || goto failed\nboot || goto failed\n", file);
}

static void kernel_script_print(FILE *file, const struct entry *entry)
{
    fprintf(file,
            "#!ipxe\n"
            "# netboot: the target %s. Written by \"netbootctl menu\": what is changed here is gone the next time.\n"
            "isset ${netboot-menu} || chain --autofree ../settings.ipxe ||\n",
            entry->name);
    ipxe_platform_print(file);
    kernel_print(file, entry);
    fprintf(file,
            "\n"
            ":failed\n"
            "echo\n"
            "echo %s: ${netboot-step} failed: ${errno} (https://ipxe.org/${errno} says what that is)\n"
            "isset ${netboot-menu} || prompt --timeout 30000 Any key goes on to the next boot device... ||\n"
            "exit 1\n",
            entry->name);
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
static int menu_place(const struct menu *menu, const char *directory)
{
    struct place place;
    int code = place_open(&place, directory);

    for (size_t i = 0; code == DONE && i < menu->count; i++) {
        if (!has_kernel_script(&menu->entries[i]))
            continue;
        code = place_directory(&place, "targets");
        if (code == DONE)
            code = place_kernel_script(&place, &menu->entries[i]);
    }
    if (code == DONE)
        code = place_menu(&place, menu);
    place_close(&place);
    return code;
}

static int timeout_parse(const char *text, unsigned *ret)
{
    char *end;

    if (!text)
        return DONE;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || value > TIMEOUT_MAX)
        return misused("--timeout is seconds from 0 to %d, not `%s`", TIMEOUT_MAX, text);
    *ret = (unsigned)value;
    return DONE;
}

int menu_run(struct session *session)
{
    const struct arguments *arguments = session->arguments;
    const char *output = option_value(arguments, "output");
    struct menu menu = {.fallback = option_value(arguments, "default"), .timeout = TIMEOUT_SECONDS};
    int code = timeout_parse(option_value(arguments, "timeout"), &menu.timeout);

    if (code == DONE && menu.fallback && !netboot_name_valid(menu.fallback))
        code = misused("--default: `%s` is no name of a target", menu.fallback);
    if (code == DONE)
        code = session_view(session);
    if (code != DONE)
        return code;
    int status = table_each(session->view, TABLE_TARGET, entry_collect, &menu);
    if (status != 0)
        code = status < 0 ? failed("the targets cannot all be read: a record is damaged") : failed("out of memory");
    if (menu.count > 0)
        qsort(menu.entries, menu.count, sizeof(*menu.entries), entry_compare);
    if (code == DONE)
        code = menu_check(&menu);
    if (code == DONE && output)
        code = menu_place(&menu, output);
    else if (code == DONE)
        menu_print(stdout, &menu);
    free(menu.entries);
    return code;
}
