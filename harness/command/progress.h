// Progress: what a person sees on stderr while a run goes on. Results go to stdout, never here.
#pragma once

#include <cstdint>
#include <string>

namespace procmark::command {

// One status line, rewritten in place, on a terminal; elsewhere one line per finished part.
class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // A new part of the work, of `steps` steps (0: not known).
  void Begin(const std::string& part, int64_t steps);
  // `doing` is what is in hand now.
  void Step(const std::string& doing);
  // The part has ended.
  void End(const std::string& result);
  // A line of its own that stays.
  void Note(const std::string& line);

 private:
  void Clear();
  bool terminal_ = false;
  bool shown_ = false;
  std::string part_;
  int64_t steps_ = 0;
  int64_t step_ = 0;
  int64_t began_ms_ = 0;
};

}  // namespace procmark::command
