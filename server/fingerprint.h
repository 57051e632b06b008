// Fingerprints of requests: how a retry is told from another request under the same id.
//
// Fingerprints are STORED beside reservations and administrators' request ids. What they are
// computed from must never change, or a retry that spans an upgrade would be refused as another
// request. tests/server/fingerprint_test.cc pins values.
//
//   fingerprint := StableHash(kind, field*)     kind: which message, see fingerprint.cc
//   field       := number, value                in rising order of the field's number in the proto
//   value       := uint64 of an integer, bool or enum | text | message | map
//   text        := length, bytes                as StableHash adds a string_view
//   message     := field*, 0                    0 is no field's number: it ends the message
//   map         := count, (text, uint64)*       sorted by key
//
// A field without a value of its own (absent; or, where the proto has no presence, zero, false or
// empty) is left out: a field that a later release adds changes no fingerprint of a request that
// does not use it. The request is taken as sent: a default that is written out differs from one
// that is left out.
#pragma once

#include <cstdint>

#include "quota/v1/admin.pb.h"
#include "quota/v1/quota.pb.h"
#include "server/operation_fields.h"

namespace quota::server {

uint64_t Fingerprint(const v1::ReserveRequest& request);
uint64_t Fingerprint(const ReserveFields& request);
uint64_t Fingerprint(const v1::ChargeRequest& request);
uint64_t Fingerprint(const ChargeFields& request);
uint64_t Fingerprint(const v1::CreateOrgRequest& request);
uint64_t Fingerprint(const v1::SetEditionRequest& request);
uint64_t Fingerprint(const v1::SetAgentsRequest& request);
uint64_t Fingerprint(const v1::PurchaseCreditsRequest& request);
uint64_t Fingerprint(const v1::SetConcurrencyLimitRequest& request);
uint64_t Fingerprint(const v1::RevokeCreditsRequest& request);
uint64_t Fingerprint(const v1::SetLegacyLimitRequest& request);
uint64_t Fingerprint(const v1::SetDataCenterRequest& request);
uint64_t Fingerprint(const v1::SuspendOrgRequest& request);
uint64_t Fingerprint(const v1::ResumeOrgRequest& request);

}  // namespace quota::server
