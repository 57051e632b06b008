#include "storage/rocksdb/options.h"

#include <algorithm>
#include <vector>

#include "rocksdb/cache.h"
#include "rocksdb/convenience.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "storage/rocksdb/table_checksum.h"

namespace quota::storage {
namespace {

constexpr size_t kMiB = 1024 * 1024;

// The fastest that this build of RocksDB has; distributions differ in what they compile in.
rocksdb::CompressionType PickCompression() {
  const std::vector<rocksdb::CompressionType> supported = rocksdb::GetSupportedCompressions();
  for (const auto type : {rocksdb::kLZ4Compression, rocksdb::kSnappyCompression}) {
    if (std::find(supported.begin(), supported.end(), type) != supported.end()) return type;
  }
  return rocksdb::kNoCompression;
}

rocksdb::BlockBasedTableOptions TableOptions() {
  rocksdb::BlockBasedTableOptions table;
  // Reads are rare while serving: the state is in memory above. The cache is for upkeep.
  table.block_cache = rocksdb::NewLRUCache(32 * kMiB);
  table.cache_index_and_filter_blocks = true;  // so that they count against the bound too
  // An append asks for a key that is absent; ten bits a key spare 99 of 100 such reads.
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  return table;
}

}  // namespace

rocksdb::Options MakeRocksDbOptions(bool create, rocksdb::Env* env) {
  rocksdb::Options options;
  if (env != nullptr) options.env = env;
  options.create_if_missing = create;
  options.error_if_exists = create;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions()));
  // What is young is mostly journal: it is gone before it would be read again, and random ids do
  // not compress. So only what outlives two levels is compressed (adr/0032).
  options.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression,
                                   PickCompression()};

  // An unclean end tears the last write of the log, which no one was told of; damage before it is
  // an error, and so is a log that the manifest knows of and the folder lacks.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = true;
  options.recycle_log_file_num = 0;  // old bytes behind a torn tail would look like damage
  options.avoid_flush_during_recovery = false;  // what recovery reads becomes durable at once
  options.paranoid_checks = true;
  // The manifest knows what each table must be: see manifest.h.
  options.file_checksum_gen_factory = TableChecksums();
  // The store stops at the first failure and is reopened as a whole: no second way to recover.
  options.max_bgerror_resume_count = 0;

  // The log is written in one stream of small synced appends; preallocating it by the size of a
  // memtable would hold disk space that a container counts as used.
  options.allow_fallocate = false;
  options.write_buffer_size = 32 * kMiB;
  options.max_write_buffer_number = 3;
  options.max_background_jobs = 2;
  // The later tables are merged, the more of them are of journal that was trimmed meanwhile. Writes
  // are held back where twice as many have come before they were.
  options.level0_file_num_compaction_trigger = 24;
  options.level0_slowdown_writes_trigger = 48;
  options.level0_stop_writes_trigger = 72;
  options.level_compaction_dynamic_level_bytes = true;
  // All journal, and the accounts of a small store, in one level: two would write it twice.
  options.max_bytes_for_level_base = 1024 * kMiB;
  options.bytes_per_sync = kMiB;  // upkeep reaches the device evenly, not in bursts before a sync

  options.max_open_files = 512;  // of the 1,024 that a process commonly may have
  options.max_manifest_file_size = 16 * kMiB;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.max_log_file_size = 4 * kMiB;
  options.keep_log_file_num = 4;
  options.stats_dump_period_sec = 0;  // metrics are ours to report
  options.stats_persist_period_sec = 0;
  return options;
}

}  // namespace quota::storage
