// SPDX-License-Identifier: MIT
// Promise: what one conformance test asserts, which text says so, and since which kernel. Every
// test is declared with PROMISE. The declaration is static data: it can be listed without running a
// test.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace procmark::conformance {

// How binding a promise is.
enum class Kind {
  kContract,  // POSIX or a manual page says so
  kLinux,     // stable behaviour of Linux that no manual page states
  kVersion,   // differs between kernels; the test probes for the feature
  kInfo,      // recorded only; another behaviour is a skip, not a failure
};

// All texts are string literals. A declaration names the fields in this order; only `says` and
// `authority` are required.
struct Promise {
  const char* says = "";       // the promise, one whole sentence
  const char* item = "";       // ids of catalogue.toml, separated by spaces: "230 231", "92-103"
  const char* authority = "";  // manual page, POSIX text, or kernel file and function
  const char* since = "";      // the first kernel that keeps it: "5.7"; "" for every kernel
  const char* until = "";      // the last kernel that keeps it; "" for every later kernel
  Kind kind = Kind::kContract;
  // Words separated by spaces: core, slow, race, destructive, init, broken.
  const char* tags = "core";
};

struct DeclaredPromise {
  std::string name;  // "Reparent.OrphanGoesToNearestSubreaper"
  std::string file;  // "tests/reparent/reparent_test.cc"
  Promise promise;

  // The folder of the file: "reparent".
  std::string Area() const;
};

// Adds a promise while the program starts. Used by PROMISE alone; `path` is __FILE__.
class Declaration {
 public:
  Declaration(const char* suite, const char* test, const char* path, const Promise& promise);
};

// All promises, in the order in which they were declared.
const std::vector<DeclaredPromise>& AllPromises();

// The promise of a test, or nullptr when none was declared.
const DeclaredPromise* FindPromise(const std::string& name);

// True when `tag` is one of the promise's tags.
bool HasTag(const Promise& promise, const std::string& tag);

// "contract", "linux", "version" or "info".
const char* KindName(Kind kind);

// The output of --procmark_list: a JSON array of {name, says, item, authority, since, until, class,
// area, tags}.
std::string PromisesAsJson();

// One sentence for each fault: a test without a promise, a promise without a sentence or an
// authority, an unknown tag. Empty when there is none.
std::vector<std::string> FaultsOfDeclarations();

}  // namespace procmark::conformance

// PROMISE(Suite, Test,
//         {
//             .says = "...",
//             .authority = "...",
//             .since = "3.4",
//         }) { body }
// With the comma after the last field clang-format gives every declaration this shape.
#define PROMISE(suite, test, ...)                                                          \
  static const ::procmark::conformance::Declaration procmark_declaration_##suite##_##test( \
      #suite, #test, __FILE__, ::procmark::conformance::Promise __VA_ARGS__);              \
  TEST(suite, test)
