// A file that is appended to and synced, as a log is; gone when it is closed, however that happens.
#pragma once

#include <string>
#include <string_view>

namespace quota::bench {

// For one thread at a time. Ends the process, telling why, where it can't do what it is asked for.
class SyncedFile {
 public:
  explicit SyncedFile(const std::string& folder);
  ~SyncedFile();
  SyncedFile(const SyncedFile&) = delete;
  SyncedFile& operator=(const SyncedFile&) = delete;

  // Returns once they are durable.
  void Append(std::string_view bytes);

 private:
  int file_;
};

}  // namespace quota::bench
