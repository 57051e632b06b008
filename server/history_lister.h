// ListUsageHistory and ListAuditLog: pages of what the store keeps beside the ledger. The ledger is
// asked first, so that the answer shows everything that was decided before; then the store is read,
// on the reader's thread.
#pragma once

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "quota/v1/admin.pb.h"
#include "server/call.h"
#include "server/metrics.h"
#include "server/service_context.h"
#include "server/unary_rpc.h"

namespace quota::server {

// What both have in common. Owns itself; Finish is called last of all.
class HistoryLister : public UnaryReactor, public Call {
 public:
  void OnAnswered() final;
  void OnDone() final { delete this; }

 protected:
  HistoryLister(UnaryRpc& rpc, const ServiceContext& context, Method method);
  ~HistoryLister() override = default;

  // Reads the request into org, page size and so on.
  virtual absl::Status Read() = 0;
  // Fills the response from the store. `answer` has the organisation's open days, unless no
  // organisation was named.
  virtual absl::Status Fill(storage::Store& store) = 0;

  // Reads the request, and asks the ledger for its organisation; where it names none, goes on to
  // the store.
  void Begin();

 private:
  void ReadStore();
  void Complete();

  UnaryRpc& rpc_;
  const ServiceContext& context_;
  CallInFlight in_flight_;
  const Method method_;
  const std::chrono::steady_clock::time_point started_;
};

class UsageHistoryLister final : public HistoryLister {
 public:
  static void Start(UnaryRpc& rpc, const ServiceContext& context,
                    const v1::ListUsageHistoryRequest& request,
                    v1::ListUsageHistoryResponse& response);

 private:
  UsageHistoryLister(UnaryRpc& rpc, const ServiceContext& context,
                     const v1::ListUsageHistoryRequest& request,
                     v1::ListUsageHistoryResponse& response)
      : HistoryLister(rpc, context, Method::kListUsageHistory),
        request_(request),
        response_(response) {}

  absl::Status Read() override;
  absl::Status Fill(storage::Store& store) override;

  const v1::ListUsageHistoryRequest& request_;
  v1::ListUsageHistoryResponse& response_;
  size_t page_size_ = 0;
  // Days that start before this many microseconds since 1970.
  int64_t before_ = INT64_MAX;
};

class AuditLogLister final : public HistoryLister {
 public:
  static void Start(UnaryRpc& rpc, const ServiceContext& context,
                    const v1::ListAuditLogRequest& request, v1::ListAuditLogResponse& response);

 private:
  AuditLogLister(UnaryRpc& rpc, const ServiceContext& context,
                 const v1::ListAuditLogRequest& request, v1::ListAuditLogResponse& response)
      : HistoryLister(rpc, context, Method::kListAuditLog),
        request_(request),
        response_(response) {}

  absl::Status Read() override;
  absl::Status Fill(storage::Store& store) override;

  const v1::ListAuditLogRequest& request_;
  v1::ListAuditLogResponse& response_;
  size_t page_size_ = 0;
  // The key of the last entry of the page before.
  std::string after_;
};

}  // namespace quota::server
