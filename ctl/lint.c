/* SPDX-License-Identifier: MPL-2.0 */
/* Files that records and the scripts of targets name, and that servers do not find below the data root. */
#include "command.h"
#include "output.h"
#include "table.h"
#include "text.h"

#include "common/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* clang-format off */
const struct option_row lint_options[] = {
    {.name = "root", .value = "DIR", .help = "the data root, which TFTP and HTTP serve",
     .completion = COMPLETE_DIRECTORY},
    {.name = "json", .help = "as JSON"},
    {0},
};
/* clang-format on */

#define PATH_SIZE 4096

struct lint {
    const char *root;
    size_t root_size;
    cJSON *findings;
    bool no_memory;
};

/* Who names a file: "target debian", "kernel". */
struct mention {
    const char *record, *key;
    const char *fix; /* what to do if the file is not there, beside putting it there; NULL: nothing */
};

static void add(struct lint *lint, const struct mention *mention, const char *file, const char *path,
                const char *problem, const char *fix)
{
    cJSON *finding = cJSON_CreateObject();
    const struct {
        const char *key, *text;
    } texts[] = {
        {"record",  mention->record},
        {"key",     mention->key   },
        {"file",    file           },
        {"path",    path           },
        {"problem", problem        },
        {"fix",     fix            },
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        lint->no_memory |= !finding || !cJSON_AddStringToObject(finding, texts[i].key, texts[i].text);
    if (finding && !cJSON_AddItemToArray(lint->findings, finding))
        cJSON_Delete(finding);
}

/* ---- One file --------------------------------------------------------------------------------------------------- */

static void add_missing(struct lint *lint, const struct mention *mention, const char *file, const char *path)
{
    char fix[PATH_SIZE + 256];

    snprintf(fix, sizeof(fix), "put it there%s%s", mention->fix ? ", or " : "", mention->fix ? mention->fix : "");
    add(lint, mention, file, path, errno == ENOENT ? "is not there" : strerror(errno), fix);
}

/* The servers are users of their own, with no group in common: what counts is what others may do. */
static bool is_open(struct lint *lint, const struct mention *mention, const char *file, const char *path,
                    const struct stat *status)
{
    bool directory = S_ISDIR(status->st_mode);
    char fix[PATH_SIZE + 32];

    if (status->st_mode & (directory ? S_IXOTH : S_IROTH))
        return true;
    snprintf(fix, sizeof(fix), "chmod o+%s %s", directory ? "x" : "r", path);
    add(lint, mention, file, path,
        directory ? "is a directory that servers may not enter" : "may not be read by servers", fix);
    return false;
}

/* Walks down from the root: the first thing that keeps a server from the file is the finding. `path` is below it. */
static bool way_check(struct lint *lint, const struct mention *mention, const char *file, char *path)
{
    struct stat status;

    for (size_t at = lint->root_size;; at++) {
        if (path[at] != '/' && path[at] != '\0')
            continue;
        char end = path[at];
        path[at] = '\0';
        bool there = stat(path, &status) == 0;
        int error = errno;
        bool open =
            !there || (S_ISDIR(status.st_mode) || end == '\0' ? is_open(lint, mention, file, path, &status) : true);
        path[at] = end;
        if (!there) {
            errno = error;
            add_missing(lint, mention, file, path);
        }
        if (!there || !open)
            return false;
        if (end == '\0')
            return true;
    }
}

static bool has_placeholder(const char *file)
{
    return strchr(file, '{') != NULL;
}

/* `base` is the directory of the script that names it, "" for the root. Whether the file is there, in `path`. */
static bool file_check(struct lint *lint, const struct mention *mention, const char *base, const char *file,
                       char path[PATH_SIZE])
{
    if (strstr(file, "://") || has_placeholder(file))
        return false;
    int size = file[0] == '/' ? snprintf(path, PATH_SIZE, "%s%s", lint->root, file)
                              : snprintf(path, PATH_SIZE, "%s/%s%s", lint->root, base, file);
    if (size >= PATH_SIZE)
        return false;
    return way_check(lint, mention, file, path);
}

/* ---- What a script loads ---------------------------------------------------------------------------------------- */

/* `words` past the command's name and its options; NULL if the line is none that loads a file that must be there. */
static const char *line_file(char *line)
{
    static const char blanks[] = " \t\r\n";
    bool loads = false, has_value = false;
    char *rest = NULL, *file = NULL;

    for (char *word = strtok_r(line, blanks, &rest); word; word = strtok_r(NULL, blanks, &rest)) {
        if (word[0] == '#')
            break;
        if (!loads) {
            loads = strcmp(word, "kernel") == 0 || strcmp(word, "initrd") == 0 || strcmp(word, "chain") == 0;
        } else if (has_value) {
            has_value = false;
        } else if (word[0] == '-') {
            has_value = strcmp(word, "--name") == 0 || strcmp(word, "-n") == 0 || strcmp(word, "--timeout") == 0;
        } else {
            file = word;
            break;
        }
    }
    if (!file)
        return NULL;
    /* "chain settings.ipxe ||" and no more: it may be absent. */
    const char *then = strtok_r(NULL, blanks, &rest);
    if (then && strcmp(then, "||") == 0 && !strtok_r(NULL, blanks, &rest))
        return NULL;
    return file;
}

/* What a booted Linux fetches from the data root: fetch=${http}/debian-live/filesystem.squashfs. */
static const char *fetched_file(const char *line)
{
    static const char *const bases[] = {"=${http}/", "=${nfs}/"};

    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        const char *found = strstr(line, bases[i]);
        if (found)
            return found + strlen(bases[i]);
    }
    return NULL;
}

static void line_check(struct lint *lint, const struct mention *mention, const char *base, char *line)
{
    char path[PATH_SIZE], fetched[PATH_SIZE];
    const char *file = fetched_file(line);

    if (line[strspn(line, " \t")] == '#')
        return;
    if (file) {
        snprintf(fetched, sizeof(fetched), "/%.*s", (int)strcspn(file, " \t\r\n"), file);
        file_check(lint, mention, base, fetched, path);
    }
    file = line_file(line);
    if (file)
        file_check(lint, mention, base, file, path);
}

/* `script` is at `path`: what it names is relative to it. */
static void script_check(struct lint *lint, const struct mention *mention, const char *script, const char *path)
{
    const char *slash = strrchr(script, '/');
    char base[PATH_SIZE], key[PATH_SIZE], fix[PATH_SIZE + 64];
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;

    if (!file) {
        add(lint, mention, script, path, strerror(errno), "let it be read");
        return;
    }
    script += script[0] == '/';
    snprintf(base, sizeof(base), "%.*s", slash && slash >= script ? (int)(slash + 1 - script) : 0, script);
    snprintf(key, sizeof(key), "%s, %s", mention->key, script);
    snprintf(fix, sizeof(fix), "take the entry out of %s", script);
    const struct mention inside = {mention->record, key, fix};
    while (getline(&line, &size, file) >= 0)
        line_check(lint, &inside, base, line);
    free(line);
    fclose(file);
}

static bool is_script(const char *file)
{
    size_t size = strlen(file);

    return size > 5 && strcmp(file + size - 5, ".ipxe") == 0;
}

/* ---- Records ---------------------------------------------------------------------------------------------------- */

static void value_check(struct lint *lint, const char *record, const char *key, const char *fix,
                        struct netboot_bytes value)
{
    const struct mention mention = {record, key, fix};
    char file[NETBOOT_FILE_SIZE], path[PATH_SIZE];

    if (value.size == 0 || value.size >= sizeof(file))
        return;
    memcpy(file, value.data, value.size);
    file[value.size] = '\0';
    if (file_check(lint, &mention, "", file, path) && is_script(file))
        script_check(lint, &mention, file, path);
}

static void platform_files_check(struct lint *lint, const char *record, const char *option, const char *command,
                                 const struct netboot_list *files)
{
    char key[64], fix[KEY_TEXT_SIZE + 128], platform[PLATFORM_TEXT_SIZE];

    for (size_t i = 0; i < files->count; i++) {
        if (files->items[i].size < 2)
            continue;
        platform_text(read_be16(files->items[i].data), platform);
        snprintf(key, sizeof(key), "%s %s", option, platform);
        snprintf(fix, sizeof(fix), "%s --no-%s %s", command, option, platform);
        value_check(lint, record, key, fix, bytes_after(files->items[i], 2));
    }
}

/* The script that a kernel has from netbootctl menu; what it loads is in the record. */
static void kernel_script_check(struct lint *lint, const char *record, const struct netboot_target *target)
{
    const struct mention mention = {record, "script", "let it be written: netbootctl menu --output with the data root"};
    char script[sizeof("targets/.ipxe") + NETBOOT_NAME_MAX], path[PATH_SIZE];

    if (target->script.size > 0 || target->kernel.size == 0)
        return;
    snprintf(script, sizeof(script), "targets/%.*s.ipxe", (int)target->name.size, (const char *)target->name.data);
    file_check(lint, &mention, "", script, path);
}

/* A target of kind local hands out this and no other script. */
static void local_check(struct lint *lint, const char *record)
{
    static const char script[] = "local.ipxe";

    value_check(lint, record, "script", "run boot/install",
                (struct netboot_bytes){(const uint8_t *)script, strlen(script)});
}

static void boot_check(struct lint *lint, const char *record, const char *command, const struct netboot_target *target)
{
    char fix[KEY_TEXT_SIZE + 96];

    snprintf(fix, sizeof(fix), "%s --script FILE", command);
    value_check(lint, record, "script", fix, target->script);
    snprintf(fix, sizeof(fix), "%s --kernel FILE", command);
    value_check(lint, record, "kernel", fix, target->kernel);
    snprintf(fix, sizeof(fix), "%s --initrd FILE", command);
    for (size_t i = 0; i < target->initrds.count; i++)
        value_check(lint, record, "initrd", fix, target->initrds.items[i]);
    kernel_script_check(lint, record, target);
}

static void target_check(struct lint *lint, const char *record, const struct netboot_target *target)
{
    char command[KEY_TEXT_SIZE + 64];

    if (target->kind == NETBOOT_KIND_SILENT || target->kind == NETBOOT_KIND_IGNORE)
        return;
    snprintf(command, sizeof(command), "netbootctl target set %.*s", (int)target->name.size,
             (const char *)target->name.data);
    if (target->kind == NETBOOT_KIND_LOCAL)
        local_check(lint, record);
    else
        boot_check(lint, record, command, target);
    platform_files_check(lint, record, "file", command, &target->files);
}

static void host_check(struct lint *lint, const char *record, const struct netboot_host *host)
{
    char command[KEY_TEXT_SIZE + 64];

    snprintf(command, sizeof(command), "netbootctl host set %s", strchr(record, ' ') + 1);
    platform_files_check(lint, record, "loader", command, &host->loaders);
}

static int record_check(enum table table, const void *record, void *user)
{
    const struct netboot_loader *loader = record;
    struct lint *lint = user;
    char text[KEY_TEXT_SIZE], fix[KEY_TEXT_SIZE + 64];

    record_text(table, record, text);
    if (table == TABLE_TARGET) {
        target_check(lint, text, record);
    } else if (table == TABLE_HOST) {
        host_check(lint, text, record);
    } else if (table == TABLE_LOADER) {
        snprintf(fix, sizeof(fix), "netbootctl loader set %s FILE", strchr(text, ' ') + 1);
        value_check(lint, text, "file", fix, loader->file);
    }
    return lint->no_memory;
}

/* ---- The command ------------------------------------------------------------------------------------------------ */

static void finding_print(const cJSON *finding)
{
    static const struct {
        const char *key, *after;
    } parts[] = {
        {"record",  ": "},
        {"key",     ": "},
        {"path",    " " },
        {"problem", ": "},
        {"fix",     "\n"}
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        print_safe(stdout, json_text(finding, parts[i].key));
        fputs(parts[i].after, stdout);
    }
}

static int findings_print(const struct lint *lint, bool json)
{
    struct listing listing;
    cJSON *finding;

    if (!json) {
        cJSON_ArrayForEach(finding, lint->findings) finding_print(finding);
        return DONE;
    }
    int code = listing_begin(&listing, "findings", NULL, true);
    cJSON_ArrayForEach(finding, lint->findings) if (code == DONE) code =
        listing_row(&listing, cJSON_Duplicate(finding, true));
    return listing_end(&listing, code);
}

static int records_check(struct session *session, struct lint *lint)
{
    for (int table = 0; table < TABLE_COUNT; table++) {
        int status = table_each(session->view, (enum table)table, record_check, lint);
        if (status < 0)
            return failed("the %ss cannot all be read: a record is damaged", table_name((enum table)table));
    }
    return lint->no_memory ? failed("out of memory") : DONE;
}

static int root_open(struct session *session, struct lint *lint, char root[PATH_SIZE])
{
    const char *given = option_value(session->arguments, "root");
    struct stat status;

    if (!given)
        return misused("lint wants to be told where the files are: --root DIR, /srv/tftp unless chosen otherwise");
    size_t size = strlen(given);
    while (size > 1 && given[size - 1] == '/')
        size--;
    if (size >= PATH_SIZE - NETBOOT_FILE_SIZE)
        return misused("--root is too long");
    memcpy(root, given, size);
    root[size] = '\0';
    if (stat(root, &status) != 0)
        return failed("%s: %s: --root is the data root that TFTP and HTTP serve", root, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return failed("%s is no directory: --root is the data root that TFTP and HTTP serve", root);
    lint->root = root;
    lint->root_size = size;
    return DONE;
}

#define TROUBLE 2 /* as diff(1) has it: 1 says that something was found */

int lint_run(struct session *session)
{
    struct lint lint = {.root = NULL};
    char root[PATH_SIZE];
    int code = root_open(session, &lint, root);

    if (code == DONE)
        code = session_view(session);
    if (code == DONE && !(lint.findings = cJSON_CreateArray()))
        code = failed("out of memory");
    if (code == DONE)
        code = records_check(session, &lint);
    if (code == DONE)
        code = findings_print(&lint, session_has(session, "json"));
    bool found = lint.findings && cJSON_GetArraySize(lint.findings) > 0;
    cJSON_Delete(lint.findings);
    return code != DONE ? TROUBLE : found ? FAILED : DONE;
}
