// What an attempt to open a store leaves in its folder when it fails.
#pragma once

#include <set>
#include <string>

#include "rocksdb/env.h"

namespace quota::storage {

// RocksDB writes tables, a manifest and a new log while it opens, and leaves them to the next
// opening that succeeds. A store that is reopened for as long as its disk is in trouble would fill
// the folder: so they are deleted after each attempt that failed.
//
//   Leftovers leftovers(env, folder);      // with the folder's lock held
//   if (!DB::Open(...).ok()) leftovers.Delete();
//
// Not thread-safe.
class Leftovers {
 public:
  // Looks at what is there before the attempt. `env` outlives this.
  Leftovers(rocksdb::Env& env, std::string folder);

  // Deletes the files that have come since, unless they may be part of the store: CURRENT, which
  // names the manifest and by that all tables, must be what it was. Takes the folder's lock. What
  // can't be deleted stays: the disk is in trouble.
  void Delete();

 private:
  rocksdb::Env* env_;
  std::string folder_;
  std::string current_;
  // Empty where the folder could not be read: nothing is deleted then.
  std::set<std::string> files_;
};

}  // namespace quota::storage
