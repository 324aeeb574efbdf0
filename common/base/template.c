/* SPDX-License-Identifier: MPL-2.0 */
#include "base/template.h"

#include "base/bytes.h"

#include <errno.h>

static const struct template_value *find(const struct template_value *values, struct netboot_bytes name)
{
    while (values->name && !bytes_equal(name, values->name))
        values++;
    return values->name ? values : NULL;
}

static int append(char *ret, size_t size, size_t *used, const void *data, size_t count)
{
    if (count >= size - *used)
        return -ENAMETOOLONG;
    memcpy(ret + *used, data, count);
    *used += count;
    return 0;
}

int template_expand(struct netboot_bytes template, const struct template_value *values, char *ret, size_t size)
{
    size_t used = 0;

    while (template.size > 0) {
        const uint8_t *brace = memchr(template.data, '{', template.size);
        size_t literal = brace ? (size_t)(brace - template.data) : template.size;
        if (append(ret, size, &used, template.data, literal) < 0)
            return -ENAMETOOLONG;
        template = bytes_after(template, literal);
        if (!brace)
            break;

        const uint8_t *end = memchr(brace, '}', template.size);
        if (!end)
            return -ENOENT;
        const struct template_value *value = find(values, (struct netboot_bytes){brace + 1, (size_t)(end - brace) - 1});
        if (!value)
            return -ENOENT;
        if (!value->text)
            return -ENODATA;
        if (append(ret, size, &used, value->text, strlen(value->text)) < 0)
            return -ENAMETOOLONG;
        template = bytes_after(template, (size_t)(end - brace) + 1);
    }
    ret[used] = '\0';
    return (int)used;
}
