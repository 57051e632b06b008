// Calls of a history as the API's messages, and back.
#pragma once

#include <string>

#include "quota/v1/quota.pb.h"
#include "tests/histories/call_record.h"
#include "tests/integration/quota_calls.h"

namespace quota::test {

// LoseSession is no call of the API: it must not be asked for.
v1::Operation ToOperation(const std::string& org, const CallRequest& request);

struct WireAnswer {
  enum class Certainty {
    kAnswered,
    // It may have been carried out, or may be yet.
    kUnknown,
    // It was not carried out, and will not be.
    kNotMade,
  };
  Certainty certainty = Certainty::kUnknown;
  // Only where answered.
  CallAnswer answer = {};
};

WireAnswer FromResult(const v1::OperationResult& result);

// Makes one unary call.
WireAnswer CallOnce(v1::QuotaService::Stub& stub, const std::string& org,
                    const CallRequest& request);

}  // namespace quota::test
