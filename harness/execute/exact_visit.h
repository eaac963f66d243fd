// Exact cells, all CPUs at once: their counts do not depend on how long anything takes.
#pragma once

#include <vector>

#include "harness/execute/execute.h"

namespace procmark::execute {

// Takes one slice of each benchmark and runs the tests in every cell of `cells`, leaving out what
// is settled already. Each slice, and each part of the tests, starts from the same instant of a
// settled guest, so its numbers do not depend on what else was chosen. (Where snapshots do not work
// all of a cell shares one boot, in the order of the plan; the records say which it was.) A guest
// that fails is recorded as a loss, and what it left undone is taken without the culprit.
void VisitExactCells(const Work& work, const std::vector<NamedCell>& cells, Recorder& recorder,
                     Progress& progress);

}  // namespace procmark::execute
