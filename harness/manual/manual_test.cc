// SPDX-License-Identifier: MIT
// The help, the manual page and the completion of one small program.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "harness/manual/completion.h"
#include "harness/manual/description.h"
#include "harness/manual/help.h"
#include "harness/manual/man_page.h"
#include "harness/manual/manual_command.h"

namespace procmark::manual {
namespace {

// A program with one of each kind of option and command.
class Program {
 public:
  Program() : app("Do things well", "tool") {
    app.require_subcommand(1);
    app.set_help_flag("-h,--help", "Print this help.");
    UseHelp(app, {{"Exit codes", {{"0", "All went well."}}}});
    app.add_option("--results", folder_, "Keep results here.")->type_name("FOLDER");
    CLI::App& run = *app.add_subcommand("run", "Run it. A second sentence, for the page alone.");
    run.add_option("THING", thing_, "What to run.")->required();
    run.add_option("--kind", kind_, "How to run it.")
        ->check(CLI::IsMember({"fast", "slow"}))
        ->type_name("KIND");
    run.add_option("--turns", turns_, "How often.")->check(CLI::Range(1, 9))->type_name("N");
    run.add_option("--cell", cells_, "Where.")->type_name("CELL");
    run.add_option("--secret", secret_, "Not for users.")->group("");
    run.add_flag("!--no-tests", tests_, "Leave the tests out.");
    SetExamples(run, "tool", {{"A \\ and a '^' \u2026", "run x --kind fast"}});
    app.add_subcommand("other", "Pass words on.")->prefix_command();
    app.add_subcommand("hidden", "Not for users.")->group("");
  }
  CLI::App app;

 private:
  std::string folder_;
  std::string thing_;
  std::string kind_;
  std::string secret_;
  int turns_ = 0;
  bool tests_ = true;
  std::vector<std::string> cells_;
};

std::string HelpOf(const std::string& command_line) {
  Program program;
  try {
    program.app.parse(command_line);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    program.app.exit(error, out, err);
    return out.str();
  }
  return "";
}

TEST(Help, OfTheProgramHasFirstSentencesAndSections) {
  EXPECT_EQ(HelpOf("--help"), R"(Do things well

Usage: tool [OPTIONS] COMMAND

Commands:
  run                     Run it.
  other                   Pass words on.

Options:
  -h, --help              Print this help.
  --results FOLDER        Keep results here.

Exit codes:
  0                       All went well.
)");
}

TEST(Help, OfACommandSaysWhatValuesAreAllowed) {
  EXPECT_EQ(HelpOf("run --help"), R"(Run it. A second sentence, for the page alone.

Usage: tool run [OPTIONS] THING

Arguments:
  THING                   What to run.

Options:
  -h, --help              Print this help.
  --kind KIND             How to run it. One of fast, slow.
  --turns N               How often. From 1 to 9.
  --cell CELL             Where. May be repeated.
  --no-tests              Leave the tests out.

Examples:
  # A \ and a '^' …
  tool run x --kind fast
)");
}

TEST(Help, IsAtMostEightyColumnsWide) {
  const std::string long_text = "word " + std::string(30, 'a') + " " + std::string(30, 'b') +
                                " more words that do not fit into one line of the terminal";
  CommandText command{"c", long_text, {}, {}, {}, false};
  command.options.push_back({{"--option"}, false, false, false, "VALUE", {}, "", long_text});
  const std::string help = RenderHelp(command, "tool c", {});
  for (size_t at = 0, end = 0; (end = help.find('\n', at)) != std::string::npos; at = end + 1) {
    EXPECT_LE(end - at, 80U) << help.substr(at, end - at);
  }
}

TEST(DescribeError, NamesTheCommandWhoseHelpTells) {
  const auto error_of = [](const std::string& command_line) {
    Program program;
    try {
      program.app.parse(command_line);
    } catch (const CLI::ParseError& error) {
      return DescribeError(program.app, error.what());
    }
    return std::string();
  };
  EXPECT_EQ(error_of("run"), "THING is required; tool run --help lists the options");
  EXPECT_EQ(error_of("dig"), "there is no command 'dig'; tool --help lists the commands");
  EXPECT_EQ(error_of(""), "a command is required; tool --help lists the commands");
}

TEST(ManPage, HoldsEveryCommandAndOptionAndNoHiddenOne) {
  const Program program;
  const std::string page = RenderManual("man", program.app, "tool", {}, {});
  for (const char* line : {".TH \"TOOL\" 1 ", "tool \\- Do things well", ".SS \"run\"",
                           ".SS \"other\"", ".B \\-\\-kind KIND", ".B THING", ".B \\-\\-no\\-tests",
                           ".B tool other [OPTIONS] COMMAND...", "Run it. A second sentence"}) {
    EXPECT_NE(page.find(line), std::string::npos) << line << "\n" << page;
  }
  EXPECT_EQ(page.find("secret"), std::string::npos);
  EXPECT_EQ(page.find("hidden"), std::string::npos);
}

TEST(ManPage, TextIsNeverACommandOfRoff) {
  const Program program;
  const std::string page =
      RenderManual("man", program.app, "tool", {{"Notes", {{".so x", "'ft \\fB ~ - \u2014"}}}}, {});
  EXPECT_NE(page.find("# A \\e and a \\(aq\\(ha\\(aq \\[u2026]\n"), std::string::npos) << page;
  EXPECT_NE(page.find(".B \\&.so x\n\\(aqft \\efB \\(ti \\- \\[u2014]\n"), std::string::npos)
      << page;
}

TEST(Completion, HoldsOptionsValuesAndTheOtherProgramsFunction) {
  const Program program;
  const std::string script =
      RenderManual("completion", program.app, "tool", {}, {{"CELL", "list-cells"}});
  for (const char* part :
       {"_tool() {", "--kind:*) _procmark_words \"fast slow\" ;;", "_procmark_paths -d",
        "--cell:*) _procmark_words \"$(list-cells)\" ;;", "other) _tool_other $((i + 1)); return",
        "complete -F _complete_tool tool"}) {
    EXPECT_NE(script.find(part), std::string::npos) << part << "\n" << script;
  }
  EXPECT_EQ(script.find("secret"), std::string::npos);
  EXPECT_EQ(RenderManual("completion", program.app, "tool x", {}, {}).find("complete -F"),
            std::string::npos);
}

}  // namespace
}  // namespace procmark::manual
