#include <malloc.h>

#include <cstdlib>
#include <iostream>

#include "operator/base/log.h"
#include "operator/cli/cli.h"
#include "operator/cli/signals.h"
#include "operator/http/cpprest_transport.h"

int main(int argc, char** argv) {
  // An arena a thread would keep the high-water mark of each; contention was measured and is none.
  mallopt(M_ARENA_MAX, 2);
  // Config maps and lists come and go; on the heap they would leave holes between what stays.
  mallopt(M_MMAP_THRESHOLD, 64 * 1024);
  // Fast bins are swept at each large allocation, of which every request has some.
  mallopt(M_MXFAST, 0);
  {
    const belvedere::cli::StopSignalsBlocked for_threads_to_come;
    belvedere::http::InitTransports();
  }
  const int code = belvedere::cli::Run(argc, argv, {std::cin, std::cout, std::cerr});
  std::cout.flush();
  belvedere::log::Flush();
  // Static destructors would race with the threads of cpprest; see docs/architecture.md.
  std::_Exit(std::cout.good() ? code : belvedere::cli::kFailure);
}
