// The answers of the no-op service: each has the fields that quotad's has, with figures of the same
// size, so that both cost gRPC the same.
#pragma once

#include "quota/v1/quota.pb.h"

namespace quota::bench {

void Answer(const v1::ReserveRequest& request, v1::ReserveResponse& response);
void Answer(const v1::CommitRequest& request, v1::CommitResponse& response);
void Answer(const v1::ReleaseRequest& request, v1::ReleaseResponse& response);
void Answer(const v1::ChargeRequest& request, v1::ChargeResponse& response);
void Answer(const v1::GetUsageRequest& request, v1::GetUsageResponse& response);
// A stream's message: opened, or a result for each operation of the batch.
void Answer(const v1::SessionRequest& request, v1::SessionResponse& response);

}  // namespace quota::bench
