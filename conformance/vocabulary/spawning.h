// Spawn: one posix_spawn(3) of a helper of this same program.
#pragma once

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/types.h>

#include <cerrno>
#include <string>
#include <vector>

#include "conformance/vocabulary/observe.h"

namespace procmark::conformance {

inline constexpr const char* kItself = "/proc/self/exe";

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
    ASSERT_EQ(::posix_spawnattr_setflags(&attributes, static_cast<short>(flags)), 0);
  }
  // posix_spawn of a helper; its error number. The child's pid is in `pid`, or -1.
  int Start(const std::string& helper, const std::vector<std::string>& arguments = {},
            const char* path = kItself) {
    std::vector<std::string> words = {"procmark-conformance", "--procmark_helper", helper};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    char* const environment[] = {nullptr};
    return ::posix_spawn(&pid, path, &actions, &attributes, argv.data(), environment);
  }
  // Starts the helper and waits for its raw status; -1 when it could not be started.
  int Run(const std::string& helper, const std::vector<std::string>& arguments = {}) {
    const int error = Start(helper, arguments);
    EXPECT_EQ(error, 0);
    return error == 0 ? Wait4(pid, 0).status : -1;
  }

  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  pid_t pid = -1;
};

inline void ExpectNoChild() { EXPECT_EQ(Wait4(-1, WNOHANG | __WALL).error, ECHILD); }

}  // namespace procmark::conformance
