/* SPDX-License-Identifier: MPL-2.0 */
/* A disk whose syncs take 8 ms, for a program that is started with this as LD_PRELOAD. */
#include <dlfcn.h>
#include <time.h>

static int slowly(int (*sync)(int), int fd)
{
    nanosleep(&(struct timespec){.tv_nsec = 8000000}, NULL);
    return sync(fd);
}

int fdatasync(int fd)
{
    return slowly((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"), fd);
}

int fsync(int fd)
{
    return slowly((int (*)(int))dlsym(RTLD_NEXT, "fsync"), fd);
}
