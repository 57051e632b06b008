#include "ledger/catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/catalog_compiler.h"
#include "ledger/price.h"

namespace quota::ledger {
namespace {

// Each is complete, and looked at for each call: old ones can be left out of the file.
constexpr int kMaxRevisions = 100;

template <typename... Args>
absl::Status InvalidCall(fmt::format_string<Args...> format, Args&&... args) {
  return absl::InvalidArgumentError(fmt::format(format, std::forward<Args>(args)...));
}

// That `revision` comes after the one before it.
void CheckOrder(const CatalogRevision& before, const CatalogRevision& revision, int index,
                CatalogMistakes& mistakes) {
  const std::string path = fmt::format("revisions[{}].", index);
  const std::string path_before = fmt::format("revisions[{}].", index - 1);
  if (revision.number() <= before.number()) {
    mistakes.Add(path + "number",
                 fmt::format("{}; it must be above {}, that of the revision before",
                             revision.number(), before.number()),
                 path_before + "number");
  }
  if (revision.source().effective_from().empty()) {
    mistakes.Add(path + "effective_from", "it is required in all revisions but the first");
  } else if (revision.effective_from() > Instant() &&
             revision.effective_from() <= before.effective_from()) {
    mistakes.Add(path + "effective_from", "it must be after that of the revision before",
                 path_before + "effective_from");
  }
}

// That `revision` has each name of the one before: an organisation may have it. A revision without
// any edition or data center is a mistake already.
void CheckNamesStay(const CatalogRevision& before, const CatalogRevision& revision, int index,
                    CatalogMistakes& mistakes) {
  const auto lacks = [index, &mistakes](std::string_view what, std::string_view list, Name name,
                                        size_t place) {
    mistakes.Add(
        fmt::format("revisions[{}].{}", index, list),
        fmt::format("it lacks the {} {} of the revision before", what, Quoted(name.text())),
        fmt::format("revisions[{}].{}[{}]", index - 1, list, place));
  };
  for (size_t i = 0; i < before.editions().size(); ++i) {
    const Name name = before.editions()[i].name;
    if (!revision.editions().empty() && !name.empty() &&
        revision.FindEdition(name.text()) == nullptr) {
      lacks("edition", "editions", name, i);
    }
  }
  const auto has = [](const auto& list, Name name) {
    return name.empty() || std::any_of(list.begin(), list.end(),
                                       [name](const auto& entry) { return entry.name == name; });
  };
  for (size_t i = 0; i < before.data_centers().size(); ++i) {
    const Name name = before.data_centers()[i].name;
    if (!revision.data_centers().empty() && !has(revision.data_centers(), name)) {
      lacks("data center", "data_centers", name, i);
    }
  }
  for (size_t i = 0; i < before.pools().size(); ++i) {
    const Name name = before.pools()[i].name;
    if (!has(revision.pools(), name)) lacks("pool", "pools", name, i);
  }
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Catalog>> Catalog::Build(const quota::v1::Catalog& source,
                                                              const ZoneLoader& zones) {
  CatalogMistakes mistakes;
  auto catalog = Build(source, zones, mistakes);
  if (catalog == nullptr) return mistakes.ToStatus();
  return catalog;
}

std::shared_ptr<const Catalog> Catalog::Build(const quota::v1::Catalog& source,
                                              const ZoneLoader& zones, CatalogMistakes& mistakes) {
  const size_t found = mistakes.found();
  if (source.revisions().empty()) mistakes.Add("revisions", "at least one is required");
  if (source.revisions_size() > kMaxRevisions) {
    mistakes.Add("revisions",
                 fmt::format("{} revisions; at most {}", source.revisions_size(), kMaxRevisions));
    return nullptr;
  }
  std::shared_ptr<Catalog> catalog(new Catalog(source));
  for (int i = 0; i < source.revisions_size(); ++i) {
    RevisionCompiler compiler(catalog->source_.revisions(i), zones, fmt::format("revisions[{}]", i),
                              mistakes);
    catalog->revisions_.push_back(compiler.Compile());
    if (i > 0) {
      CheckOrder(*catalog->revisions_[i - 1], *catalog->revisions_[i], i, mistakes);
      CheckNamesStay(*catalog->revisions_[i - 1], *catalog->revisions_[i], i, mistakes);
    }
  }
  if (mistakes.found() != found) return nullptr;
  return catalog;
}

const CatalogRevision& Catalog::At(Instant now) const {
  for (auto revision = revisions_.rbegin(); revision != revisions_.rend(); ++revision) {
    if ((*revision)->effective_from() <= now) return **revision;
  }
  return *revisions_.front();
}

const Edition* CatalogRevision::FindEdition(std::string_view name) const {
  const auto found = edition_by_name_.find(name);
  return found == edition_by_name_.end() ? nullptr : &editions_[found->second];
}

const DataCenter* CatalogRevision::FindDataCenter(std::string_view name) const {
  if (name.empty()) return &data_centers_.front();
  for (const DataCenter& center : data_centers_) {
    if (center.name.text() == name) return &center;
  }
  return nullptr;
}

const CatalogRevision::MethodPrice* CatalogRevision::FindPrice(std::string_view method) const {
  if (const auto exact = exact_prices_.find(method); exact != exact_prices_.end()) {
    return &exact->second;
  }
  for (const auto& [prefix, price] : wildcard_prices_) {
    if (method.starts_with(prefix)) return &price;
  }
  return nullptr;
}

absl::StatusOr<PricedCall> CatalogRevision::Price(const MethodCall& call) const {
  const MethodPrice* price = FindPrice(call.name);
  if (price == nullptr) {
    if (unpriced_) return PricedCall{*unpriced_, Name()};
    return InvalidCall("method: the catalog has no price for \"{}\"", call.name);
  }
  const absl::StatusOr<Credits> credits = Evaluate(*price->price, call);
  if (!credits.ok()) return credits.status();
  return PricedCall{*credits, price->second_pool};
}

std::string CatalogRevision::EditionNames() const {
  std::string names;
  for (const auto& [name, index] : edition_by_name_) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

std::string CatalogRevision::DataCenterNames() const {
  std::string names;
  for (const DataCenter& center : data_centers_) {
    names += (names.empty() ? "" : ", ") + center.name.text();
  }
  return names;
}

}  // namespace quota::ledger
