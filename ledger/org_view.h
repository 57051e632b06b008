// What administrators and the details page see of an account. Pure.
#pragma once

#include "common/clock.h"
#include "ledger/account.h"
#include "ledger/answers.h"
#include "ledger/catalog.h"
#include "quota/v1/admin.pb.h"

namespace quota::ledger {

quota::v1::Org MakeOrg(const Account& account, const CatalogRevision& catalog, Instant now);

quota::v1::Purchase MakePurchase(const Account& account, const Purchase& purchase);

// `day` is the account's current day.
UsageAnswer MakeUsage(const Account& account, const Day& day, const CatalogRevision& catalog);

}  // namespace quota::ledger
