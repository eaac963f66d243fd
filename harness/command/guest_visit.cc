#include "harness/command/guest_visit.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <optional>

#include "harness/cell/host.h"
#include "harness/cell/images_tool.h"
#include "harness/cell/kvm_probe.h"
#include "harness/cell/program.h"
#include "harness/cell/qemu_argv.h"
#include "harness/command/kvm.h"
#include "harness/command/program_argv.h"
#include "harness/sys/child.h"
#include "harness/sys/complaint.h"
#include "harness/sys/interrupt.h"
#include "harness/sys/sha256.h"
#include "harness/sys/temp_dir.h"

namespace procmark::command {
namespace {

// On the guest's clock, where a busy instruction is a nanosecond under icount.
constexpr int64_t kSliceDeadlineMs = 120'000;
constexpr int64_t kSuiteDeadlineMs = 3'600'000;
// A guest holds a job of 64 KiB (images/initramfs.h), some 200 bytes a slice: more take two boots.
constexpr int kMostStepsPerBoot = 150;

// What one boot shall do, in the order of its programs.
struct Job {
  cell::GuestJob guest;
  std::vector<plan::Step> steps;   // steps[i] is what program i takes
  std::vector<std::string> tests;  // what the program after them runs
};

Job MakeJob(const Work& work, const NamedCell& named, const std::vector<plan::Step>& steps,
            const std::vector<std::string>& tests, const Recorder* recorder) {
  Job job;
  job.guest.fault = work.guest_fault;
  for (const plan::Step& step : steps) {
    if (recorder != nullptr && recorder->Settled(step.cell, step.round, step.benchmark)) continue;
    job.steps.push_back(step);
    job.guest.programs.push_back(
        {BenchArgv(cell::kGuestBench, work, named.spec, step.benchmark), kSliceDeadlineMs});
  }
  for (const std::string& test : tests) {
    if (recorder == nullptr || !recorder->TestSettled(named.name, test)) job.tests.push_back(test);
  }
  if (!job.tests.empty()) {
    job.guest.programs.push_back(
        {ConformanceArgv(cell::kGuestConformance, job.tests), kSuiteDeadlineMs});
  }
  return job;
}

// The cell with all that is known before it boots.
store::Cell DescribeGuest(const NamedCell& named, const cell::Kernel& kernel,
                          const cell::BootImage& image, const std::vector<std::string>& argv) {
  store::Cell cell;
  cell.name = named.name;
  cell.clock = named.spec.clock;
  cell.inputs["kernel.sha256"] = kernel.sha256;
  cell.inputs["initramfs.sha256"] = image.sha256;
  cell.inputs["programs.sha256"] = image.programs_sha256;
  const std::string version = cell::QemuVersion(argv.front());
  if (version.empty()) {
    sys::ThrowUsage(fmt::format("{} is not installed; ./run.sh installs it, or: apt-get install {}",
                                argv.front(), cell::QemuPackage(named.spec.arch)));
  }
  cell.inputs["qemu.version"] = version;
  // Without the paths of this machine's cache: the hashes above stand for those files.
  std::vector<std::string> shown = argv;
  for (size_t i = 0; i + 1 < shown.size(); ++i) {
    if (shown[i] == "-kernel" || shown[i] == "-initrd") shown[i + 1] = shown[i].substr(1);
  }
  cell.inputs["qemu.argv"] = fmt::format("{}", fmt::join(shown, " "));
  cell.environment["kernel.package"] = kernel.package;
  cell.environment["kernel.package_version"] = kernel.version;
  cell.environment["kernel.release"] = kernel.release;
  if (!kernel.config.empty()) {
    if (const auto digest = sys::Sha256OfFile(kernel.config)) {
      cell.environment["kernel.config_sha256"] = digest.Value();
    }
  }
  return cell;
}

// Turns a guest's events into records.
class Listener {
 public:
  Listener(const Job& job, store::Cell cell, Recorder& recorder, Progress& progress)
      : job_(job), cell_(std::move(cell)), recorder_(recorder), progress_(progress) {}

  void On(const wire::Event& event) {
    std::visit([this](const auto& value) { Handle(value); }, event);
  }
  // What the guest was doing last, for a loss.
  const std::string& Doing() const { return doing_; }
  int64_t Slices() const { return slices_; }
  int64_t Tests() const { return tests_; }

 private:
  bool InSlice() const { return index_ >= 0 && index_ < static_cast<int64_t>(job_.steps.size()); }
  void Handle(const wire::Hello&) { Count(); }
  void Handle(const wire::Boot& boot) {
    cell_.environment["kernel.release"] = boot.release;
    cell_.environment["kernel.version"] = boot.version;
    cell_.environment["kernel.machine"] = boot.machine;
    cell_.environment["kernel.cmdline"] = boot.cmdline;
    cell_.environment["clocksource"] = boot.clocksource;
    for (const auto& [key, value] : boot.facts) cell_.environment[key] = value;
    recorder_.Add(cell_);
  }
  void Handle(const wire::ProgramStart& start) {
    index_ = start.index;
    events_ = 0;
    done_ = false;
    doing_ = InSlice() ? job_.steps[static_cast<size_t>(index_)].benchmark : "the tests";
    progress_.Step(doing_);
  }
  void Handle(const wire::Slice& slice) {
    Count();
    if (!InSlice()) return;
    ++slices_;
    recorder_.AddSlice(cell_.name, job_.steps[static_cast<size_t>(index_)].round, slice);
  }
  void Handle(const wire::Skip& skip) {
    Count();
    recorder_.AddSkip(cell_.name, skip);
  }
  void Handle(const wire::Refused& refused) {
    Count();
    recorder_.AddRefused(cell_.name, refused);
  }
  void Handle(const wire::TestStart& start) {
    Count();
    doing_ = start.test;
    progress_.Step(doing_);
  }
  void Handle(const wire::Test& test) {
    Count();
    ++tests_;
    recorder_.AddTest(cell_.name, test);
  }
  void Handle(const wire::Done& done) { done_ = done.program != "init" && done.events == events_; }
  // A program that did not end as it should, in a guest that lives on.
  void Handle(const wire::ProgramEnd& end) {
    cell::ProgramOutcome outcome;
    outcome.done = done_;
    outcome.timed_out = end.status < 0;
    outcome.status = static_cast<int>(end.status);
    if (const auto loss = cell::LossOf(outcome, doing_)) {
      recorder_.AddLoss({cell_.name, loss->kind, loss->sentence, "", ""});
    }
    index_ = -1;
  }
  void Count() { ++events_; }

  const Job& job_;
  store::Cell cell_;
  Recorder& recorder_;
  Progress& progress_;
  int64_t index_ = -1;  // of the program that runs
  int64_t events_ = 0;  // of that program
  bool done_ = false;
  int64_t slices_ = 0;
  int64_t tests_ = 0;
  std::string doing_ = "the boot";
};

void SkipAll(const NamedCell& named, const Job& job, const std::string& reason,
             Recorder& recorder) {
  store::Cell cell;
  cell.name = named.name;
  cell.clock = named.spec.clock;
  recorder.Add(cell);
  for (const plan::Step& step : job.steps) {
    recorder.AddSkip(named.name, {step.benchmark, reason});
  }
  for (const std::string& test : job.tests) {
    recorder.AddTest(named.name, {test, "skip", reason, "", 0});
  }
}

std::string Reproduce(const Work& work, const NamedCell& named) {
  return fmt::format("./run.sh run --cell '{}'{}", named.spec.Name(),
                     work.guest_fault.empty() ? "" : " --guest-fault " + work.guest_fault);
}

}  // namespace

std::string WhyClockFails(const cell::CellSpec& spec) {
  if (spec.clock != store::Clock::kKvm) return "";
  const cell::KvmVerdict verdict = KvmOfThisMachine();
  return verdict.works ? "" : "KVM does not run guests here: " + verdict.reason;
}

void VisitGuest(const Work& work, const NamedCell& named, const std::vector<plan::Step>& steps,
                const std::vector<std::string>& tests, Recorder& recorder, Progress& progress) {
  if (steps.size() > kMostStepsPerBoot) {
    const auto middle = steps.begin() + kMostStepsPerBoot;
    VisitGuest(work, named, {steps.begin(), middle}, {}, recorder, progress);
    if (!sys::Interrupt::Requested()) {
      VisitGuest(work, named, {middle, steps.end()}, tests, recorder, progress);
    }
    return;
  }
  const Job job = MakeJob(work, named, steps, tests, &recorder);
  if (job.guest.programs.empty()) return;
  progress.Begin(named.name, static_cast<int64_t>(job.steps.size() + job.tests.size()));
  if (const std::string why = WhyClockFails(named.spec); !why.empty()) {
    SkipAll(named, job, why, recorder);
    progress.End("skipped: " + why);
    return;
  }
  sys::Result<sys::TempDir> folder = sys::TempDir::Create();
  if (!folder) sys::ThrowLost("cannot make a temporary folder: " + folder.Failure().Text());
  progress.Step("kernel and initramfs");
  const cell::Kernel kernel = cell::AcquireKernel(named.spec);
  const cell::GuestFiles files{kernel.image, folder.Value().Path() / "initramfs"};
  const cell::BootImage image = cell::PackBootImage(named.spec, job.guest, files.initrd);
  const std::vector<std::string> argv = cell::QemuArgv(named.spec, files, cell::Console::kPipes);
  const store::Cell cell = DescribeGuest(named, kernel, image, argv);
  recorder.Add(cell);
  progress.Step("booting");
  Listener listener(job, cell, recorder, progress);
  const cell::GuestOutcome outcome = cell::RunGuest(
      argv, work.guest_limits, [&](const wire::Event& event) { listener.On(event); });
  for (const std::string& trouble : outcome.kernel_troubles) {
    recorder.AddLoss({named.name, "crash", "the guest's kernel complained: " + trouble,
                      outcome.console_tail, Reproduce(work, named)});
  }
  if (!outcome.kind.empty() && outcome.kind != "interrupted") {
    recorder.AddLoss({named.name, outcome.kind,
                      fmt::format("{} (last seen in {})", outcome.sentence, listener.Doing()),
                      outcome.console_tail, Reproduce(work, named)});
  }
  progress.End(fmt::format("{} slices, {} tests{}", listener.Slices(), listener.Tests(),
                           outcome.kind.empty() ? "" : ", " + outcome.kind));
}

std::string DryRunGuest(const Work& work, const NamedCell& named,
                        const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const Job job =
      MakeJob(work, named, plan::Interleave({named.name}, work.benchmarks, 0, 1, work.seed),
              work.tests, nullptr);
  const cell::Kernel kernel = cell::AcquireKernel(named.spec);
  std::string file_name = named.spec.Name();
  std::ranges::replace(file_name, '/', '_');
  const cell::GuestFiles files{kernel.image, folder / (file_name + ".initramfs")};
  (void)cell::PackBootImage(named.spec, job.guest, files.initrd);
  std::string line;
  for (const std::string& word : cell::QemuArgv(named.spec, files, cell::Console::kPipes)) {
    const bool plain = word.find_first_of(" ;&|$'\"\\*?<>()") == std::string::npos;
    line += (line.empty() ? "" : " ") + (plain ? word : "'" + word + "'");
  }
  // Its streams are descriptors 3 (records), 4 (console) and 5 (QMP): give them places by hand.
  return line + fmt::format(" {}>records.jsonl {}>console.log", cell::kRecordsFd, cell::kConsoleFd);
}

}  // namespace procmark::command
