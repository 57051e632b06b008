#include "ledger/catalog_mistakes.h"

#include <fmt/format.h>

#include <utility>

namespace quota::ledger {

std::string Quoted(std::string_view text) {
  constexpr size_t kMostBytes = 100;
  std::string quoted = "\"";
  for (const unsigned char c : text.substr(0, kMostBytes)) {
    if (c < 0x20 || c >= 0x7f) {
      quoted += fmt::format("\\x{:02x}", c);
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += static_cast<char>(c);
    }
  }
  return quoted + (text.size() > kMostBytes ? "...\"" : "\"");
}

void CatalogMistakes::Add(std::string path, std::string message, std::string other_path) {
  ++found_;
  if (kept_.size() == kMostKept) return;
  kept_.push_back({std::move(path), std::move(message), std::move(other_path)});
}

absl::Status CatalogMistakes::ToStatus() const {
  if (empty()) return absl::OkStatus();
  std::string text;
  for (const CatalogMistake& mistake : kept_) {
    if (!text.empty()) text += '\n';
    if (!mistake.path.empty()) text += mistake.path + ": ";
    text += mistake.message;
    if (!mistake.other_path.empty()) text += fmt::format(" (see {})", mistake.other_path);
  }
  if (found_ > kept_.size()) text += fmt::format("\nand {} more", found_ - kept_.size());
  return absl::InvalidArgumentError(text);
}

}  // namespace quota::ledger
