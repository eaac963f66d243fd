// SPDX-License-Identifier: MIT
#include "images/guest/channel.h"

#include <cerrno>

namespace procmark::guest {
namespace {

// The guest has no such device, or its kernel no driver for it: why there is a list.
bool IsAbsent(const sys::Error& error) {
  return error.error_number == ENOENT || error.error_number == ENXIO ||
         error.error_number == ENODEV;
}

std::string Trouble(const std::string& name, const sys::Error& error) {
  return "the record channel " + name + " does not work (" + error.Text() + ")";
}

}  // namespace

sys::Result<std::unique_ptr<Channel>> FirstThatWorks::Create(std::vector<std::string> names,
                                                             Open open, Say say) {
  std::unique_ptr<FirstThatWorks> channel(
      new FirstThatWorks(std::move(names), std::move(open), std::move(say)));
  const sys::Result<void> opened = channel->OpenNext("");
  if (!opened) return opened.Failure();
  return std::unique_ptr<Channel>(std::move(channel));
}

sys::Result<void> FirstThatWorks::OpenNext(std::string trouble) {
  sys::Result<void> result = sys::Error{"the channel has no further transport", ENODEV};
  while (next_ < names_.size()) {
    const std::string& name = names_[next_++];
    sys::Result<std::unique_ptr<Transport>> opened = open_(name);
    if (opened) {
      transport_ = std::move(opened).Value();
      if (!trouble.empty()) say_(trouble + "; taking " + name);
      return {};
    }
    result = opened.Failure();
    if (!IsAbsent(opened.Failure())) trouble = Trouble(name, opened.Failure());
  }
  return result;
}

sys::Result<void> FirstThatWorks::Send(std::string_view bytes) {
  while (true) {
    const sys::Result<void> sent = transport_->Send(bytes);
    if (sent || !OpenNext(Trouble(names_[next_ - 1], sent.Failure()))) return sent;
  }
}

}  // namespace procmark::guest
