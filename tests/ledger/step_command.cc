#include "tests/ledger/step_command.h"

#include "common/stable_hash.h"
#include "ledger/calendar.h"

namespace quota::ledger {
namespace {

std::optional<absl::CivilDay> ToDay(const std::optional<int>& day) {
  if (!day) return std::nullopt;
  return DateOf(*day);
}

Cost ToCost(const Step& step) {
  if (step.credits) return Credits(*step.credits);
  return MethodCall{"reports.run", {}};
}

Mode ToMode(AskMode mode) {
  if (mode == AskMode::kBestEffort) return Mode::kBestEffort;
  return mode == AskMode::kCheckOnly ? Mode::kCheckOnly : Mode::kNormal;
}

uint64_t Fingerprint(const Step& step) { return StableHash().Add(Describe(step)).Value(); }

Operation ToCall(const Step& step) {
  const ReservationId id = ReservationId::FromText(step.id.empty() ? "-" : step.id);
  std::optional<Duration> ttl;
  if (step.ttl) ttl = Duration(*step.ttl);
  switch (step.op) {
    case Op::kReserve:
      return Reserve{
          id,  Fingerprint(step), ToCost(step),          static_cast<uint32_t>(step.slots),
          ttl, ToMode(step.mode), step.commit_on_expiry, step.session};
    case Op::kCommit: {
      Commit commit{id, std::nullopt};
      if (step.credits) commit.credits = Credits(*step.credits);
      return commit;
    }
    case Op::kRelease:
      return Release{id};
    case Op::kExtend:
      return Extend{id, *ttl};
    case Op::kCharge:
      return Charge{id, Fingerprint(step), ToCost(step), ToMode(step.mode)};
    case Op::kLoseSession:
      return LoseSession{step.session};
    default:
      return GetUsage{};
  }
}

CreateOrg ToCreateOrg(const Step& step, const AdminRequest& request) {
  CreateOrg create;
  create.request = request;
  create.edition = step.edition;
  create.agents = step.agents;
  create.paid = step.paid.value_or(false);
  create.data_center = step.data_center;
  if (step.zone) create.own_zone = *step.zone;
  create.signup_day = ToDay(step.signup_day);
  create.legacy_limit = step.limit;
  create.grandfathered_until = ToDay(step.until);
  return create;
}

Operation ToChange(const Step& step) {
  const AdminRequest request{step.request_id, Fingerprint(step), step.expected_revision};
  switch (step.op) {
    case Op::kCreateOrg:
      return ToCreateOrg(step, request);
    case Op::kSetEdition:
      return SetEdition{request, step.edition, step.paid};
    case Op::kSetAgents:
      return SetAgents{request, step.agents, std::nullopt};
    case Op::kPurchase:
      return PurchaseCredits{request,
                             step.purchase_id,
                             step.is_pack,
                             Credits(*step.credits),
                             ToDay(step.first_day),
                             ToDay(step.last_day)};
    case Op::kRevoke:
      return RevokeCredits{request, step.purchase_id};
    case Op::kSetLimit:
      return SetConcurrencyLimit{request, step.pool, step.limit};
    case Op::kSetLegacyLimit:
      return SetLegacyLimit{request, step.limit, ToDay(step.until)};
    case Op::kSetDataCenter: {
      SetDataCenter move{request, step.data_center, std::nullopt};
      if (step.zone) move.own_zone = *step.zone;
      return move;
    }
    case Op::kSuspend:
      return SuspendOrg{request, "a reason"};
    default:
      return ResumeOrg{request};
  }
}

}  // namespace

Operation ToOperation(const Step& step) {
  return step.op < Op::kCreateOrg ? ToCall(step) : ToChange(step);
}

}  // namespace quota::ledger
