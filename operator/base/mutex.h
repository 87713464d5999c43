#pragma once

#include <condition_variable>
#include <mutex>

// Clang thread-safety annotations (https://clang.llvm.org/docs/ThreadSafetyAnalysis.html); no-ops
// under other compilers.
#if defined(__clang__)
#define BELVEDERE_ANNOTATE(x) __attribute__((x))
#else
#define BELVEDERE_ANNOTATE(x)
#endif

#define GUARDED_BY(x) BELVEDERE_ANNOTATE(guarded_by(x))
#define REQUIRES(...) BELVEDERE_ANNOTATE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) BELVEDERE_ANNOTATE(locks_excluded(__VA_ARGS__))

namespace belvedere {

// std::mutex that the analysis understands.
class BELVEDERE_ANNOTATE(capability("mutex")) Mutex {
 public:
  void lock() BELVEDERE_ANNOTATE(acquire_capability()) { mutex_.lock(); }
  void unlock() BELVEDERE_ANNOTATE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Holds a Mutex for a scope. Usable with std::condition_variable_any through Unlocked waits.
class BELVEDERE_ANNOTATE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) BELVEDERE_ANNOTATE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() BELVEDERE_ANNOTATE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  // BasicLockable, so that a condition variable can release and retake it. Only for cv waits.
  void lock() BELVEDERE_ANNOTATE(no_thread_safety_analysis) { mutex_.lock(); }
  void unlock() BELVEDERE_ANNOTATE(no_thread_safety_analysis) { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

}  // namespace belvedere
