// SPDX-License-Identifier: MIT
// execve(2) of a file that somebody writes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/syscall_result.h"
#include "harness/sys/fd.h"
#include "harness/sys/temp_dir.h"

namespace procmark::conformance {
namespace {

// The errno of execve(2) of the file, in a child.
int ExecError(const std::string& path) {
  ScopedChild child = Fork([&] {
    char* const none[] = {nullptr};
    char* const argv[] = {const_cast<char*>(path.c_str()), nullptr};
    (void)::execve(path.c_str(), argv, none);
    return errno;
  });
  return child.Reap() >> 8;
}

PROMISE(ExecBusy, FileOpenForWritingIsRefused,
        {
            .says = "execve of a file that is open for writing fails with ETXTBSY, and no longer "
                    "when the file is closed.",
            .item = "388",
            .authority = "execve(2) ERRORS; fs/exec.c do_open_execat() (not in 6.11 and 6.12.0)",
        }) {
  const sys::TempDir folder = sys::TempDir::Create().Value();
  const std::string path = (folder.Path() / "program").string();
  sys::Fd writer(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0700));
  ASSERT_TRUE(writer.Valid());
  ASSERT_TRUE(sys::WriteAll(writer.Get(), "no program", 10).Ok());
  ASSERT_SYSCALL_SUCCEEDS(::fchmod(writer.Get(), 0700));
  const int busy = ExecError(path);
  writer.Close();
  const int closed = ExecError(path);
  if (closed == EACCES) GTEST_SKIP() << "files in " << folder.Path() << " cannot be executed here";
  EXPECT_ERRNO(busy, ETXTBSY);
  EXPECT_ERRNO(closed, ENOEXEC);
}

}  // namespace
}  // namespace procmark::conformance
