// SPDX-License-Identifier: MPL-2.0
//
// The hook with measurements around each netboot_serve(), and with a thread that holds views of its store across
// replacements. The counters are in the file that NETBOOT_MEASURED names, as test_swap.py reads them.
#include <netboot-store.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

extern "C" {

int __real_netboot_serve(netboot_store *store, const netboot_query *query, netboot_result *ret);
int __real_netboot_store_open(const char *directory, const netboot_store_options *options, netboot_store **ret,
                              netboot_error *error);
void __real_netboot_store_close(netboot_store *store);
}

namespace
{

struct Counters {
    std::atomic<uint64_t> calls, failed, strangers;
    std::atomic<uint64_t> slept;                        // calls in which the thread slept, but for a page
    std::atomic<uint64_t> faulted;                      // calls for which the kernel brought a page in
    std::atomic<uint64_t> over;                         // calls of more than a millisecond of the processor's time
    std::atomic<uint64_t> most_cpu, most_wall;          // nanoseconds
    std::atomic<uint64_t> replacements, views, damaged; // that were seen, held, and found to show something else
};

Counters *counters;

uint64_t now(clockid_t clock)
{
    timespec time;

    clock_gettime(clock, &time);
    return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
}

rusage usage()
{
    rusage found;

    getrusage(RUSAGE_THREAD, &found);
    return found;
}

void raise(std::atomic<uint64_t> &most, uint64_t value)
{
    uint64_t before = most;

    while (before < value && !most.compare_exchange_weak(before, value))
        ;
}

// ---- Views that are held

class Holder
{
  public:
    explicit Holder(netboot_store *store) : store_(store), thread_([this] { run(); })
    {
    }

    ~Holder()
    {
        stop_ = true;
        thread_.join();
    }

    Holder(const Holder &) = delete;
    Holder &operator=(const Holder &) = delete;

  private:
    struct Held {
        netboot_view *view = nullptr;
        std::string shows;
    };

    // A view of each store that came, until the next one has come; of one in eight until the third one from then.
    void run()
    {
        const timespec pause = {0, 2000000};
        Held last, kept;

        while (!stop_) {
            nanosleep(&pause, nullptr);
            Held next = take();
            if (!next.view || next.shows == last.shows) {
                close(next);
                continue;
            }
            const uint64_t number = counters->views++;
            std::swap(last, next);
            if (number % 8 == 3)
                std::swap(kept, next);
            if (number % 8 == 6)
                close(kept);
            close(next);
            counters->replacements = number;
        }
        close(last);
        close(kept);
    }

    Held take() const
    {
        Held held;

        if (netboot_view_open(store_, &held.view, nullptr) == 0)
            held.shows = loader(held.view);
        return held;
    }

    static void close(Held &held)
    {
        if (!held.view)
            return;
        counters->damaged += loader(held.view) != held.shows;
        netboot_view_close(held.view);
        held.view = nullptr;
    }

    static std::string loader(netboot_view *view)
    {
        netboot_record_key key = {};
        netboot_record found;

        key.kind = NETBOOT_RECORD_LOADER;
        key.platform = 7;
        if (netboot_view_get(view, &key, &found, nullptr) != 0)
            return "none";
        return std::string(reinterpret_cast<const char *>(found.loader.file.data), found.loader.file.size);
    }

    netboot_store *const store_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

Holder *holder;

} // namespace

// ---- In place of the library's calls

extern "C" {

int __wrap_netboot_store_open(const char *directory, const netboot_store_options *options, netboot_store **ret,
                              netboot_error *error)
{
    const int file = open(getenv("NETBOOT_MEASURED"), O_RDWR | O_CLOEXEC);
    void *const map = mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

    if (map == MAP_FAILED)
        abort();
    close(file);
    counters = static_cast<Counters *>(map);
    const int code = __real_netboot_store_open(directory, options, ret, error);
    if (code == 0)
        holder = new Holder(*ret);
    return code;
}

void __wrap_netboot_store_close(netboot_store *store)
{
    delete holder;
    __real_netboot_store_close(store);
}

int __wrap_netboot_serve(netboot_store *store, const netboot_query *query, netboot_result *ret)
{
    const rusage before = usage();
    const uint64_t wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_THREAD_CPUTIME_ID);
    const int code = __real_netboot_serve(store, query, ret);
    const uint64_t spent = now(CLOCK_THREAD_CPUTIME_ID) - cpu, passed = now(CLOCK_MONOTONIC) - wall;
    const rusage after = usage();
    const long pages = after.ru_minflt + after.ru_majflt - before.ru_minflt - before.ru_majflt;

    // To bring a page in, the kernel may wait for as many locks.
    counters->slept += after.ru_nvcsw - before.ru_nvcsw > 4 * pages;
    counters->faulted += pages > 0;
    counters->over += spent > 1000000;
    counters->failed += code != 0;
    counters->strangers += code == 0 && !ret->decision.host_found;
    raise(counters->most_cpu, spent);
    raise(counters->most_wall, passed);
    counters->calls++;
    return code;
}
}
