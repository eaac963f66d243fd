// SPDX-License-Identifier: MIT
// procmark-images: fetches kernels and sysroots, writes boot images, builds the lab module, keeps
// the cache. Results go to stdout, progress and complaints to stderr.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "harness/manual/help.h"
#include "harness/manual/manual_command.h"
#include "harness/sys/complaint.h"
#include "harness/sys/printable.h"
#include "images/host/tool_commands.h"

namespace procmark::images {
namespace {

constexpr const char* kArchText = "Debian's name of the architecture, such as amd64.";

// Users reach this program as a command of procmark.
std::string CalledAs() {
  const char* procmark = std::getenv("PROCMARK_CALLED_AS");
  return std::string(procmark == nullptr || *procmark == '\0' ? "procmark" : procmark) + " images";
}

void AddKernelCommands(CLI::App& app, Arguments& arguments) {
  CLI::App* kernel = app.add_subcommand("kernel", "Fetch a kernel and print where it is.");
  kernel
      ->add_option("KERNEL", arguments.kernel,
                   "debian-6.1, debian-7.x, debian-6.1+generic, debian-6.1=6.1.192-1 or file:PATH.")
      ->required();
  kernel->add_option("ARCH", arguments.arch, kArchText)->required();
  manual::SetExamples(*kernel, app.get_name(), {{"Cloud flavour.", "kernel debian-6.12 arm64"}});
  kernel->callback([&arguments] { PrintKernel(arguments); });

  CLI::App* list = app.add_subcommand("list", "List the kernels that the Debian mirror offers.");
  list->add_option("--arch", arguments.archs,
                   "List those of this architecture. The default is this machine's.")
      ->type_name("ARCH");
  manual::SetExamples(*list, app.get_name(),
                      {{"Of two architectures.", "list --arch amd64 arm64"}});
  list->callback([&arguments] { PrintList(arguments); });

  CLI::App* build =
      app.add_subcommand("build", "Fetch kernels, and build the sysroots of their architectures.");
  build->add_option("KERNEL", arguments.names, "The kernels to fetch.");
  build
      ->add_option("--arch", arguments.archs,
                   "Fetch them for this architecture. The default is this machine's.")
      ->type_name("ARCH");
  build->add_flag("--refresh", arguments.refresh, "Build the sysroots from today's packages.");
  manual::SetExamples(*build, app.get_name(),
                      {{"Before a machine goes offline.", "build debian-6.1 debian-6.12"}});
  build->callback([&arguments] { Build(arguments); });

  CLI::App* lab = app.add_subcommand(
      "lab", "Build the module that +lab=on loads, for one of Debian's kernels.");
  lab->add_option("KERNEL", arguments.kernel, "The kernel that it is for, such as debian-6.1.")
      ->required();
  lab->add_option("ARCH", arguments.arch, kArchText)->required();
  manual::SetExamples(*lab, app.get_name(), {{"Also done by a run.", "lab debian-6.1 amd64"}});
  lab->callback([&arguments] { PrintLab(arguments); });
}

void AddBuildCommands(CLI::App& app, Arguments& arguments) {
  CLI::App* sysroot = app.add_subcommand(
      "sysroot", "Build what the programs of an architecture are compiled with, unless it exists.");
  sysroot->add_option("ARCH", arguments.arch, kArchText)->required();
  sysroot->add_flag("--refresh", arguments.refresh, "Build it again from today's packages.");
  manual::SetExamples(*sysroot, app.get_name(), {{"Prints its folder.", "sysroot riscv64"}});
  sysroot->callback([&arguments] { PrintSysroot(arguments); });

  CLI::App* image = app.add_subcommand("boot-image", "Write the initramfs of a guest.");
  image->add_option("--arch", arguments.image.arch, kArchText)->required()->type_name("ARCH");
  image->add_option("--init", arguments.image.content.init, "Boot this procmark-init.")
      ->required()
      ->type_name("FILE");
  image->add_option("--program", arguments.programs, "Add the program at PATH as /procmark/NAME.")
      ->take_all()
      ->type_name("NAME=PATH");
  image
      ->add_option("--userland", arguments.image.userland,
                   "Add the C library, the loader and the shell of this sysroot.")
      ->type_name("FOLDER");
  image
      ->add_option("--modules-dir", arguments.image.modules_dir,
                   "Take modules from this lib/modules/RELEASE of the kernel.")
      ->type_name("FOLDER");
  image
      ->add_option("--module", arguments.image.modules,
                   "Load this module and what it depends on. NAME? loads it if the kernel has it.")
      ->take_all()
      ->type_name("NAME");
  image
      ->add_option("--file", arguments.files,
                   "Add this file as /PATH, or all files of this folder below /PATH.")
      ->take_all()
      ->type_name("PATH=FILE");
  image->add_option("--base", arguments.image.base, "Put this initramfs, of root, before all else.")
      ->type_name("FILE");
  image->add_option("--job", arguments.image.job_file, "Add this job, a JSON file.")
      ->required()
      ->type_name("FILE");
  image->add_option("--out", arguments.image.out, "Write the image here.")
      ->required()
      ->type_name("FILE");
  image->callback([&arguments] { PrintBootImage(arguments); });
}

void AddCopyCommands(CLI::App& app, Arguments& arguments) {
  CLI::App* root = app.add_subcommand("root", "Build an initramfs that holds Debian packages.");
  root->add_option("PACKAGE", arguments.names, "The packages. Their dependencies are added.")
      ->required();
  root->add_option("--suite", arguments.suite, "Take them from this Debian release.")
      ->required()
      ->type_name("SUITE");
  root->add_option("--arch", arguments.arch, kArchText)->required()->type_name("ARCH");
  root->add_flag("--refresh", arguments.refresh, "Build it again from today's packages.");
  manual::SetExamples(
      *root, app.get_name(),
      {{"A guest that can run QEMU.", "root --suite bookworm --arch amd64 qemu-system-x86 kmod"}});
  root->callback([&arguments] { PrintRoot(arguments); });

  CLI::App* copy = app.add_subcommand(
      "export", "Copy kernels into the cache of another machine, which may be offline.");
  copy->add_option("KERNEL", arguments.names, "The kernels to copy.")->required();
  copy->add_option("--arch", arguments.arch, kArchText)->required()->type_name("ARCH");
  copy->add_option("--to", arguments.to,
                   "Copy into this folder. On the other machine, set PROCMARK_CACHE to it.")
      ->required()
      ->type_name("FOLDER");
  copy->add_flag("--without-modules", arguments.without_modules, "Leave the modules out.");
  manual::SetExamples(*copy, app.get_name(),
                      {{"To a memory stick.", "export --arch amd64 --to /media/stick debian-6.1"}});
  copy->callback([&arguments] { Export(arguments); });
}

void AddCacheCommands(CLI::App& app, Arguments& arguments) {
  CLI::App* prune =
      app.add_subcommand("prune", "Remove from the cache what was not used for the longest time.");
  prune
      ->add_option("--limit", arguments.limit,
                   "Keep this many bytes, or 2G. The default is the limit of the cache.")
      ->type_name("BYTES");
  manual::SetExamples(*prune, app.get_name(), {{"Remove everything.", "prune --limit 0"}});
  prune->callback([&arguments] { Prune(arguments); });

  CLI::App* snapshot =
      app.add_subcommand("snapshot", "Print where the snapshot of a guest is, if there is one.");
  snapshot->add_option("KEY", arguments.key, "A hash of everything that the snapshot depends on.")
      ->required();
  snapshot
      ->add_option("--adopt", arguments.adopted,
                   "Store the files of this folder as the snapshot, if there is none yet.")
      ->check(CLI::ExistingDirectory)
      ->type_name("FOLDER");
  snapshot->callback([&arguments] { PrintSnapshot(arguments); });

  CLI::App* place = app.add_subcommand("cache", "Print where the cache is.");
  place->callback([&arguments] { PrintCache(arguments); });

  CLI::App* verify = app.add_subcommand("verify", "Check the hash of everything in the cache.");
  verify->callback([&arguments] { Verify(arguments); });
}

int Run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Fetch, build, check and remove what guests boot", CalledAs());
  app.set_help_flag("-h,--help", "Print this help.");
  manual::UseHelp(app, {});
  app.add_flag("--json", arguments.json, "Print the result as JSON.");
  app.require_subcommand(1);
  app.fallthrough();
  AddKernelCommands(app, arguments);
  AddBuildCommands(app, arguments);
  AddCopyCommands(app, arguments);
  AddCacheCommands(app, arguments);
  manual::AddManualCommand(app, [&app](const std::string& what) {
    std::fputs(manual::RenderManual(what, app, "procmark images", {}, {}).c_str(), stdout);
  });
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help
    std::fprintf(stderr, "procmark: %s\n", manual::DescribeError(app, error.what()).c_str());
    return static_cast<int>(sys::ExitCode::kUsage);
  } catch (const sys::Complaint& complaint) {
    std::fprintf(stderr, "procmark: %s\n", sys::TerminalLine(complaint.what()).c_str());
    return static_cast<int>(complaint.Code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "procmark: unexpected error: %s\n",
                 sys::TerminalLine(error.what()).c_str());
    return static_cast<int>(sys::ExitCode::kLost);
  }
}

}  // namespace
}  // namespace procmark::images

int main(int argc, char** argv) { return procmark::images::Run(argc, argv); }
