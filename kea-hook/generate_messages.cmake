# SPDX-License-Identifier: MPL-2.0
#
# Makes Kea's message identifiers from a .mes file where there is no kea-msg-compiler (Kea installs one from 3.0 on):
# the same two files from the same source.
#
#   cmake -D INPUT=netboot_messages.mes -D OUTPUT=<path without .h and .cc> -P generate_messages.cmake
cmake_minimum_required(VERSION 3.25)

get_filename_component(name ${OUTPUT} NAME)
string(TOUPPER ${name}_H guard)
file(STRINGS ${INPUT} lines REGEX "^[%$]")
set(ids "")
set(declarations "")
set(definitions "")
set(values "")
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^% ?([A-Z][A-Z0-9_]*) (.+)$")
    message(FATAL_ERROR "${INPUT}: cannot read \"${line}\"")
  endif()
  set(id ${CMAKE_MATCH_1})
  string(REPLACE "\"" "\\\"" text "${CMAKE_MATCH_2}")
  if(id IN_LIST ids)
    message(FATAL_ERROR "${INPUT}: ${id} is there twice")
  endif()
  list(APPEND ids ${id})
  string(APPEND declarations "extern const isc::log::MessageID ${id};\n")
  string(APPEND definitions "extern const isc::log::MessageID ${id} = \"${id}\";\n")
  string(APPEND values "    \"${id}\", \"${text}\",\n")
endforeach()
if(NOT ids)
  message(FATAL_ERROR "${INPUT}: no messages")
endif()

file(WRITE ${OUTPUT}.h "// Made by the build from ${name}.mes.
#ifndef ${guard}
#define ${guard}

#include <log/message_types.h>

${declarations}
#endif
")
file(WRITE ${OUTPUT}.cc "// Made by the build from ${name}.mes.
#include \"${name}.h\"

#include <cstddef>
#include <log/message_initializer.h>

${definitions}
namespace {
const char *values[] = {
${values}    NULL,
};
const isc::log::MessageInitializer initializer(values);
}
")
