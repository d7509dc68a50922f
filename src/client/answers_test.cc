#include <gtest/gtest.h>

#include "client/answer_error.h"
#include "client/metric_samples.h"

namespace dyad::client {
namespace {

Answer refused(int status, std::string body) {
  Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

TEST(Refusal, IsReadFromEachServicesForm) {
  EXPECT_EQ(refusal_of(refused(403,
                               "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code>"
                               "<Message>No &amp; no</Message></Error>"))
                .text(),
            "AccessDenied (status 403): No & no");
  EXPECT_EQ(refusal_of(refused(403,
                               "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type>"
                               "<Code>InvalidClientTokenId</Code></Error></ErrorResponse>"))
                .code,
            "InvalidClientTokenId");
  EXPECT_EQ(refusal_of(refused(400, R"({"__type":"com.amazon#XException","message":"m"})")).text(),
            "XException (status 400): m");
}

TEST(Refusal, WhatIsNoServicesAnswerHasNoCode) {
  for (const char* body :
       {"", "<html><body>Bad Gateway</body></html>", "{", "{}", "[1]", "<a", "plain text"}) {
    EXPECT_EQ(refusal_of(refused(502, body)).text(), "status 502") << body;
  }
}

TEST(Refusal, ReachesATerminalAsOneShortLine) {
  const std::string text =
      refusal_of(refused(400, "<Error><Code>A</Code><Message>\x1b[2J\n" + std::string(10'000, 'x') +
                                  "</Message></Error>"))
          .text();
  EXPECT_LT(text.size(), 600u);
  EXPECT_EQ(text.find_first_of("\x1b\n"), std::string::npos);
}

TEST(MetricSamples, AreReadWithTheirLabels) {
  const MetricSamples samples(
      "# HELP a Words.\n# TYPE a gauge\na 7\n"
      "b{operation=\"Get\",status=\"2xx\"} 3\nb{operation=\"Put\",status=\"5xx\"} 4 1700000000\n"
      "c{text=\"a\\\"b,c\"} 1.5e3\nnonsense\nd{x=\"\ne{x 1\nf{x=\"1\"}\n");
  EXPECT_EQ(samples.value("a"), 7);
  EXPECT_EQ(samples.sum("b"), 7);
  EXPECT_EQ(samples.sum("b", "status", "5"), 4);
  EXPECT_EQ(samples.label("c", "text"), "a\"b,c");
  EXPECT_EQ(samples.value("c"), 1500);
  for (const char* absent : {"nonsense", "d", "e", "f"}) EXPECT_FALSE(samples.value(absent));
}

TEST(MetricSamples, HaveALimit) {
  std::string text;
  for (std::size_t i = 0; i < MetricSamples::kMaxSamples + 10; ++i) text += "a 1\n";
  EXPECT_EQ(MetricSamples(text).sum("a"), static_cast<double>(MetricSamples::kMaxSamples));
}

}  // namespace
}  // namespace dyad::client
