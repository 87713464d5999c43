/* NOT Fluent Bit: a stand-in for a test cluster that has none. It reads and ships no log. It serves what the agent and the probes
 * ask for (health, hot reload and its count) on the http_port of the config file, so that rollouts can be seen on a real node.
 * --dry-run proves nothing of a config but that the file is there and has a pipeline, and says so. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t reloads;

static void stop(int signal) {
  (void)signal;
  _exit(0);
}

static void reload(int signal) {
  (void)signal;
  ++reloads;
}

/* The port of a line `http_port: 2020`, or 2020. Ends the program where the file cannot be read. */
static int port_of(const char *path) {
  int port = 2020;
  if (path == NULL) return port;
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  char line[4096];
  while (fgets(line, sizeof line, file) != NULL) {
    const char *key = strstr(line, "http_port");
    if (key != NULL) sscanf(key, "http_port%*[: \"]%d", &port);
  }
  fclose(file);
  return port;
}

static int has_pipeline(const char *path) {
  FILE *file = path == NULL ? NULL : fopen(path, "r");
  if (file == NULL) {
    perror(path == NULL ? "--config" : path);
    return 0;
  }
  char line[4096];
  int found = 0;
  while (fgets(line, sizeof line, file) != NULL) found |= strncmp(line, "pipeline:", 9) == 0;
  fclose(file);
  return found;
}

static void answer(int client) {
  char request[2048];
  const ssize_t size = read(client, request, sizeof request - 1);
  if (size <= 0) return;
  request[size] = '\0';
  char body[128] = "ok\n";
  const char *status = "200 OK";
  if (strncmp(request, "GET /api/v2/reload", 18) == 0) {
    snprintf(body, sizeof body, "{\"hot_reload_count\":%d}", (int)reloads);
  } else if (strstr(request, " /api/v2/reload") != NULL) {
    ++reloads;
    snprintf(body, sizeof body, "{\"reload\":\"done\",\"status\":0}");
  } else if (strncmp(request, "GET / ", 6) != 0 && strncmp(request, "GET /api/v1/health", 18) != 0) {
    status = "404 Not Found";
    snprintf(body, sizeof body, "a stand-in for Fluent Bit serves no more than health and reload\n");
  }
  dprintf(client, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status, strlen(body), body);
}

int main(int count, char **arguments) {
  const char *config = NULL;
  int dry_run = 0;
  for (int i = 1; i < count; ++i) {
    if (strcmp(arguments[i], "--dry-run") == 0 || strcmp(arguments[i], "-D") == 0) dry_run = 1;
    const int named = strcmp(arguments[i], "-c") == 0 || strcmp(arguments[i], "--config") == 0;
    if (named && i + 1 < count) config = arguments[++i];
    if (strncmp(arguments[i], "--config=", 9) == 0) config = arguments[i] + 9;
  }
  if (dry_run) {
    fputs("stand-in for Fluent Bit: sees that there is a pipeline, and checks nothing of it\n", stderr);
    return has_pipeline(config) ? 0 : 1;
  }
  signal(SIGTERM, stop);
  signal(SIGINT, stop);
  signal(SIGHUP, reload);
  signal(SIGPIPE, SIG_IGN);
  const int port = port_of(config);
  const int server = socket(AF_INET6, SOCK_STREAM, 0);
  const int yes = 1;
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port), .sin6_addr = in6addr_any};
  if (server < 0 || bind(server, (struct sockaddr *)&here, sizeof here) != 0 || listen(server, 16) != 0) {
    perror("listen");
    return 1;
  }
  fprintf(stderr, "stand-in for Fluent Bit (ships no log) on port %d\n", port);
  const struct timeval patience = {.tv_sec = 2};
  for (;;) {
    const int client = accept(server, NULL, NULL);
    if (client < 0) continue;
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    answer(client);
    close(client);
  }
}
