# SPDX-License-Identifier: MIT
# Reads lld's link maps (-Wl,-Map): the place of the C library in a program.

# Stores about each output section of a program:
#   PREFIX_size_SECTION      its size
#   PREFIX_align_SECTION     its alignment
#   PREFIX_library_SECTION   the offset of the first part after the last one of our own objects
#   PREFIX_pad_SECTION       the offset of the part named SECTION.pad, if there is one
function(read_link_map file prefix)
  file(STRINGS ${file} lines)
  set(section)
  set(own FALSE)
  foreach(line IN LISTS lines)
    # VMA LMA Size Align, then an output section, or behind 8 blanks a part of it, or behind 16 blanks
    # a symbol.
    if(NOT line MATCHES "^ *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +([0-9]+) ( *)([^ ].*)$")
      continue()
    endif()
    set(address 0x${CMAKE_MATCH_1})
    set(size 0x${CMAKE_MATCH_2})
    set(align ${CMAKE_MATCH_3})
    string(LENGTH "${CMAKE_MATCH_4}" indentation)
    set(name "${CMAKE_MATCH_5}")
    if(indentation EQUAL 0)
      set(section ${name})
      set(start ${address})
      math(EXPR size ${size})
      set(${prefix}_size_${section} ${size} PARENT_SCOPE)
      set(${prefix}_align_${section} ${align} PARENT_SCOPE)
      set(own FALSE)
    elseif(indentation EQUAL 8)
      math(EXPR offset "${address} - ${start}")
      if(name MATCHES "^[^/<].*\\.o:")  # our own objects have relative paths
        set(own TRUE)
      elseif(own)
        set(own FALSE)
        set(${prefix}_library_${section} ${offset} PARENT_SCOPE)
      endif()
      if(name MATCHES ":\\(${section}\\.pad\\)$")
        set(${prefix}_pad_${section} ${offset} PARENT_SCOPE)
      endif()
    endif()
  endforeach()
endfunction()

# Stores in `result` the parts of a program that come from archives, as "ADDRESS NAME#N": NAME is
# "libc.a(fork.o):(.text)", and N counts the parts of one name. Without .eh_frame, which no measured
# program reads.
function(read_library_parts file result)
  file(STRINGS ${file} lines REGEX "\\.a\\(")
  set(parts)
  foreach(line IN LISTS lines)
    if(line MATCHES "\\.eh_frame")
      continue()
    endif()
    # A part is indented by 8 blanks more than an output section.
    if(line MATCHES "^ *([0-9a-f]+) +[0-9a-f]+ +[0-9a-f]+ +[0-9]+         ([^ ].*)$")
      set(address ${CMAKE_MATCH_1})
      get_filename_component(name "${CMAKE_MATCH_2}" NAME)
      string(MAKE_C_IDENTIFIER "${name}" id)
      math(EXPR number_of_${id} "0${number_of_${id}} + 1")
      list(APPEND parts "${address} ${name}#${number_of_${id}}")
    endif()
  endforeach()
  set(${result} ${parts} PARENT_SCOPE)
endfunction()
