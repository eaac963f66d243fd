// SPDX-License-Identifier: MIT
#include "harness/cell/multiply.h"

#include <gtest/gtest.h>

#include "harness/sys/complaint.h"

namespace procmark::cell {
namespace {

using Names = std::vector<std::string>;

TEST(MultiplyByAxes, NoAxisLeavesTheCells) {
  EXPECT_EQ(MultiplyByAxes({"native", "amd64/debian-6.1/max/exact"}, {}),
            (Names{"native", "amd64/debian-6.1/max/exact"}));
}

TEST(MultiplyByAxes, TheBareMachineIsNotMultiplied) {
  EXPECT_EQ(MultiplyByAxes({"native", "amd64/debian-6.1/max/exact"}, {"cpu=qemu64,Haswell"}),
            (Names{"native", "amd64/debian-6.1/qemu64/exact", "amd64/debian-6.1/Haswell/exact"}));
}

TEST(MultiplyByAxes, SemicolonsSeparateValuesThatHoldCommas) {
  EXPECT_EQ(MultiplyByAxes({"amd64/debian-6.1/max/exact"}, {"cpu=max,vmx=on;max"}),
            (Names{"amd64/debian-6.1/max,vmx=on/exact", "amd64/debian-6.1/max/exact"}));
}

TEST(MultiplyByAxes, TwoAxesGiveEveryCombination) {
  EXPECT_EQ(
      MultiplyByAxes({"amd64/debian-6.1/max/exact"},
                     {"kernel=debian-6.1,debian-6.12", "cmdline=,mitigations=off"}),
      (Names{"amd64/debian-6.1/max/exact", "amd64/debian-6.1/max/exact+cmdline=mitigations=off",
             "amd64/debian-6.12/max/exact",
             "amd64/debian-6.12/max/exact+cmdline=mitigations=off"}));
}

TEST(MultiplyByAxes, ModulesHoldCommas) {
  EXPECT_EQ(MultiplyByAxes({"amd64/debian-6.1/max/exact"}, {"modules=;vxlan,zram"}),
            (Names{"amd64/debian-6.1/max/exact", "amd64/debian-6.1/max/exact+modules=vxlan,zram"}));
}

TEST(MultiplyByAxes, TheLabIsOnOrNotInTheName) {
  EXPECT_EQ(MultiplyByAxes({"amd64/debian-6.1/max/exact"}, {"lab=,on,off"}),
            (Names{"amd64/debian-6.1/max/exact", "amd64/debian-6.1/max/exact+lab=on",
                   "amd64/debian-6.1/max/exact"}));
}

TEST(MultiplyByAxes, ValuesAreJudgedTogether) {
  EXPECT_EQ(MultiplyByAxes({"amd64/debian-6.1/max/exact"}, {"cpu=host", "clock=kvm"}),
            (Names{"amd64/debian-6.1/host/kvm"}));
}

TEST(MultiplyByAxes, WhatMakesNoSenseIsRefused) {
  const Names guest = {"amd64/debian-6.1/max/exact"};
  EXPECT_THROW(MultiplyByAxes(guest, {"colour=red"}), sys::Complaint);
  EXPECT_THROW(MultiplyByAxes(guest, {"cpu="}), sys::Complaint);
  EXPECT_THROW(MultiplyByAxes(guest, {"cpu"}), sys::Complaint);
  EXPECT_THROW(MultiplyByAxes(guest, {"mem=much"}), sys::Complaint);
  EXPECT_THROW(MultiplyByAxes(guest, {"cpu=host"}), sys::Complaint);
  EXPECT_THROW(MultiplyByAxes({"native"}, {"cpu=max"}), sys::Complaint);
}

}  // namespace
}  // namespace procmark::cell
