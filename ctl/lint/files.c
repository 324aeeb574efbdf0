/* SPDX-License-Identifier: MPL-2.0 */
/* Files that records and the scripts of targets name, and that servers do not find below the data root. */
#include "lint.h"

#include "bootfile/bootfile.h"
#include "bootfile/script.h"
#include "frame/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Who names a file: "target debian", "kernel". */
struct mention {
    struct lint *lint;
    const char *record, *key;
    const char *fix; /* what to do if the file is not there, beside putting it there; NULL: nothing */
    unsigned depth;  /* of scripts that chain scripts */
};

#define DEPTH_MAX 8

static void file_found(const struct mention *mention, enum lint_code code, const char *file, const char *path,
                       const char *problem, const char *fix)
{
    lint_found(mention->lint, code,
               &(struct lint_finding){.record = mention->record,
                                      .key = mention->key,
                                      .file = file,
                                      .path = path,
                                      .problem = problem,
                                      .fix = fix});
}

/* ---- One file --------------------------------------------------------------------------------------------------- */

static void missing_found(const struct mention *mention, const char *file, const char *path, int error)
{
    char fix[ACCESS_PATH_SIZE + 256], problem[256];

    snprintf(fix, sizeof(fix), "put it there%s%s", mention->fix ? ", or " : "", mention->fix ? mention->fix : "");
    snprintf(problem, sizeof(problem), "%s%s", error == ENOENT ? "does not exist" : strerror(error),
             identity_note(error));
    file_found(mention, LINT_MISSING_FILE, file, path, problem, fix);
}

static void unreadable_found(const struct mention *mention, const char *file, const struct obstacle *obstacle)
{
    struct lint *lint = mention->lint;
    char fix[ACCESS_PATH_SIZE + 32], problem[NAMES_SIZE + 64], names[NAMES_SIZE];

    snprintf(problem, sizeof(problem), "cannot be read by %s",
             lint_names(lint->readers, lint->reader_count, obstacle->accounts, names));
    snprintf(fix, sizeof(fix), "chmod o+r %s", obstacle->path);
    file_found(mention, LINT_UNREADABLE_FILE, file, obstacle->path, problem, fix);
}

/* Thousands of files may be in a directory that may not be entered: it is told once, after all of them. */
static void closed_note(const struct mention *mention, const char *file, const struct obstacle *obstacle)
{
    char where[NETBOOT_RECORD_TEXT_SIZE + 256], key[ACCESS_PATH_SIZE + 16];

    snprintf(where, sizeof(where), "%s: %s", mention->record, mention->key);
    snprintf(key, sizeof(key), "%08x%s", obstacle->accounts, obstacle->path);
    if (!tally_add(&mention->lint->closed, key, where))
        unreadable_found(mention, file, obstacle);
}

static void closed_found(const struct tally_row *row, void *user)
{
    struct lint *lint = user;
    char digits[9], names[NAMES_SIZE], problem[NAMES_SIZE + 64], fix[ACCESS_PATH_SIZE + 32];
    const char *path = row->key + 8;

    snprintf(digits, sizeof(digits), "%s", row->key);
    lint_names(lint->readers, lint->reader_count, (unsigned)strtoul(digits, NULL, 16), names);
    snprintf(problem, sizeof(problem), "is a directory that %s cannot enter", names);
    snprintf(fix, sizeof(fix), "chmod o+x %s", path);
    lint_found(lint, LINT_UNREADABLE_FILE,
               &(struct lint_finding){
                   .record = row->first, .path = path, .problem = problem, .fix = fix, .count = row->count});
}

void lint_closed_directories(struct lint *lint)
{
    tally_each(&lint->closed, closed_found, lint);
}

/* The way to the data root. */
void lint_data_root(struct lint *lint)
{
    struct obstacle obstacle;
    char names[NAMES_SIZE], problem[NAMES_SIZE + 64], fix[ACCESS_PATH_SIZE + 32];
    char *root = lint->root ? realpath(lint->root, NULL) : NULL;
    char *slash = root ? strrchr(root, '/') : NULL;

    if (slash && slash != root) {
        *slash = '\0';
        if (!access_check(root, 0, lint->readers, lint->reader_count, X_OK, &obstacle) && !obstacle.error) {
            snprintf(problem, sizeof(problem), "is a directory that %s cannot enter",
                     lint_names(lint->readers, lint->reader_count, obstacle.accounts, names));
            snprintf(fix, sizeof(fix), "chmod o+x %s", obstacle.path);
            lint_found(
                lint, LINT_UNREADABLE_FILE,
                &(struct lint_finding){.record = "data root", .path = obstacle.path, .problem = problem, .fix = fix});
        }
    }
    free(root);
}

/* Whether servers find the file at `path`. */
static bool path_check(const struct mention *mention, const char *file, const char *path)
{
    struct lint *lint = mention->lint;
    struct obstacle obstacle;

    if (access_check(path, lint->root_size, lint->readers, lint->reader_count, R_OK, &obstacle))
        return true;
    if (obstacle.error)
        missing_found(mention, file, path, obstacle.error);
    else if (obstacle.is_directory)
        closed_note(mention, file, &obstacle);
    else
        unreadable_found(mention, file, &obstacle);
    return false;
}

/* ---- A shim, which loads GRUB from beside it -------------------------------------------------------------------- */

static void shim_check(const struct mention *mention, const char *file, const char *path)
{
    char grub[ACCESS_PATH_SIZE], fix[ACCESS_PATH_SIZE + 64];
    const char *name = bootfile_after_shim(path, grub, sizeof(grub));

    if (!name || access(grub, F_OK) == 0)
        return;
    snprintf(fix, sizeof(fix), "put %s there: %s", name, grub);
    file_found(mention, LINT_SHIM_ALONE, file, path, "is a shim, but the file that it loads next is not beside it",
               fix);
}

/* ---- What a script loads ---------------------------------------------------------------------------------------- */

static void file_check(const struct mention *mention, const char *base, const char *file);

/* Whether the script has been read before, be it by another path. */
static bool is_read(struct lint *lint, const char *path)
{
    char *real = realpath(path, NULL);
    const struct tally_row *row = tally_add(&lint->scripts, real ? real : path, path);

    free(real);
    return !row || row->count > 1;
}

/* What the script at `path` names is relative to it; `script` is its path below the root. */
static void script_check(const struct mention *mention, const char *script, const char *path)
{
    char base[ACCESS_PATH_SIZE], key[ACCESS_PATH_SIZE], fix[ACCESS_PATH_SIZE + 64];
    struct netboot_error error;
    struct script reader;
    struct script_file named;

    if (is_read(mention->lint, path))
        return;
    char *text = bootfile_text(path, &error);
    if (!text) {
        file_found(mention, LINT_UNREADABLE_FILE, script, path, error.text, "make it readable");
        return;
    }
    script += script[0] == '/';
    const char *slash = strrchr(script, '/');
    snprintf(base, sizeof(base), "%.*s", slash ? (int)(slash + 1 - script) : 0, script);
    snprintf(fix, sizeof(fix), "remove the entry from %s", script);
    script_begin(&reader, text);
    while (script_next(&reader, &named)) {
        snprintf(key, sizeof(key), "%s, %s line %u", mention->key, script, named.line);
        const struct mention inside = {mention->lint, mention->record, key, fix, mention->depth + 1};
        const char *fetched = script_fetched_path(named.file);
        if (fetched)
            file_check(&inside, "", fetched);
        else if (!named.optional)
            file_check(&inside, base, named.file);
    }
    free(text);
}

/* `base` is the directory of the script that names it, "" for the root. URLs and what depends on the machine are left
 * out. */
static void file_check(const struct mention *mention, const char *base, const char *file)
{
    char path[ACCESS_PATH_SIZE], below[ACCESS_PATH_SIZE];
    int size;

    if (strstr(file, "://") || strchr(file, '{'))
        return;
    snprintf(below, sizeof(below), "%s%s", file[0] == '/' ? "" : base, file);
    size = snprintf(path, sizeof(path), "%s%s%s", mention->lint->root, below[0] == '/' ? "" : "/", below);
    if (size < 0 || (size_t)size >= sizeof(path) || !path_check(mention, file, path))
        return;
    shim_check(mention, file, path);
    if (bootfile_is_script(file) && mention->depth < DEPTH_MAX)
        script_check(mention, below, path);
}

/* ---- Records ---------------------------------------------------------------------------------------------------- */

static void value_check(const struct value *value, void *user)
{
    const struct mention mention = {user, value->record, value->key, value->fix, 0};
    char file[NETBOOT_FILE_SIZE];

    snprintf(file, sizeof(file), "%.*s", (int)value->file.size, (const char *)value->file.data);
    file_check(&mention, "", file);
}

void lint_loader_file(struct lint *lint, const struct netboot_record *loader)
{
    if (lint->root)
        loader_values(&loader->loader, value_check, lint);
}

void lint_target_files(struct lint *lint, const struct netboot_record *target)
{
    if (lint->root)
        target_values(&target->target, value_check, lint);
}

/* Each file of hosts once, with the first host that has it. */
static void host_value_check(const struct value *value, void *user)
{
    struct lint *lint = user;
    char key[HOST_VALUE_KEY_SIZE];
    const struct tally_row *row = tally_add(&lint->host_files, host_value_key(value, key), value->record);

    if (!row || row->count == 1)
        value_check(value, lint);
}

void lint_host_files(struct lint *lint, const struct netboot_record *host)
{
    if (lint->root)
        host_values(host, host_value_check, lint);
}
