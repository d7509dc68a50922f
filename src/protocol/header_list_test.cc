#include "protocol/header_list.h"

#include <gtest/gtest.h>

namespace dyad::protocol {
namespace {

using Entries = std::vector<std::string>;

TEST(HeaderList, EntriesAreSeparatedByCommas) {
  EXPECT_EQ(split_header_list("", false), Entries());
  EXPECT_EQ(split_header_list(" a ,b,\tc ", false), (Entries{"a", "b", "c"}));
  EXPECT_EQ(split_header_list("\"a,b\", \"say \\\"hi\\\"\"", false),
            (Entries{"a,b", "say \"hi\""}));
  EXPECT_EQ(split_header_list("\"without an end", false), (Entries{"without an end"}));
  EXPECT_EQ(split_header_list("Mon, 16 Dec 2019 23:48:18 GMT, Tue, 17 Dec 2019 23:48:18 GMT", true),
            (Entries{"Mon, 16 Dec 2019 23:48:18 GMT", "Tue, 17 Dec 2019 23:48:18 GMT"}));
}

TEST(HeaderList, EntriesAreQuotedWhereTheyMustBe) {
  std::string list;
  for (const char* entry : {"plain", "a,b", "say \"hi\"", "back\\slash"})
    append_header_entry(list, entry);
  EXPECT_EQ(list, "plain, \"a,b\", \"say \\\"hi\\\"\", back\\slash");
  EXPECT_EQ(split_header_list(list, false), (Entries{"plain", "a,b", "say \"hi\"", "back\\slash"}));
}

}  // namespace
}  // namespace dyad::protocol
