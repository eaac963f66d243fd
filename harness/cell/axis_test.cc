// SPDX-License-Identifier: MIT
// Every row of the table is read, written, reset and explained: a new row needs no test of its own
// for that.
#include "harness/cell/axis.h"

#include <gtest/gtest.h>

#include <set>

#include "harness/sys/complaint.h"

namespace procmark::cell {
namespace {

constexpr const char* kGuest = "amd64/debian-6.1/max/exact";

TEST(Axes, HaveNamesOfTheirOwnAndExplainThemselves) {
  std::set<std::string> names;
  for (const Axis& axis : Axes()) {
    EXPECT_TRUE(names.insert(axis.name).second) << axis.name;
    EXPECT_EQ(FindAxis(axis.name), &axis);
    EXPECT_FALSE(axis.description.empty()) << axis.name;
    EXPECT_NE((", " + AxisNames() + ",").find(" " + axis.name + ","), std::string::npos);
  }
  EXPECT_EQ(FindAxis("colour"), nullptr);
  EXPECT_EQ(FindAxis(""), nullptr);
}

TEST(Axes, AreReadWrittenAndReset) {
  for (const Axis& axis : Axes()) {
    CellSpec spec = CellSpec::Parse(kGuest);
    const CellSpec before = spec;
    axis.Parse("c", axis.example, spec);
    EXPECT_EQ(axis.Print(spec), axis.example);
    EXPECT_FALSE(spec == before) << axis.name << ": the example must not be the guest's own value";
    EXPECT_FALSE(axis.IsDefault(spec)) << axis.name;
    EXPECT_EQ(CellSpec::Parse(spec.Name()), spec) << spec.Name();
    axis.Reset(spec);
    EXPECT_TRUE(axis.IsDefault(spec)) << axis.name;
  }
}

TEST(Axes, AreAppendedWhereTheyApply) {
  for (const Axis& axis : Axes()) {
    const std::string word = axis.name + "=" + axis.example;
    if (axis.where == Axis::Where::kPlace) {
      EXPECT_THROW(CellSpec::Parse(std::string(kGuest) + "+" + word), sys::Complaint) << word;
      continue;
    }
    EXPECT_EQ(CellSpec::Parse(std::string(kGuest) + "+" + word).Name(),
              std::string(kGuest) + "+" + word);
    EXPECT_NE(AxesOf(/*native=*/false).find(axis.name + "="), std::string::npos);
    const bool native = axis.where == Axis::Where::kEverywhere;
    EXPECT_EQ(AxesOf(/*native=*/true).find(axis.name + "=") != std::string::npos, native);
    if (native) {
      EXPECT_EQ(CellSpec::Parse("native+" + word).Name(), "native+" + word);
    } else {
      EXPECT_THROW(CellSpec::Parse("native+" + word), sys::Complaint) << word;
    }
  }
}

TEST(Axes, TheirDefaultsAreNotInTheName) {
  CellSpec spec = CellSpec::Parse(kGuest);
  for (const Axis& axis : Axes()) {
    if (axis.where != Axis::Where::kPlace) axis.Parse("c", axis.example, spec);
  }
  for (const Axis& axis : Axes()) {
    if (axis.where != Axis::Where::kPlace) axis.Reset(spec);
  }
  EXPECT_EQ(spec.Name(), kGuest);
}

std::string ComplaintOf(const char* axis, const std::string& value) {
  CellSpec spec;
  try {
    FindAxis(axis)->Parse("c", value, spec);
  } catch (const sys::Complaint& complaint) {
    EXPECT_EQ(complaint.Code(), sys::ExitCode::kUsage);
    return complaint.what();
  }
  return "";
}

TEST(Axes, SayWhatTheirValueMustBe) {
  EXPECT_EQ(ComplaintOf("nodes", "9"),
            "cell 'c': nodes must be a whole number from 1 to 8, not '9'");
  EXPECT_EQ(ComplaintOf("mem", "512M"),
            "cell 'c': mem must be a whole number from 128 to 1048576, not '512M'");
  EXPECT_EQ(ComplaintOf("lab", ""), "cell 'c': lab must be on or off, not ''");
  EXPECT_EQ(ComplaintOf("clock", "wall"),
            "cell 'c': clock must be one of kvm, exact, tcg, not 'wall'");
  EXPECT_EQ(ComplaintOf("arch", "vax").find("cell 'c': arch must be one of amd64, arm64"), 0U);
  EXPECT_EQ(ComplaintOf("modules", "a,"),
            "cell 'c': modules must be names of modules with commas between them, not 'a,'");
}

}  // namespace
}  // namespace procmark::cell
