#include "benchmarks/population.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "benchmarks/bulk_session.h"
#include "client/grpc_status.h"
#include "client/uuid.h"
#include "common/mutex.h"
#include "common/status.h"
#include "quota/v1/admin.grpc.pb.h"

namespace quota::bench {
namespace {

// Enough that each of the server's syncs is shared by many.
constexpr size_t kCreationsInFlight = 512;

absl::Status ErrorOf(const std::string& org, const v1::OperationResult& result) {
  return absl::FailedPreconditionError(absl::StrCat(org, ": ", result.error().message()));
}

// CreateOrg calls, many at once.
class Creations {
 public:
  explicit Creations(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::QuotaAdmin::NewStub(channel)) {}

  // Blocks while too many are in flight.
  void Start(const std::string& org, const std::string& edition) {
    {
      MutexLock lock(mutex_);
      while (in_flight_ >= kCreationsInFlight) ended_.Wait(mutex_);
      ++in_flight_;
    }
    auto* call = new Call;
    call->request.set_request_id(client::NewUuid());
    call->request.set_org_id(org);
    call->request.set_edition(edition);
    stub_->async()->CreateOrg(&call->context, &call->request, &call->response,
                              [this, call](const grpc::Status& status) { End(call, status); });
  }

  // Blocks until all have ended. The first error.
  absl::Status Finish() {
    MutexLock lock(mutex_);
    while (in_flight_ > 0) ended_.Wait(mutex_);
    return failure_;
  }
  bool failed() {
    MutexLock lock(mutex_);
    return !failure_.ok();
  }

 private:
  struct Call {
    grpc::ClientContext context;
    v1::CreateOrgRequest request;
    v1::Org response;
  };

  void End(Call* call, const grpc::Status& status) {
    MutexLock lock(mutex_);
    if (!status.ok() && failure_.ok()) {
      failure_ =
          absl::FailedPreconditionError(absl::StrCat("can't create ", call->request.org_id(), ": ",
                                                     client::FromGrpcStatus(status).ToString()));
    }
    delete call;
    --in_flight_;
    ended_.NotifyAll();
  }

  std::unique_ptr<v1::QuotaAdmin::Stub> stub_;
  Mutex mutex_;
  CondVar ended_;
  size_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::string Population::OrgId(uint32_t org) const {
  std::string id;
  WriteOrgId(org_prefix_, org, id);
  return id;
}

absl::StatusOr<std::vector<OrgUsage>> Population::Prepare(Creation creation,
                                                          const std::string& edition) {
  std::vector<OrgUsage> usages(orgs_);
  std::vector<uint32_t> missing;
  QUOTA_RETURN_IF_ERROR(ReadUsage(usages, missing));
  if (missing.empty()) return usages;
  switch (creation) {
    case Creation::kAdmin:
      QUOTA_RETURN_IF_ERROR(CreateByAdmin(missing, edition));
      break;
    case Creation::kCalls:
      QUOTA_RETURN_IF_ERROR(CreateByCalls(missing));
      break;
    case Creation::kNone:
      return NotFound(missing);
  }
  return ReadUsage();
}

absl::StatusOr<std::vector<OrgUsage>> Population::ReadUsage() {
  std::vector<OrgUsage> usages(orgs_);
  std::vector<uint32_t> missing;
  QUOTA_RETURN_IF_ERROR(ReadUsage(usages, missing));
  if (!missing.empty()) return NotFound(missing);
  return usages;
}

absl::Status Population::NotFound(const std::vector<uint32_t>& missing) const {
  return absl::NotFoundError(absl::StrCat(missing.size(), " of ", orgs_,
                                          " organisations do not exist, such as ",
                                          OrgId(missing.front()), "; see --create"));
}

absl::Status Population::ReadUsage(std::vector<OrgUsage>& usages, std::vector<uint32_t>& missing) {
  return RunBulk(
      channel_, orgs_,
      [this](uint64_t i, v1::Operation& operation) {
        WriteOrgId(org_prefix_, static_cast<uint32_t>(i),
                   *operation.mutable_get_usage()->mutable_org_id());
      },
      [&](uint64_t i, const v1::OperationResult& result) {
        const auto org = static_cast<uint32_t>(i);
        if (result.error().code() == static_cast<int32_t>(absl::StatusCode::kNotFound)) {
          missing.push_back(org);
          return absl::OkStatus();
        }
        if (result.has_error()) return ErrorOf(OrgId(org), result);
        const v1::GetUsageResponse& usage = result.get_usage();
        usages[i] = {.used = usage.usage().used(),
                     .held = usage.usage().held(),
                     .overage = usage.overage(),
                     .day_starts_at = usage.day_starts_at().seconds()};
        return absl::OkStatus();
      });
}

absl::Status Population::CreateByAdmin(const std::vector<uint32_t>& missing,
                                       const std::string& edition) {
  Creations creations(channel_);
  for (const uint32_t org : missing) {
    if (creations.failed()) break;
    creations.Start(OrgId(org), edition);
  }
  return creations.Finish();
}

absl::Status Population::CreateByCalls(const std::vector<uint32_t>& missing) {
  return RunBulk(
      channel_, missing.size(),
      [&](uint64_t i, v1::Operation& operation) {
        v1::ChargeRequest& charge = *operation.mutable_charge();
        WriteOrgId(org_prefix_, missing[i], *charge.mutable_org_id());
        charge.set_reservation_id(client::NewUuid());
        charge.set_credits(1);
      },
      [&](uint64_t i, const v1::OperationResult& result) -> absl::Status {
        if (result.has_error()) return ErrorOf(OrgId(missing[i]), result);
        if (result.charge().decision() == v1::DECISION_GRANTED) return absl::OkStatus();
        return absl::FailedPreconditionError(absl::StrCat(
            "a Charge did not create ", OrgId(missing[i]), ": ",
            v1::Decision_Name(result.charge().decision()),
            "; the server's catalog must allow it, as benchmarks/catalog.textproto does"));
      });
}

absl::Status Population::Release(Workload& workload) {
  std::vector<Item>& items = workload.left_open();
  const absl::Status status = RunBulk(
      channel_, items.size(),
      [&](uint64_t i, v1::Operation& operation) {
        workload.Write(items[i], *operation.mutable_release());
      },
      [&](uint64_t i, const v1::OperationResult& result) {
        if (result.has_error()) return ErrorOf(OrgId(items[i].org), result);
        workload.Released(items[i]);
        return absl::OkStatus();
      });
  items.clear();
  return status;
}

absl::Status Verify(const std::string& org_prefix, const std::vector<OrgUsage>& before,
                    const std::vector<OrgUsage>& after, const Promised& promised) {
  for (uint32_t org = 0; org < before.size(); ++org) {
    std::string id;
    WriteOrgId(org_prefix, org, id);
    if (after[org].day_starts_at != before[org].day_starts_at) {
      return absl::FailedPreconditionError(absl::StrCat(
          id, ": its day ended during the run, and its usage began anew; run it again"));
    }
    const auto differs = [&](std::string_view what, int64_t told, int64_t wanted) {
      return absl::FailedPreconditionError(absl::StrCat(id, ": the answers add up to ", wanted,
                                                        " credits ", std::string(what),
                                                        ", but the server says ", told));
    };
    const int64_t used = after[org].used - before[org].used;
    if (used != promised.charged[org]) return differs("used", used, promised.charged[org]);
    const int64_t held = after[org].held - before[org].held;
    if (held != promised.held[org]) return differs("held", held, promised.held[org]);
    if (after[org].overage != before[org].overage) {
      return differs("over what was reserved", after[org].overage - before[org].overage, 0);
    }
  }
  return absl::OkStatus();
}

}  // namespace quota::bench
