// SPDX-License-Identifier: MIT
#include "harness/explain/explanation_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace procmark::explain {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;

// The words of the file for each kind and way; one list for both directions.
NLOHMANN_JSON_SERIALIZE_ENUM(NodeKind, {{NodeKind::kAll, "all"},
                                        {NodeKind::kTask, "task"},
                                        {NodeKind::kInterrupts, "interrupts"},
                                        {NodeKind::kUserSpace, "user_space"},
                                        {NodeKind::kFunction, "function"},
                                        {NodeKind::kInlined, "inlined"}})
NLOHMANN_JSON_SERIALIZE_ENUM(How, {{How::kRoot, "root"},
                                   {How::kCall, "call"},
                                   {How::kJump, "jump"},
                                   {How::kException, "exception"},
                                   {How::kInterrupt, "interrupt"},
                                   {How::kSystemCall, "system_call"},
                                   {How::kUnseen, "unseen"}})

Json CostJson(const Cost& cost) {
  return {cost.elapsed, cost.retired, cost.bytes_set, cost.bytes_copied, cost.bytes_scanned};
}

Cost CostOf(const Json& json) {
  return {json.at(0).get<int64_t>(), json.at(1).get<int64_t>(), json.at(2).get<int64_t>(),
          json.at(3).get<int64_t>(), json.at(4).get<int64_t>()};
}

Json NodeJson(const TreeNode& node) {
  Json self = Json::object();
  for (size_t stage = 0; stage < node.self.size(); ++stage) {
    if (node.self[stage] != Cost{}) self[std::to_string(stage)] = CostJson(node.self[stage]);
  }
  Json json = {{"parent", node.parent}, {"kind", node.kind}, {"name", node.name}, {"self", self}};
  if (node.how != How::kRoot && node.how != How::kCall) json["how"] = node.how;
  if (node.calls != 0) json["calls"] = node.calls;
  return json;
}

TreeNode NodeOf(const Json& json, size_t number, size_t stages) {
  TreeNode node;
  node.parent = json.at("parent").get<uint32_t>();
  if (number > 0 && node.parent >= number) throw std::runtime_error("a node has no parent");
  node.kind = json.at("kind").get<NodeKind>();
  node.how = json.contains("how") ? json.at("how").get<How>()
             : number == 0        ? How::kRoot
                                  : How::kCall;
  node.name = json.at("name").get<std::string>();
  node.calls = json.value("calls", int64_t{0});
  node.self.resize(stages);
  for (const auto& [stage, cost] : json.at("self").items()) {
    node.self.at(std::stoul(stage)) = CostOf(cost);
  }
  return node;
}

Json CodeJson(const CodeCount& code) {
  return {code.function, code.offset, code.instructions, code.times};
}

CodeCount CodeOf(const Json& json) {
  return {json.at(0).get<std::string>(), json.at(1).get<int64_t>(), json.at(2).get<int64_t>(),
          json.at(3).get<int64_t>()};
}

Explanation Parsed(const Json& json) {
  if (json.at("version").get<int>() != kVersion) {
    throw std::runtime_error("it is of another version of procmark");
  }
  Explanation explanation;
  json.at("benchmark").get_to(explanation.benchmark);
  json.at("cell").get_to(explanation.cell);
  json.at("kernel").get_to(explanation.kernel);
  json.at("sample_index").get_to(explanation.sample_index);
  json.at("samples").get_to(explanation.samples);
  json.at("operations").get_to(explanation.operations);
  json.at("sample").get_to(explanation.sample);
  json.at("idle").get_to(explanation.idle);
  json.at("tick").get_to(explanation.tick);
  json.at("has_calls").get_to(explanation.has_calls);
  json.at("has_inlined").get_to(explanation.has_inlined);
  json.at("stages").get_to(explanation.stages);
  json.at("kallsyms_sha256").get_to(explanation.kallsyms_sha256);
  for (const Json& node : json.at("nodes")) {
    explanation.tree.nodes.push_back(
        NodeOf(node, explanation.tree.nodes.size(), explanation.stages.size()));
  }
  for (const Json& code : json.at("code")) explanation.code.push_back(CodeOf(code));
  CheckSum(explanation);
  return explanation;
}

}  // namespace

std::string ToJson(const Explanation& explanation) {
  const Cost total = Total(explanation);
  Json json = {
      {"version", kVersion},
      {"benchmark", explanation.benchmark},
      {"cell", explanation.cell},
      {"kernel", explanation.kernel},
      {"sample_index", explanation.sample_index},
      {"samples", explanation.samples},
      {"operations", explanation.operations},
      {"sample", explanation.sample},
      {"retired", total.retired},
      {"idle", explanation.idle},
      {"tick", explanation.tick},
      {"has_calls", explanation.has_calls},
      {"has_inlined", explanation.has_inlined},
      {"stages", explanation.stages},
      {"kallsyms_sha256", explanation.kallsyms_sha256},
      {"cost_fields", {"elapsed", "retired", "bytes_set", "bytes_copied", "bytes_scanned"}},
      {"code_fields", {"function", "offset", "instructions", "times"}},
      {"nodes", Json::array()},
      {"code", Json::array()}};
  for (const TreeNode& node : explanation.tree.nodes) json["nodes"].push_back(NodeJson(node));
  for (const CodeCount& code : explanation.code) json["code"].push_back(CodeJson(code));
  return json.dump() + "\n";
}

Explanation FromJson(std::string_view text) {
  try {
    return Parsed(Json::parse(text));
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string("the explanation cannot be read: ") + error.what());
  }
}

}  // namespace procmark::explain
