// What a durable service can't do without: answers that wait for one sync of their group.
//
//   GroupSync sync(FOLDER);
//   loop.Start(&sync);
//   ...
//   sync.Await(operations, [&rpc] { rpc.Finish(grpc::Status::OK); });
#pragma once

#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "benchmarks/synced_file.h"
#include "server/call_stepper.h"

namespace quota::bench {

// Belongs to one loop's thread, once it is made.
class GroupSync final : public server::CallStepper {
 public:
  // Of a file in `folder`: see SyncedFile.
  explicit GroupSync(const std::string& folder) : file_(folder) {}

  // `answer` is called once as many bytes have been appended and synced as quotad's journal has
  // for so many operations.
  void Await(int operations, absl::AnyInvocable<void()> answer);

  void PromiseSteps() override {}
  bool StepIsDue() const override { return !answers_.empty(); }
  // Everything that was read has come: a group.
  void Step() override;

 private:
  SyncedFile file_;
  int operations_ = 0;
  std::vector<absl::AnyInvocable<void()>> answers_;
  std::string bytes_;
};

}  // namespace quota::bench
