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

template <size_t kStackBytes, size_t kGuardBytes>
void NeedAttributes(Context& context) {
  context.area = MapSmall(context, context.page_bytes);
  pthread_attr_t& attributes = AttributesOf(context);
  pthread_attr_init(&attributes);
  const int error = pthread_attr_setstacksize(&attributes, kStackBytes);
  if (error != 0) context.Skip("the C library does not take a stack of that size", error);
  pthread_attr_setguardsize(&attributes, kGuardBytes);
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

template <int kCount, Edge kTo>
int64_t Many(Context& context) {
  pthread_t threads[kCount];
  int64_t length = 0;
  int good = 0;
  const int64_t start = context.Now();
  for (pthread_t& thread : threads) {
    const int error = pthread_create(&thread, nullptr, Return, &thread);
    if (error != 0) context.Refuse("no thread could be created: errno", error);
  }
  if constexpr (kTo == Edge::kParentReturn) length = context.Length(start);
  for (pthread_t& thread : threads) {
    void* returned = nullptr;
    pthread_join(thread, &returned);
    good += returned == &thread ? 1 : 0;
  }
  if constexpr (kTo == Edge::kReaped) length = context.Length(start);
  if (good != kCount) context.Refuse("not every thread returned what it was given but", good);
  context.children += kCount;
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

#define PROCMARK_PTHREAD(name, what, operations, to, prepare, ...)                               \
  {                                                                                              \
    "thread/form:libc/" name, "Measures " what, "thread", Edge::kCall, to, "libc", "thread", "", \
        operations, operations, kFaults, prepare, Repeat<__VA_ARGS__>                            \
  }
#define PROCMARK_STACK(text, bytes)                                                    \
  PROCMARK_PTHREAD("stack:" text "/to:reaped",                                         \
                   "pthread_create(3) with a stack of " text                           \
                   "iB and its default guard until pthread_join(3) has returned. Not " \
                   "timed: the making of the attributes.",                             \
                   1, Edge::kReaped, (NeedAttributes<(bytes), 4096>), CreateAndJoin)
#define PROCMARK_GUARD(text, bytes)                                                             \
  PROCMARK_PTHREAD(                                                                             \
      "guard:" text "/to:reaped",                                                               \
      "pthread_create(3) with a stack of 64MiB, too large to be kept, and a guard of " text     \
      " bytes (binary units) until pthread_join(3) has returned. Not timed: the making of the " \
      "attributes.",                                                                            \
      1, Edge::kReaped, (NeedAttributes<64UL << 20, (bytes)>), CreateAndJoin)
#define PROCMARK_MANY(count)                                                            \
  PROCMARK_PTHREAD("count:" #count "/to:reaped",                                        \
                   "the creation of " #count                                            \
                   " threads by pthread_create(3) and the joining of all, per thread. " \
                   "Not timed: the check of what they returned.",                       \
                   count, Edge::kReaped, nullptr, Many<count, Edge::kReaped>),          \
      PROCMARK_PTHREAD("count:" #count "/to:parent_return",                             \
                       "the creation of " #count                                        \
                       " threads by pthread_create(3), per thread. Not timed: their "   \
                       "ends.",                                                         \
                       count, Edge::kParentReturn, nullptr, Many<count, Edge::kParentReturn>)

PROCMARK_BENCHMARKS kLibcThreadAttr[] = {
    PROCMARK_STACK("16K", 16UL << 10),
    PROCMARK_STACK("64K", 64UL << 10),
    PROCMARK_STACK("1M", 1UL << 20),
    PROCMARK_STACK("64M", 64UL << 20),
    PROCMARK_STACK("256M", 256UL << 20),
    PROCMARK_GUARD("0", 0),
    PROCMARK_GUARD("64K", 64UL << 10),
    PROCMARK_GUARD("1M", 1UL << 20),
    PROCMARK_PTHREAD("detached/to:parent_return",
                     "how long pthread_create(3) of a detached thread keeps its caller. Not timed: "
                     "the thread's life and its end.",
                     1, Edge::kParentReturn, NeedDetached, Detached),
    PROCMARK_MANY(8),
    PROCMARK_MANY(64),
    PROCMARK_MANY(256),
    PROCMARK_PTHREAD("keys:16/to:reaped",
                     "pthread_create(3) of a thread that sets 16 keys with destructors until "
                     "pthread_join(3) has returned. Not timed: the making of the keys.",
                     1, Edge::kReaped, NeedKeys, WithKeys),
    PROCMARK_PTHREAD("class:std_thread/to:reaped",
                     "a std::thread from its constructor until join() has returned and it is "
                     "destroyed. Not timed: the check that it ran.",
                     1, Edge::kReaped, nullptr, Class<std::thread>),
    PROCMARK_PTHREAD("class:std_jthread/to:reaped",
                     "a std::jthread from its constructor until join() has returned and it is "
                     "destroyed. Not timed: the check that it ran.",
                     1, Edge::kReaped, nullptr, Class<std::jthread>)};

}  // namespace
}  // namespace procmark::subject
