// SPDX-License-Identifier: MIT
// CellSpec: the name of a place to run, taken apart. Pure text: nothing is looked up here.
//
//   native[+AXIS=VALUE…]                       the bare machine
//   ARCH/KERNEL/CPU/CLOCK[+AXIS=VALUE…]        a QEMU guest, e.g. amd64/debian-6.1/max/exact
//
// KERNEL may be file:PATH, and the path may contain slashes: ARCH is the first part, CLOCK the
// last, CPU the one before it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/store/run.h"

namespace procmark::cell {

// Each field but `native` is an axis, with a row in axis.cc that says how its value is read,
// written and explained. An axis at its default does not appear in the name.
struct CellSpec {
  bool native = false;
  // The place of a guest; the texts are empty natively.
  std::string arch;
  std::string kernel;
  std::string cpu;
  store::Clock clock = store::Clock::kWall;
  // What may be appended to the place.
  int64_t slow_percent = 0;
  int64_t memory_mib = 512;
  int64_t cpus = 1;
  int64_t nodes = 1;
  std::string extra_cmdline;
  std::string modules;
  bool lab = false;
  bool userland = false;
  std::string qemu;

  // The canonical name; Parse(Name()) gives the same spec.
  std::string Name() const;

  // The same with exactly this version of a Debian kernel, unless the kernel has a version already,
  // is not Debian's, or `version` is "".
  CellSpec WithKernelVersion(const std::string& version) const;

  // Throws a usage Complaint that names the part that is wrong and what it may be.
  static CellSpec Parse(std::string_view text);

  friend bool operator==(const CellSpec&, const CellSpec&) = default;
};

}  // namespace procmark::cell
