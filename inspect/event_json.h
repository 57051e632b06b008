// Events of the journal for people: names, readable instants, amounts as numbers.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "common/clock.h"
#include "ledger/account.h"
#include "ledger/answers.h"
#include "ledger/events.h"

namespace quota::inspect {

// The organisation of an account's number; empty where that is not known.
using OrgNames = std::function<std::string(ledger::AccountNumber)>;

// "2026-01-01T20:48:00.123456Z"; without a fraction where there is none.
std::string InstantText(Instant instant);
// "2026-01-01", of days since 1970-01-01.
std::string DateText(int32_t date);
// "open", "committed", ...
std::string StateText(ledger::HoldState state);
// "API credits" or "API limits".
std::string ModelText(ledger::Model model);

// The account that the event is about; 0: none.
ledger::AccountNumber AccountOf(const ledger::Event& event);

// The event as an object: "event" is its kind, "org" and "account" whom it is about, then what it
// says.
nlohmann::ordered_json EventJson(const ledger::Event& event, const OrgNames& names);

// The same on one line: "reserved acme id=r1 credits=5 ...".
std::string EventText(const nlohmann::ordered_json& event);

}  // namespace quota::inspect
