#include "tests/fuzz/fuzz_target.h"

namespace quota::fuzz {

std::map<std::string, Target>& Targets() {
  static std::map<std::string, Target>& targets = *new std::map<std::string, Target>;
  return targets;
}

}  // namespace quota::fuzz
