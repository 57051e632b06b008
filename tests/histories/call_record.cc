#include "tests/histories/call_record.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace quota::test {
namespace {

constexpr std::array<std::string_view, 6> kKinds = {"reserve", "commit", "release",
                                                    "charge",  "usage",  "lose"};
constexpr std::array<std::string_view, 8> kVerdicts = {
    "granted",   "credits exhausted", "concurrency exhausted", "done",
    "not found", "already exists",    "failed precondition",   "other"};
constexpr std::array<std::string_view, 5> kStates = {"", " open", " committed", " released",
                                                     " lost"};

std::string ToText(const CallAnswer& answer) {
  return fmt::format("{} {}+{}{}{}{}; {}+{} of {}, {} left; {} of {} slots; overage {}, {} open",
                     kVerdicts[static_cast<size_t>(answer.verdict)], answer.credits, answer.overage,
                     kStates[static_cast<size_t>(answer.state)], answer.repeated ? " repeated" : "",
                     answer.late ? " late" : "", answer.used, answer.held, answer.allotment,
                     answer.remaining, answer.in_flight, answer.limit, answer.day_overage,
                     answer.open_reservations);
}

}  // namespace

std::string ToText(const CallRecord& call) {
  const CallRequest& request = call.request;
  const std::string asked =
      fmt::format("client {}: {} {} {} credits, {} slots{}{}", call.client,
                  kKinds[static_cast<size_t>(request.kind)], request.id, request.credits,
                  request.slots, request.best_effort ? ", best effort" : "",
                  request.session.empty() ? "" : ", session " + request.session);
  if (call.answered_at == kNoAnswer) return fmt::format("[{}, -] {} -> ?", call.called_at, asked);
  return fmt::format("[{}, {}] {} -> {}", call.called_at, call.answered_at, asked,
                     ToText(call.answer));
}

}  // namespace quota::test
