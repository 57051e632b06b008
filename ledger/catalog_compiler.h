// Compiles one revision of a catalog and finds all of its mistakes. For catalog.cc alone.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/catalog.h"
#include "ledger/catalog_mistakes.h"

namespace quota::ledger {

// One use. What a mistake leaves out is compiled as far as others refer to it, so that one mistake
// is reported once.
class RevisionCompiler {
 public:
  // `path` is the revision's own, such as "revisions[0]"; mistakes go to `mistakes`, which outlives
  // this.
  RevisionCompiler(const quota::v1::CatalogRevision& source, const ZoneLoader& zones,
                   std::string path, CatalogMistakes& mistakes);

  // Usable only where no mistake was added.
  std::unique_ptr<const CatalogRevision> Compile();

 private:
  using PathByName = std::map<std::string, std::string, std::less<>>;

  void AddTimes();
  void AddEditions();
  void AddEdition(const quota::v1::Edition& edition, const std::string& path);
  void AddDataCenters();
  void AddPools();
  void AddPrices();
  void AddPrice(const quota::v1::Price& price, const std::string& path);
  void AddMethod(const std::string& method, const std::string& path,
                 const CatalogRevision::MethodPrice& price);
  void AddAlertThresholds();
  void AddUnknownOrganizations();

  // A name that follows the rules and is new in `names`; adds it there.
  bool CheckName(const std::string& name, const std::string& path, PathByName& names);
  void CheckRange(int64_t value, int64_t min, int64_t max, const std::string& path);
  Duration Ttl(bool present, const google::protobuf::Duration& ttl, Duration otherwise,
               const std::string& path);
  std::optional<int32_t> Date(const std::string& text, const std::string& path);
  // Whether `count` entries are not too many, and at least one where `required`.
  bool CheckCount(int count, int most, bool required, const std::string& path);

  // Of a field of the revision.
  std::string PathOf(std::string_view field) const;
  std::string PathOf(std::string_view field, int index) const;

  const std::string path_;
  CatalogMistakes& mistakes_;
  std::unique_ptr<CatalogRevision> revision_;
  const quota::v1::CatalogRevision& source_;
  PathByName editions_;
  PathByName data_centers_;
  PathByName pools_;
  PathByName methods_;
};

}  // namespace quota::ledger
