// How RocksDB is set up for quotad, each choice with its reason.
#pragma once

#include "rocksdb/options.h"

namespace quota::storage {

// `create`: the folder holds no store yet. Without it, one that can't be found is an error.
// `env`: null for the real disk.
rocksdb::Options MakeRocksDbOptions(bool create, rocksdb::Env* env);

}  // namespace quota::storage
