/* SPDX-License-Identifier: MPL-2.0 */
/* The sockets of netbootd: who is a peer, messages, and the file descriptors that come with them. */
#include "link/socket.h"

#include "eventually.h"
#include "open_files.h"
#include "outcome.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct place {
    char directory[SCRATCH_SIZE];
    int door;
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    scratch_make(place->directory);
    place->door = -1;
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    if (place->door >= 0)
        close(place->door);
    scratch_remove(place->directory);
    free(place);
    return 0;
}

static void open_door(struct place *place, mode_t mode)
{
    OK(socket_make_run(place->directory, &error));
    place->door = socket_listen(place->directory, SERVERS_SOCKET, mode, NULL);
    assert_true(place->door >= 0);
}

/* ---- Meeting */

static void nobody_listens(void **state)
{
    struct place *place = *state;

    FAILS(-ECONNREFUSED, "netbootd does not run for", socket_connect(place->directory, SERVERS_SOCKET, &error));
    OK(socket_make_run(place->directory, &error));
    FAILS(-ECONNREFUSED, "netbootd does not run for", socket_connect(place->directory, SERVERS_SOCKET, &error));
    open_door(place, 0600);
    close(place->door);
    place->door = -1;
    FAILS(-ECONNREFUSED, "netbootd does not run for", socket_connect(place->directory, SERVERS_SOCKET, &error));
    assert_int_equal(socket_connect(place->directory, SERVERS_SOCKET, NULL), -ECONNREFUSED);
}

/* In place of one that is left over; with its mode, whatever the umask is; the directory may be there. */
static void a_door_is_opened_again(void **state)
{
    struct place *place = *state;
    struct stat status;
    char path[SCRATCH_SIZE + 32];

    mode_t mask = umask(0077);
    open_door(place, 0660);
    close(place->door);
    open_door(place, 0666);
    umask(mask);
    snprintf(path, sizeof(path), "%s/run", place->directory);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0755);
    snprintf(path, sizeof(path), "%s/run/servers", place->directory);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0666);
    int fd = socket_connect(place->directory, SERVERS_SOCKET, NULL);
    assert_true(fd >= 0);
    close(fd);
}

/* Another process made a socket of that name: it is asked nothing. */
static void a_socket_of_another_user(void **state)
{
    struct place *place = *state;

    open_door(place, 0600);
    assert_int_equal(chown(place->directory, 54321, 54321), 0);
    unsigned open_before = open_files(getpid());
    FAILS(-EPERM, "is not of the user that owns", socket_connect(place->directory, SERVERS_SOCKET, &error));
    assert_int_equal(open_files(getpid()), open_before);
}

static void a_socket_that_may_not_be_used(void **state)
{
    struct place *place = *state;
    int status;

    open_door(place, 0600);
    assert_int_equal(chmod(place->directory, 0755), 0);
    pid_t child = fork();
    if (child == 0) {
        struct netboot_error error = {0};
        bool is = setresuid(54321, 54321, 54321) == 0 &&
                  socket_connect(place->directory, SERVERS_SOCKET, &error) == -EACCES &&
                  strstr(error.text, "/run/servers may not be used");
        _exit(is ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* A socket's address has room for 107 octets. */
static void long_paths(void **state)
{
    struct place *place = *state;
    char top[SCRATCH_SIZE], longer[PATH_MAX + 16];
    size_t length = strlen(place->directory);

    strcpy(top, place->directory);
    assert_true(length + 121 < SCRATCH_SIZE);
    place->directory[length] = '/';
    memset(place->directory + length + 1, 'd', 120);
    place->directory[length + 121] = '\0';
    assert_int_equal(mkdir(place->directory, 0700), 0);
    open_door(place, 0600);
    int fd = socket_connect(place->directory, SERVERS_SOCKET, NULL);
    assert_true(fd >= 0);
    close(fd);
    strcpy(place->directory, top);
    memset(longer, 'd', sizeof(longer));
    longer[PATH_MAX - 2] = '\0';
    FAILS(-ENAMETOOLONG, "", socket_make_run(longer, &error));
    FAILS(-ENAMETOOLONG, "", socket_listen(longer, SERVERS_SOCKET, 0600, &error));
    FAILS(-ENAMETOOLONG, "", socket_connect(longer, SERVERS_SOCKET, &error));
}

/* ---- Messages */

static void make_pair(int ends[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
}

static void messages(void **state)
{
    char octets[16];
    int ends[2], fds[SOCKET_FDS_MAX], code;

    (void)state;
    make_pair(ends);
    assert_int_equal(socket_receive(ends[1], octets, sizeof(octets), fds), -EAGAIN);
    OK(socket_send(ends[0], "message", 7, NULL, 0));
    OK(socket_send(ends[0], "0123456789abcdef", 17, NULL, 0));
    OK(socket_send(ends[0], "end", 3, NULL, 0));
    assert_int_equal(socket_receive(ends[1], octets, sizeof(octets), fds), 7);
    assert_memory_equal(octets, "message", 7);
    for (size_t i = 0; i < SOCKET_FDS_MAX; i++)
        assert_int_equal(fds[i], -1);
    assert_int_equal(socket_receive(ends[1], octets, sizeof(octets), NULL), -EMSGSIZE);
    close(ends[0]);
    assert_int_equal(socket_receive(ends[1], octets, sizeof(octets), NULL), 3);
    assert_int_equal(socket_receive(ends[1], octets, sizeof(octets), NULL), 0);
    assert_int_equal(socket_send(ends[1], "late", 4, NULL, 0), -EPIPE); /* and no signal */
    close(ends[1]);
    make_pair(ends);
    do
        code = socket_send(ends[0], octets, sizeof(octets), NULL, 0);
    while (code == 0);
    assert_int_equal(code, -EAGAIN);
    close(ends[0]);
    close(ends[1]);
}

/* More than are wanted, or than there is room for, are closed. */
static void file_descriptors(void **state)
{
    static const int unsent = -1;
    int ends[2], fds[SOCKET_FDS_MAX], many[SOCKET_FDS_MAX];
    char octets[16];

    (void)state;
    make_pair(ends);
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = ends[0];
    unsigned before = open_files(getpid());
    for (unsigned i = 0; i < 2; i++) {
        OK(socket_send(ends[0], "fds", 3, many, COUNT(many)));
        assert_int_equal(socket_receive(ends[1], octets, sizeof(octets), i == 0 ? fds : NULL), 3);
        assert_int_equal(open_files(getpid()), i == 0 ? before + COUNT(many) : before);
        for (size_t j = 0; i == 0 && j < COUNT(fds); j++) {
            assert_int_equal(fcntl(fds[j], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
            close(fds[j]);
        }
    }
    OK(socket_send(ends[0], "one", 3, many, 1));
    assert_int_equal(socket_receive(ends[1], octets, sizeof(octets), fds), 3);
    assert_true(fds[0] >= 0 && fds[1] == -1);
    close(fds[0]);
    assert_int_equal(socket_send(ends[0], "bad", 3, &unsent, 1), -EBADF);
    close(ends[0]);
    close(ends[1]);
}

/* Sends more of them than socket_send() can. */
static void too_many_file_descriptors(void **state)
{
    enum { MANY = 3 * SOCKET_FDS_MAX };
    union {
        struct cmsghdr header;
        char octets[CMSG_SPACE(MANY * sizeof(int))];
    } control = {.octets = {0}};
    struct iovec part = {"fds", 3};
    struct msghdr whole = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.octets, .msg_controllen = sizeof(control.octets)};
    int ends[2], fds[SOCKET_FDS_MAX], many[MANY];
    char octets[2];

    (void)state;
    make_pair(ends);
    for (size_t i = 0; i < MANY; i++)
        many[i] = ends[0];
    control.header =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(many)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), many, sizeof(many));
    unsigned before = open_files(getpid());
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(sendmsg(ends[0], &whole, 0), 3);
        ssize_t size = socket_receive(ends[1], octets, sizeof(octets), i == 0 ? fds : NULL);
        assert_int_equal(size, -EMSGSIZE);
        for (size_t j = 0; i == 0 && j < COUNT(fds); j++)
            close(fds[j]);
        assert_int_equal(open_files(getpid()), before);
    }
    close(ends[0]);
    close(ends[1]);
}

static void do_nothing(int number)
{
    (void)number;
}

/* Also where signals come meanwhile. */
static void waiting(void **state)
{
    struct sigaction action = {.sa_handler = do_nothing};
    int ends[2], status;

    (void)state;
    make_pair(ends);
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        for (;;) {
            kill(parent, SIGUSR1);
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
    uint64_t begun = socket_now_ns();
    assert_false(socket_wait(ends[1], begun + 50000000));
    assert_true(socket_now_ns() >= begun + 50000000);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    assert_false(socket_wait(ends[1], begun)); /* which is over */
    OK(socket_send(ends[0], "x", 1, NULL, 0));
    assert_true(socket_wait(ends[1], begun));
    assert_true(socket_wait(ends[1], UINT64_MAX));
    close(ends[0]);
    close(ends[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_listens),
        TEST(a_door_is_opened_again),
        TEST(a_socket_of_another_user),
        TEST(a_socket_that_may_not_be_used),
        TEST(long_paths),
        cmocka_unit_test(messages),
        cmocka_unit_test(file_descriptors),
        cmocka_unit_test(too_many_file_descriptors),
        cmocka_unit_test(waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
