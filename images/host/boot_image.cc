// SPDX-License-Identifier: MIT
#include "images/host/boot_image.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "harness/sys/arch.h"
#include "harness/sys/complaint.h"
#include "harness/sys/fd.h"
#include "harness/sys/proc_stat.h"
#include "harness/sys/sha256.h"
#include "images/host/cache.h"
#include "images/host/handover_symbols.h"
#include "images/host/kernel.h"
#include "images/host/kernel_image.h"
#include "images/host/userland.h"

namespace procmark::images {
namespace {

namespace fs = std::filesystem;

// A program of another architecture would fail in the guest, long after this is easy to say.
void RequireExecutableOf(const std::string& arch, const fs::path& path) {
  const std::string head = ReadKernelHead(path);
  if (!head.starts_with(ELFMAG)) {
    sys::ThrowUsage(
        fmt::format("{} is no ELF program: give one built for {}", path.string(), arch));
  }
  const bool big_endian = head.size() > EI_DATA && head[EI_DATA] == ELFDATA2MSB;
  const auto byte = [&head](size_t at) {
    return at < head.size() ? unsigned{static_cast<unsigned char>(head[at])} : 0U;
  };
  const unsigned machine = big_endian ? byte(18) * 256 + byte(19) : byte(18) + byte(19) * 256;
  if (machine != sys::RequireArch(arch).elf_machine) {
    sys::ThrowUsage(
        fmt::format("{} is a program of another architecture than {}", path.string(), arch));
  }
}

void WriteWhole(const fs::path& path, const std::string& bytes) {
  const fs::path partial = fmt::format("{}.{}.partial", path.string(), ::getpid());
  const auto fail = [&](const sys::Error& error) {
    std::error_code ignored;
    fs::remove(partial, ignored);
    if (error.error_number == ENOSPC) ThrowDiskFull(path);
    sys::ThrowLost(fmt::format("{} cannot be written: {}", path.string(), error.Text()));
  };
  {
    const sys::Fd file(::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.Valid()) fail(sys::LastError("open"));
    const sys::Result<void> written = sys::WriteAll(file.Get(), bytes.data(), bytes.size());
    if (!written) fail(written.Failure());
  }
  if (::rename(partial.c_str(), path.c_str()) != 0) fail(sys::LastError("rename"));
}

}  // namespace

std::pair<std::string, fs::path> ParseProgram(const std::string& argument) {
  const size_t equals = argument.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == argument.size()) {
    sys::ThrowUsage(fmt::format(
        "--program {} is no NAME=PATH: write bench=PATH for a program that is /procmark/bench",
        argument));
  }
  return {argument.substr(0, equals), argument.substr(equals + 1)};
}

std::map<std::string, fs::path> ParseFiles(const std::string& argument) {
  const size_t equals = argument.find('=');
  const std::string path = argument.substr(0, equals);
  const fs::path file = equals == std::string::npos ? "" : argument.substr(equals + 1);
  if (path.empty() || path.starts_with('/') || !fs::exists(file)) {
    sys::ThrowUsage(fmt::format(
        "--file {} is no PATH=FILE: write etc/hosts=FILE for what becomes /etc/hosts", argument));
  }
  if (!fs::is_directory(file)) return {{path, file}};
  std::map<std::string, fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(file)) {
    if (!entry.is_regular_file()) continue;
    files[path + "/" + entry.path().lexically_relative(file).string()] = entry.path();
  }
  return files;
}

nlohmann::json WriteBootImage(BootImageRequest request) {
  (void)sys::RequireArch(request.arch);
  RequireExecutableOf(request.arch, request.content.init);
  for (const auto& [name, path] : request.content.programs) RequireExecutableOf(request.arch, path);
  if (!request.userland.empty()) request.content.files = FindUserland(request.userland);
  for (const auto& [name, path] : request.content.files) RequireExecutableOf(request.arch, path);
  request.content.files.insert(request.files.begin(), request.files.end());
  sys::Result<std::string> job = sys::ReadSmallFile(request.job_file.string());
  if (!job) {
    sys::ThrowUsage(
        fmt::format("{} cannot be read: {}", request.job_file.string(), job.Failure().Text()));
  }
  request.content.job = std::move(job).Value();
  request.content.modules = ReadModules(request.modules_dir, request.modules);
  std::string bytes;
  if (!request.base.empty()) {
    sys::Result<std::string> base = sys::ReadSmallFile(request.base.string());
    if (!base) {
      sys::ThrowUsage(
          fmt::format("{} cannot be read: {}", request.base.string(), base.Failure().Text()));
    }
    bytes = std::move(base).Value();
  }
  bytes += BuildInitramfs(request.content);
  const fs::path out = fs::absolute(request.out);
  WriteWhole(out, bytes);
  sys::Sha256 digest;
  digest.Add(bytes);
  const HandoverSymbols handover = ReadHandoverSymbols(request.content.init);
  return {{"path", out.string()},
          {"sha256", digest.Hex()},
          {"programs_sha256", ProgramsSha256(request.content)},
          {"modules_sha256", ModulesSha256(request.content)},
          {"handover",
           {{"stop", handover.stop}, {"job", handover.job}, {"job_bytes", handover.job_bytes}}}};
}

}  // namespace procmark::images
