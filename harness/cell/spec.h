// CellSpec: the name of a place to run, taken apart. Pure text: nothing is looked up here.
//
//   native[+AXIS=VALUE…]                       the bare machine
//   ARCH/KERNEL/CPU/CLOCK[+AXIS=VALUE…]        a QEMU guest, e.g. amd64/debian-6.1/max/exact
//
// CPU is a model of QEMU's, with its features after commas: max,vmx=on or host,svm=off.
//
// KERNEL may be file:PATH and hold slashes: ARCH is the first part, CLOCK the last, CPU the one
// before it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/store/run.h"

namespace procmark::cell {

struct CellSpec {
  bool native = false;
  std::string arch;    // Debian's architecture name; empty natively
  std::string kernel;  // "debian-6.1" or "file:PATH"
  std::string cpu;     // a QEMU CPU model, or "host"
  store::Clock clock = store::Clock::kWall;
  // Axes. An axis at its default does not appear in the name.
  int64_t slow_percent = 0;   // slow=N: every operation is lengthened by N % (a canary)
  int64_t memory_mib = 512;   // mem=N: the guest's RAM in MiB
  int64_t cpus = 1;           // cpus=N: of the guest; exact where the boot of such a guest ends
  int64_t nodes = 1;          // nodes=N: memory nodes, each with its part of mem=; CPUs in turns
  std::string extra_cmdline;  // cmdline=TEXT: more kernel parameters, comma for space, ,, for comma
  std::string modules;        // modules=NAME,NAME: of its kernel, loaded before it settles
  bool lab = false;           // lab=on: its kernel has the lab module (images/lab)
  bool userland = false;      // userland=on: it has a C library, its loader and a shell
  std::string qemu;           // qemu=FOLDER: the QEMU programs of that folder; no '+' in its name

  // The canonical name; Parse(Name()) gives the same spec.
  std::string Name() const;

  // The same with exactly that version of a Debian kernel, unless one is named already or `version`
  // is "".
  CellSpec WithKernelVersion(const std::string& version) const;

  // Throws a usage Complaint that names the part that is wrong and what it may be.
  static CellSpec Parse(std::string_view text);

  friend bool operator==(const CellSpec&, const CellSpec&) = default;
};

}  // namespace procmark::cell
