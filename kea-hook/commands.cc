// SPDX-License-Identifier: MPL-2.0
//
// Kea's side of the commands: its elements as text and back, and its result codes. What they do is in json/remote.c.
#include "commands.h"

#include "hook.h"

#include <remote.h>

#include <cc/command_interpreter.h>
#include <process/daemon.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

using isc::data::ConstElementPtr;
using isc::data::Element;
using isc::hooks::CalloutHandle;

namespace netboot
{
namespace
{

// Deeper than any command's arguments are.
const unsigned max_depth = 16;

void write_string(const std::string &value, std::string &ret)
{
    const char digits[] = "0123456789abcdef";

    ret += '"';
    for (const char c : value) {
        const unsigned char octet = static_cast<unsigned char>(c);
        if (octet < ' ') {
            ret += std::string("\\u00") + digits[octet >> 4] + digits[octet & 15];
            continue;
        }
        if (c == '"' || c == '\\')
            ret += '\\';
        ret += c;
    }
    ret += '"';
}

// Not Element::str(): that takes each octet of a UTF-8 text for a character of its own.
void write_json(const Element &value, unsigned depth, std::string &ret)
{
    const char *separator = "";

    if (depth > max_depth)
        throw std::invalid_argument("the arguments are nested too deeply");
    switch (value.getType()) {
    case Element::string:
        return write_string(value.stringValue(), ret);
    case Element::list:
        ret += '[';
        for (const auto &item : value.listValue()) {
            ret += separator;
            write_json(*item, depth + 1, ret);
            separator = ",";
        }
        ret += ']';
        return;
    case Element::map:
        ret += '{';
        for (const auto &item : value.mapValue()) {
            ret += separator;
            write_string(item.first, ret);
            ret += ':';
            write_json(*item.second, depth + 1, ret);
            separator = ",";
        }
        ret += '}';
        return;
    default:
        ret += value.str();
    }
}

int result_code(int status)
{
    switch (status) {
    case 0:
        return isc::config::CONTROL_RESULT_SUCCESS;
    case -ENODATA:
        return isc::config::CONTROL_RESULT_EMPTY;
    case -ENOSYS:
        return isc::config::CONTROL_RESULT_COMMAND_UNSUPPORTED;
    }
    return isc::config::CONTROL_RESULT_ERROR;
}

ConstElementPtr run(const ConstElementPtr &command)
{
    const std::string server = isc::process::Daemon::getProcName();
    ConstElementPtr arguments;
    const std::string name = isc::config::parseCommand(arguments, command);
    std::string text;
    netboot_error told;
    char *answer = nullptr;

    if (arguments)
        write_json(*arguments, 0, text);
    remote remote;
    remote.store = hook->store;
    remote.directory = hook->parameters.database.c_str();
    remote.server = server.c_str();
    remote.family = server == "kea-dhcp6" ? NETBOOT_V6 : NETBOOT_V4;
    remote.allow_changes = hook->parameters.allow_changes;
    remote.journal = false;
    remote.store_errors = hook->statistics.store_errors();
    const int status = remote_run(&remote, name.c_str(), arguments ? text.c_str() : nullptr, &answer, &told);
    const std::unique_ptr<char, void (*)(void *)> held(answer, free);
    if (!answer)
        return isc::config::createAnswer(result_code(status), std::string(told.text));
    return isc::config::createAnswer(result_code(status), std::string(told.text), Element::fromJSON(answer));
}

// Nothing may escape from here: Kea would answer with an error that names no reason.
ConstElementPtr answer_of(const ConstElementPtr &command)
{
    try {
        if (hook && command)
            return run(command);
        return isc::config::createAnswer(isc::config::CONTROL_RESULT_ERROR, "the netboot hook is not loaded");
    } catch (const std::exception &error) {
        return isc::config::createAnswer(isc::config::CONTROL_RESULT_ERROR, std::string(error.what()));
    }
}

int command_callout(CalloutHandle &handle) noexcept
{
    ConstElementPtr command;

    try {
        handle.getArgument("command", command);
        ConstElementPtr response = answer_of(command);
        handle.setArgument("response", response);
        return 0;
    } catch (...) {
        return 1; // Kea itself says that there is no response.
    }
}

} // namespace

void register_commands(isc::hooks::LibraryHandle &handle)
{
    for (unsigned i = 0; const char *name = remote_name(i); i++)
        handle.registerCommandCallout(name, command_callout);
}

} // namespace netboot
