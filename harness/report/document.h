// SPDX-License-Identifier: MIT
// Document: what a report shows, without saying how. MakeDocument builds it once from a Report;
// each renderer turns it into one format without knowing what the tables are about.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/report/chart.h"
#include "harness/sys/enum_names.h"

namespace procmark::report {

struct Report;

// How much detail something is. A format shows everything up to its own level.
enum class Detail {
  kEssential,  // shown everywhere, also on a terminal
  kNormal,     // shown in Markdown and HTML
  kFull,       // shown in HTML only
};

// How good an entry is. HTML shows it as a colour, Markdown shows kBad in bold.
enum class Tone { kNone, kGood, kBad, kWarn, kDull };

inline constexpr auto kTones = sys::MakeEnumNames<Tone>({{Tone::kNone, "none"},
                                                         {Tone::kGood, "good"},
                                                         {Tone::kBad, "bad"},
                                                         {Tone::kWarn, "warn"},
                                                         {Tone::kDull, "dull"}});

struct Range {
  double low = 0;
  double high = 0;
};

// One entry of a table. (A "cell" is a place where benchmarks run.) Nothing in it is escaped:
// renderers must make every text safe for their format.
struct Entry {
  std::string text;              // empty: nothing to show
  std::optional<double> number;  // the number behind `text`, unrounded
  std::optional<Range> range;    // the interval around `number`
  std::optional<Range> band;     // the range that `number` is judged by
  Tone tone = Tone::kNone;
  std::string hint;  // explains the entry; a tooltip in HTML
  Detail detail = Detail::kEssential;
};

struct Column {
  enum class Kind {
    kText,      // short words
    kName,      // an identifier: a benchmark, test, cell or key
    kNumber,    // right-aligned
    kInterval,  // `range`, which HTML draws
    kVerdict,   // one word with a tone
    kProse,     // sentences, may have several lines
    kCode,      // text of a program, kept as it is; may have several lines
  };
  std::string name;
  Kind kind = Kind::kText;
  Detail detail = Detail::kEssential;
};

struct Row {
  std::vector<Entry> entries;  // one for each column
  Detail detail = Detail::kEssential;
};

struct Table {
  enum class Layout {
    kGrid,
    kRecords,  // one block for each row, for long texts
  };
  std::string title;  // understandable without the title of the section
  std::string note;   // explains the table; not shown on a terminal
  std::vector<Column> columns;
  std::vector<Row> rows;
  Layout layout = Layout::kGrid;
  bool folded = false;  // HTML and Markdown show only the title until a reader opens it
  Detail detail = Detail::kEssential;
};

struct Section {
  std::string id;  // unique in the document: letters, digits and '-'
  std::string title;
  std::string note;  // explains the section; not shown on a terminal
  std::vector<Table> tables;
  std::vector<Chart> charts;  // HTML only
  Detail detail = Detail::kEssential;
};

// A number for the top of a page: "2 regressions".
struct Tally {
  std::string name;
  int64_t count = 0;
  Tone tone = Tone::kNone;
};

struct Document {
  std::string title;                                       // the name of the run, or its id
  std::vector<std::pair<std::string, std::string>> facts;  // "run" -> id, "started" -> time …
  std::string headline;                                    // the result in one sentence
  std::vector<Tally> tallies;
  std::vector<Section> sections;  // the most important first; none is empty
};

// The same Report always gives the same Document.
Document MakeDocument(const Report& report);

// A column together with the entry that it shows of each row, so that a table is described once.
template <typename RowType>
struct ColumnOf {
  Column column;
  std::function<Entry(const RowType&)> entry;
};

// Appends to `table` one column for each of `columns` and one row for each of `rows`.
template <typename RowType>
void Fill(Table& table, const std::vector<ColumnOf<RowType>>& columns,
          const std::vector<RowType>& rows) {
  for (const ColumnOf<RowType>& column : columns) table.columns.push_back(column.column);
  for (const RowType& row : rows) {
    Row& filled = table.rows.emplace_back();
    for (const ColumnOf<RowType>& column : columns) filled.entries.push_back(column.entry(row));
  }
}

// What a renderer of one level of detail shows of a table: rows up to this level, and columns up to
// this level that are not empty in all of these rows.
struct VisibleTable {
  std::vector<size_t> columns;
  std::vector<const Row*> rows;
  size_t hidden_rows = 0;
};
VisibleTable VisibleAt(const Table& table, Detail level);

// Whether the column may hold long texts: prose or code.
bool IsLong(const Column& column);
// The number of visible long columns. If there are several, renderers name them.
size_t LongColumns(const Table& table, const VisibleTable& visible);

// The text of the entry, or "" if it is above this level.
const std::string& TextAt(const Entry& entry, Detail level);

}  // namespace procmark::report
