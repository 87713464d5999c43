/* NOT Grafana: a stand-in for a test cluster that has none. It shows no dashboard and knows no data source. It starts only where
 * Grafana could: the file of --config and those of its provisioning can be read, the folders of its dashboards hold some, and the
 * folder of its database can be written to. Then it serves what probes and Prometheus ask for, on port 3000. */
#include <arpa/inet.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void stop(int signal) {
  (void)signal;
  _exit(0);
}

static void fail(const char *path) {
  fprintf(stderr, "stand-in for Grafana: ");
  perror(path);
  exit(1);
}

static void need_file(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL || fgetc(file) == EOF) fail(path);
  fclose(file);
}

/* Files below a folder, down to `depth` folders, as Grafana walks them: what begins with a dot is passed by. */
static int count_files(const char *folder, int depth) {
  DIR *dir = opendir(folder);
  if (dir == NULL) fail(folder);
  int count = 0;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    DIR *below = opendir(path);
    if (below != NULL) {
      closedir(below);
      if (depth > 0) count += count_files(path, depth - 1);
      continue;
    }
    need_file(path);
    ++count;
  }
  closedir(dir);
  return count;
}

static void need_files(const char *folder) {
  const int count = count_files(folder, 1);
  if (count == 0) {
    fprintf(stderr, "stand-in for Grafana: %s holds no file\n", folder);
    exit(1);
  }
  fprintf(stderr, "stand-in for Grafana: %d files in %s\n", count, folder);
}

static void need_database(void) {
  const char *path = "/var/lib/grafana/grafana.db";
  FILE *file = fopen(path, "a");
  if (file == NULL) fail(path);
  fclose(file);
}

static void answer(int client) {
  char request[2048];
  const ssize_t size = read(client, request, sizeof request - 1);
  if (size <= 0) return;
  request[size] = '\0';
  const char *status = "200 OK", *type = "text/plain; version=0.0.4", *body = "a stand-in for Grafana serves no more than health and metrics\n";
  if (strncmp(request, "GET /api/health", 15) == 0) {
    type = "application/json";
    body = "{\"database\":\"ok\",\"version\":\"stand-in\"}\n";
  } else if (strncmp(request, "GET /metrics", 12) == 0) {
    body = "# TYPE grafana_build_info gauge\ngrafana_build_info{version=\"stand-in\"} 1\n";
  } else {
    status = "404 Not Found";
  }
  dprintf(client, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status, type, strlen(body), body);
}

int main(int count, char **arguments) {
  const char *config = NULL;
  for (int i = 1; i < count; ++i) {
    if (strncmp(arguments[i], "--config=", 9) == 0) config = arguments[i] + 9;
  }
  signal(SIGTERM, stop);
  signal(SIGINT, stop);
  signal(SIGPIPE, SIG_IGN);
  need_file(config == NULL ? "--config" : config);
  need_files("/etc/grafana/provisioning/datasources");
  need_files("/etc/grafana/provisioning/dashboards");
  need_files("/etc/belvedere/dashboards");
  need_database();
  const int server = socket(AF_INET6, SOCK_STREAM, 0);
  const int yes = 1;
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_port = htons(3000), .sin6_addr = in6addr_any};
  if (server < 0 || bind(server, (struct sockaddr *)&here, sizeof here) != 0 || listen(server, 16) != 0) fail("listen");
  fprintf(stderr, "stand-in for Grafana (shows nothing) on port 3000\n");
  const struct timeval patience = {.tv_sec = 2};
  for (;;) {
    const int client = accept(server, NULL, NULL);
    if (client < 0) continue;
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    answer(client);
    close(client);
  }
}
