// SPDX-License-Identifier: MIT
// The commands of procmark-images. Each prints its result to stdout, as JSON if that is asked for,
// and throws Complaint.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "images/host/boot_image.h"

namespace procmark::images {

// What was given on the command line.
struct Arguments {
  bool json = false;
  bool refresh = false;
  std::string arch;
  std::string kernel;
  std::vector<std::string> names;
  std::vector<std::string> archs;
  std::vector<std::string> programs;
  std::vector<std::string> files;
  std::string suite;
  std::filesystem::path to;
  bool without_modules = false;
  std::string limit;
  std::string key;
  std::filesystem::path adopted;
  BootImageRequest image;
};

void PrintKernel(const Arguments& arguments);
void PrintLab(const Arguments& arguments);
void PrintSysroot(const Arguments& arguments);
void PrintBootImage(Arguments arguments);
void PrintRoot(const Arguments& arguments);
void Export(const Arguments& arguments);
void PrintSnapshot(const Arguments& arguments);
void PrintCache(const Arguments& arguments);
void PrintList(const Arguments& arguments);
void Build(const Arguments& arguments);
void Prune(const Arguments& arguments);
void Verify(const Arguments& arguments);

}  // namespace procmark::images
