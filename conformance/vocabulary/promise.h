// Promise: what one conformance test asserts, who says so, and since when. Every test of this
// folder is declared with PROMISE; the declaration is static data, listed without running anything.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace procmark::conformance {

// How binding a promise is.
enum class Kind {
  kContract,  // POSIX or a manual page says so
  kLinux,     // stable behaviour of Linux that no manual page states
  kVersion,   // differs between kernels; the test takes the expected value from a feature probe
  kInfo,      // recorded for comparison; a mismatch is shown as a skip and never fails
};

// All texts are string literals. Order of the fields is the order of a declaration.
struct Promise {
  const char* says = "";       // the promise, one whole sentence
  const char* item = "";       // rows of the catalogue, separated by spaces: "230 231"
  const char* authority = "";  // manual page, POSIX text, or kernel file and function
  const char* since = "";      // first kernel version it holds on; "" is every version
  const char* until = "";      // last kernel version it holds on; "" is every later version
  Kind kind = Kind::kContract;
  const char* tags =
      "core";  // words separated by spaces: core, slow, race, destructive, init, broken
};

struct DeclaredPromise {
  std::string name;  // "Reparent.OrphanGoesToNearestSubreaper"
  std::string file;  // "tests/reparent/reparent_test.cc"
  Promise promise;

  // The folder of the file: "reparent".
  std::string Area() const;
};

// Adds a promise while the program starts (used by PROMISE alone). `path` is __FILE__.
class Declaration {
 public:
  Declaration(const char* suite, const char* test, const char* path, const Promise& promise);
};

// All promises, in the order of their names' declaration.
const std::vector<DeclaredPromise>& AllPromises();

// The promise of a test, or nullptr when none was declared.
const DeclaredPromise* FindPromise(const std::string& name);

// True when `tag` is one of the promise's tags.
bool HasTag(const Promise& promise, const std::string& tag);

// "contract", "linux", "version" or "info".
const char* KindName(Kind kind);

// The contract of --procmark_list: a JSON array of {name, says, item, authority, since, until,
// class, area, tags}.
std::string PromisesAsJson();

// One sentence for each declaration that is not whole: a test without a promise, a promise without
// a sentence or an authority, an unknown tag. Empty when all is well.
std::vector<std::string> FaultsOfDeclarations();

}  // namespace procmark::conformance

// PROMISE(Suite, Test, {.says = "...", .item = "230", .authority = "...", .since = "3.4"}) { body }
#define PROMISE(suite, test, ...)                                                          \
  static const ::procmark::conformance::Declaration procmark_declaration_##suite##_##test( \
      #suite, #test, __FILE__, ::procmark::conformance::Promise __VA_ARGS__);              \
  TEST(suite, test)
