/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Loaded into dhcpd before all else: of the allocations after its first question to libnetboot, number FAIL_AT fails,
 * counted from 0. Says so on stderr, for then it did.
 */
#include <netboot.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);

static long left = -1;

int netboot_serve(struct netboot_store *store, const struct netboot_query *query, struct netboot_result *ret)
{
    static bool served;
    int (*serve)(struct netboot_store *, const struct netboot_query *, struct netboot_result *) = NULL;

    *(void **)&serve = dlsym(RTLD_NEXT, "netboot_serve");
    int code = serve(store, query, ret);
    if (!served && ret->answer.edit_count > 0) {
        left = strtol(getenv("FAIL_AT"), NULL, 10);
        served = true;
    }
    return code;
}

static bool fails(void)
{
    static const char told[] = "an allocation fails\n";

    if (left < 0 || left-- > 0)
        return false;
    (void)!write(STDERR_FILENO, told, strlen(told));
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

/* What compilers make of a malloc() that is cleared. */
void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}
