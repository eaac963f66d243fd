// SPDX-License-Identifier: MIT
// Axis: one thing in which two cells can differ. One table of them drives the reading of a cell's
// name, its writing, `--axis`, the help and the messages of errors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "harness/cell/spec.h"

namespace procmark::cell {

// A whole number from `least` to `most`.
struct NumberAxis {
  int64_t CellSpec::*field;
  int64_t least;
  int64_t most;
};

// "on" or "off".
struct SwitchAxis {
  bool CellSpec::*field;
};

// Any text that `allows` accepts; `allowed` completes "must be …" in the message for another one.
struct TextAxis {
  std::string CellSpec::*field;
  bool (*allows)(const std::string& value);
  std::string allowed;
};

// One of the clocks that a guest can have.
struct ClockAxis {};

struct Axis {
  enum class Where {
    kPlace,       // a part of every guest's place ARCH/KERNEL/CPU/CLOCK, between slashes
    kGuest,       // "+NAME=VALUE" after a guest's place
    kEverywhere,  // "+NAME=VALUE" after a guest's place or "native"
  };
  std::string name;         // "mem"
  Where where;              // which cells have it
  std::string placeholder;  // "MIB": stands for its value in help
  std::string description;  // one phrase for help
  std::string example;      // a value other than the default
  std::variant<NumberAxis, SwitchAxis, TextAxis, ClockAxis> kind;

  // Sets the field of `spec`. Throws a usage Complaint, which begins with `cell`, for a value that
  // the axis does not allow.
  void Parse(std::string_view cell, const std::string& value, CellSpec& spec) const;
  // The value in the form that Parse() takes.
  std::string Print(const CellSpec& spec) const;
  // Gives the field the value that it has in a new CellSpec.
  void Reset(CellSpec& spec) const;
  bool IsDefault(const CellSpec& spec) const;
};

// Every axis, first the parts of a guest's place, then the others in the order in which they stand
// in a name.
std::span<const Axis> Axes();

// nullptr when no axis has this name.
const Axis* FindAxis(std::string_view name);

// "arch, kernel, cpu, …".
std::string AxisNames();

// "mem=MIB, cpus=N, …": what may follow the place of a guest, or of the bare machine.
std::string AxesOf(bool native);

}  // namespace procmark::cell
