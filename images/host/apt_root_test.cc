// SPDX-License-Identifier: MIT
// What is taken over from the host's apt, on its canned output.
#include "images/host/apt_root.h"

#include <gtest/gtest.h>

#include "harness/sys/complaint.h"

namespace procmark::images {
namespace {

TEST(DebianMirrorOf, TakesTheMainArchive) {
  EXPECT_EQ(DebianMirrorOf("http://mirror.example/debian-security/ Debian-Security\n"
                           "http://mirror.example/extra/ \n"
                           "http://mirror.example/debian/ Debian\n"
                           "http://other.example/debian/ Debian\n"),
            "http://mirror.example/debian");
}

TEST(DebianMirrorOf, SaysWhatIsMissing) {
  for (const char* text : {"", "http://mirror.example/ubuntu/ Ubuntu\n", "garbage\n"}) {
    try {
      DebianMirrorOf(text);
      ADD_FAILURE() << "no complaint about: " << text;
    } catch (const sys::Complaint& complaint) {
      EXPECT_EQ(complaint.Code(), sys::ExitCode::kUsage);
      EXPECT_NE(std::string(complaint.what()).find("apt-get update"), std::string::npos);
    }
  }
}

TEST(AcquireSettingsOf, KeepsProxiesAndLeavesTheRest) {
  EXPECT_EQ(AcquireSettingsOf("APT::Update::Post-Invoke:: \"touch /host\";\n"
                              "Acquire::http::Proxy \"http://proxy.example:3128\";\n"
                              "Acquire::Languages \"\";\n"
                              "Acquire::Languages:: \"none\";\n"
                              "Acquire::GzipIndexes \"true\";\n"
                              "Acquire::Retries \"5\";\n"
                              "DPkg::Post-Invoke:: \"rm\";\n"),
            "Acquire::http::Proxy \"http://proxy.example:3128\";\n"
            "Acquire::Retries \"5\";\n");
}

}  // namespace
}  // namespace procmark::images
