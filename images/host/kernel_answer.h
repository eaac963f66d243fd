// SPDX-License-Identifier: MIT
// KernelAnswer: which kernel a name stood for when the mirror was last asked.
#pragma once

#include <filesystem>
#include <string>

#include "images/host/cache.h"
#include "images/host/kernel_name.h"

namespace procmark::images {

// A small file of the cache; its modification time is when the mirror was asked.
class KernelAnswer {
 public:
  KernelAnswer(const Cache& cache, const KernelName& name, const std::string& arch)
      : file_(cache.Root() / "answers" / (arch + "-" + name.text)) {}

  // The key of the kernel's slot; "" when the mirror was never asked.
  std::string Key() const;
  // Less than 24 hours old; less than one when some suite had no part in it.
  bool Fresh() const;
  // Keeps the answer. `whole`: every suite had a part in it. A file that cannot be written is no
  // error: it only saves a question.
  void Note(const std::string& key, bool whole) const;

 private:
  std::filesystem::path file_;
};

}  // namespace procmark::images
