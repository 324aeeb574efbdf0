# SPDX-License-Identifier: MPL-2.0
#
# Puts the messages and their paragraphs into the manual page, where its line `.\" MESSAGES` is.
#
#   cmake -D MESSAGES=netboot_messages.mes -D TEMPLATE=netboot-kea.8 -D OUTPUT=<path> -P generate_manual.cmake
cmake_minimum_required(VERSION 3.25)

file(READ ${MESSAGES} text)
string(REGEX REPLACE "(^|\n)#[^\n]*" "" text "${text}")
string(REPLACE ";" "\\(semi" text "${text}") # lists of cmake are text with semicolons
string(REPLACE "[" "\\(lB" text "${text}")
string(REPLACE "]" "\\(rB" text "${text}")
string(REGEX REPLACE "\n% ?([A-Z0-9_]+) ([^\n]*)\n" "\n.It Li \\1\n\\2\n.Pp\n" text "\n${text}")
string(REGEX REPLACE "\n\n+" "\n" text "${text}")
string(REPLACE ". " ".\n" text "${text}") # a sentence begins on a line of its own
string(REPLACE "\\(semi" ";" text "${text}")
string(STRIP "${text}" text)

file(READ ${TEMPLATE} page)
string(FIND "${page}" "\n.\\\" MESSAGES\n" place)
if(place EQUAL -1)
  message(FATAL_ERROR "${TEMPLATE} has no line that says where the messages go")
endif()
string(SUBSTRING "${page}" 0 ${place} before)
string(SUBSTRING "${page}" ${place} -1 after)
string(REPLACE "\n.\\\" MESSAGES\n" "" after "${after}")
file(WRITE ${OUTPUT} "${before}\n.Bl -tag -width indent\n${text}\n.El\n${after}")
