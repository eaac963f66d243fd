// SPDX-License-Identifier: MIT
// GdbStub: those parts of QEMU's built-in debugger that a snapshot needs: stop a guest at an
// instruction, write to its memory, let it go on. Unlike QMP's "stop" it stops at the same
// instruction every time. Protocol: "GDB Remote Serial Protocol", appendix E of the GDB manual;
// QEMU docs/system/gdb.rst.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/sys/deadline.h"
#include "harness/sys/fd.h"

namespace procmark::cell {

// "$" payload "#" checksum, the checksum in two hexadecimal digits.
std::string GdbPacket(std::string_view payload);

// One end of a socket pair whose other end QEMU got as its -gdb device. Every call but PollFd
// throws a lost Complaint when QEMU hangs up, refuses or does not answer within its deadline.
class GdbStub {
 public:
  explicit GdbStub(sys::Fd socket) : socket_(std::move(socket)) {}

  // Readable when the guest has stopped.
  int PollFd() const { return socket_.Get(); }
  // A hardware breakpoint at a virtual address, in every process.
  void SetBreakpoint(uint64_t address);
  void ClearBreakpoint(uint64_t address);
  // Lets the guest run. TakeStop() is due when PollFd() becomes readable.
  void Continue();
  // A whole answer has come; reads what is there without waiting.
  bool HasAnswer();
  // Reads why the guest stopped. True for a trap, false when QEMU is ending; else a Complaint.
  bool TakeStop();
  // Writes to the memory of the address space that the stopped guest is in. The pages must be
  // present.
  void Write(uint64_t address, std::string_view bytes);
  // Forgets the debugger and lets the guest run.
  void Detach();

 private:
  void Send(std::string_view payload);
  std::string Receive();
  void Command(std::string_view payload);  // must be answered by OK

  sys::Fd socket_;
  std::string pending_;
  bool hung_up_ = false;
};

}  // namespace procmark::cell
