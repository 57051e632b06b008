// The model test (tests/ledger/model_run.h), whose choices are the fuzzer's.
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/ledger/model_run.h"

namespace quota::ledger {

FUZZ_TARGET(model) {
  fuzz::ByteSource source(input);
  const bool crowded = source.Bool();
  // A group takes some 20 bytes.
  const int groups = static_cast<int>(std::min<size_t>(1 + input.size() / 20, 200));
  ModelRun run([&source](int bound) { return static_cast<int>(source.Below(bound)); }, crowded);
  run.Groups(groups);
}

}  // namespace quota::ledger
