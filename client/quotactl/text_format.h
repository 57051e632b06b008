// How quotactl shows amounts, times and names to people.
#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>

#include "common/clock.h"
#include "quota/v1/admin.pb.h"
#include "quota/v1/quota.pb.h"

namespace quota::client {

// 1234567 as "1,234,567".
std::string FormatAmount(int64_t amount);

// The sum of all sources.
int64_t TotalOf(const v1::CreditsBySource& sources);
// "1.24 %".
std::string FormatPercent(double percent);
// "2026-11-24 00:00:00 UTC (in 3 h 12 min)". An absent timestamp (0) is "-";
// one that is no time of the years 1 to 9999 is shown as a number.
std::string FormatInstant(const google::protobuf::Timestamp& timestamp, Instant now);
// "3 h 12 min": the two largest units, from seconds to days. Never negative.
std::string FormatSpan(Duration span);
// "870 us", "1.24 ms", "2.30 s".
std::string FormatLatency(Duration latency);
// "2026-11-24"; "-" where `present` is false.
std::string FormatDate(bool present, const v1::Date& date);

// "granted", "credits exhausted", ...; what a newer server sends and this does not know is a
// number.
std::string FormatDecision(v1::Decision decision);
std::string FormatHoldState(v1::HoldState state);
std::string FormatModel(v1::Model model);

}  // namespace quota::client
