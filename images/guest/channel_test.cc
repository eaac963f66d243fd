// SPDX-License-Identifier: MIT
// The record channel on transports that fail, and a port instruction that really faults.
#include "images/guest/channel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "images/guest/port_io.h"

namespace procmark::guest {
namespace {

using Names = std::vector<std::string>;

// Takes `room` bytes and then fails. All of them write to one place, as the devices of a guest do.
class Bounded : public Transport {
 public:
  Bounded(std::string& sent, size_t room) : sent_(sent), room_(room) {}
  sys::Result<void> Send(std::string_view& bytes) override {
    const size_t taken = std::min(room_, bytes.size());
    sent_ += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    room_ -= taken;
    if (!bytes.empty()) return sys::Error{"write", EIO};
    return {};
  }
  void Break() override { room_ = 0; }

 private:
  std::string& sent_;
  size_t room_;
};

class AChannel : public ::testing::Test {
 protected:
  // The transports that can be opened, with their room, and those that cannot, with the errno.
  std::map<std::string, size_t> rooms_;
  std::map<std::string, int> errors_;
  std::string sent_;
  Names said_;

  sys::Result<std::unique_ptr<Channel>> Create(const Names& names) {
    return FirstThatWorks::Create(
        names,
        [this](const std::string& name) -> sys::Result<std::unique_ptr<Transport>> {
          if (errors_.contains(name)) return sys::Error{"open", errors_.at(name)};
          return std::unique_ptr<Transport>(std::make_unique<Bounded>(sent_, rooms_.at(name)));
        },
        [this](const std::string& sentence) { said_.push_back(sentence); });
  }
};

TEST_F(AChannel, UsesTheFirstTransportAndSaysNothing) {
  rooms_ = {{"a", 100}, {"b", 100}};
  auto channel = Create({"a", "b"});
  ASSERT_TRUE(channel);
  EXPECT_TRUE(channel.Value()->Send("one"));
  EXPECT_EQ(sent_, "one");
  EXPECT_TRUE(said_.empty());
}

TEST_F(AChannel, GoesOnWithTheNextTransportAndLosesNoByte) {
  rooms_ = {{"a", 2}, {"b", 3}, {"c", 100}};
  auto channel = Create({"a", "b", "c"});
  ASSERT_TRUE(channel);
  EXPECT_TRUE(channel.Value()->Send("0123456789"));
  EXPECT_TRUE(channel.Value()->Send("abc"));
  EXPECT_EQ(sent_, "0123456789abc");
  ASSERT_EQ(said_.size(), 2U);
  EXPECT_NE(said_[0].find("the record channel a does not work"), std::string::npos) << said_[0];
  EXPECT_NE(said_[0].find("taking b"), std::string::npos) << said_[0];
  EXPECT_NE(said_[1].find("taking c"), std::string::npos) << said_[1];
}

TEST_F(AChannel, FailsWithTheFirstErrorWhenNoOtherTransportIsLeft) {
  rooms_ = {{"a", 2}};
  errors_ = {{"b", ENOENT}};
  auto channel = Create({"a", "b"});
  ASSERT_TRUE(channel);
  const sys::Result<void> sent = channel.Value()->Send("0123");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.Failure().error_number, EIO);
}

TEST_F(AChannel, SaysNothingOfATransportThatTheGuestDoesNotHave) {
  rooms_ = {{"b", 100}};
  errors_ = {{"a", ENOENT}};
  ASSERT_TRUE(Create({"a", "b"}));
  EXPECT_TRUE(said_.empty());
}

TEST_F(AChannel, SaysThatATransportFaultsWhenItIsOpened) {
  rooms_ = {{"c", 100}};
  errors_ = {{"a", EFAULT}, {"b", ENOENT}};
  ASSERT_TRUE(Create({"a", "b", "c"}));
  ASSERT_EQ(said_.size(), 1U);
  EXPECT_NE(said_[0].find("the record channel a "), std::string::npos) << said_[0];
  EXPECT_NE(said_[0].find("taking c"), std::string::npos) << said_[0];
}

TEST_F(AChannel, CannotBeMadeWithoutATransport) {
  errors_ = {{"a", ENOENT}, {"b", EINVAL}};
  const auto channel = Create({"a", "b"});
  ASSERT_FALSE(channel);
  EXPECT_EQ(channel.Failure().error_number, EINVAL);
}

#if defined(__x86_64__)
// A process that did not request the port gets a general protection fault, also as root.
TEST(PortIo, AFaultingInstructionIsAnError) {
  std::string_view bytes = "to be kept";
  const sys::Result<void> written = WritePort(0xe9, bytes);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.Failure().error_number, EFAULT);
  EXPECT_EQ(bytes, "to be kept");
  const sys::Result<unsigned char> read = ReadPort(0xe9);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.Failure().error_number, EFAULT);
}

TEST(PortIoDeathTest, EveryOtherSegmentationFaultStillKills) {
  std::string_view bytes = "x";
  ASSERT_FALSE(WritePort(0xe9, bytes));
  EXPECT_EXIT(std::raise(SIGSEGV), ::testing::KilledBySignal(SIGSEGV), "");
}
#endif

}  // namespace
}  // namespace procmark::guest
