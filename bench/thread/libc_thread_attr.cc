// Threads of the C library by attribute, many at once, with data of their own, and C++'s classes.
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "bench/subject/context.h"
#include "bench/subject/shape.h"

namespace procmark::subject {
namespace {

void* Return(void* argument) { return argument; }

pthread_attr_t& AttributesOf(const Context& context) {
  return *static_cast<pthread_attr_t*>(context.area);
}

void NeedAttributes(Context& context, uint64_t stack_bytes, uint64_t guard_bytes) {
  context.area = MapSmall(context, context.page_bytes);
  pthread_attr_t& attributes = AttributesOf(context);
  pthread_attr_init(&attributes);
  const int error = pthread_attr_setstacksize(&attributes, static_cast<size_t>(stack_bytes));
  if (error != 0) context.Skip("the C library does not take a stack of that size", error);
  pthread_attr_setguardsize(&attributes, static_cast<size_t>(guard_bytes));
}

void NeedStack(Context& context) {
  constexpr uint64_t kUsualGuard = 4096;
  NeedAttributes(context, context.amount, kUsualGuard);
}

void NeedGuard(Context& context) {
  constexpr uint64_t kTooLargeToKeep = uint64_t{64} << 20;
  NeedAttributes(context, kTooLargeToKeep, context.amount);
}

// Creates and joins one; what it returns proves that it ran.
int64_t CreateAndJoin(Context& context) {
  pthread_t thread{};
  void* returned = nullptr;
  const int64_t start = context.Now();
  const int error = pthread_create(&thread, &AttributesOf(context), Return, &thread);
  if (error != 0) context.Refuse("no thread could be created: errno", error);
  const int joined = pthread_join(thread, &returned);
  const int64_t length = context.Length(start);
  if (joined != 0 || returned != &thread)
    context.Refuse("the thread was not joined: errno", joined);
  ++context.children;
  return length;
}

// ---- default attributes, the spans that libc_thread.cc does not have

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

void NeedDetached(Context& context) {
  context.area = MapSmall(context, context.page_bytes);
  pthread_attr_init(&AttributesOf(context));
  pthread_attr_setdetachstate(&AttributesOf(context), PTHREAD_CREATE_DETACHED);
}

void* LeaveNumber(void* argument) {
  __atomic_store_n(static_cast<pid_t*>(argument), gettid(), __ATOMIC_RELEASE);
  return nullptr;
}

// Waits, untimed, until the kernel knows the thread no more.
int64_t Detached(Context& context) {
  pthread_t thread{};
  pid_t number = 0;
  const int64_t start = context.Now();
  const int error = pthread_create(&thread, &AttributesOf(context), LeaveNumber, &number);
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

// One sample is as many threads as asked for.
void NeedMany(Context& context) {
  context.expected.operations = context.expected.children = static_cast<int64_t>(context.amount);
  Shape cost{};
  cost.threads = static_cast<uint32_t>(context.amount);
  NeedMemory(context, BytesOf(cost));
  context.area_bytes = static_cast<unsigned long>(context.amount) * sizeof(pthread_t);
  context.area = MapSmall(context, context.area_bytes);
  WriteEachPage(static_cast<char*>(context.area), context.area_bytes, context.page_bytes);
}

template <Edge kTo>
int64_t Many(Context& context) {
  pthread_t* const threads = static_cast<pthread_t*>(context.area);
  const uint64_t count = context.amount;
  int64_t length = 0;
  int64_t good = 0;
  const int64_t start = context.Now();
  for (uint64_t i = 0; i < count; ++i) {
    const int error = pthread_create(&threads[i], nullptr, Return, &threads[i]);
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
    context.Refuse("not every thread returned what it was given but", good);
  context.children += good;
  return length;
}

// ---- data of their own

constexpr int kKeys = 16;

// Keys with destructors; in the subject's memory, because the thread has nothing else of ours.
struct Keys {
  pthread_key_t keys[kKeys];
  int64_t destroyed;
};

void Destroy(void* counter) { ++*static_cast<int64_t*>(counter); }

void NeedKeys(Context& context) {
  context.area = MapSmall(context, context.page_bytes);
  Keys& keys = *static_cast<Keys*>(context.area);
  for (pthread_key_t& key : keys.keys) {
    const int error = pthread_key_create(&key, Destroy);
    if (error != 0) context.Refuse("no key could be had: errno", error);
  }
}

void* UseKeys(void* argument) {
  Keys& keys = *static_cast<Keys*>(argument);
  for (const pthread_key_t key : keys.keys) pthread_setspecific(key, &keys.destroyed);
  return argument;
}

int64_t WithKeys(Context& context) {
  Keys& keys = *static_cast<Keys*>(context.area);
  keys.destroyed = 0;
  pthread_t thread{};
  const int64_t start = context.Now();
  const int error = pthread_create(&thread, nullptr, UseKeys, &keys);
  if (error != 0) context.Refuse("no thread could be created: errno", error);
  pthread_join(thread, nullptr);
  const int64_t length = context.Length(start);
  if (keys.destroyed != kKeys) context.Refuse("not every destructor ran but", keys.destroyed);
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

// Each element of the array is destroyed at the thread's end (__cxa_thread_atexit registers one
// destructor for all).
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
  if (destroyed != kObjects) context.Refuse("not every object was destroyed but", destroyed);
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

constexpr FaultRange kFaults = {0, 16};

#define PROCMARK_PTHREAD_BY(name, what, to, prepare, sample, parameter)                          \
  {                                                                                              \
    "thread/form:libc/" name, "Measures " what, "thread", Edge::kCall, to, "libc", "thread", "", \
        1, 1, kFaults, prepare, Repeat<sample>, parameter                                        \
  }
#define PROCMARK_PTHREAD(name, what, to, prepare, sample) \
  PROCMARK_PTHREAD_BY(name, what, to, prepare, sample, "")
#define PROCMARK_STACK(text)                                                              \
  PROCMARK_PTHREAD_BY("stack:" text "/to:reaped",                                         \
                      "pthread_create(3) with a stack of " text                           \
                      "iB and its default guard until pthread_join(3) has returned. Not " \
                      "timed: the making of the attributes.",                             \
                      Edge::kReaped, NeedStack, CreateAndJoin, "stack")
#define PROCMARK_GUARD(text)                                                                    \
  PROCMARK_PTHREAD_BY(                                                                          \
      "guard:" text "/to:reaped",                                                               \
      "pthread_create(3) with a stack of 64MiB, too large to be kept, and a guard of " text     \
      " bytes (binary units) until pthread_join(3) has returned. Not timed: the making of the " \
      "attributes.",                                                                            \
      Edge::kReaped, NeedGuard, CreateAndJoin, "guard")
#define PROCMARK_MANY(count)                                                               \
  PROCMARK_PTHREAD_BY("count:" count "/to:reaped",                                         \
                      "the creation of " count                                             \
                      " threads by pthread_create(3) and the joining of all, per thread. " \
                      "Not timed: the check of what they returned.",                       \
                      Edge::kReaped, NeedMany, Many<Edge::kReaped>, "count"),              \
      PROCMARK_PTHREAD_BY("count:" count "/to:parent_return",                              \
                          "the creation of " count                                         \
                          " threads by pthread_create(3), per thread. Not timed: their "   \
                          "ends.",                                                         \
                          Edge::kParentReturn, NeedMany, Many<Edge::kParentReturn>, "count")

PROCMARK_BENCHMARKS kLibcThreadAttr[] = {
    PROCMARK_PTHREAD("to:parent_return",
                     "how long pthread_create(3) with default attributes keeps its caller; the "
                     "stack comes from the C library's cache. Not timed: the thread's life and its "
                     "end.",
                     Edge::kParentReturn, nullptr, Span<Edge::kParentReturn>),
    {"thread/form:libc/from:child_exit/to:reaped",
     "Measures the end of a thread of pthread_create(3), from its last clock read before it "
     "returns until pthread_join(3) has returned. Not timed: its creation.",
     "thread", Edge::kChildExit, Edge::kReaped, "libc", "thread", "", 1, 1, kFaults, nullptr,
     Repeat<Span<Edge::kReaped>>},
    PROCMARK_STACK("16K"),
    PROCMARK_STACK("64K"),
    PROCMARK_STACK("1M"),
    PROCMARK_STACK("64M"),
    PROCMARK_STACK("256M"),
    PROCMARK_GUARD("0"),
    PROCMARK_GUARD("64K"),
    PROCMARK_GUARD("1M"),
    PROCMARK_PTHREAD("detached/to:parent_return",
                     "how long pthread_create(3) of a detached thread keeps its caller. Not timed: "
                     "the thread's life and its end.",
                     Edge::kParentReturn, NeedDetached, Detached),
    PROCMARK_MANY("8"),
    PROCMARK_MANY("64"),
    PROCMARK_MANY("256"),
    PROCMARK_PTHREAD("keys:16/to:reaped",
                     "pthread_create(3) of a thread that sets 16 keys with destructors until "
                     "pthread_join(3) has returned. Not timed: the making of the keys.",
                     Edge::kReaped, NeedKeys, WithKeys),
    PROCMARK_PTHREAD("thread_local:16/to:reaped",
                     "pthread_create(3) of a thread that uses 16 thread-local objects with "
                     "destructors until pthread_join(3) has returned. Not timed: the check that "
                     "they ran.",
                     Edge::kReaped, nullptr, WithObjects),
    PROCMARK_PTHREAD("class:std_thread/to:reaped",
                     "a std::thread from its constructor until join() has returned and it is "
                     "destroyed. Not timed: the check that it ran.",
                     Edge::kReaped, nullptr, Class<std::thread>),
    PROCMARK_PTHREAD("class:std_jthread/to:reaped",
                     "a std::jthread from its constructor until join() has returned and it is "
                     "destroyed. Not timed: the check that it ran.",
                     Edge::kReaped, nullptr, Class<std::jthread>)};

}  // namespace
}  // namespace procmark::subject
