// SPDX-License-Identifier: MIT
// Documentation names nothing that is gone: files, links, commands, options and tests.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <sstream>

#include "lint/allowed.h"
#include "lint/markdown.h"
#include "lint/project_names.h"
#include "lint/prose.h"
#include "lint/source_tree.h"

namespace procmark::lint {
namespace {

using Found = std::vector<Offence>;

// A page that people write. The changelog names what is gone on purpose.
bool IsPage(const SourceFile& file) {
  return file.path.ends_with(".md") && file.Name() != "CHANGELOG.md" && !IsGenerated(file);
}

// The links of a page to files and headings of the project.
Found BrokenLinks(const SourceFile& page, const ProjectNames& names) {
  Found found;
  for (const MarkdownPart& link : LinksOf(page.text)) {
    if (link.text.find(':') != std::string::npos) continue;  // https:, mailto:
    const size_t hash = link.text.find('#');
    const std::string target = link.text.substr(0, hash);
    const std::string path = target.empty() ? page.path : names.Join(page.Folder(), target);
    if (!names.HasPath(path)) {
      found.push_back({page.path, link.line, "links to " + target + ", which is not there"});
    } else if (hash != std::string::npos && !names.HasAnchor(path, link.text.substr(hash + 1))) {
      found.push_back(
          {page.path, link.line, "links to the heading " + link.text + ", which is not there"});
    }
  }
  return found;
}

Found UnknownNames(const SourceFile& page, const ProjectNames& names) {
  Found found;
  for (const MarkdownPart& code : CodeOf(page.text)) {
    for (const std::string& what : names.UnknownIn(code.text, page.Folder())) {
      found.push_back({page.path, code.line, what});
    }
  }
  return found;
}

// Comments name files too.
Found UnknownFilesInComments(const SourceFile& file, const ProjectNames& names) {
  Found found;
  std::istringstream lines(CommentsOf(file));
  int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    for (const std::string& what : names.UnknownFilesIn(line, file.Folder())) {
      found.push_back({file.path, number, what});
    }
  }
  return found;
}

// A reader finds every page of docs/ from README.md.
Found UnlinkedPage(const SourceFile& file, const ProjectNames& names) {
  if (!file.path.starts_with("docs/") || names.IsLinkedFromReadme(file.path)) return {};
  return {{file.path, 0, "is not linked from README.md"}};
}

Found Offences(const SourceFile& file, const ProjectNames& names) {
  if (!IsPage(file)) return UnknownFilesInComments(file, names);
  Found found = BrokenLinks(file, names);
  for (Offence& offence : UnknownNames(file, names)) found.push_back(std::move(offence));
  for (Offence& offence : UnlinkedPage(file, names)) found.push_back(std::move(offence));
  return found;
}

TEST(Documentation, NamesNothingThatIsGone) {
  const ProjectNames names(ReadTree(ProjectRoot()));
  const std::string found = NotAllowed("documentation", OffencesOfTree([&](const SourceFile& file) {
                                         const bool is_canary = file.Folder() == "lint" &&
                                                                file.path.ends_with("_test.cc");
                                         return is_canary ? Found() : Offences(file, names);
                                       }));
  EXPECT_TRUE(found.empty()) << found;
}

// A small project for the canaries.
ProjectNames SmallProject() {
  return ProjectNames({
      {"README.md", "# One\n\n## Two words\n[a](docs/a.md), [b](docs/b.md#x)\n"},
      {"docs/a.md", "# A page\n"},
      {"bench/create/fork.cc", "#include \"x.h\"\n"},
      {"bench/create/x_faults.cc", ""},
      {"run.sh", "case $1 in\n  test)\n    echo --quick\n    ;;\nesac\n"},
      {"harness/cli/command_line.cc",
       "app.add_subcommand(\"compare\", \"…\"); app.add_subcommand(\n \"list\", \"…\");"
       " command.add_option(\"--axis\", x);"},
      {"conformance/tests/wait/wait_test.cc",
       "PROMISE(Wait, Once, {}) {}\nPROMISE(\n    Wait, Twice, {}) {}\n"},
      {"harness/sys/text_test.cc", "TEST(Text, Splits) {}\n"},
      {"harness/sys/CMakeLists.txt", "add_test(NAME conformance.list COMMAND x)\n"},
  });
}

size_t Count(const std::string& text, const std::string& path = "docs/b.md") {
  return Offences({path, text}, SmallProject()).size();
}

TEST(Documentation, ABrokenLinkIsFound) {
  EXPECT_EQ(Count("[a](a.md) [b](../bench/) [c](https://x/y) [d](#here)\n# Here\n", "docs/a.md"),
            1U)
      << "the heading is looked up in the project, whose docs/a.md has none of that name";
  EXPECT_EQ(Count("[a](a.md#a-page) [b](../README.md#two-words)\n"), 0U);
  EXPECT_EQ(Count("[a](b.md)\n"), 1U);
  EXPECT_EQ(Count("[a](a.md#gone)\n"), 1U);
  EXPECT_EQ(Count("`[a](gone.md)`\n"), 0U) << "code has no links";
}

TEST(Documentation, APageWithoutALinkIsFound) {
  EXPECT_EQ(Count("# A\n", "docs/b.md"), 0U);
  EXPECT_EQ(Count("# A\n", "docs/c.md"), 1U);
  EXPECT_EQ(Count("# A\n", "bench/README.md"), 0U);
}

TEST(Documentation, APathThatIsGoneIsFound) {
  EXPECT_EQ(Count("`bench/create/fork.cc` `fork.cc` `create/fork.cc` `bench/create/` `run.sh`\n"),
            0U);
  EXPECT_EQ(Count("`bench/create/gone.cc`\n"), 1U);
  EXPECT_EQ(Count("`gone.cc`\n"), 1U);
  EXPECT_EQ(Count("`bench/gone/`\n"), 1U);
  EXPECT_EQ(Count("`bench/gone`\n"), 1U);
  EXPECT_EQ(Count("`bench/{create,gone}/`\n"), 1U);
  EXPECT_EQ(Count("`*_faults.cc` `bench/*/fork.cc` `bench/AREA/fork.cc`\n"), 0U);
  EXPECT_EQ(Count("`*_gone.cc`\n"), 1U);
  EXPECT_EQ(Count("```\nvi bench/gone.cc\n```\n"), 1U);
  EXPECT_EQ(Count("`kernel/exit.c` `build/harness` `/proc/stat` `x_test.cc` `NAME.cc`\n"), 0U)
      << "the kernel's, generated, the machine's and placeholders";
}

TEST(Documentation, ACommandThatIsGoneIsFound) {
  EXPECT_EQ(Count("`./run.sh compare A B --axis x`, `./run.sh test`, `./run.sh COMMAND …`\n"), 0U);
  EXPECT_EQ(Count("`./run.sh images …`\n"), 1U);
  EXPECT_EQ(Count("```\n./run.sh list --gone=3   # --quick\n```\n"), 1U);
  EXPECT_EQ(Count("`--gone`\n"), 1U);
  EXPECT_EQ(Count("`--axis NAME=V`\n"), 0U);
  EXPECT_EQ(Count("```\nctest --test-dir build\n```\n"), 0U) << "another program's option";
}

TEST(Documentation, AFileThatIsGoneIsFoundInAComment) {
  EXPECT_EQ(Count("int x;  // see fork.cc and run.sh, or hw/arm/virt.c, linux/sched.h\n", "a.cc"),
            0U);
  EXPECT_EQ(Count("int x;  // see gone.cc.\n", "a.cc"), 1U);
  EXPECT_EQ(Count("f(\"gone.cc\");\n", "a.cc"), 0U);
  EXPECT_EQ(Count("# bench/gone.h has it\n", "a/CMakeLists.txt"), 1U);
}

TEST(Documentation, ATestThatIsGoneIsFound) {
  EXPECT_EQ(Count("`Wait.Once` `Wait.*` `Wait.T*` `Text.Splits` `Wait.Tw…` `Suite.Test`\n"), 0U);
  EXPECT_EQ(Count("`Wait.Thrice`\n"), 1U);
  EXPECT_EQ(Count("`Gone.*`\n"), 1U);
  EXPECT_EQ(Count("`conformance.list`\n"), 0U);
  EXPECT_EQ(Count("`conformance.gone`\n"), 1U);
}

}  // namespace
}  // namespace procmark::lint
