// SPDX-License-Identifier: MIT
// Channel: the way records leave a guest. It carries nothing else; the kernel's log has its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/sys/result.h"
#include "images/guest/transport.h"

namespace procmark::guest {

class Channel {
 public:
  virtual ~Channel() = default;

  // Sends all bytes in order; returns when the device has taken them.
  [[nodiscard]] virtual sys::Result<void> Send(std::string_view bytes) = 0;

  // Breaks the transport in use (the deliberate fault "channel"): the next Send() must do without.
  virtual void Break() = 0;
};

// A channel that uses the first transport that works, and goes on with the next one when that
// fails: no byte is lost or sent twice.
class FirstThatWorks : public Channel {
 public:
  using Open = std::function<sys::Result<std::unique_ptr<Transport>>(const std::string& name)>;
  using Say = std::function<void(const std::string& sentence)>;

  // Opens the first of `names` that can be opened. Returns the last one's error when none can.
  // `say` gets a sentence when a transport that is there does not work and another one does.
  static sys::Result<std::unique_ptr<Channel>> Create(std::vector<std::string> names, Open open,
                                                      Say say);

  sys::Result<void> Send(std::string_view bytes) override;
  void Break() override { transport_->Break(); }

 private:
  FirstThatWorks(std::vector<std::string> names, Open open, Say say)
      : names_(std::move(names)), open_(std::move(open)), say_(std::move(say)) {}
  // Says `trouble`, what is wrong with the transport in use ("": nothing), when there is another.
  sys::Result<void> OpenNext(std::string trouble);

  std::vector<std::string> names_;
  Open open_;
  Say say_;
  size_t next_ = 0;  // of `names_`: the one to try when the transport in use fails
  std::unique_ptr<Transport> transport_;
};

}  // namespace procmark::guest
