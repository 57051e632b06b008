// What the load generators of Redis and PostgreSQL share: their command line, their loop, and how
// they report. One thread, a number of connections, each with so many charges on their way; the
// next are sent when all of those are answered.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "benchmarks/org_chooser.h"
#include "benchmarks/recorder.h"
#include "common/clock.h"

namespace quota::bench {

struct PeerOptions {
  // On loopback.
  int port = 0;
  uint32_t connections = 16;
  // Charges on their way on each connection.
  uint32_t depth = 1;
  uint32_t orgs = 100'000;
  std::string keys = "uniform";
  double duration = 5;
  double warmup = 1;
  uint64_t seed = 1;
};

// One connection. Nothing of it blocks once it is made.
class PeerConnection {
 public:
  virtual ~PeerConnection() = default;
  // Sends charges of 1 credit for these organisations.
  virtual absl::Status Send(const std::vector<std::string>& orgs) = 0;
  // Something can be read or written. Adds the charges that have been granted to `granted`; an
  // error where one was refused.
  virtual absl::Status Proceed(uint32_t& granted) = 0;
  virtual int socket() const = 0;
  // Something is left to be sent.
  virtual bool wants_write() const = 0;
};

class Peer {
 public:
  virtual ~Peer() = default;
  // Makes the organisations, with nothing used.
  virtual absl::Status Prepare(const std::vector<std::string>& orgs) = 0;
  virtual absl::StatusOr<std::unique_ptr<PeerConnection>> Connect() = 0;
  // Credits used by all organisations.
  virtual absl::StatusOr<int64_t> Used() = 0;
};

// Parses, runs, verifies that what is used is what was granted, prints one JSON object like that of
// quotabench, and returns the exit code.
int RunPeer(const std::string& program, int argc, char** argv,
            const std::function<std::unique_ptr<Peer>(const PeerOptions&)>& make);

}  // namespace quota::bench
