// SPDX-License-Identifier: MIT
// Loads the modules that the boot image holds.
#pragma once

#include <string>

namespace procmark::guest {

// Loads /procmark/modules/* in the order of their names, then the lab module (images/lab) if there
// is one. A driver creates its device some time after it was loaded. So after
// loading modules of the first kind, this waits up to ten seconds for the first device of
// `channel`, the value of procmark.channel=, if that is a device. Throws std::runtime_error for a
// module that the kernel refuses.
void LoadModules(const std::string& channel);

}  // namespace procmark::guest
