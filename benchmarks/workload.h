// What one thread of a run asks for, what it must be told, and what that must add up to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "benchmarks/mix.h"
#include "benchmarks/org_chooser.h"
#include "benchmarks/reservation_ids.h"
#include "quota/v1/quota.pb.h"

namespace quota::bench {

// What all threads of a run share.
struct WorkloadOptions {
  Mix mix;
  OrgChooser orgs = OrgChooser::Uniform(1);
  std::string org_prefix = "bench-";
  // Of each Reserve and Charge.
  int64_t credits = 1;
  uint64_t seed = 1;
};

// The id of organisation `number`: the prefix and 7 digits or more, so that ids of a run have the
// same length.
void WriteOrgId(const std::string& prefix, uint32_t number, std::string& out);

// One reservation, charge or question.
struct Item {
  uint32_t org = 0;
  // Of its id.
  uint64_t number = 0;
};

// What the answers of a run promised, by organisation.
struct Promised {
  // Credits of Commits and Charges.
  std::vector<int64_t> charged;
  // Credits of reservations that are open.
  std::vector<int64_t> held;

  explicit Promised(uint32_t orgs) : charged(orgs), held(orgs) {}
  void Add(const Promised& other);
};

// Chooses, fills requests in place, and checks each answer. An answer that is not what was planned
// (a refusal, other credits than asked for, a repetition, a charge that is late or over) is an
// error: such a run measures something else than it says. One thread at a time.
class Workload {
 public:
  // `options` outlives it. `thread` is the number of the thread.
  Workload(const WorkloadOptions& options, uint32_t thread);

  Work NextWork() { return options_.mix.Next(random_); }
  Item NextItem() { return Item{options_.orgs.Next(random_), next_number_++}; }

  void Write(const Item& item, v1::ReserveRequest& request) const;
  void Write(const Item& item, v1::CommitRequest& request) const;
  void Write(const Item& item, v1::ReleaseRequest& request) const;
  void Write(const Item& item, v1::ChargeRequest& request) const;
  void Write(const Item& item, v1::GetUsageRequest& request) const;
  // `op` of `item`, in place of what `operation` held.
  void Write(Op op, const Item& item, v1::Operation& operation) const;

  // Each checks the answer and adds up what it promises.
  absl::Status Take(const Item& item, const v1::ReserveResponse& response);
  absl::Status Take(const Item& item, const v1::CommitResponse& response);
  absl::Status Take(const Item& item, const v1::ChargeResponse& response);
  absl::Status Take(const Item& item, const v1::GetUsageResponse& response);
  absl::Status Take(Op op, const Item& item, const v1::OperationResult& result);

  const Promised& promised() const { return promised_; }
  // Granted and never to be committed (Work::kReserve).
  std::vector<Item>& left_open() { return left_open_; }
  void LeaveOpen(const Item& item) { left_open_.push_back(item); }
  // One of left_open() has been released.
  void Released(const Item& item) { promised_.held[item.org] -= options_.credits; }

 private:
  std::string OrgId(const Item& item) const;

  const WorkloadOptions& options_;
  const ReservationIds ids_;
  Random random_;
  uint64_t next_number_ = 0;
  Promised promised_;
  std::vector<Item> left_open_;
};

}  // namespace quota::bench
