// Modules that a guest was packed with.
#pragma once

#include <string>

namespace procmark::guest {

// Loads /procmark/modules/* in the order of their names, then the lab module (images/lab) if there
// is one. After modules of the first kind waits until the first device of `channel`, the value of
// procmark.channel=, is there, as a driver makes it when it likes; no longer than ten seconds, and
// not where the channel is no device. Throws std::runtime_error for a module that the kernel does
// not take.
void LoadModules(const std::string& channel);

}  // namespace procmark::guest
