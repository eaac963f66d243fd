// SPDX-License-Identifier: MIT
// io_uring by its raw system calls.
#include "conformance/vocabulary/io_ring.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace procmark::conformance {
namespace {

constexpr unsigned kEntries = 4;

std::atomic_ref<unsigned> Word(char* base, unsigned offset) {
  return std::atomic_ref<unsigned>(*reinterpret_cast<unsigned*>(base + offset));
}

}  // namespace

std::optional<IoRing> IoRing::Create(std::string* why) {
  io_uring_params parameters{};
  sys::Fd ring(static_cast<int>(::syscall(SYS_io_uring_setup, kEntries, &parameters)));
  if (!ring.Valid()) {
    *why = "io_uring_setup does not work here: " + std::string(std::strerror(errno));
    return {};
  }
  if ((parameters.features & IORING_FEAT_SINGLE_MMAP) == 0) {
    *why = "this io_uring has no IORING_FEAT_SINGLE_MMAP";
    return {};
  }
  IoRing made(std::move(ring), parameters);
  if (!made.Map()) {
    *why = "the rings of io_uring cannot be mapped: " + std::string(std::strerror(errno));
    return {};
  }
  return std::optional<IoRing>(std::move(made));
}

IoRing::IoRing(IoRing&& other) noexcept
    : ring_(std::move(other.ring_)),
      parameters_(other.parameters_),
      rings_(std::exchange(other.rings_, nullptr)),
      rings_bytes_(other.rings_bytes_),
      requests_(std::exchange(other.requests_, nullptr)) {}

IoRing::~IoRing() {
  if (rings_ != nullptr) ::munmap(rings_, rings_bytes_);
  if (requests_ != nullptr) ::munmap(requests_, kEntries * sizeof(io_uring_sqe));
}

bool IoRing::Map() {
  rings_bytes_ = std::max(parameters_.sq_off.array + parameters_.sq_entries * sizeof(unsigned),
                          parameters_.cq_off.cqes + parameters_.cq_entries * sizeof(io_uring_cqe));
  const int both = PROT_READ | PROT_WRITE;
  void* rings = ::mmap(nullptr, rings_bytes_, both, MAP_SHARED | MAP_POPULATE, ring_.Get(),
                       IORING_OFF_SQ_RING);
  if (rings == MAP_FAILED) return false;
  rings_ = static_cast<char*>(rings);
  void* requests = ::mmap(nullptr, kEntries * sizeof(io_uring_sqe), both, MAP_SHARED | MAP_POPULATE,
                          ring_.Get(), IORING_OFF_SQES);
  if (requests == MAP_FAILED) return false;
  requests_ = static_cast<io_uring_sqe*>(requests);
  return true;
}

int IoRing::RegisterBuffer(const iovec& buffer) const {
  const long done =
      ::syscall(SYS_io_uring_register, ring_.Get(), IORING_REGISTER_BUFFERS, &buffer, 1);
  return done == 0 ? 0 : errno;
}

int IoRing::Submit(const io_uring_sqe& request) {
  const unsigned tail = Word(rings_, parameters_.sq_off.tail).load();
  const unsigned slot = tail & Word(rings_, parameters_.sq_off.ring_mask).load();
  requests_[slot] = request;
  Word(rings_, parameters_.sq_off.array + slot * static_cast<unsigned>(sizeof(unsigned)))
      .store(slot);
  Word(rings_, parameters_.sq_off.tail).store(tail + 1);
  const long taken = ::syscall(SYS_io_uring_enter, ring_.Get(), 1, 0, 0, nullptr, 0);
  if (taken == 1) return 0;
  return taken < 0 ? errno : EAGAIN;
}

int IoRing::AwaitResult() {
  const unsigned head = Word(rings_, parameters_.cq_off.head).load();
  while (Word(rings_, parameters_.cq_off.tail).load() == head) {
    const long done =
        ::syscall(SYS_io_uring_enter, ring_.Get(), 0, 1, IORING_ENTER_GETEVENTS, nullptr, 0);
    if (done < 0 && errno != EINTR) return -errno;
  }
  const unsigned slot = head & Word(rings_, parameters_.cq_off.ring_mask).load();
  const auto* const completions =
      reinterpret_cast<const io_uring_cqe*>(rings_ + parameters_.cq_off.cqes);
  const int result = completions[slot].res;
  Word(rings_, parameters_.cq_off.head).store(head + 1);
  return result;
}

}  // namespace procmark::conformance
