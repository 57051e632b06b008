// Writes the ledger's answers as messages of the API.
//
//   WriteAnswer(call.command.org, call.answer, response);
//
// The answer must be the one that belongs to the message: anything else is a fault of the program
// and ends it. Where a field of an answer has no value, the message's field stays unset. The answer
// may be moved from. Thread-safe: no state.
#pragma once

#include <string_view>

#include "ledger/answers.h"
#include "quota/v1/admin.pb.h"
#include "quota/v1/quota.pb.h"
#include "server/call.h"

namespace quota::server {

void WriteAnswer(std::string_view org, ledger::Answer& answer, v1::ReserveResponse& response);
void WriteAnswer(std::string_view org, ledger::Answer& answer, v1::CommitResponse& response);
void WriteAnswer(std::string_view org, ledger::Answer& answer, v1::ReleaseResponse& response);
void WriteAnswer(std::string_view org, ledger::Answer& answer, v1::ExtendResponse& response);
void WriteAnswer(std::string_view org, ledger::Answer& answer, v1::ChargeResponse& response);
void WriteAnswer(std::string_view org, ledger::Answer& answer, v1::GetUsageResponse& response);
void WriteAnswer(std::string_view org, ledger::Answer& answer, v1::Org& response);
void WriteAnswer(std::string_view org, ledger::Answer& answer,
                 v1::PurchaseCreditsResponse& response);

// One result of a batch: `call` has been answered, or was refused when it was read.
void WriteResult(Call& call, v1::OperationResult& result);

}  // namespace quota::server
