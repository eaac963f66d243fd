// SPDX-License-Identifier: MIT
// Threads of the C library: with attributes, many at once, with data of their own, and by C++'s
// classes.
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "bench/subject/benchmark.h"
#include "bench/subject/memory.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

void* Return(void* argument) { return argument; }

struct Attributes {
  pthread_attr_t* object;
};

void SetAttributes(Context& context, Attributes& attributes, uint64_t stack_bytes,
                   uint64_t guard_bytes) {
  attributes.object = MapObject<pthread_attr_t>(context);
  pthread_attr_init(attributes.object);
  const int error = pthread_attr_setstacksize(attributes.object, static_cast<size_t>(stack_bytes));
  if (error != 0) context.Skip("the C library does not accept a stack of that size", error);
  pthread_attr_setguardsize(attributes.object, static_cast<size_t>(guard_bytes));
}

void NeedStack(Context& context, Attributes& attributes) {
  constexpr uint64_t kUsualGuard = 4096;
  SetAttributes(context, attributes, context.amount, kUsualGuard);
}

void NeedGuard(Context& context, Attributes& attributes) {
  constexpr uint64_t kTooLargeToKeep = uint64_t{64} << 20;
  SetAttributes(context, attributes, kTooLargeToKeep, context.amount);
}

// Creates and joins one thread. What it returns proves that it ran.
int64_t CreateAndJoin(Context& context, const Attributes& attributes) {
  pthread_t thread{};
  void* returned = nullptr;
  const int64_t start = context.Now();
  const int error = pthread_create(&thread, attributes.object, Return, &thread);
  if (error != 0) context.Refuse("no thread could be created: errno", error);
  const int joined = pthread_join(thread, &returned);
  const int64_t length = context.Length(start);
  if (joined != 0 || returned != &thread)
    context.Refuse("the thread was not joined: errno", joined);
  ++context.children;
  return length;
}

// ---- default attributes: the spans that libc_thread.cc does not have

// In the creator's frame; it outlives the thread.
struct Shared {
  Context* context;
  int64_t stamp;
};

template <Edge kTo>
void* StampAtEnd(void* argument) {
  Shared& shared = *static_cast<Shared*>(argument);
  if constexpr (kTo == Edge::kReaped) shared.stamp = shared.context->Now();
  return argument;
}

template <Edge kTo>
int64_t Span(Context& context) {
  Shared shared{&context, 0};
  pthread_t thread{};
  void* returned = nullptr;
  int64_t length = 0;
  const int64_t start = context.Now();
  const int error = pthread_create(&thread, nullptr, StampAtEnd<kTo>, &shared);
  if constexpr (kTo == Edge::kParentReturn) length = context.Length(start);
  if (error != 0) context.Refuse("no thread could be created: errno", error);
  const int joined = pthread_join(thread, &returned);
  if constexpr (kTo == Edge::kReaped) length = context.Lengthen(context.Now() - shared.stamp);
  if (joined != 0 || returned != &shared)
    context.Refuse("the thread was not joined: errno", joined);
  ++context.children;
  return length;
}

// ---- detached

void NeedDetached(Context& context, Attributes& attributes) {
  attributes.object = MapObject<pthread_attr_t>(context);
  pthread_attr_init(attributes.object);
  pthread_attr_setdetachstate(attributes.object, PTHREAD_CREATE_DETACHED);
}

void* LeaveNumber(void* argument) {
  __atomic_store_n(static_cast<pid_t*>(argument), gettid(), __ATOMIC_RELEASE);
  return nullptr;
}

// Waits, untimed, until the kernel has removed the thread.
int64_t Detached(Context& context, const Attributes& attributes) {
  pthread_t thread{};
  pid_t number = 0;
  const int64_t start = context.Now();
  const int error = pthread_create(&thread, attributes.object, LeaveNumber, &number);
  const int64_t length = context.Length(start);
  if (error != 0) context.Refuse("no thread could be created: errno", error);
  pid_t seen = 0;
  while ((seen = __atomic_load_n(&number, __ATOMIC_ACQUIRE)) == 0) sched_yield();
  while (seen > 0 && syscall(SYS_tgkill, getpid(), seen, 0) == 0) sched_yield();
  if (errno != ESRCH) context.Refuse("the thread could not be followed to its end: errno", errno);
  ++context.children;
  return length;
}

// ---- many at once

struct Threads {
  pthread_t* each;
};

// One sample is context.amount threads.
void NeedMany(Context& context, Threads& threads) {
  context.expected.operations = context.expected.children = static_cast<int64_t>(context.amount);
  Shape cost{};
  cost.threads = static_cast<uint32_t>(context.amount);
  NeedMemory(context, BytesOf(cost));
  const unsigned long bytes = static_cast<unsigned long>(context.amount) * sizeof(pthread_t);
  char* const area = MapSmall(context, bytes);
  WriteEachPage(area, bytes, context.page_bytes);
  threads.each = reinterpret_cast<pthread_t*>(area);
}

template <Edge kTo>
int64_t Many(Context& context, const Threads& state) {
  pthread_t* const threads = state.each;
  const uint64_t count = context.amount;
  int64_t length = 0;
  int64_t good = 0;
  const int64_t start = context.Now();
  for (uint64_t i = 0; i < count; ++i) {
    const int error = pthread_create(&threads[i], nullptr, Return, &threads[i]);
    if (error == EAGAIN) context.Skip("no more threads can be created here", error);
    if (error != 0) context.Refuse("no thread could be created: errno", error);
  }
  if constexpr (kTo == Edge::kParentReturn) length = context.Length(start);
  for (uint64_t i = 0; i < count; ++i) {
    void* returned = nullptr;
    pthread_join(threads[i], &returned);
    good += returned == &threads[i] ? 1 : 0;
  }
  if constexpr (kTo == Edge::kReaped) length = context.Length(start);
  if (good != context.expected.children)
    context.Refuse("not every thread returned its argument; these many did:", good);
  context.children += good;
  return length;
}

// ---- data of their own

constexpr int kKeys = 16;

// Keys with destructors.
struct Keys {
  pthread_key_t keys[kKeys];
  int64_t destroyed;  // how many destructors ran
};

void Destroy(void* counter) { ++*static_cast<int64_t*>(counter); }

struct KeyTable {
  Keys* keys;
};

void NeedKeys(Context& context, KeyTable& table) {
  Keys& keys = *(table.keys = MapObject<Keys>(context));
  for (pthread_key_t& key : keys.keys) {
    const int error = pthread_key_create(&key, Destroy);
    if (error != 0) context.Refuse("no key could be created: errno", error);
  }
}

void* UseKeys(void* argument) {
  Keys& keys = *static_cast<Keys*>(argument);
  for (const pthread_key_t key : keys.keys) pthread_setspecific(key, &keys.destroyed);
  return argument;
}

int64_t WithKeys(Context& context, KeyTable& table) {
  Keys& keys = *table.keys;
  keys.destroyed = 0;
  pthread_t thread{};
  const int64_t start = context.Now();
  const int error = pthread_create(&thread, nullptr, UseKeys, &keys);
  if (error != 0) context.Refuse("no thread could be created: errno", error);
  pthread_join(thread, nullptr);
  const int64_t length = context.Length(start);
  if (keys.destroyed != kKeys)
    context.Refuse("not every destructor ran; these many did:", keys.destroyed);
  ++context.children;
  return length;
}

// ---- thread-local objects of C++

constexpr int kObjects = 16;

struct Counted {
  int64_t* counter = nullptr;
  ~Counted() {
    if (counter != nullptr) ++*counter;
  }
};

// The thread's end destroys each element of the array (__cxa_thread_atexit registers one destructor
// for all).
thread_local Counted counted[kObjects];

void* UseObjects(void* argument) {
  for (Counted& one : counted) one.counter = static_cast<int64_t*>(argument);
  return argument;
}

int64_t WithObjects(Context& context) {
  int64_t destroyed = 0;
  pthread_t thread{};
  const int64_t start = context.Now();
  const int error = pthread_create(&thread, nullptr, UseObjects, &destroyed);
  if (error != 0) context.Refuse("no thread could be created: errno", error);
  pthread_join(thread, nullptr);
  const int64_t length = context.Length(start);
  if (destroyed != kObjects)
    context.Refuse("not every object was destroyed; these many were:", destroyed);
  ++context.children;
  return length;
}

// ---- C++

template <typename Thread>
int64_t Class(Context& context) {
  int64_t ran = 0;
  const int64_t start = context.Now();
  {
    Thread thread([&ran] { ran = 1; });
    thread.join();
  }
  const int64_t length = context.Length(start);
  if (ran != 1) context.Refuse("the thread did not run", ran);
  ++context.children;
  return length;
}

// ---- the benchmarks

template <Literal kName>
consteval Benchmark LibcThread(const char* measures, const char* not_timed, Edge to, Run run,
                               const char* parameter = nullptr) {
  return {.name = Join<"thread/form:libc/", kName>,
          .measures = measures,
          .not_timed = not_timed,
          .from = Edge::kCall,
          .to = to,
          .parameter = parameter,
          .children = 1,
          .faults = {0, 16},
          .run = run};
}

template <Literal kSize>
consteval Benchmark WithStack() {
  return LibcThread<kJoined<"stack:", kSize, "/to:reaped">>(
      Join<"pthread_create(3) with a stack of ", kSize,
           "iB and its default guard until pthread_join(3) has returned">,
      "the creation of the attributes", Edge::kReaped, Repeat<CreateAndJoin, NeedStack>, "stack");
}

template <Literal kSize>
consteval Benchmark WithGuard() {
  return LibcThread<kJoined<"guard:", kSize, "/to:reaped">>(
      Join<"pthread_create(3) with a stack of 64MiB, too large for the C library's cache, and a "
           "guard of ",
           kSize, " bytes (binary units) until pthread_join(3) has returned">,
      "the creation of the attributes", Edge::kReaped, Repeat<CreateAndJoin, NeedGuard>, "guard");
}

template <Literal kCount>
consteval Benchmarks<2> ManyThreads() {
  return {
      LibcThread<kJoined<"count:", kCount, "/to:reaped">>(
          Join<"the creation of ", kCount,
               " threads by pthread_create(3) and the joining of all, per thread">,
          "the check of what they returned", Edge::kReaped, Repeat<Many<Edge::kReaped>, NeedMany>,
          "count"),
      LibcThread<kJoined<"count:", kCount, "/to:parent_return">>(
          Join<"the creation of ", kCount, " threads by pthread_create(3), per thread">,
          "their ends", Edge::kParentReturn, Repeat<Many<Edge::kParentReturn>, NeedMany>, "count")};
}

PROCMARK_BENCHMARKS kLibcThreadAttr = List(
    LibcThread<"to:parent_return">(
        "how long pthread_create(3) with default attributes keeps its caller; the stack comes from "
        "the C library's cache",
        "the thread's life and its end", Edge::kParentReturn, Repeat<Span<Edge::kParentReturn>>),
    Benchmark{.name = "thread/form:libc/from:child_exit/to:reaped",
              .measures = "the end of a thread of pthread_create(3), from its last clock read "
                          "before it returns until pthread_join(3) has returned",
              .not_timed = "its creation",
              .from = Edge::kChildExit,
              .to = Edge::kReaped,
              .children = 1,
              .faults = {0, 16},
              .run = Repeat<Span<Edge::kReaped>>},
    WithStack<"16K">(), WithStack<"64K">(), WithStack<"1M">(), WithStack<"64M">(),
    WithStack<"256M">(), WithGuard<"0">(), WithGuard<"64K">(), WithGuard<"1M">(),
    LibcThread<"detached/to:parent_return">(
        "how long pthread_create(3) of a detached thread keeps its caller",
        "the thread's life and its end", Edge::kParentReturn, Repeat<Detached, NeedDetached>),
    ManyThreads<"8">(), ManyThreads<"64">(), ManyThreads<"256">(),
    LibcThread<"keys:16/to:reaped">("pthread_create(3) of a thread that sets 16 keys with "
                                    "destructors until pthread_join(3) has "
                                    "returned",
                                    "the creation of the keys", Edge::kReaped,
                                    Repeat<WithKeys, NeedKeys>),
    LibcThread<"thread_local:16/to:reaped">(
        "pthread_create(3) of a thread that uses 16 thread-local objects with destructors until "
        "pthread_join(3) has returned",
        "the check that the destructors ran", Edge::kReaped, Repeat<WithObjects>),
    LibcThread<"class:std_thread/to:reaped">(
        "a std::thread from its constructor until join() has returned and it is destroyed",
        "the check that it ran", Edge::kReaped, Repeat<Class<std::thread>>),
    LibcThread<"class:std_jthread/to:reaped">(
        "a std::jthread from its constructor until join() has returned and it is destroyed",
        "the check that it ran", Edge::kReaped, Repeat<Class<std::jthread>>));

}  // namespace
}  // namespace procmark::subject
