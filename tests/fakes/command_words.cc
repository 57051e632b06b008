#include "tests/fakes/command_words.h"

#include <fmt/format.h>

namespace quota::test {
namespace {

struct Words {
  std::string operator()(const Credits& credits) const {
    return fmt::format("credits {}", credits.value());
  }
  std::string operator()(const ledger::MethodCall& method) const {
    std::string words = fmt::format("method {}", method.name);
    for (const auto& [name, value] : method.attributes) words += fmt::format(" {}={}", name, value);
    return words;
  }
  std::string operator()(const ledger::Reserve& reserve) const {
    return fmt::format("reserve {} {:x} {} slots {} ttl {} mode {} commit {} session {}",
                       reserve.id.Text(), reserve.fingerprint, std::visit(*this, reserve.cost),
                       reserve.slots, reserve.ttl ? std::to_string(reserve.ttl->count()) : "none",
                       static_cast<int>(reserve.mode), reserve.commit_on_expiry, reserve.session);
  }
  std::string operator()(const ledger::Commit& commit) const {
    return fmt::format("commit {} {}", commit.id.Text(),
                       commit.credits ? (*this)(*commit.credits) : "what was held");
  }
  std::string operator()(const ledger::Release& release) const {
    return fmt::format("release {}", release.id.Text());
  }
  std::string operator()(const ledger::Extend& extend) const {
    return fmt::format("extend {} ttl {}", extend.id.Text(), extend.ttl.count());
  }
  std::string operator()(const ledger::Charge& charge) const {
    return fmt::format("charge {} {:x} {} mode {}", charge.id.Text(), charge.fingerprint,
                       std::visit(*this, charge.cost), static_cast<int>(charge.mode));
  }
  std::string operator()(const ledger::GetUsage& /*usage*/) const { return "get usage"; }
  template <typename Other>
  std::string operator()(const Other& /*other*/) const {
    return "no call of QuotaService";
  }
};

}  // namespace

std::string WordsOf(const ledger::Command& command) {
  return fmt::format("{}: {}", command.org, std::visit(Words{}, command.operation));
}

}  // namespace quota::test
