// SPDX-License-Identifier: MIT
#include "harness/cell/spec.h"

#include <gtest/gtest.h>

#include "harness/sys/complaint.h"

namespace procmark::cell {
namespace {

std::string ComplaintOf(std::string_view text) {
  try {
    (void)CellSpec::Parse(text);
  } catch (const sys::Complaint& complaint) {
    EXPECT_EQ(complaint.Code(), sys::ExitCode::kUsage);
    return complaint.what();
  }
  return "";
}

TEST(CellSpec, NativeIsTheBareMachine) {
  const CellSpec spec = CellSpec::Parse("native");
  EXPECT_TRUE(spec.native);
  EXPECT_EQ(spec.clock, store::Clock::kWall);
  EXPECT_EQ(spec.Name(), "native");
}

TEST(CellSpec, GuestNamesItsFourParts) {
  const CellSpec spec = CellSpec::Parse("amd64/debian-6.1/max/exact");
  EXPECT_EQ(spec.arch, "amd64");
  EXPECT_EQ(spec.kernel, "debian-6.1");
  EXPECT_EQ(spec.cpu, "max");
  EXPECT_EQ(spec.clock, store::Clock::kExact);
}

TEST(CellSpec, AKernelsPathMayHoldSlashesAndPluses) {
  const CellSpec spec = CellSpec::Parse("arm64/file:/boot/a+b/Image/neoverse-n1/exact+mem=1024");
  EXPECT_EQ(spec.kernel, "file:/boot/a+b/Image");
  EXPECT_EQ(spec.cpu, "neoverse-n1");
  EXPECT_EQ(spec.memory_mib, 1024);
}

TEST(CellSpec, NamesRoundTrip) {
  for (const char* name : {"native", "native+slow=5", "amd64/debian-6.1/max/exact",
                           "amd64/debian-6.12/host/kvm+slow=5+mem=1024",
                           "amd64/debian-6.1/max/exact+cmdline=mitigations=off,init_on_alloc=0"}) {
    EXPECT_EQ(CellSpec::Parse(name).Name(), name);
  }
}

TEST(CellSpec, EachMistakeIsNamed) {
  EXPECT_NE(ComplaintOf("nativ").find("unknown cell 'nativ'"), std::string::npos);
  EXPECT_NE(ComplaintOf("vax/debian-6.1/max/exact").find("arch must be one of amd64, "),
            std::string::npos);
  EXPECT_NE(ComplaintOf("amd64/debian-6.1/max/wall").find("clock must be one of kvm, exact, tcg"),
            std::string::npos);
  EXPECT_NE(ComplaintOf("amd64/debian-6.1/host/exact").find("under the clock kvm only"),
            std::string::npos);
  EXPECT_NE(ComplaintOf("native+mem=512")
                .find("bare machine has no axis 'mem=512'; it may have slow=PERCENT"),
            std::string::npos);
  EXPECT_NE(ComplaintOf("native+lab").find("has no axis 'lab'"), std::string::npos);
  for (const char* modules : {"", "a,", "../a"}) {
    const std::string name = std::string("amd64/debian-6.1/max/exact+modules=") + modules;
    EXPECT_NE(ComplaintOf(name).find("modules must be names"), std::string::npos) << name;
  }
  EXPECT_NE(ComplaintOf("amd64/debian-6.1/max/exact+lab=maybe")
                .find("lab must be on or off, not 'maybe'"),
            std::string::npos);
  EXPECT_NE(ComplaintOf("amd64/debian-6.1/max/exact+userland=").find("userland must be on or off"),
            std::string::npos);
  EXPECT_NE(ComplaintOf("native+slow=fast").find("whole number"), std::string::npos);
  EXPECT_NE(ComplaintOf("amd64//max/exact").find("kernel must be debian-VERSION"),
            std::string::npos);
}

TEST(CellSpec, SeveralAxesStandInOneName) {
  const char* name =
      "amd64/file:/a+b/bzImage/max,vmx=on/"
      "exact+mem=256+cpus=2+nodes=2+cmdline=a=b,c+modules=vxlan,virtio-rng+lab=on+userland=on+qemu="
      "/opt/qemu/"
      "bin";
  const CellSpec spec = CellSpec::Parse(name);
  EXPECT_EQ(spec.kernel, "file:/a+b/bzImage");
  EXPECT_EQ(spec.cpu, "max,vmx=on");
  EXPECT_EQ(spec.cpus, 2);
  EXPECT_EQ(spec.nodes, 2);
  EXPECT_EQ(spec.modules, "vxlan,virtio-rng");
  EXPECT_TRUE(spec.lab);
  EXPECT_TRUE(spec.userland);
  EXPECT_EQ(spec.qemu, "/opt/qemu/bin");
  EXPECT_EQ(spec.Name(), name);
}

TEST(CellSpec, AKernelIsPinnedOnce) {
  const auto pinned = [](const char* cell, const char* version) {
    return CellSpec::Parse(cell).WithKernelVersion(version).kernel;
  };
  EXPECT_EQ(pinned("amd64/debian-6.1/max/exact", "6.1.1-1"), "debian-6.1=6.1.1-1");
  EXPECT_EQ(pinned("amd64/debian-6.1+rt/max/exact", "6.1.1-1"), "debian-6.1+rt=6.1.1-1");
  EXPECT_EQ(pinned("amd64/debian-6.1=6.1.0-9/max/exact", "6.1.1-1"), "debian-6.1=6.1.0-9");
  EXPECT_EQ(pinned("amd64/debian-6.1/max/exact", ""), "debian-6.1");
  EXPECT_EQ(pinned("amd64/file:/k/debian-6.1/max/exact", "6.1.1-1"), "file:/k/debian-6.1");
}

}  // namespace
}  // namespace procmark::cell
