#include "list_driver.h"

#include <gtest/gtest.h>

namespace dyad::bench {
namespace {

TEST(ListedPage, SaysHowManyAndHowItGoesOn) {
  const auto page = read_listed_page(
      "<ListBucketResult><KeyCount>1000</KeyCount><IsTruncated>true</IsTruncated>"
      "<NextContinuationToken>a+/=</NextContinuationToken></ListBucketResult>");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->count, 1000u);
  EXPECT_EQ(page->next, "a+/=");
}

TEST(ListedPage, TheLastHasNoToken) {
  const auto page = read_listed_page(
      "<KeyCount>0</KeyCount><MaxKeys>9</MaxKeys><IsTruncated>false</IsTruncated>");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->count, 0u);
  EXPECT_TRUE(page->next.empty());
}

TEST(ListedPage, WhatIsNoPageIsAnError) {
  EXPECT_FALSE(read_listed_page(""));
  EXPECT_FALSE(read_listed_page("<Error><Code>NoSuchBucket</Code></Error>"));
  EXPECT_FALSE(read_listed_page("<KeyCount>many</KeyCount><IsTruncated>false</IsTruncated>"));
  // Truncated, but nothing to go on with.
  EXPECT_FALSE(read_listed_page("<KeyCount>1</KeyCount><IsTruncated>true</IsTruncated>"));
}

TEST(PercentEncoded, LeavesWhatUrlsLeave) {
  EXPECT_EQ(percent_encoded("aZ09-_.~"), "aZ09-_.~");
  EXPECT_EQ(percent_encoded("a+/= \xc3\xa4"), "a%2B%2F%3D%20%C3%A4");
}

}  // namespace
}  // namespace dyad::bench
