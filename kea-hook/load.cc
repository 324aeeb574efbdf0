// SPDX-License-Identifier: MPL-2.0
//
// Kea calls these when it loads and unloads the library.
#include "commands.h"
#include "hook.h"

#include <process/daemon.h>

#include <memory>

using isc::hooks::LibraryHandle;

namespace netboot
{

namespace
{

void check_daemon()
{
    const std::string name = isc::process::Daemon::getProcName();

    if (name != "kea-dhcp4" && name != "kea-dhcp6")
        throw std::runtime_error("it is for kea-dhcp4 and kea-dhcp6, but this daemon is " + name);
}

// Kea opens a file once, even if it is named twice. A second hook would replace the first one, and the threads of that
// one would run in a library that is gone.
void check_single()
{
    if (hook)
        throw std::runtime_error("it is already loaded: name it only once in \"hooks-libraries\"");
}

void load_hook(LibraryHandle &handle)
{
    check_daemon();
    check_single();
    const Parameters parameters = read_parameters(handle.getParameters());
    std::unique_ptr<Hook> made(new Hook(parameters));

    LOG_INFO(logger, NETBOOT_LOADED)
        .arg(std::string(netboot_version()))
        .arg(std::string(netboot_existing_boot_file_name(parameters.existing_boot_file)))
        .arg(parameters.database);
    made->events.log(made->store, parameters.database);
    register_commands(handle);
    hook = made.release();
}

void load_failed(const char *what) noexcept
{
    try {
        LOG_ERROR(logger, NETBOOT_LOAD_FAILED).arg(std::string(what));
    } catch (...) {
        // Kea itself logs that the library was not loaded.
    }
}

} // namespace
} // namespace netboot

extern "C" {

int version()
{
    return netboot::kea_version();
}

int multi_threading_compatible()
{
    return 1;
}

// Fails only for mistakes that the operator has to correct: after config-set Kea would answer no client.
int load(LibraryHandle &handle)
{
    try {
        netboot::load_hook(handle);
        return 0;
    } catch (const std::exception &error) {
        netboot::load_failed(error.what());
    } catch (...) {
        netboot::load_failed("an exception of an unknown kind");
    }
    return 1;
}

// Kea has to go on, even if this fails.
int unload()
{
    try {
        delete netboot::hook;
        netboot::hook = nullptr;
        LOG_INFO(netboot::logger, NETBOOT_UNLOADED);
    } catch (...) {
        netboot::hook = nullptr;
    }
    return 0;
}

} // extern "C"
