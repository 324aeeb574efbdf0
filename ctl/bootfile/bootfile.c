/* SPDX-License-Identifier: MPL-2.0 */
#include "bootfile.h"

#include "frame/error.h"
#include "frame/identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool bootfile_is_script(const char *name)
{
    static const char ending[] = ".ipxe";
    size_t size = strlen(name), end = strlen(ending);

    return (size > end && strcmp(name + size - end, ending) == 0) ||
           strncmp(base_name(name), "script.ipxe-", strlen("script.ipxe-")) == 0;
}

static char *stream_text(FILE *file, const char *path, struct netboot_error *error)
{
    char *text = malloc(SCRIPT_SIZE_MAX + 1);

    if (!text) {
        failure_no_memory(error);
        return NULL;
    }
    size_t size = fread(text, 1, SCRIPT_SIZE_MAX + 1, file);
    if (ferror(file))
        failure(error, -errno, "%.300s: %s", path, strerror(errno));
    else if (size > SCRIPT_SIZE_MAX)
        failure(error, -EFBIG, "%.300s is too large for a script", path);
    else {
        text[size] = '\0';
        return text;
    }
    free(text);
    return NULL;
}

char *bootfile_text(const char *path, struct netboot_error *error)
{
    FILE *file = fopen(path, "re");

    if (!file) {
        failure(error, -errno, "cannot be read: %s%s", strerror(errno), identity_note(errno));
        return NULL;
    }
    char *text = stream_text(file, path, error);
    fclose(file);
    return text;
}

/* shimx64.efi, shimx64.efi.signed, shim.efi: as shim is built, it asks for GRUB of its own platform. */
static const struct {
    const char *shim, *next;
} shims[] = {
    {"shimx64.efi",         "grubx64.efi"        },
    {"shimaa64.efi",        "grubaa64.efi"       },
    {"shimia32.efi",        "grubia32.efi"       },
    {"shimarm.efi",         "grubarm.efi"        },
    {"shimriscv64.efi",     "grubriscv64.efi"    },
    {"shimloongarch64.efi", "grubloongarch64.efi"},
    {"shim.efi",            "grubx64.efi"        },
};

const char *bootfile_after_shim(const char *path, char *ret, size_t size)
{
    const char *name = base_name(path);

    for (size_t i = 0; i < sizeof(shims) / sizeof(shims[0]); i++) {
        if (strncasecmp(name, shims[i].shim, strlen(shims[i].shim)) != 0)
            continue;
        int used = snprintf(ret, size, "%.*s%s", (int)(name - path), path, shims[i].next);
        return used >= 0 && (size_t)used < size ? ret + (name - path) : NULL;
    }
    return NULL;
}
