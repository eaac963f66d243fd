// SPDX-License-Identifier: MIT
// Progress: what a person sees on stderr while a run goes on. Results go to stdout, never here.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace procmark::execute {

// One status line, rewritten in place, on a terminal; elsewhere one line per finished part. May be
// used from several threads at once.
class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // A part of the work. Outlived by its Progress.
  class Part {
   public:
    // `doing` is what is in hand now.
    void Step(const std::string& doing);
    // The part has ended.
    void End(const std::string& result);

   private:
    friend Progress;
    Part(Progress& progress, std::string name, int64_t steps);
    Progress& progress_;
    std::string name_;
    int64_t steps_;
    int64_t step_ = 0;  // guarded by progress_.mutex_
    int64_t began_ms_;
  };

  // A new part, of `steps` steps (0: not known).
  Part Begin(const std::string& name, int64_t steps);
  // A line of its own that stays.
  void Note(const std::string& line);

 private:
  void Clear();                        // the mutex is held
  void Show(const std::string& line);  // the mutex is held
  std::mutex mutex_;
  bool terminal_ = false;
  bool shown_ = false;
};

}  // namespace procmark::execute
