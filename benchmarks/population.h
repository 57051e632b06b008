// The organisations of a run: made before it, and asked what they used before and after it.
#pragma once

#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "benchmarks/workload.h"

namespace quota::bench {

// Where organisations that do not exist yet come from.
enum class Creation : uint8_t {
  // CreateOrg of the administrators' service.
  kAdmin,
  // A Charge of 1 credit, where the catalog lets calls create organisations: quicker.
  kCalls,
  // They must exist.
  kNone,
};

struct OrgUsage {
  int64_t used = 0;
  int64_t held = 0;
  int64_t overage = 0;
  // Seconds since 1970; `used` counts from then.
  int64_t day_starts_at = 0;
};

// One thread at a time. Its calls block.
class Population {
 public:
  Population(std::shared_ptr<grpc::Channel> channel, std::string org_prefix, uint32_t orgs)
      : channel_(std::move(channel)), org_prefix_(std::move(org_prefix)), orgs_(orgs) {}

  // Makes those that do not exist, and reads what each has used. `edition` is for kAdmin. NOT_FOUND
  // with kNone where one is missing; else the server's error, naming an organisation.
  absl::StatusOr<std::vector<OrgUsage>> Prepare(Creation creation, const std::string& edition);

  // Of every organisation, by its number. NOT_FOUND where one is missing.
  absl::StatusOr<std::vector<OrgUsage>> ReadUsage();

  // Ends reservations that `workload` left open.
  absl::Status Release(Workload& workload);

 private:
  absl::Status CreateByAdmin(const std::vector<uint32_t>& missing, const std::string& edition);
  absl::Status CreateByCalls(const std::vector<uint32_t>& missing);
  std::string OrgId(uint32_t org) const;
  // Those that do not exist are added to `missing`.
  absl::Status ReadUsage(std::vector<OrgUsage>& usages, std::vector<uint32_t>& missing);
  absl::Status NotFound(const std::vector<uint32_t>& missing) const;

  std::shared_ptr<grpc::Channel> channel_;
  const std::string org_prefix_;
  const uint32_t orgs_;
};

// FAILED_PRECONDITION, naming an organisation, where what the server says does not add up: `after`
// less `before` must be what the run's answers promised.
absl::Status Verify(const std::string& org_prefix, const std::vector<OrgUsage>& before,
                    const std::vector<OrgUsage>& after, const Promised& promised);

}  // namespace quota::bench
