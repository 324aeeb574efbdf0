// SPDX-License-Identifier: MPL-2.0
#include "elements.h"

#include <cmath>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>

using isc::data::Element;
using isc::data::ElementPtr;

namespace netboot
{
namespace
{

// No command has arguments nested deeper than this.
const unsigned max_depth = 16;

const char *text_of(const std::string &text)
{
    if (text.find('\0') != std::string::npos)
        throw std::invalid_argument("a text contains a NUL");
    return text.c_str();
}

Json made(cJSON *item)
{
    if (!item)
        throw std::bad_alloc();
    return Json(item);
}

Json convert(const Element &value, unsigned depth);

Json list_of(const Element &value, unsigned depth)
{
    Json ret = made(cJSON_CreateArray());

    for (const auto &item : value.listValue())
        cJSON_AddItemToArray(ret.get(), convert(*item, depth).release());
    return ret;
}

Json map_of(const Element &value, unsigned depth)
{
    Json ret = made(cJSON_CreateObject());

    for (const auto &item : value.mapValue()) {
        Json member = convert(*item.second, depth);
        if (!cJSON_AddItemToObject(ret.get(), text_of(item.first), member.get()))
            throw std::bad_alloc();
        member.release();
    }
    return ret;
}

Json convert(const Element &value, unsigned depth)
{
    if (depth == max_depth)
        throw std::invalid_argument("the arguments are nested too deeply");
    switch (value.getType()) {
    case Element::integer:
        return made(cJSON_CreateNumber(static_cast<double>(value.intValue())));
    case Element::real:
        return made(cJSON_CreateNumber(value.doubleValue()));
    case Element::boolean:
        return made(cJSON_CreateBool(value.boolValue()));
    case Element::string:
        return made(cJSON_CreateString(text_of(value.stringValue())));
    case Element::list:
        return list_of(value, depth + 1);
    case Element::map:
        return map_of(value, depth + 1);
    default:
        return made(cJSON_CreateNull());
    }
}

ElementPtr number_of(double number)
{
    if (number == std::floor(number) && std::fabs(number) < 9007199254740992.0)
        return Element::create(static_cast<int64_t>(number));
    return Element::create(number);
}

} // namespace

Json json_of(const Element &value)
{
    return convert(value, 0);
}

ElementPtr element_of(const cJSON &value)
{
    if (cJSON_IsNumber(&value))
        return number_of(value.valuedouble);
    if (cJSON_IsBool(&value))
        return Element::create(cJSON_IsTrue(&value) != 0);
    if (cJSON_IsString(&value))
        return Element::create(std::string(value.valuestring));
    if (cJSON_IsNull(&value))
        return Element::create();
    ElementPtr ret = cJSON_IsArray(&value) ? Element::createList() : Element::createMap();
    for (const cJSON *item = value.child; item; item = item->next) {
        if (cJSON_IsArray(&value))
            ret->add(element_of(*item));
        else
            ret->set(item->string, element_of(*item));
    }
    return ret;
}

} // namespace netboot
