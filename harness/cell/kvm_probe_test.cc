// SPDX-License-Identifier: MIT
#include "harness/cell/kvm_probe.h"

#include <gtest/gtest.h>

#include <fstream>

#include "harness/sys/temp_dir.h"

namespace procmark::cell {
namespace {

TEST(ProbeKvm, WhatIsWrongWithoutAGuestIsTheVerdict) {
  KvmProbe probe;
  probe.examine = [] { return KvmTrouble{"there is no device", "load the module"}; };
  probe.boot_canary = []() -> GuestOutcome { throw std::logic_error("must not boot"); };
  const KvmVerdict verdict = ProbeKvm(probe);
  EXPECT_FALSE(verdict.works);
  EXPECT_EQ(verdict.reason, "there is no device");
  EXPECT_EQ(verdict.mend, "load the module");
}

class ProbeKvmOnADeviceThatAnswers : public ::testing::Test {
 protected:
  ProbeKvmOnADeviceThatAnswers() : folder_(sys::TempDir::Create().Value()) {
    probe_.cache_file = folder_.Path() / "kvm.json";
    probe_.key = "boot-1 qemu-7.2";
    probe_.examine = [] { return KvmTrouble(); };
  }
  KvmVerdict ProbeWith(GuestEnd end, const std::string& sentence) {
    probe_.boot_canary = [this, end, sentence] {
      ++boots_;
      GuestOutcome outcome;
      outcome.end = end;
      outcome.sentence = sentence;
      return outcome;
    };
    return ProbeKvm(probe_);
  }
  sys::TempDir folder_;
  KvmProbe probe_;
  int boots_ = 0;
};

TEST_F(ProbeKvmOnADeviceThatAnswers, TheCanaryDecidesAndTheVerdictIsKept) {
  EXPECT_TRUE(ProbeWith(GuestEnd::kDone, "").works);
  EXPECT_TRUE(ProbeWith(GuestEnd::kTimeout, "nothing").works);
  EXPECT_EQ(boots_, 1);
  probe_.key = "boot-2 qemu-7.2";
  const KvmVerdict verdict = ProbeWith(GuestEnd::kTimeout, "it said nothing");
  EXPECT_FALSE(verdict.works);
  EXPECT_NE(verdict.reason.find("it said nothing"), std::string::npos);
  EXPECT_NE(verdict.mend, "");
  EXPECT_EQ(boots_, 2);
}

TEST_F(ProbeKvmOnADeviceThatAnswers, ADamagedCacheIsAskedAgain) {
  std::ofstream(probe_.cache_file) << "{not json";
  EXPECT_TRUE(ProbeWith(GuestEnd::kDone, "").works);
  EXPECT_EQ(boots_, 1);
}

}  // namespace
}  // namespace procmark::cell
