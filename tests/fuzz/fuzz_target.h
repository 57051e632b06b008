// A fuzz target: a function that takes any bytes. It must not crash, hang, allocate without bound
// or do what is undefined; what must hold besides, it checks itself with QUOTA_CHECK.
//
//   FUZZ_TARGET(journal_entry) {   // `input` is a std::string_view
//     const auto entry = ledger::DecodeEntry(input);
//     ...
//   }
//
// Each target has a folder of seeds, corpus/NAME. libFuzzer runs a target with inputs that it
// makes up from them (fuzz_main.cc, scripts/fuzz); every build runs it with the seeds alone
// (corpus_test.cc).
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace quota::fuzz {

using Target = void (*)(std::string_view input);

// By name. Complete once main runs.
std::map<std::string, Target>& Targets();

struct Registration {
  Registration(const char* name, Target target) { Targets().emplace(name, target); }
};

}  // namespace quota::fuzz

#define FUZZ_TARGET(name)                                                                      \
  static void FuzzTarget_##name(std::string_view input);                                       \
  static const ::quota::fuzz::Registration fuzz_registration_##name(#name, FuzzTarget_##name); \
  static void FuzzTarget_##name(std::string_view input)
