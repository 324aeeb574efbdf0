/* SPDX-License-Identifier: MPL-2.0 */
#include "bootfile/ipxe.h"
#include "menu.h"

#include "common/base/bytes.h"

#include <string.h>

bool entry_has_kernel_script(const struct entry *entry)
{
    const struct netboot_target *target = &entry->target;

    return target->kind == NETBOOT_KIND_BOOT && target->script.size == 0 && target->kernel.size > 0;
}

bool entry_is_shown(const struct entry *entry)
{
    const struct netboot_target *target = &entry->target;
    bool boots = target->script.size > 0 || target->kernel.size > 0 || target->files.count > 0;

    return target->order > 0 && (target->kind == NETBOOT_KIND_LOCAL || (target->kind == NETBOOT_KIND_BOOT && boots));
}

/* ---- The menu's script. Its own labels begin with a slash, which no target's name has. ----------------------------
 */

static const char menu_head[] =
    "#!ipxe\n"
    "# netboot: the menu of the targets. \"netbootctl menu\" wrote this file, and will overwrite it the next time.\n"
    "\n"
    "# This machine's own script, and the site's settings: as in script.ipxe.\n"
    "chain --autofree script.ipxe-${mac:hexhyp} && exit ||\n"
    "isset ${next-server} && chain --autofree tftp://${next-server}/script.ipxe-${mac} && exit ||\n"
    "chain --autofree settings.ipxe ||\n"
    "isset ${menu-title} || set menu-title netboot\n"
    "set netboot-menu yes\n";

static const char menu_tail[] = "\n"
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
                                "echo ${selected} did not boot: ${errno} (see https://ipxe.org/${errno})\n"
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

/* Whether the target has only files by platform. */
static bool by_files(const struct entry *entry)
{
    const struct netboot_target *target = &entry->target;

    return target->kind == NETBOOT_KIND_BOOT && target->script.size == 0 && target->kernel.size == 0;
}

/* ---- Where an entry can work: conditions, any of which is enough --------------------------------------------------
 */

struct condition {
    uint16_t platform;
    bool wants_64; /* a 64-bit processor, about which a BIOS says nothing */
};

#define CONDITIONS_MAX NETBOOT_LIST_MAX

/* None: everywhere. */
static size_t conditions_get(const struct entry *entry, struct condition ret[CONDITIONS_MAX])
{
    const struct netboot_list *files = &entry->target.files;
    const struct kernel_image *image = &entry->image;
    size_t count = 0;

    if (by_files(entry))
        for (; count < files->count; count++)
            ret[count] = (struct condition){platform_of(files->items[count]), false};
    if (!entry_has_kernel_script(entry) || !image->known)
        return count;
    if (image->bios != BIOS_KERNEL_NONE)
        ret[count++] = (struct condition){0, image->bios == BIOS_KERNEL_64};
    if (image->efi >= 0)
        ret[count++] = (struct condition){(uint16_t)image->efi, false};
    return count;
}

static void condition_print(FILE *file, const struct condition *condition)
{
    fprintf(file, "iseq ${netboot-platform} %s && %s", netboot_platform_name(condition->platform),
            condition->wants_64 ? "isset ${netboot-64} && " : "");
}

/* ---- The menu itself */

static void item_line_print(FILE *file, const struct entry *entry)
{
    struct netboot_bytes text = entry->target.description;

    fprintf(file, "item %s ", entry->name);
    if (text.size > 0)
        ipxe_text_print(file, text);
    else
        fputs(entry->name, file);
    fputs(" ||\n", file); /* so that the operator's words are never last on the line */
}

static void item_print(FILE *file, const struct entry *entry)
{
    struct condition conditions[CONDITIONS_MAX];
    size_t count = conditions_get(entry, conditions);

    for (size_t i = 0; i < count; i++) {
        condition_print(file, &conditions[i]);
        item_line_print(file, entry);
    }
    if (count == 0)
        item_line_print(file, entry);
}

/* iPXE takes the first item for a default that is not shown: on a machine where it cannot work, that is the local
 * disk. */
static void default_print(FILE *file, const struct menu *menu)
{
    struct condition conditions[CONDITIONS_MAX];
    size_t count = 0;

    for (size_t i = 0; menu->fallback && i < menu->count; i++)
        if (strcmp(menu->entries[i].name, menu->fallback) == 0)
            count = conditions_get(&menu->entries[i], conditions);
    fprintf(file, "set netboot-default %s\n", menu->fallback && count == 0 ? menu->fallback : "/local");
    for (size_t i = 0; i < count; i++) {
        condition_print(file, &conditions[i]);
        fprintf(file, "set netboot-default %s ||\n", menu->fallback);
    }
}

static void menu_items_print(FILE *file, const struct menu *menu)
{
    fputs("cpuid --ext 29 && set netboot-64 yes || clear netboot-64\n", file);
    fprintf(file, "set netboot-timeout %u\n", menu->timeout * 1000);
    default_print(file, menu);
    fputs("\n"
          ":/menu\n"
          "menu ${menu-title}: ${mac} ${platform} ${buildarch}\n",
          file);
    for (size_t i = 0; i < menu->count; i++)
        if (entry_is_shown(&menu->entries[i]))
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
    else /* the script itself says what failed */
        fprintf(file, "chain --autofree targets/%s.ipxe || isset ${netboot-step} && goto /pause || goto /failed\n",
                entry->name);
}

void menu_print(FILE *file, const struct menu *menu)
{
    fputs(menu_head, file);
    ipxe_platform_print(file);
    menu_items_print(file, menu);
    for (size_t i = 0; i < menu->count; i++)
        if (entry_is_shown(&menu->entries[i]))
            entry_print(file, &menu->entries[i]);
    fputs(menu_tail, file);
}

/* ---- The script of a kernel ------------------------------------------------------------------------------------- */

/* Images have names of their own: UEFI kernels find initrds by the names in their command line. */
static void kernel_print(FILE *file, const struct entry *entry)
{
    const struct netboot_target *target = &entry->target;

    fputs("imgfree\n", file);
    if (entry->image.bios == BIOS_KERNEL_64)
        fputs("set netboot-step the search for a 64-bit processor\n"
              "iseq ${platform} efi || cpuid --ext 29 || goto failed\n",
              file);
    fputs("set netboot-step the kernel\nkernel --name kernel ", file);
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

void kernel_script_print(FILE *file, const struct entry *entry)
{
    fprintf(file,
            "#!ipxe\n"
            "# netboot: the target %s. \"netbootctl menu\" wrote this file, and will overwrite it the next time.\n"
            "isset ${netboot-menu} || chain --autofree ../settings.ipxe ||\n",
            entry->name);
    ipxe_platform_print(file);
    kernel_print(file, entry);
    fprintf(file,
            "\n"
            ":failed\n"
            "echo\n"
            "echo %s: ${netboot-step} failed: ${errno} (see https://ipxe.org/${errno})\n"
            "isset ${netboot-menu} || prompt --timeout 30000 Any key for the next boot device... ||\n"
            "exit 1\n",
            entry->name);
}
