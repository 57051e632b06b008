// The no-op service is a fair yardstick only while its answers have the fields that quotad's have.
#include "benchmarks/noop_answers.h"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "benchmarks/workload.h"
#include "quota/v1/admin.grpc.pb.h"
#include "quota/v1/quota.grpc.pb.h"
#include "tests/integration/test_server.h"

namespace quota::bench {
namespace {

// The names of all fields that are set, those within messages by their path.
std::set<std::string> FieldsOf(const google::protobuf::Message& message,
                               const std::string& prefix = "") {
  std::set<std::string> names;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    const std::string name = prefix + field->name();
    names.insert(name);
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const auto& inner = field->is_repeated() ? reflection.GetRepeatedMessage(message, field, 0)
                                             : reflection.GetMessage(message, field);
    names.merge(FieldsOf(inner, name + "."));
  }
  return names;
}

template <class Request, class Response>
void ExpectSameFields(const Request& request, const Response& of_quotad) {
  Response of_noop;
  Answer(request, of_noop);
  EXPECT_EQ(FieldsOf(of_noop), FieldsOf(of_quotad)) << of_quotad.DebugString();
}

TEST(NoopAnswersTest, HaveTheFieldsOfQuotadsAnswers) {
  test::TestServer server;
  grpc::ClientContext admin_context;
  v1::CreateOrgRequest create;
  create.set_request_id("1");
  create.set_org_id("bench-0000000");
  create.set_edition("enterprise");
  const auto channel = grpc::CreateChannel(server.target(), grpc::InsecureChannelCredentials());
  v1::Org org;
  ASSERT_TRUE(v1::QuotaAdmin::NewStub(channel)->CreateOrg(&admin_context, create, &org).ok());

  const WorkloadOptions options{.mix = *Mix::Parse("reserve+commit")};
  Workload workload(options, 0);
  const auto stub = v1::QuotaService::NewStub(channel);
  const auto check = [&](auto request, auto response, auto method, const Item& item) {
    grpc::ClientContext context;
    workload.Write(item, request);
    const grpc::Status status = ((*stub).*method)(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ExpectSameFields(request, response);
  };
  // One stays open, so that figures that are often 0 in an idle organisation are not.
  const Item other = workload.NextItem();
  const Item item = workload.NextItem();
  using Stub = v1::QuotaService::Stub;
  check(v1::ChargeRequest(), v1::ChargeResponse(), &Stub::Charge, workload.NextItem());
  check(v1::ReserveRequest(), v1::ReserveResponse(), &Stub::Reserve, other);
  check(v1::ReserveRequest(), v1::ReserveResponse(), &Stub::Reserve, item);
  check(v1::CommitRequest(), v1::CommitResponse(), &Stub::Commit, item);
}

}  // namespace
}  // namespace quota::bench
