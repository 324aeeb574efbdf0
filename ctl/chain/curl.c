/* SPDX-License-Identifier: MPL-2.0 */
#include "curl.h"

#include "frame/error.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define LIBRARY "libcurl.so.4"

int curl_load(struct curl_calls *ret, struct netboot_error *error)
{
    struct curl_calls calls = {.library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL)};
    const struct {
        const char *name;
        void *call; /* a pointer to a pointer to a function */
    } symbols[] = {
        {"curl_global_init",    &calls.global_init   },
        {"curl_global_cleanup", &calls.global_cleanup},
        {"curl_easy_init",      &calls.easy_init     },
        {"curl_easy_cleanup",   &calls.easy_cleanup  },
        {"curl_easy_reset",     &calls.easy_reset    },
        {"curl_easy_setopt",    &calls.easy_setopt   },
        {"curl_easy_getinfo",   &calls.easy_getinfo  },
        {"curl_easy_perform",   &calls.easy_perform  },
        {"curl_easy_strerror",  &calls.easy_strerror },
    };

    if (!calls.library)
        return failure(error, -ENOENT, "--fetch needs libcurl, but %.300s: install libcurl4", dlerror());
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        void *symbol = dlsym(calls.library, symbols[i].name);
        if (!symbol) {
            curl_unload(&calls);
            return failure(error, -ENOENT, LIBRARY " has no %s: install another version of libcurl4", symbols[i].name);
        }
        memcpy(symbols[i].call, &symbol, sizeof(symbol)); /* as dlsym(3) has it */
    }
    *ret = calls;
    return 0;
}

void curl_unload(struct curl_calls *calls)
{
    dlclose(calls->library);
    calls->library = NULL;
}
