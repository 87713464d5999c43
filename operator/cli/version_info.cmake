# Writes OUTPUT with the version and the commit, only when either has changed. Run at each build:
#   cmake -DSOURCE=... -DOUTPUT=... -DVERSION=... -DCOMMIT=... -P version_info.cmake
# COMMIT overrides what git says, for builds from a tree without .git.
cmake_minimum_required(VERSION 3.25)

if(NOT COMMIT)
  execute_process(COMMAND git --no-optional-locks -C ${SOURCE} describe --always --abbrev=12 --dirty=+changes --exclude=*
    OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT COMMIT)
  set(COMMIT unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
"#pragma once

#define BELVEDERE_VERSION \"@VERSION@\"
#define BELVEDERE_COMMIT \"@COMMIT@\"
")
