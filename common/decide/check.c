/* SPDX-License-Identifier: MPL-2.0 */
/* What a person may store as a file, a command line or a base URL. */
#include "decide/check.h"

#include "base/bytes.h"
#include "base/failure.h"
#include "base/template.h"
#include "base/url.h"

#include <errno.h>

static bool is_printable_without_spaces(const char *value)
{
    for (; *value; value++)
        if (*value <= ' ' || *value > '~')
            return false;
    return true;
}

static const struct template_value known[] = {
    {"mac",        "x" },
    {"mac-hyphen", "x" },
    {"uuid",       "x" },
    {"platform",   "x" },
    {"site",       "x" },
    {"target",     "x" },
    {NULL,         NULL},
};

/* Checks a URL whose placeholders are filled in. `value`: the URL as it was written. */
static int check_url(struct netboot_bytes text, const char *value, struct netboot_error *error)
{
    char name[NETBOOT_FILE_SIZE];
    struct url url;

    if (url_parse(text, &url) < 0)
        return bytes_begin_with(text, "http") || bytes_begin_with(text, "tftp")
                   ? failure(error, -EINVAL,
                             "'%.200s' is not a URL: write scheme://host/path, with an IPv6 address in brackets", value)
                   : 0;
    int size = bytes_equal_any_case(url.scheme, "tftp") ? url_tftp_name(&url, name) : 0;
    if (size == -EINVAL)
        return failure(error, -EINVAL,
                       "in '%.200s' a %% is not followed by two hexadecimal digits: write %%25 for a literal %%",
                       value);
    if (size == -EILSEQ)
        return failure(error, -EINVAL,
                       "the escapes in '%.200s' decode to a control character or to invalid UTF-8: rename the file",
                       value);
    return 0;
}

int netboot_file_check(const char *value, struct netboot_error *error)
{
    struct netboot_bytes bytes = bytes_of_text(value);
    char expanded[NETBOOT_FILE_SIZE];

    if (bytes.size == 0)
        return failure(error, -EINVAL, "the file is empty: give a path or a URL");
    if (bytes.size >= NETBOOT_FILE_SIZE)
        return failure(error, -EINVAL, "the file '%.40s...' is longer than 1023 octets: give a shorter one", value);
    if (!is_printable_without_spaces(value))
        return failure(error, -EINVAL,
                       "the file '%.200s' has a space, a control character or a non-ASCII character: escape it in a "
                       "URL (%%20 is a space), or rename the file",
                       value);
    if (template_expand(bytes, known, expanded, sizeof(expanded)) < 0 || strchr(expanded, '}'))
        return failure(error, -EINVAL,
                       "the file '%.200s' has an unknown placeholder: use {mac}, {mac-hyphen}, {uuid}, {platform}, "
                       "{site} or {target}",
                       value);
    return url_is(bytes) ? check_url(bytes_of_text(expanded), value, error) : 0;
}

int command_line_check(const char *value, struct netboot_error *error)
{
    char expanded[NETBOOT_FILE_SIZE];

    if (strlen(value) >= NETBOOT_FILE_SIZE)
        return failure(error, -EINVAL, "the command line '%.40s...' is longer than 1023 octets: give a shorter one",
                       value);
    for (const char *c = value; *c; c++)
        if (*c < ' ' || *c > '~')
            return failure(error, -EINVAL,
                           "the command line '%.200s' has a control character or a non-ASCII character: remove it",
                           value);
    if (strstr(value, "${"))
        return failure(error, -EINVAL,
                       "the command line '%.200s' has a ${, which iPXE would expand: use {mac}, {mac-hyphen}, {uuid}, "
                       "{platform} or {target}",
                       value);
    if (template_expand(bytes_of_text(value), known, expanded, sizeof(expanded)) < 0 || strchr(expanded, '}') ||
        strstr(value, "{site}"))
        return failure(error, -EINVAL,
                       "the command line '%.200s' has an unknown placeholder: use {mac}, {mac-hyphen}, {uuid}, "
                       "{platform} or {target}",
                       value);
    return 0;
}

int netboot_base_url_check(const char *value, struct netboot_error *error)
{
    struct netboot_bytes bytes = bytes_of_text(value);
    struct url url;

    if (bytes.size >= NETBOOT_FILE_SIZE || !is_printable_without_spaces(value) || strpbrk(value, "{}?#"))
        return failure(error, -EINVAL,
                       "'%.200s' cannot be a base URL: paths are appended to it, so remove spaces, braces, '?' and '#'",
                       value);
    if (url_parse(bytes, &url) < 0 ||
        !(bytes_equal_any_case(url.scheme, "http") || bytes_equal_any_case(url.scheme, "https")))
        return failure(
            error, -EINVAL,
            "'%.200s' is not a base URL: write http://host/ or https://host/path/, with an IPv6 address in brackets",
            value);
    return 0;
}
