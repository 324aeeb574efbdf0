// SPDX-License-Identifier: MPL-2.0
#include "parameters.h"

using isc::data::ConstElementPtr;
using isc::data::Element;

namespace netboot
{
namespace
{

struct Row {
    const char *key;
    Element::types type;
    const char *rule;
    bool (*take)(const Element &value, Parameters &ret); // false: the value breaks the rule
};

bool take_database(const Element &value, Parameters &ret)
{
    ret.database = value.stringValue();
    return !ret.database.empty() && ret.database[0] == '/' && ret.database.find('\0') == std::string::npos;
}

bool take_existing_boot_file(const Element &value, Parameters &ret)
{
    const std::string &name = value.stringValue();
    const int found = netboot_existing_boot_file_find(name.c_str());

    ret.existing_boot_file = static_cast<netboot_existing_boot_file>(found);
    return found >= 0 && name == netboot_existing_boot_file_name(ret.existing_boot_file); // no NUL inside
}

bool take_journal(const Element &value, Parameters &ret)
{
    ret.journal = value.boolValue();
    return true;
}

bool take_question_deadline(const Element &value, Parameters &ret)
{
    const int64_t most = 1000;

    ret.question_ms = static_cast<unsigned>(value.intValue());
    return value.intValue() >= 1 && value.intValue() <= most;
}

bool take_join_identifiers(const Element &value, Parameters &ret)
{
    ret.join_identifiers = value.boolValue();
    return true;
}

bool take_allow_changes(const Element &value, Parameters &ret)
{
    ret.allow_changes = value.boolValue();
    return true;
}

const Row rows[] = {
    {"database",           Element::string,  "the absolute path of a directory",    take_database          },
    {"existing-boot-file", Element::string,  "\"keep\", \"replace\" or \"remove\"", take_existing_boot_file},
    {"journal",            Element::boolean, "true or false",                       take_journal           },
    {"join-identifiers",   Element::boolean, "true or false",                       take_join_identifiers  },
    {"question-deadline",  Element::integer, "milliseconds, 1 to 1000",             take_question_deadline },
    {"allow-changes",      Element::boolean, "true or false",                       take_allow_changes     },
};

std::string known_keys()
{
    std::string text;
    for (const Row &row : rows)
        text += std::string(text.empty() ? "" : ", ") + "\"" + row.key + "\"";
    return text;
}

const Row &find(const std::string &key, const Element &value)
{
    for (const Row &row : rows)
        if (key == row.key)
            return row;
    throw ParameterError("parameter \"" + key + "\" with value " + value.str() + " is unknown: the parameters are " +
                         known_keys());
}

} // namespace

Parameters read_parameters(const ConstElementPtr &configured)
{
    Parameters ret;
    ret.database = NETBOOT_DEFAULT_DIRECTORY;
    if (!configured)
        return ret;
    if (configured->getType() != Element::map)
        throw ParameterError("\"parameters\" is " + configured->str() + ": it must be a map of " + known_keys());
    for (const auto &parameter : configured->mapValue()) {
        const Element &value = *parameter.second;
        const Row &row = find(parameter.first, value);
        if (value.getType() != row.type || !row.take(value, ret))
            throw ParameterError("parameter \"" + parameter.first + "\" is " + value.str() + ": it must be " +
                                 row.rule);
    }
    return ret;
}

} // namespace netboot
