// What administrators and the details page see of an account. Pure.
#pragma once

#include "common/clock.h"
#include "ledger/account.h"
#include "ledger/answers.h"
#include "ledger/catalog.h"
#include "quota/v1/admin.pb.h"

namespace quota::ledger {

void SetTimestamp(Instant instant, google::protobuf::Timestamp* timestamp);

quota::v1::Org MakeOrg(const Account& account, const CatalogRevision& catalog, Instant now);

quota::v1::Purchase MakePurchase(const Account& account, const Purchase& purchase);

// One of the account's open days. `closed` stays false.
quota::v1::DayUsage MakeDayUsage(const Account& account, const Day& day);

// `day` is the account's current day.
UsageAnswer MakeUsage(const Account& account, const Day& day, const CatalogRevision& catalog);

}  // namespace quota::ledger
