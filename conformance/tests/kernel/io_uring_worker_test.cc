// SPDX-License-Identifier: MIT
// The workers of io_uring: threads of the process that submits the requests.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conformance/vocabulary/descriptors.h"
#include "conformance/vocabulary/files.h"
#include "conformance/vocabulary/handshake.h"
#include "conformance/vocabulary/io_ring.h"
#include "conformance/vocabulary/observe.h"
#include "conformance/vocabulary/process.h"
#include "conformance/vocabulary/promise.h"
#include "conformance/vocabulary/shared.h"
#include "conformance/vocabulary/syscall_result.h"
#include "conformance/vocabulary/test_deadline.h"
#include "harness/sys/fd.h"
#include "harness/sys/text.h"

namespace procmark::conformance {
namespace {

// A read of an empty pipe, in which a worker of the ring blocks.
struct BlockedWorker {
  explicit BlockedWorker(IoRing&& made) : ring(std::move(made)) {}
  IoRing ring;
  sys::Pipe pipe = MakePipe();
  char byte = 0;
};

// Submits that read. The worker's tid, which task/ of this process shows; 0 when it has not come by
// the test's deadline.
pid_t StartWorker(BlockedWorker* work) {
  io_uring_sqe request{};
  request.opcode = IORING_OP_READ;
  request.flags = IOSQE_ASYNC;
  request.fd = work->pipe.read.Get();
  request.addr = reinterpret_cast<uintptr_t>(&work->byte);
  request.len = 1;
  if (work->ring.Submit(request) != 0) return 0;
  while (!TestDeadline().Expired()) {
    for (const std::string& tid : NamesIn("/proc/self/task").value_or(std::vector<std::string>{})) {
      const std::string name = TextOf("/proc/self/task/" + tid + "/comm");
      if (name.starts_with("iou-wrk-")) return sys::ParseNumber<pid_t>(tid).value_or(0);
    }
    (void)::sched_yield();
  }
  return 0;
}

#define OWN_RING(name)                                                                      \
  std::string why_no_##name;                                                                \
  std::optional<IoRing> name = IoRing::Create(&why_no_##name);                              \
  if (!name) GTEST_SKIP() << why_no_##name;                                                 \
  if (!name->HasOwnWorkers()) {                                                             \
    GTEST_SKIP() << "this io_uring works with kernel threads (IORING_FEAT_NATIVE_WORKERS)"; \
  }

PROMISE(IoUringWorker, AreThreadsOfTheProcess,
        {
            .says = "Workers of io_uring are threads of the process with the name iou-wrk-N, and "
                    "not its children.",
            .item = "333",
            .authority = "io_uring/io-wq.c create_io_worker(); kernel/fork.c create_io_thread()",
            .since = "5.12",
            .kind = Kind::kLinux,
        }) {
  OWN_RING(ring);
  BlockedWorker work(std::move(*ring));
  ASSERT_GT(StartWorker(&work), 0);
  EXPECT_TRUE(HasNoChild());
  EXPECT_EQ(::write(work.pipe.write.Get(), "!", 1), 1);
  EXPECT_EQ(work.ring.AwaitResult(), 1);
}

// A child with a blocked worker, whose tid goes to *worker. The child exits with 30 when `gate` is
// notified.
ScopedChild ForkWithWorker(const Handshake& ready, const Handshake& gate,
                           const Shared<std::atomic<pid_t>>& worker) {
  return Fork([&] {
    std::string why;
    BlockedWorker work(std::move(*IoRing::Create(&why)));
    worker->store(StartWorker(&work));
    ready.Notify();
    return gate.Await() ? 30 : 1;
  });
}

PROMISE(IoUringWorker, LiveAndDieWithTheirProcess,
        {
            .says = "A worker of io_uring blocks every signal except SIGKILL, which ends the whole "
                    "process, and a blocked worker ends together with its process.",
            .item = "333",
            .authority = "kernel/fork.c create_io_thread(); io_uring/io-wq.c; signal(7)",
            .since = "5.12",
            .kind = Kind::kLinux,
        }) {
  OWN_RING(probe);
  const Handshake ready;
  const Handshake gate;
  const Shared<std::atomic<pid_t>> worker;
  {
    ScopedChild child = ForkWithWorker(ready, gate, worker);
    ASSERT_TRUE(ready.Await());
    ASSERT_GT(worker->load(), 0);
    EXPECT_SYSCALL_SUCCEEDS(::syscall(SYS_tgkill, child.Number(), worker->load(), SIGTERM));
    EXPECT_EQ(Wait4(child.Number(), WNOHANG).pid, 0) << "SIGTERM stays pending in the worker";
    const std::string thread = TaskPath(child.Number(), worker->load());
    EXPECT_NE(TextOf(thread + "/status").find("\nSigPnd:\t0000000000004000\n"), std::string::npos)
        << TextOf(thread + "/status");
    EXPECT_SYSCALL_SUCCEEDS(::syscall(SYS_tgkill, child.Number(), worker->load(), SIGKILL));
    EXPECT_EQ(child.Reap(), SIGKILL);
  }
  ScopedChild child = ForkWithWorker(ready, gate, worker);
  ASSERT_TRUE(ready.Await());
  ASSERT_GT(worker->load(), 0);
  gate.Notify();
  (void)child.AwaitZombie();
  EXPECT_EQ(Stat(child.Number()).NumThreads(), 1);
  const std::string thread = TaskPath(child.Number(), worker->load());
  EXPECT_EQ(::access(thread.c_str(), F_OK), -1);
  EXPECT_EQ(child.Reap(), 30 << 8);
}

}  // namespace
}  // namespace procmark::conformance
