// Writes the ledger's answers as messages of the API.
//
//   WriteAnswer(call.command.org, call.answer, response);
//
// The answer must be one that the message can be: anything else is a fault of the program and ends
// it. Where a field of an answer has no value, the message's field stays unset. Thread-safe: no
// state.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <string_view>

#include "ledger/answers.h"
#include "quota/v1/admin.pb.h"
#include "server/call.h"
#include "server/message_writer.h"

namespace quota::server {

// The response that the answer to a call of QuotaService is: the fields of it.
void WriteAnswer(std::string_view org, const ledger::Answer& answer, MessageWriter& message);
// The same, ready to be sent.
void WriteAnswer(std::string_view org, const ledger::Answer& answer, grpc::ByteBuffer& response);

// Administrators' answers are messages: they are moved from.
void WriteAnswer(std::string_view org, ledger::Answer& answer, v1::Org& response);
void WriteAnswer(std::string_view org, ledger::Answer& answer,
                 v1::PurchaseCreditsResponse& response);

// The fields of an OperationResult: `call` has been answered, or was refused when it was read.
void WriteResult(const Call& call, MessageWriter& result);

}  // namespace quota::server
