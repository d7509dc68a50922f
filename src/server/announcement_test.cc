#include "server/announcement.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/sim_files.h"

namespace dyad::server {
namespace {

TEST(LocalEndpoint, IsWhatAClientOnThisMachineUses) {
  EXPECT_EQ(local_endpoint("127.0.0.1:4566", false), "http://127.0.0.1:4566");
  EXPECT_EQ(local_endpoint("0.0.0.0:80", true), "https://127.0.0.1:80");
  EXPECT_EQ(local_endpoint("[::]:1", false), "http://[::1]:1");
  EXPECT_EQ(local_endpoint("10.0.0.7:4566", false), "http://10.0.0.7:4566");
}

TEST(Announcement, IsReadAsItWasWritten) {
  SimFiles files;
  ASSERT_TRUE(files.make_directory("data"));
  EXPECT_EQ(read_announcement(files, "data").error().code, ErrorCode::not_found);
  Announcement said;
  said.version = "0.1.0";
  said.endpoint = "https://127.0.0.1:4566";
  said.region = "eu-west-1";
  said.account_id = "000000000000";
  said.access_key_id = "AKIA";
  said.root_from_environment = true;
  said.certificate = "/a \"b\"\n/c.pem";
  said.pid = 7;
  said.started_ms = 1'700'000'000'123;
  ASSERT_TRUE(announce(files, "data", said));
  const auto read = read_announcement(files, "data");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->version, said.version);
  EXPECT_EQ(read->endpoint, said.endpoint);
  EXPECT_EQ(read->region, said.region);
  EXPECT_EQ(read->account_id, said.account_id);
  EXPECT_EQ(read->access_key_id, said.access_key_id);
  EXPECT_EQ(read->root_from_environment, said.root_from_environment);
  EXPECT_EQ(read->certificate, said.certificate);
  EXPECT_EQ(read->pid, said.pid);
  EXPECT_EQ(read->started_ms, said.started_ms);
  ASSERT_TRUE(withdraw_announcement(files, "data"));
  ASSERT_TRUE(withdraw_announcement(files, "data")) << "fine if it is gone";
  EXPECT_EQ(read_announcement(files, "data").error().code, ErrorCode::not_found);
}

TEST(Announcement, WhatIsNoneIsRefused) {
  SimFiles files;
  ASSERT_TRUE(files.make_directory("data"));
  for (const char* text : {"", "{}", "[]", "{\"version\":", R"({"version": 1})"}) {
    ASSERT_TRUE(write_file(files, announcement_path("data"), text));
    const auto read = read_announcement(files, "data");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::corruption);
  }
  ASSERT_TRUE(write_file(files, announcement_path("data"), std::string(100'000, ' ')));
  EXPECT_EQ(read_announcement(files, "data").error().code, ErrorCode::too_large);
}

TEST(ProcessExists, TellsThisOneFromNone) {
  EXPECT_TRUE(process_exists(::getpid()));
  EXPECT_FALSE(process_exists(0));
  EXPECT_FALSE(process_exists(-1));
}

}  // namespace
}  // namespace dyad::server
