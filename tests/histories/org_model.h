// What one organisation is, told in a few lines: the reference that histories are checked against.
// It shares no code with the ledger. One day, one pool, no packs, no time: holds end by calls, or
// with their session.
//
//   OrgModel model({.allotment = 40, .limit = 2});
//   CallAnswer answer = model.Run(request);
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/histories/call_record.h"

namespace quota::test {

struct OrgFigures {
  int64_t allotment = 0;
  int64_t limit = 0;
};

// A value: copied to try what would be.
class OrgModel {
 public:
  explicit OrgModel(const OrgFigures& figures) : figures_(figures) {}

  // Carries the call out. There is exactly one right answer.
  CallAnswer Run(const CallRequest& request);

  // Equal for equal states, and for those alone.
  std::string Key() const;

 private:
  struct Reservation {
    CallRequest request;
    RecordState state = RecordState::kOpen;
    int64_t held = 0;
    int64_t asked = 0;
    int64_t charged = 0;
    int64_t overage = 0;
    bool late = false;
  };

  CallAnswer Reserve(const CallRequest& request);
  CallAnswer Charge(const CallRequest& request);
  CallAnswer Commit(const CallRequest& request);
  CallAnswer Release(const CallRequest& request);
  void LoseSession(const std::string& session);

  // The credits that are granted; -1: none.
  int64_t Grant(const CallRequest& request) const;
  void EndHold(Reservation& reservation, RecordState state);
  int64_t Remaining() const;
  CallAnswer WithSnapshot(CallAnswer answer) const;

  OrgFigures figures_;
  int64_t used_ = 0;
  int64_t held_ = 0;
  int64_t overage_ = 0;
  int64_t in_flight_ = 0;
  int64_t open_ = 0;
  std::map<std::string, Reservation> reservations_;
};

}  // namespace quota::test
