// SPDX-License-Identifier: MIT
// Spawn: one posix_spawn(3) of a helper (exec_helper.h).
#pragma once

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "conformance/vocabulary/exec_helper.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/syscall_result.h"

namespace procmark::conformance {

// Attributes and file actions of one spawn; destroyed with it.
class Spawn {
 public:
  Spawn() {
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&actions);
  }
  ~Spawn() {
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  void SetFlags(int flags) {
    ASSERT_ERRNO(::posix_spawnattr_setflags(&attributes, static_cast<short>(flags)), 0);
  }
  // posix_spawn(3) of a helper. The errno, or 0. The child's pid is in `pid`, or -1.
  int Start(const std::string& helper, const std::vector<std::string>& arguments = {},
            const char* path = kThisProgram) {
    const HelperCommand command(helper, arguments);
    return ::posix_spawn(&pid, path, &actions, &attributes, command.Argv(), command.Environment());
  }
  // Starts the helper and waits for it. Its raw status, or -1 when it could not be started.
  int Run(const std::string& helper, const std::vector<std::string>& arguments = {}) {
    const int error = Start(helper, arguments);
    EXPECT_ERRNO(error, 0);
    return error == 0 ? Wait4(pid, 0).status : -1;
  }

  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  pid_t pid = -1;
};

}  // namespace procmark::conformance
