# One target carries the language, the warnings and the Qt defines of every target of ours.
add_library(lk_options INTERFACE)
target_compile_features(lk_options INTERFACE cxx_std_20)
target_include_directories(lk_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(lk_options INTERFACE
    QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_CAST_FROM_BYTEARRAY
    QT_NO_NARROWING_CONVERSIONS_IN_CONNECT QT_NO_FOREACH QT_USE_QSTRINGBUILDER
    QT_DISABLE_DEPRECATED_BEFORE=0x060400)
target_compile_options(lk_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align
    -Wimplicit-fallthrough -Wno-missing-field-initializers
    # The same objects wherever the tree lies: reproducible, and one ccache for all clones.
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)

option(LK_WERROR "Treat warnings as errors (on in CI)" OFF)
if(LK_WERROR)
    target_compile_options(lk_options INTERFACE -Werror)
endif()

# Coroutines need a flag before g++ 11 only; clang 19 refuses the one that QCoro would add.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(lk_options INTERFACE -fcoroutines)
endif()

option(LK_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
if(LK_SANITIZE)
    target_compile_options(lk_options INTERFACE -fsanitize=address,undefined
        -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    target_link_options(lk_options INTERFACE -fsanitize=address,undefined)
endif()

# Packages are hardened; a build for development stays quick to link and to step through.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(lk_options INTERFACE -fstack-protector-strong)
    target_compile_definitions(lk_options INTERFACE _FORTIFY_SOURCE=2)
    target_link_options(lk_options INTERFACE -Wl,-z,relro,-z,now)
endif()

# lk_room(NAME LIBS … SOURCES …): a static library for one folder of src.
function(lk_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;LIBS;PRIVATE_LIBS" ${ARGN})
    add_library(${name} STATIC ${ROOM_SOURCES})
    set_target_properties(${name} PROPERTIES AUTOMOC ON)
    target_link_libraries(${name} PUBLIC lk_options ${ROOM_LIBS} PRIVATE ${ROOM_PRIVATE_LIBS})
endfunction()
