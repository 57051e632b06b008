// What a durable service can't do without: answers that wait for one sync of their group.
//
//   GroupSync sync(FOLDER);
//   loop.Start(&sync);
//   ...
//   sync.Await(operations, [&rpc] { rpc.Finish(grpc::Status::OK); });
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "server/call_stepper.h"

namespace quota::bench {

// Belongs to one loop's thread, once it is made.
class GroupSync final : public server::CallStepper {
 public:
  // Appends to a file in `folder` that is gone when this is. Ends the process where it can't.
  explicit GroupSync(const std::string& folder);
  ~GroupSync() override;
  GroupSync(const GroupSync&) = delete;
  GroupSync& operator=(const GroupSync&) = delete;

  // `answer` is called once as many bytes have been appended and synced as quotad's journal has
  // for so many operations.
  void Await(int operations, absl::AnyInvocable<void()> answer);

  void PromiseSteps() override {}
  bool StepIsDue() const override { return !answers_.empty(); }
  // Everything that was read has come: a group.
  void Step() override;

 private:
  int file_;
  int operations_ = 0;
  std::vector<absl::AnyInvocable<void()>> answers_;
  std::string bytes_;
};

}  // namespace quota::bench
