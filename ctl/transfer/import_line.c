/* SPDX-License-Identifier: MPL-2.0 */
#include "import_line.h"

#include "common/base/suggest.h"
#include "frame/error.h"

#include <errno.h>
#include <string.h>

static int type_find(const cJSON *object, struct netboot_error *error)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(object, "type");
    struct suggestion nearest;
    char hint[SUGGEST_TEXT_SIZE];

    if (!type)
        return NETBOOT_RECORD_HOST;
    if (!cJSON_IsString(type))
        return failure(error, -EINVAL, "type: give site, loader, target or host");
    int kind = netboot_record_kind_find(type->valuestring);
    if (kind >= 0)
        return kind;
    suggest_begin(&nearest, type->valuestring);
    for (int i = 0; i < NETBOOT_RECORD_KINDS; i++)
        suggest_offer(&nearest, netboot_record_kind_name((enum netboot_record_kind)i));
    return failure(error, -EINVAL, "type: `%.100s` is not site, loader, target or host%s", type->valuestring,
                   suggest_text(&nearest, hint));
}

static int json_read(const char *text, size_t size, cJSON **ret_object, struct line_record *ret,
                     struct netboot_error *error)
{
    if (text[0] == '[')
        return failure(error, -EINVAL, "this is a JSON list: give one object a line (convert it with jq -c '.[]')");
    if (text[0] == '{' && !memchr(text, '}', size))
        return failure(error, -EINVAL,
                       "not JSON: the object does not end on this line; is the file cut short? Write each object on "
                       "one line (convert it with jq -c .)");
    *ret_object = json_parse(text, size, error);
    int kind = *ret_object ? type_find(*ret_object, error) : error->code;
    if (kind < 0)
        return kind;
    ret->record.kind = (enum netboot_record_kind)kind;
    return 0;
}

static int csv_read(const struct line_reader *reader, char *text, size_t size, cJSON **ret_object,
                    struct line_record *ret, struct netboot_error *error)
{
    *ret_object = csv_parse(&reader->header, text, size, error);
    ret->record.kind = NETBOOT_RECORD_HOST;
    return *ret_object ? 0 : error->code;
}

static int header_read(struct line_reader *reader, char *text, size_t size, struct netboot_error *error)
{
    int status = csv_header_parse(text, size, &reader->header, error);

    reader->has_header = status == 0;
    return status == 0 ? 0 : (error->code = -EPROTO);
}

int line_parse(struct line_reader *reader, uint64_t number, char *text, size_t size, struct arena *memory,
               struct line_record *ret, struct netboot_error *error)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some programs begin UTF-8 with this mark */
    size_t blank = 0;

    if (number == 1 && size >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3;
        size -= 3;
    }
    if (number == 1 && size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
        return failure(error, -EPROTO, "the file is UTF-16, not UTF-8: convert it with iconv -f UTF-16 -t UTF-8");
    while (blank < size && (text[blank] == ' ' || text[blank] == '\t'))
        blank++;
    if (blank == size)
        return 0;
    if (reader->csv && !reader->has_header)
        return header_read(reader, text, size, error);
    cJSON *object = NULL;
    int status = reader->csv ? csv_read(reader, text, size, &object, ret, error)
                             : json_read(text + blank, size - blank, &object, ret, error);
    if (status == 0)
        status = patch_from_json(object, true, &ret->record, &ret->patch, memory, error);
    cJSON_Delete(object);
    if (status == 0 && (status = netboot_record_key_of(&ret->record, &ret->key)) != 0)
        status = failure(error, status, "a host needs a mac, uuid or duid");
    return status == 0 ? 1 : status;
}
