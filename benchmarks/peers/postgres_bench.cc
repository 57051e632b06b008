// postgres_bench: check and charge in PostgreSQL by one prepared UPDATE ... RETURNING a call, each
// a transaction of its own.
#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "benchmarks/peers/peer_run.h"
#include "common/status.h"

namespace quota::bench {
namespace {

constexpr char kStatement[] = "charge";
constexpr char kCharge[] =
    "UPDATE quota SET used = used + 1 WHERE org = $1 AND used + 1 <= allotment RETURNING used";

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

absl::Status ErrorOf(PGconn* connection) {
  return absl::InternalError(absl::StrCat("PostgreSQL: ", PQerrorMessage(connection)));
}

absl::StatusOr<Connection> Open(int port) {
  Connection connection(
      PQconnectdb(
          absl::StrCat("host=127.0.0.1 port=", port, " user=postgres dbname=postgres").c_str()),
      &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) return ErrorOf(connection.get());
  return connection;
}

// Blocks.
absl::StatusOr<Result> Execute(PGconn* connection, const std::string& statement) {
  Result result(PQexec(connection, statement.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return ErrorOf(connection);
  return result;
}

class PostgresConnection final : public PeerConnection {
 public:
  explicit PostgresConnection(Connection connection) : connection_(std::move(connection)) {}

  absl::Status Send(const std::vector<std::string>& orgs) override {
    if (orgs.size() != 1) return absl::InvalidArgumentError("--depth must be 1: one UPDATE a call");
    const char* org = orgs.front().c_str();
    if (PQsendQueryPrepared(connection_.get(), kStatement, 1, &org, nullptr, nullptr, 0) != 1) {
      return ErrorOf(connection_.get());
    }
    return Flush();
  }

  absl::Status Proceed(uint32_t& granted) override {
    PGconn* connection = connection_.get();
    QUOTA_RETURN_IF_ERROR(Flush());
    if (PQconsumeInput(connection) != 1) return ErrorOf(connection);
    while (PQisBusy(connection) == 0) {
      const Result result(PQgetResult(connection), &PQclear);
      if (result == nullptr) {
        granted += rows_;
        rows_ = 0;
        return absl::OkStatus();
      }
      if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) return ErrorOf(connection);
      if (PQntuples(result.get()) != 1) {
        return absl::FailedPreconditionError("PostgreSQL refused a charge");
      }
      rows_ = 1;
    }
    return absl::OkStatus();
  }

  int socket() const override { return PQsocket(connection_.get()); }
  bool wants_write() const override { return wants_write_; }

 private:
  absl::Status Flush() {
    const int left = PQflush(connection_.get());
    if (left < 0) return ErrorOf(connection_.get());
    wants_write_ = left == 1;
    return absl::OkStatus();
  }

  Connection connection_;
  uint32_t rows_ = 0;
  bool wants_write_ = false;
};

class Postgres final : public Peer {
 public:
  explicit Postgres(int port) : port_(port) {}

  absl::Status Prepare(const std::vector<std::string>& orgs) override {
    QUOTA_ASSIGN_OR_RETURN(Connection connection, Open(port_));
    // Room in each page for new versions of its rows, so that an UPDATE need not touch the index.
    QUOTA_RETURN_IF_ERROR(Execute(connection.get(),
                                  "DROP TABLE IF EXISTS quota; "
                                  "CREATE TABLE quota (org text PRIMARY KEY, used bigint NOT NULL, "
                                  "allotment bigint NOT NULL) WITH (fillfactor = 50)")
                              .status());
    constexpr size_t kRows = 1'000;
    for (size_t begin = 0; begin < orgs.size(); begin += kRows) {
      const auto first = orgs.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto last =
          orgs.begin() + static_cast<std::ptrdiff_t>(std::min(orgs.size(), begin + kRows));
      const std::string rows =
          absl::StrJoin(first, last, ",", [](std::string* out, const std::string& org) {
            absl::StrAppend(out, "('", org, "',0,1000000000000)");
          });
      QUOTA_RETURN_IF_ERROR(Execute(connection.get(), "INSERT INTO quota VALUES " + rows).status());
    }
    QUOTA_RETURN_IF_ERROR(Execute(connection.get(), "VACUUM ANALYZE quota").status());
    return Execute(connection.get(), "CHECKPOINT").status();
  }

  absl::StatusOr<std::unique_ptr<PeerConnection>> Connect() override {
    QUOTA_ASSIGN_OR_RETURN(Connection connection, Open(port_));
    const Result prepared(PQprepare(connection.get(), kStatement, kCharge, 1, nullptr), &PQclear);
    if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) return ErrorOf(connection.get());
    if (PQsetnonblocking(connection.get(), 1) != 0) return ErrorOf(connection.get());
    return std::make_unique<PostgresConnection>(std::move(connection));
  }

  absl::StatusOr<int64_t> Used() override {
    QUOTA_ASSIGN_OR_RETURN(Connection connection, Open(port_));
    QUOTA_ASSIGN_OR_RETURN(const Result result,
                           Execute(connection.get(), "SELECT sum(used) FROM quota"));
    return std::stoll(PQgetvalue(result.get(), 0, 0));
  }

 private:
  const int port_;
};

}  // namespace
}  // namespace quota::bench

int main(int argc, char** argv) {
  return quota::bench::RunPeer("postgres_bench", argc, argv, [](const auto& options) {
    return std::make_unique<quota::bench::Postgres>(options.port);
  });
}
