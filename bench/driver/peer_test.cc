// SPDX-License-Identifier: MIT
// Reads what stress-ng and perf bench print.
#include "bench/driver/peer.h"

#include <gtest/gtest.h>

#include <set>

namespace procmark::bench {
namespace {

const Peer& PeerOf(const std::string& name) {
  for (const Peer& peer : Peers()) {
    if (peer.name == name) return peer;
  }
  throw std::runtime_error("no peer " + name);
}

// Printed by stress-ng 0.15.06, and by 0.13, whose lines contain "info" instead of "metrc".
TEST(Peer, ReadsStressNg) {
  const Peer& fork = PeerOf("peers/stress-ng/fork");
  ASSERT_EQ(fork.operations, 50);
  const std::string head =
      "stress-ng: info:  [27770] dispatching hogs: 1 fork\n"
      "stress-ng: metrc: [27770] stressor       bogo ops real time  usr time  sys time   bogo "
      "ops/s     bogo ops/s\n";
  EXPECT_EQ(
      ParsePeer(fork, head + "stress-ng: metrc: [27770] fork                200      0.22      "
                             "0.08      0.07      1000.00        2035.26\n"),
      50'000'000);
  EXPECT_EQ(ParsePeer(fork, "stress-ng: info:  [1] fork 200 0.10 0.0 0.1 2000.0 1.0\n"),
            25'000'000);
}

TEST(Peer, ReadsNoNumberOutOfOtherLines) {
  const Peer& fork = PeerOf("peers/stress-ng/fork");
  EXPECT_FALSE(ParsePeer(fork, ""));
  EXPECT_FALSE(ParsePeer(fork, "stress-ng: info:  [1] dispatching hogs: 1 fork\n"));
  EXPECT_FALSE(ParsePeer(fork, "stress-ng: metrc: [1] fork 0 0.00 0.0 0.0 0.00 0.00\n"));
  EXPECT_FALSE(ParsePeer(fork, "stress-ng: metrc: [1] vfork 9 0.01 0.0 0.0 900.0 900.0\n"));
}

TEST(Peer, ReadsPerfBench) {
  const Peer& pipe = PeerOf("peers/perf/sched_pipe");
  EXPECT_EQ(ParsePeer(pipe, "0.010\n"), 10'000'000);
  EXPECT_FALSE(ParsePeer(pipe, "0.010 seconds\n"));
  EXPECT_FALSE(ParsePeer(pipe, "0.000\n"));
  EXPECT_FALSE(ParsePeer(pipe, "Unknown benchmark 'x' for collection 'syscall'\n"));
}

TEST(Peer, EachIsDescribed) {
  std::set<std::string> names;
  for (const Peer& peer : Peers()) {
    EXPECT_TRUE(names.insert(peer.name).second) << peer.name;
    EXPECT_TRUE(std::string(peer.name).starts_with("peers/"));
    EXPECT_EQ(std::string(peer.sentence).back(), '.');
    EXPECT_GT(peer.operations, 0);
  }
}

TEST(Peer, AToolThatIsNotThereIsASkip) {
  const Peer absent = {"peers/none/none",      "fork/to:reaped",          "None.",
                       PeerFormat::kPerfBench, {"procmark-no-such-tool"}, 1};
  const PeerRuns runs = RunPeer(absent, 2, 1000);
  EXPECT_NE(runs.skip.find("is not installed"), std::string::npos);
  EXPECT_TRUE(runs.samples.empty());
}

TEST(Peer, AToolThatTakesTooLongIsASkip) {
  const Peer slow = {"peers/none/none",      "fork/to:reaped", "None.",
                     PeerFormat::kPerfBench, {"sleep", "60"},  1};
  EXPECT_NE(RunPeer(slow, 1, 50).skip.find("did not end in 50 ms"), std::string::npos);
}

TEST(Peer, AToolThatPrintsNoNumberIsRefused) {
  const Peer silent = {"peers/none/none",      "fork/to:reaped", "None.",
                       PeerFormat::kPerfBench, {"true"},         1};
  EXPECT_NE(RunPeer(silent, 2, 10'000).refused.find("exit status 0"), std::string::npos);
}

}  // namespace
}  // namespace procmark::bench
