// SPDX-License-Identifier: BSD-2-Clause
#include "tracer/guest_control.h"

#include <algorithm>
#include <charconv>

namespace shmpath {
namespace {

constexpr std::size_t longest_line = 8192;
constexpr std::uint64_t any = UINT64_MAX, most_status = 255, most_signal = 64, most_cells = 65535;

struct Form {
  GuestWord word;
  std::string_view name;
  std::vector<std::uint64_t> most;  // the largest value of each number
};

const Form& form_of(GuestWord word) {
  static const Form forms[] = {
      {GuestWord::hello, "hello", {any}},
      {GuestWord::exit, "exit", {most_status, most_signal, any, any, any, any}},
      {GuestWord::failed, "failed", {most_status}},
      {GuestWord::heard, "heard", {most_signal}},
      {GuestWord::signal, "signal", {most_signal}},
      {GuestWord::window, "window", {most_cells, most_cells}},
      {GuestWord::input_end, "input-end", {any}},
      {GuestWord::unread, "unread", {2}},
  };
  return forms[static_cast<std::size_t>(word)];
}

std::optional<GuestWord> word_named(std::string_view name) {
  for (GuestWord word :
       {GuestWord::hello, GuestWord::exit, GuestWord::failed, GuestWord::heard, GuestWord::signal,
        GuestWord::window, GuestWord::input_end, GuestWord::unread})
    if (form_of(word).name == name) return word;
  return std::nullopt;
}

// Takes the text up to the next space, and the space.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::optional<std::uint64_t> number_of(std::string_view word, std::uint64_t most) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (word.empty() || error != std::errc{} || end != word.data() + word.size() || value > most)
    return std::nullopt;
  return value;
}

}  // namespace

std::string encode_message(const GuestMessage& message) {
  std::string line(form_of(message.word).name);
  for (std::uint64_t number : message.numbers) line += ' ' + std::to_string(number);
  if (!message.text.empty()) line += ' ' + message.text.substr(0, longest_line / 2);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line + '\n';
}

std::optional<GuestMessage> decode_message(std::string_view line) {
  const auto word = word_named(take_word(line));
  if (!word) return std::nullopt;
  GuestMessage message{*word, {}};
  for (std::uint64_t most : form_of(*word).most) {
    const auto number = number_of(take_word(line), most);
    if (!number) return std::nullopt;
    message.numbers.push_back(*number);
  }
  if (*word == GuestWord::failed)
    message.text = line;
  else if (!line.empty())
    return std::nullopt;
  return message;
}

std::optional<std::string> LineReader::next() {
  for (;;) {
    const std::size_t end = held_.find('\n');
    if (end == std::string::npos) {
      if (held_.size() > longest_line) {
        held_.clear();
        dropping_ = true;
      }
      return std::nullopt;
    }
    std::string line = held_.substr(0, end);
    held_.erase(0, end + 1);
    const bool whole = !dropping_ && line.size() <= longest_line;
    dropping_ = false;
    if (whole) return line;
  }
}

}  // namespace shmpath
