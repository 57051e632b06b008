// An administrator who makes changes until the server ends, and an audit of them: each that was
// acknowledged is in force, in the audit log once, and in order.
//
//   Office office(target, "round1");
//   ... SIGKILL ...
//   office.Close();
//   office.Audit(target);
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/dice.h"
#include "tests/integration/quota_calls.h"

namespace quota::test {

// Belongs to one thread, which is not the one that makes the changes.
class Office {
 public:
  // Begins to make changes to organisations of its own, whose names begin with `prefix`.
  Office(const std::string& target, uint64_t seed, std::string prefix);
  ~Office() { Close(); }

  // From now on calls may get no answer; before, that fails the test.
  void ExpectTheEnd() { end_expected_ = true; }

  // Blocks until a call has failed.
  void Close();

  // Repeats every change under its request id, and reads the audit logs. After Close.
  void Audit(const std::string& target);

  size_t changes() const;

 private:
  // One change, as it was asked for.
  struct Change {
    std::string action;
    std::string request_id;
    // Makes the call; what comes back is its serialised answer.
    std::function<Reply<std::string>(QuotaCalls&)> make;
    // Absent: it never came.
    std::optional<std::string> answer = {};
  };
  struct Org {
    std::string id;
    std::vector<Change> changes;
    int64_t purchases = 0;
    int64_t revoked = 0;
    bool suspended = false;
  };

  template <typename Stub, typename Request, typename Response>
  static void Add(Org& org, std::string action, Request request,
                  grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&, Response*));
  void Run(const std::string& target);
  void NewOrg();
  void NextChange();
  static void AuditOrg(QuotaCalls& calls, Org& org);
  static void AuditPurchases(QuotaCalls& calls, const Org& org);

  const std::string prefix_;
  Dice dice_;
  std::atomic<bool> end_expected_{false};
  std::vector<Org> orgs_;
  std::thread thread_;
};

}  // namespace quota::test
