// Reads the lists of the embedded programs.
#include "bench/driver/benchmark_list.h"

#include <sched.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "bench/driver/launch.h"
#include "bench/driver/shape_name.h"
#include "bench/driver/sweeps.h"
#include "harness/sys/complaint.h"
#include "harness/sys/result.h"
#include "harness/sys/text.h"

namespace procmark::bench {
namespace {

// The value of the part "key:value" of a name; "" when it has none.
std::string ValueOf(const std::string& name, const std::string& key) {
  for (const std::string& part : sys::Split(name, '/')) {
    if (part.starts_with(key + ":")) return part.substr(key.size() + 1);
  }
  return "";
}

// The name with another value of that part.
std::string WithValue(const std::string& name, const std::string& key, const std::string& value) {
  std::string changed;
  for (const std::string& part : sys::Split(name, '/')) {
    if (!changed.empty()) changed += "/";
    changed += part.starts_with(key + ":") ? key + ":" + value : part;
  }
  return changed;
}

// "all" stands for the number of usable CPUs, "0" for itself.
uint64_t ParseAmount(const std::string& key, const std::string& text) {
  if (text == "0") return 0;
  if (text != "all") return ParseBytes(key, text);
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (::sched_getaffinity(0, sizeof usable, &usable) != 0)
    sys::ThrowLost("the usable CPUs cannot be read: " + sys::LastError("sched_getaffinity").Text());
  return static_cast<uint64_t>(CPU_COUNT(&usable));
}

Entry ParseLine(const std::string& line, const Embedded& program) {
  constexpr size_t kFields = 10;
  std::vector<std::string> fields = sys::Split(line, '\t');
  if (fields.size() != kFields)
    sys::ThrowLost(std::string(program.name) + " describes a benchmark in a line of " +
                   std::to_string(fields.size()) + " fields, not " + std::to_string(kFields));
  Entry entry;
  entry.name = fields[0];
  entry.sentence = fields[1];
  entry.family = fields[2];
  entry.from = fields[3];
  entry.to = fields[4];
  entry.form = fields[5];
  entry.tags = sys::Split(fields[6], ',');
  entry.limit_of = fields[7];
  entry.program = &program;
  entry.base = fields[0];
  entry.parameter = fields[8];
  if (!entry.parameter.empty())
    entry.amount = ParseAmount(entry.parameter, ValueOf(entry.name, entry.parameter));
  entry.uncounted = static_cast<uint32_t>(fields[9].at(0) - '0');
  return entry;
}

const Entry* FindExact(const std::vector<Entry>& catalogue, const std::string& name) {
  const auto found = std::find_if(catalogue.begin(), catalogue.end(),
                                  [&](const Entry& entry) { return entry.name == name; });
  return found == catalogue.end() ? nullptr : &*found;
}

Entry PeerEntry(const Peer& peer) {
  Entry entry;
  entry.name = peer.name;
  entry.sentence = peer.sentence;
  entry.family = "peers";
  entry.from = "call";
  entry.to = "reaped";
  entry.form = "libc";
  entry.tags = {"peers"};
  entry.peer = &peer;
  entry.peer_of = peer.peer_of;
  entry.base = peer.name;
  return entry;
}

// The entry of a base with a shape: what is measured is the same, by another subject.
Entry WithShape(Entry entry, const ShapedName& shaped) {
  if (!shaped.shaped) return entry;
  entry.shape = shaped.shape;
  entry.sentence += " The subject has " + shaped.words + ".";
  return entry;
}

// The same operation with another number of its own parameter.
Entry WithAmount(Entry entry, const std::string& value) {
  const std::string listed = ValueOf(entry.name, entry.parameter);
  if (listed == value) return entry;
  entry.amount = ParseAmount(entry.parameter, value);
  entry.sentence += " Here with " + entry.parameter + ":" + value + " in place of " +
                    entry.parameter + ":" + listed + ".";
  return entry;
}

// What a program's entry becomes when it is asked for by another name.
Entry Rename(Entry entry, const std::string& name) {
  if (entry.name == name) return entry;
  const bool own_cgroup = entry.Has("cgroup");
  entry.name = name;
  entry.limit_of.clear();
  entry.tags = {"sweep", entry.family};
  if (own_cgroup) entry.tags.emplace_back("cgroup");
  return entry;
}

// Of a list the entry that `shaped` asks for by another number of its parameter, or by the same.
std::optional<Entry> FindIn(const std::vector<Entry>& list, const std::string& name,
                            const ShapedName& shaped) {
  for (const Entry& entry : list) {
    const std::string value = entry.parameter.empty() ? "" : ValueOf(shaped.base, entry.parameter);
    const bool same = entry.name == shaped.base;
    if (!same && (value.empty() || WithValue(entry.name, entry.parameter, value) != shaped.base))
      continue;
    if (!entry.limit_of.empty() && name != entry.name) continue;
    return Rename(WithShape(same ? entry : WithAmount(entry, value), shaped), name);
  }
  return {};
}

std::vector<Entry> ComposeSweeps(const std::vector<Entry>& catalogue) {
  std::vector<Entry> composed;
  for (const Sweep& sweep : Sweeps()) {
    const Entry* base = FindExact(catalogue, sweep.base);
    if (base == nullptr) sys::ThrowLost("a sweep's base is no benchmark: " + sweep.base);
    for (const std::string& parameters : sweep.parameters) {
      const std::string key = parameters.substr(0, parameters.find(':'));
      const std::string value = parameters.substr(key.size() + 1);
      const std::string name = key == base->parameter ? WithValue(sweep.base, key, value)
                                                      : InsertParameters(sweep.base, parameters);
      std::optional<Entry> entry = FindIn({*base}, name, ParseShapedName(name));
      if (!entry) sys::ThrowLost("a sweep composes no benchmark: " + name);
      composed.push_back(std::move(*entry));
    }
  }
  return composed;
}

// Whether the program's bytes hold that name, or one like it but for a number, and so its list may.
// It costs less than executing the program to ask it.
bool Mentions(const Embedded& program, const std::string& name) {
  if (program.image.find(std::string_view(name.c_str(), name.size() + 1)) != std::string_view::npos)
    return true;
  for (size_t at = name.find(':'); at != std::string::npos; at = name.find(':', at + 1)) {
    const bool number = name.find_first_of("0123456789", at) == at + 1;
    if ((number || name.compare(at, 4, ":all") == 0) &&
        program.image.find(name.substr(0, at + 1)) != std::string_view::npos)
      return true;
  }
  return false;
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
  for (const Peer& peer : Peers()) catalogue.push_back(PeerEntry(peer));
  for (const Entry& entry : catalogue) {
    if (!names.insert(entry.name).second) sys::ThrowLost("two benchmarks are named " + entry.name);
  }
  return catalogue;
}

Entry FindEntry(const std::string& name, long long deadline_ms) {
  for (const Peer& peer : Peers()) {
    if (name == peer.name) return PeerEntry(peer);
  }
  const ShapedName shaped = ParseShapedName(name);
  for (const Embedded& program : EmbeddedPrograms()) {
    if (!Mentions(program, shaped.base)) continue;
    if (std::optional<Entry> entry = FindIn(ReadList(program, deadline_ms), name, shaped))
      return *entry;
  }
  const std::string family = name.substr(0, name.find('/'));
  std::string near;
  for (const Entry& entry : ReadCatalogue(deadline_ms)) {
    if (entry.family == family) near += (near.empty() ? "" : ", ") + entry.name;
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
                    {"limit_of", entry.limit_of},
                    {"peer_of", entry.peer_of}});
  }
  return list.dump(2);
}

}  // namespace procmark::bench
