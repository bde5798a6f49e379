#  Flags, third-party libraries and the one way to declare a library or a test of the house.

find_package (PkgConfig REQUIRED)
foreach (pair UV:libuv ZMQ:libzmq CZMQ:libczmq CURL:libcurl LWS:libwebsockets SODIUM:libsodium SQLITE:sqlite3
        JANSSON:jansson CMOCKA:cmocka NGHTTP2:libnghttp2 OPENSSL:openssl HIREDIS:hiredis POSTGRES:libpq)
    string (REPLACE ":" ";" pair ${pair})
    list (GET pair 0 prefix)
    list (GET pair 1 module)
    pkg_check_modules (${prefix} REQUIRED IMPORTED_TARGET ${module})
endforeach ()
pkg_check_modules (HIREDIS_SSL IMPORTED_TARGET hiredis_ssl)
#  bookworm calls it msgpack, trixie and Ubuntu 24.04 msgpack-c
pkg_search_module (MSGPACK REQUIRED msgpack-c msgpack)
add_library (msgpack_c INTERFACE)
target_link_libraries (msgpack_c INTERFACE ${MSGPACK_LINK_LIBRARIES})
foreach (folder ${MSGPACK_INCLUDE_DIRS}) #  trixie's msgpack-c.pc names a relative one
    if (IS_ABSOLUTE ${folder} AND NOT folder STREQUAL /usr/include)
        target_include_directories (msgpack_c INTERFACE ${folder})
    endif ()
endforeach ()
find_package (Threads REQUIRED)

add_library (house_flags INTERFACE)
target_compile_options (house_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
    -fno-omit-frame-pointer -fstack-protector-strong -ffunction-sections $<$<BOOL:${HOUSE_WERROR}>:-Werror>)
target_compile_definitions (house_flags INTERFACE _GNU_SOURCE)
target_include_directories (house_flags INTERFACE ${CMAKE_SOURCE_DIR})
if (HOUSE_SANITIZE)
    target_compile_options (house_flags INTERFACE -fsanitize=${HOUSE_SANITIZE} -fno-sanitize-recover=all)
    target_link_options (house_flags INTERFACE -fsanitize=${HOUSE_SANITIZE})
endif ()
if (HOUSE_FUZZ)
    target_compile_options (house_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined)
    target_link_options (house_flags INTERFACE -fsanitize=address,undefined)
endif ()

#  house_library (NAME name SOURCES a.c ... USES lib ... PRIVATE_USES lib ...): USES are what its headers need.
function (house_library)
    cmake_parse_arguments (arg "" "NAME" "SOURCES;USES;PRIVATE_USES" ${ARGN})
    add_library (${arg_NAME} STATIC ${arg_SOURCES})
    target_link_libraries (${arg_NAME} PUBLIC house_flags ${arg_USES} PRIVATE ${arg_PRIVATE_USES})
endfunction ()

#  house_test (NAME unit_fixed SOURCES fixed_test.c USES messages LABEL unit [ENVIRONMENT X=Y]): a cmocka program.
function (house_test)
    cmake_parse_arguments (arg "" "NAME;LABEL;TIMEOUT" "SOURCES;USES;ENVIRONMENT" ${ARGN})
    add_executable (${arg_NAME} ${arg_SOURCES})
    target_link_libraries (${arg_NAME} PRIVATE house_flags ${arg_USES} PkgConfig::CMOCKA)
    add_test (NAME ${arg_NAME} COMMAND ${arg_NAME})
    if (NOT arg_TIMEOUT)
        set (arg_TIMEOUT 300) #  ends what hangs; how fast the machine is decides nothing
    endif ()
    set_tests_properties (${arg_NAME} PROPERTIES LABELS "${arg_LABEL}" TIMEOUT ${arg_TIMEOUT}
        ENVIRONMENT "${arg_ENVIRONMENT}")
endfunction ()

#  house_fuzz (NAME fuzz_x SOURCES x_fuzz.c USES lib): a libFuzzer target, only with HOUSE_FUZZ.
function (house_fuzz)
    cmake_parse_arguments (arg "" "NAME" "SOURCES;USES" ${ARGN})
    if (HOUSE_FUZZ)
        add_executable (${arg_NAME} ${arg_SOURCES})
        target_link_libraries (${arg_NAME} PRIVATE house_flags ${arg_USES})
        target_link_options (${arg_NAME} PRIVATE -fsanitize=fuzzer)
    endif ()
endfunction ()

#  asserts stay on in release
set (CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set (CMAKE_C_FLAGS_DEBUG "-O1 -g")
