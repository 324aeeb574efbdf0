/* SPDX-License-Identifier: MPL-2.0 */
#include "commands.h"
#include "frame/confirm.h"
#include "frame/output.h"
#include "frame/publish.h"
#include "frame/spool.h"
#include "frame/who.h"
#include "json/text/when.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* clang-format off */
static const struct option_row restore_options[] = {
    {.name = "dry-run", .help = "only check the backup, and say what is in it"},
    {.name = "yes", .help = "do not ask, even if this replaces more than 100 hosts"},
    {0},
};
/* clang-format on */

#define BACKUP_MODE 0640

static const char *counts_text(const struct netboot_backup *backup, char text[128])
{
    snprintf(text, 128, "%" PRIu64 " hosts, %" PRIu64 " sites, %" PRIu64 " targets, %" PRIu64 " loaders",
             backup->records[NETBOOT_RECORD_HOST], backup->records[NETBOOT_RECORD_SITE],
             backup->records[NETBOOT_RECORD_TARGET], backup->records[NETBOOT_RECORD_LOADER]);
    return text;
}

/* ---- backup ----------------------------------------------------------------------------------------------------- */

static int write_file(const void *data, size_t size, void *user)
{
    FILE *file = user;

    errno = 0;
    return fwrite(data, 1, size, file) == size ? 0 : errno ? -errno : -EIO;
}

static int damaged_name(const char *record, void *user)
{
    (void)user;
    note("%s is damaged: it is not in the backup", record);
    return 0;
}

/* Writes the backup. What of the store is damaged is named, and makes it FAILED although it is written. */
static int write_backup(struct session *session, FILE *file, const char *name, struct netboot_backup *ret)
{
    struct netboot_error error;

    if (netboot_view_backup(session->view, write_file, file, ret, &error) != 0)
        return failed("%s: %s", name, error.text);
    return DONE;
}

static int tell_damaged(struct session *session, const struct netboot_backup *backup)
{
    if (backup->damaged == 0)
        return DONE;
    netboot_view_damaged(session->view, damaged_name, NULL, NULL);
    return failed("the backup was written without %" PRIu64 " damaged record%s: delete them and set them again",
                  backup->damaged, backup->damaged == 1 ? "" : "s");
}

static int backup_to_output(struct session *session)
{
    struct netboot_backup backup;

    if (isatty(STDOUT_FILENO))
        return misused("a backup is binary: give a file's name, or redirect standard output");
    int code = write_backup(session, stdout, "standard output", &backup);
    return code == DONE ? tell_damaged(session, &backup) : code;
}

static int backup_to_file(struct session *session, const struct publish *publish, const char *name, const char *path)
{
    struct netboot_backup backup;
    char when[TIME_TEXT_SIZE], counts[128];
    FILE *file = publish_create(publish, name);

    if (!file)
        return failed("cannot write %s: %s", path, strerror(errno));
    int code = write_backup(session, file, path, &backup);
    if (code != DONE) {
        fclose(file);
        return code;
    }
    int status = publish_keep(publish, file);
    if (status < 0)
        return failed("cannot write %s: %s", path, strerror(-status));
    if (status > 0)
        return failed("%s was written, but its directory may not be on the disk yet", path);
    printf("%s: generation %" PRIu64 " of %s: %s\n", path, backup.generation, time_text(backup.changed, when),
           counts_text(&backup, counts));
    return tell_damaged(session, &backup);
}

/* The directory is opened before the store is. */
static int backup_run(struct session *session)
{
    const char *path = session->arguments->words[0], *slash = strrchr(path, '/');
    const struct publish_names names = {.mode = BACKUP_MODE, .file = slash ? slash + 1 : path};
    struct publish publish = PUBLISH_CLOSED;
    char directory[PATH_MAX];
    bool to_output = strcmp(path, "-") == 0;
    struct stat status;
    int code;

    bool is_there = !to_output && lstat(path, &status) == 0;
    if (is_there && S_ISLNK(status.st_mode)) /* as /dev/stdout is: it would be replaced */
        return misused("%s is a symbolic link: give the path of the file itself, or -, and redirect standard output",
                       path);
    if (is_there && !S_ISREG(status.st_mode))
        return misused("%s is not a file: give -, and redirect standard output", path);
    if (snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".") >=
        (int)sizeof(directory))
        return misused("the name of the file is too long");
    if (!to_output && (code = publish_begin(&publish, directory, &names)) != 0)
        return failed("cannot write %s: %s", path, strerror(-code));
    code = session_view(session);
    if (code == DONE)
        code = to_output ? backup_to_output(session) : backup_to_file(session, &publish, names.file, path);
    publish_end(&publish);
    return code;
}

/* ---- restore ---------------------------------------------------------------------------------------------------- */

static ssize_t read_file(void *data, size_t size, void *user)
{
    FILE *file = user;
    size_t got = fread(data, 1, size, file);

    return got == 0 && ferror(file) ? -EIO : (ssize_t)got;
}

/* The whole of it is looked at before anything is changed, and before other writers are kept waiting. */
static int check(FILE *file, const char *name, struct netboot_backup *ret)
{
    struct netboot_error error;

    if (netboot_backup_check(read_file, file, ret, &error) != 0)
        return failed("%s: %s; nothing was changed", name, error.text);
    rewind(file);
    return DONE;
}

/* One that it has to be asked about first is given up: `question` then is open for the status. */
static int restore_once(struct session *session, FILE *file, const char *name, const struct question *question,
                        struct netboot_status *ret)
{
    struct netboot_backup backup;
    struct netboot_change *change;
    struct netboot_error error;
    int code = session_change(session, &change);

    if (code != DONE)
        return code;
    if (netboot_view_status(netboot_change_view(change), ret, &error) != 0)
        code = failed_with(&error);
    bool open = code == DONE && question_is_open(question, session, ret->records[NETBOOT_RECORD_HOST], ret->generation);
    if (code == DONE && !open && netboot_change_restore(change, read_file, file, &backup, &error) != 0)
        code = failed("%s: %s; nothing was changed", name, error.text);
    if (code != DONE || open)
        netboot_change_abort(change);
    else if (netboot_change_commit(change, &error) != 0)
        code = failed("%s", error.text);
    return code;
}

static int restore(struct session *session, FILE *file, const char *name, const struct netboot_backup *backup,
                   uint64_t *ret_generation)
{
    struct question question = {.answered = false};
    struct netboot_status status;
    char text[512];
    int code;

    do {
        code = restore_once(session, file, name, &question, &status);
        *ret_generation = status.generation + 1;
        if (code != DONE ||
            !question_is_open(&question, session, status.records[NETBOOT_RECORD_HOST], status.generation))
            return code;
        snprintf(text, sizeof(text), "restore %.200s replaces %" PRIu64 " hosts with %" PRIu64, name,
                 status.records[NETBOOT_RECORD_HOST], backup->records[NETBOOT_RECORD_HOST]);
    } while ((code = question_put(&question, session, status.records[NETBOOT_RECORD_HOST], status.generation, text)) ==
             DONE);
    return code;
}

static int restore_file(struct session *session, FILE *file, const char *name)
{
    char when[TIME_TEXT_SIZE], counts[128];
    struct netboot_backup backup;
    uint64_t generation = 0;
    int code = check(file, name, &backup);

    bool dry_run = session_has(session, "dry-run");
    if (code == DONE)
        code = dry_run ? session_view(session) : restore(session, file, name, &backup, &generation);
    if (code != DONE)
        return code;
    printf("%s generation %" PRIu64 " of %s: %s", dry_run ? "would restore" : "restored", backup.generation,
           time_text(backup.changed, when), counts_text(&backup, counts));
    if (!dry_run)
        printf("; as generation %" PRIu64 ", all hosts disarmed", generation);
    putchar('\n');
    return dry_run ? DONE : output_after_change();
}

static int restore_run(struct session *session)
{
    const char *path = session->arguments->words[0];
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    int fd = spool_open(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

    if (!file)
        return failed("cannot read %s: %s", name, strerror(fd < 0 ? -fd : errno));
    int code = restore_file(session, file, name);
    fclose(file);
    return code;
}

/* clang-format off */
const struct command backup_commands[] = {
    {.group = "backup", .run = backup_run, .thorough = true, .words = "FILE|-", .least = 1, .most = 1, 
     .completion = COMPLETE_FILE, .summary = "write all records to a file",
     .details =
         "Writes one consistent state of the store, even while it is in use, with a checksum. The file is complete or\n"
         "does not exist; its mode is 0640. The history and armings are not in it. Damaged records are named and left\n"
         "out, and the exit status is then 1.\n"
         "\n"
         "  netbootctl backup /var/backups/netboot-$(date +%F)"},
    {.group = "restore", .run = restore_run, .thorough = true, .words = "FILE|-", .least = 1, .most = 1, .options = restore_options,
     .completion = COMPLETE_INPUT, .summary = "replace all records by those of a backup",
     .details =
         "All or nothing: a backup that is damaged, cut short or of a newer version changes nothing. Servers go on\n"
         "meanwhile, and see the old state or the new one. All hosts are disarmed. If the store is lost, run\n"
         "netbootctl init, then netbootctl restore FILE."},
    {0},
};
/* clang-format on */
