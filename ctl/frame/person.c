/* SPDX-License-Identifier: MPL-2.0 */
#include "frame/person.h"

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *user_name(uid_t user, char text[PERSON_SIZE])
{
    struct passwd entry, *found = NULL;
    char buffer[16384];

    if (getpwuid_r(user, &entry, buffer, sizeof(buffer), &found) == 0 && found)
        snprintf(text, PERSON_SIZE, "%s", entry.pw_name);
    else
        snprintf(text, PERSON_SIZE, "%u", (unsigned)user);
    return text;
}

const char *group_name(gid_t group, char text[PERSON_SIZE])
{
    struct group entry, *found = NULL;
    char buffer[16384];

    if (getgrgid_r(group, &entry, buffer, sizeof(buffer), &found) == 0 && found)
        snprintf(text, PERSON_SIZE, "%s", entry.gr_name);
    else
        snprintf(text, PERSON_SIZE, "%u", (unsigned)group);
    return text;
}

/* The user who logged in, however often he became another since; -1: none, or not known. */
static uid_t login_user(void)
{
    FILE *file = fopen("/proc/self/loginuid", "re");
    unsigned long number = (unsigned long)(uid_t)-1;

    if (!file)
        return (uid_t)-1;
    if (fscanf(file, "%lu", &number) != 1)
        number = (unsigned long)(uid_t)-1;
    fclose(file);
    return (uid_t)number;
}

static const char *name_of(uid_t uid)
{
    const struct passwd *user = uid == (uid_t)-1 ? NULL : getpwuid(uid);

    return user ? user->pw_name : NULL;
}

static void find(char text[NETBOOT_ONCE_BY_SIZE])
{
    bool root = geteuid() == 0;                  /* only then is the environment sudo's */
    const char *name = getenv("NETBOOT_PERSON"); /* netbootd runs this for somebody */

    if (!name && root)
        name = getenv("SUDO_USER");

    if (!name && root)
        name = getenv("DOAS_USER");
    if (!name)
        name = name_of(login_user());
    if (!name)
        name = name_of(getuid());
    snprintf(text, NETBOOT_ONCE_BY_SIZE, "%s", name ? name : "");
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~')
            text[0] = '\0';
}

const char *who_name(char text[NETBOOT_ONCE_BY_SIZE])
{
    static char known[NETBOOT_ONCE_BY_SIZE];
    static bool asked;

    if (!asked)
        find(known);
    asked = true;
    memcpy(text, known, sizeof(known));
    return text[0] ? text : NULL;
}
