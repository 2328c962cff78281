// SPDX-License-Identifier: BSD-2-Clause
#include "classroom/judge_wire.h"

#include "tests/catch.h"
#include "tracer/failure.h"

using namespace shmpath;

namespace {

const JudgeJob job{.files = {{"a.cpp", std::string("int\0main", 8)}, {"Makefile", ""}},
                   .programs = {"writer"},
                   .runs = {{"first", "writer", {"nonce", "x y"}, true}, {"second", "writer", {}}},
                   .needs = {"root"},
                   .seconds = 7,
                   .view = "syscalls"};

JudgeReport a_report() {
  return {
      .end = JudgeEnd::run_too_long,
      .said = "a warning\n",
      .trace = std::string("\x28\xb5\x2f\xfd\n\0", 6),
      .facts = {{{"first", "out\n"}, {"second", ""}}, {{"segment", "12"}, {"file", "/dev/shm/x"}}},
      .slowness = 2.5,
      .build_s = 1.5,
      .run_s = 0.25,
      .ahead = true};
}

WireMessage only_message(const std::string& bytes) {
  WireReader reader;
  reader.add(bytes);
  auto message = reader.next();
  REQUIRE(message);
  CHECK_FALSE(reader.next());
  return *message;
}

// A report with that head, and as many blobs as it announces, of a byte each.
std::string forged(const std::string& head) { return head + "\n"; }

JudgeReport read_forged(const std::string& head, const std::string& blobs = "") {
  WireReader reader;
  reader.add(forged(head) + blobs);
  const auto message = reader.next();
  if (!message) throw Failure("the message", "it is not there", "");
  return decode_report(*message, job);
}

constexpr const char* good =
    R"({"type":"report","end":"ran","runs":["first"],"left":[],"slowness":1,"build_s":0,"run_s":0,"ahead":0,)"
    R"("blobs":[1,1,1]})";

std::string changed(const std::string& from, const std::string& to) {
  std::string head = good;
  const std::size_t at = head.find(from);
  REQUIRE(at != std::string::npos);
  return head.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("A job and a report come through as they were, byte by byte") {
  WireReader reader;
  const std::string bytes = encode_job(job) + encode_report(a_report());
  std::vector<WireMessage> messages;
  for (const char byte : bytes) {
    reader.add({&byte, 1});
    if (auto message = reader.next()) messages.push_back(std::move(*message));
  }
  REQUIRE(messages.size() == 2);
  const JudgeJob read = decode_job(messages[0]);
  CHECK(read.files[0].bytes == job.files[0].bytes);
  CHECK(read.files[1].name == "Makefile");
  CHECK(read.programs == job.programs);
  REQUIRE(read.runs.size() == 2);
  CHECK(read.runs[0].name == "first");
  CHECK(read.runs[0].args == job.runs[0].args);
  CHECK(read.runs[0].beside);
  CHECK_FALSE(read.runs[1].beside);
  CHECK(read.needs == job.needs);
  CHECK(read.seconds == 7);
  CHECK(read.view == "syscalls");
  const JudgeReport report = decode_report(messages[1], job);
  CHECK(report.end == JudgeEnd::run_too_long);
  CHECK(report.said == "a warning\n");
  CHECK(report.trace == a_report().trace);
  CHECK(report.facts.output == a_report().facts.output);
  REQUIRE(report.facts.left.size() == 2);
  CHECK(report.facts.left[0].name == "12");
  CHECK(report.slowness == 2.5);
  CHECK(report.run_s == 0.25);
  CHECK(report.ahead);
}

TEST_CASE("A hello says how slow the judge's machine is, within bounds") {
  CHECK(decode_hello(only_message(encode_hello(3))) == 3);
  CHECK_THROWS_AS(decode_hello(only_message(encode_hello(0.5))), Failure);
  CHECK_THROWS_AS(decode_hello(only_message(encode_hello(51))), Failure);
  CHECK_THROWS_AS(decode_hello(only_message(encode_report(a_report()))), Failure);
}

TEST_CASE("Nothing of a report is believed that is out of bounds") {
  CHECK(read_forged(good, "stO").facts.output.at("first") == "O");
  const std::pair<const char*, const char*> lies[] = {
      {"\"ran\"", "\"perfect\""},
      {"\"ran\"", "7"},
      {"\"report\"", "\"job\""},
      {"[\"first\"]", "[\"third\"]"},
      {"[\"first\"]", "[\"first\",\"second\"]"},
      {"\"left\":[]", "\"left\":{}"},
      {"\"left\":[]", "\"left\":[{\"kind\":\"planet\",\"name\":\"x\"}]"},
      {"\"left\":[]", "\"left\":[{\"kind\":\"file\"}]"},
      {"\"slowness\":1", "\"slowness\":1e300"},
      {"\"slowness\":1", "\"slowness\":-1"},
      {"\"slowness\":1", "\"slowness\":null"},
      {"\"build_s\":0", "\"build_s\":-1"},
      {"\"run_s\":0", "\"run_s\":1e9"},
      {"\"left\":[]", "\"left\":[[[[[[[[1]]]]]]]]"},
  };
  for (const auto& [from, to] : lies) {
    CAPTURE(from, to);
    CHECK_THROWS_AS(read_forged(changed(from, to), "stO"), Failure);
  }
}

TEST_CASE("Lengths of a message are bounded before anything is kept for them") {
  const char* lengths[] = {
      "[-1,1,1]",       "[1.5,1,1]", "[\"1\",1,1]", "[167772161,0,0]", "[18446744073709551615,1,1]",
      "[167772160,1,0]"};
  for (const char* length : lengths) {
    CAPTURE(length);
    CHECK_THROWS_AS(read_forged(changed("[1,1,1]", length), "stO"), Failure);
  }
  WireReader endless;
  endless.add(std::string(most_line_bytes + 1, ' '));
  CHECK_THROWS_AS(endless.next(), Failure);
  std::string many = "[0";
  for (int i = 0; i < 300; i++) many += ",0";
  CHECK_THROWS_AS(read_forged(changed("[1,1,1]", many + "]")), Failure);
  const std::string loud = changed("[1,1,1]", "[0,0,1048577]");
  CHECK_THROWS_AS(read_forged(loud, std::string(1048577, 'x')), Failure);
}

TEST_CASE("What is no JSON object is no message, however deep it is") {
  CHECK_THROWS_AS(read_forged(std::string(100'000, '[')), Failure);
  CHECK_THROWS_AS(read_forged("[]"), Failure);
  CHECK_THROWS_AS(read_forged("\xff\xfe"), Failure);
  CHECK_THROWS_AS(read_forged("{}"), Failure);
}

TEST_CASE("A job's files and programs lie in no other folder") {
  JudgeJob bad = job;
  bad.files[0].name = "../a.cpp";
  CHECK_THROWS_AS(decode_job(only_message(encode_job(bad))), Failure);
  bad = job;
  bad.runs[0].program = "/bin/sh";
  CHECK_THROWS_AS(decode_job(only_message(encode_job(bad))), Failure);
}

TEST_CASE("A compiler's words keep their lines, lose what moves a cursor, and are cut") {
  CHECK(printable("a\nb\x1b[31m\n", 100) == "a\nb\\x1b[31m\n");
  CHECK(printable("", 100).empty());
  const std::string cut = printable(std::string(1000, '\n'), 100);
  CHECK(cut.size() <= 100);
  CHECK(cut.ends_with("...\n"));
}
