// SPDX-License-Identifier: MIT
// The subject's shape: acquires what Shape of slice.h asks for, and proves that the subject has it.
#pragma once

#include "bench/subject/context.h"

namespace procmark::subject {

// Acquires each part and verifies it from /proc or by the kernel's own answer. Skips if the kernel
// or the machine cannot give a part. Refuses if the subject then has another number than asked for.
// Frees nothing before the subject's end. With pid namespaces it returns in another process than it
// was called in; the caller's process ends when that one has ended.
void TakeShape(Context& context, const Shape& shape);

// About how much memory a shape needs: its own memory (but the hugetlb pool gives that of hugetlb
// pages), and what the kernel keeps for mappings, descriptors, threads and zombies.
uint64_t BytesOf(const Shape& shape);

// Raises RLIMIT_NOFILE to allow `count` more descriptors. Skips if that fails.
void NeedDescriptors(const Context& context, uint32_t count);

}  // namespace procmark::subject
