// SPDX-License-Identifier: MIT
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
#include "bench/subject/list.h"
#include "harness/sys/complaint.h"
#include "harness/sys/result.h"
#include "harness/sys/text.h"

namespace procmark::bench {
namespace {

// The value of the part "key:value" of a name; "" if there is none.
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

// The number of a benchmark's own parameter. "all" means the number of usable CPUs.
uint64_t ParseAmount(const std::string& key, const std::string& text) {
  if (text == "0") return 0;
  if (text != "all") return ParseBytes(key, text);
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (::sched_getaffinity(0, sizeof usable, &usable) != 0)
    sys::ThrowLost("the usable CPUs cannot be read: " + sys::LastError("sched_getaffinity").Text());
  return static_cast<uint64_t>(CPU_COUNT(&usable));
}

std::string Sentence(const std::string& measures, const std::string& not_timed) {
  std::string sentence = "Measures " + measures + ".";
  if (!not_timed.empty()) sentence += " Not timed: " + not_timed + ".";
  return sentence;
}

ListedBenchmark ParseLine(const std::string& line, const Embedded& program) {
  const std::vector<std::string> fields = sys::Split(line, '\t');
  if (fields.size() != subject::kListFields)
    sys::ThrowLost(program.name + " describes a benchmark by " + std::to_string(fields.size()) +
                   " fields, not " + std::to_string(subject::kListFields));
  ListedBenchmark listed;
  listed.name = listed.base = fields[subject::kListName];
  listed.limit_of = fields[subject::kListLimitOf];
  listed.family = fields[subject::kListFamily];
  if (listed.family.empty())
    listed.family = sys::Split(listed.limit_of.empty() ? listed.name : listed.limit_of, '/')[0];
  listed.sentence = Sentence(fields[subject::kListMeasures], fields[subject::kListNotTimed]);
  listed.from = fields[subject::kListFrom];
  listed.to = fields[subject::kListTo];
  listed.form = fields[subject::kListForm];
  listed.tags = sys::SplitNonEmpty(fields[subject::kListTags], ',');
  if (listed.limit_of.empty()) listed.tags.push_back(listed.family);
  listed.program = &program;
  listed.parameter = fields[subject::kListParameter];
  if (!listed.parameter.empty())
    listed.amount = ParseAmount(listed.parameter, ValueOf(listed.name, listed.parameter));
  listed.uncounted = static_cast<uint32_t>(fields[subject::kListUncounted].at(0) - '0');
  return listed;
}

const ListedBenchmark* FindExact(const std::vector<ListedBenchmark>& list,
                                 const std::string& name) {
  const auto found = std::find_if(
      list.begin(), list.end(), [&](const ListedBenchmark& listed) { return listed.name == name; });
  return found == list.end() ? nullptr : &*found;
}

ListedBenchmark ListPeer(const Peer& peer) {
  ListedBenchmark listed;
  listed.name = listed.base = peer.name;
  listed.sentence = peer.sentence;
  listed.family = "peers";
  listed.from = EdgeName(subject::Edge::kCall);
  listed.to = EdgeName(subject::Edge::kReaped);
  listed.form = "libc";
  listed.tags = {"peers"};
  listed.peer = &peer;
  listed.peer_of = peer.peer_of;
  return listed;
}

// The same operation by a subject that has the shape.
ListedBenchmark WithShape(ListedBenchmark listed, const ShapedName& shaped) {
  if (!shaped.shaped) return listed;
  listed.shape = shaped.shape;
  listed.sentence += " The subject has " + shaped.words + ".";
  return listed;
}

// The same operation with another number of its own parameter.
ListedBenchmark WithAmount(ListedBenchmark listed, const std::string& value) {
  const std::string before = ValueOf(listed.name, listed.parameter);
  if (before == value) return listed;
  listed.amount = ParseAmount(listed.parameter, value);
  listed.sentence += " Here with " + listed.parameter + ":" + value + " instead of " +
                     listed.parameter + ":" + before + ".";
  return listed;
}

// A program's benchmark under another name that asks for it.
ListedBenchmark Rename(ListedBenchmark listed, const std::string& name) {
  if (listed.name == name) return listed;
  const bool own_cgroup = listed.Has("cgroup");
  listed.name = name;
  listed.limit_of.clear();
  listed.tags = {"sweep", listed.family};
  if (own_cgroup) listed.tags.emplace_back("cgroup");
  return listed;
}

// The benchmark of `list` that `shaped` asks for, with the same or another number of its parameter.
std::optional<ListedBenchmark> FindIn(const std::vector<ListedBenchmark>& list,
                                      const std::string& name, const ShapedName& shaped) {
  for (const ListedBenchmark& listed : list) {
    const std::string value =
        listed.parameter.empty() ? "" : ValueOf(shaped.base, listed.parameter);
    const bool same = listed.name == shaped.base;
    if (!same && (value.empty() || WithValue(listed.name, listed.parameter, value) != shaped.base))
      continue;
    if (!listed.limit_of.empty() && name != listed.name) continue;
    return Rename(WithShape(same ? listed : WithAmount(listed, value), shaped), name);
  }
  return {};
}

std::vector<ListedBenchmark> ComposeSweeps(const std::vector<ListedBenchmark>& list) {
  std::vector<ListedBenchmark> composed;
  for (const Sweep& sweep : Sweeps()) {
    const ListedBenchmark* base = FindExact(list, sweep.base);
    if (base == nullptr) sys::ThrowLost("a sweep's base is no benchmark: " + sweep.base);
    for (const std::string& parameters : sweep.parameters) {
      const std::string key = parameters.substr(0, parameters.find(':'));
      const std::string value = parameters.substr(key.size() + 1);
      const std::string name = key == base->parameter ? WithValue(sweep.base, key, value)
                                                      : InsertParameters(sweep.base, parameters);
      std::optional<ListedBenchmark> found = FindIn({*base}, name, ParseShapedName(name));
      if (!found) sys::ThrowLost("a sweep composes no benchmark: " + name);
      composed.push_back(std::move(*found));
    }
  }
  return composed;
}

// Whether the program's bytes contain the name, or the start of it up to a number. Only then can
// its list contain the benchmark. This costs less than running the program.
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

// The benchmarks of one program.
std::vector<ListedBenchmark> ReadList(const Embedded& program, long long deadline_ms) {
  SharedPages pages;
  pages->config.order = subject::Order::kList;
  const std::string trouble = RunEmbedded(program, pages, deadline_ms);
  const uint32_t size = pages->report.list_bytes;
  if (!trouble.empty()) sys::ThrowLost(program.name + " gave no list: " + trouble);
  if (size == 0 || size + 1 >= subject::kListBytes)
    sys::ThrowLost(program.name + " gave a list that is empty or was cut off");
  std::vector<ListedBenchmark> list;
  std::istringstream lines(std::string(pages->list, size));
  for (std::string line; std::getline(lines, line);) list.push_back(ParseLine(line, program));
  return list;
}

}  // namespace

bool ListedBenchmark::Has(const std::string& tag) const {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

std::vector<ListedBenchmark> ListBenchmarks(long long deadline_ms) {
  std::vector<ListedBenchmark> list;
  std::set<std::string> names;
  for (const Embedded& program : MeasuringPrograms()) {
    for (ListedBenchmark& listed : ReadList(program, deadline_ms))
      list.push_back(std::move(listed));
  }
  for (ListedBenchmark& listed : ComposeSweeps(list)) list.push_back(std::move(listed));
  for (const Peer& peer : Peers()) list.push_back(ListPeer(peer));
  for (const ListedBenchmark& listed : list) {
    if (!names.insert(listed.name).second)
      sys::ThrowLost("two benchmarks are named " + listed.name);
  }
  return list;
}

ListedBenchmark FindBenchmark(const std::string& name, long long deadline_ms) {
  for (const Peer& peer : Peers()) {
    if (name == peer.name) return ListPeer(peer);
  }
  const ShapedName shaped = ParseShapedName(name);
  for (const Embedded& program : MeasuringPrograms()) {
    if (!Mentions(program, shaped.base)) continue;
    if (std::optional<ListedBenchmark> found = FindIn(ReadList(program, deadline_ms), name, shaped))
      return *found;
  }
  const std::string family = name.substr(0, name.find('/'));
  std::string similar;
  for (const ListedBenchmark& listed : ListBenchmarks(deadline_ms)) {
    if (listed.family == family) similar += (similar.empty() ? "" : ", ") + listed.name;
  }
  sys::ThrowUsage("there is no benchmark named '" + name + "'; " +
                  (similar.empty() ? "--procmark_list shows all"
                                   : "of the family " + family + " there are: " + similar));
}

std::string ListJson(const std::vector<ListedBenchmark>& list) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ListedBenchmark& listed : list) {
    json.push_back({{"name", listed.name},
                    {"sentence", listed.sentence},
                    {"family", listed.family},
                    {"from", listed.from},
                    {"to", listed.to},
                    {"form", listed.form},
                    {"tags", listed.tags},
                    {"limit_of", listed.limit_of},
                    {"peer_of", listed.peer_of}});
  }
  return json.dump(2);
}

}  // namespace procmark::bench
