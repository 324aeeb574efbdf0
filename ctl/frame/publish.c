/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER_MODE 0755
#define NAME_SIZE (2 * NAME_MAX)

enum act { LOOK, CREATE, KEEP, FOLDER };

struct request {
    enum act act;
    char name[NAME_SIZE];
};

union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

/* ---- The helper's side */

struct helper {
    const struct publish_names *names;
    int directory;
    int folder; /* held from when it is needed first; -1: not yet */
    int file;   /* -1: none is being made */
    char name[NAME_SIZE], temporary[NAME_SIZE + 16];
};

static bool is_given(const struct publish_names *names, const char *name)
{
    size_t folder = names->folder ? strlen(names->folder) : 0, size = strlen(name);
    size_t ending = names->folder ? strlen(names->ending) : 0;

    if (strcmp(name, names->file) == 0)
        return true;
    return names->folder && size > folder + 1 + ending && strncmp(name, names->folder, folder) == 0 &&
           name[folder] == '/' && name[folder + 1] != '.' && !strchr(name + folder + 1, '/') &&
           strcmp(name + size - ending, names->ending) == 0;
}

/* Where the name is, and what it is called there. No link of the folder's name is followed: it may be another user's.
 * Negative errno value. */
static int place_of(struct helper *helper, const char *name, const char **ret_name)
{
    const char *slash = strchr(name, '/');

    *ret_name = slash ? slash + 1 : name;
    if (!slash)
        return helper->directory;
    if (helper->folder < 0)
        helper->folder =
            openat(helper->directory, helper->names->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return helper->folder < 0 ? -errno : helper->folder;
}

static void drop(struct helper *helper)
{
    const char *name;

    if (helper->file < 0)
        return;
    close(helper->file);
    helper->file = -1;
    int at = place_of(helper, helper->temporary, &name);
    if (at >= 0)
        unlinkat(at, name, 0);
}

static int create(struct helper *helper, const char *name)
{
    const char *last;
    unsigned number;

    drop(helper);
    int at = place_of(helper, name, &last);
    if (at < 0)
        return at;
    memcpy(helper->name, name, sizeof(helper->name));
    for (unsigned i = 0; i < 100 && helper->file < 0; i++) {
        if (getrandom(&number, sizeof(number), 0) != sizeof(number))
            return -EIO;
        snprintf(helper->temporary, sizeof(helper->temporary), "%s.%08x", name, number);
        helper->file =
            openat(at, helper->temporary + (last - name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (helper->file < 0 && errno != EEXIST)
            break;
    }
    return helper->file < 0 ? -errno : 0;
}

/* Everything is on the disk before the name is there. */
static int keep(struct helper *helper)
{
    const char *temporary, *name;

    if (helper->file < 0)
        return -EINVAL;
    int at = place_of(helper, helper->name, &name);
    place_of(helper, helper->temporary, &temporary);
    if (fchmod(helper->file, helper->names->mode) != 0 || fsync(helper->file) != 0 ||
        renameat(at, temporary, at, name) != 0) {
        int code = -errno;
        drop(helper);
        return code;
    }
    close(helper->file);
    helper->file = -1;
    return fsync(at) == 0 || errno == EBADF ? 0 : 1;
}

static int make_folder(struct helper *helper)
{
    const char *name = helper->names->folder, *none;

    if (!name)
        return -EINVAL;
    bool made = mkdirat(helper->directory, name, FOLDER_MODE) == 0;
    if (!made && errno != EEXIST)
        return -errno;
    int at = place_of(helper, "/", &none);
    return at < 0 ? at : !made || fchmod(at, FOLDER_MODE) == 0 ? 0 : -errno;
}

/* Whoever asks may have become another user: what only this one may read is not for it. */
static int look(struct helper *helper, const char *name, int *ret_file)
{
    const char *last;
    int at = place_of(helper, name, &last), code = 0;
    int file = at < 0 ? at : openat(at, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;

    if (at < 0)
        return at;
    if (file < 0)
        return -errno;
    if (fstat(file, &status) != 0)
        code = -errno;
    else if (!S_ISREG(status.st_mode) || !(status.st_mode & S_IROTH))
        code = -EACCES;
    if (code == 0)
        *ret_file = file;
    else
        close(file);
    return code;
}

/* *ret_file: a file to hand over; -1: none. */
static int carry_out(struct helper *helper, const struct request *request, int *ret_file)
{
    int code;

    *ret_file = -1;
    if (request->act == KEEP)
        return keep(helper);
    if (request->act == FOLDER)
        return make_folder(helper);
    if (!memchr(request->name, '\0', sizeof(request->name)) || !is_given(helper->names, request->name))
        return -EPERM;
    if (request->act == LOOK)
        return look(helper, request->name, ret_file);
    code = create(helper, request->name);
    *ret_file = code == 0 ? dup(helper->file) : -1;
    return code == 0 && *ret_file < 0 ? -errno : code;
}

static bool reply(int channel, int code, int file)
{
    union control control = {{0}};
    struct iovec data = {&code, sizeof(code)};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

    if (file >= 0) {
        message.msg_control = control.room;
        message.msg_controllen = sizeof(control.room);
        control.header = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), &file, sizeof(file));
    }
    bool done = sendmsg(channel, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(code);
    if (file >= 0)
        close(file);
    return done;
}

/* Signals are for the process that it helps: what that leaves is removed. */
static void help(int channel, struct helper *helper)
{
    struct request request;
    sigset_t all;
    int code, file;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    do {
        if (recv(channel, &request, sizeof(request), 0) != (ssize_t)sizeof(request))
            break;
        code = carry_out(helper, &request, &file);
    } while (reply(channel, code, file));
    drop(helper);
    _exit(0);
}

/* ---- The process's side */

/* Asks, and takes the file that is handed over. */
static int ask(const struct publish *publish, enum act act, const char *name, int *ret_file)
{
    struct request request = {.act = act};
    int code = -EPIPE;
    union control control = {{0}};
    struct iovec data = {&code, sizeof(code)};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)};

    if (name && strlen(name) >= sizeof(request.name))
        return -ENAMETOOLONG;
    if (name)
        strcpy(request.name, name);
    if (send(publish->channel, &request, sizeof(request), MSG_NOSIGNAL) != (ssize_t)sizeof(request) ||
        recvmsg(publish->channel, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(code))
        return -EPIPE;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (ret_file && header && header->cmsg_type == SCM_RIGHTS)
        memcpy(ret_file, CMSG_DATA(header), sizeof(*ret_file));
    return code;
}

/* A directory that may be written but not read has no descriptor to sync. */
static int open_directory(const char *path)
{
    int ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return ret < 0 && errno == EACCES ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : ret;
}

int publish_begin(struct publish *publish, const char *directory, const struct publish_names *names)
{
    struct helper helper = {.names = names, .directory = open_directory(directory), .folder = -1, .file = -1};
    int ends[2], code;

    if (helper.directory < 0)
        return -errno;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        code = -errno;
        close(helper.directory);
        return code;
    }
    publish->helper = fork();
    code = publish->helper < 0 ? -errno : 0;
    if (publish->helper == 0) {
        close(ends[0]);
        help(ends[1], &helper);
    }
    close(ends[1]);
    close(helper.directory);
    if (code != 0)
        close(ends[0]);
    else
        publish->channel = ends[0];
    return code;
}

void publish_end(struct publish *publish)
{
    if (publish->channel < 0)
        return;
    close(publish->channel);
    publish->channel = -1;
    while (waitpid(publish->helper, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static FILE *stream_of(const struct publish *publish, enum act act, const char *name, const char *how)
{
    int file = -1, code = ask(publish, act, name, &file);

    if (code == 0 && file >= 0) {
        FILE *ret = fdopen(file, how);
        if (!ret)
            close(file);
        return ret;
    }
    errno = code != 0 ? -code : EIO;
    return NULL;
}

FILE *publish_look(const struct publish *publish, const char *name)
{
    return stream_of(publish, LOOK, name, "r");
}

FILE *publish_create(const struct publish *publish, const char *name)
{
    return stream_of(publish, CREATE, name, "w");
}

int publish_keep(const struct publish *publish, FILE *file)
{
    errno = 0;
    int code = fflush(file) == 0 && !ferror(file) ? 0 : errno ? -errno : -EIO;

    if (fclose(file) != 0 && code == 0)
        code = -errno;
    return code == 0 ? ask(publish, KEEP, NULL, NULL) : code;
}

int publish_folder(const struct publish *publish)
{
    return ask(publish, FOLDER, NULL, NULL);
}
