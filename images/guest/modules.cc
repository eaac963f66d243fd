// SPDX-License-Identifier: MIT
#include "images/guest/modules.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "harness/sys/deadline.h"
#include "harness/sys/fd.h"

namespace procmark::guest {
namespace {

constexpr const char* kModules = "/procmark/modules";
constexpr const char* kLabModule = "/procmark/lab.ko";
constexpr long long kDeviceMs = 10'000;

void Load(const std::string& path) {
  const sys::Fd module(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (module.Valid() && ::syscall(SYS_finit_module, module.Get(), "", 0) == 0) return;
  if (errno == EEXIST) return;  // another driver's module brought it
  throw std::runtime_error("cannot load " + path + ": " + std::strerror(errno));
}

void AwaitDevice(const std::string& path) {
  const sys::Fd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (::inotify_add_watch(watch.Get(), "/dev", IN_CREATE) < 0) return;
  const sys::Deadline deadline = sys::Deadline::After(kDeviceMs);
  while (::access(path.c_str(), F_OK) != 0) {
    pollfd created{watch.Get(), POLLIN, 0};
    if (::poll(&created, 1, deadline.PollTimeoutMs()) <= 0) return;
    alignas(inotify_event) char events[4096];
    while (::read(watch.Get(), events, sizeof events) > 0) {
    }
  }
}

}  // namespace

void LoadModules(const std::string& channel) {
  std::set<std::string> modules;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(kModules, none)) {
    modules.insert(entry.path());
  }
  for (const std::string& module : modules) Load(module);
  if (!modules.empty() && channel.starts_with("/dev/")) {
    AwaitDevice(channel.substr(0, channel.find(',')));
  }
  if (::access(kLabModule, F_OK) == 0) Load(kLabModule);
}

}  // namespace procmark::guest
