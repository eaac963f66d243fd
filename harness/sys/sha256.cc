// SPDX-License-Identifier: MIT
#include "harness/sys/sha256.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "harness/sys/fd.h"

namespace procmark::sys {

struct Sha256::Context {
  Context() : digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::Add(std::string_view bytes) {
  EVP_DigestUpdate(context_->digest.get(), bytes.data(), bytes.size());
}

std::string Sha256::Hex() const {
  Context copy;
  EVP_MD_CTX_copy_ex(copy.digest.get(), context_->digest.get());
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned int size = 0;
  EVP_DigestFinal_ex(copy.digest.get(), bytes.data(), &size);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

Result<std::string> Sha256OfFile(const std::filesystem::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.Valid()) return LastError("open");
  Sha256 digest;
  std::vector<char> buffer(1 << 20);
  while (true) {
    const ssize_t got = ::read(file.Get(), buffer.data(), buffer.size());
    if (got < 0) return LastError("read");
    if (got == 0) return digest.Hex();
    digest.Add(std::string_view(buffer.data(), static_cast<size_t>(got)));
  }
}

}  // namespace procmark::sys
