// SPDX-License-Identifier: MIT
#include "conformance/mutation/faults/clone_call.h"

#include <sys/syscall.h>

#include <algorithm>

namespace procmark::fault {

Rule OnLegacyClone(const EditFlags& edit) {
  return {SYS_clone, {}, [edit](Call& call) {
            uint64_t flags = call.Argument(0);
            edit(flags);
            if (flags != call.Argument(0)) call.SetArgument(0, flags);
          }};
}

Rule OnClone3(const EditArguments& edit) {
  return {SYS_clone3, {}, [edit](Call& call) {
            const uint64_t address = call.Argument(0);
            const size_t size = std::min<size_t>(call.Argument(1), sizeof(clone_args));
            clone_args before{};
            if (size < CLONE_ARGS_SIZE_VER0 || !call.ReadMemory(address, &before, size)) return;
            clone_args after = before;
            edit(after);
            if (!call.WriteMemory(address, &after, size)) return;
            call.AtReturn([before, address, size](Call& returned) {
              (void)returned.WriteMemory(address, &before, size);
            });
          }};
}

std::vector<Rule> OnCloneFlags(const EditFlags& edit) {
  return {OnLegacyClone(edit), OnClone3([edit](clone_args& arguments) {
            uint64_t flags = arguments.flags;
            edit(flags);
            arguments.flags = flags;
          })};
}

EditFlags Drop(uint64_t flag, uint64_t unless) {
  return [=](uint64_t& flags) {
    if ((flags & unless) == 0) flags &= ~flag;
  };
}

EditFlags DropWhere(uint64_t together, uint64_t without, uint64_t dropped) {
  return [=](uint64_t& flags) {
    if ((flags & together) == together && (flags & without) == 0) flags &= ~dropped;
  };
}

}  // namespace procmark::fault
