#include "test/golden/contents.h"

#include "base/bytes.h"
#include "base/check.h"
#include "services/dynamodb/table_settings.h"
#include "services/s3/bucket_properties.h"
#include "services/s3/bucket_table.h"
#include "test/golden/maker.h"

namespace dyad::proof {
namespace {

using table::IndexDescriptor;
using table::Projection;

const std::string kArchive = "golden-archive";
const std::string kGoneBucket = "golden-gone";
const std::string kUploads = "golden-uploads";

table::TableSpec people() {
  table::TableSpec spec;
  spec.name = "people";
  spec.keys.hash = key_attribute("id S");
  spec.keys.range = key_attribute("born N");
  spec.indexes.push_back(
      index_of("by-city", IndexDescriptor::Kind::global, "city S", "name S", Projection()));
  spec.indexes.push_back(index_of("by-badge", IndexDescriptor::Kind::global, "badge B", "",
                                  {Projection::Kind::keys_only, {}}));
  spec.indexes.push_back(index_of("by-height", IndexDescriptor::Kind::global, "height N", "badge B",
                                  {Projection::Kind::include, {"name"}}));
  spec.indexes.push_back(index_of("by-name", IndexDescriptor::Kind::local, "id S", "name S",
                                  {Projection::Kind::include, {"city"}}));
  spec.indexes.push_back(index_of("by-height-here", IndexDescriptor::Kind::local, "id S",
                                  "height N", {Projection::Kind::keys_only, {}}));
  spec.log_images = table::LogImages::new_and_old;
  dynamodb::TableSettings settings;
  settings.deletion_protection = true;
  settings.tags.emplace_back("team", "golden");
  settings.attribute_order = {"id", "born", "city", "name", "badge", "height"};
  settings.indexes.emplace_back().name = "by-city";
  spec.properties = dynamodb::encode_settings(settings);
  return spec;
}

table::TableSpec plain(std::string name, std::string_view hash, std::string_view range,
                       table::LogImages images) {
  table::TableSpec spec;
  spec.name = std::move(name);
  spec.keys.hash = key_attribute(hash);
  if (!range.empty()) spec.keys.range = key_attribute(range);
  spec.log_images = images;
  return spec;
}

table::TableSpec bucket(const std::string& name) {
  table::TableSpec spec = s3::bucket_table_spec(name);
  spec.indexes.push_back(index_of("by-author", IndexDescriptor::Kind::global, "x-amz-meta-author S",
                                  "key S", Projection()));
  spec.log_images = table::LogImages::new_and_old;
  s3::BucketProperties properties;
  properties.region = "eu-central-1";
  properties.owner_account = "000000000000";
  spec.properties = s3::encode_bucket_properties(properties);
  return spec;
}

/// With all that settings can say.
table::TableSpec bucket_of_uploads() {
  table::TableSpec spec = s3::bucket_table_spec(kUploads);
  s3::BucketProperties properties;
  properties.region = "eu-west-1";
  properties.owner_account = "000000000000";
  properties.location_constraint = "EU";
  properties.tags.emplace_back("team", "golden");
  properties.tags.emplace_back("empty", "");
  s3::CorsRule rule;
  rule.id = "pages";
  rule.allowed_methods = {"GET", "PUT"};
  rule.allowed_origins = {"https://*.example.com"};
  rule.allowed_headers = {"x-amz-*"};
  rule.expose_headers = {"ETag"};
  rule.max_age_seconds = 600;
  properties.cors.push_back(std::move(rule));
  s3::CorsRule bare;
  bare.allowed_methods = {"HEAD"};
  bare.allowed_origins = {"*"};
  properties.cors.push_back(std::move(bare));
  spec.properties = s3::encode_bucket_properties(properties);
  return spec;
}

/// Settings as UpdateTable leaves them.
table::TableSpec updated() {
  table::TableSpec spec;
  spec.name = "updated";
  spec.keys.hash = key_attribute("id S");
  dynamodb::TableSettings settings;
  settings.pay_per_request = false;
  settings.provisioned = {5, 6};
  settings.attribute_order = {"id"};
  settings.table_class = "STANDARD_INFREQUENT_ACCESS";
  settings.on_demand_since_ms = 1'700'000'000'001;
  settings.raised_ms = 1'700'000'000'002;
  settings.lowered_ms = 1'700'000'000'003;
  settings.lowered_times = 4;
  settings.class_changed_ms = 1'700'000'000'005;
  spec.properties = dynamodb::encode_settings(settings);
  return spec;
}

std::string person(std::string_view id, std::string_view born, std::string_view rest) {
  return "{\"id\":{\"S\":\"" + std::string(id) + "\"},\"born\":{\"N\":\"" + std::string(born) +
         "\"}" + std::string(rest) + "}";
}

/// Text that compresses and still says where it is from.
std::string body_of(const std::string& name, std::size_t size_bytes) {
  std::string body;
  for (int line = 1; body.size() < size_bytes; ++line)
    body += name + ", line " + std::to_string(line) + "\n";
  body.resize(size_bytes);
  return body;
}

std::string nested_lists(int levels) {
  std::string json = R"({"S":"the bottom"})";
  for (int i = 1; i < levels; ++i) json = R"({"L":[)" + json + "]}";
  return json;
}

/// One item a type, and the edges of each.
std::vector<std::string> every_type() {
  std::string wide = R"({"id":{"S":"a container of more than 65,535 bytes"},"wide":{"L":[)";
  for (int i = 0; i < 14; ++i)
    wide +=
        (i == 0 ? "" : ",") + (R"({"S":")" + std::string(5000, static_cast<char>('a' + i)) + "\"}");
  wide += "]}}";
  return {
      R"({"id":{"S":"S"},"empty":{"S":""},"text":{"S":"Zo\u00eb \u2013 \u6f22\u5b57 \ud83d\ude00"},"nul":{"S":"a\u0000b"}})",
      R"({"id":{"S":"N"},"zero":{"N":"0"},"one":{"N":"1"},"minus":{"N":"-1"},"example":{"N":"123.45"},)"
      R"("digits":{"N":"12345678901234567890123456789012345678"},"least":{"N":"1E-130"},)"
      R"("most":{"N":"9.9999999999999999999999999999999999999E+125"},"lowest":{"N":"-9.9999999999999999999999999999999999999E+125"}})",
      R"({"id":{"S":"B"},"empty":{"B":""},"bytes":{"B":"AAEC//79"}})",
      R"({"id":{"S":"BOOL and NULL"},"yes":{"BOOL":true},"no":{"BOOL":false},"nothing":{"NULL":true}})",
      R"({"id":{"S":"L"},"empty":{"L":[]},"mixed":{"L":[{"S":"a"},{"N":"2"},{"B":"Aw=="},{"BOOL":false},{"NULL":true},{"L":[{"S":"inner"}]},{"M":{}}]}})",
      R"({"id":{"S":"M"},"empty":{"M":{}},"map":{"M":{"b":{"S":"x"},"a":{"N":"7"},"inner":{"M":{"list":{"L":[{"SS":["x","y"]}]}}}}}})",
      R"({"id":{"S":"sets"},"ss":{"SS":["c","a","b"]},"ns":{"NS":["3","-1","2.5","0"]},"bs":{"BS":["/w==","AA=="]}})",
      R"({"id":{"S":"level 32"},"deep":)" + nested_lists(32) + "}",
      wide,
  };
}

Result<> put_people(Maker& maker) {
  const std::vector<std::string> all = {
      person(
          "ada", "1815.9",
          R"(,"name":{"S":"Ada Lovelace"},"city":{"S":"London"},"badge":{"B":"AAE="},"height":{"N":"1.65"})"),
      person("ada", "-7", R"(,"name":{"S":"an older Ada"},"city":{"S":"Rome"})"),
      person(
          "alan", "1912",
          R"(,"name":{"S":"Alan Turing"},"city":{"S":"London"},"height":{"N":"1.8"},"badge":{"B":"AAH/"})"),
      person(
          "grace", "1906",
          R"(,"name":{"S":"Grace Hopper"},"city":{"S":"New York"},"badge":{"B":"/w=="},"height":{"N":"1.5E+0"})"),
      person("edsger", "1930", R"(,"name":{"S":"Edsger Dijkstra"})"),
      person(R"(nul\u0000inside)", "1E-5", R"(,"name":{"S":"\u0000"},"city":{"S":"\u0000\u0001"})"),
      person("gone", "0",
             R"(,"name":{"S":"to be erased"},"city":{"S":"London"},"badge":{"B":"AAI="})"),
  };
  for (const std::string& json : all) DYAD_TRY(maker.put("people", item_of(json)));
  return {};
}

/// Fills several segments, which nothing but a few other entries keeps.
Result<> put_readings(Maker& maker) {
  for (int i = 0; i < 48; ++i) {
    const std::string at =
        to_base64("at " + std::string(1, static_cast<char>(i / 4)) + std::string(i % 4, '\xff'));
    const std::string filler(1500, static_cast<char>('a' + i % 26));
    DYAD_TRY(maker.put(
        "readings", item_of(R"({"sensor":{"N":")" + std::to_string(i % 3 - 1) +
                            R"("},"at":{"B":")" + at + R"("},"value":{"N":")" + std::to_string(i) +
                            R"(.5"},"filler":{"S":")" + filler + "\"}}")));
  }
  return {};
}

Result<> put_objects(Maker& maker) {
  DYAD_TRY(maker.put_object(kArchive, {"empty", "", {}, {}}));
  DYAD_TRY(maker.put_object(
      kArchive, {"inline/short.txt", "short\n", {{"author", "ada"}}, {{"project", "golden"}}}));
  DYAD_TRY(maker.put_object(kArchive, {"blob/one-frame.txt",
                                       body_of("one frame", 5000),
                                       {{"author", "grace"}, {"mood", "calm"}},
                                       {{"project", "golden"}, {"empty", ""}}}));
  DYAD_TRY(maker.put_object(
      kArchive, {"blob/two-frames.txt", body_of("two frames", 140'000), {{"author", "ada"}}, {}}));
  DYAD_TRY(maker.put_object(
      kArchive,
      {"blob/full-frame.txt", body_of("one full frame", blob::kFramePayloadBytes), {}, {}}));
  DYAD_TRY(maker.put_object(
      kArchive, {"replaced", body_of("replaced, first", 3000), {{"author", "alan"}}, {}}));
  DYAD_TRY(maker.put_object(kArchive, {"erased", body_of("erased", 2000), {}, {}}));
  return maker.put_object(kArchive, {"\xc3\xbc"
                                     "ber/\xe6\xbc\xa2\xe5\xad\x97",
                                     "a key beyond ASCII",
                                     {},
                                     {}});
}

/// Uploads completed, aborted and under way, and an index of which a few rows are there.
Result<> begin_uploads(Maker& maker) {
  DYAD_TRY(maker.create(bucket_of_uploads()));
  DYAD_TRY(maker.create(updated()));
  DYAD_TRY(maker.upload_parts(kUploads, "parts/whole.txt",
                              {body_of("part one", 1500), body_of("part two", 140'000), "end\n"}));
  DYAD_TRY(maker.complete(kUploads, "parts/whole.txt"));
  DYAD_TRY(maker.upload_parts(kUploads, "parts/replaced.txt", {body_of("to be replaced", 800)}));
  DYAD_TRY(maker.complete(kUploads, "parts/replaced.txt"));
  DYAD_TRY(maker.upload_parts(kUploads, "parts/aborted.txt", {body_of("to be aborted", 700)}));
  DYAD_TRY(maker.abort(kUploads, "parts/aborted.txt"));
  DYAD_TRY(maker.upload_parts(kUploads, "parts/under-way.txt",
                              {body_of("first", 600), body_of("second", 500)}));
  DYAD_TRY(maker.upload_part(kUploads, "parts/under-way.txt", 2, body_of("second again", 900)));
  DYAD_TRY(maker.upload_parts(kUploads, "parts/begun.txt", {}));
  DYAD_TRY(maker.add_index("readings", index_of("by-value", IndexDescriptor::Kind::global,
                                                "value N", "", {Projection::Kind::keys_only, {}})));
  return maker.build_indexes(7);
}

Result<> go_on_with_uploads(Maker& maker) {
  DYAD_TRY(maker.put_object(kUploads, {"parts/replaced.txt", "in one piece\n", {}, {}}));
  DYAD_TRY(maker.upload_part(kUploads, "parts/under-way.txt", 4, body_of("fourth", 400)));
  DYAD_TRY(maker.split("s3." + kUploads,
                       item_of(R"({"bucket":{"S":"golden-uploads"},"key":{"S":"parts/t"}})"),
                       false));
  return maker.build_indexes(5);
}

Result<> go_on_late(Maker& maker) {
  DYAD_TRY(maker.upload_part(kUploads, "parts/under-way.txt", 1, body_of("first again", 650)));
  DYAD_TRY(maker.upload_parts(kUploads, "parts/late.txt", {body_of("late", 300)}));
  DYAD_TRY(maker.complete(kUploads, "parts/late.txt"));
  return maker.build_indexes(3);
}

}  // namespace

Result<> write_early(GoldenData& data) {
  Maker maker(data);
  DYAD_TRY(maker.create(people()));
  DYAD_TRY(maker.create(plain("readings", "sensor N", "at B", table::LogImages::keys_only)));
  DYAD_TRY(maker.create(plain("every-type", "id S", "", table::LogImages::new_image)));
  DYAD_TRY(maker.create(plain("by-digest", "digest B", "", table::LogImages::keys_only)));
  DYAD_TRY(maker.create(plain("gone", "id S", "", table::LogImages::keys_only)));
  DYAD_TRY(maker.create(bucket(kArchive)));
  DYAD_TRY(maker.create(bucket(kGoneBucket)));
  DYAD_TRY(put_people(maker));
  DYAD_TRY(maker.set_cursors("people", "reader"));
  for (const std::string& json : every_type()) DYAD_TRY(maker.put("every-type", item_of(json)));
  DYAD_TRY(maker.put("by-digest", item_of(R"({"digest":{"B":"AA=="},"n":{"N":"1"}})")));
  DYAD_TRY(maker.put("by-digest", item_of(R"({"digest":{"B":"/wAB"},"n":{"N":"2"}})")));
  DYAD_TRY(maker.put("gone", item_of(R"({"id":{"S":"gone with its table"}})")));
  DYAD_TRY(put_objects(maker));
  DYAD_TRY(maker.put_object(kGoneBucket, {"first", body_of("gone", 1500), {}, {}}));
  DYAD_TRY(put_readings(maker));
  return begin_uploads(maker);
}

Result<> write_middle(GoldenData& data) {
  Maker maker(data);
  DYAD_TRY(maker.put(
      "people",
      item_of(person(
          "grace", "1906",
          R"(,"name":{"S":"Rear Admiral Hopper"},"city":{"S":"Arlington"},"height":{"N":"1.5"})"))));
  DYAD_TRY(maker.erase("people", item_of(person("gone", "0", ""))));
  DYAD_TRY(maker.split("people", item_of(person("grace", "1906", "")), true));
  DYAD_TRY(maker.put("people",
                     item_of(person("barbara", "1939",
                                    R"(,"name":{"S":"Barbara Liskov"},"city":{"S":"London"})"))));
  DYAD_TRY(
      maker.split("readings", item_of(R"({"sensor":{"N":"0"},"at":{"B":"YXQgBQ=="}})"), false));
  DYAD_TRY(maker.put(
      "readings", item_of(R"({"sensor":{"N":"0"},"at":{"B":"YXQgBQ=="},"value":{"N":"-0.001"}})")));
  DYAD_TRY(maker.put_object(
      kArchive, {"replaced", body_of("replaced, second", 2500), {{"author", "ada"}}, {}}));
  DYAD_TRY(maker.erase_object(kArchive, "erased"));
  DYAD_TRY(maker.split("s3." + kArchive,
                       item_of(R"({"bucket":{"S":"golden-archive"},"key":{"S":"inline/"}})"),
                       false));
  DYAD_TRY(maker.set_cursors("s3." + kArchive, "thumbnails"));
  DYAD_TRY(maker.put_object(kArchive, {"inline/later.txt", "later\n", {{"author", "grace"}}, {}}));
  DYAD_TRY(maker.erase_object(kGoneBucket, "first"));
  DYAD_TRY(maker.drop("s3." + kGoneBucket));
  DYAD_TRY(maker.drop("gone"));
  DYAD_TRY(maker.trim_logs("readings"));
  DYAD_TRY(maker.trim_logs("every-type"));
  DYAD_TRY(maker.trim_logs("by-digest"));
  return go_on_with_uploads(maker);
}

Result<> write_late(GoldenData& data) {
  Maker maker(data);
  DYAD_TRY(maker.put(
      "people",
      item_of(person(
          "donald", "1938",
          R"(,"name":{"S":"only the log knows me"},"city":{"S":"Stanford"},"badge":{"B":"BQ=="},"height":{"N":"1.9"})"))));
  DYAD_TRY(maker.put("people",
                     item_of(person("ada", "1815.9",
                                    R"(,"name":{"S":"Augusta Ada King"},"city":{"S":"Ockham"})"))));
  DYAD_TRY(maker.erase("people", item_of(person("edsger", "1930", ""))));
  DYAD_TRY(maker.create(plain("late", "id S", "", table::LogImages::new_and_old)));
  DYAD_TRY(maker.put("late", item_of(R"({"id":{"S":"a row of a table only the log knows"}})")));
  DYAD_TRY(maker.drop("by-digest"));
  DYAD_TRY(maker.split("every-type", item_of(R"({"id":{"S":"M"}})"), true));
  DYAD_TRY(maker.put_object(kArchive,
                            {"blob/late.txt", body_of("late", 4000), {{"author", "ada"}}, {}}));
  DYAD_TRY(maker.erase_object(kArchive, "blob/one-frame.txt"));
  DYAD_TRY(maker.put_object(kArchive, {"inline/short.txt", "longer\n", {}, {{"project", "late"}}}));
  DYAD_TRY(maker.leave_pending(kArchive, {"never-named", body_of("pending", 6000), {}, {}}));
  DYAD_TRY(go_on_late(maker));
  return maker.set_cursors("people", "late-reader");
}

}  // namespace dyad::proof
