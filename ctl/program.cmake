# SPDX-License-Identifier: MPL-2.0
# What a program with the frame needs: the frame, its place, and what it writes of itself: its completion, and its
# commands into its manual page.
function(netboot_program name) # and the library, where it is not the shared one
  set(library ${ARGN} netboot)
  list(GET library 0 library)
  target_link_libraries(${name} PRIVATE netboot_frame netboot_wire netboot_json ${library})
  # Wherever it is installed; CMAKE_SKIP_INSTALL_RPATH leaves it out for a distribution's package.
  set_target_properties(${name} PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

  set(manual ${PROJECT_SOURCE_DIR}/docs/${name}.8)
  add_custom_command(OUTPUT ${name}.bash
    COMMAND ${name} completion bash > ${name}.bash
    DEPENDS ${name} VERBATIM)
  add_custom_command(OUTPUT ${name}.8
    COMMAND ${name} manual ${manual} > ${name}.8
    DEPENDS ${name} ${manual} VERBATIM)
  add_custom_target(${name}_files ALL DEPENDS ${name}.bash ${name}.8)

  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.bash
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${name})
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
endfunction()
