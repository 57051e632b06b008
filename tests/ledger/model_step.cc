#include "tests/ledger/model_step.h"

#include <fmt/format.h>

namespace quota::ledger {
namespace {

template <typename T>
std::string Maybe(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "-";
}

std::string DescribeCall(const Step& s) {
  switch (s.op) {
    case Op::kReserve:
      return fmt::format("reserve {} {} slots {} ttl {} mode {} commit {} session {}", s.id,
                         Maybe(s.credits), s.slots, Maybe(s.ttl), static_cast<int>(s.mode),
                         s.commit_on_expiry, s.session);
    case Op::kCommit:
      return fmt::format("commit {} {}", s.id, Maybe(s.credits));
    case Op::kRelease:
      return fmt::format("release {}", s.id);
    case Op::kExtend:
      return fmt::format("extend {} {}", s.id, Maybe(s.ttl));
    case Op::kCharge:
      return fmt::format("charge {} {} mode {}", s.id, Maybe(s.credits), static_cast<int>(s.mode));
    case Op::kLoseSession:
      return fmt::format("lose {}", s.session);
    default:
      return "usage";
  }
}

std::string DescribeChange(const Step& s) {
  switch (s.op) {
    case Op::kCreateOrg:
      return fmt::format("create {} agents {} paid {} in {} zone {} signed up {} limit {} until {}",
                         s.edition, s.agents, Maybe(s.paid), s.data_center, Maybe(s.zone),
                         Maybe(s.signup_day), Maybe(s.limit), Maybe(s.until));
    case Op::kSetEdition:
      return fmt::format("edition {} paid {}", s.edition, Maybe(s.paid));
    case Op::kSetAgents:
      return fmt::format("agents {}", s.agents);
    case Op::kPurchase:
      return fmt::format("purchase {} pack {} credits {} days {} to {}", s.purchase_id, s.is_pack,
                         Maybe(s.credits), Maybe(s.first_day), Maybe(s.last_day));
    case Op::kRevoke:
      return fmt::format("revoke {}", s.purchase_id);
    case Op::kSetLimit:
      return fmt::format("limit {} {}", s.pool, Maybe(s.limit));
    case Op::kSetLegacyLimit:
      return fmt::format("legacy limit {} until {}", Maybe(s.limit), Maybe(s.until));
    case Op::kSetDataCenter:
      return fmt::format("data center {} zone {}", s.data_center, Maybe(s.zone));
    case Op::kSuspend:
      return "suspend";
    default:
      return "resume";
  }
}

}  // namespace

std::string Describe(const Step& s) {
  if (s.op < Op::kCreateOrg) return DescribeCall(s);
  return DescribeChange(s) + " at " + Maybe(s.expected_revision);
}

}  // namespace quota::ledger
