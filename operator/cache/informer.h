#pragma once

#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "operator/cache/reflector.h"
#include "operator/cache/store.h"

namespace belvedere::cache {

// How an Informer turns what it reads into items of a store.
template <typename Key, typename T>
struct Codec {
  // `before` is what the store holds of it, or null: what has not changed needs not be read anew.
  std::function<T(const Json& object, const T* before)> decode;
  // The store's key of an object of this subject. Several informers may share one store; a key
  // belongs to the subject whose `to_key(to_object_key(key))` gives it back.
  std::function<Key(kube::ObjectKey key)> to_key;
  std::function<const kube::ObjectKey&(const Key& key)> to_object_key;
};

// A Reflector that fills a Store and tells a handler of each change. The handler runs on the
// informer's thread, outside the store's lock, and must only enqueue keys. `before` or `after` is
// null for an object that appeared or went. The last state of one that went may be stale.
template <typename Key, typename T>
class Informer final : private Sink {
 public:
  using Item = std::shared_ptr<const T>;
  using Handler = std::function<void(const Item& before, const Item& after)>;

  Informer(kube::Client& client, Clock& clock, Metrics& metrics, Subject subject,
           Store<Key, T>& store, Codec<Key, T> codec, Handler handler)
      : clock_(clock),
        store_(store),
        codec_(std::move(codec)),
        handler_(std::move(handler)),
        reflector_(client, clock, metrics, std::move(subject), *this) {}

  // Blocks until stopped.
  void Run(std::stop_token stop) { reflector_.Run(std::move(stop)); }
  bool HasSynced() const { return reflector_.HasSynced(); }
  const Subject& subject() const { return reflector_.subject(); }

 private:
  // The answer of our own write tells what its event would.
  kube::WatchOptions::Novelty NoveltyOf(const kube::ObjectKey& key,
                                        std::uint64_t resource_version) const override {
    using What = kube::WatchOptions::Novelty::What;
    const Item held = store_.FindSettled(codec_.to_key(key), resource_version, clock_);
    if (held == nullptr) return {};
    if (held->resource_version >= resource_version) return {.what = What::kKnown};
    if constexpr (requires { held->seal; }) return {.seal = held->seal};
    return {};
  }

  void Upsert(Json object) override {
    const Key key = codec_.to_key(kube::KeyOf(object));
    const Item held = store_.Find(key);
    if (held != nullptr && held->resource_version >= kube::ResourceVersionOf(object)) return;
    const T decoded = codec_.decode(object, held.get());
    // What is kept is made when the document is gone, so that it lies close together.
    object = nullptr;
    const auto change = store_.Put(decoded);
    if (change.after != nullptr) handler_(change.before, change.after);
  }

  void Delete(const Json& last_state) override {
    const Key key = codec_.to_key(kube::KeyOf(last_state));
    const Item gone = store_.Remove(key, kube::ResourceVersionOf(last_state));
    if (gone != nullptr) handler_(gone, nullptr);
  }

  void Prune(const std::set<kube::ObjectKey>& seen, std::uint64_t resource_version) override {
    const auto is_gone = [this, &seen](const Key& key) {
      const kube::ObjectKey& object_key = codec_.to_object_key(key);
      return codec_.to_key(object_key) == key && !seen.contains(object_key);
    };
    for (const Item& gone : store_.RemoveIf(is_gone, resource_version)) handler_(gone, nullptr);
  }

  Clock& clock_;
  Store<Key, T>& store_;
  const Codec<Key, T> codec_;
  const Handler handler_;
  Reflector reflector_;
};

}  // namespace belvedere::cache
