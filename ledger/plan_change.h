// What every administrator's change has in common: it is answered once, it may expect a revision,
// and what it changes takes effect at once. Pure.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "ledger/decide.h"

namespace quota::ledger {

inline Outcome Failed(absl::Status status) { return {std::move(status), {}, {}}; }

template <typename... Args>
absl::Status InvalidStatus(fmt::format_string<Args...> format, Args&&... args) {
  return absl::InvalidArgumentError(fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
Outcome Invalid(fmt::format_string<Args...> format, Args&&... args) {
  return Failed(InvalidStatus(format, std::forward<Args>(args)...));
}

// Which message a request's remembered answer is.
enum class AnswerKind { kOrg, kPurchase };

// The answer to a request that has been answered before, or an error where its id was used for
// another.
std::optional<Outcome> Remembered(const Account& account, const AdminRequest& request,
                                  AnswerKind kind = AnswerKind::kOrg);

// ABORTED where the plan is not at the revision that the request expects.
std::optional<Outcome> WrongRevision(const Account& account, const AdminRequest& request);

// Both of them: what comes before every change of a plan.
std::optional<Outcome> AnsweredBefore(const Account& account, const AdminRequest& request);

// RESOURCE_EXHAUSTED where no more requests can be remembered.
std::optional<Outcome> TooManyRequests(const Account& account, const Context& context);

// How many remembered requests are old enough to be forgotten. None just after a start or a jump of
// the clock: what it makes old may be retried still.
uint32_t Forgotten(const Account& account, const Context& context);

// Gives the current day of `after` the allotment that its plan and purchases now come to; returns
// the change, or nothing where no day is open.
std::optional<records::DayChange> Reallot(Account& after, const Context& context);

records::AdminRequest ToRemember(const AdminRequest& request, const std::string& answer,
                                 Instant now);

// Gives `after`'s pools these limits.
void SetLimits(const std::vector<records::Pool>& limits, Account& after);

// Completes a change of the plan: `after` is the account with the new plan.
Outcome ChangePlan(Account after, const AdminRequest& request, const Context& context);

}  // namespace quota::ledger
