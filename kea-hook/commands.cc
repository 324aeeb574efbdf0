// SPDX-License-Identifier: MPL-2.0
//
// Kea's side of the commands: arguments, responses and result codes. json/remote/ carries them out.
#include "commands.h"

#include "elements.h"
#include "hook.h"

#include "json/remote/remote.h"

#include <cc/command_interpreter.h>
#include <process/daemon.h>

#include <cerrno>
#include <string>

using isc::data::ConstElementPtr;
using isc::hooks::CalloutHandle;

namespace netboot
{
namespace
{

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
    ConstElementPtr given;
    const std::string name = isc::config::parseCommand(given, command);
    const Json arguments = given ? json_of(*given) : Json();
    cJSON *answer = nullptr;
    netboot_error told;
    remote remote;

    remote.store = hook->store;
    remote.directory = hook->parameters.database.c_str();
    remote.server = server.c_str();
    remote.family = server == "kea-dhcp6" ? NETBOOT_V6 : NETBOOT_V4;
    remote.allow_changes = hook->parameters.allow_changes;
    remote.forwards = true;
    remote.journal = hook->parameters.journal;
    remote.store_errors = hook->statistics.store_errors();
    const int result = result_code(remote_run(&remote, name.c_str(), arguments.get(), &answer, &told));
    const Json held(answer);
    if (!answer)
        return isc::config::createAnswer(result, std::string(told.text));
    return isc::config::createAnswer(result, std::string(told.text), element_of(*answer));
}

// No exception may escape: Kea's response would be an error without a reason.
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
        return 1; // Kea itself reports that there is no response.
    }
}

} // namespace

void register_commands(isc::hooks::LibraryHandle &handle)
{
    for (unsigned i = 0; const char *name = remote_name(i); i++)
        handle.registerCommandCallout(name, command_callout);
}

} // namespace netboot
