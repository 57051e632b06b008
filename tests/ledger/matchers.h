// What tests of the ledger expect of answers.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "common/credits.h"
#include "ledger/answers.h"

namespace quota {

// GoogleTest finds these beside the types that they print.
inline void PrintTo(Credits credits, std::ostream* out) { *out << credits.value(); }

}  // namespace quota

namespace quota::ledger {

// A status, or what holds one, of this code whose message contains `text`.
MATCHER_P2(FailsWith, code, text, "") {
  const absl::Status& status = arg.status();
  *result_listener << status.ToString();
  const std::string message(status.message());
  return status.code() == code && message.find(text) != std::string::npos;
}

// A snapshot of these credits.
MATCHER_P3(Shows, used, held, remaining, "") {
  *result_listener << "used " << arg.used.value() << ", held " << arg.held.value() << ", remaining "
                   << arg.remaining.value();
  return arg.used.value() == used && arg.held.value() == held && arg.remaining.value() == remaining;
}

// An answer, not an error, of this decision.
MATCHER_P(Decides, decision, "") {
  if (!arg.ok()) {
    *result_listener << arg.status().ToString();
    return false;
  }
  *result_listener << "decision " << static_cast<int>(arg->decision);
  return arg->decision == decision;
}

}  // namespace quota::ledger
