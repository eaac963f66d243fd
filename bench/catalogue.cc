// Reads the lists of the embedded programs.
#include "bench/catalogue.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "bench/launch.h"
#include "bench/shape.h"
#include "bench/sweeps.h"
#include "harness/sys/complaint.h"

namespace procmark::bench {
namespace {

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (true) {
    const size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

Entry ParseLine(const std::string& line, const Embedded& program) {
  constexpr size_t kFields = 8;
  std::vector<std::string> fields = Split(line, '\t');
  if (fields.size() != kFields)
    sys::ThrowLost(std::string(program.name) + " describes a benchmark in a line of " +
                   std::to_string(fields.size()) + " fields, not " + std::to_string(kFields));
  return Entry{.name = fields[0],
               .sentence = fields[1],
               .family = fields[2],
               .from = fields[3],
               .to = fields[4],
               .form = fields[5],
               .tags = Split(fields[6], ','),
               .limit_of = fields[7],
               .program = &program,
               .base = fields[0],
               .shape = {}};
}

const Entry* FindExact(const std::vector<Entry>& catalogue, const std::string& name) {
  const auto found = std::find_if(catalogue.begin(), catalogue.end(),
                                  [&](const Entry& entry) { return entry.name == name; });
  return found == catalogue.end() ? nullptr : &*found;
}

// The entry of a base with a shape: what is measured is the same, by another subject.
Entry Compose(const Entry& base, const std::string& name, const ShapedName& shaped) {
  Entry entry = base;
  entry.name = name;
  entry.shape = shaped.shape;
  entry.limit_of.clear();
  entry.sentence += " The subject has " + shaped.words + ".";
  entry.tags = {"sweep", base.family};
  return entry;
}

std::vector<Entry> ComposeSweeps(const std::vector<Entry>& catalogue) {
  std::vector<Entry> composed;
  for (const Sweep& sweep : Sweeps()) {
    const Entry* base = FindExact(catalogue, sweep.base);
    if (base == nullptr) sys::ThrowLost("a sweep's base is no benchmark: " + sweep.base);
    for (const std::string& parameters : sweep.parameters) {
      const std::string name = InsertParameters(sweep.base, parameters);
      composed.push_back(Compose(*base, name, ParseShapedName(name)));
    }
  }
  return composed;
}

// What one program says it can measure.
std::vector<Entry> ReadList(const Embedded& program, long long deadline_ms) {
  SharedPages pages;
  pages->config.order = subject::Order::kList;
  const std::string trouble = RunEmbedded(program, pages, deadline_ms);
  const uint32_t size = pages->report.list_bytes;
  if (!trouble.empty()) sys::ThrowLost(std::string(program.name) + " gave no list: " + trouble);
  if (size == 0 || size + 1 >= subject::kListBytes)
    sys::ThrowLost(std::string(program.name) + " gave a list that is empty or was cut");
  std::vector<Entry> entries;
  std::istringstream lines(std::string(pages->list, size));
  for (std::string line; std::getline(lines, line);) entries.push_back(ParseLine(line, program));
  return entries;
}

}  // namespace

bool Entry::Has(const std::string& tag) const {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

std::vector<Entry> ReadCatalogue(long long deadline_ms) {
  std::vector<Entry> catalogue;
  std::set<std::string> names;
  for (const Embedded& program : EmbeddedPrograms()) {
    for (Entry& entry : ReadList(program, deadline_ms)) catalogue.push_back(std::move(entry));
  }
  for (Entry& entry : ComposeSweeps(catalogue)) catalogue.push_back(std::move(entry));
  for (const Entry& entry : catalogue) {
    if (!names.insert(entry.name).second) sys::ThrowLost("two benchmarks are named " + entry.name);
  }
  return catalogue;
}

Entry FindEntry(const std::string& name, long long deadline_ms) {
  const ShapedName shaped = ParseShapedName(name);
  const std::string family = name.substr(0, name.find('/'));
  std::string near;
  for (const Embedded& program : EmbeddedPrograms()) {
    const std::vector<Entry> list = ReadList(program, deadline_ms);
    if (const Entry* entry = FindExact(list, name)) return *entry;
    const Entry* base = shaped.shaped ? FindExact(list, shaped.base) : nullptr;
    if (base != nullptr && base->limit_of.empty()) return Compose(*base, name, shaped);
    for (const Entry& entry : list) {
      if (entry.family == family) near += (near.empty() ? "" : ", ") + entry.name;
    }
  }
  sys::ThrowUsage("there is no benchmark named '" + name + "'; " +
                  (near.empty() ? "see --procmark_list" : "of its family there are: " + near));
}

std::string CatalogueJson(const std::vector<Entry>& catalogue) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Entry& entry : catalogue) {
    list.push_back({{"name", entry.name},
                    {"sentence", entry.sentence},
                    {"family", entry.family},
                    {"from", entry.from},
                    {"to", entry.to},
                    {"form", entry.form},
                    {"tags", entry.tags},
                    {"limit_of", entry.limit_of}});
  }
  return list.dump(2);
}

}  // namespace procmark::bench
