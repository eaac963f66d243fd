// SPDX-License-Identifier: MIT
// What a program's command line is, as data: the one source of its help, its manual page and its
// completion. Read from CLI11, so that none of them can differ from what the program parses.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace procmark::manual {

struct OptionText {
  std::vector<std::string> names;  // "-h", "--help"; of a positional: "RUN"
  bool positional = false;
  bool required = false;
  bool repeats = false;              // may be given more than once
  std::string value;                 // the word for its value, "FILE"; "" for a flag
  std::vector<std::string> choices;  // the values that it allows; empty: any
  std::string range;                 // "1 to 10000"; "" when it has none
  std::string sentence;
};

struct CommandText {
  std::string name;
  std::string sentence;
  std::vector<OptionText> options;    // positionals first
  std::vector<CommandText> commands;  // of a program that has some
  std::vector<std::string> examples;  // shell lines
  bool passes_on = false;             // hands its words to a program of its own
};

// A part of the manual beside the commands: a list of terms, each with its text.
struct Entry {
  std::string term;
  std::string text;
};
struct Section {
  std::string title;  // "Exit codes"
  std::vector<Entry> entries;
};

// Describes `app` and its commands. Hidden ones, whose group is "", are left out.
CommandText Describe(const CLI::App& app);

// Gives a command its examples: each a comment and the words after the program's name.
struct Example {
  std::string comment;
  std::string words;
};
void SetExamples(CLI::App& command, const std::string& program,
                 const std::vector<Example>& examples);

}  // namespace procmark::manual
