# millrace_flags(TARGET [<header>...]): warnings are errors everywhere; sanitizers by MILLRACE_SANITIZE; the
# headers are precompiled with the standard ones.
function(millrace_flags target)
  if(MILLRACE_COVERAGE)
    # Counters that can be mapped from a file also count in a process that ends by SIGKILL (%c). None
    # are kept unless LLVM_PROFILE_FILE says where.
    target_compile_options(${target} PRIVATE -fprofile-instr-generate=/dev/null -fcoverage-mapping
                                             "SHELL:-mllvm -runtime-counter-relocation")
    target_link_options(${target} PRIVATE -fprofile-instr-generate=/dev/null)
  endif()
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # GCC 12 sees overlapping copies in every `"text" + std::string` once optimised (GCC bug 105651).
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  # Paths in messages and debug information are the repository's, not this machine's.
  target_compile_options(${target} PRIVATE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
  # What nearly every file includes. Nothing may rely on it: clang-tidy builds without.
  if(MILLRACE_PCH)
    target_precompile_headers(${target} PRIVATE <algorithm> <chrono> <coroutine> <cstdint> <filesystem>
                              <functional> <map> <memory> <mutex> <optional> <span> <string> <string_view>
                              <unordered_map> <utility> <variant> <vector> ${ARGN})
    target_compile_options(${target} PRIVATE -Xclang -fno-pch-timestamp)  # or ccache knows none again
  endif()
  if(MILLRACE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${MILLRACE_SANITIZE} -fno-omit-frame-pointer
                                             -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${MILLRACE_SANITIZE})
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      # Instrumented code confuses the first. The second says that GCC's TSan does not model fences, which
      # Asio has: it may then miss a race, never invent one in code that has no fence.
      target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized -Wno-tsan)
    else()
      # Clang 14 cannot emit this check for a coroutine ("difference across sections").
      target_compile_options(${target} PRIVATE -fno-sanitize=function)
    endif()
  endif()
endfunction()

# millrace_module(NAME DEPS modules... LIBS libraries...): target millrace_NAME from src/NAME/*.cc.
function(millrace_module name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  set(target millrace_${name})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  list(TRANSFORM ARG_DEPS PREPEND millrace_)
  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
    target_link_libraries(${target} PUBLIC ${ARG_DEPS} ${ARG_LIBS})
    millrace_flags(${target})
    if(MILLRACE_FUZZ)
      target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
    target_link_libraries(${target} INTERFACE ${ARG_DEPS} ${ARG_LIBS})
  endif()
endfunction()
