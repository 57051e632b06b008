// The checksum of a table that the manifest keeps: RocksDB's CRC-32C, worked out by the processor's
// own instruction where it has one. RocksDB as Debian builds it uses tables, which took a quarter
// of the time of merging.
#pragma once

#include <memory>

#include "rocksdb/file_checksum.h"

namespace quota::storage {

// Makes generators whose name and values are those of RocksDB's GetFileChecksumGenCrc32cFactory.
// Thread-safe; a generator is for one thread.
std::shared_ptr<rocksdb::FileChecksumGenFactory> TableChecksums();

}  // namespace quota::storage
